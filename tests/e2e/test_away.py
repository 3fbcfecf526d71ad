"""Signalling that is away: the call goes on, the page keeps quiet, and whoever comes back learns what happened."""

import asyncio
import re
from collections.abc import AsyncIterator
from functools import partial
from urllib.parse import urlsplit

import pytest_asyncio
from playwright.async_api import Browser, expect

from tests.e2e.people import GUARD_S, Person, Street, TcpProxy, are_sealed, decodes, serving
from tests.until import until

CUT_S = 7  # after 5 s the page would say something, and after the window without a chat the session would be over
WINDOW = ("--resume-window-s", "2")  # without a chat
NOW_S = "performance.now() / 1000"


class Watched:
    """A person whose page is looked at again and again: what it said of the broken link meanwhile."""

    def __init__(self, person: Person) -> None:
        self.person = person
        self.said: set[str] = set()

    async def goes_on_for(self, seconds: float) -> None:
        """By the clock of the page, whatever the machine's speed; the picture moves on till the end."""
        end = await self.person.page.evaluate(NOW_S) + seconds
        await until(partial(self._is_past, end), f"{seconds} s have passed", GUARD_S + seconds)
        await until(partial(self._decodes, await self.person.frames() + 1), "the picture still moves", GUARD_S)

    async def _is_past(self, end: float) -> bool:
        await self._look()
        return bool(await self.person.page.evaluate(NOW_S) > end)

    async def _decodes(self, frames: int) -> bool:
        await self._look()
        return await decodes(self.person, frames)

    async def _look(self) -> None:
        for testid in ("partner-banner", "call-word"):
            part = self.person.part(testid)
            if await part.is_visible():
                self.said.add(await part.inner_text())


@pytest_asyncio.fixture(loop_scope="session")
async def short() -> AsyncIterator[Street]:
    """At a server that gives visitors without a chat little time to come back."""
    async with serving(*WINDOW) as url:
        street = Street(url)
        yield street
        await street.close()


async def test_a_healthy_call_outlives_the_window_without_signalling_in_silence(
    short: Street, red: Browser, blue: Browser
) -> None:
    street = short
    link = TcpProxy(urlsplit(street.url).port or 0)
    ana, ben = await street.comes(red, f"http://localhost:{await link.open()}"), await street.comes(blue)
    for person in (ana, ben):
        await person.start("video")
    await are_sealed(ana, ben)
    for person in (ana, ben):
        await until(partial(decodes, person, 1), "the first frame")
    link.cut()
    await ana.say("written while away")
    watched = [Watched(person) for person in (ana, ben)]
    await asyncio.gather(*(each.goes_on_for(CUT_S) for each in watched))
    assert [each.said for each in watched] == [set(), set()]
    link.heal()
    await ben.say("written meanwhile")
    await ana.reads("written meanwhile")
    await ben.reads("written while away")
    assert sorted(await ben.part("text").all_inner_texts()) == ["written meanwhile", "written while away"]
    for person in (ana, ben):
        assert len(await person.page.evaluate("callsMade()")) == 1
        assert await person.page.evaluate("openCalls()") == 1
    await ben.part("stop").click()
    await ana.sees("partner-banner", re.compile("left", re.IGNORECASE))
    await until(partial(has_no_call, ana), "`ended` closes the call")
    await link.close()


async def has_no_call(person: Person) -> bool:
    return bool(await person.page.evaluate("openCalls()") == 0)


async def test_the_end_of_the_window_closes_a_call_whose_frames_still_flow(red: Browser, blue: Browser) -> None:
    async with serving("--resume-window-chat-s", "2") as url:
        street = Street(url)
        link = TcpProxy(urlsplit(url).port or 0)
        ana, ben = await street.comes(red, f"http://localhost:{await link.open()}"), await street.comes(blue)
        for person in (ana, ben):
            await person.start("video")
        for person in (ana, ben):
            await until(partial(decodes, person, 1), "the first frame")
        link.cut()
        await ben.sees("partner-banner", re.compile("lost", re.IGNORECASE))
        await until(partial(has_no_call, ben), "`ended` closes the call")
        link.heal()
        await ana.page.evaluate("dispatchEvent(new Event('online'))")
        await ana.sees("partner-banner", re.compile("away too long", re.IGNORECASE))
        await until(partial(has_no_call, ana), "so does a session that is gone")
        await street.close()
        await link.close()


async def test_who_was_away_when_the_other_went_on_is_told_and_both_may_meet_again(
    street: Street, blind: Browser
) -> None:
    link = TcpProxy(urlsplit(street.url).port or 0)
    ana, ben = await street.comes(blind, f"http://localhost:{await link.open()}"), await street.comes(blind)
    for person in (ana, ben):
        await person.start("text")
    await are_sealed(ana, ben)
    link.cut()
    await ben.sees("partner-banner", re.compile("connection broke", re.IGNORECASE))
    await ben.next()
    await ben.is_on("searching")
    link.heal()
    await ana.page.evaluate("dispatchEvent(new Event('online'))")
    await ana.sees("partner-banner", "went on to someone else")
    for person in (ana, ben):
        await person.part("again").click()
    for person in (ana, ben):
        await person.meets()
    await are_sealed(ana, ben)
    await ana.say("there you are")
    await ben.reads("there you are")
    await link.close()


async def test_a_page_that_is_shown_or_back_online_reconnects_at_once(street: Street, blind: Browser) -> None:
    """It does not wait for the next attempt, which may be 15 s away."""
    link = TcpProxy(urlsplit(street.url).port or 0)
    ana, ben = await street.comes(blind, f"http://localhost:{await link.open()}"), await street.comes(blind)
    for person in (ana, ben):
        await person.start("text")
    await are_sealed(ana, ben)
    link.cut()
    await ana.sees("partner-banner", re.compile("broke", re.IGNORECASE))
    link.heal()
    await ana.page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    await expect(ana.part("partner-banner")).not_to_be_visible(timeout=GUARD_S * 1000)
    await asyncio.gather(ana.say("here"), ben.say("too"))
    await ben.reads("here")
    await ana.reads("too")
    await link.close()
