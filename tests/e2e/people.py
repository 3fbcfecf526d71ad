"""A whole server, and people in real browsers, for tests and screenshots."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import shutil
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

from playwright.async_api import Browser, Page, Playwright, WebSocketRoute, expect

CHROMIUM = "/usr/bin/chromium"
SHELL = "/usr/bin/chromium-headless-shell"  # the same engine without windows, menus and questions: half the work
FLAGS = [
    "--no-sandbox",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
    "--disable-gpu",
    "--disable-software-rasterizer",
    "--disable-dev-shm-usage",
    "--autoplay-policy=no-user-gesture-required",
    "--allow-loopback-in-peer-connection",
    "--host-resolver-rules=MAP omefree.test 127.0.0.1",  # a name that is not localhost is not a secure context
]
CAMERA = ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"]
GUARD_S = 60.0  # what a busy machine may need; no test waits for it unless it fails
expect.set_options(timeout=GUARD_S * 1000)

# Wraps the browser's constructor so that a test can ask each connection for its statistics.
WATCH_CALLS = """
(() => {
  const Real = window.RTCPeerConnection, calls = new Set(), made = [];
  window.RTCPeerConnection = class extends Real {
    constructor(...args) { super(...args); calls.add(this); made.push(args[0]); }
    close() { super.close(); calls.delete(this); } // or the test would hold what the page has let go
  };
  window.callsMade = () => made;
  window.framesDecoded = async () => {
    let frames = 0;
    for (const call of calls) for (const row of (await call.getStats()).values())
      if (row.type === "inbound-rtp" && row.kind === "video") frames += row.framesDecoded ?? 0;
    return frames;
  };
  window.openCalls = () => [...calls].filter((call) => call.connectionState !== "closed").length;
})();
"""
# Pictures that move without an end, on all pages that wait in a run, would keep half a core busy.
STILL = """
const still = new CSSStyleSheet();
still.replaceSync("svg * { animation: none !important; }");
document.adoptedStyleSheets = [still];
"""
NO_WEBRTC = "delete window.RTCPeerConnection; delete window.webkitRTCPeerConnection;"
BLOCKED = '44{"message":"Paused.","data":{"code":"paused","reason":"blocked","open":[],"whose":"address"}}'
OTHER_VERSION = '44{"message":"of another version","data":{"code":"version","speaks":[2]}}'
PIXEL = """
(video) => {
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = 8;
  const paint = canvas.getContext("2d");
  paint.drawImage(video, 0, 0, 8, 8);
  return [...paint.getImageData(4, 4, 1, 1).data].slice(0, 3);
}
"""

Colour = tuple[int, int, int]  # Y, Cb, Cr
RED: Colour = (81, 90, 240)
BLUE: Colour = (41, 240, 110)


@contextlib.asynccontextmanager
async def serving(*flags: str) -> AsyncIterator[str]:
    """A server of its own on a free port; yields its URL."""
    async with running(*flags) as (url, _):
        yield url


@contextlib.asynccontextmanager
async def running(*flags: str) -> AsyncIterator[tuple[str, int]]:
    """The same; yields the URL and the process's id."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "omefree", "serve", "--port", "0", "--stun-port", "0", *flags,
        stderr=asyncio.subprocess.PIPE, env=os.environ,
    )  # fmt: skip
    assert process.stderr is not None
    try:
        yield await url_from(process.stderr), process.pid
    finally:
        with contextlib.suppress(ProcessLookupError):  # a test may have ended it
            process.terminate()
        await process.wait()


async def url_from(stderr: asyncio.StreamReader) -> str:
    """What the server says when it is ready. Fails with all that it said if it never is."""
    said = ""
    async with asyncio.timeout(3 * GUARD_S):
        while line := await stderr.readline():
            said += line.decode()
            if found := re.search(r"event=serving url=(\S+)", said):
                return found[1]
    raise AssertionError(f"the server did not start:\n{said}")


def write_camera(path: Path, colour: Colour, width: int = 320, height: int = 240) -> Path:
    """A film of one colour for Chromium's fake camera (YUV4MPEG2): few pictures a second, as each is much work."""
    y, cb, cr = (bytes([value]) for value in colour)
    frame = b"FRAME\n" + y * (width * height) + (cb + b"") * (width * height // 4) + cr * (width * height // 4)
    path.write_bytes(b"YUV4MPEG2 W%d H%d F5:1 Ip A1:1 C420jpeg\n" % (width, height) + frame * 2)
    return path


async def intercept(page: Page, handle: Callable[[WebSocketRoute], object]) -> None:
    """Before the page is opened: its WebSockets are led here. It has no other way, however slow the machine is."""
    await page.route_web_socket("**/socket.io/**", handle)
    await page.route(re.compile("transport=polling"), lambda route: route.abort())


async def of_another_version(page: Page) -> None:
    """From now on the page finds a server that speaks another version of the protocol."""
    await turned_away(page, OTHER_VERSION)


async def turned_away(page: Page, answer: str) -> None:
    """From now on the page finds a server that gives this packet in answer to its CONNECT."""

    async def newer(route: WebSocketRoute) -> None:
        route.on_message(lambda packet: route.send(answer) if str(packet).startswith("40") else None)
        route.send('0{"sid":"s","upgrades":[],"pingInterval":10000,"pingTimeout":8000,"maxPayload":65536}')

    await intercept(page, newer)
    await page.reload()


async def launch(playwright: Playwright, camera: Path | None = None, *flags: str, program: str = CHROMIUM) -> Browser:
    """Chromium, with a fake camera that shows a film, or with none."""
    return await playwright.chromium.launch(executable_path=program, args=[*flags_of(camera), *flags])


async def launch_pair(playwright: Playwright, folder: Path, program: str = CHROMIUM) -> tuple[Browser, Browser]:
    """One whose camera shows red, one whose camera shows blue. Their films go to the folder."""
    red = await launch(playwright, write_camera(folder / "red.y4m", RED), program=program)
    return red, await launch(playwright, write_camera(folder / "blue.y4m", BLUE), program=program)


def flags_of(camera: Path | None) -> list[str]:
    media = [*CAMERA, f"--use-file-for-fake-video-capture={camera}"] if camera else []
    return [*FLAGS, *media]


FIREFOX = "/usr/bin/firefox-esr"
FIREFOX_PREFS: dict[str, str | float | bool] = {
    "media.navigator.streams.fake": True,  # a camera and a microphone
    "media.navigator.permission.disabled": True,
    "media.autoplay.default": 0,
    "media.autoplay.blocking_policy": 0,
    "media.peerconnection.ice.loopback": True,  # for a relay at 127.0.0.1
    "media.peerconnection.ice.obfuscate_host_addresses": False,  # Firefox needs seconds to resolve its own names
}


async def launch_firefox(playwright: Playwright) -> Browser:
    """The system's own Firefox, with a fake camera, over WebDriver BiDi."""
    assert shutil.which(FIREFOX), "install the package firefox-esr (scripts/system-packages)"
    return await playwright.firefox.launch(
        channel="moz-firefox", executable_path=FIREFOX, firefox_user_prefs=FIREFOX_PREFS, timeout=GUARD_S * 2000
    )


class Person:
    """A visitor, by the page that it looks at."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def part(self, testid: str) -> Any:
        return self.page.get_by_test_id(testid)

    async def start(self, mode: str, *interests: str) -> None:
        for interest in interests:
            await self.part("interest-input").fill(interest)
            await self.part("interest-input").press("Enter")
        await self.part(f"start-{mode}").click()
        sheet = self.part("entry")  # only before the first search of a page
        begun = self.page.locator("[data-screen]:not([data-screen=landing])")
        await expect(sheet.or_(begun)).to_be_visible(timeout=GUARD_S * 1000)
        if await sheet.count():
            await self.part("entry-agree").click()

    async def meets(self) -> None:
        await self.is_on("chat")

    async def is_on(self, screen: str) -> None:
        await expect(self.page.locator(f"[data-screen={screen}]")).to_be_visible(timeout=GUARD_S * 1000)

    async def is_up(self) -> None:
        """Its page is connected to the server."""
        await expect(self.page.locator("[data-link=up]")).to_be_attached(timeout=GUARD_S * 1000)

    async def next(self) -> None:
        """Presses Next once it is awake: in a chat's first second it does nothing."""
        await self.is_awake()
        await self.part("next").click()

    async def is_awake(self) -> None:
        """Waits for the end of the animation that shows how long Next sleeps."""
        await self.part("next").evaluate("(next) => Promise.all(next.getAnimations().map(({ finished }) => finished))")

    async def say(self, text: str) -> None:
        await self.part("text-input").fill(text)
        await self.part("text-input").press("Enter")

    async def reads(self, text: str) -> None:
        await expect(self.part("log")).to_contain_text(text, timeout=GUARD_S * 1000)

    async def sees(self, testid: str, text: str | re.Pattern[str] = "") -> None:
        await expect(self.part(testid)).to_be_visible(timeout=GUARD_S * 1000)
        if text:
            await expect(self.part(testid)).to_contain_text(text, timeout=GUARD_S * 1000)

    async def frames(self) -> int:
        return int(await self.page.evaluate("framesDecoded()"))

    async def colour_of(self, testid: str) -> tuple[int, int, int]:
        red, green, blue = await self.part(testid).evaluate(PIXEL)
        return red, green, blue


class Street:
    """Opens pages in browsers. Each person has a browser context of its own."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._contexts: list[Any] = []

    async def comes(
        self,
        browser: Browser,
        url: str | None = None,
        before: Callable[[Page], Awaitable[None]] | None = None,
        **context: Any,
    ) -> Person:
        """`before` sees the page before it is opened."""
        made = await browser.new_context(**{"locale": "en-GB", **context})
        self._contexts.append(made)
        await made.add_init_script(WATCH_CALLS + STILL)
        page = await made.new_page()
        if before is not None:
            await before(page)
        await page.goto(url or self.url)
        return Person(page)

    async def close(self) -> None:
        while self._contexts:
            await self._contexts.pop().close()


async def decodes(person: Person, frames: int) -> bool:
    return await person.frames() >= frames


async def met_in_text(street: Street, browser: Browser) -> tuple[Person, Person]:
    ana, ben = await street.comes(browser), await street.comes(browser)
    await ana.start("text")
    await ben.start("text")
    for person in (ana, ben):
        await person.meets()
        await are_sealed(person)  # from then on each may ask for the other again
    return ana, ben


async def are_sealed(*people: Person) -> None:
    """Waits until the chat of each is sealed."""
    for person in people:
        await expect(person.part("lock")).to_have_attribute("data-seal", re.compile("sealed|compared"))


async def emoji_of(person: Person) -> list[str]:
    """The four, as the lock shows them."""
    await are_sealed(person)
    await person.part("lock").click()
    shown: list[str] = await person.part("emoji").locator("li").all_inner_texts()
    await person.page.keyboard.press("Escape")
    return shown


class TcpProxy:
    """A TCP proxy in front of a server: a connection that tests can cut."""

    def __init__(self, port: int) -> None:
        self._server_port = port
        self.port = 0  # where it listens
        self._writers: set[asyncio.StreamWriter] = set()
        self._cut = False
        self._server: asyncio.Server | None = None

    async def open(self) -> int:
        """Listens; returns the port."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = int(self._server.sockets[0].getsockname()[1])
        return self.port

    def cut(self) -> None:
        """Every connection breaks (RST), and none is let through."""
        self._cut = True
        for writer in self._writers:
            writer.transport.abort()

    def heal(self) -> None:
        self._cut = False

    def lead_to(self, port: int) -> None:
        """From now on new connections go to another server."""
        self._server_port = port

    async def close(self) -> None:
        self.cut()
        if self._server is not None:
            self._server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._cut:
            writer.transport.abort()
            return
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self._server_port)
        if self._cut:  # meanwhile
            writer.transport.abort()
            far_writer.transport.abort()
            return
        self._writers |= {writer, far_writer}
        await asyncio.gather(self._pump(reader, far_writer), self._pump(far_reader, writer))
        self._writers -= {writer, far_writer}

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError):
            while data := await reader.read(65_536):
                writer.write(data)
                await writer.drain()
        writer.transport.abort()
