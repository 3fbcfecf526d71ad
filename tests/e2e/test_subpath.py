"""The page below a path, as a proxy serves it that leaves the path in its requests, and one that takes it away."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from urllib.parse import urlsplit

import pytest
import pytest_asyncio
from playwright.async_api import Browser

from tests.e2e.people import Street, met_in_text, serving
from tests.e2e.swallowing import pump
from tests.e2e.test_offline import is_kept


async def without_path(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Hands on what a browser sends, without the path."""
    while data := await reader.read(65_536):
        writer.write(data.replace(b" /chat/", b" /"))
        await writer.drain()
    writer.close()


@contextlib.asynccontextmanager
async def taking_away(server_port: int) -> AsyncIterator[str]:
    """A proxy that serves at `/chat/` what the server serves at `/`; yields its URL."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", server_port)
        try:
            with contextlib.suppress(ConnectionError):
                await asyncio.gather(pump(far_reader, writer), without_path(reader, far_writer))
        finally:
            for end in (writer, far_writer):
                end.transport.abort()

    listener = await asyncio.start_server(serve, "127.0.0.1", 0)
    yield f"http://localhost:{listener.sockets[0].getsockname()[1]}"
    listener.close()


@pytest_asyncio.fixture(loop_scope="session", params=["left", "taken away"])
async def below(request: pytest.FixtureRequest, url: str) -> AsyncIterator[str]:
    """The address of the page."""
    async with contextlib.AsyncExitStack() as stack:
        if request.param == "left":
            yield await stack.enter_async_context(serving("--root-path", "/chat")) + "/"
        else:
            yield await stack.enter_async_context(taking_away(urlsplit(url).port or 0)) + "/chat/"


async def test_all_of_it_works_below_a_path(below: str, blind: Browser) -> None:
    street = Street(below)
    ana, ben = await met_in_text(street, blind)
    await ben.say("hello from below")
    await ana.reads("hello from below")
    await is_kept(ana.page)
    assert await ana.page.evaluate("async () => (await navigator.serviceWorker.ready).scope") == below
    await street.close()


async def test_every_page_has_its_style_and_leads_back(below: str, blind: Browser) -> None:
    street = Street(below)
    ana = await street.comes(blind)
    failed: list[str] = []
    ana.page.on(
        "response",
        lambda answer: failed.append(answer.url) if answer.status >= 400 and "socket.io" not in answer.url else None,
    )
    for path in ("check", "privacy", "legal", "no/such/page"):
        await ana.page.goto(below + path)
        assert await ana.page.evaluate("document.styleSheets.length") > 0, path
        await ana.page.locator("a[href]", has_text="OmeFree").first.click()
        await ana.is_on("landing")
        assert ana.page.url.partition("?")[0] == below
    await ana.part("theme").select_option("dark")
    assert failed == [f"{below}no/such/page"]
    await street.close()
