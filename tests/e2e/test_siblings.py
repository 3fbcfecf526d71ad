"""Two tabs of one browser never take each other for strangers; the server is told nothing of it."""

from typing import Any

from playwright.async_api import Browser, Page, expect

from tests.e2e.people import GUARD_S, Person, Street, are_sealed

NO_CHANNEL = "delete window.BroadcastChannel;"
DEAF = """
// The other tab's word comes too late: when the chat has begun.
const Real = BroadcastChannel;
window.BroadcastChannel = class extends Real {
  set onmessage(hear) {
    super.onmessage = (event) => {
      const wait = setInterval(() => {
        if (document.querySelector("[data-screen=chat]") === null) return;
        clearInterval(wait);
        hear(event);
      }, 20);
    };
  }
};
"""
# Remembers whether a chat of the page was ever sealed: before that nobody can write, hear or see anything.
WATCH = """
new MutationObserver(() => {
  if (document.querySelector("[data-seal=sealed]") !== null) window.wasSealed = true;
}).observe(document, { childList: true, subtree: true, attributes: true });
"""


async def tabs(street: Street, browser: Browser, script: str = "") -> tuple[Person, Person]:
    """Two of one browser."""

    async def before(page: Page) -> None:
        await page.context.add_init_script(WATCH + script)

    one = await street.comes(browser, before=before)
    page: Any = await one.page.context.new_page()
    await page.goto(street.url)
    two = Person(page)
    for person in (one, two):
        await person.is_up()
    return one, two


async def test_two_tabs_of_one_browser_do_not_meet(street: Street, blind: Browser) -> None:
    one, two = await tabs(street, blind)
    await one.start("text")
    await two.start("text")
    for person in (one, two):
        await person.sees("notice", "That was you, in another tab")
        await person.is_on("searching")
    ben = await street.comes(blind)
    await ben.start("text")
    await ben.meets()
    found = one if await one.page.locator("[data-screen=chat]").count() else two
    other = two if found is one else one
    await found.meets()
    await are_sealed(found, ben)
    await found.say("hello")
    await ben.reads("hello")
    await other.is_on("searching")
    assert await other.page.evaluate("window.wasSealed ?? false") is False


async def test_a_word_that_comes_late_ends_the_chat_with_oneself(street: Street, blind: Browser) -> None:
    one, two = await tabs(street, blind, DEAF)
    await one.start("text")
    await two.start("text")
    for person in (one, two):
        await person.sees("notice", "That was you, in another tab")
        await person.is_on("searching")
        for offer in ("again", "report-last"):
            await expect(person.part(offer)).to_have_count(0)


async def test_without_a_channel_the_tabs_are_strangers_as_before(street: Street, blind: Browser) -> None:
    one, two = await tabs(street, blind, NO_CHANNEL)
    await one.start("text")
    await two.start("text")
    await are_sealed_within(one, two)


async def are_sealed_within(*people: Person) -> None:
    for person in people:
        await expect(person.part("lock")).to_have_attribute("data-seal", "sealed", timeout=GUARD_S * 1000)


async def test_two_browsers_meet_whatever_the_tabs_say(street: Street, blind: Browser) -> None:
    """What a stranger can do is to be recognised as oneself, and so to be skipped."""
    one, _ = await tabs(street, blind)
    ben = await street.comes(blind)
    await one.start("text")
    await ben.start("text")
    await are_sealed_within(one, ben)
