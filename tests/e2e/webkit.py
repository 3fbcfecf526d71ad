"""WebKitGTK, driven as the W3C's WebDriver says. Debian builds it without WebRTC, so here it can only write.

Linux; the packages webkit2gtk-driver, libwebkit2gtk-4.1-0 and xvfb (scripts/system-packages).
"""

import asyncio
import contextlib
import json
import os
import shutil
import socket
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from tests.until import until

DRIVER, SCREEN = "WebKitWebDriver", "Xvfb"
BROWSERS = Path("/usr/lib")  # MiniBrowser lies in a folder named after the machine's architecture
ELEMENT = "element-6066-11e4-a52e-4f735466cecf"  # WebDriver, section 11
GUARD_S = 120.0
ANSWER_S = 90  # of one command; the start of a browser on a busy machine is one


class WebKit:
    """One window. `testid` names a part of the page as in `Person.part`."""

    def __init__(self, port: int, session: str) -> None:
        self._port, self._path = port, f"/session/{session}"

    async def open(self, url: str) -> None:
        await self._send("POST", "/url", {"url": url})

    async def click(self, testid: str) -> None:
        await self._send("POST", f"/element/{await self._find(testid)}/click", {})

    async def type(self, testid: str, text: str) -> None:
        await self._send("POST", f"/element/{await self._find(testid)}/value", {"text": text})

    async def run(self, script: str) -> Any:
        """What the function body returns in the page."""
        return await self._send("POST", "/execute/sync", {"script": script, "args": []})

    async def text(self, selector: str) -> str:
        """All that the part of the page says; empty if it is not there."""
        return str(await self.run(f"return document.querySelector({json.dumps(selector)})?.textContent ?? ''"))

    async def reads(self, selector: str, text: str) -> None:
        async def is_there() -> bool:
            return text in await self.text(selector)

        await until(is_there, f"{text!r} in {selector}", GUARD_S)

    async def has(self, selector: str) -> None:
        async def is_there() -> bool:
            return bool(await self.run(f"return document.querySelector({json.dumps(selector)}) !== null"))

        await until(is_there, selector, GUARD_S)

    async def close(self) -> None:
        await self._send("DELETE", "")

    async def _find(self, testid: str) -> str:
        selector = f"[data-testid={testid}]"
        await self.has(selector)
        found = await self._send("POST", "/element", {"using": "css selector", "value": selector})
        return str(found[ELEMENT])

    async def _send(self, method: str, path: str, body: object = None) -> Any:
        return await ask(self._port, method, self._path + path, body)


async def ask(port: int, method: str, path: str, body: object = None) -> Any:
    """The value that the driver answers with. Raises AssertionError with its error."""
    async with asyncio.timeout(ANSWER_S):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        sent = b"" if body is None else json.dumps(body).encode()
        head = f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Length: {len(sent)}\r\n\r\n"
        writer.write(head.encode() + sent)
        told = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
        length = int(told.partition("content-length:")[2].partition("\r\n")[0])
        value = json.loads(await reader.readexactly(length))["value"]
        writer.close()
        await writer.wait_closed()
    assert " 200 " in told.partition("\r\n")[0], value
    return value


def mini_browser() -> Path | None:
    return next(BROWSERS.glob("*/webkit2gtk-4.1/MiniBrowser"), None)


@contextlib.asynccontextmanager
async def webkit() -> AsyncIterator[WebKit]:
    """A window on a screen of its own, which nobody sees."""
    browser = mini_browser()
    missing = [name for name in (DRIVER, SCREEN) if shutil.which(name) is None]
    assert not missing, f"install the packages webkit2gtk-driver and xvfb: there is no {' and no '.join(missing)}"
    assert browser is not None, "install the package libwebkit2gtk-4.1-0: there is no MiniBrowser"
    async with screen() as display, driver(display) as port:
        options = {"binary": str(browser), "args": ["--automation"]}
        wanted = {"capabilities": {"alwaysMatch": {"webkitgtk:browserOptions": options}}}
        made = WebKit(port, (await ask(port, "POST", "/session", wanted))["sessionId"])
        try:
            yield made
        finally:
            await made.close()


@contextlib.asynccontextmanager
async def screen() -> AsyncIterator[str]:
    """The name of a display of its own."""
    process = await asyncio.create_subprocess_exec(
        *(SCREEN, "-displayfd", "1", "-screen", "0", "1280x900x24", "-nolisten", "tcp"),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    assert process.stdout is not None
    try:
        async with asyncio.timeout(GUARD_S):
            number = (await process.stdout.readline()).decode().strip()
        yield f":{number}"
    finally:
        process.terminate()
        await process.wait()


@contextlib.asynccontextmanager
async def driver(display: str) -> AsyncIterator[int]:
    """The port of a driver that is ready."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = int(free.getsockname()[1])
    process = await asyncio.create_subprocess_exec(
        *(DRIVER, f"--port={port}"),
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
        env=os.environ | {"DISPLAY": display, "GDK_BACKEND": "x11"},
    )

    async def is_ready() -> bool:
        assert process.returncode is None, "the driver ended"
        with contextlib.suppress(OSError):
            return bool((await ask(port, "GET", "/status"))["ready"])
        return False

    try:
        await until(is_ready, "WebKit's driver is ready", GUARD_S)
        yield port
    finally:
        process.terminate()
        await process.wait()
