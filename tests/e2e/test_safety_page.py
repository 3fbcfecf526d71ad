"""Pauses as the page shows them, a panic, a report of the last one, and the file of what was written."""

import re
from pathlib import Path

from playwright.async_api import Browser, Page, expect

from tests.e2e.people import BLOCKED, GUARD_S, Person, Street, met_in_text, turned_away
from tests.e2e.relay import Relay
from tests.e2e.screens_safety import PAUSES, report
from tests.e2e.test_page import problems

# Remembers every track that the browser granted.
WATCH_TRACKS = """
(() => {
  const ask = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices), tracks = [];
  navigator.mediaDevices.getUserMedia = async (wanted) => {
    const stream = await ask(wanted);
    tracks.push(...stream.getTracks());
    return stream;
  };
  window.trackStates = () => tracks.map((track) => track.readyState);
})();
"""


async def test_a_panic_ends_and_releases_everything_and_the_last_one_can_be_reported(
    street: Street, red: Browser, blue: Browser
) -> None:
    async def watch(page: Page) -> None:
        await page.add_init_script(WATCH_TRACKS)

    ana, ben = await street.comes(red, before=watch), await street.comes(blue)
    await ana.start("video")
    await ben.start("video")
    await ana.meets()
    await ben.say("a word of the stranger")
    await ana.reads("a word of the stranger")
    states = await ana.page.evaluate("trackStates()")
    assert states.count("live") == 2, "one camera and one microphone, and not the preview's, too"
    await ana.part("panic").click()
    await ana.is_on("gone")
    assert set(await ana.page.evaluate("trackStates()")) == {"ended"}
    assert await ana.page.evaluate("openCalls()") == 0
    assert "a word of the stranger" not in await ana.page.content()
    assert await ana.page.title() == "OmeFree"
    await ben.sees("partner-banner", "The stranger has left.")
    assert await problems(ana.page) == []
    await ana.part("report-last").click()
    await ana.page.get_by_role("radio").nth(2).check()
    await ana.part("report-send").click()
    await ana.sees("reported")
    await ana.part("stop").click()
    await ana.is_on("landing")


async def test_what_was_written_is_saved_on_the_device_and_nothing_is_sent(street: Street, blind: Browser) -> None:
    ana, ben = await met_in_text(street, blind)
    await ben.say("first\n12:00:00 You: forged")
    await ana.reads("forged")
    await ana.say("stop that")
    asked: list[str] = []
    said: list[str] = []
    ana.page.on("request", lambda request: asked.append(request.url))
    ana.page.on("console", lambda message: said.extend([message.text] if message.type == "error" else []))
    await report(ana.page, 1)
    await ana.sees("reported-minor", "do not save or send pictures")
    name, text = await kept(ana)
    assert re.fullmatch(r"omefree-\d{4}-\d\d-\d\d-\d{4}\.txt", name)
    assert re.search(
        r"^Reported as: Seems to be a minor\n(.*\n)+"
        r"\d\d:\d\d:\d\d Stranger: first\n         \| 12:00:00 You: forged\n\d\d:\d\d:\d\d You: stop that$",
        text,
        re.MULTILINE,
    )
    assert [url for url in asked if not url.startswith("blob:")] == []
    assert said == [], "the policy allows it"


async def kept(person: Person) -> tuple[str, str]:
    """The name and the text of the file that the button saves."""
    async with person.page.expect_download() as saved:
        await person.part("keep").last.click()
    download = await saved.value
    return download.suggested_filename, text_of(await download.path())


def text_of(file: Path) -> str:
    return file.read_text("utf-8")


async def test_a_pause_says_why_and_leaves_open_what_is_open(street: Street, blind: Browser) -> None:
    relay = Relay()
    ana = await street.comes(blind, before=relay.tap, viewport={"width": 360, "height": 640})
    await ana.is_up()
    relay.tell("paused", PAUSES["paused-address"])
    await ana.sees("pause-address", "it may not have been you")
    await ana.sees("pause-until", re.compile(r"Until .*40 more minutes"))
    await expect(ana.part("start-video")).to_be_disabled()
    await expect(ana.part("start-text")).to_be_disabled()
    assert await problems(ana.page) == []
    relay.tell("paused", PAUSES["paused-video"])
    await ana.sees("pause-open", "Text chats stay open.")
    await expect(ana.part("start-video")).to_be_disabled()
    await ana.start("text")
    await ana.is_on("searching")
    relay.tell("paused", PAUSES["frozen"])
    await ana.is_on("landing")
    await expect(ana.part("start-text")).to_be_disabled()
    relay.tell("paused", None)
    await expect(ana.page.get_by_role("alert")).to_contain_text("The server is open again.")
    await expect(ana.part("start-text")).to_be_enabled()
    relay.tell("paused", PAUSES["paused-all"])
    await ana.sees("pause")
    await expect(ana.page.get_by_role("alert")).to_have_count(0)


async def test_a_chat_that_a_closed_server_ends_says_that_it_is_not_about_the_visitor(
    street: Street, blind: Browser
) -> None:
    relay = Relay()
    ana, ben = await street.comes(blind, before=relay.tap), await street.comes(blind)
    await ana.start("text")
    await ben.start("text")
    await ana.meets()
    await ana.part("report").focus()
    relay.tell("ended", await ana.page.locator("main").get_attribute("data-chat"), "moderated")
    relay.tell("paused", PAUSES["frozen"])
    await ana.sees("partner-banner", "has just closed it")
    await expect(ana.part("partner-banner")).to_contain_text("nothing to do with you")


async def test_nobody_is_met_while_the_last_one_is_reported(street: Street, blind: Browser) -> None:
    ana, _ = await met_in_text(street, blind)
    await ana.next()
    await ana.part("report-last").click()
    await ana.sees("report-dialog")
    eve = await street.comes(blind)
    await eve.start("text")
    await ana.page.get_by_role("radio").nth(2).check()
    await ana.part("report-send").click()
    await ana.sees("reported")
    await ana.is_on("landing")
    await eve.is_on("searching")
    await expect(ana.page.locator(".told")).to_be_focused()


async def test_an_address_that_is_kept_out_is_told_so(street: Street, blind: Browser) -> None:
    ana = await street.comes(blind)
    await turned_away(ana.page, BLOCKED)
    await ana.is_on("unreachable")
    await expect(ana.page.locator("h1")).to_have_text("This server doesn’t let your address in", timeout=GUARD_S * 1000)
    await expect(ana.part("pause-legal")).to_be_visible()
    assert await problems(ana.page) == []


async def test_on_a_phone_all_that_a_report_says_leaves_the_buttons_in_sight(
    street: Street, red: Browser, blue: Browser
) -> None:
    ana = await street.comes(red, viewport={"width": 360, "height": 640}, locale="fr-FR")
    ben = await street.comes(blue)
    await ana.start("video")
    await ben.start("video")
    await ana.meets()
    await ana.part("report").click()
    await ana.page.keyboard.press("Escape")
    await expect(ana.part("report-dialog")).to_have_count(0)
    await expect(ana.part("stop")).to_have_text("Arrêter")  # that Esc was the dialog's
    await report(ana.page, 1)
    await ana.sees("reported-minor")
    await expect(ana.part("partner-banner")).to_be_focused()
    for part in ("stop", "next", "text-input"):
        await expect(ana.part(part)).to_be_in_viewport(ratio=1)
    await ana.part("stop").click()
    await expect(ana.part("reported")).to_contain_text("Merci, c’est signalé.")
