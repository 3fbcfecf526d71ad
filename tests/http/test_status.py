"""/status: today's sums for people, without a script, and nothing under five told exactly."""

import re
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

import pytest

from omefree.config import Config
from omefree.guard.hours import HOUR_S
from omefree.http.app import build_app
from omefree.http.status import Figures, figures
from omefree.words.catalogue import catalogue
from tests.chat.fake_chat import BY_TEXT, FakeChat
from tests.clock import FakeClock
from tests.http.asgi import ask
from tests.http.test_pages import Outline, page

SINCE = datetime(2026, 11, 29, 7, 5, tzinfo=UTC)
BUSY = Figures(SINCE, online=1234, chats=5678, wait_s=2, hours={7: "<5", 8: 617, 9: 1234})


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "index.html").write_text("<!doctype html><title>OmeFree</title>")
    return tmp_path


async def shown(folder: Path, it: Figures, lang: str = "en") -> Outline:
    app = build_app(Config(static_dir=str(folder)), dict, figures=lambda: it)
    return Outline(await page(app, f"/status?lang={lang}"))


async def test_it_says_how_many_how_long_and_since_when(folder: Path) -> None:
    said = (await shown(folder, BUSY)).words
    for part in ("1,234", "5,678", "2 s or less", "29\u00a0November\u00a02026, 07:05 UTC", "fewer than five"):
        assert part in said
    assert re.findall(r"(\d\d:\d\d–\d\d:\d\d)\s+(\S+)", said) == [
        ("07:00–08:00", "fewer"),
        ("08:00–09:00", "617"),
        ("09:00–10:00", "1,234"),
    ]
    assert "1\u202f234" in (await shown(folder, BUSY, "fr")).words


async def test_the_longest_bar_is_that_of_the_most_and_few_have_none(folder: Path) -> None:
    widths = (await shown(folder, BUSY)).values("width")
    assert widths[-3:] == ["0", "50", "100"]


async def test_midnight_ends_the_last_hour(folder: Path) -> None:
    assert "23:00–00:00" in (await shown(folder, Figures(SINCE, hours={23: 5}))).words


async def test_who_waits_long_is_told_so(folder: Path) -> None:
    assert "more than 300 s" in (await shown(folder, Figures(SINCE, wait_s=float("inf")))).words


@pytest.mark.parametrize("lang", catalogue().languages)
@pytest.mark.parametrize("people", range(5))
async def test_nothing_under_five_is_told_exactly(folder: Path, lang: str, people: int) -> None:
    """However few there are, the page is the same."""
    alone = figures(FakeChat().presence, SINCE)
    chat = FakeChat()
    for _ in range(people):
        chat.arrive().emit("find", BY_TEXT)
    it = figures(chat.presence, SINCE)
    assert it == alone
    few = catalogue().words(lang).say("policy.status.few")
    assert (await shown(folder, it, lang)).words.count(few) == 3, "here now, chats, this hour"


def test_the_figures_are_those_of_the_chat() -> None:
    chat = FakeChat()
    for _ in range(5):
        chat.pair()
    for _ in range(3):
        chat.arrive()
    hour = int(chat.clock.time() // HOUR_S) % 24
    assert figures(chat.presence, SINCE) == Figures(SINCE, online=13, chats=5, wait_s=0.5, hours={hour: 13})


async def test_however_many_ask_the_figures_are_gathered_once_in_ten_seconds(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock, numbers = FakeClock(), count(100)
    monkeypatch.setattr("omefree.http.pages.time.monotonic", clock.time)
    app = build_app(Config(static_dir=str(folder)), dict, figures=lambda: Figures(SINCE, chats=next(numbers)))
    told = [(await ask(app, "/status")).body for _ in range(3)]
    clock.advance(9)
    told.append((await ask(app, "/status?lang=en")).body)
    assert len(set(told)) == 1
    clock.advance(1)
    assert b"<dd>101</dd>" in (await ask(app, "/status")).body
    assert b"<dd>101</dd>" in (await ask(app, "/status?lang=de")).body


async def test_it_has_no_script_of_its_own_and_a_cache_asks_again(folder: Path) -> None:
    answer = await ask(build_app(Config(static_dir=str(folder)), dict), "/status")
    assert b"<script" not in answer.body
    assert b" style=" not in answer.body
    assert answer.get("cache-control") == "no-cache"
