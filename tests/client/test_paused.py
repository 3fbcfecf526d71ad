"""What a program is told when it may not search: why, until when, and that nothing is asked again by itself."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

import pytest

from omefree.client import ConnectError, Event, Failed, Online, Pause, Paused, Refused, Visitor
from omefree.client.pauses import PAUSE_MAX_S
from tests.client.scripted_server import OPEN, ScriptedConnection, ScriptedServer, scripted_server, welcome

GUARD_S = 20.0
TOLD = '"retry_after_s":540,"reason":"nudity","open":["text"],"whose":"address"'
PAUSE = Pause(retry_after_s=540, reason="nudity", open=("text",), whose="address")
REFUSED = '{"ok":false,"code":"paused","message":"",%s}'
BLOCKED = '44{"message":"","data":{"code":"paused","reason":"blocked","open":[],"whose":"address"}}'


@contextlib.asynccontextmanager
async def entered(welcomed: str = "") -> AsyncIterator[tuple[Visitor, ScriptedConnection, ScriptedServer]]:
    """A visitor that a scripted server has welcomed."""
    async with scripted_server() as server:
        visitor = Visitor(server.url)
        entering = asyncio.create_task(visitor.__aenter__())
        connection = await server.comes()
        await connection.greet(welcomed)
        await entering
        yield visitor, connection, server
        await visitor.close()


async def answers(connection: ScriptedConnection, begin: str, reply: str) -> None:
    """Replies to the next event, which is of this name."""
    asked = await connection.hears("42")
    number, bracket, event = asked[2:].partition("[")
    assert bracket and event.startswith(f'"{begin}"'), asked
    await connection.say(f"43{number}[{reply}]")


async def told(visitor: Visitor) -> Event:
    """The next event but the count of who is online."""
    async with asyncio.timeout(GUARD_S):
        while isinstance(event := await visitor.next_event(), Online):
            pass
    return event


def paused_welcome() -> str:
    return welcome().replace('"resumed":null', f'"resumed":null,"paused":{{{TOLD}}}')


async def test_welcome_tells_a_pause_and_a_null_its_end() -> None:
    async with entered(paused_welcome()) as (visitor, connection, _):
        assert await told(visitor) == Paused(PAUSE)
        await connection.say('42["paused",null]')
        assert await told(visitor) == Paused(None)
        await connection.say('42["paused",{"reason":"frozen","open":[],"whose":"server"}]')
        assert await told(visitor) == Paused(Pause(reason="frozen", open=(), whose="server"))


async def test_a_search_that_is_refused_says_all_and_is_not_repeated() -> None:
    async with entered() as (visitor, connection, _):
        finding = asyncio.create_task(visitor.find("video"))
        await answers(connection, "find", REFUSED % TOLD)
        with pytest.raises(Refused) as refused:
            await finding
        assert (refused.value.code, refused.value.pause, refused.value.retry_after_s) == ("paused", PAUSE, 540)
        leaving = asyncio.create_task(visitor.leave())
        await answers(connection, "leave", '{"ok":true}')
        await leaving


async def test_a_search_after_a_break_that_is_refused_becomes_an_event_and_ends() -> None:
    async with entered() as (visitor, connection, server):
        finding = asyncio.create_task(visitor.find())
        await answers(connection, "find", '{"ok":true}')
        await finding
        await connection.close()
        next_one = await server.comes()
        await next_one.greet()
        await answers(next_one, "find", REFUSED % TOLD)
        while not isinstance(event := await told(visitor), Failed):
            pass
        assert (event.code, event.pause) == ("paused", PAUSE)
        leaving = asyncio.create_task(visitor.leave())
        await answers(next_one, "leave", '{"ok":true}')
        await leaving


async def test_failed_carries_a_pause() -> None:
    async with entered() as (visitor, connection, _):
        await connection.say(f'42["failed",{{"event":null,"chat":null,"code":"paused","message":"m",{TOLD}}}]')
        assert await told(visitor) == Failed("paused", "m", 540, PAUSE)


async def refused_with(words: str) -> Refused:
    async with entered() as (visitor, connection, _):
        finding = asyncio.create_task(visitor.find())
        await answers(connection, "find", REFUSED % words)
        with pytest.raises(Refused) as refused:
            await finding
        return refused.value


async def test_what_a_later_version_says_breaks_nothing() -> None:
    later = await refused_with('"retry_after_s":1e9,"reason":"boredom","open":["text","dance"],"whose":"moon"')
    assert later.pause == Pause(retry_after_s=PAUSE_MAX_S, reason="mixed", open=("text",), whose="visit")
    bare = await refused_with('"retry_after_s":-3')
    assert bare.pause == Pause(retry_after_s=0, reason="mixed", open=(), whose="visit")


async def blocks(connection: ScriptedConnection) -> None:
    await connection.say(OPEN % (9_000, 9_000))
    await connection.hear()
    await connection.say(BLOCKED)


async def test_a_blocked_address_is_told_on_entering() -> None:
    async with scripted_server() as server:
        entering = asyncio.create_task(Visitor(server.url).__aenter__())
        await blocks(await server.comes())
        with pytest.raises(ConnectError) as refused:
            await entering
        assert (refused.value.reason, refused.value.code) == ("busy", "paused")
        assert refused.value.pause == Pause(reason="blocked", open=(), whose="address")


async def test_an_address_that_is_blocked_later_is_told_and_does_not_knock_again() -> None:
    async with entered() as (visitor, connection, server):
        await connection.close()
        await blocks(await server.comes())
        async with asyncio.timeout(GUARD_S):
            events = [event async for event in visitor]
        assert events[-1] == Paused(Pause(reason="blocked", open=(), whose="address"))
