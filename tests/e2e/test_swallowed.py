"""Networks that swallow WebSockets: long-polling carries the visitor within seconds, a WebSocket when it can."""

import logging
from collections.abc import Callable
from functools import partial
from urllib.parse import urlsplit

import pytest
from playwright.async_api import Browser, Page, expect

from tests.e2e.people import Person, Street, are_sealed
from tests.e2e.swallowing import WAYS, SwallowingProxy, swallowing
from tests.until import until

# When the page was welcomed, in milliseconds since it was opened. The goal is 5,000; `--log-cli-level=INFO` shows it,
# and no test depends on the speed of a busy machine.
WATCH_WELCOME = """
new MutationObserver(() => {
  if (document.querySelector("[data-link=up]") !== null) window.welcomedAt ??= performance.now();
}).observe(document, { childList: true, subtree: true, attributes: true });
"""
MEASURED = logging.getLogger(__name__)
NO_WEBSOCKET = "delete window.WebSocket;"
WEBSOCKET_THROWS = "window.WebSocket = class { constructor() { throw new DOMException('no', 'SecurityError'); } };"


async def watched(page: Page, script: str = "") -> None:
    await page.add_init_script(WATCH_WELCOME + script)


async def is_welcomed(person: Person) -> None:
    await person.is_up()
    MEASURED.info("welcome after %.0f ms", await person.page.evaluate("welcomedAt"))


@pytest.mark.parametrize("way", WAYS)
async def test_long_polling_carries_a_whole_chat(way: str, street: Street, blind: Browser) -> None:
    async with swallowing(urlsplit(street.url).port or 0, way) as (proxy, url):
        ana = await street.comes(blind, url, before=watched)
        ben = await street.comes(blind)
        await is_welcomed(ana)
        await chat(ana, ben)
        assert proxy.upgrades > 0
        proxy.cut()
        await ana.say("after the cut")
        await ben.reads("after the cut")


async def chat(ana: Person, ben: Person) -> None:
    await ana.start("text")
    await ben.start("text")
    await ana.meets()
    await are_sealed(ana, ben)
    await ana.say("hello")
    await ben.reads("hello")
    await ben.say("hi")
    await ana.reads("hi")


@pytest.mark.parametrize("script", [NO_WEBSOCKET, WEBSOCKET_THROWS], ids=["missing", "throws"])
async def test_a_browser_without_websockets_chats(script: str, street: Street, blind: Browser) -> None:
    before: Callable[[Page], object] = partial(watched, script=script)
    ana = await street.comes(blind, before=before)  # type: ignore[arg-type]
    ben = await street.comes(blind)
    await is_welcomed(ana)
    await chat(ana, ben)


async def test_a_websocket_is_used_once_the_network_lets_it_pass(street: Street, blind: Browser) -> None:
    async with swallowing(urlsplit(street.url).port or 0, "silent") as (proxy, url):
        ana, ben = await street.comes(blind, url, before=watched), await street.comes(blind)
        await is_welcomed(ana)
        await chat(ana, ben)
        proxy.way, proxy.down = None, True
        proxy.cut()
        await expect(ana.page.locator("[data-link]:not([data-link=up])")).to_have_count(1)
        proxy.down = False
        await until(partial(has_passed, proxy), "a WebSocket reaches the server")
        await ana.say("by another way")
        await ben.reads("by another way")


async def has_passed(proxy: SwallowingProxy) -> bool:
    return proxy.passed > 0


async def test_who_waits_is_told_so(street: Street, blind: Browser) -> None:
    async with swallowing(urlsplit(street.url).port or 0, "silent") as (_, url):
        ana = await street.comes(blind, url)
        await ana.sees("connecting", "Connecting to the server")
        await ana.is_up()
        await expect(ana.part("connecting")).to_have_count(0)


async def test_where_websockets_work_there_is_no_other_request(street: Street, blind: Browser) -> None:
    """The normal case: one WebSocket, no long-polling before it."""
    polls: list[str] = []

    async def before(page: Page) -> None:
        await watched(page)
        page.on("request", lambda request: polls.append(request.url) if "transport=polling" in request.url else None)

    ana = await street.comes(blind, before=before)
    await is_welcomed(ana)
    assert polls == []
