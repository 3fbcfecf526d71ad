"""The WebSocket transport, without a network library: messages from frames, the probe, the close (RFC 6455)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from omefree.engine.chunks import Chunks
from omefree.engine.engine import Engine
from omefree.engine.gate import Admission
from omefree.engine.session import MESSAGE_BYTE, CloseReason, Session
from omefree.errors import CloseCode, ProtocolError
from omefree.wire import engineio
from omefree.wire.engineio import Binary

CONTINUATION, TEXT, BINARY, CLOSE, PONG = 0x0, 0x1, 0x2, 0x8, 0xA  # RFC 6455, section 5.2
FIN = 0x80
SHORT_HEADS = [bytes((FIN | TEXT, size)) for size in range(126)]  # the heads of nearly all frames, by size


def encode_frame(packet: bytes) -> bytes:
    """A server's data frame, whole and without a mask: text, or binary if the packet is `Binary` (section 5.2)."""
    size = len(packet)
    if size < 126 and type(packet) is bytes:
        return SHORT_HEADS[size] + packet
    first = FIN | (BINARY if type(packet) is Binary else TEXT)
    if size < 126:
        return b"%c%c%b" % (first, size, packet)
    if size < 65_536:
        return b"%c%c%b%b" % (first, 126, size.to_bytes(2, "big"), packet)
    return b"%c%c%b%b" % (first, 127, size.to_bytes(8, "big"), packet)


def encode_pong(payload: bytes) -> bytes:
    """The answer to a ping with this payload of at most 125 bytes (section 5.5.3)."""
    return b"%c%c%b" % (FIN | PONG, len(payload), payload)


def encode_close(code: int) -> bytes:
    """A close frame without a reason (section 5.5.1)."""
    return b"%c%c%b" % (FIN | CLOSE, 2, code.to_bytes(2, "big"))


def is_close_code(code: int) -> bool:
    """Whether a close frame may carry this code.

    RFC 6455, section 7.4, and the codes that its registry (section 11.7) has gained since.
    """
    return 1000 <= code <= 1003 or 1007 <= code <= 1014 or 3000 <= code <= 4999


class FrameWriter(Protocol):
    """One WebSocket connection, as a network library offers it."""

    def send(self, packet: bytes) -> None:
        """Sends text, or a binary message if the packet is `Binary`."""

    def send_pong(self, payload: bytes) -> None:
        """Answers a ping."""

    def send_close(self, code: int) -> None:
        """Sends a close frame; the connection stays open for the peer's answer."""
        ...

    def disconnect(self) -> None:
        """Closes the connection once what was sent has gone out."""

    def abort(self) -> None:
        """Cuts the connection at once."""
        ...


class Assembler:
    """Joins the fragments of a message (RFC 6455, section 5.4)."""

    __slots__ = ("_count", "_kind", "_limit", "_parts")

    def __init__(self, limit_bytes: int) -> None:
        self._limit = limit_bytes
        self._kind: int | None = None
        self._parts = Chunks()
        self._count = 0

    def feed(self, opcode: int, fin: bool, data: bytes) -> bytes | None:
        """Takes a data frame. Returns a whole message, binary as `Binary`, or None while more must come.

        Raises ProtocolError: 1002 if frames come in a wrong order, 1009 if the message is too large.
        """
        if (opcode == CONTINUATION) != (self._kind is not None):
            raise ProtocolError("fragments in a wrong order")
        if self._kind is None:
            self._kind = opcode
        self._parts.add(data)
        self._count += 1
        if max(self._parts.size, self._count) > self._limit:  # frames count, too: empty ones could go on without end
            raise ProtocolError("too big", CloseCode.TOO_BIG)
        if not fin:
            return None
        kind, message = self._kind, self._parts.whole()
        self._kind, self._parts, self._count = None, Chunks(), 0
        return Binary(message) if kind == BINARY else message


class WebSocketTransport:
    """A session's WebSocket, or one that asks to take over a session from long-polling."""

    __slots__ = ("_admission", "_assembler", "_engine", "_sid", "_writer", "alarm", "closing", "send", "session")

    def __init__(
        self, engine: Engine, writer: FrameWriter, *, admission: Admission | None = None, sid: str | None = None
    ) -> None:
        self._engine = engine
        self._writer = writer
        self._admission = admission  # of a new session
        self._sid = sid  # of the session to take over
        self._assembler: Assembler | None = None
        self.session: Session | None = None
        self.closing = False
        self.alarm = 0
        self.send: Callable[[bytes], None] = writer.send

    def opened(self) -> None:
        """Opens a session or waits for the probe, now that the handshake is done."""
        if self._admission is not None:
            self.session = self._engine.open(self._admission, self, [])
            return
        session = self._engine.sessions.get(self._sid or "")
        if session is None or isinstance(session.transport, WebSocketTransport) or session.probe is not None:
            self._close(CloseCode.POLICY)  # a second WebSocket takes nothing from the first
        else:
            self._engine.alarms.set(self, self._engine.clock.time() + self._engine.options.upgrade_timeout_s)

    def text(self, data: bytes) -> None:
        """Takes a whole text frame. An ASCII message, as nearly all are, takes a short way."""
        session = self.session
        if session is None or session.transport is not self or self._assembler is not None:
            self.frame(TEXT, True, data)
        elif data and data[0] == MESSAGE_BYTE and data.isascii():
            try:
                session.handler.message(data)
            except ProtocolError as error:
                self.fail(error.close_code)
            except Exception:
                session.break_off()
        else:
            self.frame(TEXT, True, data)

    def frame(self, opcode: int, fin: bool, data: bytes) -> None:
        """Takes a data frame. If anything is wrong with it, the connection is closed; nothing is raised."""
        if self.closing:
            return
        try:
            message: bytes | None
            if fin and self._assembler is None and opcode != CONTINUATION:
                message = Binary(data) if opcode == BINARY else data
            else:
                message = self._assemble(opcode, fin, data)
            if message is not None:
                self._message(message)
        except ProtocolError as error:
            self.fail(error.close_code)

    def ping(self, payload: bytes) -> None:
        """Answers a ping, also behind our own close frame."""
        self._writer.send_pong(payload)

    def fail(self, code: int) -> None:
        """Closes the connection, because the peer broke the protocol."""
        if not self.closing:
            self._end(CloseReason.PROTOCOL, code)

    def peer_closed(self, code: int | None) -> None:
        """Answers the peer's close frame and ends the connection. `code` None: the frame has none."""
        if code is not None and not is_close_code(code):
            self.fail(CloseCode.PROTOCOL_ERROR)
        elif not self.closing and code in (CloseCode.NORMAL, CloseCode.GOING_AWAY):
            self._end(CloseReason.CLIENT, code)
        elif not self.closing:
            self._end(CloseReason.LOST, CloseCode.NORMAL)
        self._writer.disconnect()

    def gone(self) -> None:
        """Tells the session that its connection no longer exists."""
        self.closing = True
        self._engine.lingering.discard(self)
        self._engine.alarms.cancel(self)
        if self.session is not None:
            self.session.lost(self)

    def overflow(self) -> None:
        """Cuts the connection: its peer does not read, so a close frame would not reach it either."""
        if self.session is not None and self.session.transport is self:
            self.session.close(CloseReason.SLOW, CloseCode.POLICY)
        self._writer.abort()

    def close(self, reason: CloseReason, code: int) -> None:
        """Sends a close frame with this code; the reason stays here."""
        self._close(code)

    def wake(self, now: float) -> None:
        """Cuts a connection whose peer did not answer our close, or closes one that did not upgrade in time."""
        if self.closing:
            self._writer.abort()
        else:
            self._end(CloseReason.LOST, CloseCode.POLICY)

    def abort(self) -> None:
        """Cuts the connection at once."""
        self._writer.abort()

    def pause(self) -> bool:
        """False: no other transport can replace a WebSocket."""
        return False

    def retire(self) -> list[bytes]:
        """Empty: a WebSocket keeps no packets back, and nothing replaces it."""
        return []

    def _close(self, code: int) -> None:
        """Sends a close frame and waits `close_timeout_s` for the peer's (RFC 6455, section 7.1.1)."""
        if self.closing:
            return
        self.closing = True
        self._writer.send_close(code)
        self._engine.lingering.add(self)
        self._engine.alarms.set(self, self._engine.clock.time() + self._engine.options.close_timeout_s)

    def _assemble(self, opcode: int, fin: bool, data: bytes) -> bytes | None:
        if self._assembler is None:
            self._assembler = Assembler(self._engine.options.max_payload_bytes)
        message = self._assembler.feed(opcode, fin, data)
        if message is not None:
            self._assembler = None
        return message

    def _message(self, message: bytes) -> None:
        if type(message) is not Binary:
            engineio.check_text(message)
        if self.session is None or self.session.probe is self:
            self._probe(message)
        else:
            self.session.receive(message)

    def _probe(self, message: bytes) -> None:
        """Handles the upgrade: `2probe`, then `5`.

        Anything else, or an unknown sid, closes this connection alone.
        """
        if type(message) is Binary:
            raise ProtocolError("neither probe nor upgrade", CloseCode.POLICY)
        if self.session is None and message == engineio.PROBE_PING:
            session = self._engine.sessions.get(self._sid or "")
            if session is None:
                raise ProtocolError("unknown sid", CloseCode.POLICY)
            session.begin_upgrade(self)
            self.session = session
            self.send(engineio.PROBE_PONG)
        elif self.session is not None and message == engineio.UPGRADE:
            self._engine.alarms.cancel(self)
            self.session.finish_upgrade(self)
        else:
            raise ProtocolError("neither probe nor upgrade", CloseCode.POLICY)

    def _end(self, reason: CloseReason, code: int) -> None:
        """Closes this connection and, if it is the session's transport, the session."""
        session = self.session
        if session is not None:
            if session.transport is self:
                session.close(reason, code)
            else:
                session.lost(self)
        self._close(code)
