"""Fakes for the engine's edges in tests without a network: writer, transport, handler. Each remembers what it got."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import msgspec

from omefree.engine.chunks import Chunks
from omefree.engine.engine import Engine
from omefree.engine.gate import Admission, Denial, Head, OpenGate
from omefree.engine.options import EngineOptions
from omefree.engine.session import CloseReason, Handler, Session
from omefree.errors import ProtocolError
from tests.clock import FakeClock

ADMISSION = Admission(b"key", "localhost", b"key")
HEAD = Head("GET", "", (), None, tls=False)


class FakeWriter:
    """A WebSocket connection that keeps what goes out: packets, `pong ..`, `close <code>`, `disconnect`, `abort`."""

    def __init__(self) -> None:
        self.sent: list[bytes] = []
        self.ends: list[str] = []

    def send(self, packet: bytes) -> None:
        self.sent.append(packet)

    def send_pong(self, payload: bytes) -> None:
        self.ends.append(f"pong {payload.decode()}")

    def send_close(self, code: int) -> None:
        self.ends.append(f"close {code}")

    def disconnect(self) -> None:
        self.ends.append("disconnect")

    def abort(self) -> None:
        self.ends.append("abort")

    def take(self) -> list[bytes]:
        sent, self.sent = self.sent, []
        return sent


class FakeTransport:
    """A session's transport."""

    def __init__(self, *, replaceable: bool = False) -> None:
        self.sent: list[bytes] = []
        self.unsent: list[bytes] = []
        self.closed: list[tuple[CloseReason, int]] = []
        self.replaceable = replaceable

    def send(self, packet: bytes) -> None:
        self.sent.append(packet)

    def close(self, reason: CloseReason, code: int) -> None:
        self.closed.append((reason, code))

    def pause(self) -> bool:
        return self.replaceable

    def retire(self) -> list[bytes]:
        return self.unsent

    def take(self) -> list[bytes]:
        sent, self.sent = self.sent, []
        return sent


class FakeHandler:
    """A session's handler. `on_message` may raise or answer."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.messages: list[bytes] = []
        self.ends: list[CloseReason] = []
        self.on_message: Callable[[bytes], None] = lambda packet: None

    def message(self, packet: bytes) -> None:
        self.messages.append(packet)
        self.on_message(packet)

    def closed(self, reason: CloseReason) -> None:
        self.ends.append(reason)


class CountingGate(OpenGate):
    """Lets everybody in, and counts the connections that are open."""

    def __init__(self) -> None:
        self.present = 0

    def enter(self, head: Head) -> Denial | Admission:
        self.present += 1
        return ADMISSION

    def exit(self, admission: Admission) -> None:
        self.present -= 1


class Bench:
    """An engine without a network, on a fake clock."""

    def __init__(self, new_handler: Callable[[Session], Handler] = FakeHandler, **options: Any) -> None:
        self.clock = FakeClock()
        self.gate = CountingGate()
        self.handlers: list[Any] = []

        def keep(session: Session) -> Handler:
            handler = new_handler(session)
            self.handlers.append(handler)
            return handler

        self.engine = Engine(EngineOptions(**options), self.clock, keep, self.gate)

    def open(self, transport: FakeTransport) -> tuple[Session, Any]:
        """A session on a transport, and its handler. The handshake is taken off."""
        session = self.engine.open(self.engine.enter(HEAD), transport, [])
        assert transport.take()[0].startswith(b"0{")
        return session, self.handlers[-1]


def receive(session: Session, packet: bytes) -> None:
    """As a transport does with what comes in."""
    try:
        session.receive(packet)
    except ProtocolError as error:
        session.fail(error)


def handshake(packet: bytes) -> Any:
    return msgspec.json.decode(packet[1:])


@contextmanager
def no_garbage_collector() -> Iterator[None]:
    """What is freed in here was in no reference cycle."""
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


class Asked:
    """A request at the engine's path with no network between: what happens in one turn of the loop is the test's."""

    def __init__(self, query: str = "", method: str = "GET") -> None:
        self.head = Head(method, "", (), None, tls=False)
        self.query = f"EIO=4&transport=polling{query}".encode()
        self.content = Chunks()
        self.is_whole, self.is_gone = True, False
        self.changed: Callable[[], None] = lambda: None
        self.answers: list[bytes] = []

    def expect(self) -> None:
        pass

    def answer(self, status: int, headers: bytes, body: bytes = b"") -> None:
        self.answers.append(body)
