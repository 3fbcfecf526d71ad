"""What stays on the visitor's device: one list, which the page, its service worker, the policy and the audit share."""

import json
import re
from pathlib import Path

from omefree.privacy.device import DEVICE, DEVICE_COLUMNS, kept_names
from omefree.privacy.policy import as_json, policy
from omefree.words.catalogue import catalogue
from omefree.words.text import text
from tests.privacy.here import FULL
from tests.words.speak import EN, FR

WEB = Path(__file__).parents[2] / "web"


def test_the_list_is_what_the_page_can_keep() -> None:
    [listed] = re.findall(r"export const STORED = (\[.*?\]) as const", (WEB / "src/stored.ts").read_text())
    assert {name for kept in DEVICE for name in kept.names if name.startswith("omefree.")} == {
        f"omefree.{name}" for name in json.loads(listed)
    }


def test_the_service_workers_cache_is_in_it() -> None:
    [cache] = re.findall(r'export const CACHE = "(.+?)"', (WEB / "build/offline.ts").read_text())
    assert f"cache: {cache}" in kept_names("https://chat.example")
    assert "worker: https://chat.example/" in kept_names("https://chat.example")
    assert "worker: https://other.example/" not in kept_names("https://chat.example")


def test_the_settings_named_are_those_kept() -> None:
    [kept] = re.findall(r"const KEPT = (\[.*?\]) as const", (WEB / "src/state/settings.ts").read_text())
    told = EN.say("policy.device.settings.what").partition(": ")[2].split(", ")
    assert len(told) == len(json.loads(kept)), "a setting was added or is no longer kept: change the policy's row"


def test_people_and_programs_are_told_of_each() -> None:
    told = as_json(policy(FULL), catalogue())["device"]
    assert [row["id"] for row in told] == [kept.id for kept in DEVICE]
    for row, kept in zip(told, DEVICE, strict=True):
        assert row["names"] == list(kept.names)
        for column in DEVICE_COLUMNS:
            assert row[column] == catalogue().everywhere(text(kept.key(column)))


def test_it_can_be_forgotten_by_the_button_that_the_policy_names() -> None:
    for words in (EN, FR):
        assert words.say("page.settings.forget") in words.say("policy.device.how_long")
