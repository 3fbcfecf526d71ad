"""Long-polling carries what a WebSocket carries, and every fault of a server is one that the client knows."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Callable

import pytest
from aiohttp import web

from omefree.client import Closed, ConnectError, Ended, LinkLost, Matched, Online, Sealed, Text, Visitor
from omefree.client.websocket import WebSocket
from omefree.load.polling import Polling
from omefree.load.target import Target, aim
from tests.client.people import GUARD_S, hears, look, topic
from tests.client.scripted_server import CONNECTED, OPEN, listening, welcome
from tests.test_server import Process
from tests.until import until

HANDSHAKE = OPEN % (10_000, 8_000)


def by(target: Target, kind: type[WebSocket] | type[Polling]) -> Visitor:
    """A visitor that comes by that transport."""
    return Visitor(target.url, make_transport=lambda heard, gone: kind(heard, gone, target.dial))


@pytest.fixture
async def target(server: Process) -> Target:
    return await aim(server.url, is_mine=False)


@pytest.mark.parametrize("other", [WebSocket, Polling])
async def test_a_whole_chat_sealed_in_order_and_to_its_end(
    target: Target, other: type[WebSocket] | type[Polling]
) -> None:
    about, said = topic(), [f"text {number} " + "ü" * number * 40 for number in range(30)]
    async with by(target, Polling) as a, by(target, other) as b:
        await look(a, about)
        await look(b, about)
        assert (await hears(a, Matched)).chat == (await hears(b, Matched)).chat
        assert (await hears(a, Sealed)).emoji == (await hears(b, Sealed)).emoji
        for text in said:
            a.say(text)
        assert [(await hears(b, Text)).text for _ in said] == said
        await b.leave()
        assert (await hears(a, Ended)).reason == "left"
    with pytest.raises(Closed):
        while True:
            await a.next_event()


async def test_leaving_is_told_at_once(target: Target) -> None:
    about = topic()
    async with by(target, WebSocket) as b:
        async with by(target, Polling) as a:
            await look(a, about)
            await look(b, about)
            await hears(b, Sealed)
        assert (await hears(b, Ended)).reason == "left"


async def test_nobody_listens(target: Target) -> None:
    async def cannot() -> None:
        raise ConnectionRefusedError

    with pytest.raises(ConnectError) as error:
        async with Visitor(target.url, make_transport=lambda heard, gone: Polling(heard, gone, cannot)):  # type: ignore[arg-type]
            pass
    assert error.value.reason == "refused"


# --- servers that lie ---

Answer = Callable[[web.Request], web.StreamResponse]


async def refused(answer: Answer) -> ConnectError:
    """How a visitor fails to enter at a server that answers so."""

    async def serve(request: web.Request) -> web.StreamResponse:
        return answer(request)

    async with listening(serve) as port:
        target = await aim(f"http://127.0.0.1:{port}", is_mine=False)
        with pytest.raises(ConnectError) as error:
            async with asyncio.timeout(GUARD_S), by(target, Polling):
                pass
    return error.value


@pytest.mark.parametrize(
    "body",
    ["", "hello", "4hello", "0{}", "0[]", '0{"sid":1}', "\x1e\x1e", "0" + "x" * 100_000, "b4AAA", HANDSHAKE[:-1]],
)
async def test_a_handshake_that_is_none(body: str) -> None:
    assert (await refused(lambda _: web.Response(text=body))).reason == "stranger"


@pytest.mark.parametrize("status", [204, 301, 404, 500, 503])
async def test_another_kind_of_server(status: int) -> None:
    assert (await refused(lambda _: web.Response(status=status, text="no"))).reason == "stranger"


async def test_a_server_that_says_why_not() -> None:
    body = '{"code":4,"message":"","reason":"full"}'
    error = await refused(lambda _: web.Response(status=503, text=body, headers={"retry-after": "7"}))
    assert (error.reason, error.code, error.retry_after_s) == ("busy", "full", 7.0)


class Script:
    """Answers each poll with the next of some bodies, and takes every POST, unless its session is over (`takes`)."""

    def __init__(self, *polls: str) -> None:
        self.takes = True
        self.refused = asyncio.Event()
        self.polls = asyncio.Queue[str]()
        self.posts = asyncio.Queue[str]()
        for poll in polls:
            self.polls.put_nowait(poll)

    async def serve(self, request: web.Request) -> web.StreamResponse:
        if request.method == "POST" and not self.takes:
            self.refused.set()
            return web.Response(status=400)
        if request.method == "POST":
            self.posts.put_nowait(await request.text())
            return web.Response(text="ok")
        return web.Response(text=await self.polls.get())

    def end(self) -> None:
        """Answers whatever poll still hangs."""
        for _ in range(3):
            self.polls.put_nowait("1")


@pytest.fixture
async def scripted() -> AsyncIterator[tuple[Script, Visitor]]:
    """A visitor that is welcome by long-polling, and what serves it."""
    script = Script(HANDSHAKE, CONNECTED, welcome())
    async with listening(script.serve) as port:
        target = await aim(f"http://127.0.0.1:{port}", is_mine=False)
        async with by(target, Polling) as visitor:
            await hears(visitor, Online)
            yield script, visitor
        script.end()


@pytest.mark.parametrize("poll", ["1", "", "hello", "4nonsense", '42["online"', "6\x1e\x1e6", "b4AAA", "\x1e" * 1000])
async def test_a_poll_that_breaks_the_protocol_ends_the_connection(scripted: tuple[Script, Visitor], poll: str) -> None:
    script, visitor = scripted
    script.polls.put_nowait(poll)
    await hears(visitor, LinkLost)


async def test_several_packets_of_one_poll_come_in_order(scripted: tuple[Script, Visitor]) -> None:
    script, visitor = scripted
    script.polls.put_nowait('42["online",3]\x1e6\x1e42["online",4]\x1e42["online",5]')
    assert [(await hears(visitor, Online)).count for _ in range(3)] == [3, 4, 5]


async def test_a_ping_is_answered(scripted: tuple[Script, Visitor]) -> None:
    script, visitor = scripted
    script.polls.put_nowait('2\x1e42["online",9]')
    await hears(visitor, Online)
    async with asyncio.timeout(GUARD_S):
        while await script.posts.get() != "3":
            pass


async def test_what_a_session_says_last_is_read_also_if_it_takes_nothing_more(scripted: tuple[Script, Visitor]) -> None:
    """A server that has closed a session keeps its last packets for the next poll, and refuses what is posted."""
    script, visitor = scripted
    script.takes = False
    searching = asyncio.create_task(visitor.find())
    async with asyncio.timeout(GUARD_S):
        await script.refused.wait()
    script.polls.put_nowait('42["online",8]\x1e1')
    assert (await hears(visitor, Online)).count == 8
    await hears(visitor, LinkLost)
    searching.cancel()


async def test_who_aborts_while_it_connects_has_no_connection() -> None:
    script = Script(HANDSHAKE)
    async with listening(script.serve) as port:
        target = await aim(f"http://127.0.0.1:{port}", is_mine=False)
        sockets: list[socket.socket] = []

        async def dial() -> socket.socket:
            polling.abort()
            sockets.append(await target.dial())
            return sockets[-1]

        heard: list[bytes] = []
        polling = Polling(heard.append, lambda fault: None, dial)
        with pytest.raises(ConnectError):
            await polling.open(target.address, None)
        await until(lambda: sockets[0].fileno() == -1, "it is closed", GUARD_S)
        assert (len(sockets), heard) == (1, [])
        script.end()
