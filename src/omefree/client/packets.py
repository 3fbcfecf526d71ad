"""Engine.IO and Socket.IO over one WebSocket: the handshake, pings, events, and the answers to what was asked.

What an event says, and when it may come, is judged by whoever uses it: `Link` for a visitor, the audit for its own.
Source: docs/protocol.md, "Connection"; the Engine.IO (4) and Socket.IO (5) protocols.
"""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import Callable
from typing import TypeAlias, TypeVar

import msgspec

from omefree.client.address import Address
from omefree.client.websocket import WebSocket
from omefree.contract import events
from omefree.contract.codes import CODES, MESSAGES, PROTOCOL_VERSION, Code
from omefree.errors import ConnectError, ProtocolError, Refused
from omefree.wire import engineio, socketio

WAIT_MAX_S = 3_600.0  # of what a server asks us to wait
GOODBYE_S = 2.0  # for our last words to leave, and the server to close

MaybeReply: TypeAlias = "Reply | None"  # None: the link was lost before the answer came


class Reply(msgspec.Struct, frozen=True):
    """An acknowledgement of any kind. A code that this version does not know is `internal`."""

    ok: bool
    code: str = "internal"
    retry_after_s: float | None = None
    field: str | None = None
    ice_servers: list[events.IceServer] = []

    def known_code(self) -> Code:
        return known_code(self.code)

    def wait_s(self) -> float | None:
        return None if self.retry_after_s is None else min(max(self.retry_after_s, 0), WAIT_MAX_S)

    def refusal(self) -> Refused:
        code = self.known_code()
        return Refused(code, MESSAGES[code], self.wait_s(), self.field)


class Packets:
    """`heard` is given each event in order, a JSON array as it came; it may raise ProtocolError, which closes.
    `refused` is given the reason if the server lets nobody in. `gone` is called once, if the connection ends other than
    by `leave` or `drop`, with the exception if it was a mistake of this program. `handshake` is there once it has come.
    """

    def __init__(
        self,
        heard: Callable[[bytes], None],
        refused: Callable[[ConnectError], None],
        gone: Callable[[Exception | None], None],
    ) -> None:
        self.handshake: engineio.Handshake
        self.is_handshaken = self.is_over = False
        self._heard = heard
        self._refused = refused
        self._tell_gone = gone
        self._loop = asyncio.get_running_loop()
        self.heard_at = self._loop.time()
        self._socket = WebSocket(self._packet, self._gone)
        self._auth = b""
        self._asked = 0
        self._answers: dict[int, asyncio.Future[MaybeReply]] = {}

    async def open(self, address: Address, ssl_context: ssl.SSLContext | None, token: str | None) -> None:
        """Returns before anything has come. Raises ConnectError."""
        self._auth = msgspec.json.encode(events.Auth(v=PROTOCOL_VERSION, resume=token))
        await self._socket.open(address, ssl_context)

    def ask(self, body: bytes, most: int | None = None) -> asyncio.Future[MaybeReply]:
        """Sends an event now, a JSON array or what we like; its acknowledgement comes as the future's result.

        `most`: bytes of the packet; one that is larger is not sent.
        """
        answer: asyncio.Future[MaybeReply] = self._loop.create_future()
        self._asked += 1
        number = self._asked
        packet = socketio.encode(socketio.EVENT, body=body, ack=number)
        if self.is_over:
            answer.set_result(None)
        elif most is not None and len(packet) > most:
            answer.set_result(Reply(ok=False, code="too_big"))
        else:
            self._answers[number] = answer
            answer.add_done_callback(lambda _: self._answers.pop(number, None))
            self._socket.send(packet)
        return answer

    async def leave(self) -> None:
        """Ends the session for good: DISCONNECT, close. Returns when the server has closed, too."""
        if not self.is_over:
            self._end()
            self._socket.send(socketio.encode(socketio.DISCONNECT))
            self._socket.close()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(GOODBYE_S):
                    await self._socket.ended()
        self._socket.abort()

    def drop(self) -> None:
        """Ends the connection without a word: the session may go on over another."""
        self._end()
        self._socket.abort()

    def abort(self) -> None:
        """As if it had broken."""
        self._socket.abort()

    def pause_reading(self) -> None:
        self._socket.pause_reading()

    def resume_reading(self) -> None:
        self.heard_at = self._loop.time()
        self._socket.resume_reading()

    # --- the end ---

    def _gone(self, fault: Exception | None) -> None:
        if not self.is_over:
            self._end()
            self._tell_gone(fault)

    def _end(self) -> None:
        """What is still waited for is answered with None."""
        self.is_over = True
        for answer in [*self._answers.values()]:
            settle(answer, None)

    # --- what comes ---

    def _packet(self, packet: bytes) -> None:
        """Raises ProtocolError."""
        if self.is_over:
            return
        self.heard_at = self._loop.time()
        engineio.check_text(packet)
        kind = packet[:1]
        if kind == engineio.MESSAGE:
            self._message(packet)
        elif kind == engineio.PING:
            self._socket.send(engineio.PONG + packet[1:])
        elif kind == engineio.OPEN and not self.is_handshaken:
            self.handshake = decoded(packet[1:], engineio.Handshake)
            self.is_handshaken = True
            self._socket.send(socketio.encode(socketio.CONNECT, body=self._auth))
        elif kind != engineio.NOOP:
            raise ProtocolError("not for a client")

    def _message(self, packet: bytes) -> None:
        """Raises ProtocolError."""
        head = socketio.decode(packet)
        body = packet[head.at :]
        if not self.is_handshaken or head.namespace != socketio.DEFAULT_NAMESPACE:
            raise ProtocolError("not asked for")
        match head.kind:
            case socketio.EVENT if decoded(body, list):
                self._heard(body)
            case socketio.ACK if head.ack is not None:
                [reply] = decoded(body, tuple[Reply])
                if head.ack in self._answers:
                    settle(self._answers[head.ack], reply)
            case socketio.CONNECT:
                pass  # `welcome` follows
            case socketio.CONNECT_ERROR:
                self._refused(turned_away(decoded(body, TurnedAway).data))
            case socketio.DISCONNECT:
                self._socket.abort()
            case _:
                raise ProtocolError("binary, or an event without a name")


class WhyNot(msgspec.Struct):
    """As contract.events.ConnectErrorData, of any version."""

    code: str
    speaks: list[int] | None = None
    retry_after_s: float | None = None


class TurnedAway(msgspec.Struct):
    """The body of a CONNECT_ERROR; `data` is ours, if the server is."""

    data: WhyNot | None = None


SERVER_EVENT: msgspec.json.Decoder[events.ServerEvent] = msgspec.json.Decoder(events.ServerEvent)


def known_code(code: str) -> Code:
    """A code of a later version is `internal`."""
    return next((each for each in CODES if each == code), "internal")


def known(body: bytes) -> events.ServerEvent | None:
    try:
        return SERVER_EVENT.decode(body)
    except msgspec.ValidationError:
        return None


def turned_away(data: WhyNot | None) -> ConnectError:
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
    if not answer.done():
        answer.set_result(reply)


T = TypeVar("T")


def decoded(body: bytes, kind: type[T]) -> T:
    """Raises ProtocolError."""
    try:
        return msgspec.json.decode(body, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise ProtocolError("bad payload") from None
