"""The official clients against the engine: every transport, acknowledgements both ways, bytes."""

import asyncio
import contextlib
import random
import socket
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from omefree.engine.engine import Engine
from omefree.engine.options import EngineOptions
from omefree.engine.sockets import Namespaces
from tests.clients.official import CLIENTS, GUARD_S, NODE, TRANSPORTS, WEB, Client
from tests.echo import SocketEcho, engine_of, server_of, start

UPGRADES = Path(__file__).with_name("upgrades.mjs")
TOLD = 10

Server = tuple[Engine, str]

each_client = pytest.mark.parametrize("new_client", CLIENTS)
each_transport = pytest.mark.parametrize("transports", TRANSPORTS, ids="-".join)


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    async with serving(engine_of("socket", EngineOptions(), asyncio.get_running_loop())) as server:
        yield server


@contextlib.asynccontextmanager
async def serving(engine: Engine) -> AsyncIterator[Server]:
    listening = socket.create_server(("127.0.0.1", 0))
    server = server_of(engine)
    await start(server, listening)
    yield engine, f"http://127.0.0.1:{listening.getsockname()[1]}"
    await server.shutdown()


@each_client
@each_transport
async def test_events_acknowledgements_and_bytes_go_both_ways(
    server: Server, new_client: Callable[[], Client], transports: list[str]
) -> None:
    engine, url = server
    client = new_client()
    await client.connect(url, transports)
    assert await client.event() == ["auth", {"v": 1}]
    for args in ([1, "two", {"three": [None, True, 4.5]}], ["é€😀"], [b"\0\1\2"], [{"deep": [b"\xff", b""]}, 5], []):
        await client.emit("message", *args)
        assert await client.event() == ["message-back", *args]
        assert await client.call("message-with-ack", *args) == args
        await client.emit("ask", *args)
        assert await client.event() == ["question", *args]
        assert await client.event() == ["answered", *args]
    await client.disconnect()
    async with asyncio.timeout(GUARD_S):
        while engine.sessions:  # noqa: ASYNC110 (there is no event to wait for)
            await asyncio.sleep(0)


@each_client
@each_transport
async def test_many_events_arrive_in_order(
    server: Server, new_client: Callable[[], Client], transports: list[str]
) -> None:
    client = new_client()
    await client.connect(server[1], transports)
    assert (await client.event())[0] == "auth"
    sent: list[list[Any]] = [["message-back", number, "x" * (number * 37 % 900)] for number in range(200)]
    for _, *args in sent:
        await client.emit("message", *args)
    assert [await client.event() for _ in sent] == sent
    await client.disconnect()


class Chatty(SocketEcho):
    """The echo, which also says 0, 1, 2... at moments of its own."""

    def opened(self) -> None:
        self._say(0)

    def _say(self, number: int) -> None:
        self.socket.emit("told", number)
        if number < TOLD - 1:
            asyncio.get_running_loop().call_later(random.random() * 0.004, self._say, number + 1)


async def test_a_thousand_upgrades_with_events_in_flight_lose_double_and_reorder_nothing() -> None:
    loop = asyncio.get_running_loop()
    engine = Engine(EngineOptions(), loop, lambda session: Namespaces({"/": Chatty}, session))
    async with serving(engine) as (_, url):
        command = [str(part) for part in (NODE, UPGRADES, WEB, url, 1_000, 50, TOLD)]
        process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
        try:
            async with asyncio.timeout(6 * GUARD_S):
                out, _ = await process.communicate()
        except TimeoutError:  # something was lost, and is waited for
            process.kill()
            raise
    assert msgspec.json.decode(out) == {"upgraded": 1_000, "faults": []}
