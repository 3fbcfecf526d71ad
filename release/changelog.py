"""What CHANGELOG.md says of a version (https://keepachangelog.com/en/1.1.0/)."""

import re
from datetime import date

from release.errors import NotReady

UNRELEASED = "unreleased"


def notes(changelog: str, version: str, draft: bool = False) -> str:
    """The text under the version's heading. Raises NotReady if one is missing, or the date. A draft needs no date."""
    section = re.search(rf"^## \[{re.escape(version)}\] - (\S+)\n(.*?)(?=^## |\Z)", changelog, re.M | re.S)
    if section is None:
        raise NotReady(f"CHANGELOG.md has no heading for this version: add `## [{version}] - 2026-01-31` with its date")
    dated, text = section[1], section[2].strip()
    if not (is_date(dated) or (draft and dated == UNRELEASED)):
        raise NotReady(f"CHANGELOG.md dates {version} {dated!r}: write the day of the release, as 2026-01-31")
    if not text:
        raise NotReady(f"CHANGELOG.md says nothing under {version}: write what has changed")
    return text


def is_date(text: str) -> bool:
    """Whether this is a day, as 2026-01-31."""
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False
