"""Measures how much time the sealing costs in real browsers, and writes bench/SEALING.md. `make bench`.

There are two builds of the page: the usual one, and one with the channel of bench/clear/, which sends plain JSON. Both
call in each network, in turn, so that a noisy machine disturbs all alike.
"""

from __future__ import annotations

import asyncio
import contextlib
import datetime
import os
import platform
import sys
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path
from statistics import median, quantiles
from typing import NamedTuple, TypedDict
from urllib.parse import urlsplit

from playwright.async_api import Browser, async_playwright

from bench.slow import DELAY_S, SlowProxy, slow_turn
from hatch_build import build, npm
from tests.e2e.people import GUARD_S, Person, launch_pair, serving

HERE = Path(__file__).parent
REPORT = HERE / "SEALING.md"
CALLS = 15  # of each page in each network; and as many text chats of the page that seals
DESCRIPTION_CHARS = 1500  # a session description is longer; the next longest, a sealed candidate, has some 400

LOOPBACK = "loopback"
SLOW = f"{DELAY_S * 1000:.0f} ms each way"
RELAYED = f"{SLOW}, through TURN"
NETWORKS = (LOOPBACK, SLOW, RELAYED)
GOALS = {LOOPBACK: "<= 1.3"}

HEADER = """# What sealing costs in time

Written by `make bench` on {today}: do not edit. Medians (quartiles) of {calls} calls of each page in each network, all
in turn; Chromium {browser} with fake cameras, Python {python}, {cpus} CPUs ({machine}) for the browsers, the
servers and the proxies; load average {before:.1f} before, {after:.1f} after. The page in the clear is built for this
alone (bench/clear/).

Times run from `matched` in a page, and are those of the page that comes later. The cameras are on by then.
"{slow}" delays all that page and server say to each other; picture and sound go directly, undelayed. "Through
TURN" both hide their addresses, and what they say to the TURN server is delayed as much.

| from `matched` | network | in the clear | sealed | ratio | goal |
|---|---|---|---|---|---|
"""


class Relayed(TypedDict):
    """One frame that the server relayed, as one page saw it."""

    at: float  # milliseconds
    way: str  # "in" or "out"
    kind: str
    chars: int


class Seen(TypedDict):
    """The notes of one page, which bench/sealing.js takes."""

    polite: bool
    marks: dict[str, float]  # milliseconds
    relayed: list[Relayed]


class Meeting(NamedTuple):
    """The notes of both pages of one chat."""

    impolite: Seen
    polite: Seen

    def until_ms(self, mark: str) -> float:
        return max(side["marks"][mark] - side["marks"]["matched"] for side in self if mark in side["marks"])

    def trips(self) -> int:
        """Passages of the relay that follow one from another, up to and with the answer."""
        out = (frame for frame in self.polite["relayed"] if frame["way"] == "out")
        answer = next(n for n, frame in enumerate(out) if frame["chars"] > DESCRIPTION_CHARS)
        return self._passages(1, answer)

    def _passages(self, side: int, n: int) -> int:
        """The longest chain that ends in the nth frame of one side.

        A frame is taken to follow from all that came before it; as the relay keeps the order, from the newest of them
        in the end. So a page that is slower than the relay makes a chain look longer than it has to be.
        """
        out = [place for place, frame in enumerate(self[side]["relayed"]) if frame["way"] == "out"]
        came = out[n] - n
        return 1 + (self._passages(1 - side, came - 1) if came > 0 else 0)

    def relayed(self, kind: str) -> int:
        """How many frames of a kind both sent until the first remote frame."""
        return sum(frame["kind"] == kind and frame["way"] == "out" for side in self for frame in side["relayed"])


class Place(NamedTuple):
    """Where two pages meet: one build of the page, in one network."""

    sealed: bool
    network: str
    url: str

    @property
    def modes(self) -> tuple[str, ...]:
        return ("video", "text") if self.sealed and self.network != RELAYED else ("video",)


class Met(NamedTuple):
    """All measurements of one run."""

    browser: str
    load: tuple[float, float]  # of the last minute, before and after
    meetings: dict[tuple[bool, str, str], list[Meeting]]  # sealed, network, mode


# --- the page in the clear, the networks


def build_in_the_clear(folder: Path) -> None:
    """Raises SystemExit if the page that came out seals after all."""
    npm("exec", "--", "tsc", "-p", str(HERE / "clear"))
    config = ("--config", str(HERE / "clear" / "vite.config.ts"), "--logLevel", "error")
    npm("run", "--silent", "build", "--", *config, "--outDir", str(folder), "--emptyOutDir")
    if any("AES-GCM" in script.read_text() for script in folder.glob("assets/*.js")):
        raise SystemExit("the page in the clear seals")


@contextlib.asynccontextmanager
async def places(clear: Path) -> AsyncIterator[list[Place]]:
    """Each page in each network, the two in the same network one after the other."""
    found: list[Place] = []
    async with contextlib.AsyncExitStack() as stack:
        turn = await stack.enter_async_context(slow_turn())
        for sealed, page in ((False, ["--static-dir", str(clear)]), (True, [])):
            direct = await stack.enter_async_context(serving(*page))
            relayed = await stack.enter_async_context(serving(*page, *turn))
            found.append(Place(sealed, LOOPBACK, direct))
            found.append(Place(sealed, SLOW, await slowly(stack, direct)))
            found.append(Place(sealed, RELAYED, await slowly(stack, relayed)))
        yield sorted(found, key=lambda place: NETWORKS.index(place.network))


async def slowly(stack: contextlib.AsyncExitStack, url: str) -> str:
    link = SlowProxy(urlsplit(url).port or 0)
    stack.push_async_callback(link.close)
    return f"http://localhost:{await link.open()}"


# --- meetings


async def meet(browsers: tuple[Browser, Browser], place: Place, mode: str) -> Meeting:
    """Two new visitors, until both see the first remote frame, or until both locks say sealed."""
    last = "frame" if mode == "video" else "sealed"
    async with contextlib.AsyncExitStack() as stack:
        people = [await comes(stack, browser, place) for browser in browsers]
        for person in people:
            await person.start(mode)
        watched = [person.page.evaluate(f"watched.{last}") for person in people]
        try:
            async with asyncio.timeout(GUARD_S):
                one, two = await asyncio.gather(*watched)
        except TimeoutError:
            seen = [await person.page.evaluate("watched.found()") for person in people]
            raise SystemExit(f"{mode} at {place} never came to `{last}`: {seen}") from None
    return Meeting(two, one) if one["polite"] else Meeting(one, two)


async def comes(stack: contextlib.AsyncExitStack, browser: Browser, place: Place) -> Person:
    context = await browser.new_context(locale="en-GB")
    stack.push_async_callback(context.close)
    await context.add_init_script(path=HERE / "sealing.js")
    person = Person(await context.new_page())
    await person.page.goto(place.url)
    if place.network == RELAYED:
        await person.part("hide").check()
    return person


async def measure(folder: Path, calls: int) -> Met:
    build_in_the_clear(folder / "clear")
    meetings: dict[tuple[bool, str, str], list[Meeting]] = {}
    before = os.getloadavg()[0]
    async with async_playwright() as playwright, places(folder / "clear") as found:
        red, blue = await launch_pair(playwright, folder)
        for turn in range(calls):
            for place in found if turn % 2 == 0 else reversed(found):  # so that neither page always comes first
                for mode in place.modes:
                    meeting = await meet((red, blue), place, mode)
                    meetings.setdefault((place.sealed, place.network, mode), []).append(meeting)
            sys.stderr.write(f"{turn + 1} of {calls}\n")
        return Met(red.version, (before, os.getloadavg()[0]), meetings)


# --- the report


def spread(figures: list[float]) -> str:
    low, middle, high = quantiles(figures, n=4)
    return f"{middle:.0f} ({low:.0f}-{high:.0f})"


def trips(met: Met) -> str:
    """Where a page is faster than a passage, the fewest are those that have to be."""
    clear, sealed = ([each.trips() for each in met.meetings[which, SLOW, "video"]] for which in (False, True))
    fewest = [f"{min(each)} (in {each.count(min(each))} of {len(each)})" for each in (clear, sealed)]
    return f"| trips to the answer | {SLOW} | {' | '.join(fewest)} | **+{min(sealed) - min(clear)}** | +1 |"


def compared(met: Met, title: str, mark: str, goals: dict[str, str]) -> list[str]:
    rows = []
    for network in NETWORKS:
        both = [[each.until_ms(mark) for each in met.meetings[which, network, "video"]] for which in (False, True)]
        ratio = median(both[1]) / median(both[0])
        cells = f"{spread(both[0])} | {spread(both[1])} | **{ratio:.2f}**"
        rows.append(f"| {title}, ms | {network} | {cells} | {goals.get(network, '')} |")
    return rows


def locked(met: Met, network: str) -> str:
    figures = [each.until_ms("sealed") for each in met.meetings[True, network, "text"]]
    return f"| the lock says sealed, text chat, ms | {network} | | {spread(figures)} | | |"


def frames(met: Met, sealed: bool, *kinds: str) -> str:
    calls = met.meetings[sealed, SLOW, "video"]
    return ", ".join(f"{kind} {median(each.relayed(kind) for each in calls):.0f}" for kind in kinds)


def report(met: Met) -> str:
    header = HEADER.format(
        today=datetime.date.today(), calls=len(met.meetings[True, LOOPBACK, "video"]), browser=met.browser, slow=SLOW,
        python=platform.python_version(), cpus=os.cpu_count(), machine=platform.machine(),
        before=met.load[0], after=met.load[1],
    )  # fmt: skip
    rows = [
        trips(met),
        *compared(met, "first remote frame", "frame", GOALS),
        *compared(met, "- of these to the answer", "answer", {}),
        *compared(met, "- of these to `connected`", "connected", {}),
        *(locked(met, network) for network in (LOOPBACK, SLOW)),
    ]
    return f"""{header}{chr(10).join(rows)}

Frames that both sent until the first remote frame, {SLOW}: in the clear
{frames(met, False, "description", "candidate", "media")}; sealed {frames(met, True, "hello", "signal", "receipt")}.
"""


def main() -> None:
    build()
    with tempfile.TemporaryDirectory() as folder:
        met = asyncio.run(measure(Path(folder), int(os.environ.get("ROUNDS", CALLS))))
    REPORT.write_text(report(met))


if __name__ == "__main__":
    main()
