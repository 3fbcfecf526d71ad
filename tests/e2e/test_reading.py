"""Links, translation and what is kept of a chat, in a real browser."""

import re
from typing import Any

from playwright.async_api import Browser, expect

from tests.e2e.people import Person, Street, met_in_text

# --- links


async def test_a_link_can_be_copied_by_keyboard_and_never_opens(street: Street, blind: Browser) -> None:
    ana, ben = await met_in_text(street, blind)
    await ana.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    await ben.say("see https://exa\u200bmple.com/page and mail@example.org.")
    await ana.part("folded").press("Enter")
    await expect(ana.part("copy-link")).to_have_count(2)
    await ana.part("copy-link").first.focus()
    await ana.page.keyboard.press("Enter")
    await expect(ana.part("copied").first).to_have_text("Copied")
    assert await ana.page.evaluate("navigator.clipboard.readText()") == "https://example.com/page"
    await ana.part("text").click()
    await expect(ana.page.locator("[role=log] a")).to_have_count(0)
    assert len(ana.page.context.pages) == 1


# --- translation

# A translator as Chrome's: it knows Spanish, tells what it fetches, and wants a click before that.
TRANSLATOR = """
(() => {
  window.translated = [];
  window.LanguageDetector = {
    availability: async () => "available",
    create: async () => ({
      detect: async (text) => [{ detectedLanguage: /hola/i.test(text) ? "es" : "en", confidence: 0.9 }],
    }),
  };
  window.Translator = {
    availability: async () => "downloadable",
    create: async ({ sourceLanguage, targetLanguage, monitor }) => {
      if (!navigator.userActivation.isActive) throw new DOMException("no click", "NotAllowedError");
      const model = new EventTarget();
      monitor(model);
      model.dispatchEvent(new ProgressEvent("downloadprogress", { loaded: 0.5, total: 1 }));
      await window.modelFetched;
      const translate = async (text) => {
        window.translated.push([sourceLanguage, targetLanguage, text]);
        return "Hello <b>friend</b>";
      };
      return { translate, destroy() {} };
    },
  };
})();
"""
NO_TRANSLATOR = "delete window.Translator; delete window.LanguageDetector;"


async def met_with(script: str, street: Street, blind: Browser) -> tuple[Person, Person]:
    async def before(page: Any) -> None:
        await page.add_init_script(script)

    ana, ben = await street.comes(blind, before=before), await street.comes(blind)
    await ana.start("text")
    await ben.start("text")
    await ana.meets()
    return ana, ben


async def test_a_text_is_translated_on_request_after_the_page_has_said_what_that_means(
    street: Street, blind: Browser
) -> None:
    ana, ben = await met_with(TRANSLATOR, street, blind)
    await ben.say("hola amigo")
    await ana.sees("translate")
    assert await ana.page.evaluate("translated") == [], "never by itself"
    await ana.part("translate").focus()
    await ana.page.keyboard.press("Enter")
    await ana.sees("translate-consent", "may first download a language pack from its maker")
    await ana.page.keyboard.press("Escape")
    await expect(ana.part("translate-consent")).to_have_count(0)
    assert await ana.page.evaluate("translated") == [], "a no is a no"
    await ana.part("translate").click()
    await ana.page.evaluate("() => { window.modelFetched = new Promise((done) => { window.fetched = done; }); }")
    await ana.part("translate-yes").click()
    await ana.sees("translation", "downloading the language")
    await ana.page.evaluate("fetched()")
    await ana.sees("translation", "Translated from Spanish")
    await expect(ana.part("text")).to_have_text("Hello <b>friend</b>")
    assert await ana.page.evaluate("translated") == [["es", "en", "hola amigo"]]
    await ana.part("original").press("Enter")
    await expect(ana.part("text")).to_have_text("hola amigo")
    await ana.part("original").press("Enter")
    await expect(ana.part("text")).to_have_text("Hello <b>friend</b>")
    await ben.say("hola otra vez")
    await ana.part("translate").last.click()
    await expect(ana.part("translation")).to_have_count(2)
    await expect(ana.part("translate-consent")).to_have_count(0)


async def test_a_text_in_the_language_of_the_page_is_left_as_it_is(street: Street, blind: Browser) -> None:
    ana, ben = await met_with(TRANSLATOR, street, blind)
    await ben.say("good evening")
    await ana.part("translate").click()
    await ana.part("translate-yes").click()
    await ana.sees("translation", "in the language of this page already")
    await expect(ana.part("text")).to_have_text("good evening")


async def test_nothing_is_offered_that_the_browser_cannot_do(street: Street, blind: Browser) -> None:
    ana, ben = await met_with(NO_TRANSLATOR, street, blind)
    await ben.say("hola amigo")
    await ana.reads("hola amigo")
    await expect(ana.part("translate")).to_have_count(0)


# --- keeping


async def test_what_was_written_can_be_kept_during_and_after_a_chat(street: Street, blind: Browser) -> None:
    ana, ben = await met_in_text(street, blind)
    await ben.say("hello from here")
    await ana.say("and from here")
    await ben.reads("and from here")
    for over in (False, True):
        if over:
            await ben.part("stop").click()
            await ana.sees("partner-banner", "left")
        await expect(ana.part("keep")).to_have_count(1)
        async with ana.page.expect_download() as saved:
            await ana.part("keep").click()
        text = (await (await saved.value).path()).read_text("utf-8")
        assert re.search(r"\d\d:\d\d:\d\d Stranger: hello from here\n\d\d:\d\d:\d\d You: and from here\n", text)
