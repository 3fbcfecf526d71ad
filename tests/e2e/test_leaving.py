"""Back, reload and the browser's cache: the page asks before a chat is lost, and tells the true reason afterwards."""

import re
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path

import pytest_asyncio
from playwright.async_api import Browser, Dialog, Error, Page, async_playwright, expect

from tests.e2e.people import (
    CAMERA,
    CHROMIUM,
    FLAGS,
    GUARD_S,
    RED,
    Person,
    Street,
    are_sealed,
    met_in_text,
    write_camera,
)
from tests.until import until

ELSEWHERE = "/legal"
# A page that the browser has kept can do without a reload what no other can: remember.
MARK = "window.remembered = true"


async def goes_elsewhere(person: Person) -> None:
    await person.page.evaluate(f"location.href = '{ELSEWHERE}'")
    await person.page.wait_for_url(f"**{ELSEWHERE}")


async def presses_back(person: Person) -> None:
    """As the button does, which waits for nothing."""
    await person.page.evaluate("history.back()")


# --- Back within the page


async def test_back_in_a_chat_asks_and_leads_to_the_first_screen(street: Street, blind: Browser) -> None:
    ana, ben = await met_in_text(street, blind)
    await presses_back(ana)
    await ana.sees("leaving")
    await ana.part("leaving-stay").click()
    await ben.say("still there?")
    await ana.reads("still there?")
    await presses_back(ana)
    await ana.part("leaving-go").click()
    await ana.is_on("landing")
    await ben.sees("partner-banner", "left")


async def test_escape_in_the_question_stays(street: Street, blind: Browser) -> None:
    ana, ben = await met_in_text(street, blind)
    for _ in range(2):
        await presses_back(ana)
        await ana.sees("leaving")
        await ana.page.keyboard.press("Escape")
        await expect(ana.part("leaving")).to_be_hidden()
    await ben.say("hello")
    await ana.reads("hello")


async def test_a_chat_that_ends_asks_no_more(street: Street, blind: Browser) -> None:
    ana, ben = await met_in_text(street, blind)
    await presses_back(ana)
    await ana.sees("leaving")
    await ben.part("stop").click()
    await ana.sees("partner-banner", "left")
    await expect(ana.part("leaving")).to_be_hidden()
    await presses_back(ana)
    await ana.is_on("landing")


async def test_back_in_a_search_ends_it_and_keeps_the_interests(street: Street, blind: Browser) -> None:
    ana = await street.comes(blind)
    await ana.start("text", "volcanoes")
    await ana.is_on("searching")
    await presses_back(ana)
    await ana.is_on("landing")
    await expect(ana.part("chip")).to_have_text("volcanoes")


async def test_back_on_the_first_screen_leaves_the_site_in_one_press(street: Street, blind: Browser) -> None:
    ana = await street.comes(blind, street.url + ELSEWHERE)
    await ana.page.goto(street.url)
    for _ in range(2):  # however often the visitor was in and out
        await ana.start("text")
        await ana.is_on("searching")
        await ana.part("stop").click()
        await ana.is_on("landing")
    await presses_back(ana)
    await ana.page.wait_for_url(f"**{ELSEWHERE}")


# --- reload, and other sites: only the browser can ask


class Asked:
    """The browser's question "Leave site?", which the visitor answers."""

    def __init__(self, page: Page, leaves: bool) -> None:
        self.times = 0
        self._leaves = leaves
        page.on("dialog", self._answer)

    async def _answer(self, dialog: Dialog) -> None:
        assert dialog.type == "beforeunload"
        self.times += 1
        await (dialog.accept() if self._leaves else dialog.dismiss())


async def test_a_reload_asks_while_a_chat_goes_on(street: Street, blind: Browser) -> None:
    ana, ben = await met_in_text(street, blind)
    asked = Asked(ana.page, leaves=False)
    for act in ("location.reload()", f"location.href = '{ELSEWHERE}'"):
        before = asked.times
        await ana.page.evaluate(act)
        await until(partial(was_asked, asked, before + 1), "the browser asks")
    await ben.say("still there?")
    await ana.reads("still there?")


async def was_asked(asked: Asked, times: int) -> bool:
    return asked.times >= times


async def test_a_reload_asks_nothing_before_and_after(street: Street, blind: Browser) -> None:
    ana, ben = await met_in_text(street, blind)
    await ben.part("stop").click()
    await ana.sees("partner-banner", "left")
    asked = Asked(ana.page, leaves=True)
    await ana.page.reload()
    await ana.is_on("landing")
    await ana.start("text")
    await ana.is_on("searching")
    await ana.page.reload()
    await ana.is_on("landing")
    assert asked.times == 0
    kept = "[...Object.keys(localStorage), ...Object.keys(sessionStorage), JSON.stringify(history.state)]"
    assert set(await ana.page.evaluate(kept)) <= {"null", '{"inside":true}'}


# --- the browser's cache (bfcache)


@pytest_asyncio.fixture(loop_scope="session")
async def keeper(tmp_path: Path) -> AsyncIterator[Browser]:
    """A browser that keeps pages for Back, as people's browsers do; Playwright's own switch forbids it."""
    async with async_playwright() as playwright:
        film = write_camera(tmp_path / "red.y4m", RED)
        browser = await playwright.chromium.launch(
            executable_path=CHROMIUM,
            args=[*FLAGS, *CAMERA, f"--use-file-for-fake-video-capture={film}", "--enable-features=BackForwardCache"],
            ignore_default_args=["--disable-back-forward-cache"],
        )
        yield browser
        await browser.close()


async def starts_video(person: Person) -> None:
    """Without the shield: the browser keeps no page that is still loading something, and its model is large."""
    await person.part("shield").uncheck()
    await person.start("video")


async def goes_and_comes_back(person: Person) -> None:
    """The page is the one that was left."""
    await person.page.evaluate(MARK)
    await goes_elsewhere(person)
    await person.page.evaluate("history.back()")
    await until(partial(is_back, person), "the page that the browser has kept is shown again")


async def is_back(person: Person) -> bool:
    """No load event tells it: the page was never closed."""
    try:
        return bool(await person.page.evaluate("window.remembered === true"))
    except Error:  # asked between the two pages
        return False


async def test_a_search_comes_back_with_its_camera(street: Street, keeper: Browser, blue: Browser) -> None:
    ana = await street.comes(keeper)
    await starts_video(ana)
    await ana.is_on("searching")
    await goes_and_comes_back(ana)
    await ana.is_on("searching")
    await ana.sees("local-video")
    ben = await street.comes(blue)
    await ben.start("video")
    for person in (ana, ben):
        await expect(person.page.locator("[data-call=connected]")).to_be_visible(timeout=GUARD_S * 1000)
    await until(partial(decodes_some, ben), "the camera's picture arrives")


async def decodes_some(person: Person) -> bool:
    return await person.frames() > 0


async def test_a_camera_that_was_off_stays_off(street: Street, keeper: Browser) -> None:
    """Whoever searches without a camera does not find it on."""
    ana = await street.comes(keeper)
    await ana.part("shield").uncheck()
    await ana.part("start-video").click()
    await ana.part("bring-sound").check()
    await ana.part("entry-agree").click()
    await ana.is_on("searching")
    await goes_and_comes_back(ana)
    await ana.is_on("searching")
    await expect(ana.part("local-video")).to_have_count(0)


async def test_a_search_whose_camera_is_gone_stops_and_says_why(street: Street, keeper: Browser) -> None:
    ana = await street.comes(keeper)
    await starts_video(ana)
    await ana.is_on("searching")
    refuse = (
        "void (navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException('no', 'NotReadableError')))"
    )
    await ana.page.evaluate(refuse)
    await goes_and_comes_back(ana)
    await ana.is_on("device")
    await expect(ana.part("device-fault")).to_have_attribute("data-fault", "busy")


async def test_a_chat_comes_back_with_the_true_reason(street: Street, keeper: Browser, blind: Browser) -> None:
    ana, ben = await street.comes(keeper), await street.comes(blind)
    await ana.start("text")
    await ben.start("text")
    await ana.meets()
    await are_sealed(ana, ben)
    Asked(ana.page, leaves=True)
    await goes_and_comes_back(ana)
    await ana.sees("partner-banner", "You left this page")
    await ben.sees("partner-banner", re.compile("left", re.IGNORECASE))
    await ana.next()
    await ana.is_on("searching")
