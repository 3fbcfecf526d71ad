"""From one stranger to the next, and out: Next, Esc, keys, auto-next, openers, reactions, a hidden page."""

from __future__ import annotations

import asyncio
import re
from functools import partial
from typing import Any

import pytest
from playwright.async_api import Browser, Page, expect

from omefree.client import Heard, Sealed, Text, Visitor
from omefree.seal.content import Reaction
from tests.e2e.people import GUARD_S, Person, Street, are_sealed, met_in_text, serving
from tests.until import until

# A tab that another one covers: Playwright's pages are always in front, so the page is told.
IN_SIGHT = """(shown) => {
  Object.defineProperty(document, "hidden", { configurable: true, get: () => !shown });
  Object.defineProperty(document, "visibilityState", { configurable: true, get: () => (shown ? "visible" : "hidden") });
  document.dispatchEvent(new Event("visibilitychange"));
}"""
# Counts what the page gives to the loudspeaker. The sound itself is the browser's.
COUNT_NOTES = """
window.notes = 0;
const start = OscillatorNode.prototype.start;
OscillatorNode.prototype.start = function (...args) { window.notes++; return start.apply(this, args); };
"""
ICON = """() => document.querySelector('link[rel="icon"][type="image/svg+xml"]').getAttribute("href")"""
# Sends the keys of a composition as Chromium, and as Safari does (a 229 that is no longer composing).
COMPOSE = """([key, more]) => document.activeElement.dispatchEvent(
  new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true, ...more }))"""


async def in_sight(person: Person, shown: bool) -> None:
    await person.page.evaluate(IN_SIGHT, shown)


async def chat_of(person: Person) -> str | None:
    main = person.page.locator("main[data-chat]")
    return await main.get_attribute("data-chat") if await main.count() else None


# The second press of a quick hand: at once when the next chat is there, and 140 ms later. It is made in the page,
# so that a slow machine does not make it a late one.
SECOND_PRESS = """(first) => {
  window.pressed = 0;
  const press = (since) => {
    if (Date.now() - since > 900) return;
    document.querySelector("[data-testid=next]").click();
    window.pressed++;
  };
  const watch = new MutationObserver(() => {
    const main = document.querySelector("main[data-chat]");
    if (main === null || main.dataset.chat === first) return;
    watch.disconnect();
    const since = Date.now();
    press(since);
    setTimeout(() => { press(since); window.isDone = true; }, 140);
  });
  watch.observe(document.body, { subtree: true, childList: true, attributes: true });
}"""


@pytest.mark.parametrize("press", ["mouse", "Enter", "Space"])
async def test_a_double_press_of_next_skips_nobody_unseen(street: Street, blind: Browser, press: str) -> None:
    ana, ben = await met_in_text(street, blind)
    eve = await street.comes(blind)
    await eve.start("text")
    await eve.is_on("searching")
    await ana.is_awake()
    first = await chat_of(ana)
    await ana.page.evaluate(SECOND_PRESS, first)
    if press == "mouse":
        await ana.part("next").click()
    else:
        await ana.part("next").focus()
        await ana.page.keyboard.press(press)
    await eve.meets()
    await until(partial(is_done, ana), "the second press was made")
    second = await chat_of(ana)
    assert await ana.page.evaluate("pressed") >= 1
    await are_sealed(ana, eve)
    await eve.say("you saw me")
    await ana.reads("you saw me")
    assert await chat_of(ana) == second != first
    await ben.sees("partner-banner", "went on")


async def is_done(person: Person) -> bool:
    return bool(await person.page.evaluate("window.isDone === true"))


async def test_a_key_that_is_held_down_presses_next_once(street: Street, blind: Browser) -> None:
    ana, ben = await met_in_text(street, blind)
    await ana.is_awake()
    await ana.part("next").focus()
    for _ in range(3):  # Playwright's second `down` of a key is a repeat
        await ana.page.keyboard.down("Enter")
    await ana.page.keyboard.up("Enter")
    await ana.is_on("searching")
    await ben.next()
    await ben.is_on("searching")
    await expect(ana.part("waited")).to_be_visible()


@pytest.mark.parametrize("times", [2, 3, 6])
async def test_esc_once_asks_and_twice_stops_and_more_meet_nobody(street: Street, blind: Browser, times: int) -> None:
    ana, ben = await met_in_text(street, blind)
    await ben.say("a word of the stranger")
    await ana.reads("a word of the stranger")
    await ana.page.keyboard.press("Escape")
    await expect(ana.part("stop")).to_contain_text("Really?")
    await ana.is_on("chat")
    for _ in range(times - 1):
        await ana.page.keyboard.press("Escape")
    await ana.is_on("landing")
    await ben.sees("partner-banner", "The stranger has left.")
    await ben.next()
    await ben.is_on("searching")
    await expect(ben.part("waited")).to_be_visible()
    await ana.is_on("landing")
    assert "a word of the stranger" not in await ana.page.content()


async def test_esc_twice_turns_everything_off_and_closes_the_call(street: Street, red: Browser, blue: Browser) -> None:
    ana, ben = await street.comes(red), await street.comes(blue)
    await ana.page.evaluate("""() => {
      const real = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices), all = [];
      navigator.mediaDevices.getUserMedia = async (wanted) => {
        const stream = await real(wanted);
        all.push(...stream.getTracks());
        return stream;
      };
      window.trackStates = () => all.map((track) => track.readyState);
    }""")
    await ana.start("video")
    await ben.start("video")
    await ana.meets()
    await are_sealed(ana, ben)
    await ana.page.keyboard.press("Escape")
    await ana.page.keyboard.press("Escape")
    await ana.is_on("landing")
    assert set(await ana.page.evaluate("trackStates()")) == {"ended"}
    assert await ana.page.evaluate("openCalls()") == 0


async def test_esc_in_a_search_asks_and_stops(street: Street, blind: Browser) -> None:
    ana = await street.comes(blind)
    await ana.start("text", "volcanoes")
    await ana.is_on("searching")
    await ana.page.keyboard.press("Escape")
    await expect(ana.part("stop")).to_contain_text("Really?")
    await ana.is_on("searching")
    await ana.page.keyboard.press("Escape")
    await ana.is_on("landing")


async def test_a_composition_keeps_its_keys(street: Street, blind: Browser) -> None:
    """Esc, Enter and letters of an input method are not ours (isComposing, and 229 of Safari)."""
    ana, ben = await met_in_text(street, blind)
    await ana.part("text-input").fill("にほん")
    ways: list[dict[str, Any]] = [{"isComposing": True, "keyCode": 229}, {"keyCode": 229}]
    for more in ways:
        for key in ("Escape", "Escape", "Enter", "Process", "n", "n"):
            await ana.page.evaluate(COMPOSE, [key, more])
    await expect(ana.part("stop")).to_contain_text("Stop")
    await expect(ana.part("text-input")).to_have_value("にほん")
    await ana.part("text-input").press("Enter")
    await ben.reads("にほん")


async def test_single_keys_act_ask_and_can_be_switched_off(street: Street, blind: Browser) -> None:
    ana, ben = await met_in_text(street, blind)
    await ana.is_awake()
    await ana.part("text-input").fill("")
    await ana.part("text-input").type("nn?rv")  # where it is written it is a letter
    await expect(ana.part("text-input")).to_have_value("nn?rv")
    await ana.part("log").focus()
    for stray in ("Control+n", "Alt+n", "Control+r"):
        await ana.page.evaluate(
            COMPOSE, [stray[-1], {"ctrlKey": stray.startswith("C"), "altKey": stray.startswith("A")}]
        )
    await expect(ana.part("next")).to_contain_text("Next")
    await ana.page.keyboard.press("?")
    await ana.sees("keys", "opens the report")
    await ana.page.keyboard.press("n")
    await ana.page.keyboard.press("n")  # not behind a window
    await ana.part("keys-close").click()
    await ana.is_on("chat")
    await ana.part("log").focus()
    await ana.page.keyboard.press("r")
    await ana.sees("report-dialog")
    await ana.page.keyboard.press("Escape")
    await ana.part("settings-open").click()
    await ana.part("set-shortcuts").uncheck()
    await ana.part("settings-close").click()
    await expect(ana.part("settings-open")).to_be_focused()
    for key in ("n", "n", "?", "r"):
        await ana.page.keyboard.press(key)
    await expect(ana.part("next")).to_contain_text("Next")
    await expect(ana.page.locator("dialog[open]")).to_have_count(0)
    await ana.part("settings-open").click()
    await ana.part("set-shortcuts").check()
    await ana.part("settings-close").click()
    await ana.page.keyboard.press("n")
    await expect(ana.part("next")).to_contain_text("Really?")
    await ana.page.keyboard.press("n")
    await ben.sees("partner-banner", re.compile("went on"))


async def wants_auto_next(person: Person) -> None:
    await person.part("settings-open").click()
    await person.part("set-autoNext").check()
    await person.part("settings-close").click()


async def with_a_clock(page: Page) -> None:
    """A test can let time pass on this page."""
    await page.clock.install()


async def test_auto_next_goes_on_by_itself_and_rests_in_a_hidden_tab(street: Street, blind: Browser) -> None:
    ana, ben = await street.comes(blind, before=with_a_clock), await street.comes(blind)
    await wants_auto_next(ana)
    for person in (ana, ben):
        await person.start("text")
    await are_sealed(ana, ben)
    await in_sight(ana, False)
    await ben.part("stop").click()
    await ana.sees("partner-banner", "The stranger has left.")
    await expect(ana.part("auto")).to_contain_text("in 5 s")
    await ana.page.clock.fast_forward(7_000)  # no more, or the page would miss the server's heartbeat
    eve = await street.comes(blind)
    await eve.start("text")
    await expect(ana.part("auto")).to_contain_text("in 5 s")
    await eve.is_on("searching")
    await in_sight(ana, True)
    await eve.meets()
    await ana.meets()


async def test_auto_next_can_be_stopped_and_waits_for_no_window(street: Street, blind: Browser) -> None:
    ana, ben = await street.comes(blind), await street.comes(blind)
    await wants_auto_next(ana)
    for person in (ana, ben):
        await person.start("text")
    await are_sealed(ana, ben)
    await ben.part("stop").click()
    await ana.part("auto-stay").click()
    await expect(ana.part("auto")).to_have_count(0)
    await expect(ana.part("partner-banner")).to_be_focused()
    await ana.next()
    eve = await street.comes(blind)
    await eve.start("text")
    await are_sealed(ana, eve)
    await ana.part("report").click()  # looks at the report when the other leaves
    await eve.part("stop").click()
    await ana.sees("partner-banner", "The stranger has left.")
    await expect(ana.part("auto")).to_have_count(0)
    await ana.page.keyboard.press("Escape")
    await expect(ana.part("text-input")).to_have_attribute("placeholder", "This chat is over")
    await ana.is_on("chat")


async def test_an_opener_is_sent_by_one_tap_and_then_they_are_gone(street: Street, blind: Browser) -> None:
    ana, ben = await street.comes(blind, locale="fr-FR"), await street.comes(blind)
    for person in (ana, ben):
        await person.start("text")
    await are_sealed(ana, ben)
    openers = ana.part("opener")
    await expect(openers).to_have_count(3)
    before = await openers.all_inner_texts()
    await ana.part("openers-more").click()
    after = await openers.all_inner_texts()
    assert set(before).isdisjoint(after)
    assert await ben.part("log").inner_text() == "", "nothing is sent by itself"
    await openers.nth(1).click()
    await ben.reads(after[1])
    for person in (ana, ben):
        await expect(person.part("openers")).to_have_count(0)
    await expect(ana.part("text-input")).to_be_focused()


async def test_reactions_float_on_both_sides_and_are_said_once(street: Street, blind: Browser) -> None:
    ana, ben = await met_in_text(street, blind)
    await ana.part("react").click()
    await ana.part("react-3").click()
    for person, mine in ((ana, True), (ben, False)):
        sign = person.part("reactions").locator("[data-sign='3']")
        await expect(sign).to_have_count(1, timeout=GUARD_S * 1000)
        assert ("mine" in (await sign.get_attribute("class") or "")) is mine
    await expect(ben.part("reaction-said")).to_have_text("The stranger sends applause")
    await expect(ana.part("reaction-said")).to_have_text("")
    await ana.page.keyboard.press("Escape")
    await expect(ana.part("react-3")).to_have_count(0)
    await expect(ana.part("stop")).to_contain_text("Stop")  # that Esc was the row's
    await expect(ben.part("reactions").locator("span")).to_have_count(0, timeout=GUARD_S * 1000)


async def test_a_program_reacts_and_its_flood_shows_two(street: Street, blind: Browser) -> None:
    ana = await street.comes(blind)
    await ana.start("text")
    async with Visitor(street.url) as visitor:
        await visitor.find()
        await awaits(visitor, Sealed)
        for n in range(40):
            visitor.send(Reaction(n % 6))
        visitor.say("that was all")
        await ana.reads("that was all")
        await expect(ana.part("reactions").locator("[data-sign='0']")).to_have_count(1)
        assert await ana.part("reactions").locator("span").count() <= 8  # two a second, for four seconds
        await ana.part("react").click()
        await ana.part("react-5").click()
        heard = await awaits(visitor, Heard)
        while not isinstance(heard.content, Reaction):
            heard = await awaits(visitor, Heard)
        assert heard.content == Reaction(5)
        await ana.say("seen")
        assert (await awaits(visitor, Text)).text == "seen"


async def awaits(visitor: Visitor, kind: type[Any]) -> Any:
    async with asyncio.timeout(GUARD_S):
        while not isinstance(event := await visitor.next_event(), kind):
            pass
    return event


async def test_a_hidden_page_counts_marks_its_icon_and_rings_once_it_was_touched(
    street: Street, blind: Browser
) -> None:
    async def counts(page: Page) -> None:
        await page.add_init_script(COUNT_NOTES)

    ana, ben = await street.comes(blind, before=counts), await street.comes(blind)
    await ana.start("text")
    await in_sight(ana, False)
    await ben.start("text")
    await ana.meets()
    await expect(ana.page).to_have_title(re.compile(r"^\(1\) "))
    assert await ana.page.evaluate("notes") == 2
    await are_sealed(ana, ben)
    await ben.say("hello")
    await expect(ana.page).to_have_title(re.compile(r"^\(2\) "))
    assert await ana.page.evaluate(ICON) == "favicon-news.svg"
    icon = await ana.page.request.get(f"{street.url}/favicon-news.svg")
    assert (icon.status, icon.headers["content-type"].split(";")[0]) == (200, "image/svg+xml")
    await in_sight(ana, True)
    await expect(ana.page).to_have_title(re.compile("^In a chat"))
    assert await ana.page.evaluate(ICON) == "favicon.svg"
    rung = await ana.page.evaluate("notes")
    await ben.say("in sight")
    await ana.reads("in sight")
    assert await ana.page.evaluate("notes") == rung, "no sound while somebody looks"
    await ana.part("settings-open").click()
    await ana.part("set-badge").uncheck()
    await ana.part("set-sounds").uncheck()
    await ana.part("settings-close").click()
    await in_sight(ana, False)
    await ben.part("stop").click()
    await ana.sees("partner-banner")
    await expect(ana.page).to_have_title(re.compile("^In a chat"))
    assert [await ana.page.evaluate("notes"), await ana.page.evaluate(ICON)] == [rung, "favicon.svg"]


async def test_who_waits_alone_is_told_so_and_no_number(blind: Browser) -> None:
    async with serving() as url:
        street = Street(url)
        ana = await street.comes(blind)
        await ana.is_up()
        await expect(ana.part("online")).to_have_count(0)
        await ana.start("text", "volcanoes")
        await expect(ana.part("widens")).to_contain_text("anyone will do")
        await expect(ana.page.locator("h1")).to_have_text("You’re the first one here", timeout=GUARD_S * 1000)
        await expect(ana.page.locator("main")).not_to_contain_text("1 person")
        ben = await street.comes(blind)
        await ben.is_up()
        await expect(ana.part("crowd")).to_contain_text("Few people", timeout=GUARD_S * 1000)
        await expect(ana.page.locator("h1")).to_have_text("Looking for someone…")
        await street.close()
