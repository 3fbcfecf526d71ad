"""What the page promises besides the chat: one origin, nothing stored, every screen designed, nobody shut out."""

from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.async_api import Browser, Page, async_playwright, expect

from tests.e2e.people import NO_WEBRTC, Person, Street, launch, of_another_version, serving
from tests.rows import first

AXE = Path(__file__).parents[2] / "web/node_modules/axe-core/axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa", "best-practice"]
PHONE = {"width": 360, "height": 740}
NARROW = {"width": 320, "height": 568}
WIDE = {"width": 1280, "height": 800}
CUT_OFF = """[...document.querySelectorAll("button, input, select, a")].filter((part) => {
  const box = part.getBoundingClientRect();
  return box.width > 1 && (box.left < 0 || box.right > window.innerWidth + 1);
}).map((part) => part.outerHTML)"""


async def problems(page: Page) -> list[str]:
    """What axe finds, and whether the page scrolls sideways."""
    await page.evaluate(AXE.read_text())
    found: dict[str, Any] = await page.evaluate("rules => axe.run(document, {runOnly: rules})", RULES)
    listed = [f"{each['id']}: {each['nodes'][0]['html']}" for each in found["violations"]]
    if await page.evaluate("document.documentElement.scrollWidth > window.innerWidth"):
        listed.append("it scrolls sideways")
    return listed + [f"not whole on the screen: {html}" for html in await page.evaluate(CUT_OFF)]


@pytest.mark.parametrize(
    ("size", "scheme", "locale"),
    first(
        3,
        [
            (PHONE, "dark", "ar-EG"),
            (NARROW, "light", "de-DE"),
            (WIDE, "light", "fr-FR"),
            (PHONE, "light", "en-GB"),
            (WIDE, "dark", "en-GB"),
        ],
    ),
)
async def test_every_screen_is_accessible_and_whole(
    street: Street, blind: Browser, size: dict[str, int], scheme: str, locale: str
) -> None:
    look: dict[str, Any] = {"color_scheme": scheme, "locale": locale, "viewport": size}
    ana, ben = await street.comes(blind, **look), await street.comes(blind, **look)
    await ana.is_on("landing")
    assert await problems(ana.page) == []
    await ana.start("video", "un-intérêt-bien-trop-long-pour-un", "jazz")
    await ana.is_on("device")
    assert await problems(ana.page) == []
    await ana.part("go-without").click()
    await ana.is_on("searching")
    assert await problems(ana.page) == []
    await ben.start("video", "jazz")
    await ben.part("go-without").click()
    await ana.meets()
    await ben.say("x" * 500)
    await ana.reads("x" * 500)
    assert await problems(ana.page) == []
    await ana.part("lock").click()
    await ana.sees("emoji")
    assert await problems(ana.page) == []
    await ana.page.keyboard.press("Escape")
    await ana.part("report").click()
    assert await problems(ana.page) == []
    await ben.part("stop").click()
    await ana.sees("partner-banner")
    await ana.page.keyboard.press("Escape")  # closes the report
    assert await problems(ana.page) == []
    for sheet in ("settings", "keys"):
        await ana.part("settings-open").click()
        if sheet == "keys":
            await ana.part("keys-open").click()
        await ana.sees(sheet)
        assert await problems(ana.page) == []
        await ana.part(f"{sheet}-close").click()


async def test_letters_twice_as_large_fit(street: Street, blind: Browser) -> None:
    """As whoever sees badly sets them in the browser; the longest words are German. The chat: test_stage.py."""
    ana = await street.comes(blind, locale="de-DE", viewport=PHONE)
    await ana.is_up()
    await ana.page.evaluate("document.documentElement.style.fontSize = '200%'")
    assert await problems(ana.page) == []
    for button, window, leaves in (
        ("start-video", "entry", "entry-later"),
        ("start-text", "entry", "entry-later"),
        ("settings-open", "settings", "settings-close"),
    ):
        await ana.part(button).click()
        await ana.sees(window)
        assert await problems(ana.page) == []
        await ana.part(leaves).click()
    await ana.start("video")
    await ana.is_on("device")
    assert await problems(ana.page) == []
    await ana.part("go-without").click()
    await ana.is_on("searching")
    assert await problems(ana.page) == []


async def test_in_arabic_the_page_is_mirrored(street: Street, blind: Browser) -> None:
    """What stands at the beginning of a line is on the right; what strangers write is read its own way."""
    look: dict[str, Any] = {"locale": "ar-EG", "viewport": WIDE}
    ana, ben = await street.comes(blind, **look), await street.comes(blind)
    await expect(ana.page.locator("html")).to_have_attribute("dir", "rtl")
    await ana.start("text")
    await ben.start("text")
    await ana.meets()
    await ana.say("مرحبا")
    await ben.say("hello (there)")
    await ana.reads("hello (there)")
    boxes = [await ana.part(name).bounding_box() for name in ("stop", "next", "send", "text-input")]
    stop, following, send, field = [box["x"] for box in boxes if box is not None]
    assert following < stop
    assert send < field
    mine, theirs = [await ana.part("text").nth(n).bounding_box() for n in (0, 1)]
    assert mine["x"] < theirs["x"]
    way = "(text) => getComputedStyle(text).direction"
    assert [await ana.part("text").nth(n).evaluate(way) for n in (0, 1)] == ["rtl", "ltr"]


async def test_a_whole_visit_asks_one_origin_and_stores_nothing(street: Street, blind: Browser) -> None:
    ana, ben = await street.comes(blind), await street.comes(blind)
    asked: set[str] = set()
    said: list[str] = []
    ana.page.on("request", lambda request: asked.add(urlsplit(request.url).netloc))
    ana.page.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
    await ana.page.reload()
    await ana.start("text", "jazz")
    await ben.start("text", "jazz")
    await ana.meets()
    await ana.say("hello")
    await ben.reads("hello")
    assert asked == {urlsplit(street.url).netloc}
    assert await ana.page.context.cookies() == []
    assert await ana.page.evaluate("[...Object.keys(localStorage), ...Object.keys(sessionStorage)]") == []
    assert said == [], "the console is quiet: no violation of the policy, no error"


async def test_the_language_follows_the_browser_and_can_be_switched(street: Street, blind: Browser) -> None:
    ana = await street.comes(blind, locale="fr-FR")
    await expect(ana.page.locator("html")).to_have_attribute("lang", "fr")
    await ana.part("lang").select_option("en")
    await expect(ana.page.locator("html")).to_have_attribute("lang", "en")
    await ana.page.reload()
    await expect(ana.page.locator("html")).to_have_attribute("lang", "en")


async def test_without_javascript_the_page_says_so(url: str) -> None:
    async with async_playwright() as playwright:
        # Playwright's own switch leaves <noscript> unrendered: the parser has to know.
        browser = await launch(playwright, None, "--blink-settings=scriptEnabled=false")
        page = await browser.new_page()
        await page.goto(url)
        await expect(page.locator("h1")).to_be_visible()
        await expect(page.locator("main")).to_contain_text("JavaScript")
        await browser.close()


async def test_without_webrtc_text_still_works(street: Street, blind: Browser) -> None:
    ana, ben = await street.comes(blind), await street.comes(blind)
    await ana.page.context.add_init_script(NO_WEBRTC)
    await ana.page.reload()
    await expect(ana.part("start-video")).to_be_disabled()
    await ana.start("text")
    await ben.start("text")
    await ana.meets()


async def test_without_https_it_says_that_it_cannot_seal_and_does_not_search(street: Street, blind: Browser) -> None:
    port = urlsplit(street.url).port
    ana = await street.comes(blind, f"http://omefree.test:{port}")
    await ana.sees("no-seal", "https")
    for start in ("start-video", "start-text"):
        await expect(ana.part(start)).to_be_disabled()
    assert await problems(ana.page) == []


async def test_a_full_server_says_that_it_is_full(blind: Browser) -> None:
    async with serving("--max-connections", "1") as url:
        street = Street(url)
        await (await street.comes(blind)).is_up()
        ana = await street.comes(blind)
        await ana.is_on("unreachable")
        await expect(ana.page.locator("main")).to_contain_text("full")
        await street.close()


async def test_who_hides_calls_through_the_relay_alone(red: Browser, blue: Browser) -> None:
    """The two pages are told of TURN, and neither browser may use another way."""
    async with serving("--turn-url", "turn:127.0.0.1:9", "--turn-secret", "a secret") as url:
        street = Street(url)
        ana, ben = await street.comes(red), await street.comes(blue)
        await ana.part("hide").check()
        await ana.start("video")
        await ben.start("video")
        await ana.meets()
        await ben.meets()
        for person in (ana, ben):
            (made,) = await person.page.evaluate("callsMade()")
            assert made["iceTransportPolicy"] == "relay"
            assert any(server["urls"] == ["turn:127.0.0.1:9"] and server["credential"] for server in made["iceServers"])
        await street.close()


async def test_a_server_of_another_version_asks_for_a_reload(street: Street, blind: Browser) -> None:
    ana = await street.comes(blind)
    await of_another_version(ana.page)
    await ana.is_on("outdated")
    await expect(ana.part("reload")).to_be_visible()
    assert await problems(ana.page) == []


async def test_a_server_that_stops_and_comes_back(blind: Browser) -> None:
    async with serving() as url:
        street = Street(url)
        ana = await street.comes(blind)
        await ana.is_up()
    await ana.is_on("unreachable")
    async with serving("--port", str(urlsplit(url).port)):
        await ana.is_on("landing")
        await street.close()


async def test_a_stopping_server_ends_the_chat_and_says_why(blind: Browser) -> None:
    async with serving() as url:
        street = Street(url)
        ana, ben = await street.comes(blind), await street.comes(blind)
        await ana.start("text")
        await ben.start("text")
        await ana.meets()
    await ana.sees("partner-banner")
    await street.close()


async def test_an_unknown_address_gets_a_designed_page(street: Street, blind: Browser) -> None:
    person = await street.comes(blind, street.url + "/nowhere")
    await expect(person.page.locator("h1")).to_be_visible()
    assert await problems(person.page) == []


async def test_a_search_that_insists_can_be_widened(street: Street, blind: Browser) -> None:
    ana, ben = await street.comes(blind), await street.comes(blind)
    await ana.start("text", "volcanoes")
    await ben.start("text", "knitting")
    await ana.part("anyone").click()
    await ben.part("anyone").click()
    await meet(ana, ben)


async def test_a_next_that_is_refused_for_haste_leaves_nobody_behind(blind: Browser) -> None:
    async with serving("--quota-scale", "0.1") as url:
        street = Street(url)
        ana, ben = await street.comes(blind), await street.comes(blind)
        await ana.start("text")
        await ben.start("text")
        await meet(ana, ben)
        await ana.next()
        await ben.sees("partner-banner", "left")
        await ana.sees("searching", "ask again")
        await street.close()


async def meet(*people: Person) -> None:
    for person in people:
        await person.meets()
