"""What a lying relay can try on a call, in real browsers. The fingerprint of each side travels sealed."""

import re
import secrets
from collections.abc import Callable
from functools import partial

import pytest
from playwright.async_api import Browser

from omefree.seal.content import Content, Description, Media
from tests.e2e.people import Person, Street, serving
from tests.e2e.relay import Middle, flip
from tests.e2e.victims import Tapped, comes, has_left, is_connected, is_told, meets_the_next, met, names_of_emoji
from tests.until import until

DESCRIPTION_CHARS = 2_000  # sealed, a description is longer than that; a candidate is not


async def test_who_sees_that_the_emoji_differ_ends_the_chat(street: Street, red: Browser, blue: Browser) -> None:
    (ana, to_ana), (ben, to_ben) = await comes(street, red), await comes(street, blue)
    Middle(to_ana, to_ben)
    await met("video", ana, ben)
    for person in (ana, ben):
        await is_connected(person)
    assert await names_of_emoji(ana) != await names_of_emoji(ben)
    await ana.part("seal-differs").click()
    await is_told(ana, "seal_differs")
    await has_left(ben)
    assert await ana.page.evaluate("openCalls()") == 0
    await meets_the_next(Tapped(ana, to_ana), await street.comes(blue), "video")


def with_fingerprint(sdp: str, *fingerprints: str) -> str:
    """Each of the description's is replaced by these."""
    lines = "".join(f"a=fingerprint:sha-256 {each}\r\n" for each in fingerprints)
    return re.sub(r"a=fingerprint:.*\r\n", lines, sdp)


def a_fingerprint() -> str:
    return secrets.token_bytes(32).hex(":").upper()


def with_two(content: Content) -> Content:
    if isinstance(content, Description):
        return Description(content.type, with_fingerprint(content.sdp, a_fingerprint(), a_fingerprint()))
    return content


def with_none(content: Content) -> Content:
    return Description(content.type, with_fingerprint(content.sdp)) if isinstance(content, Description) else content


def with_another() -> Callable[[Content], Content]:
    """The same in each description."""
    other = a_fingerprint()

    def edit(content: Content) -> Content:
        if isinstance(content, Description):
            return Description(content.type, with_fingerprint(content.sdp, other))
        return content

    return edit


@pytest.mark.parametrize("edit", [with_two, with_none])
async def test_a_description_of_another_connection_ends_the_chat(
    edit: Callable[[Content], Content], street: Street, red: Browser, blue: Browser
) -> None:
    (ana, to_ana), (ben, to_ben) = await comes(street, red), await comes(street, blue)
    Middle(to_ana, to_ben, edit)
    await met("video", ana, ben)
    await is_told(ana, "seal_media")
    await has_left(ben)
    assert await ana.page.evaluate("openCalls()") == 0
    await meets_the_next(Tapped(ana, to_ana), await street.comes(blue), "video")


async def test_a_later_description_of_another_certificate_ends_the_chat(
    street: Street, red: Browser, blue: Browser
) -> None:
    (ana, to_ana), (ben, to_ben) = await comes(street, red), await comes(street, blue)
    descriptions: list[Content] = []
    later: list[Content] = []

    def edit(content: Content) -> Content:
        if isinstance(content, Description):
            descriptions.append(content)
        return later[0] if isinstance(content, Media) and later else content

    Middle(to_ana, to_ben, edit)
    await met("video", ana, ben)
    for person in (ana, ben):
        await is_connected(person)
    later.append(with_another()(descriptions[0]))
    await ben.part("mic").click()
    await is_told(ana, "seal_media")
    await has_left(ben)
    assert await ana.page.evaluate("openCalls()") == 0
    await meets_the_next(Tapped(ana, to_ana), await street.comes(blue), "video")


async def test_a_call_with_another_certificate_never_connects(street: Street, red: Browser, blue: Browser) -> None:
    (ana, to_ana), (ben, to_ben) = await comes(street, red), await comes(street, blue)
    Middle(to_ana, to_ben, with_another())
    await met("video", ana, ben)
    await until(partial(call_failed, ana), "the browser refuses the certificate")
    assert "connected" not in await ana.page.evaluate("callStates()")
    for person in (ana, ben):
        assert await person.frames() == 0
    assert await names_of_emoji(ana) != await names_of_emoji(ben)


async def call_failed(person: Person) -> bool:
    return "failed" in await person.page.evaluate("callStates()")


async def test_a_flipped_bit_in_a_description_ends_the_chat(street: Street, red: Browser, blue: Browser) -> None:
    (ana, to_ana), (ben, _) = await comes(street, red), await comes(street, blue)
    to_ana.down = lambda said: flip(said) if len(said.data) > DESCRIPTION_CHARS else [said]
    await met("video", ana, ben)
    await is_told(ana, "seal_broken")
    await has_left(ben)
    assert "connected" not in await ana.page.evaluate("callStates()")
    await meets_the_next(Tapped(ana, to_ana), await street.comes(blue), "video")


async def test_who_hides_stays_hidden_whatever_the_relay_says(red: Browser, blue: Browser) -> None:
    async with serving("--turn-url", "turn:127.0.0.1:9", "--turn-secret", "a secret") as url:
        street = Street(url)
        (ana, to_ana), (ben, _) = await comes(street, red), await comes(street, blue)
        to_ana.matched = lambda told: {**told, "relay_only": False}
        await ana.part("hide").check()
        await met("video", ana, ben)
        (made,) = await ana.page.evaluate("callsMade()")
        assert made["iceTransportPolicy"] == "relay"
        await street.close()
