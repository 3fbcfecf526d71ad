"""The colours and the language are right from the first moment, on every page."""

import pytest
from playwright.async_api import Browser, Page, expect

from tests.e2e.people import GUARD_S, Street

DARK, LIGHT = "rgb(20, 22, 30)", "rgb(247, 242, 232)"
COLOUR = "getComputedStyle(document.documentElement).backgroundColor"
# What the browser paints its own bars with.
BARS = """
[...document.querySelectorAll("meta[name=theme-color]")].filter(({ media }) => matchMedia(media).matches)
  .map(({ content }) => content)
"""
DARK_BARS, LIGHT_BARS = ["#14161e"], ["#f7f2e8"]  # the same colours
# What the very first frame has. `requestAnimationFrame` of a script that runs before any other of the page is called
# for that frame; the screen shows nothing of the page before. The page forbids code made of texts, so nothing here is
# looked at again and again from outside: the promise answers.
WATCH = f"""
window.firstColour = new Promise((found) => {{
  requestAnimationFrame(function look() {{
    if (document.body === null || document.styleSheets.length === 0) return requestAnimationFrame(look);
    found({COLOUR});
  }});
}});
"""
PAGES = ["/", "/check", "/privacy", "/terms", "/safety", "/legal", "/status", "/nowhere", "/offline.html"]


@pytest.mark.parametrize(
    ("system", "chosen", "colour", "bars"), [("light", "dark", DARK, DARK_BARS), ("dark", "light", LIGHT, LIGHT_BARS)]
)
async def test_the_chosen_colours_are_there_before_the_first_paint(
    street: Street, blind: Browser, system: str, chosen: str, colour: str, bars: list[str]
) -> None:
    ana = await street.comes(blind, color_scheme=system)
    await ana.part("theme").select_option(chosen)
    assert await ana.page.evaluate(BARS) == bars
    await ana.page.context.add_init_script(WATCH)
    for path in PAGES:
        await ana.page.goto(street.url + path)
        assert await ana.page.evaluate("firstColour") == colour, path
        assert [await ana.page.evaluate(COLOUR), await ana.page.evaluate(BARS)] == [colour, bars], path
    await ana.page.goto(street.url)
    await ana.part("theme").select_option("auto")
    assert await ana.page.evaluate(BARS) != bars


async def test_without_a_choice_the_system_decides(street: Street, blind: Browser) -> None:
    for system, colour, bars in (("dark", DARK, DARK_BARS), ("light", LIGHT, LIGHT_BARS)):
        for path in ("/", "/terms"):
            ana = await street.comes(blind, street.url + path, color_scheme=system)
            assert [await ana.page.evaluate(COLOUR), await ana.page.evaluate(BARS)] == [colour, bars]


async def test_a_garbled_choice_is_none(street: Street, blind: Browser) -> None:
    ana = await street.comes(blind, color_scheme="dark")
    await ana.page.evaluate("localStorage.setItem('omefree.theme', 'x\"><b>')")
    await ana.page.reload()
    await ana.is_on("landing")
    assert await ana.page.evaluate(COLOUR) == DARK


async def test_an_address_that_asks_for_a_language_is_followed_and_not_remembered(
    street: Street, blind: Browser
) -> None:
    ana = await street.comes(blind, f"{street.url}/?lang=fr", locale="en-GB")
    html = ana.page.locator("html")
    await expect(html).to_have_attribute("lang", "fr")
    await expect(ana.page.locator("footer a[href='terms?lang=fr']")).to_be_visible()
    await ana.page.goto(street.url)
    await expect(html).to_have_attribute("lang", "en")
    await ana.page.goto(f"{street.url}/?lang=fr")
    await ana.part("lang").select_option("en")
    await expect(html).to_have_attribute("lang", "en")
    await ana.page.reload()
    await expect(html).to_have_attribute("lang", "en")
    assert ana.page.url == f"{street.url}/"


async def test_the_way_back_from_a_page_of_the_server_keeps_its_language(street: Street, blind: Browser) -> None:
    ana = await street.comes(blind, f"{street.url}/terms?lang=fr", locale="en-GB")
    await ana.page.locator("header .brand").click()
    await ana.is_on("landing")
    await expect(ana.page.locator("html")).to_have_attribute("lang", "fr")
    await ana.page.goto(f"{street.url}/nowhere?lang=fr")
    await ana.page.locator(".button.primary").click()
    await expect(ana.page.locator("html")).to_have_attribute("lang", "fr")


async def test_words_that_cannot_be_had_lead_to_the_page_that_tries_again(street: Street, blind: Browser) -> None:
    async def before(page: Page) -> None:
        await page.route("**/assets/*.json", lambda route: route.abort())

    ana = await street.comes(blind, before=before)
    await expect(ana.page.get_by_role("heading")).to_have_text("There is no connection", timeout=GUARD_S * 1000)
    await ana.page.unroute("**/assets/*.json")
    await ana.is_on("landing")
