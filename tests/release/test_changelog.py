"""A version is released when the changelog has it, with its day."""

import pytest

from release import changelog
from release.errors import NotReady

LOG = """# Changelog

## [0.2.0] - 2026-12-01

### Added

- A thing.

## [0.1.0] - unreleased

- The first.
"""


def test_the_notes_are_what_stands_under_the_version() -> None:
    assert changelog.notes(LOG, "0.2.0") == "### Added\n\n- A thing."


def test_a_draft_needs_no_date() -> None:
    assert changelog.notes(LOG, "0.1.0", draft=True) == "- The first."


@pytest.mark.parametrize(
    ("version", "says"),
    [("0.1.0", "'unreleased'"), ("0.3.0", "no heading"), ("0.2", "no heading"), ("0.2.0.1", "no heading")],
)
def test_what_is_not_ready_is_said(version: str, says: str) -> None:
    with pytest.raises(NotReady, match=says):
        changelog.notes(LOG, version)


@pytest.mark.parametrize("day", ["2026-13-01", "2026-02-30", "20261201", "soon", "2026-12-1"])
@pytest.mark.parametrize("draft", [True, False])
def test_a_day_is_a_day_of_the_calendar(day: str, draft: bool) -> None:
    with pytest.raises(NotReady, match="write the day"):
        changelog.notes(LOG.replace("2026-12-01", day), "0.2.0", draft)


def test_an_empty_section_is_not_enough() -> None:
    with pytest.raises(NotReady, match="says nothing"):
        changelog.notes("## [1.0.0] - 2026-12-01\n\n## [0.2.0] - 2026-12-01\n\n- A thing.\n", "1.0.0")
