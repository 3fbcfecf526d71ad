"""A link and a connection against a server that a test plays by hand."""

import asyncio

import pytest

from omefree.client import (
    Closed,
    Ended,
    Failed,
    LinkBack,
    LinkLost,
    Matched,
    Online,
    Outdated,
    Refused,
    Searching,
    Visitor,
)
from omefree.client import retry as retrying
from tests.client.people import GUARD_S, hears
from tests.client.scripted_server import OPEN, ScriptedConnection, ScriptedServer, scripted_server, welcome
from tests.client.wires import number

COMMIT = "A" * 43


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retrying, "FIRST_S", 0.01)


async def enter(server: ScriptedServer, visitor: Visitor) -> ScriptedConnection:
    entering = asyncio.create_task(visitor.__aenter__())
    connection = await server.comes()
    await connection.greet()
    await entering
    await hears(visitor, Online)
    return connection


def matched(chat: str, seal: str = f'{{"v":1,"commit":"{COMMIT}"}}') -> str:
    return (
        f'42["matched",{{"chat":"{chat}","polite":true,"mode":"text","common":[],"languages":[],'
        f'"relay_only":false,"ice_servers":[],"seal":{seal}}}]'
    )


async def finds(visitor: Visitor, connection: ScriptedConnection) -> str:
    """The visitor's find, answered with yes."""
    finding = asyncio.create_task(visitor.find())
    find = await connection.hears("42")
    await connection.say(f'43{number(find)}[{{"ok":true}}]')
    await finding
    return find


async def test_pings_are_answered() -> None:
    async with scripted_server() as server, asyncio.timeout(GUARD_S):
        visitor = Visitor(server.url)
        connection = await enter(server, visitor)
        await connection.say("2")
        assert await connection.hear() == "3"
        await connection.say("6", "2probe")
        assert await connection.hear() == "3probe"
        await visitor.close()


async def test_the_end_is_said() -> None:
    async with scripted_server() as server:
        visitor = Visitor(server.url)
        connection = await enter(server, visitor)
        closing = asyncio.create_task(visitor.close())
        assert [await connection.hear(), await connection.hear()] == ["41", "CLOSE"]
        await closing


async def test_a_silent_link_is_given_up_and_resumed() -> None:
    async with scripted_server() as server:
        visitor = Visitor(server.url)
        entering = asyncio.create_task(visitor.__aenter__())
        first = await server.comes()
        await first.greet(welcome(resume="one"), ping_ms=600, pong_ms=400)
        await entering
        assert (await hears(visitor, LinkLost)).code is None
        second = await server.comes()
        assert await second.greet(welcome(resume="two")) == '40{"v":1,"resume":"one"}'
        await hears(visitor, LinkBack)
        await visitor.close()


@pytest.mark.parametrize(
    "broken",
    ["x", "", "0{}", "4", "42", "42{}", "42[", '42["online"', "43[]", '431{"ok":true}', "45", "41", "1", "2x3"],
)
async def test_garbage_breaks_the_link_and_not_the_visitor(broken: str) -> None:
    async with scripted_server() as server:
        visitor = Visitor(server.url)
        connection = await enter(server, visitor)
        await connection.say(broken)
        if broken == "2x3":
            assert await connection.hear() == "3x3"
        else:
            await hears(visitor, LinkLost)
            await (await server.comes()).greet()
            await hears(visitor, LinkBack)
        await visitor.close()


async def test_a_binary_or_huge_message_breaks_the_link() -> None:
    async with scripted_server() as server:
        visitor = Visitor(server.url)
        connection = await enter(server, visitor)
        await connection.socket.send_bytes(b"x")
        await hears(visitor, LinkLost)
        second = await server.comes()
        await second.greet()
        await second.say("4" + "x" * 200_000)
        await hears(visitor, LinkLost)
        await visitor.close()


async def test_what_only_a_later_version_knows_is_passed_over() -> None:
    async with scripted_server() as server:
        visitor = Visitor(server.url)
        connection = await enter(server, visitor)
        await connection.say('42["karma",{"points":3}]', '42["online","many"]', '4299["online",7,8]', '42["online",7]')
        assert (await hears(visitor, Online)).count == 7
        await visitor.close()


async def test_an_unknown_code_is_internal() -> None:
    async with scripted_server() as server:
        visitor = Visitor(server.url)
        connection = await enter(server, visitor)
        finding = asyncio.create_task(visitor.find())
        await connection.say(
            f'43{number(await connection.hears("42"))}[{{"ok":false,"code":"novel","retry_after_s":-5}}]'
        )
        with pytest.raises(Refused) as refused:
            await finding
        assert (refused.value.code, refused.value.retry_after_s) == ("internal", 0)
        await visitor.close()


async def test_a_server_that_does_not_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("omefree.client.link.ANSWER_S", 0.05)
    async with scripted_server() as server:
        visitor = Visitor(server.url)
        await enter(server, visitor)
        with pytest.raises(Refused) as refused:
            await visitor.find()
        assert refused.value.code == "slow"
        await visitor.close()


async def test_a_question_survives_a_broken_link() -> None:
    async with scripted_server() as server:
        visitor = Visitor(server.url)
        connection = await enter(server, visitor)
        finding = asyncio.create_task(visitor.find(interests=["jazz"]))
        first = await connection.hears("42")
        await connection.close()
        connection = await server.comes()
        await connection.greet()
        second = await connection.hears("42")
        assert second[second.index("[") :] == first[first.index("[") :], "the same offer, too"
        await connection.say(f'43{number(second)}[{{"ok":true}}]')
        await finding
        await visitor.close()


async def test_a_search_whose_session_is_gone_is_asked_for_again() -> None:
    async with scripted_server() as server:
        visitor = Visitor(server.url)
        connection = await enter(server, visitor)
        first = await finds(visitor, connection)
        await connection.close()
        connection = await server.comes()
        await connection.greet()
        again = await connection.hears("42")
        assert again[again.index("[") :] == first[first.index("[") :]
        await connection.say(f'43{number(again)}[{{"ok":false,"code":"rate_limited","retry_after_s":0.01}}]')
        again = await connection.hears("42")
        await connection.say(f'43{number(again)}[{{"ok":false,"code":"bad_criteria","field":"interests"}}]')
        assert (await hears(visitor, Failed)).code == "bad_criteria"
        await visitor.close()


async def test_a_search_that_the_server_kept_is_not() -> None:
    async with scripted_server() as server:
        visitor = Visitor(server.url)
        connection = await enter(server, visitor)
        await finds(visitor, connection)
        await connection.close()
        connection = await server.comes()
        await connection.greet(welcome(resumed='{"state":"searching"}'))
        await connection.say('42["searching",{"since_s":3,"widened":false}]', "2")
        assert await connection.hear() == "3"
        assert (await hears(visitor, Searching)).since_s == 3
        await visitor.close()


async def test_a_chat_whose_session_is_gone_is_broken() -> None:
    async with scripted_server() as server:
        visitor = Visitor(server.url)
        connection = await enter(server, visitor)
        await finds(visitor, connection)
        await connection.say(matched("c1"))
        await hears(visitor, Matched)
        await connection.close()
        await (await server.comes()).greet()
        ended = await hears(visitor, Ended)
        assert (ended.chat, ended.reason) == ("c1", "broken")
        await visitor.close()


@pytest.mark.parametrize(("follows", "reason"), [('42["ended","c1","skipped"]', "skipped"), ("2", "broken")])
async def test_a_chat_that_ended_meanwhile(follows: str, reason: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("omefree.client.state.ENDED_FOLLOWS_S", 0.1)
    async with scripted_server() as server:
        visitor = Visitor(server.url)
        connection = await enter(server, visitor)
        await finds(visitor, connection)
        await connection.say(matched("c1"))
        await hears(visitor, Matched)
        await connection.close()
        connection = await server.comes()
        await connection.greet(welcome(resumed='{"state":"idle"}'))
        await connection.say(follows)
        assert (await hears(visitor, Ended)).reason == reason
        await visitor.close()


async def test_a_search_goes_on_whose_chat_ended_without_a_word() -> None:
    """The server has taken our find, and found somebody who has left again: all of it while our link was broken."""
    async with scripted_server() as server:
        visitor = Visitor(server.url)
        connection = await enter(server, visitor)
        await finds(visitor, connection)
        await connection.say(matched("c1"))
        await hears(visitor, Matched)
        finding = asyncio.create_task(visitor.find())
        assert '"from":"c1"' in await find_of(connection)
        await connection.close()
        connection = await server.comes()
        await connection.greet(welcome(resumed='{"state":"idle"}'))
        await connection.say('42["ended","c2","skipped"]')
        find = await find_of(connection)
        await connection.say(f'43{number(find)}[{{"ok":false,"code":"chat_over","message":"This chat is over."}}]')
        find = await find_of(connection)
        assert '"from":null' in find
        await connection.say(f'43{number(find)}[{{"ok":true}}]')
        await finding
        await visitor.close()


async def find_of(connection: ScriptedConnection) -> str:
    """The client's next find; in a chat it also sends what seals that."""
    while '["find"' not in (event := await connection.hears("42")):
        pass
    return event


async def test_a_leave_that_the_server_never_heard_is_said_after_the_break() -> None:
    async with scripted_server() as server:
        visitor = Visitor(server.url)
        connection = await enter(server, visitor)
        await finds(visitor, connection)
        await connection.say(matched("c1"))
        await hears(visitor, Matched)
        await connection.close()
        await hears(visitor, LinkLost)
        await visitor.leave()
        connection = await server.comes()
        await connection.greet(welcome(resumed='{"state":"chatting","chat":"c1","partner":"here"}'))
        await connection.say(matched("c1"))
        assert '["leave","c1"]' in await connection.hears("42")
        await visitor.close()


async def test_a_match_that_nobody_waits_for_is_left() -> None:
    async with scripted_server() as server:
        visitor = Visitor(server.url)
        connection = await enter(server, visitor)
        await connection.say(matched("c1"))
        assert '["leave","c1"]' in await connection.hears("42")
        assert visitor.chat is None
        await visitor.close()


async def test_a_place_that_nobody_waits_for_is_left() -> None:
    async with scripted_server() as server:
        visitor = Visitor(server.url)
        connection = await enter(server, visitor)
        await connection.close()
        connection = await server.comes()
        await connection.greet(welcome(resumed='{"state":"searching"}'))
        assert '["leave",null]' in await connection.hears("42")
        await visitor.close()


async def test_a_match_without_a_seal_is_a_fault() -> None:
    async with scripted_server() as server:
        visitor = Visitor(server.url)
        connection = await enter(server, visitor)
        await finds(visitor, connection)
        await connection.say(matched("c1", seal="null"))
        assert (await hears(visitor, Ended)).reason == "seal_failed"
        assert '["leave","c1"]' in await connection.hears("42")
        await visitor.close()


async def test_another_version_after_a_break_is_the_end() -> None:
    async with scripted_server() as server:
        visitor = Visitor(server.url)
        await (await enter(server, visitor)).close()
        connection = await server.comes()
        await connection.say(OPEN % (10_000, 8_000))
        await connection.hear()
        await connection.say('44{"message":"newer","data":{"code":"version","speaks":[2]}}')
        assert (await hears(visitor, Outdated)).speaks == (2,)
        with pytest.raises(Closed):
            await visitor.next_event()
        with pytest.raises(Closed):
            await visitor.find()
        await visitor.close()


async def test_a_server_that_is_full_after_a_break() -> None:
    async with scripted_server() as server:
        visitor = Visitor(server.url)
        await (await enter(server, visitor)).close()
        assert (await hears(visitor, LinkLost)).code is None
        connection = await server.comes()
        await connection.say(OPEN % (10_000, 8_000), '44{"message":"full","data":{"code":"full","retry_after_s":0.1}}')
        lost = await hears(visitor, LinkLost)
        assert lost.code == "full"
        assert lost.retry_in_s >= 0.1
        await (await server.comes()).greet()
        await hears(visitor, LinkBack)
        await visitor.close()


async def test_a_find_that_is_given_up_is_taken_back() -> None:
    async with scripted_server() as server:
        visitor = Visitor(server.url)
        connection = await enter(server, visitor)
        finding = asyncio.create_task(visitor.find())
        await connection.hears("42")
        finding.cancel()
        assert '["leave",null]' in await connection.hears("42")
        await visitor.close()


async def test_a_program_that_does_not_read_holds_the_server_back() -> None:
    async with scripted_server() as server:
        visitor = Visitor(server.url)
        connection = await enter(server, visitor)
        flood = asyncio.create_task(flood_with(connection, 5_000))
        heard = [await hears(visitor, Online) for _ in range(5_000)]
        assert [event.count for event in heard] == list(range(5_000))
        await flood
        await visitor.close()


async def flood_with(connection: ScriptedConnection, count: int) -> None:
    for number_ in range(count):
        await connection.say(f'42["online",{number_}]')


async def test_a_message_in_several_frames() -> None:
    """A proxy on the way may cut: the raw frames, as RFC 6455 has them."""
    async with scripted_server() as server:
        visitor = Visitor(server.url)
        connection = await enter(server, visitor)
        for head, part in ((0x01, b'42["onl'), (0x00, b'ine",1'), (0x80, b"2]")):
            connection.transport.write(bytes([head, len(part)]) + part)
        assert (await hears(visitor, Online)).count == 12
        connection.transport.write(bytes([0x80, 1]) + b"2")
        await hears(visitor, LinkLost)
        await visitor.close()
