"""A server that says only what a test makes it say: whole WebSocket messages, written by hand."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable

from aiohttp import WSMsgType, web

from omefree.contract.limits import QUOTAS

GUARD_S = 20.0
OPEN = '0{"sid":"s","upgrades":[],"pingInterval":%d,"pingTimeout":%d,"maxPayload":65536}'
CONNECTED = '40{"sid":"s"}'


def welcome(resume: str = "token", resumed: str = "null") -> str:
    quotas = ",".join(f'"{name}":{{"rate_s":{quota.rate_s},"burst":{quota.burst}}}' for name, quota in QUOTAS.items())
    limits = '"interests":10,"interest_chars":32,"languages":5,"signal_bytes":49152,"message_bytes":16384'
    return (
        '42["welcome",{"v":1,"server":"scripted_server","online":1,"ice_servers":[],'
        f'"limits":{{{limits},"resume_window_s":15,"quotas":{{{quotas}}}}},"resume":"{resume}","resumed":{resumed}}}]'
    )


class ScriptedConnection:
    """One connection of a client."""

    def __init__(self, socket: web.WebSocketResponse, transport: asyncio.Transport) -> None:
        self.socket = socket
        self.transport = transport  # for what no WebSocket library would send

    async def say(self, *messages: str) -> None:
        for message in messages:
            await self.socket.send_str(message)

    async def hear(self) -> str:
        """The client's next message, or why there is none."""
        async with asyncio.timeout(GUARD_S):
            message = await self.socket.receive()
        return message.data if message.type is WSMsgType.TEXT else message.type.name

    async def hears(self, begin: str) -> str:
        """The client's next message that begins so."""
        while not (message := await self.hear()).startswith(begin):
            assert message.startswith(("4", "3")), message
        return message

    async def greet(self, welcomed: str = "", ping_ms: int = 10_000, pong_ms: int = 8_000) -> str:
        """All that comes before the first event. Returns the client's CONNECT."""
        await self.say(OPEN % (ping_ms, pong_ms))
        connect = await self.hear()
        await self.say(CONNECTED, welcomed or welcome())
        return connect

    async def close(self) -> None:
        await self.socket.close()


class ScriptedServer:
    """Listens on loopback and hands each connection to the test."""

    def __init__(self) -> None:
        self._connections: asyncio.Queue[ScriptedConnection] = asyncio.Queue()
        self._over = asyncio.Event()
        self.port = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def comes(self) -> ScriptedConnection:
        """The next client that connects."""
        async with asyncio.timeout(GUARD_S):
            return await self._connections.get()

    async def serve(self, request: web.Request) -> web.WebSocketResponse:
        assert dict(request.query) == {"EIO": "4", "transport": "websocket"}
        socket = web.WebSocketResponse(autoping=False)
        await socket.prepare(request)
        assert request.transport is not None
        self._connections.put_nowait(ScriptedConnection(socket, request.transport))
        await self._over.wait()
        return socket

    def end(self) -> None:
        self._over.set()


@contextlib.asynccontextmanager
async def scripted_server() -> AsyncIterator[ScriptedServer]:
    made = ScriptedServer()
    async with listening(made.serve) as made.port:
        yield made
        made.end()


@contextlib.asynccontextmanager
async def listening(
    handler: Callable[[web.Request], Awaitable[web.StreamResponse]], tls: ssl.SSLContext | None = None
) -> AsyncIterator[int]:
    """An HTTP server that gives every request to the handler; yields its port."""
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", handler)
    runner = web.AppRunner(app, shutdown_timeout=1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=tls)
    await site.start()
    try:
        yield int(runner.addresses[0][1])
    finally:
        await runner.cleanup()
