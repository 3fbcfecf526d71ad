"""A visitor of the audit: it sees every frame as it comes, and can say what no honest client says."""

from __future__ import annotations

import asyncio
import contextlib
import os
import ssl
from collections.abc import Callable
from typing import TypeVar

import msgspec
from msgspec import Struct

from omefree.audit.check import broken
from omefree.audit.web import ANSWER_S
from omefree.client import events as client_events
from omefree.client.address import Address
from omefree.client.link import MaybeReply, Reply, TurnedAway, decoded, known, turned_away
from omefree.client.talk import Talk
from omefree.client.websocket import WebSocket
from omefree.contract import events
from omefree.contract.codes import PROTOCOL_VERSION
from omefree.errors import ConnectError, ProtocolError
from omefree.seal.channel import Channel
from omefree.seal.content import Text
from omefree.seal.frame import Event as RelayName
from omefree.seal.handshake import ENTROPY_BYTES, Offer, make_offer
from omefree.seal.outputs import SealFault
from omefree.wire import engineio, socketio

SEAL_VERSION = 1
HEARD_BYTES_MAX = 16_777_216  # a server that talks without end is not listened to
GOODBYE_S = 2.0
RELAYED = (b'["message",', b'["signal",', b'["typing",')

T = TypeVar("T")
E = TypeVar("E", bound=events.ServerEvent)


class Heard(Struct, frozen=True):
    """An event of the server's, as it came; `event` is None if the protocol has none like it."""

    body: bytes
    event: events.ServerEvent | None

    @property
    def is_relayed(self) -> bool:
        return self.body.startswith(RELAYED)


class RawReply(Struct):
    """An answer to what was asked, as it came. A code that nobody knows is kept as it is."""

    body: bytes
    reply: Reply

    @property
    def code(self) -> str:
        return "ok" if self.reply.ok else self.reply.code


class Probe:
    """`welcome` and `handshake` are there once it has come in. Whatever waits raises NotChecked after `answer_s`
    seconds, or when the server ends the connection.
    """

    def __init__(self, answer_s: float = ANSWER_S) -> None:
        self.handshake: engineio.Handshake
        self.welcome: events.WelcomeArgs
        self.heard: list[Heard] = []
        self.sent: list[bytes] = []  # what is to be passed on
        self._heard_bytes = 0
        self._answer_s = answer_s
        self._socket = WebSocket(self._packet, self._gone)
        self._auth = b""
        self._asked = 0
        self._answers: dict[int, asyncio.Future[RawReply]] = {}
        self._refusal: ConnectError | None = None
        self._is_gone = False
        self._news = asyncio.Event()

    async def open(self, address: Address, tls: ssl.SSLContext | None, token: str | None = None) -> None:
        """Raises ConnectError, NotChecked."""
        self._auth = msgspec.json.encode(events.Auth(v=PROTOCOL_VERSION, resume=token))
        await self._socket.open(address, tls)
        self.welcome = (await self.hears(events.Welcome)).args

    async def leave(self) -> None:
        """For good, as a page does that is closed. Returns when the server has closed, too."""
        if not self._is_gone:
            self._socket.send(socketio.encode(socketio.DISCONNECT))
            self._socket.close()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(GOODBYE_S):
                    await self._socket.ended()
        self._socket.abort()

    # --- asking and hearing ---

    async def ask(self, event: events.VisitorEvent) -> RawReply:
        """The answer to an event."""
        return await self.ask_raw(msgspec.json.encode(event))

    async def ask_raw(self, body: bytes) -> RawReply:
        """`body`: a JSON array, or what we like."""
        answer = self._send(body)
        try:
            async with asyncio.timeout(self._answer_s):
                return await answer
        except TimeoutError:
            raise broken("no_answer", event=body[:40].decode(errors="replace")) from None

    async def hears(self, kind: type[E], after: int = 0) -> E:
        """The first event of that kind that came after so many others, or that comes now."""
        return await self._until(lambda: self._find(kind, after))

    def has_heard(self, kind: type[E], after: int = 0) -> bool:
        return self._find(kind, after) is not None

    def _find(self, kind: type[E], after: int) -> E | None:
        return next((each.event for each in self.heard[after:] if isinstance(each.event, kind)), None)

    async def _until(self, ready: Callable[[], T | None]) -> T:
        try:
            async with asyncio.timeout(self._answer_s):
                while (found := ready()) is None:
                    if self._is_gone:
                        raise self._refusal or broken("link_broke")
                    self._news.clear()
                    await self._news.wait()
                return found
        except TimeoutError:
            raise broken("nothing_came") from None

    def _send(self, body: bytes) -> asyncio.Future[RawReply]:
        answer: asyncio.Future[RawReply] = asyncio.get_running_loop().create_future()
        answer.add_done_callback(lambda done: done.cancelled() or done.exception())  # seen, if nobody waits
        if self._is_gone:
            answer.set_exception(broken("link_broke"))
            return answer
        self._asked += 1
        self._answers[self._asked] = answer
        if body.startswith(RELAYED):
            self.sent.append(body)
        self._socket.send(socketio.encode(socketio.EVENT, body=body, ack=self._asked))
        return answer

    # --- what comes ---

    def _gone(self, fault: Exception | None) -> None:
        self._is_gone = True
        for answer in self._answers.values():
            if not answer.done():
                answer.set_exception(broken("link_broke"))
        self._answers.clear()
        self._news.set()

    def _packet(self, packet: bytes) -> None:
        """Raises ProtocolError, which closes."""
        engineio.check_text(packet)
        kind = packet[:1]
        if kind == engineio.MESSAGE:
            self._message(packet)
        elif kind == engineio.PING:
            self._socket.send(engineio.PONG + packet[1:])
        elif kind == engineio.OPEN:
            self.handshake = decoded(packet[1:], engineio.Handshake)
            self._socket.send(socketio.encode(socketio.CONNECT, body=self._auth))

    def _message(self, packet: bytes) -> None:
        head = socketio.decode(packet)
        body = packet[head.at :]
        match head.kind:
            case socketio.EVENT:
                self._event(body)
            case socketio.ACK if head.ack in self._answers:
                [reply] = decoded(body, tuple[Reply])
                self._answers.pop(head.ack).set_result(RawReply(body, reply))
            case socketio.CONNECT_ERROR:
                self._refusal = turned_away(decoded(body, TurnedAway).data)
                self._socket.abort()
            case socketio.DISCONNECT:
                self._socket.abort()
            case _:
                pass  # an answer that nobody waits for

    def _event(self, body: bytes) -> None:
        decoded(body, list)
        self._heard_bytes += len(body)
        if self._heard_bytes > HEARD_BYTES_MAX:
            raise ProtocolError("too much")
        event = known(body)
        self.heard.append(Heard(body, event))
        if event is not None:
            self._happened(event)
        self._news.set()

    def _happened(self, event: events.ServerEvent) -> None:
        """For a visitor that does something about it."""


class Stranger(Probe):
    """A visitor that seals, as the page does. `emoji` are there once the chat is sealed; `fault` if it did not hold."""

    def __init__(self, answer_s: float = ANSWER_S) -> None:
        super().__init__(answer_s)
        self.texts: list[str] = []
        self.delivered: set[int] = set()
        self.emoji: tuple[int, ...] | None = None
        self.fault: SealFault | None = None
        self.talk: Talk | None = None
        self._offer = new_offer()

    @property
    def seal(self) -> events.Seal:
        return events.Seal(SEAL_VERSION, self._offer.commit)

    async def leave(self) -> None:
        self.close_talk()
        await super().leave()

    def close_talk(self) -> None:
        if self.talk is not None:
            self.talk.close()

    def say(self, text: str) -> None:
        if self.talk is not None:
            self.talk.send(Text(text))

    async def sealed(self) -> None:
        """Returns when the chat is sealed, or it is clear that it will not be."""
        await self._until(lambda: self.emoji or self.fault)

    async def reads(self, text: str) -> None:
        """Returns when the partner's text has come, or the seal broke."""
        await self._until(lambda: True if text in self.texts or self.fault else None)

    def _happened(self, event: events.ServerEvent) -> None:
        match event:
            case events.Matched(args):
                self._begin(args)
            case events.Message(chat, data) if self._talks_in(chat):
                self._listen("message", data)
            case events.Signal(chat, data) if self._talks_in(chat):
                self._listen("signal", data)
            case events.Ended(chat) if self._talks_in(chat):
                self.close_talk()

    def _talks_in(self, chat: str) -> bool:
        return self.talk is not None and self.talk.chat == chat

    def _listen(self, event: RelayName, data: str) -> None:
        if self.talk is not None:
            self.talk.receive(event, data)

    def _begin(self, args: events.MatchedArgs) -> None:
        self.close_talk()
        offer = new_offer()
        channel = Channel(
            chat=args.chat,
            polite=args.polite,
            offer=self._offer,
            commit=args.seal.commit if args.seal is not None and args.seal.v == SEAL_VERSION else None,
            next_commit=offer.commit,
            limits=self.welcome.limits,
            now=asyncio.get_running_loop().time(),
        )
        self.talk = Talk(args.chat, events.Criteria(args.mode), channel, offer, self)
        self.talk.begin()

    # --- for the talk (its Host) ---

    def relay(self, chat: str, event: RelayName, data: str) -> asyncio.Future[MaybeReply]:
        made = events.Message(chat, data) if event == "message" else events.Signal(chat, data)
        said = self._send(msgspec.json.encode(made))
        answer: asyncio.Future[MaybeReply] = asyncio.get_running_loop().create_future()
        said.add_done_callback(lambda done: settle(answer, done))
        return answer

    def tell(self, event: client_events.Event) -> None:
        match event:
            case client_events.Sealed(emoji=emoji):
                self.emoji = tuple(emoji)
            case client_events.Text(text=text):
                self.texts.append(text)
            case client_events.Delivery(n=n, state="delivered"):
                self.delivered.add(n)
            case _:
                pass  # nothing that a check asks for
        self._news.set()

    def abandon(self, talk: Talk, fault: SealFault) -> None:
        self.fault = fault
        talk.close()
        self._news.set()


def settle(answer: asyncio.Future[MaybeReply], said: asyncio.Future[RawReply]) -> None:
    if not answer.done():
        is_answered = not said.cancelled() and said.exception() is None
        answer.set_result(said.result().reply if is_answered else None)


def new_offer() -> Offer:
    return make_offer(os.urandom(ENTROPY_BYTES))
