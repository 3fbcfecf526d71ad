"""Our camera, microphone and speaker: before the first match, in a chat, after it, and when they fail."""

import re
from collections.abc import AsyncIterator
from functools import partial
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, async_playwright, expect

from tests.e2e.devices import broken, failing, live, watched
from tests.e2e.people import CAMERA, CHROMIUM, FLAGS, GUARD_S, Person, Street, decodes, launch_pair
from tests.e2e.test_page import problems
from tests.until import until

SMALL: dict[str, Any] = {"viewport": {"width": 360, "height": 640}, "locale": "fr-FR", "color_scheme": "dark"}
GUARD_MS = GUARD_S * 1000
STORED = "localStorage.getItem('omefree.devices')"
MIRRORED = "(video) => new DOMMatrix(getComputedStyle(video).transform).a < 0"
PHONE_CAMERAS = """
(() => {
  const media = navigator.mediaDevices, ask = media.getUserMedia.bind(media);
  media.getUserMedia = async (wanted) => {
    const stream = await ask(wanted);
    for (const track of stream.getVideoTracks()) {
      const told = track.getSettings.bind(track);
      track.getSettings = () => ({ ...told(), facingMode: wanted.video.facingMode });
    }
    return stream;
  };
})();
"""
CALLS = """
(() => {
  const Real = window.RTCPeerConnection, calls = [];
  window.RTCPeerConnection = class extends Real {
    constructor(...args) { super(...args); calls.push(this); this.offers = 0; }
    setLocalDescription(...args) { this.offers++; return super.setLocalDescription(...args); }
  };
  window.negotiations = () => calls.reduce((sum, { offers }) => sum + offers, 0);
  const sent = () => calls.flatMap((call) => call.getSenders()).map(({ track }) => track);
  window.sentIds = () => sent().map((track) => track?.getSettings().deviceId ?? null);
  window.heard = async () => {
    let bytes = 0;
    for (const call of calls) for (const row of (await call.getStats()).values())
      if (row.type === "inbound-rtp" && row.kind === "audio") bytes += row.bytesReceived;
    return bytes;
  };
})();
"""


@pytest_asyncio.fixture(loop_scope="session", scope="module")
async def pair(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[tuple[Browser, Browser]]:
    """The two of other tests, but whole browsers: these know whether the visitor has allowed a device."""
    films = tmp_path_factory.mktemp("films")
    async with async_playwright() as playwright:
        red, blue = await launch_pair(playwright, films)
        yield red, blue
        await red.close()
        await blue.close()


@pytest.fixture
def red(pair: tuple[Browser, Browser]) -> Browser:
    return pair[0]


@pytest.fixture
def blue(pair: tuple[Browser, Browser]) -> Browser:
    return pair[1]


@pytest_asyncio.fixture(loop_scope="session", scope="module")
async def strict() -> AsyncIterator[Browser]:
    """Several fake cameras and microphones; only what a context's permissions allow is given."""
    async with async_playwright() as playwright:
        devices = "--use-fake-device-for-media-stream=device-count=2"
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=[*FLAGS, devices])
        yield browser
        await browser.close()


@pytest_asyncio.fixture(loop_scope="session", scope="module")
async def two(strict: Browser) -> AsyncIterator[Browser]:
    """The same, and all is allowed."""
    async with async_playwright() as playwright:
        flags = ["--use-fake-device-for-media-stream=device-count=2", CAMERA[1]]
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=[*FLAGS, *flags])
        yield browser
        await browser.close()


async def has_live(person: Person, *kinds: str) -> None:
    async def holds() -> bool:
        return await live(person.page) == list(kinds)

    await until(holds, f"live: {kinds}", GUARD_S)


async def met(ana: Person, ben: Person) -> None:
    for person in (ana, ben):
        await person.start("video")
    for person in (ana, ben):
        await person.meets()
        await expect(person.page.locator("[data-call=connected]")).to_be_visible(timeout=GUARD_MS)


async def hears(person: Person) -> bool:
    return int(await person.page.evaluate("heard()")) > 2000


async def counted(page: Any) -> None:
    await watched(page)
    await page.add_init_script(CALLS)


# --- before the first match


async def test_the_sheet_shows_our_own_picture_only_on_request_and_all_is_dark_after_no(
    street: Street, strict: Browser
) -> None:
    ana = await street.comes(strict, before=watched, permissions=["camera"], **SMALL)
    await ana.part("start-video").press("Enter")
    await expect(ana.part("entry-agree")).to_be_focused()
    await ana.sees("preview-open")
    assert await ana.page.evaluate("askedFor()") == []
    assert await problems(ana.page) == []
    await ana.page.context.grant_permissions(["camera", "microphone"])
    await ana.part("preview-open").press("Enter")
    await ana.sees("preview-video")
    await expect(ana.part("meter")).to_have_attribute("data-heard", "true", timeout=GUARD_MS)
    assert await ana.part("preview-video").evaluate(MIRRORED)
    for answer in ("entry-agree", "entry-later"):
        await expect(ana.part(answer)).to_be_in_viewport(ratio=1)
    assert await problems(ana.page) == []
    await has_live(ana, "audio", "video")
    await ana.page.keyboard.press("Escape")
    await has_live(ana)
    await ana.is_on("landing")


async def test_who_has_allowed_it_before_sees_the_picture_at_once(street: Street, strict: Browser) -> None:
    ana = await street.comes(strict, before=watched, permissions=["camera", "microphone"], **SMALL)
    await ana.part("start-video").click()
    await ana.sees("preview-video")
    await ana.part("entry-agree").click()
    await ana.is_on("searching")
    await has_live(ana, "audio", "video")
    assert await ana.page.evaluate("askedFor()") == ["audio+video"]


async def test_a_text_chat_asks_for_nothing(street: Street, strict: Browser) -> None:
    ana = await street.comes(strict, before=watched, permissions=["camera", "microphone"])
    await ana.start("text")
    await ana.is_on("searching")
    assert await ana.page.evaluate("askedFor()") == []


async def test_devices_are_chosen_by_keyboard_remembered_here_and_forgotten(street: Street, two: Browser) -> None:
    ana = await street.comes(two, before=watched, **SMALL)
    await ana.part("start-video").click()
    await ana.sees("preview-video")
    assert await ana.page.evaluate(STORED) is None
    await ana.page.locator("summary").press("Enter")
    for kind in ("cam", "mic"):
        await ana.part(f"pick-{kind}").press("End")
    await ana.part("pick-speaker").select_option(label="Fake Audio Output 2")
    await ana.part("test-sound").press("Enter")
    await expect(ana.part("test-sound")).to_be_enabled(timeout=GUARD_MS)
    await expect(ana.part("entry-agree")).to_be_in_viewport(ratio=1)
    assert await problems(ana.page) == []
    chosen = await ana.page.evaluate(f"JSON.parse({STORED})")
    assert sorted(chosen) == ["cam", "mic", "speaker"]
    await ana.page.reload()
    await ana.part("start-video").click()
    await ana.sees("preview-video")
    assert await ana.page.evaluate("lastTrack('video').getSettings().deviceId") == chosen["cam"]
    await ana.page.locator("summary").click()
    await expect(ana.part("pick-speaker")).to_have_value(chosen["speaker"])
    await ana.part("entry-later").click()
    await ana.part("settings-open").click()
    await ana.part("forget").click()
    assert await ana.page.evaluate(STORED) is None


async def test_a_remembered_device_that_has_gone_is_passed_over(street: Street, two: Browser) -> None:
    ana = await street.comes(two, before=watched)
    await ana.page.evaluate("localStorage.setItem('omefree.devices', JSON.stringify({ cam: 'gone', mic: 7 }))")
    await ana.page.reload()
    await ana.start("video")
    await ana.is_on("searching")
    await has_live(ana, "audio", "video")


# --- sound alone, and devices that are refused or missing


async def test_sound_alone_is_an_equal(street: Street, two: Browser, blue: Browser) -> None:
    """Only the microphone is asked for, the other one reads why there is no picture, and Next keeps it so."""
    ana, ben = await street.comes(two, before=watched), await street.comes(blue, before=counted)
    await ana.part("start-video").click()
    await ana.part("bring-sound").check()
    await has_live(ana, "audio")
    await ana.part("entry-agree").click()
    await ben.start("video")
    await ana.meets()
    await ben.sees("call-word", "camera is off")
    await until(partial(hears, ben), "Ana is heard", GUARD_S)
    await ana.next()
    await ana.is_on("searching")
    await has_live(ana, "audio")


async def test_a_denied_camera_is_a_call_with_sound(street: Street, strict: Browser, blue: Browser) -> None:
    ana = await street.comes(strict, before=watched, permissions=["microphone"])
    ben = await street.comes(blue, before=counted)
    await met(ana, ben)
    await ben.sees("call-word", "camera is off")
    await until(partial(hears, ben), "Ana is heard", GUARD_S)
    await ana.sees("device-word", "doesn’t let this page use the camera")
    assert await live(ana.page) == ["audio"]


async def test_a_denied_camera_is_said_on_the_sheet_and_try_again_works(street: Street, strict: Browser) -> None:
    ana = await street.comes(strict, before=watched, permissions=["microphone"], **SMALL)
    await ana.part("start-video").click()
    await ana.part("preview-open").click()
    await ana.sees("device-word", "ne laisse pas cette page utiliser la caméra")
    await ana.sees("device-word", "près de l’adresse")
    await expect(ana.part("entry-agree")).to_be_in_viewport(ratio=1)
    assert await problems(ana.page) == []
    await ana.page.context.grant_permissions(["camera", "microphone"])
    await ana.sees("preview-video")  # the browser says that it is allowed now
    await expect(ana.part("device-word")).to_have_count(0)


async def test_all_denied_helps_and_offers_text(street: Street, strict: Browser) -> None:
    ana = await street.comes(strict, before=watched, permissions=["geolocation"])
    await ana.start("video")
    await ana.is_on("device")
    await ana.sees("device-word", "neither camera nor microphone")
    await ana.sees("device-word", "beside the address")
    assert await problems(ana.page) == []
    await ana.page.context.grant_permissions(["camera", "microphone"])
    await ana.sees("device-fault", "allows it now")
    await ana.part("retry-devices").click()
    await ana.is_on("searching")
    await has_live(ana, "audio", "video")
    ben = await street.comes(strict, permissions=["geolocation"])
    await ben.start("video")
    await ben.part("device-text").click()
    await ben.is_on("searching")


@pytest.mark.parametrize(
    ("faults", "left", "says"),
    [
        ({"video": "NotReadableError"}, "audio", "camera seems to be in use"),
        ({"video": "NotFoundError"}, "audio", "found no camera"),
        ({"audio": "NotFoundError"}, "video", "found no microphone"),
        ({"audio": "NotReadableError"}, "video", "microphone seems to be in use"),
    ],
)
async def test_one_device_that_fails_is_named(
    faults: dict[str, str], left: str, says: str, street: Street, red: Browser
) -> None:
    ana = await street.comes(red, before=failing(**faults))
    await ana.part("start-video").click()
    await ana.sees("device-word", says)
    await ana.part("entry-agree").click()
    await ana.is_on("searching")
    await ana.sees("device-word", says)
    assert await live(ana.page) == [left]


async def test_the_button_of_a_missing_microphone_says_so(street: Street, red: Browser, blue: Browser) -> None:
    ana, ben = await street.comes(red, before=failing(audio="NotFoundError")), await street.comes(blue)
    await met(ana, ben)
    await ana.sees("device-word", "found no microphone")
    before = len(await ana.page.evaluate("askedFor()"))
    await ana.part("mic").click()
    await until(partial(has_asked, ana, before), "it is tried again", GUARD_S)
    await ana.sees("device-word", "found no microphone")
    await broken(ana.page)
    await ana.part("mic").click()
    await expect(ben.part("partner-muted")).to_have_count(0, timeout=GUARD_MS)
    await expect(ana.part("device-word")).to_have_text("")


async def has_asked(person: Person, before: int) -> bool:
    return len(await person.page.evaluate("askedFor()")) > before


# --- in a chat


async def test_a_device_is_exchanged_without_a_negotiation(street: Street, two: Browser, blue: Browser) -> None:
    ana, ben = await street.comes(two, before=counted), await street.comes(blue)
    await met(ana, ben)
    await until(partial(decodes, ben, 3), "the first camera", GUARD_S)
    sent, negotiations = await ana.page.evaluate("sentIds()"), await ana.page.evaluate("negotiations()")
    await ana.part("mic").click()
    await ben.sees("partner-muted")
    await ana.part("more").click()
    await ana.part("devices").click()
    await ana.page.locator("summary").click()
    await ana.part("pick-cam").select_option(label="fake_device_1")
    await ana.part("pick-mic").select_option(label="Fake Audio Input 2")
    await ana.part("pick-speaker").select_option(label="Fake Audio Output 2")

    async def exchanged() -> bool:
        now = await ana.page.evaluate("sentIds()")
        return None not in now and not set(now) & set(sent)

    await until(exchanged, "both are exchanged", GUARD_S)
    await ana.part("pick-cam").select_option(label="fake_device_0")  # Chromium's second fake camera gives no pictures
    await until(partial(decodes, ben, await ben.frames() + 9), "the first camera again", GUARD_S)
    assert await ana.page.evaluate("negotiations()") == negotiations
    await ben.sees("partner-muted")  # a muted microphone stays muted
    await has_live(ana, "audio", "video")
    speaker = await ana.part("pick-speaker").input_value()
    await expect(ana.part("remote-video")).to_have_js_property("sinkId", speaker)
    await ana.part("settings-close").click()
    await has_live(ana, "audio", "video")
    assert await ben.part("remote-video").evaluate(MIRRORED) is False


async def with_two_sides(page: Page) -> None:
    """A phone: its cameras say which way they look."""
    await page.add_init_script(PHONE_CAMERAS)


async def test_the_other_camera_of_a_phone_is_two_taps_away(street: Street, two: Browser, blue: Browser) -> None:
    ana, ben = await street.comes(two, before=with_two_sides), await street.comes(blue)
    await met(ana, ben)
    for mirrored in (True, False, True):
        await until(partial(is_mirrored, ana, mirrored), f"mirrored: {mirrored}", GUARD_S)
        await until(partial(decodes, ben, await ben.frames() + 3), "the partner sees it", GUARD_S)
        assert await ben.part("remote-video").evaluate(MIRRORED) is False
        await ana.part("more").click()
        await ana.part("flip").click()


async def is_mirrored(person: Person, mirrored: bool) -> bool:
    return bool(await person.part("local-video").evaluate(MIRRORED)) is mirrored


async def test_a_track_that_the_system_silences_is_off_for_both(street: Street, red: Browser, blue: Browser) -> None:
    ana, ben = await street.comes(red, before=watched), await street.comes(blue)
    await met(ana, ben)
    await ana.page.evaluate("silence('audio', true)")
    await ben.sees("partner-muted")
    await ana.sees("device-word", "muted the microphone for now")
    await expect(ana.part("mic")).to_have_attribute("aria-label", "Turn on microphone")
    await ana.page.evaluate("silence('video', true)")
    await ben.sees("call-word", "camera is off")
    await expect(ana.part("cam")).to_have_attribute("aria-label", "Turn on camera")
    for kind in ("audio", "video"):
        await ana.page.evaluate("(kind) => silence(kind, false)", kind)
    await expect(ben.part("partner-muted")).to_have_count(0)
    await expect(ben.part("call-word")).to_have_text("")
    await expect(ana.part("device-word")).to_have_text("")


async def test_an_unplugged_device_says_so_and_the_sound_goes_on(street: Street, two: Browser, blue: Browser) -> None:
    ana, ben = await street.comes(two, before=watched), await street.comes(blue)
    await met(ana, ben)
    await ana.page.evaluate("unplug('audio')")
    await ana.sees("device-word", "Another one took over")
    await has_live(ana, "audio", "video")
    await ana.page.evaluate("unplug('video')")
    await ben.sees("call-word", "camera is off")
    await ana.sees("device-word", "camera was unplugged")
    await has_live(ana, "audio")  # no other camera films unasked
    await ana.part("cam").click()
    await expect(ben.part("call-word")).to_have_text("", timeout=GUARD_MS)
    await has_live(ana, "audio", "video")


# --- after a chat


async def test_ten_seconds_after_the_partner_left_the_lights_are_out(
    street: Street, red: Browser, blue: Browser
) -> None:
    ana, ben = await street.comes(red, before=watched), await street.comes(blue)
    await ana.page.clock.install()
    await met(ana, ben)
    await ana.part("mic").click()
    await ben.part("stop").click()
    await ana.sees("partner-banner", re.compile("left", re.IGNORECASE))
    await ana.page.clock.fast_forward(7_000)  # no more, or the page would miss the server's heartbeat
    await has_live(ana, "audio", "video")  # who goes on soon has no delay
    await has_live(ana)
    await ana.sees("mine-off", "until you go on")
    await ana.next()
    await ana.is_on("searching")
    await has_live(ana, "video")  # what was on
