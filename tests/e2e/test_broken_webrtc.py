"""A browser that has WebRTC and does not let it be used: an extension, a policy, a fault. The chat goes on in text."""

from functools import partial

import pytest
from playwright.async_api import Browser, Page, expect

from tests.e2e.people import Person, Street, are_sealed
from tests.e2e.ways import end_try, hurry
from tests.rows import first
from tests.until import until

THROWS = "throw new DOMException('forbidden', 'NotAllowedError')"
REJECTS = "return Promise.reject(new DOMException('forbidden', 'NotAllowedError'))"


def without(method: str, how: str) -> str:
    return f"RTCPeerConnection.prototype.{method} = function () {{ {how}; }};"


# Some extensions put a constructor in the place that always throws.
BROKEN = {
    "constructor throws": f"window.RTCPeerConnection = class {{ constructor() {{ {THROWS}; }} }};",
    "setLocalDescription rejects": without("setLocalDescription", REJECTS),
    "setRemoteDescription rejects": without("setRemoteDescription", REJECTS),
    "close throws": without("close", THROWS) + without("setLocalDescription", REJECTS),
    "addTransceiver throws": without("addTransceiver", THROWS),
    "getTransceivers throws": without("getTransceivers", THROWS),
    "setLocalDescription throws": without("setLocalDescription", THROWS),
    "createAnswer and createOffer reject": without("createAnswer", REJECTS) + without("createOffer", REJECTS),
}
TELLS = ("constructor throws", "setLocalDescription rejects", "setRemoteDescription rejects")


async def broken(page: Page, script: str) -> None:
    await page.add_init_script(script)
    await hurry(page)


async def write_to_each_other(ana: Person, ben: Person) -> None:
    await are_sealed(ana, ben)
    await ana.say("shall we write?")
    await ben.reads("shall we write?")
    await ben.say("let us write")
    await ana.reads("let us write")
    for person in (ana, ben):
        await expect(person.page.locator("main[data-ended]")).to_have_count(0)


async def has_failed(person: Person) -> bool:
    await end_try(person)
    return bool(await person.page.locator("[data-call=failed]").count())


@pytest.mark.parametrize("name", first(4, BROKEN))
async def test_a_video_chat_goes_on_in_text(name: str, street: Street, red: Browser, blue: Browser) -> None:
    ana = await street.comes(red, before=partial(broken, script=BROKEN[name]))
    ben = await street.comes(blue, before=hurry)
    await ana.start("video")
    await ben.start("video")
    for person in (ana, ben):
        await person.meets()
    await write_to_each_other(ana, ben)
    if name in TELLS:
        for person in (ana, ben):
            await until(partial(has_failed, person), "the call is given up")
            await person.sees("call-write")  # in words and one press, what goes on
    await write_to_each_other(ana, ben)
    await ana.next()
    await ben.sees("partner-banner", "went on")
    cleo = await street.comes(blue)
    await cleo.start("video")
    await ana.meets()
    await write_to_each_other(ana, cleo)


async def test_sound_in_a_text_chat_that_cannot_be_is_told(street: Street, red: Browser, blue: Browser) -> None:
    ana = await street.comes(red, before=partial(broken, script=BROKEN["constructor throws"]))
    ben = await street.comes(blue)
    await ana.start("text")
    await ben.start("text")
    await are_sealed(ana, ben)
    await ana.part("step-1").click()
    await ben.part("step-yes").click()
    await ana.sees("call-word", "refused to make the call")
    await write_to_each_other(ana, ben)
    await ana.part("step-0").click()
    await expect(ben.part("voice")).to_have_count(0)
    await write_to_each_other(ana, ben)
