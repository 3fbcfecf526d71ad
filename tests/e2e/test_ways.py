"""ip-told: what the page says of addresses, before and in a call, is the pair of candidates that both browsers use.

With a real coturn and real calls.
"""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from functools import partial

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from tests.e2e.people import Person, Street, are_sealed, decodes, serving
from tests.e2e.ways import (
    DIRECT,
    GUARD_S,
    RELAY_ALONE,
    RELAYED,
    TOLD,
    addresses_said,
    ends,
    says_the_way,
    types_said,
    watch_ways,
)
from tests.net.test_turn import SECRET, answering
from tests.until import until

BEFORE = "they can then see your network (IP) address"
HIDDEN = "so the other person can’t see your network (IP) address"


@pytest_asyncio.fixture(loop_scope="session", scope="module")
async def relayed(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Street]:
    """A server with a relay."""
    folder = tmp_path_factory.mktemp("coturn")
    async with answering(folder) as port, with_relay(f"turn:127.0.0.1:{port}") as url:
        street = Street(url)
        yield street
        await street.close()


def with_relay(turn: str) -> AbstractAsyncContextManager[str]:
    return serving("--turn-url", turn, "--turn-secret", SECRET)


async def comes(street: Street, browser: Browser, *scripts: str) -> Person:
    async def before(page: Page) -> None:
        await watch_ways(page, *scripts)

    return await street.comes(browser, before=before)


async def call(*people: Person) -> None:
    for person in people:
        await person.start("video")
    for person in people:
        await person.meets()
        await until(partial(decodes, person, 3), "the other's video", GUARD_S)


async def leave(*people: Person) -> None:
    for person in people:
        await person.part("stop").click()
        await person.page.context.close()


async def test_a_direct_call_shows_the_address_and_the_page_says_so_before_and_in_it(
    relayed: Street, red: Browser, blue: Browser
) -> None:
    ana, ben = await comes(relayed, red), await comes(relayed, blue)
    await ana.sees("hide-word", BEFORE)
    await ana.part("start-video").click()
    await ana.sees("entry-hide-word", BEFORE)
    await ana.part("entry-later").click()
    await call(ana, ben)
    for one, other in ((ana, ben), (ben, ana)):
        await says_the_way(one, other, DIRECT)
        assert await types_said(one) - {"relay"}, "neither a host nor a server-reflexive candidate, and yet direct"
    await leave(ana, ben)


@pytest.mark.parametrize("asks", ["the first", "the second"])
async def test_if_either_hides_both_go_through_the_relay_and_name_no_other_address(
    asks: str, relayed: Street, red: Browser, blue: Browser
) -> None:
    ana, ben = await comes(relayed, red), await comes(relayed, blue)
    hider = ana if asks == "the first" else ben
    await hider.part("start-video").click()
    await hider.part("entry-hide").check()
    await hider.sees("entry-hide-word", HIDDEN)
    await hider.part("entry-later").click()
    await expect(hider.part("hide")).to_be_checked()
    await hider.sees("hide-word", HIDDEN)
    await call(ana, ben)
    for one, other in ((ana, ben), (ben, ana)):
        await says_the_way(one, other, RELAYED)
        assert await ends(one) == ("relay", "relay")
        assert await types_said(one) == {"relay"}
        assert await addresses_said(one) <= {"127.0.0.1", "0.0.0.0"}, "the relay's, and none behind it"
    await leave(ana, ben)


async def test_a_text_chat_that_climbs_to_sound_hides_both_sides_too(
    relayed: Street, red: Browser, blue: Browser
) -> None:
    ana, ben = await comes(relayed, red), await comes(relayed, blue)
    await ana.part("hide").check()
    for person in (ana, ben):
        await person.start("text")
    await are_sealed(ana, ben)
    await ben.part("step-1").click()
    await ana.sees("step-ask", "Your network addresses stay hidden")
    await ana.part("step-yes").click()
    for one, other in ((ana, ben), (ben, ana)):
        await says_the_way(one, other, RELAYED)
        assert await ends(one) == ("relay", "relay")
        assert await types_said(one) == {"relay"}
    await leave(ana, ben)


async def test_a_relay_that_the_network_forces_is_told_apart_from_hiding(
    relayed: Street, red: Browser, blue: Browser
) -> None:
    """Ana's network lets only the relay through: Ben's address is seen at it, and Ana's page named what it found."""
    ana, ben = await comes(relayed, red, RELAY_ALONE), await comes(relayed, blue)
    await call(ana, ben)
    await says_the_way(ana, ben, TOLD)
    await says_the_way(ben, ana, DIRECT)
    await leave(ana, ben)


async def test_a_relay_that_fails_is_told_and_no_other_way_is_taken(red: Browser, blue: Browser) -> None:
    async with with_relay("turn:127.0.0.1:9") as url:
        street = Street(url)
        ana, ben = await comes(street, red), await comes(street, blue)
        await ana.part("hide").check()
        for person in (ana, ben):
            await person.start("video")
        for person in (ana, ben):
            await expect(person.part("call-word")).to_contain_text(
                "we connect you no other way", timeout=GUARD_S * 1000
            )
            await expect(person.part("call-word")).to_contain_text("The relay didn’t carry this call")
        await ana.say("in writing then")
        await ben.reads("in writing then")
        for person in (ana, ben):
            assert (await person.frames(), await ends(person), await types_said(person)) == (0, None, set())
        await street.close()


async def test_where_no_relay_is_nothing_is_offered_and_the_page_says_what_a_call_shows(
    street: Street, red: Browser, blue: Browser
) -> None:
    ana, ben = await comes(street, red), await comes(street, blue)
    await ana.sees("hide-word", BEFORE)
    await ana.is_up()
    await expect(ana.part("hide")).to_have_count(0)
    await call(ana, ben)
    await says_the_way(ana, ben, DIRECT)
    await says_the_way(ben, ana, DIRECT)
