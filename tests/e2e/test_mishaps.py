"""What happens to an honest relay and an honest link: it ends no chat, loses no text, and shows none twice."""

from functools import partial
from urllib.parse import urlsplit

import pytest
from playwright.async_api import Browser, expect

from tests.e2e.people import GUARD_S, Person, Street, TcpProxy
from tests.e2e.victims import Tapped, comes, delivered, ever_read, is_connected, is_sealed, met, read
from tests.until import until


async def test_a_refused_text_and_then_a_signal(street: Street, red: Browser, blue: Browser) -> None:
    (ana, of_ana), (ben, _) = await comes(street, red), await comes(street, blue)
    await met("video", ana, ben)
    await is_connected(ana)
    refusals = iter([{"ok": False, "code": "rate_limited", "message": "", "retry_after_s": 1}])
    of_ana.refuses = lambda said: next(refusals, None) if said.event == "message" else None
    await ana.say("once")
    await ana.part("mic").click()
    await ben.sees("partner-muted")
    await ana.say("and again")
    await expect(delivered(ana)).to_have_count(2, timeout=GUARD_S * 1000)
    assert await read(ben) == await ever_read(ben) == ["once", "and again"]
    await has_survived(ana, ben)


async def has_survived(*people: Person) -> None:
    """The one call that was made."""
    for person in people:
        await expect(person.page.locator("main[data-ended]")).to_have_count(0)
        assert await person.page.evaluate("callStates()") == ["connecting", "connected"]
        assert await person.page.evaluate("openCalls()") == 1
        before = await person.frames()
        await until(partial(has_more, person, before), "the picture moves on")


async def has_more(person: Person, frames: int) -> bool:
    return await person.frames() > frames


@pytest.mark.parametrize("event", ["message", "signal"])
async def test_lost_acknowledgements(event: str, three: list[Tapped]) -> None:
    (ana, of_ana), (ben, _), _ = three
    of_ana.unanswered = lambda said: said.event == event
    await met("text", ana, ben)
    for text in ("one", "two"):
        await ana.say(text)
    await expect(delivered(ana)).to_have_count(2, timeout=GUARD_S * 1000)
    await ben.say("three")
    await ana.reads("three")
    assert await read(ben) == await ever_read(ben) == ["one", "two"]


async def test_both_away_at_once_in_a_call(street: Street, red: Browser, blue: Browser) -> None:
    """With texts under way both ways; the call does not even notice."""
    link = TcpProxy(urlsplit(street.url).port or 0)
    url = f"http://localhost:{await link.open()}"
    (ana, of_ana), (ben, of_ben) = await comes(street, red, url), await comes(street, blue, url)
    await met("video", ana, ben)
    for person in (ana, ben):
        await is_connected(person)
    for number in range(4):
        for person in (ana, ben):
            await person.say(f"text {number}")
        if number == 1:
            link.cut()
    link.heal()
    texts = [f"text {number}" for number in range(4)]
    for person in (ana, ben):
        await expect(delivered(person)).to_have_count(4, timeout=GUARD_S * 1000)
        assert await read(person) == await ever_read(person) == texts
    assert (of_ana.links, of_ben.links) > (1, 1)
    await has_survived(ana, ben)
    await link.close()


async def test_both_away_at_once_before_it_is_sealed(street: Street, blind: Browser) -> None:
    link = TcpProxy(urlsplit(street.url).port or 0)
    url = f"http://localhost:{await link.open()}"
    (ana, of_ana), (ben, _) = await comes(street, blind, url), await comes(street, blind, url)

    def cut(met: dict[str, object]) -> dict[str, object]:
        link.cut()
        return met

    of_ana.matched = cut
    await met("text", ana, ben)
    await ana.say("written too early")
    of_ana.honest()
    link.heal()
    await is_sealed(ana, ben)
    await ben.reads("written too early")
    assert of_ana.links > 1
    await link.close()
