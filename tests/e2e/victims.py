"""People whose connections a lying relay holds: what they do, and what they are shown."""

from typing import NamedTuple

from playwright.async_api import Browser, Locator, Page, expect

from tests.e2e.people import GUARD_S, Person, Street
from tests.e2e.relay import Relay

LEFT = "The stranger has left."
WORDS = {
    "seal_failed": "couldn’t be made private, so it ended before a word was said",
    "seal_broken": "Something came that the other person’s browser can’t have sealed",
    "seal_gap": "Part of this chat never arrived",
    "seal_media": "The call isn’t the one that the other person’s browser sealed",
    "seal_differs": "The emoji differ, so somebody stands between you two",
}

# Remembers every text of a partner that was ever on the screen.
WATCH_TEXTS = """
(() => {
  const seen = [];
  const look = () => {
    for (const { textContent } of document.querySelectorAll(".text:not(.mine) [data-testid=text]"))
      if (!seen.includes(textContent)) seen.push(textContent);
  };
  new MutationObserver(look).observe(document, { childList: true, subtree: true, characterData: true });
  window.everRead = () => seen;
})();
"""
# Remembers how far each call of the page got.
WATCH_STATES = """
(() => {
  const Real = window.RTCPeerConnection, states = [];
  window.RTCPeerConnection = class extends Real {
    constructor(...args) {
      super(...args);
      this.addEventListener("connectionstatechange", () => states.push(this.connectionState));
    }
  };
  window.callStates = () => states;
})();
"""


class Tapped(NamedTuple):
    """A person whose connection the relay holds."""

    person: Person
    relay: Relay


async def comes(street: Street, browser: Browser, url: str | None = None) -> Tapped:
    relay = Relay()

    async def before(page: Page) -> None:
        await page.clock.install()
        await page.add_init_script(WATCH_TEXTS + WATCH_STATES)
        await relay.tap(page)

    return Tapped(await street.comes(browser, url, before=before), relay)


async def met(mode: str, *people: Person) -> None:
    for person in people:
        await person.start(mode)
    for person in people:
        await person.meets()


async def is_sealed(*people: Person) -> None:
    for person in people:
        await expect(person.part("lock")).to_have_attribute("data-seal", "sealed", timeout=GUARD_S * 1000)


async def has_ended(person: Person, *reasons: str) -> None:
    """With one of the reasons."""
    ends = ", ".join(f"main[data-ended={reason}]" for reason in reasons)
    await expect(person.page.locator(ends)).to_be_visible(timeout=GUARD_S * 1000)


async def is_told(person: Person, fault: str) -> None:
    await has_ended(person, fault)
    await person.sees("partner-banner", WORDS[fault])


async def has_left(person: Person) -> None:
    """The other, as this person sees it."""
    await has_ended(person, "left")
    await person.sees("partner-banner", LEFT)


async def read(person: Person) -> list[str]:
    """The partner's texts that are on the screen."""
    return await person.page.locator(".text:not(.mine) [data-testid=text]").all_inner_texts()


async def ever_read(person: Person) -> list[str]:
    found: list[str] = await person.page.evaluate("everRead()")
    return found


async def names_of_emoji(person: Person) -> list[str]:
    """As the lock's dialog names them; the dialog stays open."""
    await person.part("lock").click()
    await expect(person.page.locator("[data-testid=emoji] b")).to_have_count(4)
    return await person.page.locator("[data-testid=emoji] b").all_inner_texts()


async def meets_the_next(victim: Tapped, next_one: Person, mode: str = "text") -> None:
    """The relay lies no more, and the page is as good as new."""
    person, relay = victim
    relay.honest()
    await person.next()
    await met(mode, next_one)
    await person.is_on("chat")
    await is_sealed(person, next_one)
    await next_one.say("hello, stranger")
    await person.reads("hello, stranger")
    await person.say("hello")
    await next_one.reads("hello")


def delivered(person: Person) -> Locator:
    """The person's own texts that the partner's receipt covers."""
    return person.page.locator(".mine[data-state=delivered]")


async def is_connected(person: Person) -> None:
    await expect(person.page.locator("[data-call=connected]")).to_be_visible(timeout=GUARD_S * 1000)


async def sealed_text(ana: Person, ben: Person) -> None:
    """The two have met; Ben has said a word, and Ana two."""
    await met("text", ana, ben)
    await ben.say("before")
    await ana.reads("before")
    await ana.say("mine")
    await ana.say("mine, too")
    await expect(delivered(ana)).to_have_count(2, timeout=GUARD_S * 1000)
