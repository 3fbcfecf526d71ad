"""The first screen: what stands above the fold, the field of interests, and the choice of languages."""

from urllib.parse import urlsplit

import pytest
from playwright.async_api import Browser, expect

from omefree.words.catalogue import catalogue
from tests.e2e.people import GUARD_S, Person, Street, TcpProxy

PHONE = {"width": 360, "height": 640}
# Whether what stands in the empty field is whole.
SHOWS_ITS_HINT = """
(field) => {
  const pen = document.createElement("canvas").getContext("2d"), style = getComputedStyle(field);
  pen.font = style.font;
  const room = field.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight);
  return pen.measureText(field.placeholder).width <= room;
}
"""


async def chips(person: Person) -> list[str]:
    return list(await person.part("chip").all_inner_texts())


@pytest.mark.parametrize("locale", catalogue().languages)
async def test_a_small_phone_shows_the_rules_and_then_both_starts_without_scrolling(
    street: Street, blind: Browser, locale: str
) -> None:
    ana = await street.comes(blind, locale=locale, viewport=PHONE)
    await ana.is_on("landing")
    assert await ana.part("interest-input").evaluate(SHOWS_ITS_HINT)
    rules, video, text = [await ana.part(name).bounding_box() for name in ("rules", "start-video", "start-text")]
    assert rules["y"] + rules["height"] <= video["y"]
    assert text["y"] + text["height"] <= PHONE["height"]


async def test_the_enter_that_ends_a_composition_adds_nothing(street: Street, blind: Browser) -> None:
    ana = await street.comes(blind)
    await ana.part("interest-input").focus()
    keyboard = await ana.page.context.new_cdp_session(ana.page)
    await keyboard.send("Input.imeSetComposition", {"text": "パリ", "selectionStart": 2, "selectionEnd": 2})
    await ana.part("interest-input").dispatch_event("keydown", {"key": "Enter", "keyCode": 229, "bubbles": True})
    await keyboard.send("Input.insertText", {"text": "パリ"})
    await expect(ana.part("interest-input")).to_have_value("パリ")
    assert await chips(ana) == []
    await ana.page.keyboard.press("Enter")
    await ana.part("interest-input").fill("バリ、映画、")
    await expect(ana.part("chip")).to_have_count(3)
    assert await chips(ana) == ["パリ", "バリ", "映画"]


async def test_a_break_of_the_link_makes_no_interest_of_half_a_word(street: Street, blind: Browser) -> None:
    link = TcpProxy(urlsplit(street.url).port or 0)
    ana = await street.comes(blind, f"http://localhost:{await link.open()}")
    await ana.part("interest-input").press_sequentially("jaz")
    link.cut()
    await ana.is_on("unreachable")
    link.heal()
    await ana.part("reconnect").click()
    await ana.is_on("landing")
    await expect(ana.part("interest-input")).to_have_value("jaz")
    assert await chips(ana) == []
    await link.close()


async def test_what_stands_in_the_field_counts_when_the_search_starts(street: Street, blind: Browser) -> None:
    ana, ben = await street.comes(blind), await street.comes(blind)
    for person in (ana, ben):
        await person.part("interest-input").press_sequentially("jazz, old maps")
        await person.part("start-text").click()
        await person.part("entry-agree").click()
    await ana.sees("common", "old maps")


async def test_an_interest_that_is_too_long_is_never_cut_in_silence(street: Street, blind: Browser) -> None:
    ana = await street.comes(blind)
    long = "rhubarb" * 8
    await ana.part("interest-input").fill(long)
    await ana.part("start-text").click()
    await expect(ana.part("interest-input")).to_have_value(long)
    await expect(ana.part("interest-input")).to_be_focused()
    await expect(ana.part("interest-input")).to_have_attribute("aria-invalid", "true")
    await expect(ana.page.locator("#interest-hint")).to_contain_text("32")
    assert await ana.part("entry").count() == 0


async def test_two_megabytes_in_the_field_are_only_a_few_letters(street: Street, blind: Browser) -> None:
    ana = await street.comes(blind)
    await ana.part("interest-input").focus()
    await ana.page.evaluate("document.execCommand('insertText', false, 'word '.repeat(400_000))")
    assert len(await ana.part("interest-input").input_value()) < 500


async def test_people_meet_only_in_a_language_that_they_chose(street: Street, blind: Browser) -> None:
    ana, ben, cleo = [await street.comes(blind) for _ in range(3)]
    await ana.part("language-other").select_option("fr")
    await ben.part("language-other").select_option("de")
    await cleo.part("language-other").select_option("fr")
    await expect(ana.part("language-fr")).to_have_attribute("aria-pressed", "true")
    for person in (ana, ben, cleo):
        await person.start("text")
    await ana.meets()
    await cleo.meets()
    await ana.say("bonjour")
    await cleo.reads("bonjour")
    await ben.is_on("searching")


async def test_any_language_takes_the_choice_back(street: Street, blind: Browser) -> None:
    ana = await street.comes(blind)
    await ana.part("language-en").click()
    await expect(ana.part("language-any")).to_have_attribute("aria-pressed", "false")
    await ana.part("language-any").click()
    await expect(ana.part("language-en")).to_have_attribute("aria-pressed", "false")


async def test_the_rules_open_beside_the_page_and_the_interests_stay(street: Street, blind: Browser) -> None:
    ana = await street.comes(blind)
    await ana.part("interest-input").fill("jazz,")
    async with ana.page.context.expect_page(timeout=GUARD_S * 1000) as opened:
        await ana.part("rules").locator("a").click()
    assert "/terms" in (await opened.value).url
    assert await chips(ana) == ["jazz"]
