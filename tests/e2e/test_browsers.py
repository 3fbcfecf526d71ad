"""Browsers of different makers: Chromium and Firefox call each other, and WebKitGTK, which has no calls, writes."""

from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path

import pytest_asyncio
from playwright.async_api import Browser, async_playwright

from tests.e2e.people import Person, Street, are_sealed, decodes, launch_firefox, serving
from tests.e2e.test_ways import comes, with_relay
from tests.e2e.ways import DIRECT, RELAYED, addresses_said, ends, says_the_way, types_said
from tests.e2e.webkit import webkit
from tests.net.test_turn import answering
from tests.until import until

GUARD_S = 120.0  # Firefox starts and calls more slowly, and the machine may be busy


@pytest_asyncio.fixture(loop_scope="session", scope="module")
async def firefox() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await launch_firefox(playwright)
        yield browser
        await browser.close()


async def call(*people: Person) -> None:
    for person in people:
        await person.start("video")
    for person in people:
        await person.meets()
        await until(partial(decodes, person, 5), "frames of the other browser", GUARD_S)


async def test_chromium_and_firefox_see_each_other_and_write(street: Street, red: Browser, firefox: Browser) -> None:
    ana, ben = await comes(street, red), await comes(street, firefox)
    await call(ana, ben)
    await are_sealed(ana, ben)
    await ana.say("hello from Chromium")
    await ben.reads("hello from Chromium")
    await ben.say("hello from Firefox")
    await ana.reads("hello from Firefox")
    for one, other in ((ana, ben), (ben, ana)):
        await says_the_way(one, other, DIRECT)


async def test_chromium_and_firefox_hide_behind_a_relay(red: Browser, firefox: Browser, tmp_path: Path) -> None:
    """Firefox alone asks."""
    async with answering(tmp_path) as port, with_relay(f"turn:127.0.0.1:{port}") as url:
        street = Street(url)
        ana, ben = await comes(street, red), await comes(street, firefox)
        await ben.part("hide").check()
        await call(ana, ben)
        for one, other in ((ana, ben), (ben, ana)):
            await says_the_way(one, other, RELAYED)
            assert await ends(one) == ("relay", "relay")
            assert await types_said(one) == {"relay"}
            assert await addresses_said(one) <= {"127.0.0.1", "0.0.0.0"}
        await street.close()


async def test_a_browser_without_calls_says_why_and_writes(red: Browser) -> None:
    async with serving() as url, webkit() as ben:
        await ben.open(url)
        await ben.reads("main", "This browser can’t make video calls (no WebRTC), but text works.")
        assert await ben.run("return document.querySelector('[data-testid=start-video]').disabled") is True
        await ben.click("start-text")
        await ben.click("entry-agree")
        street = Street(url)
        ana = await street.comes(red)
        await ana.start("text")
        await ana.meets()
        await ben.has("[data-screen=chat]")
        await are_sealed(ana)
        await ana.say("hello from Chromium")
        await ben.reads("[data-testid=log]", "hello from Chromium")
        await ben.type("text-input", "hello from WebKit")
        await ben.click("send")
        await ana.reads("hello from WebKit")
        await ben.open(f"{url}/check")
        await ben.reads("[data-testid=says-browser]", "no WebRTC")
        await street.close()
