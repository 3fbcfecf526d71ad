"""A visitor of the audit: it sees every event as it comes, and can say what no honest client says.

It speaks through the client's own packets, but has no `Link`: that one passes over events that it does not know, and
lets nothing be sent that is none.
"""

from __future__ import annotations

import asyncio
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
from omefree.client.packets import MaybeReply, Packets, Reply, known
from omefree.client.talk import Talk
from omefree.contract import events
from omefree.errors import ConnectError, ProtocolError
from omefree.seal.channel import Channel
from omefree.seal.content import Text
from omefree.seal.frame import RelayEvent
from omefree.seal.handshake import ENTROPY_BYTES, Offer, make_offer
from omefree.seal.outputs import SealFault
from omefree.wire import engineio

SEAL_VERSION = 1
HEARD_BYTES_MAX = 16_777_216  # a server that talks without end is not listened to
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


def code_of(reply: Reply) -> str:
    """What was answered, as it came: a code that nobody knows is kept as it is."""
    return "ok" if reply.ok else reply.code


class Probe:
    """`welcome` and `handshake` are there once it has come in. Whatever waits raises NotChecked after `answer_s`
    seconds, or when the server ends the connection.
    """

    def __init__(self, answer_s: float = ANSWER_S) -> None:
        self.welcome: events.WelcomeArgs
        self.heard: list[Heard] = []
        self.sent: list[bytes] = []  # what is to be passed on
        self._heard_bytes = 0
        self._answer_s = answer_s
        self._packets = Packets(self._event, self._refused, self._gone)
        self._refusal: ConnectError | None = None
        self._news = asyncio.Event()

    @property
    def handshake(self) -> engineio.Handshake:
        return self._packets.handshake

    async def open(self, address: Address, tls: ssl.SSLContext | None, token: str | None = None) -> None:
        """Raises ConnectError, NotChecked."""
        await self._packets.open(address, tls, token)
        self.welcome = (await self.hears(events.Welcome)).args

    async def leave(self) -> None:
        """For good, as a page does that is closed. Returns when the server has closed, too."""
        await self._packets.leave()

    # --- asking and hearing ---

    async def ask(self, event: events.VisitorEvent) -> Reply:
        """The answer to an event."""
        return await self.ask_raw(msgspec.json.encode(event))

    async def ask_raw(self, body: bytes) -> Reply:
        """`body`: a JSON array, or what we like."""
        try:
            async with asyncio.timeout(self._answer_s):
                answer = await self._send(body)
        except TimeoutError:
            raise broken("no_answer", event=body[:40].decode(errors="replace")) from None
        if answer is None:
            raise broken("link_broke")
        return answer

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
                    if self._packets.is_over:
                        raise self._refusal or broken("link_broke")
                    self._news.clear()
                    await self._news.wait()
                return found
        except TimeoutError:
            raise broken("nothing_came") from None

    def _send(self, body: bytes) -> asyncio.Future[MaybeReply]:
        if body.startswith(RELAYED):
            self.sent.append(body)
        return self._packets.ask(body)

    # --- what comes ---

    def _gone(self, _: Exception | None) -> None:
        self._news.set()

    def _refused(self, error: ConnectError) -> None:
        self._refusal = error
        self._packets.abort()

    def _event(self, body: bytes) -> None:
        """Raises ProtocolError."""
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

    def _listen(self, event: RelayEvent, data: str) -> None:
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

    def relay(self, chat: str, event: RelayEvent, data: str) -> asyncio.Future[MaybeReply]:
        made = events.Message(chat, data) if event == "message" else events.Signal(chat, data)
        return self._send(msgspec.json.encode(made))

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


def new_offer() -> Offer:
    return make_offer(os.urandom(ENTROPY_BYTES))
