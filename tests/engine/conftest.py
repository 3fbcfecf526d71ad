"""An Engine.IO echo server on loopback whose clock the test moves."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import Any

import msgspec
import pytest
import uvloop

from omefree.engine.engine import Engine
from omefree.engine.gate import Gate
from omefree.engine.options import EngineOptions
from omefree.engine.port import PortServer
from omefree.engine.session import CloseReason, Handler, Session
from tests.certificates import Certificate, make_certificate
from tests.clock import FakeClock
from tests.echo import EngineEcho, server_of, start
from tests.engine.raw import ENGINE_IO, GUARD_S, RawConnection, Response, WebSocket, websocket

OPTIONS = EngineOptions(path="/engine.io/", max_payload_bytes=65_536)


def pytest_asyncio_loop_factories(
    config: pytest.Config, item: pytest.Item
) -> Mapping[str, Callable[[], asyncio.AbstractEventLoop]]:
    """The server runs on uvloop; what concerns the network libraries is tried on asyncio's loop as well."""
    loops: dict[str, Callable[[], asyncio.AbstractEventLoop]] = {"uvloop": uvloop.new_event_loop}
    return loops | ({"asyncio": asyncio.SelectorEventLoop} if item.path.name == "test_http_connection.py" else {})


class Echo(EngineEcho):
    """Sends every message back, and tells its server when it ends."""

    def __init__(self, echo: EchoServer, session: Session) -> None:
        super().__init__(session)
        self._echo = echo

    def closed(self, reason: CloseReason) -> None:
        self._echo.ends.put_nowait(reason)


class EchoServer:
    """A running server, and all that tests do with it."""

    def __init__(self, options: EngineOptions, gate: Gate | None, certificate: Certificate | None) -> None:
        self.clock = FakeClock()
        self.ends: asyncio.Queue[CloseReason] = asyncio.Queue()
        self.new_handler: Callable[[Session], Handler] = lambda session: Echo(self, session)
        self.engine = Engine(options, self.clock, lambda session: self.new_handler(session), gate)  # noqa: PLW0108 (a test sets another)
        self.server: PortServer = server_of(self.engine, certificate.for_server() if certificate else None)
        self.tls = certificate.trusted() if certificate else None
        self._connections: list[RawConnection] = []
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._socket.getsockname()[1]

    async def start(self) -> None:
        await start(self.server, self._socket)

    def stop(self) -> None:
        for dropped in self._connections:
            dropped.drop()
        self.engine.close_all()
        for listening in self.server.servers:
            listening.close()
        for connection in list(self.server.server_state.connections):
            connection.transport.abort()
        for transport in list(self.engine.lingering):
            transport.abort()

    async def connect(self, *, plain: bool = False, **options: Any) -> RawConnection:
        """A connection that ends with the test; `plain`: without TLS, also where the server speaks it."""
        self._connections.append(await RawConnection.open(self.port, None if plain else self.tls, **options))
        return self._connections[-1]

    async def ended(self) -> CloseReason:
        """Why the next session ended."""
        async with asyncio.timeout(GUARD_S):
            return await self.ends.get()

    async def ask(self, method: str, query: str, body: bytes = b"", **headers: str) -> Response:
        """One request on a connection of its own."""
        connection = await self.connect()
        answer = await connection.ask(method, f"{ENGINE_IO}&{query}", headers, body)
        connection.drop()
        return answer

    async def handshake(self) -> str:
        """A new session by long-polling: its sid."""
        answer = await self.ask("GET", "transport=polling")
        assert answer.status == 200, answer
        return answer.sid

    async def poll(self, sid: str) -> Response:
        return await self.ask("GET", f"transport=polling&sid={sid}")

    async def post(self, sid: str, body: bytes, **headers: str) -> Response:
        return await self.ask("POST", f"transport=polling&sid={sid}", body, **headers)

    async def polling(self, sid: str) -> RawConnection:
        """A poll that the server holds."""
        connection = await self.connect()
        await connection.send(f"GET {ENGINE_IO}&transport=polling&sid={sid} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        await self.until(lambda: self.has_poll(sid))
        return connection

    async def posting(self, sid: str, rest: bytes) -> RawConnection:
        """A POST that has begun. `rest`: the other headers, and as much of the body as comes for now."""
        connection = await self.connect()
        await connection.send(f"POST {ENGINE_IO}&transport=polling&sid={sid} HTTP/1.1\r\nHost: x\r\n".encode())
        await connection.send(rest)
        return connection

    def has_poll(self, sid: str) -> bool:
        return getattr(self.engine.sessions[sid].transport, "poll", None) is not None

    async def websocket(self, sid: str | None = None, **options: Any) -> WebSocket:
        """A new session by WebSocket, its open packet read; with a sid, one that may probe."""
        opened = await websocket(await self.connect(**options), sid)
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
            while not true():  # noqa: ASYNC110 (there is no event to wait for)
                await asyncio.sleep(0)


Open = Callable[..., Awaitable[EchoServer]]


@pytest.fixture
async def opening() -> AsyncIterator[Open]:
    """Opens a server with options of the test's own."""
    servers: list[EchoServer] = []

    async def open_server(
        gate: Gate | None = None, certificate: Certificate | None = None, **options: Any
    ) -> EchoServer:
        echo = EchoServer(msgspec.structs.replace(OPTIONS, **options), gate, certificate)
        servers.append(echo)
        await echo.start()
        return echo

    yield open_server
    for echo in servers:
        echo.stop()
    await asyncio.sleep(0)


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return make_certificate(tmp_path_factory.mktemp("tls"))


@pytest.fixture(params=[False, True], ids=["TCP", "TLS"])
async def echo(request: pytest.FixtureRequest, opening: Open, certificate: Certificate) -> EchoServer:
    """What holds for a server holds over TLS, too."""
    return await opening(certificate=certificate if request.param else None)
