"""What the page feels like, in real browsers on this machine: `python -m bench.page`. A table beside the goals.

Two browsers with cameras of their own meet over the loopback. A picture counts once a frame of it is decoded, whether
the shield covers it or not. Both have their camera and all of the page before the clock starts.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import gzip
import re
import statistics
import sys
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from playwright.async_api import Browser, Page, WebSocketRoute, async_playwright

from omefree.http.static import BUILT_IN
from tests.e2e.people import Person, Street, launch, launch_pair, serving
from tests.until import until

EARLY_SKIPS, SKIPS = 5, 50
# Without its compilers: what they keep grows with every run of a loop, whatever the page holds.
NO_COMPILERS = "--js-flags=--no-opt --no-maglev --no-sparkplug"
SOCKETS = "**/socket.io/*transport=websocket*"
# Notes when the button was pressed, and when the first frame of a video that began afterwards was decoded.
CLOCK = """
(() => {
  let pressed = null;
  window.firstFrame = null;
  window.arm = () => { pressed = null; window.firstFrame = null; };
  addEventListener("click", ({ target }) => {
    if (target.closest("[data-testid=start-video], [data-testid=next]") !== null) pressed = performance.now();
  }, true);
  const shows = (row) => row.type === "inbound-rtp" && row.kind === "video" && row.framesDecoded > 0;
  const look = async () => {
    for (const call of window.openPeers())
      if (pressed !== null && window.firstFrame === null && call.madeAt > pressed)
        if ([...(await call.getStats()).values()].some(shows)) window.firstFrame = performance.now() - pressed;
    setTimeout(look, 5);
  };
  const Real = window.RTCPeerConnection, calls = new Set();
  window.RTCPeerConnection = class extends Real {
    constructor(...args) { super(...args); this.madeAt = performance.now(); calls.add(this); }
    close() { super.close(); calls.delete(this); }
  };
  window.openPeers = () => [...calls].filter((call) => call.connectionState !== "closed");
  const tracks = new Set(), media = navigator.mediaDevices, ask = media?.getUserMedia.bind(media);
  if (ask) media.getUserMedia = async (wanted) => {
    const stream = await ask(wanted);
    for (const track of stream.getTracks()) tracks.add(track);
    return stream;
  };
  window.liveTracks = () => [...tracks].filter(({ readyState }) => readyState === "live").length;
  void look();
})();
"""


def say(measure: str, here: str, goal: str) -> None:
    """Writes a row of the table."""
    sys.stdout.write(f"| {measure} | {here} | {goal} |\n")
    sys.stdout.flush()


async def with_clock(page: Page) -> None:
    """Puts the clock into a page before it is opened."""
    await page.add_init_script(CLOCK)


async def first_frame(person: Person) -> float:
    """The milliseconds from the press of the button to the first frame, once it is there."""

    async def is_there() -> bool:
        return await person.page.evaluate("window.firstFrame") is not None

    await until(is_there, "a frame")
    return float(await person.page.evaluate("window.firstFrame"))


async def settled(person: Person) -> None:
    """Waits until all parts of the page are loaded and it is connected."""
    await person.is_up()
    await person.page.wait_for_load_state("networkidle")


async def starts(url: str, red: Browser, blue: Browser, rounds: int) -> list[float]:
    """Click on start (the sheet's yes, as everybody's first click is) to the first frame, with somebody waiting."""
    times = []
    for _ in range(rounds):
        street = Street(url)
        ana, ben = await street.comes(red, before=with_clock), await street.comes(blue, before=with_clock)
        for person in (ana, ben):
            await settled(person)
            await agreed(person)
        await ben.part("start-video").click()
        await ben.is_on("searching")
        await ana.part("start-video").click()
        times.append(await first_frame(ana))
        await street.close()
    return times


async def agreed(person: Person) -> None:
    """Agrees on the sheet once, and gives the camera: whoever presses start then is ready."""
    await person.start("video")
    await person.is_on("searching")
    await person.part("stop").click()
    await person.is_on("landing")
    await person.page.evaluate("arm()")


class Crowd:
    """Somebody who skips, and two who wait for them in turn."""

    def __init__(self, ana: Person, partner: Person, waiting: Person) -> None:
        self.ana = ana
        self.partner = partner
        self.waiting = waiting

    async def begin(self) -> None:
        """Ana and the partner meet, then the other one waits."""
        for person in (self.ana, self.partner):
            await person.start("video")
        await self.ana.meets()
        await self.waiting.start("video")
        await self.waiting.is_on("searching")

    async def skip(self) -> float:
        """Presses Next while the other one waits; the milliseconds to that one's first frame."""
        await self.ana.page.evaluate("arm()")
        await self.ana.next()  # in the first second of a chat it would do nothing
        took = await first_frame(self.ana)
        left, self.partner = self.partner, self.waiting
        await left.page.reload()  # nobody meets again within a minute, so they come back as somebody else
        await left.start("video")
        await left.is_on("searching")
        self.waiting = left
        return took


async def weight(page: Page) -> tuple[float, float]:
    """The megabytes of the heap after a collection, and the number of DOM nodes."""
    session = await page.context.new_cdp_session(page)
    await session.send("HeapProfiler.collectGarbage")
    await session.send("Performance.enable")
    told = {row["name"]: float(row["value"]) for row in (await session.send("Performance.getMetrics"))["metrics"]}
    await session.detach()
    return told["JSHeapUsedSize"] / 1e6, float(await page.evaluate("document.getElementsByTagName('*').length"))


async def skips(url: str, red: Browser, blue: Browser, many: int) -> None:
    """Next to the next stranger's first frame."""
    street, crowd = await crowded(url, red, blue)
    times = [await crowd.skip() for _ in range(many)]
    say(f"Next to the next stranger's first frame, median of {many}", f"{statistics.median(times):.0f} ms", "< 600 ms")
    await street.close()


async def crowded(url: str, red: Browser, blue: Browser) -> tuple[Street, Crowd]:
    """Three people: one in a chat with the second, while the third waits."""
    street = Street(url)
    crowd = Crowd(await street.comes(red, before=with_clock), await street.comes(blue), await street.comes(blue))
    await crowd.begin()
    return street, crowd


async def leftovers(url: str, plain: Browser, blue: Browser, many: int) -> None:
    """What the skips leave behind in the browser of whoever skips."""
    street, crowd = await crowded(url, plain, blue)
    weights = []
    for skips in (EARLY_SKIPS, many - EARLY_SKIPS):
        for _ in range(skips):
            await crowd.skip()
        weights.append(await weight(crowd.ana.page))
    peers = await crowd.ana.page.evaluate("openPeers().length")
    await crowd.ana.part("stop").click()
    await crowd.ana.is_on("landing")
    left = await crowd.ana.page.evaluate("[openPeers().length, liveTracks()]")
    for name, before, after, unit in zip(
        ("heap without compiled code", "DOM nodes"), *weights, ("MB", ""), strict=True
    ):
        more = 100 * (after - before) / before
        say(
            f"{name} after {many} skips, against {EARLY_SKIPS}",
            f"{before:.1f} -> {after:.1f} {unit} ({more:+.0f} %)",
            "<= +10 %",
        )
    say(
        "peer connections during the last chat; then left, and live tracks", f"{peers}; {left[0]}, {left[1]}", "1; 0, 0"
    )
    await street.close()


async def swallowed(url: str, blind: Browser) -> None:
    """The WebSocket's upgrade is taken and never answered: long-polling must carry the visitor."""

    async def before(page: Page) -> None:
        await page.route_web_socket(re.compile("/socket.io/"), silent)

    async def silent(_route: WebSocketRoute) -> None:
        await asyncio.sleep(0)

    street = Street(url)
    start = asyncio.get_running_loop().time()
    ana = await street.comes(blind, before=before)
    try:
        await ana.is_up()
        told = f"{asyncio.get_running_loop().time() - start:.1f} s"
    except AssertionError:
        told = "not within 20 s"
    say("connecting when WebSockets are swallowed, from opening the page", told, "< 5 s")
    await street.close()


def scripts() -> None:
    """The size of the scripts before the first view, as gzip."""
    page = (BUILT_IN / "index.html").read_text()
    first = re.sub(r"<template.*?</template>", "", page, flags=re.DOTALL)
    paths = re.findall(r'<(?:script|link rel="modulepreload")[^>]*?(?:src|href)="\./(assets/[^"]+\.js)"', first)
    size = sum(len(gzip.compress((BUILT_IN / path).read_bytes())) for path in paths)
    say("initial JavaScript, gzip", f"{size / 1000:.1f} kB", "<= 60 kB")


async def main(rounds: int, many: int) -> None:
    sys.stdout.write("| measure | here | goal |\n|---|---|---|\n")
    scripts()
    with tempfile.TemporaryDirectory() as films:
        async with async_playwright() as playwright, serving("--quota-scale", "1000") as url:
            red, blue = await launch_pair(playwright, Path(films))
            plain = await launch(playwright, Path(films, "red.y4m"), NO_COMPILERS)
            blind = await launch(playwright)
            times = await starts(url, red, blue, rounds)
            said = f"{statistics.median(times):.0f} ms ({min(times):.0f}-{max(times):.0f})"
            say(f"click on start to the first frame, both ready, median of {rounds}", said, "< 400 ms")
            for part in (
                lambda: skips(url, red, blue, many),
                lambda: leftovers(url, plain, blue, many),
                lambda: swallowed(url, blind),
            ):
                await tried(part)


async def tried(part: Callable[[], Awaitable[Any]]) -> None:
    """Makes one part of the measurement; if it fails, says so and goes on."""
    with contextlib.suppress(TimeoutError):
        try:
            await part()
        except AssertionError as error:
            say("not measured", str(error).splitlines()[0], "")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--skips", type=int, default=SKIPS)
    given = parser.parse_args()
    asyncio.run(main(given.rounds, given.skips))
