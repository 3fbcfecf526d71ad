"""From text to sound to video and back, in one text chat between real browsers; and with a program that knows none."""

import asyncio
from functools import partial

from playwright.async_api import Browser, expect

from omefree.client import Heard, Sealed, Text, Visitor
from omefree.seal.content import Description, Media, Step
from tests.client.people import topic
from tests.e2e.people import GUARD_S, Person, Street, decodes
from tests.e2e.test_meeting import is_blue, is_red, shows
from tests.until import until

MADE = "callsMade().length"
LIVE = """
v => v.srcObject ? v.srcObject.getTracks().filter(t => t.readyState === "live").map(t => t.kind).sort().join() : ""
"""


async def test_text_then_sound_then_video_and_back_to_text(street: Street, red: Browser, blue: Browser) -> None:
    ana, ben = await street.comes(red), await street.comes(blue)
    await ana.start("text")
    await ben.start("text")
    await ana.say("hello")
    await ben.reads("hello")

    await ana.part("step-1").click()
    await ana.sees("step-cancel")
    await ben.sees("step-ask", "add sound")
    for person in (ana, ben):
        assert await person.page.evaluate(MADE) == 0, "no call before both agree"
    await ben.part("step-yes").click()
    for person in (ana, ben):
        await expect(person.part("voice")).to_have_attribute("data-call", "connected", timeout=GUARD_S * 1000)
        await expect(person.part("remote-video")).to_have_count(0)
        assert await person.part("remote-audio").evaluate(LIVE) == "audio"

    await ben.part("step-2").click()
    await ana.sees("step-ask", "add video")
    await ana.part("step-yes").click()
    await until(partial(shows, ana, is_blue), "Ben's video on Ana's screen")
    await until(partial(shows, ben, is_red), "Ana's video on Ben's screen")
    await ana.say("nice to see you")
    await ben.reads("nice to see you")
    await expect(ben.part("text")).to_have_count(2)

    await ana.part("step-1").click()
    for person in (ana, ben):
        await expect(person.part("voice")).to_have_attribute("data-call", "connected")
        assert await person.part("remote-audio").evaluate(LIVE) == "audio"
        assert await person.page.evaluate(MADE) == 1, "one call for sound and video"
    await ben.sees("step-word", "ended the video")

    await ben.part("step-0").click()
    await expect(ben.page.locator(".ladder")).to_be_focused()  # the pressed button is gone
    for person in (ana, ben):
        await expect(person.part("voice")).to_have_count(0)
        assert await person.page.evaluate("openCalls()") == 0
    await ana.sees("step-word", "back to text")
    await ben.say("still here?")
    await ana.reads("still here?")
    await again_in_text(ana, ben)


async def again_in_text(ana: Person, ben: Person) -> None:
    await ana.next()
    await ana.part("again").click()
    await ben.part("again").click()
    for person in (ana, ben):
        await expect(person.part("text")).to_have_count(0)
        await person.sees("step-1")
        assert await person.page.evaluate("openCalls()") == 0


async def test_video_at_once_after_a_no(street: Street, red: Browser, blue: Browser) -> None:
    """A no is told and costs nothing; who was asked may ask. The camera goes dark when the chat is left."""
    ana, ben = await street.comes(red), await street.comes(blue)
    await ana.start("text")
    await ben.start("text")
    await ana.part("step-2").click()
    await ben.part("step-no").click()
    await ana.sees("step-word", "rather not")
    await expect(ana.part("step-1")).to_be_disabled()
    await ben.part("step-2").click()
    await ana.part("step-yes").click()
    await until(partial(decodes, ana, 5), "five frames of Ben's video")
    await until(partial(shows, ben, is_red), "Ana's video on Ben's screen")
    await ana.next()
    await ana.is_on("searching")
    assert await ana.page.evaluate("openCalls()") == 0
    await ben.sees("partner-banner", "went on")
    await expect(ben.part("remote-video")).to_have_count(0)


async def test_an_old_program_ignores_it_and_an_offer_out_of_turn_makes_no_call(street: Street, blue: Browser) -> None:
    shared = topic()
    ana = await street.comes(blue)
    async with Visitor(street.url) as ben:
        await ana.start("text", shared)
        await ben.find(interests=[shared])
        async with asyncio.timeout(GUARD_S):
            while not isinstance(await ben.next_event(), Sealed):
                pass
            ben.send(Description("offer", "v=0\r\n"))
            ben.send(Media(mic=True, cam=True))
            ben.say("no call, please")
            await ana.reads("no call, please")
            await ana.part("step-1").click()
            await ana.sees("step-cancel")
            heard = await ben.next_event()
            while not isinstance(heard, Heard):
                heard = await ben.next_event()
            assert heard.content == Step(open=1)
            await ana.say("and you?")
            while not isinstance(heard, Text):
                heard = await ben.next_event()
            assert heard.text == "and you?"
    assert await ana.page.evaluate(MADE) == 0
