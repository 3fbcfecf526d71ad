"""uvicorn's server on sockets that we have bound: how it accepts, starts and stops."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
from collections.abc import Callable, Generator, Sequence
from functools import cache, partial
from typing import Any

from uvicorn import Config, Server

from omefree.engine import tcp
from omefree.engine.engine import Engine
from omefree.engine.gather import Gather
from omefree.engine.handover import Origin, Siblings, WorkerConnection
from omefree.engine.http_connection import HttpProtocol
from omefree.engine.parser import Parsers
from omefree.engine.polling import Polling
from omefree.engine.redirect import HTTPS_PORT, Redirect
from omefree.engine.tls import TlsPort
from omefree.engine.wiping_reader import WipingReader

BACKLOG = 4_096
GRACEFUL_S = 3
HSTS = b"strict-transport-security"  # never over plain HTTP (RFC 6797, section 7.2)


class PortServer(Server):
    """uvicorn's server on sockets that we have bound. The signals are ours, and it exits with 0."""

    def __init__(
        self, config: Config, engine: Engine, on_started: Callable[[], None], redirects: Sequence[socket.socket]
    ) -> None:
        super().__init__(config)
        self._engine = engine
        self._on_started = on_started
        self._redirects = redirects

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        """Leaves the signals alone: server.py handles them."""
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Bounds the listening sockets, accepts on them, then calls `on_started`."""
        pages = sockets or []
        for listening in (*pages, *self._redirects):
            tcp.bound(listening)
            listening.listen(BACKLOG)
        self.servers = [await self._accept(listening) for listening in pages]  # type: ignore[misc]
        for listening in self._redirects:
            self.servers.append(await accept(partial(self._redirect, port_of(pages[0])), listening))
        self.started = True
        self._on_started()

    async def _accept(self, listening: socket.socket) -> asyncio.Server | TlsPort:
        if self.config.ssl is None:
            return await accept(self._protocol, listening)
        engine, plain = self._engine, partial(self._redirect, None)
        return TlsPort(listening, self.config.ssl, self._protocol, plain, engine.alarms, engine.clock)

    def _redirect(self, port: int | None) -> asyncio.BaseProtocol:
        """The protocol of a client that speaks plain HTTP where all is at https; `port` is as in redirect.location."""
        headers = [header for header in self._engine.options.answer_headers if header[0] != HSTS]
        return WipingReader(Redirect(self._engine.alarms, self._engine.clock, headers, port))

    def _protocol(self, **more: Any) -> asyncio.BaseProtocol:
        make: Any = self.config.http_protocol_class
        return make(config=self.config, server_state=self.server_state, app_state={}, **more)  # type: ignore[no-any-return]

    async def adopt(self, sock: socket.socket, origin: Origin) -> None:
        """Goes on with a connection that a sibling has begun to read. One that is gone already is dropped."""
        loop = asyncio.get_running_loop()
        with contextlib.suppress(OSError):
            await loop.connect_accepted_socket(partial(self._protocol, origin=origin), sock)

    def stop_accepting(self) -> None:
        """Closes the listening sockets here. Others who have them go on accepting."""
        for server in self.servers:
            server.close()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Closes every session first, since uvicorn waits for its requests, and polls are among them."""
        self._engine.close_all()
        await super().shutdown(sockets)
        for transport in list(self._engine.lingering):
            transport.abort()


def port_of(sock: socket.socket) -> int:
    """The TCP port of a socket; that of https for a UNIX socket."""
    return HTTPS_PORT if sock.family == socket.AF_UNIX else int(sock.getsockname()[1])


async def accept(new: Callable[[], asyncio.BaseProtocol], listening: socket.socket) -> asyncio.Server:
    """Accepts on a socket, without TLS."""
    loop = asyncio.get_running_loop()
    create = loop.create_unix_server if listening.family == socket.AF_UNIX else loop.create_server
    return await create(new, sock=listening, backlog=BACKLOG)


async def not_found(_scope: Any, _receive: Any, send: Any) -> None:
    """An ASGI application for servers with nothing beside the engine: 404."""
    await send({"type": "http.response.start", "status": 404, "headers": [(b"content-length", b"0")]})
    await send({"type": "http.response.body"})


def make_server(
    engine: Engine,
    app: Any = not_found,
    on_started: Callable[[], None] = lambda: None,
    tls: ssl.SSLContext | None = None,
    redirects: Sequence[socket.socket] = (),
    siblings: Siblings | None = None,
) -> PortServer:
    """A server for an engine, and for an ASGI application at all other paths. Without TLS it speaks plain HTTP.

    Whoever comes to the sockets `redirects` by plain HTTP is sent on to https at the port that is served. Connections
    of the sessions of `siblings` are handed over to those.
    """
    gather = Gather()
    polling = Polling(engine)
    connection: Any = HttpProtocol if siblings is None else partial(WorkerConnection, siblings)
    parsers = cache(lambda: Parsers(engine.options.max_payload_bytes))  # picows makes none before the loop runs

    def protocol(**arguments: Any) -> WipingReader:
        return WipingReader(connection(engine, gather, parsers(), polling, **arguments))

    config = Config(
        app,
        http=protocol,  # type: ignore[arg-type]
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        timeout_graceful_shutdown=GRACEFUL_S,
        ssl_context_factory=None if tls is None else lambda _config, _make: tls,
    )
    return PortServer(config, engine, on_started, redirects)
