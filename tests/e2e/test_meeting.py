"""Two strangers meet, in real browsers with real (fake) cameras."""

import re
from collections.abc import Callable
from functools import partial

from playwright.async_api import Browser, expect

from tests.e2e.people import Person, Street, are_sealed, decodes, met_in_text
from tests.until import until

LIVE_TRACKS = "v => v.srcObject ? v.srcObject.getVideoTracks().filter(t => t.readyState === 'live').length : 0"


def is_red(colour: tuple[int, int, int]) -> bool:
    return colour[0] > 150 and colour[1] < 90 and colour[2] < 90


def is_blue(colour: tuple[int, int, int]) -> bool:
    return colour[0] < 90 and colour[1] < 90 and colour[2] > 150


async def test_two_strangers_see_each_other(street: Street, red: Browser, blue: Browser) -> None:
    ana, ben = await street.comes(red), await street.comes(blue)
    await ana.start("video")
    await ben.start("video")
    await ana.meets()
    await ben.meets()
    for person in (ana, ben):
        await until(partial(decodes, person, 10), "ten frames of the other's video decoded")
    await until(partial(shows, ana, is_blue), "the blue camera on Ana's screen")
    await until(partial(shows, ben, is_red), "the red camera on Ben's screen")


async def test_the_second_call_is_not_black(street: Street, red: Browser, blue: Browser) -> None:
    """The commonest complaint of the field: every next is a new call."""
    ana, ben, eve = await street.comes(red), await street.comes(blue), await street.comes(blue)
    await ana.start("video")
    await ben.start("video")
    await ana.meets()
    await until(partial(shows, ana, is_blue), "the first partner's video")
    await ana.next()
    await eve.start("video")
    await eve.meets()
    await until(partial(shows, eve, is_red), "the second call's video")
    await until(partial(shows, ana, is_blue), "the second partner's video")
    assert await ana.page.evaluate("openCalls()") == 1


async def shows(person: Person, is_it: Callable[[tuple[int, int, int]], bool]) -> bool:
    return is_it(await person.colour_of("remote-video"))


async def test_text_goes_both_ways_and_typing_shows(street: Street, blind: Browser) -> None:
    ana, ben = await street.comes(blind), await street.comes(blind)
    await ana.start("text", "Jazz", "tea")
    await ben.start("text", "#JAZZ")
    await ana.sees("common", "Jazz")
    await ana.part("text-input").press_sequentially("hel")
    await expect(ben.part("typing")).not_to_be_empty()
    await ana.say('hello <b>you</b> & "all" 🎷')
    await ben.reads('hello <b>you</b> & "all" 🎷')
    await expect(ben.part("typing")).to_have_text("")
    await ben.say("salut")
    await ana.reads("salut")


async def test_next_finds_a_third_person(street: Street, blind: Browser) -> None:
    ana, ben = await street.comes(blind), await street.comes(blind)
    await ana.start("text")
    await ben.start("text")
    await ana.meets()
    await ana.say("I was here")
    await ben.reads("I was here")
    await ana.next()
    await ben.sees("partner-banner")
    await ana.sees("searching")
    cleo = await street.comes(blind)
    await cleo.start("text")
    await cleo.meets()
    await cleo.say("hello from Cleo")
    await ana.reads("hello from Cleo")
    await expect(ana.part("log")).not_to_contain_text("I was here")


async def test_after_a_next_by_mistake_both_ask_again_and_meet(street: Street, blind: Browser) -> None:
    ana, ben = await met_in_text(street, blind)
    await ana.say("I was here")
    await ben.reads("I was here")
    first = await chat_of(ben)
    await ana.next()
    await ana.is_on("searching")
    await ana.part("again").click()
    await ana.sees("again-asked")
    await ben.part("again").click()
    for person in (ana, ben):
        await person.meets()
        await expect(person.page.locator(f"[data-chat='{first}']")).to_have_count(0)
        await expect(person.part("text")).to_have_count(0)
    assert await chat_of(ana) == await chat_of(ben)
    await ben.say("you again")
    await ana.reads("you again")


async def test_after_a_stop_by_mistake_both_ask_again_and_see_each_other(
    street: Street, red: Browser, blue: Browser
) -> None:
    """The camera went dark with the stop, and has to be back before they meet."""
    ana, ben = await street.comes(red), await street.comes(blue)
    await ana.start("video")
    await ben.start("video")
    await until(partial(shows, ana, is_blue), "the first call's video")
    await ana.part("stop").click()
    await ben.part("again").click()
    await ben.sees("again-asked")
    await ana.part("again").click()
    await ana.meets()
    await until(partial(shows, ana, is_blue), "Ben's video again")
    await until(partial(shows, ben, is_red), "Ana's video again")
    assert await ana.page.evaluate("openCalls()") == 1


async def test_who_asks_again_and_thinks_better_of_it_is_not_met(street: Street, red: Browser, blue: Browser) -> None:
    ana, ben = await street.comes(red), await street.comes(blue)
    await ana.start("video")
    await ben.start("video")
    await are_sealed(ana, ben)
    first = await chat_of(ben)
    await ana.part("stop").click()
    await ana.part("again").click()
    await ana.sees("again-asked")
    await ana.part("again-cancel").click()
    await ben.part("again").click()
    waits = ben.page.get_by_test_id("again-asked")
    was_left = ben.page.locator(f"main[data-ended]:not([data-chat='{first}'])")
    await expect(waits.or_(was_left)).to_be_visible()
    await ana.is_on("landing")
    await ana.sees("again")
    assert await ana.page.evaluate("openCalls()") == 0


async def test_who_is_gone_cannot_be_asked_again(street: Street, blind: Browser) -> None:
    ana, ben = await met_in_text(street, blind)
    await ben.page.close(run_before_unload=True)
    await ana.part("again").click()
    await ana.sees("again-gone", "gone")
    await expect(ana.part("again")).to_have_count(0)
    await ana.next()
    await ana.is_on("searching")
    await expect(ana.part("again-gone")).to_have_count(0)


async def chat_of(person: Person) -> str | None:
    found: str | None = await person.page.locator("[data-chat]").get_attribute("data-chat")
    return found


async def test_closing_the_tab_tells_the_partner_that_it_left(street: Street, blind: Browser) -> None:
    """Left, not lost: the page says DISCONNECT, so nobody waits for the resume window of a broken link."""
    ana, ben = await street.comes(blind), await street.comes(blind)
    await ana.start("text")
    await ben.start("text")
    await ben.meets()
    await ana.page.close(run_before_unload=True)
    await ben.sees("partner-banner", re.compile("left", re.IGNORECASE))


async def test_navigating_away_tells_the_partner_that_it_left(street: Street, blind: Browser) -> None:
    ana, ben = await street.comes(blind), await street.comes(blind)
    await ana.start("text")
    await ben.start("text")
    await ben.meets()
    await ana.page.goto("about:blank")
    await ben.sees("partner-banner", re.compile("left", re.IGNORECASE))


async def test_without_a_camera_they_still_chat(street: Street, blind: Browser, blue: Browser) -> None:
    ana, ben = await street.comes(blind), await street.comes(blue)
    await ana.start("video")
    await ana.sees("device-fault")
    await ana.part("go-without").click()
    await ben.start("video")
    await ana.meets()
    await ben.meets()
    await ana.say("no camera here")
    await ben.reads("no camera here")
    await until(partial(shows, ana, is_blue), "the other's video, without a camera of one's own")


async def test_mute_and_camera_off_are_told_to_the_partner(street: Street, red: Browser, blue: Browser) -> None:
    ana, ben = await street.comes(red), await street.comes(blue)
    await ana.start("video")
    await ben.start("video")
    await ana.meets()
    await until(partial(shows, ben, is_red), "Ana's video")
    await ana.part("mic").click()
    await ben.sees("partner-muted")
    await ana.part("cam").click()
    await ben.sees("call-word", "camera is off")
    assert await ana.part("local-video").evaluate(LIVE_TRACKS) == 0, "the camera's light would stay on"
    await ana.part("cam").click()
    await expect(ben.part("call-word")).to_have_text("")
    await until(partial(shows, ben, is_red), "Ana's video again")


async def test_a_report_ends_the_chat(street: Street, blind: Browser) -> None:
    ana, ben = await street.comes(blind), await street.comes(blind)
    await ana.start("text")
    await ben.start("text")
    await ana.meets()
    await ana.part("report").click()
    await ana.page.get_by_role("radio").first.check()
    await ana.part("report-send").click()
    await ben.sees("partner-banner", re.compile("left", re.IGNORECASE))
