"""Engine.IO and Socket.IO over one transport: the handshake, pings, events, and the replies to events.

It does not judge what an event says, or when it comes. Its user does: `Link` for a visitor, the probe for the audit.
Source: docs/protocol.md, "Connection"; the Engine.IO (4) and Socket.IO (5) protocols.
"""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import Callable
from typing import Protocol, TypeAlias, TypeVar

import msgspec

from omefree.client.address import Address
from omefree.client.pauses import known_pause
from omefree.client.websocket import WebSocket
from omefree.contract import events
from omefree.contract.codes import CODES, MESSAGES, PROTOCOL_VERSION, Code
from omefree.errors import ConnectError, ProtocolError, Refused
from omefree.wire import engineio, socketio

WAIT_MAX_S = 3_600.0  # used instead if a server asks us to wait longer
GOODBYE_S = 2.0  # for our last packets to leave, and for the server to close

MaybeReply: TypeAlias = "Reply | None"  # None: the connection broke before the reply came


class Reply(msgspec.Struct, frozen=True):
    """The acknowledgement of an event, of any kind."""

    ok: bool
    code: str = "internal"
    retry_after_s: float | None = None
    field: str | None = None
    reason: str | None = None
    open: list[str] | None = None
    whose: str | None = None
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
        pause = known_pause(code, self.retry_after_s, self.reason, self.open, self.whose)
        return Refused(code, MESSAGES[code], pause.retry_after_s if pause else self.wait_s(), self.field, pause)


class Question(msgspec.Struct, frozen=True, eq=False):
    """An event, a JSON array, and its reply. Until it has one it can be asked again over another connection."""

    body: bytes
    answer: asyncio.Future[MaybeReply]


class Transport(Protocol):
    """What carries whole packets to a server and back: `WebSocket`, or the long-polling of `omefree load`."""

    async def open(self, address: Address, ssl_context: ssl.SSLContext | None) -> None:
        """Connects. Packets can come before this returns. Raises ConnectError."""

    def send(self, packet: bytes) -> None:
        """Sends a packet; does nothing after the end."""

    def close(self) -> None:
        """Closes the connection when everything is sent."""

    def abort(self) -> None:
        """Closes the connection at once."""

    async def ended(self) -> None:
        """Waits for the end of the connection."""

    def pause_reading(self) -> None:
        """Stops reading from the server."""

    def resume_reading(self) -> None:
        """Reads on."""


# Makes a transport of `heard`, which gets each packet, and `gone`, which is called at the end (see WebSocket).
MakeTransport: TypeAlias = Callable[[Callable[[bytes], None], Callable[[Exception | None], None]], Transport]


class Packets:
    """`heard` gets each event in order, a JSON array as it came. If it raises ProtocolError, the connection is closed.

    `refused` gets the reason if the server refuses the CONNECT. `gone` is called once if the connection ends in any
    other way than by `leave` or `drop`. Its argument is None, or the exception if a bug of ours ended the connection.
    Questions without a reply are settled right after it.
    `handshake` exists as soon as `is_handshaken`. `heard_at`: when the last packet came, in the loop's seconds.
    """

    def __init__(
        self,
        heard: Callable[[bytes], None],
        refused: Callable[[ConnectError], None],
        gone: Callable[[Exception | None], None],
        make_transport: MakeTransport = WebSocket,
    ) -> None:
        self.handshake: engineio.Handshake
        self.is_handshaken = self.is_over = False
        self._heard = heard
        self._refused = refused
        self._tell_gone = gone
        self._loop = asyncio.get_running_loop()
        self.heard_at = self._loop.time()
        self._transport = make_transport(self._packet, self._gone)
        self._auth = b""
        self._asked = 0
        self._questions: dict[int, Question] = {}  # those that have no reply yet

    async def open(self, address: Address, ssl_context: ssl.SSLContext | None, token: str | None) -> None:
        """Connects; returns before the first packet. `token` resumes a visitor. Raises ConnectError."""
        self._auth = msgspec.json.encode(events.Auth(v=PROTOCOL_VERSION, resume=token))
        await self._transport.open(address, ssl_context)

    def ask(self, body: bytes) -> asyncio.Future[MaybeReply]:
        """Sends an event at once. `body`: a JSON array, or, for the audit, any bytes. The result is its reply."""
        question = Question(body, self._loop.create_future())
        self.put(question)
        return question.answer

    def put(self, question: Question, most: int | None = None) -> None:
        """Sends a question at once and settles its answer, with None after the end.

        `most`: the size limit of the packet in bytes; a larger one is not sent, and its reply is `too_big`.
        """
        self._asked += 1
        number = self._asked
        packet = socketio.encode(socketio.EVENT, body=question.body, ack=number)
        if self.is_over:
            settle(question.answer, None)
        elif most is not None and len(packet) > most:
            settle(question.answer, Reply(ok=False, code="too_big"))
        else:
            self._questions[number] = question
            question.answer.add_done_callback(lambda _: self._questions.pop(number, None))
            self._transport.send(packet)

    def unanswered(self) -> list[Question]:
        """Takes the questions that have no reply yet, in their order. Another connection is to settle them."""
        taken = [question for question in self._questions.values() if not question.answer.done()]
        self._questions.clear()
        return taken

    async def leave(self) -> None:
        """Leaves the server for good by DISCONNECT. Returns when the server has closed, after 2 s at most."""
        if not self.is_over:
            self._end()
            self._transport.send(socketio.encode(socketio.DISCONNECT))
            self._transport.close()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(GOODBYE_S):
                    await self._transport.ended()
        self._transport.abort()

    def drop(self) -> None:
        """Closes the connection without a DISCONNECT, so that the visitor can resume over another one."""
        self._end()
        self._transport.abort()

    def abort(self) -> None:
        """Cuts the connection. `gone` is called, as if the network had broken it."""
        self._transport.abort()

    def pause_reading(self) -> None:
        """Stops reading: packets wait at the server."""
        self._transport.pause_reading()

    def resume_reading(self) -> None:
        """Reads on. The pause does not count as silence of the server."""
        self.heard_at = self._loop.time()
        self._transport.resume_reading()

    # --- the end ---

    def _gone(self, fault: Exception | None) -> None:
        if not self.is_over:
            self.is_over = True
            self._tell_gone(fault)  # may take what is `unanswered`
            self._end()

    def _end(self) -> None:
        """Replies still awaited become None."""
        self.is_over = True
        for question in [*self._questions.values()]:
            settle(question.answer, None)

    # --- what comes ---

    def _packet(self, packet: bytes) -> None:
        """Raises ProtocolError for a packet that no server may send."""
        if self.is_over:
            return
        self.heard_at = self._loop.time()
        engineio.check_text(packet)
        kind = packet[:1]
        if kind == engineio.MESSAGE:
            self._message(packet)
        elif kind == engineio.PING:
            self._transport.send(engineio.PONG + packet[1:])
        elif kind == engineio.OPEN and not self.is_handshaken:
            self.handshake = decoded(packet[1:], engineio.Handshake)
            self.is_handshaken = True
            self._transport.send(socketio.encode(socketio.CONNECT, body=self._auth))
        elif kind != engineio.NOOP:
            raise ProtocolError("not for a client")

    def _message(self, packet: bytes) -> None:
        """Raises ProtocolError for a packet that a server may not send now."""
        head = socketio.decode(packet)
        body = packet[head.at :]
        if not self.is_handshaken or head.namespace != socketio.DEFAULT_NAMESPACE:
            raise ProtocolError("not asked for")
        match head.kind:
            case socketio.EVENT if decoded(body, list):
                self._heard(body)
            case socketio.ACK if head.ack is not None:
                [reply] = decoded(body, tuple[Reply])
                if head.ack in self._questions:
                    settle(self._questions[head.ack].answer, reply)
            case socketio.CONNECT:
                pass  # `welcome` follows
            case socketio.CONNECT_ERROR:
                self._refused(turned_away(decoded(body, TurnedAway).data))
            case socketio.DISCONNECT:
                self._transport.abort()
            case _:
                raise ProtocolError("binary, or an event without a name")


class WhyNot(msgspec.Struct):
    """The data of a CONNECT_ERROR: contract.events.ConnectErrorData of any version of the protocol."""

    code: str
    speaks: list[int] | None = None
    retry_after_s: float | None = None
    reason: str | None = None
    open: list[str] | None = None
    whose: str | None = None


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
    pause = known_pause(code, data.retry_after_s, data.reason, data.open, data.whose)
    return ConnectError("busy", MESSAGES[code], code=code, retry_after_s=data.retry_after_s, pause=pause)


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
