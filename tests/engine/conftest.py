"""An Engine.IO echo server on loopback whose time is the test's."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import Any

import msgspec
import pytest
import uvloop
from uvicorn.config import Config

from omefree.engine.engine import Engine
from omefree.engine.gate import Gate
from omefree.engine.glue import PortServer
from omefree.engine.options import EngineOptions
from omefree.engine.session import CloseReason, Session
from tests.clock import FakeClock
from tests.echo import EngineEcho, server_of
from tests.engine.raw import ENGINE_IO, GUARD_S, Answer, Link, WebSocket, request, websocket

OPTIONS = EngineOptions(path="/engine.io/", max_payload_bytes=65_536, body_timeout_s=0.05)


def pytest_asyncio_loop_factories(
    config: pytest.Config, item: pytest.Item
) -> Mapping[str, Callable[[], asyncio.AbstractEventLoop]]:
    """The server runs on uvloop; what concerns the network libraries is tried on asyncio's loop as well."""
    loops: dict[str, Callable[[], asyncio.AbstractEventLoop]] = {"uvloop": uvloop.new_event_loop}
    return loops | ({"asyncio": asyncio.SelectorEventLoop} if item.path.name == "test_glue.py" else {})


class Echo(EngineEcho):
    """Sends every message back, and tells its house when it ends."""

    def __init__(self, house: House, session: Session) -> None:
        super().__init__(session)
        self._house = house

    def closed(self, reason: CloseReason) -> None:
        self._house.ends.put_nowait(reason)


class House:
    """A running server and all that a test wants of it."""

    def __init__(self, options: EngineOptions, gate: Gate | None, settings: Mapping[str, Any]) -> None:
        self.clock = FakeClock()
        self.ends: asyncio.Queue[CloseReason] = asyncio.Queue()
        self.engine = Engine(options, self.clock, lambda session: Echo(self, session), gate)
        self.server: PortServer = server_of(self.engine, **settings)
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._socket.getsockname()[1]

    async def start(self) -> None:
        """As `serve` does, without its tick of 0.1 s."""
        config: Config = self.server.config
        config.load()
        self.server.lifespan = config.lifespan_class(config)
        await self.server.startup([self._socket])

    def stop(self) -> None:
        self.engine.close_all()
        for listening in self.server.servers:
            listening.close()
        for connection in list(self.server.server_state.connections):
            connection.transport.abort()
        for link in list(self.engine.lingering):
            link.abort()

    async def ended(self) -> CloseReason:
        """Why the next session ended."""
        async with asyncio.timeout(GUARD_S):
            return await self.ends.get()

    async def ask(self, method: str, query: str, body: bytes = b"", **headers: str) -> Answer:
        return await request(self.port, method, f"{ENGINE_IO}&{query}", headers, body)

    async def handshake(self) -> str:
        """A new session by long-polling: its sid."""
        answer = await self.ask("GET", "transport=polling")
        assert answer.status == 200, answer
        return str(msgspec.json.decode(answer.body[1:])["sid"])

    async def poll(self, sid: str) -> Answer:
        return await self.ask("GET", f"transport=polling&sid={sid}")

    async def post(self, sid: str, body: bytes, **headers: str) -> Answer:
        return await self.ask("POST", f"transport=polling&sid={sid}", body, **headers)

    async def polling(self, sid: str) -> Link:
        """A poll that the server holds."""
        link = await Link.open(self.port)
        await link.send(f"GET {ENGINE_IO}&transport=polling&sid={sid} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        await self.until(lambda: self.has_poll(sid))
        return link

    def has_poll(self, sid: str) -> bool:
        return getattr(self.engine.sessions[sid].link, "waiter", None) is not None

    async def websocket(self, sid: str | None = None) -> WebSocket:
        """A new session by WebSocket, its open packet read; with a sid, one that may probe."""
        opened = await websocket(self.port, sid)
        if sid is None:
            assert (await opened.text()).startswith("0{")
        return opened

    async def upgraded(self) -> tuple[str, WebSocket]:
        """A session that has gone from long-polling to WebSocket."""
        sid = await self.handshake()
        upgraded = await self.websocket(sid)
        await upgraded.send("2probe")
        assert await upgraded.text() == "3probe"
        await upgraded.send("5")
        await upgraded.send("4done")
        assert await upgraded.text() == "4done"
        return sid, upgraded

    @staticmethod
    async def until(true: Callable[[], bool]) -> None:
        """Lets the loop turn until what the server shall have done is done."""
        async with asyncio.timeout(GUARD_S):
            while not true():
                await asyncio.sleep(0)


Open = Callable[..., Awaitable[House]]


@pytest.fixture
async def opening() -> AsyncIterator[Open]:
    """Opens a server with options of the test's own."""
    houses: list[House] = []

    async def open_house(gate: Gate | None = None, settings: Mapping[str, Any] | None = None, **options: Any) -> House:
        house = House(msgspec.structs.replace(OPTIONS, **options), gate, settings or {})
        houses.append(house)
        await house.start()
        return house

    yield open_house
    for house in houses:
        house.stop()
    await asyncio.sleep(0)


@pytest.fixture
async def house(opening: Open) -> House:
    return await opening()
