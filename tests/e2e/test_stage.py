"""The screen of a video chat, as two people use it on phones and on a desk: the pictures and what lies around them."""

from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, ViewportSize, expect

from tests.e2e.people import BLUE, GUARD_S, RED, SHELL, Person, Street, decodes, flags_of, write_camera
from tests.e2e.shield import TELLING_WORKER, tell_risk, worker_is
from tests.until import until

PHONE: ViewportSize = {"width": 360, "height": 640}
DESK: ViewportSize = {"width": 1280, "height": 800}
MS = GUARD_S * 1000

# The part of the screen on which the partner's picture is painted, bars and what lies below the stage left out.
PICTURE_PART = """
(video) => {
  const box = video.getBoundingClientRect();
  const stage = document.querySelector("[data-testid=stage]").getBoundingClientRect();
  const whole = getComputedStyle(video).objectFit === "contain";
  const scale = Math.min(box.width / video.videoWidth, box.height / video.videoHeight);
  const width = whole ? video.videoWidth * scale : Math.min(box.width, stage.width);
  const height = whole ? video.videoHeight * scale : Math.min(box.height, stage.height);
  return (width * height) / (innerWidth * innerHeight);
}
"""
# Whether a click in the middle of the element would meet it, once it is scrolled to.
IS_REACHED = """
(element) => {
  element.scrollIntoView({block: "nearest"});
  const {left, top, width, height} = element.getBoundingClientRect();
  const met = document.elementFromPoint(left + width / 2, top + height / 2);
  return left >= 0 && left + width <= innerWidth && element.contains(met);
}
"""
OUR_LIMITS = """
() => stageCalls.flatMap((call) => call.getSenders()).filter(({track}) => track?.kind === "video")
  .map((sender) => sender.getParameters().encodings[0].maxFramerate)
"""
KEEP_CALLS = """
(() => {
  const Real = window.RTCPeerConnection;
  window.stageCalls = [];
  window.RTCPeerConnection = class extends Real { constructor(...args) { super(...args); stageCalls.push(this); } };
})();
"""


async def keep_calls(page: Page) -> None:
    await page.add_init_script(KEEP_CALLS)


async def on_stage(
    street: Street, one: Browser, other: Browser, size: ViewportSize, **context: Any
) -> tuple[Person, Person]:
    """Two in a video call that is connected, without the shield."""
    people = []
    for browser in (one, other):
        person = await street.comes(browser, viewport=size, before=keep_calls, **context)
        await person.part("shield").uncheck()
        people.append(person)
    ana, ben = people
    await ana.start("video")
    await ben.start("video")
    for person in people:
        await person.meets()
        await expect(person.page.locator("[data-call=connected]")).to_be_visible(timeout=MS)
        await until(partial(decodes, person, 3), "the picture moves")
    return ana, ben


Pair = tuple[Person, Person]


@pytest_asyncio.fixture(loop_scope="session", scope="module")
async def calls(url: str) -> AsyncIterator[tuple[Street, dict[int, Pair]]]:
    """The call that tests share, by the number of failures before it."""
    street = Street(url)
    yield street, {}
    await street.close()


@pytest_asyncio.fixture(loop_scope="session")
async def pair(
    calls: tuple[Street, dict[int, Pair]], red: Browser, blue: Browser, request: pytest.FixtureRequest
) -> Pair:
    """Two in a call, for tests that put back what they change. After a test that failed the call is another."""
    street, made = calls
    failures = request.session.testsfailed
    if failures not in made:
        await street.close()
        made[failures] = await on_stage(street, red, blue, PHONE)
    for person in made[failures]:
        await person.page.set_viewport_size(PHONE)
        await person.page.evaluate("document.activeElement.blur()")
    return made[failures]


@pytest_asyncio.fixture(loop_scope="session")
async def tall(red: Browser, tmp_path: Path) -> AsyncIterator[tuple[Browser, Browser]]:
    """Two phones, held upright."""
    films = [write_camera(tmp_path / f"{colour[0]}.y4m", colour, 240, 320) for colour in (RED, BLUE)]
    made = [await red.browser_type.launch(executable_path=SHELL, args=flags_of(film)) for film in films]
    yield made[0], made[1]
    for browser in made:
        await browser.close()


async def test_two_upright_phones_fill_the_screen(street: Street, tall: tuple[Browser, Browser]) -> None:
    ana, ben = await on_stage(street, *tall, size=PHONE)
    for person in (ana, ben):
        video = person.part("remote-video")
        await until(partial(is_large, person, 0.6), "the picture is large")
        assert await video.evaluate("(video) => video.videoHeight > video.videoWidth")
        stage, dock = await box(person, "stage"), await box(person, "text-input")
        assert stage["y"] + stage["height"] <= dock["y"]
    await ben.say("over your picture")
    await ana.reads("over your picture")
    text = ana.part("text").get_by_text("over your picture")
    assert await text.evaluate(IS_REACHED), "the text can be read on the picture"
    await ana.part("log-toggle").click()
    await expect(text).to_be_hidden()
    await ben.say("unread")
    await expect(ana.part("log-toggle")).to_contain_text("1", timeout=MS)
    await ana.part("log-toggle").click()
    await expect(ana.part("text").get_by_text("unread", exact=True)).to_be_visible()
    assert await ana.part("remote-video").evaluate(PICTURE_PART) >= 0.6


async def is_large(person: Person, part: float) -> bool:
    return float(await person.part("remote-video").evaluate(PICTURE_PART)) >= part


async def box(person: Person, testid: str) -> dict[str, float]:
    found: dict[str, float] | None = await person.part(testid).bounding_box()
    assert found is not None, testid
    return found


async def test_the_report_is_apart_from_next(pair: Pair) -> None:
    ana, _ = pair
    sizes: list[ViewportSize] = [PHONE, DESK, {"width": 360, "height": 340}, {"width": 915, "height": 412}]
    for size in sizes:
        await ana.page.set_viewport_size(size)
        report, following = await box(ana, "report"), await box(ana, "next")
        assert following["y"] - (report["y"] + report["height"]) > 88, size  # two rows of buttons
        await expect(ana.part("report").get_by_text("Report")).to_be_visible()


NEEDED = ("lock", "report", "mic", "cam", "more", "log", "text-input", "send", "stop", "panic", "next")


# Width, height, and how large the letters are.
SCREENS = [(360, 640, 1), (360, 340, 1), (320, 256, 1), (360, 740, 2), (1280, 800, 2), (915, 412, 1), (768, 1024, 1)]


async def test_all_is_in_reach(pair: Pair) -> None:
    ana, ben = pair
    for number in range(4):
        await ben.say(f"text {number}")
    await ana.reads("text 3")
    for width, height, letters in SCREENS:
        await ana.page.set_viewport_size({"width": width, "height": height})
        await ana.page.evaluate(f"document.documentElement.style.fontSize = '{letters * 100}%'")
        for testid in NEEDED:
            assert await ana.part(testid).evaluate(IS_REACHED), (testid, width, height, letters)
        assert await ana.page.evaluate("document.querySelector('.root').scrollWidth <= innerWidth")
    await ana.page.evaluate("document.documentElement.style.fontSize = ''")


async def test_three_lines_can_be_read_above_the_keyboard(pair: Pair) -> None:
    ana, ben = pair
    await ben.say("one\ntwo\nthree")
    await ana.reads("three")
    await ana.page.set_viewport_size({"width": 360, "height": 340})
    log, stage = await box(ana, "log"), await box(ana, "stage")
    assert log["height"] >= 3 * 24
    assert stage["height"] >= 80, "the picture is small, and still there"
    assert (await box(ana, "next"))["y"] + 44 <= 340, "nothing to scroll for"


async def test_swap(pair: Pair) -> None:
    ana, _ = pair
    large, small = await box(ana, "remote-picture"), await box(ana, "local-video")
    assert large["width"] > 3 * small["width"]
    await ana.part("small").click()
    assert (await box(ana, "local-video"))["width"] > 3 * (await box(ana, "remote-picture"))["width"]
    await ana.part("small").focus()
    await ana.page.keyboard.press("Enter")
    assert (await box(ana, "remote-picture"))["width"] == large["width"]


@pytest.mark.parametrize("size", [PHONE, DESK])
async def test_own_picture_moves(size: ViewportSize, pair: Pair) -> None:
    ana, _ = pair
    await ana.page.set_viewport_size(size)
    stage = await box(ana, "stage")
    await ana.part("small").focus()
    for key in ("ArrowUp", "ArrowLeft"):
        await ana.page.keyboard.press(key)
    assert corner(stage, await box(ana, "local-video")) == ("top", "left")
    for key in ("ArrowDown", "ArrowRight"):
        await ana.page.keyboard.press(key)
    assert corner(stage, await box(ana, "local-video")) == ("bottom", "right")
    held = await box(ana, "small")
    await ana.page.mouse.move(held["x"] + 20, held["y"] + 20)
    await ana.page.mouse.down()
    await ana.page.mouse.move(stage["x"] + 60, stage["y"] + 90, steps=4)
    await ana.page.mouse.up()
    moved, large = await box(ana, "local-video"), await box(ana, "remote-picture")
    assert corner(stage, moved) == ("top", "left")
    assert moved["width"] < large["width"], "a drag does not swap"


def corner(stage: dict[str, float], small: dict[str, float]) -> tuple[str, str]:
    x, y = small["x"] + small["width"] / 2 - stage["x"], small["y"] + small["height"] / 2 - stage["y"]
    return "top" if y < stage["height"] / 2 else "bottom", "left" if x < stage["width"] / 2 else "right"


async def test_own_picture_hides_and_comes_back(pair: Pair) -> None:
    ana, ben = pair
    await more(ana, "mine")
    await expect(ana.part("local-video")).to_be_hidden()
    before = await ben.frames()
    await until(partial(decodes, ben, before + 5), "the partner still sees it")
    await ana.part("mine-back").click()
    await expect(ana.part("local-video")).to_be_visible()


async def more(person: Person, what: str) -> None:
    await person.part("more").click()
    await person.part(what).click()
    await expect(person.part("more-sheet")).to_have_count(0)


async def test_volume_and_mute_of_the_partner(pair: Pair) -> None:
    ana, ben = pair
    await ana.page.set_viewport_size(DESK)
    await ana.part("more").click()
    await ana.part("volume").focus()
    for _ in range(10):
        await ana.page.keyboard.press("ArrowLeft")
    assert await ana.part("remote-video").evaluate("(video) => video.volume") == pytest.approx(0.5)
    await ana.part("partner-sound").click()
    assert await ana.part("remote-video").evaluate("(video) => video.muted")
    await ana.page.keyboard.press("Escape")
    await ana.sees("partner-silent")
    await expect(ana.part("more")).to_be_focused()
    await expect(ben.part("partner-muted")).to_have_count(0)
    await ana.part("more").click()
    await ana.part("partner-sound").click()
    assert not await ana.part("remote-video").evaluate("(video) => video.muted")
    await ana.page.keyboard.press("Escape")


async def is_full(person: Person, on: bool = True) -> bool:
    return bool(await person.page.evaluate("document.fullscreenElement !== null")) is on


async def test_esc_that_leaves_the_full_screen_is_none_of_the_chat(pair: Pair) -> None:
    ana, _ = pair
    await ana.page.set_viewport_size(DESK)
    await more(ana, "full")
    await until(partial(is_full, ana), "the stage is on the full screen")
    await ana.page.keyboard.press("Escape")
    await ana.page.evaluate("document.exitFullscreen()")  # the browser does so by itself, with a real key
    await until(partial(is_full, ana, False), "it is not any more")
    await expect(ana.part("next")).to_have_text("Next")
    await expect(ana.page.locator("main[data-ended]")).to_have_count(0)


async def test_full_screen_ends_with_the_chat(street: Street, red: Browser, blue: Browser) -> None:
    ana, ben = await on_stage(street, red, blue, DESK)
    await more(ana, "full")
    await until(partial(is_full, ana), "the stage is on the full screen")
    await ben.part("stop").click()
    await until(partial(is_full, ana, False), "what happened can be read")


async def test_no_small_window_of_a_covered_picture(street: Street, red: Browser, blue: Browser) -> None:
    ana = await street.comes(red, before=worker_is(TELLING_WORKER))
    ben = await street.comes(blue)
    await ana.start("video")
    await ben.start("video")
    await ana.meets()
    await expect(ana.part("remote-picture")).not_to_have_attribute("data-covered", "new", timeout=MS)
    await tell_risk(ana, 1)
    await expect(ana.part("remote-picture")).to_have_attribute("data-covered", "alarm", timeout=MS)
    await ana.part("more").click()
    await expect(ana.part("pip")).to_be_disabled()


async def test_controls_step_back_and_stay_in_reach(pair: Pair) -> None:
    ana, ben = pair
    bar = ana.page.locator(".devices")
    await expect(bar).to_have_css("opacity", "0", timeout=MS)
    await ana.part("mic").focus()
    await expect(bar).to_have_css("opacity", "1")
    await ana.page.keyboard.press("Enter")
    await ben.sees("partner-muted")
    await ana.part("text-input").focus()
    await expect(bar).to_have_css("opacity", "0", timeout=MS)
    await ana.page.mouse.move(100, 200)
    await ana.page.mouse.move(110, 210)
    await expect(bar).to_have_css("opacity", "1")
    await ana.part("mic").click()
    await expect(ben.part("partner-muted")).to_have_count(0)


async def test_controls_stay_for_who_wants_less_motion(street: Street, red: Browser, blue: Browser) -> None:
    ana, _ = await on_stage(street, red, blue, PHONE, reduced_motion="reduce")
    await ana.page.clock.install()
    await expect(ana.part("quality")).to_be_visible(timeout=MS)
    await ana.page.clock.fast_forward(10_000)
    await expect(ana.page.locator(".devices")).to_have_css("opacity", "1")


async def test_only_hearing(pair: Pair) -> None:
    ana, ben = pair
    await more(ana, "partner-picture")
    await ana.sees("call-word", "You only want to hear")
    await until(partial(has_direction, ana, "sendonly"), "the picture is not fetched")
    await until(partial(has_direction, ben, "recvonly"), "nor sent")
    before = await ben.frames()
    await until(partial(decodes, ben, before + 3), "ours goes on")
    await ana.part("picture-back").click()
    before = await ana.frames()
    await until(partial(decodes, ana, before + 3), "it is back")
    await expect(ana.part("cover")).to_have_count(0)


async def has_direction(person: Person, direction: str) -> bool:
    """Of the picture."""
    return bool(await person.page.evaluate("stageCalls.at(-1).getTransceivers()[1].currentDirection") == direction)


async def test_less_data(pair: Pair) -> None:
    ana, _ = pair
    await until(partial(limits_are, ana, 30), "the full picture")
    await more(ana, "saver")
    await until(partial(limits_are, ana, 15), "the small picture")
    await more(ana, "saver")


async def limits_are(person: Person, frames_a_second: int) -> bool:
    return bool(await person.page.evaluate(OUR_LIMITS) == [frames_a_second])


async def test_quality_is_told_and_read_to_nobody(street: Street, red: Browser, blue: Browser) -> None:
    ana, ben = await on_stage(street, red, blue, DESK)
    await ana.sees("quality")
    assert await ana.part("quality").locator("svg").get_attribute("aria-label")
    assert not await ana.part("quality").evaluate("(bars) => bars.closest('[aria-live], [role=status]') !== null")
    await ben.part("stop").click()
    await ana.sees("partner-banner")
    await expect(ana.part("quality")).to_have_count(0)


async def test_tooltips_explain(pair: Pair) -> None:
    ana, _ = pair
    await ana.page.set_viewport_size(DESK)
    await expect(ana.part("mic")).to_have_attribute("title", "Mute microphone (M)")
    await expect(ana.part("cam")).to_have_attribute("title", "Turn off camera (V)")
    await more(ana, "devices")
    await ana.part("set-shortcuts").uncheck()
    await ana.part("settings-close").click()
    await expect(ana.part("mic")).to_have_attribute("title", "Mute microphone")
    await more(ana, "devices")
    await ana.part("set-shortcuts").check()
    await ana.part("settings-close").click()
