"""What a stranger's text does to the page before it is trusted, in a real browser."""

from playwright.async_api import Browser, expect

from tests.e2e.people import Street, met_in_text

TURNED = (
    "abc \u202edef\u2069\u2067 ghi"  # overrides and isolates that it does not close, and closes that it did not open
)

LEFT = """
(bubble, last) => {
  const part = document.createRange();
  part.setStart(bubble.firstChild, 0);
  part.setEnd(bubble.firstChild, last);
  return part.getBoundingClientRect().left;
}
"""


async def test_a_link_is_folded_until_it_is_tapped_and_one_tap_leaves_and_reports(
    street: Street, blind: Browser
) -> None:
    ana, ben = await met_in_text(street, blind)
    await ben.say("look at https://example.com")
    await ana.sees("folded", "A link or contact. Show")
    await expect(ana.part("log")).not_to_contain_text("example")
    await ana.sees("advert", "Looks like advertising")
    await ana.part("folded").focus()
    await ana.page.keyboard.press("Enter")
    await ana.reads("look at https://example.com")
    await expect(ana.part("text")).to_be_focused()
    await expect(ana.part("log").locator("a")).to_have_count(0)
    await ana.part("advert-leave").click()
    await ana.is_on("searching")
    await ben.sees("partner-banner")


async def test_a_text_cannot_turn_what_stands_around_it(street: Street, blind: Browser) -> None:
    ana, ben = await met_in_text(street, blind)
    await ben.say(TURNED)
    await ben.say("straight")
    await ana.reads("straight")
    for way in ("unicodeBidi", "direction"):
        seen = await ana.part("text").evaluate_all(f"all => all.map(each => getComputedStyle(each).{way})")
        assert set(seen) == {"isolate" if way == "unicodeBidi" else "ltr"}
    letter, whole = [await ana.part("text").nth(1).evaluate(LEFT, last) for last in (1, len("straight"))]
    assert letter == whole, "its first letter is its leftmost"
