"""A probe is a visitor of the audit. It sees every event as it comes, and can send what no honest client sends.

It uses the client's packets, but not the client's `Link`. A link ignores unknown events and sends only known ones.
"""

from __future__ import annotations

import asyncio
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
from omefree.client.talk import Bound, Talk, new_offer, relayed, talk_of
from omefree.contract import events
from omefree.errors import ConnectError, ProtocolError
from omefree.seal.content import Text
from omefree.seal.frame import VERSION as SEAL_VERSION
from omefree.seal.frame import RelayEvent
from omefree.seal.outputs import SealFault
from omefree.wire import engineio

HEARD_BYTES_MAX = 16_777_216  # the probe gives up on a server that talks without end
RELAYED = (b'["message",', b'["signal",', b'["typing",')

T = TypeVar("T")
E = TypeVar("E", bound=events.ServerEvent)


class HeardEvent(Struct, frozen=True):
    """An event of the server, as it came. `event` is None if the protocol has none like it."""

    body: bytes
    event: events.ServerEvent | None

    @property
    def is_relayed(self) -> bool:
        """Whether the event comes from the partner, relayed by the server."""
        return self.body.startswith(RELAYED)


def code_of(reply: Reply) -> str:
    """The code of a reply, or `ok`. A code that is in no list is kept as it came."""
    return "ok" if reply.ok else reply.code


class Probe:
    """A visitor that seals nothing.

    `welcome` and `handshake` are there once it has come in. Every method that waits raises NotChecked after `answer_s`
    seconds, or when the server ends the connection.
    """

    def __init__(self, answer_s: float = ANSWER_S) -> None:
        self.welcome: events.WelcomeArgs
        self.heard: list[HeardEvent] = []
        self.sent: list[bytes] = []  # bodies that the server is to relay
        self._heard_bytes = 0
        self._answer_s = answer_s
        self._packets = Packets(self._event, self._refused, self._gone)
        self._refusal: ConnectError | None = None
        self._news = asyncio.Event()

    @property
    def handshake(self) -> engineio.Handshake:
        """Engine.IO's handshake, as the server sent it."""
        return self._packets.handshake

    async def open(self, address: Address, tls: ssl.SSLContext | None, token: str | None = None) -> None:
        """Connects and waits for `welcome`. `token` resumes a visitor. Raises ConnectError, NotChecked."""
        await self._packets.open(address, tls, token)
        self.welcome = (await self.hears(events.Welcome)).args

    async def leave(self) -> None:
        """Leaves for good, as a page does that is closed. Returns when the server has closed the connection, too."""
        await self._packets.leave()

    # --- asking and hearing ---

    async def ask(self, event: events.VisitorEvent) -> Reply:
        """Sends an event and returns its reply. Raises NotChecked."""
        return await self.ask_raw(msgspec.json.encode(event))

    async def ask_raw(self, body: bytes) -> Reply:
        """Sends a body and returns its reply. Raises NotChecked.

        `body`: a JSON array, or whatever else a check wants to send.
        """
        try:
            async with asyncio.timeout(self._answer_s):
                answer = await self._send(body)
        except TimeoutError:
            raise broken("no_answer", event=body[:40].decode(errors="replace")) from None
        if answer is None:
            raise broken("link_broke")
        return answer

    async def hears(self, kind: type[E], after: int = 0) -> E:
        """The first event of that kind; the first `after` events do not count. Waits for it. Raises NotChecked."""
        return await self._until(lambda: self._find(kind, after))

    def has_heard(self, kind: type[E], after: int = 0) -> bool:
        """Whether an event of that kind has come; the first `after` events do not count."""
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
        if body.startswith(RELAYED) and not self._packets.is_over:
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
        self.heard.append(HeardEvent(body, event))
        if event is not None:
            self._happened(event)
        self._news.set()

    def _happened(self, event: events.ServerEvent) -> None:
        """Called for each known event. A subclass may act on it."""


class Stranger(Probe):
    """A visitor that seals, as the page does.

    `emoji` are there once the chat is sealed. `fault` is there if the seal did not hold.
    """

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
        """What a search says of the seal: the version and this visitor's commitment."""
        return events.Seal(SEAL_VERSION, self._offer.commit)

    async def leave(self) -> None:
        """Closes the sealed channel and leaves for good."""
        self.close_talk()
        await super().leave()

    def close_talk(self) -> None:
        """Closes the sealed channel of the current chat, if there is one."""
        if self.talk is not None:
            self.talk.close()

    def say(self, text: str) -> None:
        """Sends a text to the partner, sealed. Does nothing outside of a chat."""
        if self.talk is not None:
            self.talk.send(Text(text))

    async def sealed(self) -> None:
        """Returns when the chat is sealed, or when it is clear that it will not be. Raises NotChecked."""
        await self._until(lambda: self.emoji or self.fault)

    async def reads(self, text: str) -> None:
        """Returns when the partner's text has come, or when the seal broke. Raises NotChecked."""
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
        commit = args.seal.commit if args.seal is not None and args.seal.v == SEAL_VERSION else None
        bound = Bound(events.Criteria(args.mode), self._offer, commit)
        self.talk = talk_of(args, bound, self.welcome.limits, self)
        self.talk.begin()

    # --- called by the talk, as its Host ---

    def relay(self, chat: str, event: RelayEvent, data: str) -> asyncio.Future[MaybeReply]:
        """Sends a frame of the sealed channel. The result is its reply."""
        return self._send(msgspec.json.encode(relayed(chat, event, data)))

    def tell(self, event: client_events.Event) -> None:
        """Notes what the sealed channel reports."""
        match event:
            case client_events.Sealed(emoji=emoji):
                self.emoji = tuple(emoji)
            case client_events.Text(text=text):
                self.texts.append(text)
            case client_events.Delivery(n=n, state="delivered"):
                self.delivered.add(n)
            case _:
                pass  # no check needs it
        self._news.set()

    def abandon(self, talk: Talk, fault: SealFault) -> None:
        """Notes that the seal broke, and closes the talk."""
        self.fault = fault
        talk.close()
        self._news.set()
