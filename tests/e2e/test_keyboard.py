"""A whole visit by keys alone: each act leaves the focus where the next one is."""

from playwright.async_api import Browser, expect

from tests.e2e.people import Person, Street

FOCUSED = "document.activeElement?.dataset.testid ?? document.activeElement?.localName"
IN_SIGHT = """
(() => {
  const { left, top, right, bottom } = document.activeElement.getBoundingClientRect();
  return left >= -1 && top >= -1 && right <= innerWidth + 1 && bottom <= innerHeight + 1;
})()
"""
STOPS_MAX = 40  # more than any screen has


async def tabs_to(person: Person, testid: str) -> None:
    """Presses Tab until that part has the focus. Each part on the way is in sight while it has it."""
    passed: list[str] = []
    while (focused := await person.page.evaluate(FOCUSED)) != testid:
        assert len(passed) < STOPS_MAX, f"no way to {testid} by Tab: {passed}"
        passed.append(focused)
        await person.page.keyboard.press("Tab")
        assert await person.page.evaluate(IN_SIGHT), await person.page.evaluate(FOCUSED)


async def test_a_whole_visit_by_keys(street: Street, blind: Browser) -> None:
    ana, ben = await street.comes(blind, viewport={"width": 1280, "height": 800}), await street.comes(blind)
    keys = ana.page.keyboard
    await ana.is_up()
    await tabs_to(ana, "interest-input")
    await keys.type("old maps")
    await keys.press("Enter")
    await expect(ana.part("chip")).to_have_text("old maps")
    await tabs_to(ana, "start-text")
    await keys.press("Enter")
    await expect(ana.part("entry-agree")).to_be_focused()
    await keys.press("Enter")
    await ana.is_on("searching")
    await expect(ana.page.locator("h1")).to_be_focused()
    await ben.start("text", "old maps")
    await ana.meets()
    await expect(ana.part("text-input")).to_be_focused()
    await keys.type("by keys")
    await keys.press("Enter")
    await ben.reads("by keys")
    for button, window in (("lock", "seal-dialog"), ("report", "report-dialog"), ("settings-open", "settings")):
        await tabs_to(ana, button)
        await keys.press("Enter")
        await ana.sees(window)
        assert await ana.part(window).evaluate("(window) => window.contains(document.activeElement)")
        await keys.press("Escape")
        await expect(ana.part(window)).to_have_count(0)
        await expect(ana.part(button)).to_be_focused()
    await tabs_to(ana, "next")
    await ana.is_awake()
    await keys.press("Enter")
    await ana.is_on("searching")
    await expect(ana.page.locator("h1")).to_be_focused()
    await keys.press("Escape")
    await keys.press("Escape")
    await ana.is_on("landing")
    await expect(ana.page.locator("h1")).to_be_focused()
    await expect(ana.part("chip")).to_have_text("old maps")
