"""What the page loads later: all of a chat before a search, no tampered file, and a way on when a file is gone."""

import asyncio
import re
from collections.abc import Awaitable, Callable
from functools import partial
from urllib.parse import urlsplit

import pytest
from playwright.async_api import Browser, Page, Route, expect

from tests.e2e.people import GUARD_S, Person, Street
from tests.e2e.test_page import problems

CHAT = "**/assets/visit-*.js"
SETTINGS = "**/assets/Settings-*.js"
LATER = ("/assets/visit-", "/assets/Settings-")
Before = Callable[[Page], Awaitable[None]]


def tampered(pattern: str) -> Before:
    """The file is another one: it would write its mark into the page."""

    async def before(page: Page) -> None:
        async def other(route: Route) -> None:
            answer = await route.fetch()
            body = (await answer.text()) + '\ndocument.documentElement.dataset["ran"] = "yes";'
            await route.fulfill(response=answer, body=body)

        await page.route(pattern, other)

    return before


def gone(pattern: str, times: int | None = None) -> Before:
    """The file is no longer there, as after an upgrade."""

    async def before(page: Page) -> None:
        await page.route(pattern, lambda route: route.fulfill(status=404, body=""), times=times)

    return before


async def first_scripts(person: Person) -> set[str]:
    """The paths of the scripts that the page names for its start: those of later parts stand in templates."""
    html = await (await person.page.request.get(person.page.url)).text()
    return set(
        re.findall(r'(?:src|href)="\.(/assets/[^"]+\.js)"', re.sub(r"<template.*?</template>", "", html, flags=re.S))
    )


async def is_offered_a_reload(person: Person) -> None:
    await person.is_on("outdated")
    await expect(person.part("reload")).to_be_visible()


@pytest.mark.parametrize("broken", [tampered, gone])
async def test_a_chat_whose_part_is_gone_or_another_never_begins(
    street: Street, blind: Browser, broken: Callable[[str], Before]
) -> None:
    ana = await street.comes(blind, before=broken(CHAT))
    await ana.part("start-text").click()
    await is_offered_a_reload(ana)
    assert await problems(ana.page) == []
    await ana.page.unroute(CHAT)
    async with ana.page.expect_navigation():
        await ana.part("reload").click()
    await expect(ana.page.locator("html")).not_to_have_attribute("data-ran", "yes")
    await ana.start("text")
    await ana.is_on("searching")


async def test_no_tampered_file_runs(street: Street, blind: Browser) -> None:
    first = await first_scripts(await street.comes(blind))
    for pattern in (CHAT, SETTINGS, *(f"**{path}" for path in sorted(first))):
        refused: asyncio.Event = asyncio.Event()
        ana = await street.comes(blind, before=partial(tampered_and_heard, pattern, refused))
        async with asyncio.timeout(GUARD_S):
            await refused.wait()
        if pattern == SETTINGS:
            await ana.part("settings-open").click()
            await is_offered_a_reload(ana)
        await expect(ana.page.locator("html")).not_to_have_attribute("data-ran", "yes")


async def tampered_and_heard(pattern: str, refused: asyncio.Event, page: Page) -> None:
    """Sets the event once the browser says that the file does not fit its hash."""
    page.on("console", lambda message: refused.set() if "'integrity' attribute" in message.text else None)
    await tampered(pattern)(page)


async def test_a_file_that_was_away_for_a_moment_is_no_fault(street: Street, blind: Browser) -> None:
    ana = await street.comes(blind, before=gone(CHAT, times=1))
    async with ana.page.expect_response(CHAT):
        pass
    await ana.start("text")
    await ana.is_on("searching")


async def test_nothing_is_loaded_once_a_search_has_begun(street: Street, blind: Browser) -> None:
    """Not even over a slow line: the search waits for the chat, and never the other way round."""
    late: list[str] = []
    ana, ben = await street.comes(blind, before=slow_visit), await street.comes(blind)
    await ana.start("text")
    await ana.is_on("searching")
    ana.page.on("request", lambda request: late.append(request.url))
    await ben.start("text")
    for person in (ana, ben):
        await person.meets()
    await ana.say("hello")
    await ben.reads("hello")
    await ana.part("report").click()
    await expect(ana.part("report-dialog")).to_be_visible()
    assert [url for url in late if "/assets/" in url and "shield" not in url] == []


async def slow_visit(page: Page) -> None:
    """The part comes only after the first view."""

    async def held(route: Route) -> None:
        await expect(page.locator("[data-screen=landing]")).to_be_visible()
        await route.continue_()

    await page.route(CHAT, held)


async def test_settings_open_by_keyboard_and_the_page_is_small_at_first(street: Street, blind: Browser) -> None:
    loaded: list[str] = []

    async def before(page: Page) -> None:
        page.on("request", lambda request: loaded.append(request.url))

    ana = await street.comes(blind, before=before)
    await ana.part("settings-open").press("Enter")
    await expect(ana.part("settings")).to_be_visible(timeout=GUARD_S * 1000)
    assert await ana.part("settings").evaluate("(dialog) => dialog.contains(document.activeElement)")
    first, asked = await first_scripts(ana), [urlsplit(url).path for url in loaded if url.endswith(".js")]
    assert set(asked[: len(first)]) == first
    assert [path for path in first if path.startswith(LATER)] == []
