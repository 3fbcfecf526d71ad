"""What people write and read: the log, the field and odd texts, in a real browser."""

import re
from functools import partial
from typing import Any

from playwright.async_api import Browser, ViewportSize, expect

from omefree.client import Sealed, Visitor
from tests.e2e.people import GUARD_S, Person, Street, met_in_text
from tests.until import until

UPRIGHT: ViewportSize = {"width": 412, "height": 915}
LYING: ViewportSize = {"width": 915, "height": 412}
# Writes and sends so many texts as fast as the page takes them.
WRITE_MANY = """
(count) => {
  const field = document.querySelector("[data-testid=text-input]");
  for (let n = 1; n <= count; n++) {
    field.value = `line ${n}`;
    field.dispatchEvent(new InputEvent("input", { bubbles: true }));
    field.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", bubbles: true, cancelable: true }));
  }
}
"""
FROM_END = "(log) => Math.round(log.scrollHeight - log.scrollTop - log.clientHeight)"
PASTE = """
(field, { text, drop }) => {
  const data = new DataTransfer();
  data.setData("text/plain", text);
  field.focus();
  const type = drop ? "insertFromDrop" : "insertFromPaste";
  const given = { inputType: type, dataTransfer: data, bubbles: true, cancelable: true };
  if (field.dispatchEvent(new InputEvent("beforeinput", given))) document.execCommand("insertText", false, text);
}
"""
# Counts what is added or changed in each live region.
WATCH_LIVE = """
(() => {
  window.livesSaid = [];
  const liveOf = (node) => {
    const element = node.nodeType === 1 ? node : node.parentElement;
    const region = element?.closest("[aria-live], [role=log], [role=status], [role=alert]");
    return region !== null && region?.getAttribute("aria-live") !== "off" ? region : null;
  };
  new MutationObserver((changes) => {
    for (const { target, addedNodes, type } of changes)
      if (liveOf(target) !== null && (type !== "childList" || [...addedNodes].some((node) => node.textContent?.trim())))
        for (const node of type === "childList" ? addedNodes : [target]) window.livesSaid.push(node.textContent.trim());
  }).observe(document, { childList: true, subtree: true, characterData: true });
})();
"""


async def say_many(person: Person, count: int, reader: Person, before: str = "line") -> None:
    for n in range(1, count + 1):
        await person.say(f"{before} {n}")
    await reader.reads(f"{before} {count}")


async def at_end(person: Person) -> bool:
    return bool(await person.part("log").evaluate(FROM_END) <= 1)


async def scroll_to(person: Person, top: int) -> None:
    await person.part("log").evaluate("(log, top) => { log.scrollTop = top; }", top)
    await expect(person.part("to-end")).to_be_visible()


# --- the log


async def test_the_end_of_the_log_stays_in_sight_through_any_change_of_size(street: Street, blind: Browser) -> None:
    ana, ben = await met_in_text(street, blind)
    await ana.page.set_viewport_size(UPRIGHT)
    await say_many(ben, 14, ana)
    keyboard_open: ViewportSize = {"width": 360, "height": 340}
    for size in (LYING, UPRIGHT, keyboard_open, UPRIGHT, LYING):
        await ana.page.set_viewport_size(size)
        await until(partial(at_end, ana), f"the end at {size}")
    await ana.page.evaluate("document.documentElement.style.fontSize = '200%'")
    await until(partial(at_end, ana), "the end in large letters")
    await ana.page.evaluate("document.documentElement.style.fontSize = ''")
    await ana.page.set_viewport_size(UPRIGHT)
    await ben.say("after all that")
    await ana.reads("after all that")
    await until(partial(at_end, ana), "the end after a new text")
    await expect(ana.part("text").last).to_be_in_viewport(ratio=0.5)
    await ben.part("stop").click()
    await ana.sees("partner-banner", "left")
    await until(partial(at_end, ana), "the end beside what is said of it")


async def test_whoever_reads_further_up_is_not_moved_but_told(street: Street, blind: Browser) -> None:
    ana, ben = await met_in_text(street, blind)
    await ana.page.set_viewport_size({"width": 360, "height": 560})
    await say_many(ben, 14, ana)
    await scroll_to(ana, 20)
    await expect(ana.part("to-end")).to_have_attribute("aria-label", "To the newest message")
    await say_many(ben, 2, ana, "fresh")
    await ana.sees("to-end", "2 new messages")
    assert await ana.part("log").evaluate("(log) => log.scrollTop") == 20
    await ana.part("to-end").focus()
    await ana.page.keyboard.press("Enter")
    await until(partial(at_end, ana), "the end")
    await expect(ana.part("to-end")).to_have_count(0)
    await expect(ana.part("log")).to_be_focused()
    await say_many(ben, 1, ana, "followed")
    await until(partial(at_end, ana), "the end")


async def test_an_own_text_is_seen_by_whoever_sends_it(street: Street, blind: Browser) -> None:
    ana, ben = await met_in_text(street, blind)
    await ana.page.set_viewport_size({"width": 360, "height": 560})
    await say_many(ben, 14, ana)
    await scroll_to(ana, 0)
    await ana.say("here I am")
    await expect(ana.part("text").last).to_be_in_viewport(ratio=1)
    await until(partial(at_end, ana), "the end")


async def test_the_page_holds_few_texts_however_many_come(street: Street, blind: Browser) -> None:
    ana, _ = await met_in_text(street, blind)
    await ana.page.set_viewport_size({"width": 360, "height": 640})
    await ana.page.evaluate(WRITE_MANY, 1_000)
    await ana.reads("line 1000")
    await expect(ana.part("text")).to_have_count(300)
    await until(partial(at_end, ana), "the end")
    await scroll_to(ana, 0)
    before = await ana.part("text").first.bounding_box()
    await ana.part("earlier").click()
    await expect(ana.part("text")).to_have_count(600)
    after = await ana.part("text").nth(300).bounding_box()
    assert before is not None and after is not None
    assert abs(after["y"] - before["y"]) < 3, "the place that was read stays"
    await ana.part("to-end").click()
    await expect(ana.part("text")).to_have_count(300)
    await until(partial(at_end, ana), "the end")


async def test_a_time_stands_under_texts_that_belong_together(street: Street, blind: Browser) -> None:
    ana, ben = await met_in_text(street, blind)
    await say_many(ben, 3, ana)
    await ana.say("hello")
    times = ana.part("log").locator("time")
    await expect(times).to_have_count(2)
    await expect(times.first).to_have_text(re.compile(r"^\d{1,2}:\d\d$"))  # before ten, too
    assert re.match(r"\d{4}-\d\d-\d\dT", await times.first.get_attribute("datetime") or "")
    assert re.search(r"\d{4}.*\d\d:\d\d:\d\d", await times.first.get_attribute("title") or "")


async def test_a_screen_reader_is_told_each_text_of_the_partner_once(street: Street, blind: Browser) -> None:
    ana, ben = await met_in_text(street, blind)
    await ana.page.evaluate(WATCH_LIVE)
    await ana.say("mine one")
    await ben.reads("mine one")
    await expect(ana.page.locator("[data-state=delivered]")).to_have_count(1, timeout=GUARD_S * 1000)
    await ben.say("theirs one")
    await ben.say("https://example.com")
    await ana.sees("folded")
    await ana.part("folded").click()
    await ana.reads("https://example.com")
    said = await ana.page.evaluate("livesSaid")
    assert [each for each in said if "mine" in each or "Sent" in each or "Received" in each] == []
    assert [each for each in said if "theirs one" in each] == ["Stranger: theirs one"]
    assert [each for each in said if "link" in each.lower()] == ["Stranger: A link or contact."]
    assert not any("example.com" in each for each in said), "what the visitor opened has the focus instead"


# --- odd texts


async def test_a_text_of_which_nothing_is_seen_says_so(street: Street, blind: Browser) -> None:
    ana, ben = await met_in_text(street, blind)
    unseen = ("\u200b\u2060", "\u3164\u115f", "\u2800\u2800", "\u202e\u2066", "\U000e0041\U000e007f", "\ufe0f\ufe0f")
    for text in unseen:
        await ben.part("text-input").fill(text)
        await expect(ben.part("send")).to_be_disabled()
        await ben.page.keyboard.press("Enter")
    await say_many(ben, 1, ana)
    await expect(ana.part("log").locator("[data-state]")).to_have_count(1)
    await ana.part("stop").click()
    async with Visitor(street.url) as other:  # a partner whose program sends them all the same
        await ana.start("text")
        await other.find()
        async for event in other:
            if isinstance(event, Sealed):
                break
        for text in unseen:
            other.say(text)
        await expect(ana.part("blank")).to_have_count(len(unseen), timeout=GUARD_S * 1000)
        await expect(ana.part("blank").first).to_have_text("(nothing visible)")


async def test_stacked_marks_stay_within_their_own_bubble(street: Street, blind: Browser) -> None:
    ana, ben = await met_in_text(street, blind)
    await ben.say("above")
    await ben.say("Z" + "\u0301\u0489\u20dd" * 1_600)
    await ben.say("below")
    await ana.reads("below")
    bubbles = ana.part("text")
    assert len(await bubbles.nth(1).inner_text()) <= 5
    boxes: list[Any] = [await bubbles.nth(n).bounding_box() for n in range(3)]
    assert boxes[1]["height"] <= boxes[0]["height"] + 2
    assert await bubbles.nth(1).evaluate("(bubble) => getComputedStyle(bubble).overflow") == "clip"


async def test_nothing_that_is_written_becomes_a_part_of_the_page(street: Street, blind: Browser) -> None:
    ana, ben = await met_in_text(street, blind)
    html = '<img src=x onerror="document.title=1"><a href=//x>press</a> &amp; <script>1</script>'
    await ben.say(html)
    await ana.reads("onerror")
    await expect(ana.part("log").locator("img, a, script")).to_have_count(0)
    assert await ana.part("text").inner_text() == html


async def test_a_tower_of_lines_is_folded_and_shown_whole_on_request(street: Street, blind: Browser) -> None:
    ana, ben = await met_in_text(street, blind)
    await ben.part("text-input").fill("\n".join(f"row {n}" for n in range(60)))
    await ben.part("send").click()
    await ana.reads("row 3")
    await expect(ana.part("text")).not_to_contain_text("row 59")
    await ana.part("show-all").click()
    await expect(ana.part("text")).to_contain_text("row 59")
    await expect(ana.part("text")).to_be_focused()


# --- the field


async def test_two_megabytes_are_cut_before_they_are_in_the_field(street: Street, blind: Browser) -> None:
    ana, ben = await met_in_text(street, blind)
    field = ana.part("text-input")
    for drop in (False, True):
        await field.fill("kept ")
        await field.evaluate(PASTE, {"text": "word " * 400_000, "drop": drop})
        assert len(await field.input_value()) == 12_000
        await ana.sees("too-long", re.compile(r"Too long: 1,988,005 characters were left out"))
    await field.press("Enter")
    await ben.reads("kept word word")
    await expect(field).to_have_value("")


async def test_a_real_paste_is_cut(street: Street, blind: Browser) -> None:
    ana, _ = await met_in_text(street, blind)
    await ana.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    await ana.page.evaluate("navigator.clipboard.writeText('word '.repeat(400_000))")
    await ana.part("text-input").focus()
    await ana.page.keyboard.press("Control+V")
    await ana.sees("too-long", "were left out")
    assert len(await ana.part("text-input").input_value()) == 12_000


async def test_what_is_left_is_told_near_the_limit_alone(street: Street, blind: Browser) -> None:
    ana, _ = await met_in_text(street, blind)
    await ana.part("text-input").fill("x" * 11_000)
    await expect(ana.part("too-long")).to_have_count(0)
    await ana.part("text-input").fill("x" * 11_990)
    await ana.sees("too-long", "10 characters left")
    await ana.part("text-input").fill("é" * 6_001)
    await ana.sees("too-long", "1 character too many")
    await expect(ana.part("send")).to_be_disabled()


async def test_the_field_grows_by_lines_and_the_draft_outlives_a_turn(street: Street, blind: Browser) -> None:
    ana, _ = await met_in_text(street, blind)
    await ana.page.set_viewport_size(UPRIGHT)
    field = ana.part("text-input")
    heights = []
    for lines in (1, 3, 40):
        await field.fill("\n".join(["line"] * lines))
        box = await field.bounding_box()
        assert box is not None
        heights.append(box["height"])
    assert heights[0] < heights[1] < heights[2] < 160
    assert await field.evaluate("(field) => getComputedStyle(field).fieldSizing ?? 'fixed'") == "fixed", (
        "no need for it"
    )
    await field.fill("half a sent")
    await ana.page.set_viewport_size(LYING)
    await expect(field).to_have_value("half a sent")
    await expect(field).to_be_focused()


async def test_enter_sends_but_not_in_a_composition_and_not_with_shift(street: Street, blind: Browser) -> None:
    ana, ben = await met_in_text(street, blind)
    field = ana.part("text-input")
    await field.fill("にほん")
    # The Enter that ends a composition: as most browsers tell it, and as Safari does, after its end.
    press = "(it, told) => it.dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', bubbles: true, ...told }))"
    for told in ({"isComposing": True}, {"keyCode": 229}):
        await field.evaluate(press, told)
    await expect(field).to_have_value("にほん")
    await field.press("Shift+Enter")
    await field.press_sequentially("two")
    await field.press("Enter")
    await ben.reads("にほん")
    await expect(ben.part("text")).to_have_text("にほん\ntwo")


async def test_a_composition_with_the_keyboard_of_a_language(street: Street, blind: Browser) -> None:
    ana, ben = await met_in_text(street, blind)
    await ana.part("text-input").focus()
    keys = await ana.page.context.new_cdp_session(ana.page)
    await keys.send("Input.imeSetComposition", {"text": "にほ", "selectionStart": 2, "selectionEnd": 2})
    await keys.send("Input.insertText", {"text": "日本" * 7_000})
    assert len(await ana.part("text-input").input_value()) <= 12_000
    await ana.part("text-input").fill("")
    await keys.send("Input.imeSetComposition", {"text": "にほ", "selectionStart": 2, "selectionEnd": 2})
    await keys.send("Input.insertText", {"text": "日本"})
    await ana.page.keyboard.press("Enter")
    await ben.reads("日本")


async def test_spelling_is_checked_only_if_it_is_wanted(street: Street, blind: Browser) -> None:
    ana, _ = await met_in_text(street, blind)
    for name in ("spellcheck", "writingsuggestions"):
        await expect(ana.part("text-input")).to_have_attribute(name, "false")
    await ana.part("stop").click()
    await ana.part("settings-open").click()
    await ana.part("set-spelling").check()
    await ana.part("settings-close").click()
    ben = await street.comes(blind)
    await ana.start("text")
    await ben.start("text")
    await ana.meets()
    await expect(ana.part("text-input")).to_have_attribute("spellcheck", "true")


async def test_in_forced_colours_a_bubble_has_an_edge(street: Street, blind: Browser) -> None:
    ana = await street.comes(blind, forced_colors="active")
    ben = await street.comes(blind)
    await ana.part("interest-input").fill("edges")
    await ana.part("interest-input").press("Enter")
    width = (
        "(element) => { const { borderTopWidth: w, borderTopColor: c } = getComputedStyle(element); return [w, c]; }"
    )
    assert seen_edge(await ana.part("chip").evaluate(width))
    await ana.start("text")
    await ben.start("text", "edges")
    await ana.meets()
    await ben.say("hello")
    await ana.reads("hello")
    assert seen_edge(await ana.part("text").evaluate(width))


def seen_edge(edge: list[str]) -> bool:
    width, colour = edge
    return width == "1px" and not colour.startswith("rgba(0, 0, 0, 0")
