"""A page translator changes every text on the screen, and the page still tells the truth, in the visitor's language."""

import re
from functools import partial

import pytest
from playwright.async_api import Browser, Page, expect

from tests.e2e.people import GUARD_S, Person, Street, are_sealed
from tests.rows import first
from tests.until import until

# What the translators of Chrome, Edge and many extensions do: each text node makes way for two nested <font>, also
# those that come later. The other language of this one is capital letters.
TRANSLATOR = """
(swap) => {
  const wrap = (text) => {
    const outer = document.createElement("font"), inner = document.createElement("font");
    outer.style.verticalAlign = inner.style.verticalAlign = "inherit";
    inner.append(text.data.toUpperCase());
    outer.append(inner);
    return outer;
  };
  const put = {
    replace: (text) => text.replaceWith(wrap(text)),
    insert: (text) => {
      text.before(wrap(text));
      text.remove();
    },
    remove: (text) => {
      const { parentNode, nextSibling } = text, outer = wrap(text);
      parentNode.replaceChild(outer, text);
    },
  }[swap];
  const translate = () => {
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT), found = [];
    for (let node = walker.nextNode(); node !== null; node = walker.nextNode())
      if (node.data.trim() !== "" && !node.parentElement.closest("font, script, style, textarea")) found.push(node);
    found.forEach(put);
  };
  let planned = false;
  new MutationObserver(() => {
    if (planned) return;
    planned = true;
    setTimeout(() => {
      planned = false;
      translate();
    }, 20);
  }).observe(document.body, { childList: true, subtree: true, characterData: true });
  translate();
}
"""
SMALL = """
() => {
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT), found = [];
  for (let node = walker.nextNode(); node !== null; node = walker.nextNode())
    if (node.data !== node.data.toUpperCase() && !node.parentElement.closest("script, style, noscript"))
      found.push(node.data);
  return found;
}
"""


class Reader(Person):
    """Somebody whose browser translates the page."""

    def __init__(self, page: Page) -> None:
        super().__init__(page)
        self.errors: list[str] = []
        page.on("pageerror", lambda error: self.errors.append(str(error)))

    async def is_shown(self, testid: str, text: str) -> None:
        shown = re.compile(re.escape(text.upper())) if text else ""
        await expect(self.part(testid)).to_have_text(shown, timeout=GUARD_S * 1000)

    async def is_all_translated(self) -> None:
        await until(self._has_only_capitals, "every text on the screen is translated")

    async def _has_only_capitals(self) -> bool:
        return not await self.page.evaluate(SMALL)


async def translated(street: Street, browser: Browser, swap: str = "replace") -> Reader:
    reader = Reader((await street.comes(browser)).page)
    await reader.is_up()
    await reader.page.evaluate(TRANSLATOR, swap)
    await reader.is_all_translated()
    return reader


@pytest.mark.parametrize("swap", first(1, ["replace", "insert", "remove"]))
async def test_a_whole_chat_in_a_translated_page(swap: str, street: Street, blind: Browser, red: Browser) -> None:
    ana, ben = await translated(street, blind, swap), await street.comes(red)
    await ana.start("text")
    await ana.is_on("searching")
    await ana.is_all_translated()
    await until(partial(has_counted_to, ana, 2), "the clock of the search goes on")
    await ben.start("text")
    await ana.meets()
    await are_sealed(ana)
    await ana.is_shown("lock", "Private")
    await ana.say("hello")
    await expect(ana.page.locator(".mine small")).to_have_text(re.compile("RECEIVED"), timeout=GUARD_S * 1000)
    await ben.say("and hello to you")
    await ana.is_shown("log", "and hello to you")
    await types_twice(ben, ana)
    await is_asked_and_asked_again(ana)
    await ben.part("step-1").click()
    await ana.is_shown("step-ask", "sound")
    await ana.part("step-no").click()
    await expect(ana.part("step-ask")).to_have_count(0)
    await ana.is_all_translated()
    await looks_at_the_seal_and_the_report(ana)
    await ben.part("stop").click()
    await ana.is_shown("partner-banner", "The stranger has left.")
    await ana.next()
    await ana.is_on("searching")
    await ben.start("text")
    await ana.part("stop").click()
    await ana.is_on("landing")
    await ana.is_all_translated()
    assert ana.errors == []


async def has_counted_to(reader: Person, seconds: int) -> bool:
    shown = await reader.part("searching").locator(".clock").inner_text()
    found = re.match(r"(\d+) SECOND", shown)
    return found is not None and int(found[1]) >= seconds


async def types_twice(writer: Person, reader: Reader) -> None:
    """The line "is typing" comes, goes with the text, and comes again."""
    for text in ("one", "two"):
        await writer.part("text-input").press_sequentially(text)
        await reader.is_shown("typing", "typing")
        await writer.part("text-input").press("Enter")
        await reader.is_shown("typing", "")


async def is_asked_and_asked_again(reader: Reader) -> None:
    await reader.page.locator("h1").focus()
    for _ in range(2):
        await reader.is_shown("stop", "Stop")
        await reader.page.keyboard.press("Escape")
        await reader.is_shown("stop", "Really?")
    await reader.is_shown("stop", "Stop")


async def looks_at_the_seal_and_the_report(reader: Reader) -> None:
    for button, dialog in (("lock", "seal-dialog"), ("report", "report-dialog")):
        await reader.part(button).click()
        await reader.sees(dialog)
        await reader.is_all_translated()
        await reader.page.keyboard.press("Escape")


async def test_another_language_reaches_every_text(street: Street, blind: Browser) -> None:
    reader = await translated(street, blind)
    await reader.part("lang").select_option("fr")
    await expect(reader.page.locator("h1")).to_have_text(re.compile("RENCONTRE"), timeout=GUARD_S * 1000)
    await reader.is_all_translated()
    shown = await reader.page.locator("main").inner_text()
    assert "INTERESTS" not in shown
    assert reader.errors == []


async def test_a_picture_that_comes_and_goes(street: Street, red: Browser, blue: Browser) -> None:
    ana, ben = await translated(street, red), await street.comes(blue)
    await ana.start("video")
    await ben.start("video")
    await ana.meets()
    await are_sealed(ana)
    await ana.is_shown("lock", "Private")
    await expect(ana.page.locator("[data-call=connected]")).to_be_visible(timeout=GUARD_S * 1000)
    for word in ("camera is off", "", "camera is off"):
        await ben.part("cam").click()
        await ana.is_shown("call-word", word)
    assert ana.errors == []
