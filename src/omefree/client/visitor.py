"""A visitor of a server: finds partners, talks with them through the seal, and comes back when its link broke."""

from __future__ import annotations

import asyncio
import os
import ssl
from collections.abc import Sequence
from types import TracebackType
from typing import Literal, Self

from msgspec import Struct
from msgspec.structs import replace

from omefree.client import events
from omefree.client.address import read_address
from omefree.client.connection import Connection
from omefree.client.inbox import Inbox
from omefree.client.link import Answer
from omefree.client.talk import Last, Talk
from omefree.contract import events as wire
from omefree.contract.codes import Code, Mode, ReportReason
from omefree.errors import Closed, ConnectError, NoChat, Refused
from omefree.seal.channel import Channel, SealFault
from omefree.seal.content import Content, Text
from omefree.seal.handshake import ENTROPY_BYTES, Offer, make_offer

SEAL_VERSION = 1  # docs/blind-relay.md
ENDED_FOLLOWS_S = 2.0  # after a resume to no chat: `ended`, which says why, is in the same breath
ASK_AGAIN_S = 2.0  # after a refusal that will pass and does not say when
WILL_PASS: frozenset[Code] = frozenset({"rate_limited", "full", "draining", "slow"})
REUNITING: frozenset[events.Reason] = frozenset({"left", "skipped", "lost"})  # ends after which one may ask again


class Search(Struct, eq=False):
    """What is looked for. `offer`: one for all finds of a search. `is_asking`: a call of find is not answered yet."""

    criteria: wire.Criteria
    offer: Offer
    is_asking: bool = True


class Visitor:
    """Use as `async with Visitor(url) as visitor`: inside, it is connected and welcomed. Entering raises ConnectError.

    A broken link mends itself: calls that ask the server wait for that, and what is said goes out when both are here.
    Methods that wait raise Closed once the visitor has left. For one event loop, and not for several threads.
    """

    def __init__(self, url: str, *, ssl_context: ssl.SSLContext | None = None) -> None:
        """`url`: https or wss, http or ws, or a bare host. Raises ConnectError if it is none of these."""
        self._address = read_address(url)
        self._ssl = ssl_context
        self._limits: wire.Limits | None = None
        self._search: Search | None = None
        self._talk: Talk | None = None
        self._last: Last | None = None
        self._over: str | None = None  # the last chat, for a report
        self._leaving: str | None = None  # a chat over for us, in which the server may still have us

    async def __aenter__(self) -> Self:
        self._loop = asyncio.get_running_loop()
        self._connection = Connection(self._address, self._ssl, self)
        self._inbox = Inbox(self._connection.hold)
        try:
            await self._connection.open()
        except BaseException:
            await self.close()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Leaves for good: the server and the partner are told at once. Keys and words are let go of."""
        self._shut(Closed())
        await self._connection.close()

    # --- what happens ---

    async def next_event(self) -> events.Event:
        """Raises Closed when there will be no more."""
        return await self._inbox.get()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> events.Event:
        try:
            return await self.next_event()
        except Closed:
            raise StopAsyncIteration from None

    @property
    def host(self) -> str:
        """The server, as people know it."""
        return self._address.host

    @property
    def chat(self) -> str | None:
        """The chat that goes on."""
        return self._talk.chat if self._talk is not None else None

    @property
    def limits(self) -> wire.Limits:
        """What the server told. Raises Closed before it did."""
        if self._limits is None:
            raise Closed
        return self._limits

    # --- looking for somebody ---

    async def find(
        self,
        mode: Mode = "text",
        interests: Sequence[str] = (),
        languages: Sequence[str] = (),
        patience_s: float | None = 5,
        hide: bool = False,
    ) -> None:
        """Looks for a partner; returns when the server looks. From a chat this is "next"; in a search it changes what
        is looked for. Raises Refused: a chat then goes on, a search does not.
        """
        criteria = wire.Criteria(mode, list(interests), list(languages), patience_s, hide)
        offer = self._search.offer if self._search is not None else make_offer(os.urandom(ENTROPY_BYTES))
        search = self._search = Search(criteria, offer)
        try:
            await self._ask_find(search)
        except BaseException:
            if self._search is search:
                self._search = None
            raise

    async def again(self) -> None:
        """Asks for the last partner again, within 120 s. If both ask, Matched comes. Raises NoChat, Refused."""
        last = self._last
        if last is None:
            raise NoChat
        last.is_asked = True
        reply = await self._connection.ask(wire.Again(last.chat))
        if not reply.ok:
            last.is_asked = False
            raise reply.refusal()

    async def leave(self) -> None:
        """Ends the chat or the search, and takes back an `again`. Stays connected."""
        chat = self.chat
        self._search = None
        if self._last is not None:
            self._last.is_asked = False
        self._end_ours()
        await self._connection.ask_now(wire.Leave(chat))  # if the link breaks first, `welcome` sees to it

    async def _ask_find(self, search: Search) -> None:
        """Raises Refused, Closed. It is over, too, when a match or another find has crossed it."""
        search.is_asking = True
        while self._search is search:
            left = self.chat or self._leaving
            reply = await self._connection.ask_once(lambda: self._find_event(search))
            if self._search is not search or reply is None:
                continue
            if reply.ok:
                search.is_asking = False
                self._end_ours()
                return
            if left is None or reply.code != "chat_over":
                raise reply.refusal()
            self._leaving = None  # the chat that we wanted to leave has ended by itself

    def _find_event(self, search: Search) -> wire.Find:
        seal = wire.Seal(SEAL_VERSION, search.offer.commit)
        return wire.Find(replace(search.criteria, seal=seal, from_=self.chat or self._leaving))

    async def _search_on(self, search: Search) -> None:
        """After a break that cost us our place; what no call is there to raise becomes an event."""
        while self._search is search:
            try:
                return await self._ask_find(search)
            except Refused as error:
                if error.code not in WILL_PASS:
                    self._search = None
                    return self._tell(events.Failed(error.code, error.message, error.retry_after_s))
                await asyncio.sleep(error.retry_after_s or ASK_AGAIN_S)

    # --- in a chat ---

    def say(self, text: str) -> int:
        """The number of the text. It waits in here while the partner or our link is away. Raises NoChat, TooLong."""
        return self.send(Text(text))

    def send(self, content: Content) -> int:
        """For programs that make calls: a Description, Candidate or Media. Raises NoChat, TooLong."""
        return self._current().send(content)

    async def typing(self, on: bool) -> None:
        """Tells the partner; comes to nothing while they are away, or too often. Raises NoChat."""
        talk = self._current()
        if talk.is_partner_here:
            await self._connection.ask_now(wire.Typing(talk.chat, on))

    async def report(self, reason: ReportReason) -> None:
        """Reports the partner and ends the chat; also for 60 s after its end. Raises NoChat, Refused."""
        chat = self.chat or self._over
        if chat is None:
            raise NoChat
        reply = await self._connection.ask(wire.Report(chat, reason))
        if not reply.ok:
            raise reply.refusal()
        if chat == self.chat:
            self._end_ours()
        self._forget_last()

    async def differs(self) -> None:
        """The two have compared the emoji, and they differ: ends the chat with `seal_differs`. Raises NoChat."""
        await self._abandon(self._current(), "seal_differs")

    async def ice(self) -> list[wire.IceServer]:
        """Fresh TURN credentials. Raises Refused."""
        reply = await self._connection.ask(wire.Ice())
        if not reply.ok:
            raise reply.refusal()
        return reply.ice_servers

    def _current(self) -> Talk:
        if self._talk is None:
            raise NoChat
        return self._talk

    # --- the end of a chat ---

    def _end_ours(self) -> None:
        """We have left it, and need not be told."""
        if self._talk is not None:
            self._leaving = self._talk.chat
            self._finish(self._talk, "left")

    def _end(self, talk: Talk, reason: events.Reason) -> None:
        self._finish(talk, reason)
        self._tell(events.Ended(talk.chat, reason))

    def _finish(self, talk: Talk, reason: events.Reason) -> None:
        talk.close()
        if talk is not self._talk:
            return
        self._talk = None
        self._over = talk.chat
        self._forget_last()
        if reason in REUNITING and talk.partner_commit is not None:
            self._last = Last(talk, self._forget_last)

    def _abandon(self, talk: Talk, fault: SealFault) -> asyncio.Future[Answer]:
        """Whoever finds a fault leaves."""
        if talk is self._talk:
            self._leaving = talk.chat
            self._end(talk, fault)
        return self._connection.ask_now(wire.Leave(talk.chat))

    def _forget_last(self) -> None:
        if self._last is not None:
            self._last.close()
            self._last = None

    def _shut(self, why: Exception) -> None:
        """Nothing more comes, and nothing is kept."""
        self._search = None
        if self._talk is not None:
            self._talk.close()
            self._talk = None
        self._forget_last()
        self._connection.shut()
        self._inbox.close(why)

    # --- from the connection (its Owner) ---

    def heard(self, event: wire.ServerEvent) -> None:
        talk = self._talk
        match event:
            case wire.Welcome(args):
                self._welcomed(args)
            case wire.Online(count):
                self._tell(events.Online(count))
            case wire.Searching(args):
                self._searching(args)
            case wire.Matched(args):
                self._matched(args)
            case wire.Ended(chat, reason):
                self._ended(chat, reason)
            case wire.Failed(args):
                self._tell(events.Failed(args.code, args.message, args.retry_after_s))
            case wire.Message(chat, data) if talk is not None and chat == talk.chat:
                talk.receive("message", data)
            case wire.Signal(chat, data) if talk is not None and chat == talk.chat:
                talk.receive("signal", data)
            case wire.Typing(chat, on) if talk is not None and chat == talk.chat:
                self._tell(events.Typing(chat, on))
            case wire.Partner(chat, state) if talk is not None and chat == talk.chat:
                self._partner(talk, state == "back")

    def lost(self, retry_in_s: float, code: Code | None) -> None:
        self.paused()
        self._tell(events.LinkLost(retry_in_s, code))

    def paused(self) -> None:
        if self._talk is not None:
            self._talk.link_is_up(False)

    def over(self, why: Exception) -> None:
        if isinstance(why, ConnectError):
            self._tell(events.Outdated(why.speaks))
            why = Closed()
        self._shut(why)

    def _tell(self, event: events.Event) -> None:
        self._inbox.put(event)

    def _partner(self, talk: Talk, here: bool) -> None:
        talk.partner_is_here(here)
        self._tell(events.Partner(talk.chat, "back" if here else "away"))

    def _searching(self, args: wire.SearchingArgs) -> None:
        if self._search is not None:  # else it crosses our leave
            self._end_ours()  # our find, whose answer is on its way, has ended that chat
            self._tell(events.Searching(args.since_s, args.widened))

    def _ended(self, chat: str, reason: Literal["left", "skipped", "lost", "moderated", "drained"]) -> None:
        if chat == self._leaving:
            self._leaving = None
        if self._talk is not None and self._talk.chat == chat:
            self._end(self._talk, reason)

    # --- welcome: what we believe and what the server believes become one ---

    def _welcomed(self, args: wire.WelcomeArgs) -> None:
        resumed = args.resumed or wire.Resumed("idle")
        if self._limits is not None:
            self._tell(events.LinkBack())
        self._limits = args.limits
        self._tell(events.Online(args.online))
        if self._leaving != resumed.chat:
            self._leaving = None
        if args.resumed is None:
            self._forget_last()  # a new session has none
            self._over = None
        if self._talk is not None:
            self._rejoin(self._talk, args.resumed)
        else:
            self._reconcile(resumed)

    def _rejoin(self, talk: Talk, resumed: wire.Resumed | None) -> None:
        if resumed is None:
            self._end(talk, "broken")
        elif resumed.chat == talk.chat:
            self._partner_after_break(talk, resumed.partner == "here")
        elif self._search is None:  # else our find has ended it, and what came of that follows
            self._loop.call_later(ENDED_FOLLOWS_S, self._end_broken, talk)
        if self._talk is None and self._search is not None:
            self._reconcile(wire.Resumed("idle"))

    def _partner_after_break(self, talk: Talk, here: bool) -> None:
        changed = here is not talk.is_partner_here
        talk.partner_is_here(here)
        talk.link_is_up(True)
        if changed:
            self._tell(events.Partner(talk.chat, "back" if here else "away"))

    def _end_broken(self, talk: Talk) -> None:
        if talk is self._talk:
            self._end(talk, "broken")

    def _reconcile(self, resumed: wire.Resumed) -> None:
        search = self._search
        leaves = resumed.chat is not None and resumed.chat == self._leaving
        if search is not None:
            if not search.is_asking and (leaves or resumed.state == "idle"):
                self._connection.spawn(self._search_on(search))
        elif leaves or (resumed.state != "idle" and not self._is_asked()):
            self._connection.ask_now(wire.Leave(resumed.chat))

    def _is_asked(self) -> bool:
        return self._last is not None and self._last.is_asked

    # --- matched ---

    def _matched(self, args: wire.MatchedArgs) -> None:
        if args.chat in (self.chat, self._leaving):
            return  # told again after a resume
        if self._search is None and (self._talk is not None or not self._is_asked()):
            self._leaving = args.chat
            self._connection.ask_now(wire.Leave(args.chat))  # they asked for us again when we no longer did
            return
        offer, commit = self._bound(args.seal)
        self._end_ours()
        self._leaving = self._search = None
        self._forget_last()
        self._tell(
            events.Matched(
                args.chat, args.mode, args.common, args.languages, args.polite, args.relay_only, args.ice_servers
            )
        )
        self._begin(args, offer, commit)

    def _bound(self, seal: wire.Seal | None) -> tuple[Offer, str | None]:
        """Our offer, and the commitment that the partner is bound to: by the match, or by an `again` sealed before. No
        commitment where one must be is a fault, which the channel finds (docs/blind-relay.md, "Again").
        """
        if seal is not None and self._search is not None:
            return self._search.offer, seal.commit if seal.v == SEAL_VERSION else None
        if seal is None and self._last is not None and self._last.is_asked:
            return self._last.offer, self._last.partner_commit
        return new_offer(), None

    def _begin(self, args: wire.MatchedArgs, offer: Offer, commit: str | None) -> None:
        next_offer = new_offer()
        channel = Channel(
            chat=args.chat,
            polite=args.polite,
            offer=offer,
            commit=commit,
            next_commit=next_offer.commit,
            limits=self.limits,
            now=self._loop.time(),
        )
        talk = self._talk = Talk(args.chat, channel, next_offer, self)
        talk.begin()


def new_offer() -> Offer:
    return make_offer(os.urandom(ENTROPY_BYTES))
