"""The small echo application that the official protocol suites run against, and our own tests of the engine.

python -m tests.echo engine 3000     raw Engine.IO at /engine.io/
python -m tests.echo socket 3000     Socket.IO at /socket.io/, namespaces / and /custom
"""

import asyncio
import socket
import sys
from typing import Any

import msgspec
import uvloop

from omefree.engine.engine import Engine
from omefree.engine.gate import Gate
from omefree.engine.glue import PortServer, make_server
from omefree.engine.options import Clock, EngineOptions
from omefree.engine.polling import Polling
from omefree.engine.session import CloseReason, Handler, Session
from omefree.engine.sockets import Connection, Socket
from omefree.wire import socketio

SUITE = EngineOptions(ping_interval_s=0.3, ping_timeout_s=0.2, connect_timeout_s=1.0, max_payload_bytes=1_000_000)


class EngineEcho:
    """Sends every message back."""

    def __init__(self, session: Session) -> None:
        self.session = session

    def message(self, packet: bytes) -> None:
        self.session.send(packet)

    def closed(self, reason: CloseReason) -> None:
        pass


class SocketEcho:
    """Tells the auth, sends `message` back as `message-back`, acknowledges `message-with-ack`."""

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


def socket_handler(session: Session) -> Handler:
    return Connection({"/": SocketEcho, "/custom": SocketEcho}, session)


def engine_of(kind: str, options: EngineOptions, clock: Clock, gate: Gate | None = None) -> Engine:
    """`kind`: `engine` for raw Engine.IO, `socket` for Socket.IO."""
    return Engine(options, clock, EngineEcho if kind == "engine" else socket_handler, gate)


def server_of(engine: Engine, **settings: Any) -> PortServer:
    """A server with nothing but the engine's path."""
    polling = Polling(engine)

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await polling(scope, receive, send)

    return make_server(app, engine, **settings)


async def start(server: PortServer, listening: socket.socket) -> None:
    """As `serve` does, without its tick of 0.1 s and without its end."""
    server.config.load()
    server.lifespan = server.config.lifespan_class(server.config)
    await server.startup([listening])


async def main(kind: str, port: int) -> None:
    options = msgspec.structs.replace(SUITE, path=f"/{kind}.io/")
    engine = engine_of(kind, options, asyncio.get_running_loop())
    listening = [socket.create_server(("127.0.0.1", port)), socket.create_server(("::1", port), family=socket.AF_INET6)]
    await server_of(engine).serve(sockets=listening)


if __name__ == "__main__":
    uvloop.run(main(sys.argv[1], int(sys.argv[2])))
