"""The rendered pages in a real browser: accessible and whole, without JavaScript, and found from the app."""

from typing import Any

import pytest
from playwright.async_api import Browser, expect

from tests.e2e.people import Person, Street
from tests.e2e.test_page import PHONE, WIDE, problems
from tests.rows import first

PAGES = ["privacy", "terms", "safety", "legal", "status"]


@pytest.mark.parametrize(
    ("size", "scheme", "locale"),
    first(2, [(PHONE, "dark", "fr-FR"), (WIDE, "light", "en-GB"), (PHONE, "light", "en-GB"), (WIDE, "dark", "fr-FR")]),
)
async def test_every_page_is_accessible_and_whole(
    street: Street, blind: Browser, size: dict[str, int], scheme: str, locale: str
) -> None:
    look: dict[str, Any] = {"color_scheme": scheme, "locale": locale, "viewport": size}
    for page in PAGES:
        ana = await street.comes(blind, f"{street.url}/{page}", **look)
        await expect(ana.page.locator("html")).to_have_attribute("lang", locale[:2])
        assert await problems(ana.page) == []
        for proof in await ana.page.locator("summary").all():
            await proof.click()
        assert await problems(ana.page) == []


@pytest.mark.parametrize("page", PAGES)
async def test_without_javascript_it_is_the_same_page(street: Street, blind: Browser, page: str) -> None:
    ana = await street.comes(blind, f"{street.url}/{page}", java_script_enabled=False)
    await expect(ana.page.locator("h1")).to_be_visible()
    await ana.page.locator("header .languages summary").click()
    await ana.page.locator("header [hreflang=fr]").click()
    await expect(ana.page.locator("html")).to_have_attribute("lang", "fr")
    await expect(ana.page.locator("nav [aria-current=page]")).to_be_visible()


async def test_a_link_to_a_proof_opens_it(street: Street, blind: Browser) -> None:
    ana = await street.comes(blind, f"{street.url}/privacy#proof-no-logs")
    await expect(ana.page.locator("#proof-no-logs")).to_be_visible()
    await expect(ana.page.locator("#proof-no-account")).to_be_hidden()


async def test_on_paper_every_proof_is_open(street: Street, blind: Browser) -> None:
    ana = await street.comes(blind, f"{street.url}/privacy")
    await ana.page.emulate_media(media="print")
    await expect(ana.page.locator("#proof-no-logs")).to_be_visible()


async def test_the_app_leads_there_in_its_language_and_nothing_is_refused(street: Street, blind: Browser) -> None:
    ana = await street.comes(blind, locale="fr-FR")
    said: list[str] = []
    ana.page.context.on("console", lambda message: said.append(message.text))
    for name in PAGES:
        async with ana.page.expect_popup() as opened:  # beside the page, which keeps the interests
            await ana.page.locator(f"footer a[href*='{name}']").click()
        page = await opened.value
        await expect(page.locator("html")).to_have_attribute("lang", "fr")
        await expect(page.locator("nav [aria-current=page]")).to_have_attribute("href", f"./{name}?lang=fr")
        await page.locator(".brand").click()
        await Person(page).is_on("landing")
        await expect(page.locator("[data-link=up]")).to_be_attached()  # else its end would be a line of the console
        await page.close()
    assert said == [], "the console is quiet: style and images are let in, every permission has a known name"
