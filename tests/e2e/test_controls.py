"""What a control shows is what is used, whatever way the visitor came to the page; and what one finger can do to it."""

from typing import Any

import pytest
from playwright.async_api import Browser, Page, expect

from tests.e2e.people import Person, Street, serving

CONTROLS = """
() => [...document.querySelectorAll("input, select, textarea")].map((control) =>
  [control.dataset.testid ?? control.id, control.type === "checkbox" ? control.checked : control.value])
"""
LOOK = "[document.documentElement.lang, document.documentElement.dataset.theme]"
TURN = ("--turn-url", "turn:127.0.0.1:9", "--turn-secret", "a secret")


async def differs(person: Person) -> None:
    """Every control shows something else than at first, and half a word stands in the box for interests."""
    boxes = person.page.locator("main input[type=checkbox]")
    for at in range(await boxes.count()):
        await boxes.nth(at).set_checked(not await boxes.nth(at).is_checked())
    await person.part("lang").select_option("fr")
    await person.part("theme").select_option("dark")
    await person.part("settings-open").click()
    for name in ("autoNext", "sounds", "spelling", "saver"):
        await person.part(f"set-{name}").click()
    await person.part("settings-close").click()
    await person.page.evaluate("localStorage.clear()")  # what is kept is told by another test
    await person.part("interest-input").press_sequentially("volca")


async def goes_and_comes_back(page: Page) -> None:
    await page.goto(page.url + "legal")
    await page.go_back()


async def reloads(page: Page) -> None:
    await page.reload()


async def shown(person: Person) -> Any:
    """All that the controls show once the page is there, those of the settings too."""
    await person.is_up()
    await person.part("settings-open").click()
    await expect(person.part("settings")).to_be_visible()
    found = await person.page.evaluate(CONTROLS), await person.page.evaluate(LOOK)
    await person.part("settings-close").click()
    return found


@pytest.mark.parametrize("come", [goes_and_comes_back, reloads])
async def test_controls_show_the_state_of_a_page_that_opens(come: Any, street: Street, red: Browser) -> None:
    ana = await street.comes(red)
    fresh = await shown(ana)
    await differs(ana)
    await come(ana.page)
    assert await shown(ana) == fresh


async def test_hide_is_hidden_and_not_hidden_is_not(red: Browser, blue: Browser) -> None:
    """The worst of it: a ticked "hide my address" with a call that shows it."""
    async with serving(*TURN) as url:
        street = Street(url)
        ana, ben = await street.comes(red), await street.comes(blue)
        await ana.part("hide").check()
        await goes_and_comes_back(ana.page)
        await ana.is_up()
        ticked = await ana.part("hide").is_checked()
        await ana.start("video")
        await ben.start("video")
        await ana.meets()
        (made,) = await ana.page.evaluate("callsMade()")
        assert (made["iceTransportPolicy"] == "relay") is ticked
        await street.close()


async def test_what_is_kept_is_shown_and_used_after_a_reload(street: Street, blind: Browser) -> None:
    ana = await street.comes(blind)
    await ana.part("theme").select_option("dark")
    await ana.part("lang").select_option("fr")
    await expect(ana.page.locator("html")).to_have_attribute("lang", "fr")
    await ana.page.reload()
    await ana.is_up()
    assert await ana.page.evaluate(LOOK) == ["fr", "dark"]
    await expect(ana.part("theme")).to_have_value("dark")
    await expect(ana.part("lang")).to_have_value("fr")


async def test_links_open_beside_the_page_and_keep_the_interests(street: Street, blind: Browser) -> None:
    ana = await street.comes(blind)
    await ana.part("interest-input").fill("volcanoes")
    await ana.part("interest-input").press("Enter")
    links = ana.page.locator("footer a")
    for at in range(await links.count()):
        async with ana.page.expect_popup() as opened:
            await links.nth(at).click()
        page = await opened.value
        await page.wait_for_load_state()
        assert await page.evaluate("window.opener") is None
        await page.close()
    await expect(ana.part("chip")).to_have_text("volcanoes")


async def test_no_box_makes_a_phone_zoom_and_no_pull_reloads(street: Street, blind: Browser) -> None:
    """Safari on iPhones zooms into a box of under 16 px; pulling down in a chat would end it."""
    ana, ben = await street.comes(blind), await street.comes(blind)
    boxes = "[...document.querySelectorAll('input:not([type=checkbox], [type=radio]), select, textarea')]"
    small = f"{boxes}.filter((box) => parseFloat(getComputedStyle(box).fontSize) < 16).map((box) => box.outerHTML)"
    assert await ana.page.evaluate(small) == []
    assert await ana.page.evaluate("getComputedStyle(document.documentElement).overscrollBehaviorY") == "none"
    await ana.start("text")
    await ben.start("text")
    await ana.meets()
    assert await ana.page.evaluate(small) == []
