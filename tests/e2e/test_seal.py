"""The lock, and what two people can do with it."""

import re
from functools import partial
from urllib.parse import urlsplit

from playwright.async_api import Browser, WebSocket, expect

from tests.e2e.people import Person, Street, TcpProxy, decodes, emoji_of, met_in_text
from tests.until import until


async def in_a_call(street: Street, red: Browser, blue: Browser) -> tuple[Person, Person]:
    ana, ben = await street.comes(red), await street.comes(blue)
    await ana.start("video")
    await ben.start("video")
    for person in (ana, ben):
        await until(partial(decodes, person, 5), "the other's video")
    return ana, ben


async def test_both_see_the_same_four_emoji_with_their_names(street: Street, blind: Browser) -> None:
    ana, ben = await met_in_text(street, blind)
    shown = await emoji_of(ana)
    assert len(shown) == 4 and all(re.search("[a-z]", each) for each in shown)
    assert await emoji_of(ben) == shown
    await ana.is_on("chat")  # Escape closed the dialog, and was not the first of two for "stop"
    await expect(ana.part("stop")).not_to_contain_text("?")


async def test_in_a_text_chat_the_lock_never_says_compared(street: Street, blind: Browser) -> None:
    ana, _ = await met_in_text(street, blind)
    await ana.part("lock").click()
    await ana.sees("seal-dialog", "another channel")
    await expect(ana.part("seal-matches")).to_have_count(0)
    await ana.part("seal-close").click()
    await expect(ana.part("lock")).to_have_attribute("data-seal", "sealed")


async def test_in_a_call_who_compared_sees_so(street: Street, red: Browser, blue: Browser) -> None:
    ana, ben = await in_a_call(street, red, blue)
    assert await emoji_of(ana) == await emoji_of(ben)
    await ana.part("lock").click()
    await ana.part("seal-matches").click()
    await expect(ana.part("lock")).to_have_attribute("data-seal", "compared")
    await expect(ben.part("lock")).to_have_attribute("data-seal", "sealed")


async def test_emoji_that_differ_end_the_chat_and_say_why(street: Street, red: Browser, blue: Browser) -> None:
    ana, ben = await in_a_call(street, red, blue)
    await ana.part("lock").click()
    await ana.part("seal-differs").click()
    await ana.sees("partner-banner", "differ")
    await ben.sees("partner-banner", "left")
    assert await ana.page.evaluate("openCalls()") == 0
    await expect(ana.part("again")).to_have_count(0)
    await ana.next()
    await ana.is_on("searching")


async def test_nothing_that_is_said_leaves_the_page_readable(street: Street, red: Browser, blue: Browser) -> None:
    ana, ben = await street.comes(red), await street.comes(blue)
    sent: list[str] = []

    def listen(socket: WebSocket) -> None:
        socket.on("framesent", lambda payload: sent.append(str(payload)))

    ana.page.on("websocket", listen)
    await ana.page.reload()
    await ana.start("video", "jazz")
    await ben.start("video", "jazz")
    await until(partial(decodes, ana, 5), "Ben's video")
    await ana.say("the secret word")
    await ben.reads("the secret word")
    said = "\n".join(sent)
    assert '"seal":{"v":1' in said, "what was sent is what was listened to"
    for readable in ("secret", "candidate:", "a=fingerprint", "v=0", '"mic"'):
        assert readable not in said


async def test_texts_written_while_the_partner_is_away_wait_and_go_in_order(street: Street, blind: Browser) -> None:
    link = TcpProxy(urlsplit(street.url).port or 0)
    ana = await street.comes(blind)
    ben = await street.comes(blind, f"http://localhost:{await link.open()}")
    await ana.start("text")
    await ben.start("text")
    await ana.meets()
    await ana.say("before")
    await ben.reads("before")
    link.cut()
    await ana.sees("partner-banner")
    for text in ("one", "two", "three"):
        await ana.say(text)
    waiting = ana.page.locator(".text[data-state=waiting]")
    await expect(waiting).to_have_count(3)
    link.heal()
    await ben.reads("three")
    assert await ben.part("text").all_inner_texts() == ["before", "one", "two", "three"]
    await expect(ana.page.locator(".text[data-state=delivered]")).to_have_count(4)
    await link.close()


async def test_a_text_of_12_000_bytes_goes_and_a_longer_one_is_counted(street: Street, blind: Browser) -> None:
    ana, ben = await met_in_text(street, blind)
    await ana.part("text-input").fill("é" * 6_000 + "abc")
    await ana.sees("too-long", "3 characters too many")
    await expect(ana.part("send")).to_be_disabled()
    await ana.part("text-input").press("Enter")
    await ana.say("é" * 6_000)
    await ben.part("show-all").click()
    await expect(ben.part("text")).to_have_text("é" * 6_000)
    await expect(ana.part("text")).to_have_count(1)


async def test_the_same_person_again_is_sealed_anew(street: Street, blind: Browser) -> None:
    ana, ben = await met_in_text(street, blind)
    before = await emoji_of(ana)
    await ana.part("stop").click()
    await ana.part("again").click()
    await ben.part("again").click()
    await ana.meets()
    after = await emoji_of(ana)
    assert after == await emoji_of(ben)
    assert after != before, "by chance the same once in 16,777,216 runs"
