"""A link: one connection to the server, from opening to end. It is Engine.IO and Socket.IO over one WebSocket.

It never buffers. The reply to an event that cannot be sent is None; the caller decides what to do at the next
`welcome`. Source: docs/protocol.md, "Connection"; the Engine.IO (4) and Socket.IO (5) protocols.
"""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import Callable
from typing import TypeAlias, TypeVar

import msgspec

from omefree.client.address import Address
from omefree.client.websocket import MESSAGE_BYTES_MAX, WebSocket, stranger
from omefree.contract import events
from omefree.contract.codes import CODES, MESSAGES, PROTOCOL_VERSION, Code
from omefree.errors import ConnectError, ProtocolError, Refused
from omefree.wire import engineio, socketio

WELCOME_S = 10.0  # from the open WebSocket to `welcome`: three round trips
ANSWER_S = 10.0  # for a reply: longer than a round trip on any connection that the heartbeat keeps
HEARTBEAT_MAX_S = 300.0  # used instead if a server asks for a slower heartbeat
WAIT_MAX_S = 3_600.0  # used instead if a server asks us to wait longer
GOODBYE_S = 2.0  # for our last packets to leave, and for the server to close

MaybeReply: TypeAlias = "Reply | None"  # None: the link broke before the reply came


class Reply(msgspec.Struct, frozen=True):
    """The acknowledgement of an event, of any kind."""

    ok: bool
    code: str = "internal"
    retry_after_s: float | None = None
    field: str | None = None
    ice_servers: list[events.IceServer] = []

    def known_code(self) -> Code:
        """The code, or `internal` if only a later version has it."""
        return known_code(self.code)

    def wait_s(self) -> float | None:
        """How long the server asks us to wait, in seconds; None if it does not say."""
        return None if self.retry_after_s is None else min(max(self.retry_after_s, 0), WAIT_MAX_S)

    def refusal(self) -> Refused:
        """The exception for a reply that is not `ok`."""
        code = self.known_code()
        return Refused(code, MESSAGES[code], self.wait_s(), self.field)


class Link:
    """`heard` gets each event in order, `welcome` first.

    `lost` is called once if the link ends in any other way than by `leave` or `drop`. Its argument is None, or the
    exception if a bug of ours ended the link. Before `welcome` it is not called: `open` raises instead.
    """

    def __init__(self, heard: Callable[[events.ServerEvent], None], lost: Callable[[Exception | None], None]) -> None:
        self._heard = heard
        self._lost = lost
        self._loop = asyncio.get_running_loop()
        self._socket = WebSocket(self._packet, self._gone)
        self._auth = b""
        self._is_handshaken = self._is_over = False
        self._welcomed: asyncio.Future[None] = self._loop.create_future()
        self._welcomed.add_done_callback(lambda done: done.cancelled() or done.exception())  # seen, if nobody waits
        self._asked = 0
        self._answers: dict[int, asyncio.Future[MaybeReply]] = {}
        self._payload_bytes_max = 0
        self._heartbeat_s = WELCOME_S
        self._heard_at = self._loop.time()
        self._watch: asyncio.TimerHandle | None = None
        self._is_reading = True

    async def open(self, address: Address, ssl_context: ssl.SSLContext | None, token: str | None) -> None:
        """Connects and returns when `welcome` has come. `token` resumes a visitor. Raises ConnectError."""
        self._auth = msgspec.json.encode(events.Auth(v=PROTOCOL_VERSION, resume=token))
        try:
            await self._socket.open(address, ssl_context)
            self._alarm()
            async with asyncio.timeout(WELCOME_S):
                await self._welcomed
        except TimeoutError:
            self.drop()
            raise stranger(address) from None
        except BaseException:
            self.drop()
            raise

    @property
    def is_up(self) -> bool:
        """True from `welcome` to the end."""
        return self._welcomed.done() and not self._is_over

    def ask(self, event: events.VisitorEvent) -> asyncio.Future[MaybeReply]:
        """Sends an event at once. The result is its reply: None if there is no link, or if it breaks first."""
        answer: asyncio.Future[MaybeReply] = self._loop.create_future()
        self._asked += 1
        frame = socketio.encode(socketio.EVENT, body=msgspec.json.encode(event), ack=self._asked)
        if not self.is_up:
            answer.set_result(None)
        elif len(frame) > self._payload_bytes_max:
            answer.set_result(Reply(ok=False, code="too_big"))
        else:
            self._await(self._asked, answer)
            self._socket.send(frame)
        return answer

    async def leave(self) -> None:
        """Leaves the server for good by DISCONNECT. Replies still awaited become None."""
        if not self._is_over:
            self._end()
            self._socket.send(socketio.encode(socketio.DISCONNECT))
            self._socket.close()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(GOODBYE_S):
                    await self._socket.ended()
        self._socket.abort()

    def drop(self) -> None:
        """Closes the connection without a DISCONNECT, so that the visitor can resume over another link."""
        self._end()
        self._socket.abort()

    def pause_reading(self) -> None:
        """Stops reading: events wait at the server, which closes the connection if they wait too long."""
        self._is_reading = False
        self._socket.pause_reading()

    def resume_reading(self) -> None:
        """Reads on. The time for the server's heartbeat starts anew."""
        self._is_reading = True
        self._heard_at = self._loop.time()
        self._socket.resume_reading()

    # --- the end ---

    def _gone(self, fault: Exception | None) -> None:
        if self._is_over:
            return
        was_up = self.is_up
        self._fail(fault or ConnectError("unreachable", "the connection broke before the server said welcome"))
        self._end()
        if was_up:
            self._lost(fault)

    def _end(self) -> None:
        self._is_over = True
        if self._watch is not None:
            self._watch.cancel()
        self._welcomed.cancel()
        answers, self._answers = self._answers, {}
        for answer in answers.values():
            settle(answer, None)

    def _fail(self, error: Exception) -> None:
        if not self._welcomed.done():
            self._welcomed.set_exception(error)

    # --- heartbeat and acknowledgements ---

    def _alarm(self) -> None:
        """Closes a silent connection. One timer checks when the last packet came: a timer for each would cost more."""
        if self._is_over:
            return
        silent_s = self._loop.time() - self._heard_at
        if silent_s >= self._heartbeat_s and self._is_reading:
            self._socket.abort()
            return
        self._watch = self._loop.call_later(max(self._heartbeat_s - silent_s, 1.0), self._alarm)

    def _await(self, number: int, answer: asyncio.Future[MaybeReply]) -> None:
        self._answers[number] = answer
        late = self._loop.call_later(ANSWER_S, settle, answer, Reply(ok=False, code="slow"))

        def done(_: asyncio.Future[MaybeReply]) -> None:
            late.cancel()
            self._answers.pop(number, None)

        answer.add_done_callback(done)

    # --- packets ---

    def _packet(self, packet: bytes) -> None:
        """Raises ProtocolError for a packet that no server may send."""
        if self._is_over:
            return
        self._heard_at = self._loop.time()
        engineio.check_text(packet)
        kind = packet[:1]
        if kind == engineio.MESSAGE:
            self._message(packet)
        elif kind == engineio.PING:
            self._socket.send(engineio.PONG + packet[1:])
        elif kind == engineio.OPEN and not self._is_handshaken:
            self._handshake(packet[1:])
        elif kind != engineio.NOOP:
            raise ProtocolError("not for a client")

    def _handshake(self, body: bytes) -> None:
        """Raises ProtocolError if it is malformed."""
        handshake = decoded(body, engineio.Handshake)
        self._is_handshaken = True
        self._payload_bytes_max = min(handshake.max_payload, MESSAGE_BYTES_MAX)
        beat_s = (handshake.ping_interval + handshake.ping_timeout) / 1000
        self._heartbeat_s = min(max(beat_s, 1.0), HEARTBEAT_MAX_S)
        self._socket.send(socketio.encode(socketio.CONNECT, body=self._auth))

    def _message(self, packet: bytes) -> None:
        """Raises ProtocolError for a packet that a server may not send now."""
        head = socketio.decode(packet)
        body = packet[head.at :]
        if not self._is_handshaken or head.namespace != socketio.DEFAULT_NAMESPACE:
            raise ProtocolError("not asked for")
        match head.kind:
            case socketio.EVENT:
                self._event(body)
            case socketio.ACK if head.ack is not None:
                self._acknowledged(head.ack, body)
            case socketio.CONNECT:
                pass  # `welcome` follows
            case socketio.CONNECT_ERROR:
                self._fail(turned_away(decoded(body, TurnedAway).data))
            case socketio.DISCONNECT:
                self._socket.abort()
            case _:
                raise ProtocolError("binary")

    def _event(self, body: bytes) -> None:
        """Raises ProtocolError if it is no event. An event that only a later version knows is ignored."""
        if not decoded(body, list):
            raise ProtocolError("bad event name")
        event = known(body)
        if isinstance(event, events.Welcome) is self._welcomed.done():
            raise ProtocolError("welcome comes first, and once")
        if not self._welcomed.done():
            self._welcomed.set_result(None)
        if event is not None:
            self._heard(event)

    def _acknowledged(self, number: int, body: bytes) -> None:
        """Raises ProtocolError if the reply is malformed."""
        [reply] = decoded(body, tuple[Reply])
        if number in self._answers:
            settle(self._answers[number], reply)


class WhyNot(msgspec.Struct):
    """The data of a CONNECT_ERROR: contract.events.ConnectErrorData of any version of the protocol."""

    code: str
    speaks: list[int] | None = None
    retry_after_s: float | None = None


class TurnedAway(msgspec.Struct):
    """The body of a CONNECT_ERROR. `data` is None or our own, unless the server is not an OmeFree server."""

    data: WhyNot | None = None


SERVER_EVENT: msgspec.json.Decoder[events.ServerEvent] = msgspec.json.Decoder(events.ServerEvent)


def known_code(code: str) -> Code:
    """The code, or `internal` if only a later version has it."""
    return next((each for each in CODES if each == code), "internal")


def known(body: bytes) -> events.ServerEvent | None:
    """The event; None if only a later version knows it."""
    try:
        return SERVER_EVENT.decode(body)
    except msgspec.ValidationError:
        return None


def turned_away(data: WhyNot | None) -> ConnectError:
    """The exception for a CONNECT_ERROR."""
    if data is None:
        return ConnectError("stranger", "this server offers something else than OmeFree")
    speaks = tuple(data.speaks or ())
    if data.code == "version":
        theirs = " and ".join(map(str, speaks)) or "another"
        message = f"the server speaks version {theirs} of the protocol, this program version {PROTOCOL_VERSION}"
        return ConnectError("version", message, code="version", speaks=speaks)
    code = known_code(data.code)
    return ConnectError("busy", MESSAGES[code], code=code, retry_after_s=data.retry_after_s)


def settle(answer: asyncio.Future[MaybeReply], reply: MaybeReply) -> None:
    """Sets the reply of an event unless it has one."""
    if not answer.done():
        answer.set_result(reply)


T = TypeVar("T")


def decoded(body: bytes, kind: type[T]) -> T:
    """The value in a JSON body. Raises ProtocolError if it is not JSON of this type."""
    try:
        return msgspec.json.decode(body, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise ProtocolError("bad payload") from None
