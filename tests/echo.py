"""The small echo application for the official protocol suites and for our own tests of the engine.

    python -m tests.echo engine 3000     raw Engine.IO at /engine.io/
    python -m tests.echo socket 3000     Socket.IO at /socket.io/, namespaces / and /custom
    python -m tests.echo plain 3000      a WebSocket with no protocol on it, at /plain.io/?EIO=4&transport=websocket

The first two are for the suites of the Engine.IO v4 and Socket.IO v5 protocols, which use port 3000. The third is for
Autobahn's, cases 1-7, 9 and 10 (12 and 13 are of an extension that we do not offer). With a certificate and a key after
the port, it serves TLS.
"""

import asyncio
import socket
import ssl
import sys
from functools import cache
from typing import Any

import msgspec
import uvloop

from omefree.clock import Clock
from omefree.engine.connection import Connection
from omefree.engine.engine import Engine
from omefree.engine.gate import Gate, Head
from omefree.engine.gather import Gather
from omefree.engine.http_connection import HttpProtocol
from omefree.engine.options import EngineOptions
from omefree.engine.parser import Parsers
from omefree.engine.polling import Polling
from omefree.engine.port import PortServer, make_server
from omefree.engine.session import CloseReason, Handler, Session
from omefree.engine.sockets import Namespaces, Socket
from omefree.engine.websocket import TEXT, WebSocketTransport
from omefree.engine.wiping_reader import WipingReader
from omefree.wire import engineio, socketio
from omefree.wire.engineio import Binary

SUITE = EngineOptions(ping_interval_s=0.3, ping_timeout_s=0.2, connect_timeout_s=1.0, max_payload_bytes=1_000_000)
AUTOBAHN = EngineOptions(  # up to 16 MiB in each message, and no heartbeat
    ping_interval_s=3_600.0, max_payload_bytes=2**24 + 1, send_queue_bytes=2**25
)


class EngineEcho:
    """Sends every message back."""

    def __init__(self, session: Session) -> None:
        self.session = session

    def message(self, packet: bytes) -> None:
        self.session.send(packet)

    def closed(self, reason: CloseReason) -> None:
        pass


class SocketEcho:
    """Sends the auth back, `message` as `message-back`, and acknowledges `message-with-ack`."""

    def __init__(self, socket: Socket, auth: bytes) -> None:
        self.socket = socket
        self.auth = msgspec.json.decode(auth or b"{}")
        self.ended: CloseReason | None = None

    def opened(self) -> None:
        self.socket.emit("auth", self.auth)

    def event(self, frame: bytes, at: int, ack: int | None) -> None:
        self.binary_event(socketio.decode_event(frame[at:]), ack)

    def binary_event(self, args: list[Any], ack: int | None) -> None:
        name, *rest = args
        if name == "message":
            self.socket.emit("message-back", *rest)
        elif name == "ask":
            self.socket.emit("question", *rest, answer=lambda answer: self.socket.emit("answered", *answer))
        elif ack is not None:
            self.socket.acknowledge(ack, *rest)

    def closed(self, reason: CloseReason) -> None:
        self.ended = reason


class Digit:
    """A WebSocket transport that puts Engine.IO's type digit before each text, as the client sent none."""

    def __init__(self, transport: WebSocketTransport) -> None:
        self._websocket = transport

    def text(self, data: bytes) -> None:
        self._websocket.text(engineio.MESSAGE + data)

    def frame(self, opcode: int, fin: bool, data: bytes) -> None:
        self._websocket.frame(opcode, fin, engineio.MESSAGE + data if opcode == TEXT else data)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._websocket, name)


class PlainConnection(Connection):
    """Our own WebSocket, with all its checks, which shows no Engine.IO to its clients."""

    def __init__(self, engine: Engine, gather: Gather, parsers: Parsers, head: Head) -> None:
        super().__init__(engine, gather, parsers, admission=engine.enter(head), sid=None)
        self.websocket: Any = Digit(self.websocket)

    def send(self, packet: bytes) -> None:
        if type(packet) is Binary:
            super().send(packet)
        elif packet[:1] == engineio.MESSAGE:  # neither the handshake nor a ping
            super().send(packet[1:])


class PlainProtocol(HttpProtocol):
    """Our HTTP protocol, which gives each WebSocket a PlainConnection."""

    def admit(self, head: Head, raw_query: bytes) -> Connection:
        return PlainConnection(self.engine, self.gather, self.parsers, head)


def socket_handler(session: Session) -> Handler:
    return Namespaces({"/": SocketEcho, "/custom": SocketEcho}, session)


def engine_of(kind: str, options: EngineOptions, clock: Clock, gate: Gate | None = None) -> Engine:
    """`kind`: `socket` for Socket.IO, else raw Engine.IO."""
    return Engine(options, clock, socket_handler if kind == "socket" else EngineEcho, gate)


def server_of(engine: Engine, tls: ssl.SSLContext | None = None) -> PortServer:
    """A server with nothing but the engine's path."""
    return make_server(engine, tls=tls)


def plain_server_of(engine: Engine, tls: ssl.SSLContext | None = None) -> PortServer:
    """A server whose WebSockets have no protocol on them."""
    server, gather = server_of(engine, tls), Gather()
    parsers = cache(lambda: Parsers(engine.options.max_payload_bytes))
    server.config.http = lambda **arguments: WipingReader(
        PlainProtocol(engine, gather, parsers(), Polling(engine), **arguments)
    )  # type: ignore[assignment]
    return server


async def start(server: PortServer, listening: socket.socket) -> None:
    """As `serve` does, without its tick of 0.1 s and without its end."""
    server.config.load()
    server.lifespan = server.config.lifespan_class(server.config)
    await server.startup([listening])


async def main(kind: str, port: int, *certificate: str) -> None:
    options = msgspec.structs.replace(AUTOBAHN if kind == "plain" else SUITE, path=f"/{kind}.io/")
    engine = engine_of(kind, options, asyncio.get_running_loop())
    new_server = plain_server_of if kind == "plain" else server_of
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER) if certificate else None
    if tls is not None:
        tls.load_cert_chain(*certificate)
    listening = [socket.create_server(("127.0.0.1", port)), socket.create_server(("::1", port), family=socket.AF_INET6)]
    await new_server(engine, tls).serve(sockets=listening)


if __name__ == "__main__":
    uvloop.run(main(sys.argv[1], int(sys.argv[2]), *sys.argv[3:]))
