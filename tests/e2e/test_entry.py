"""The sheet before the first search: by keyboard, whole on a small phone, and asked once per page."""

from typing import Any

from playwright.async_api import Browser, expect

from tests.e2e.people import Street
from tests.e2e.test_page import problems

SMALL: dict[str, Any] = {"viewport": {"width": 360, "height": 640}, "locale": "fr-FR", "color_scheme": "dark"}


async def test_nobody_searches_before_the_sheet_is_agreed_to(street: Street, blind: Browser) -> None:
    ana = await street.comes(blind, **SMALL)
    keys, start, agree = ana.page.keyboard, ana.part("start-text"), ana.part("entry-agree")
    await start.press("Enter")
    await expect(agree).to_be_focused()
    await expect(agree).to_be_in_viewport(ratio=1)
    await expect(ana.part("entry-later")).to_be_in_viewport(ratio=1)
    assert await problems(ana.page) == []
    await keys.press("Escape")
    await expect(ana.part("entry")).to_have_count(0)
    await expect(start).to_be_focused()
    await ana.is_on("landing")
    await keys.press("Space")
    await expect(agree).to_be_focused()
    await keys.press("Space")
    await ana.is_on("searching")
    await ana.part("stop").click()
    await start.click()
    await ana.is_on("searching")  # asked once per page
    await ana.page.reload()
    await start.click()
    await expect(agree).to_be_visible()


async def test_a_key_that_is_held_down_agrees_to_nothing(street: Street, blind: Browser) -> None:
    ana = await street.comes(blind)
    keys = ana.page.keyboard
    await ana.part("start-text").focus()
    await keys.down("Enter")
    await expect(ana.part("entry-agree")).to_be_focused()
    for _ in range(3):
        await keys.down("Enter")  # repeats
    await keys.up("Enter")
    await expect(ana.part("entry-agree")).to_be_visible()
    await ana.is_on("landing")
