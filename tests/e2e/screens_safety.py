"""Screenshots of pauses, of a panic and of what follows a report. A relay on the page's connection tells the pauses."""

from collections.abc import Awaitable, Callable
from typing import Any

from playwright.async_api import Browser, Page

from tests.e2e.people import BLOCKED, Person, Street, turned_away
from tests.e2e.relay import Relay

Take = Callable[[Person, str], Awaitable[None]]
PAUSES: dict[str, dict[str, Any]] = {
    "paused-video": {"retry_after_s": 540.0, "reason": "nudity", "open": ["text"], "whose": "visit"},
    "paused-all": {"retry_after_s": 1200.0, "reason": "hate", "open": [], "whose": "visit"},
    "paused-address": {"retry_after_s": 2400.0, "reason": "mixed", "open": [], "whose": "address"},
    "frozen": {"reason": "frozen", "open": [], "whose": "server"},
    "frozen-part": {"retry_after_s": 60.0, "reason": "frozen", "open": ["text"], "whose": "server"},
}


async def safety(street: Street, red: Browser, blind: Browser, take: Take, look: dict[str, Any]) -> None:
    """All of them, in one look."""
    await pauses(street, blind, take, look)
    await panic(street, red, blind, take, look)
    await reported(street, blind, take, look)


async def pauses(street: Street, blind: Browser, take: Take, look: dict[str, Any]) -> None:
    relay = Relay()
    ana = await street.comes(blind, before=relay.tap, **look)
    await ana.is_up()
    for name, pause in PAUSES.items():
        relay.tell("paused", pause)
        await ana.page.locator(f"[data-testid=pause][data-reason={pause['reason']}]").wait_for()
        await ana.page.evaluate("scrollTo(0, 0)")
        await take(ana, name)
    relay.tell("paused", None)
    await ana.page.get_by_role("alert").wait_for()
    await take(ana, "forgiven")
    await turned_away(ana.page, BLOCKED)
    await ana.is_on("unreachable")
    await take(ana, "blocked")


async def panic(street: Street, red: Browser, blind: Browser, take: Take, look: dict[str, Any]) -> None:
    ana, ben = await street.comes(red, **look), await street.comes(red, **look)
    await ana.start("video")
    await ben.start("video")
    await ana.meets()
    await ben.say("Show me")
    await ana.reads("Show me")
    await take(ana, "video-controls")
    await ana.part("panic").click()
    await ana.is_on("gone")
    await take(ana, "gone")
    await ana.part("report-last").click()
    await ana.page.get_by_role("radio").nth(1).check()
    await take(ana, "report-last")
    await ana.part("report-send").click()
    await ana.sees("reported-minor")
    await take(ana, "gone-reported")


async def reported(street: Street, blind: Browser, take: Take, look: dict[str, Any]) -> None:
    ana, ben = await street.comes(blind, **look), await street.comes(blind, **look)
    await ana.start("text", "tea")
    await ben.start("text", "tea")
    await ana.meets()
    await ben.say("Buy my course")
    await ana.reads("Buy my course")
    await ana.next()
    await ana.sees("report-last")
    await take(ana, "searching-after-next")
    eve = await street.comes(blind, **look)  # the two are kept apart for a while
    await eve.start("text", "tea")
    await ana.meets()
    await eve.say("I am 15")
    await ana.reads("I am 15")
    await report(ana.page, 1)
    await ana.sees("reported")
    await take(ana, "reported-minor")


async def report(page: Page, reason: int) -> None:
    """By its number in the dialog."""
    await page.get_by_test_id("report").click()
    await page.get_by_role("radio").nth(reason).check()
    await page.get_by_test_id("report-send").click()
