"""A link that breaks and heals, and a server that goes: nothing is lost in silence, nothing comes twice."""

import asyncio
import signal
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from omefree.client import Ended, LinkBack, LinkLost, Matched, Partner, Refused, Sealed, Text, Visitor
from tests.client.people import GUARD_S, hears, look, meet, sealed, talks_with_somebody, topic, two
from tests.e2e.people import TcpProxy
from tests.test_server import running

TEXTS = 50


@pytest.fixture
async def link(url: str) -> AsyncIterator[TcpProxy]:
    made = TcpProxy(urlsplit(url).port or 0)
    await made.open()
    yield made
    await made.close()


def through(link: TcpProxy) -> str:
    return f"http://localhost:{link.port}"


async def talk(visitor: Visitor, letter: str) -> None:
    for number in range(TEXTS):
        visitor.say(f"{letter}{number}")
        await asyncio.sleep(0)


async def hears_all(visitor: Visitor, letter: str) -> None:
    """Every text once and in order, and no end."""
    heard: list[str] = []
    async with asyncio.timeout(GUARD_S):
        while len(heard) < TEXTS:
            event = await visitor.next_event()
            assert not isinstance(event, Ended)
            if isinstance(event, Text):
                assert event.n == len(heard)
                heard.append(event.text)
    assert heard == [f"{letter}{number}" for number in range(TEXTS)]


async def test_texts_both_ways_survive_a_cut(url: str, link: TcpProxy) -> None:
    async with two(through(link), url) as (a, b):
        await sealed(a, b)
        for visitor, letter in ((a, "a"), (b, "b")):
            for number in range(TEXTS // 2):
                visitor.say(f"{letter}{number}")
        await hears(b, Text)  # under way
        link.cut()
        await hears(a, LinkLost)
        assert (await hears(b, Partner)).state == "away"
        for visitor, letter in ((a, "a"), (b, "b")):
            for number in range(TEXTS // 2, TEXTS):
                visitor.say(f"{letter}{number}")
        link.heal()
        await hears(a, LinkBack)
        got_a, got_b = await texts(a, b, "b"), await texts(b, a, "a")
        assert got_a == [f"b{number}" for number in range(TEXTS)][-len(got_a) :]
        assert got_b == [f"a{number}" for number in range(TEXTS)][-len(got_b) :]


async def texts(reader: Visitor, writer: Visitor, letter: str) -> list[str]:
    """Those still to come, up to the last."""
    heard = []
    last = f"{letter}{TEXTS - 1}"
    while (text := (await hears(reader, Text)).text) != last:
        heard.append(text)
    return [*heard, last]


async def test_many_cuts(url: str, link: TcpProxy) -> None:
    async with two(through(link), url) as (a, b):
        await sealed(a, b)
        listening = asyncio.gather(hears_all(a, "b"), hears_all(b, "a"))
        for number in range(TEXTS):
            a.say(f"a{number}")
            b.say(f"b{number}")
            if number % 10 == 5:
                link.cut()
                link.heal()
            await a.typing(True)
        await listening


async def test_a_cut_in_the_handshake(url: str, link: TcpProxy) -> None:
    async with two(through(link), url) as (a, b):
        await meet(a, b)
        link.cut()
        await hears(a, LinkLost)
        link.heal()
        assert (await hears(a, Sealed)).emoji == (await hears(b, Sealed)).emoji


async def test_both_away_at_once(url: str, link: TcpProxy) -> None:
    where = through(link)
    async with two(where) as (a, b):
        await sealed(a, b)
        link.cut()
        for each in (a, b):
            await hears(each, LinkLost)
        a.say("from the dark")
        b.say("from the dark, too")
        link.heal()
        assert (await hears(b, Text)).text == "from the dark"
        assert (await hears(a, Text)).text == "from the dark, too"


async def test_a_cut_while_searching(url: str, link: TcpProxy) -> None:
    async with two(through(link), url) as (a, b):
        about = topic()
        await look(a, about)
        link.cut()
        await hears(a, LinkLost)
        link.heal()
        await look(b, about)
        assert (await hears(a, Sealed)).emoji == (await hears(b, Sealed)).emoji


async def test_next_while_the_link_is_down(url: str, link: TcpProxy) -> None:
    async with two(through(link), url) as (a, b):
        await sealed(a, b)
        link.cut()
        await hears(a, LinkLost)
        finding = asyncio.create_task(a.find(interests=[topic()], patience_s=None))
        link.heal()
        async with asyncio.timeout(GUARD_S):
            await finding
        assert (await hears(b, Ended)).reason == "skipped"
        assert a.chat is None
        await talks_with_somebody(a, url)


async def test_leaving_while_the_link_is_down(url: str, link: TcpProxy) -> None:
    async with two(through(link), url) as (a, b):
        await sealed(a, b)
        link.cut()
        await hears(a, LinkLost)
        await a.leave()
        link.heal()
        assert (await hears(b, Ended)).reason == "left"
        await talks_with_somebody(a, url)


async def test_the_partner_leaves_while_we_are_away(url: str, link: TcpProxy) -> None:
    async with two(through(link), url) as (a, b):
        await sealed(a, b)
        link.cut()
        await hears(a, LinkLost)
        await b.leave()
        link.heal()
        assert (await hears(a, Ended)).reason == "left"
        await a.again()
        await b.again()
        assert (await hears(a, Matched)).again
        assert (await hears(a, Sealed)).emoji == (await hears(b, Sealed)).emoji


async def test_again_over_a_break(url: str, link: TcpProxy) -> None:
    async with two(through(link), url) as (a, b):
        await sealed(a, b)
        await b.leave()
        await hears(a, Ended)
        await a.again()
        link.cut()
        await hears(a, LinkLost)
        await b.again()
        link.heal()
        assert (await hears(a, Sealed)).emoji == (await hears(b, Sealed)).emoji


async def test_typing_to_nobody(url: str, link: TcpProxy) -> None:
    async with two(through(link), url) as (a, b):
        await sealed(a, b)
        link.cut()
        await hears(b, Partner)
        await hears(a, LinkLost)
        async with asyncio.timeout(GUARD_S):
            await a.typing(True)
            await b.typing(True)


async def test_going_while_the_link_is_down(url: str, link: TcpProxy) -> None:
    async with Visitor(url) as b:
        async with Visitor(through(link)) as a:
            await sealed(a, b)
            link.cut()
            await hears(a, LinkLost)
            waiting = asyncio.create_task(a.find())
            await asyncio.sleep(0)
        with pytest.raises(Exception, match="left"):
            await waiting
        assert (await hears(b, Partner)).state == "away"


async def test_a_server_that_drains(page: Path) -> None:
    with running(page, "--stun-port", "0") as server:
        async with two(server.url) as (a, b):
            await sealed(a, b)
            server.process.send_signal(signal.SIGTERM)
            assert (await hears(a, Ended)).reason == "drained"
            assert (await hears(b, Ended)).reason == "drained"
            try:
                async with asyncio.timeout(1):
                    await a.find()
            except Refused as refused:
                assert refused.code == "draining"
            except TimeoutError:
                pass  # the server was faster
            await hears(b, LinkLost)
            assert await asyncio.to_thread(server.wait) == 0
