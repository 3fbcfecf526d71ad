"""A partner whose client lies: whatever it says through the seal, nothing breaks, and the person can always go on."""

import asyncio
import contextlib
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from functools import partial
from typing import Any, Literal

import pytest
import pytest_asyncio
from msgspec import Struct
from playwright.async_api import Browser, expect

from omefree.client import Sealed, Text, Visitor
from omefree.client.events import Event
from omefree.seal import content as contents
from omefree.seal.content import Candidate, Description, Media, Step
from tests.e2e.people import GUARD_S, Person, Street, serving
from tests.e2e.test_call_attacks import a_fingerprint
from tests.until import until

MEASURED = logging.getLogger(__name__)
FLOOD = 600  # of signals: what a minute at the permitted rate and its burst lets through in one go
TEXTS = 300  # half of what it lets through of texts; each of the longest, they are 3.6 MB
FLOOD_GUARD_S = 90.0
TEXT_BYTES = contents.TEXT_MAX_BYTES
PRESS = """
(testid) => new Promise((done) => {
  const pressed = performance.now();
  document.querySelector(`[data-testid=${testid}]`).click();
  const isThere = () => document.querySelector("[data-screen=chat]") !== null;
  const look = () => isThere() ? requestAnimationFrame(look) : done(performance.now() - pressed);
  look();
})
"""
SPOILT = """
() => [...document.querySelectorAll("[data-testid=log] *")]
  .filter((each) => each.matches("img, script, iframe, b, style, form, a[href^='javascript']")).length
"""


class Unknown(Struct, frozen=True):
    """A content that no version knows."""

    anything: str


class Liar:
    """A program that shakes hands as it should, and then says what it likes."""

    def __init__(self, visitor: Visitor) -> None:
        self.visitor = visitor
        self.heard: asyncio.Queue[Event] = asyncio.Queue()

    async def meets(self, mode: Literal["text", "video"]) -> None:
        await self.visitor.find(mode=mode)
        await self.hears(Sealed)

    async def listen(self) -> None:
        async for event in self.visitor:
            self.heard.put_nowait(event)

    async def hears(self, kind: type[Event], text: str = "") -> Event:
        async with asyncio.timeout(GUARD_S):
            while True:
                event = await self.heard.get()
                if isinstance(event, kind) and (not text or (isinstance(event, Text) and event.text == text)):
                    return event


@contextlib.asynccontextmanager
async def liar(url: str) -> AsyncIterator[Liar]:
    async with Visitor(url) as visitor:
        made = Liar(visitor)
        listening = asyncio.create_task(made.listen())
        yield made
        listening.cancel()


@pytest_asyncio.fixture(loop_scope="session", scope="module")
async def lenient() -> AsyncIterator[str]:
    """A server whose quotas let a minute's flood through at once."""
    async with serving("--quota-scale", "1000") as url:
        yield url


@pytest.fixture(autouse=True)
def unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(contents._KINDS, Unknown, (b"reaction to come", "signal"))  # type: ignore[misc]
    monkeypatch.setitem(contents.EVENT_OF, Unknown, "signal")  # type: ignore[misc]


# --- the lies

Lie = Callable[[Liar], Awaitable[object] | None]
Mode = Literal["text", "video"]


def sdp(*fingerprints: str, media: int = 1, more: str = "") -> str:
    lines = "".join(f"a=fingerprint:sha-256 {each}\r\n" for each in fingerprints)
    return (
        f"v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\n{lines}{more}"
        + "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\n" * media
    )


def each(*said: Any) -> Lie:
    def lie(liar: Liar) -> None:
        for content in said:
            liar.visitor.send(content)

    return lie


async def types_for_ever(liar: Liar) -> None:
    for _ in range(FLOOD):
        await liar.visitor.typing(True)


def candidate(number: int) -> Candidate:
    address = f"192.0.2.{number % 250} {1024 + number}"
    return Candidate(f"candidate:{number} 1 udp 2122260223 {address} typ host", "0", 0, "abcd")


TEXTS_THAT_LIE = {
    "marks": "a" + "\u0301" * ((TEXT_BYTES - 1) // 2),
    "marks of other scripts": "\u0e01" + "\u0e47" * (TEXT_BYTES // 3 - 1),
    "html": "<img src=x onerror='window.hacked=1'><script>window.hacked=1</script><b>b</b>",
    "svelte": "{@html '<b>'}{#if true}</bdi></div><style>*{display:none}</style>",
    "bidi": "\u202e" * 1000 + "\u2066" * 1000 + "drawkcab",
    "invisible": "\u200b\u2060\ufeff" * (TEXT_BYTES // 9),
    "one word": "x" * TEXT_BYTES,
    "lines": "\n" * (TEXT_BYTES - 1) + ".",
    "lone surrogates as bytes": "\ufffd\ufffe\uffff\x00\x07\x1b[2J",
    "family": "\U0001f468\u200d" * (TEXT_BYTES // 7),
    "links": "https://a.example " * (TEXT_BYTES // 18),
}
LIES: dict[str, tuple[Mode, Lie]] = {
    "unknown contents": ("text", each(*[Unknown("x" * 30_000)] * 50)),
    "typing": ("text", types_for_ever),
    "steps": ("text", each(*[Step(step) for _ in range(FLOOD // 3) for step in (0, 1, 2)])),
    "media in a text chat": ("text", each(*[Media(on, not on) for _ in range(FLOOD // 2) for on in (True, False)])),
    "media": ("video", each(*[Media(on, not on) for _ in range(FLOOD // 2) for on in (True, False)])),
    "candidates": ("video", each(*map(candidate, range(2_000)))),
    "no candidates": ("video", each(*[Candidate("candidate:" + "x" * 400, "0", 0, "abcd")] * FLOOD)),
    "no descriptions": (
        "video",
        each(*[Description(kind, "v=0" + "x" * 20_000) for _ in range(50) for kind in ("offer", "answer")]),
    ),
    "answers to nothing": ("video", each(*[Description("answer", sdp(":".join(["AA"] * 32)))] * 100)),
    "offers": ("video", each(*[Description("offer", sdp(":".join(["AA"] * 32)))] * 100)),
    "many media": ("video", each(Description("offer", sdp(":".join(["AA"] * 32), media=500)))),
}
LIES["texts"] = ("text", each(*map(contents.Text, TEXTS_THAT_LIE.values())))


async def goes_on(person: Person, button: str) -> None:
    """In one press, once Next is awake. The goal is 200 ms; `--log-cli-level=INFO` shows it."""
    if button == "next":
        await person.is_awake()
    began = time.perf_counter()
    took = await person.page.evaluate(PRESS, button)
    MEASURED.info("%s: %.0f ms in the page, %.0f ms in all", button, took, (time.perf_counter() - began) * 1000)


async def is_as_good_as_new(ana: Person, liar: Liar) -> None:
    """The page took it all, and still carries what both write."""
    liar.visitor.say("the last of it")
    await ana.reads("the last of it")
    await ana.say("I am still here")
    await liar.hears(Text, "I am still here")
    assert await ana.page.evaluate(SPOILT) == 0
    assert await ana.page.evaluate("typeof hacked") == "undefined"
    assert not await ana.page.evaluate("document.documentElement.scrollWidth > innerWidth")


@pytest.mark.parametrize("name", LIES)
async def test_a_lie_breaks_nothing(name: str, lenient: str, red: Browser) -> None:
    mode, lie = LIES[name]
    street = Street(lenient)
    errors: list[str] = []
    async with liar(lenient) as partner:
        ana = await street.comes(red)
        ana.page.on("pageerror", lambda error: errors.append(str(error)))
        await ana.start(mode)
        await partner.meets(mode)
        await ana.meets()
        said = lie(partner)
        if said is not None:
            await said
        await is_as_good_as_new(ana, partner)
        await goes_on(ana, "next")
        await ana.is_on("searching")
    assert errors == []
    await street.close()


async def test_two_fingerprints_end_the_chat_and_nothing_else(lenient: str, red: Browser) -> None:
    street = Street(lenient)
    async with liar(lenient) as partner:
        ana = await street.comes(red)
        await ana.start("video")
        await partner.meets("video")
        partner.visitor.send(Description("offer", sdp(a_fingerprint(), a_fingerprint())))
        await expect(ana.page.locator("main[data-ended=seal_media]")).to_be_visible(timeout=GUARD_S * 1000)
        await goes_on(ana, "next")
        await ana.is_on("searching")
    await street.close()


async def has_read(person: Person, number: int) -> bool:
    """Older texts are let go by then: a page holds two million letters of one chat."""
    last: str = await person.part("text").last.inner_text()
    return int(last.split()[0]) >= number


async def is_at_the_end(person: Person) -> bool:
    below: float = await person.part("log").evaluate("log => log.scrollHeight - log.scrollTop - log.clientHeight")
    return below < 2


async def flooded(street: Street, browser: Browser, partner: Liar) -> Person:
    """Somebody whose partner writes the longest texts, as many as half a minute allows."""
    ana = await street.comes(browser)
    await ana.start("text")
    await partner.meets("text")
    await ana.meets()
    for number in range(TEXTS):
        partner.visitor.say(f"{number} " + "wort " * ((TEXT_BYTES - 10) // 5))
    return ana


@pytest.mark.parametrize("button", ["next", "stop"])
async def test_half_a_minute_of_the_longest_texts(button: str, lenient: str, blind: Browser) -> None:
    street = Street(lenient)
    async with liar(lenient) as partner:
        ana = await flooded(street, blind, partner)
        await until(partial(has_read, ana, TEXTS // 2), "half of the flood is on the screen", FLOOD_GUARD_S)
        await goes_on(ana, button)  # in the middle of it
    await street.close()


async def test_all_of_half_a_minute_is_read_and_answered(lenient: str, blind: Browser) -> None:
    street = Street(lenient)
    async with liar(lenient) as partner:
        ana = await flooded(street, blind, partner)
        await until(partial(has_read, ana, TEXTS - 1), "all of the flood is on the screen", FLOOD_GUARD_S)
        await is_as_good_as_new(ana, partner)
        await until(partial(is_at_the_end, ana), "the newest text is in sight")
        await goes_on(ana, "next")
    await street.close()
