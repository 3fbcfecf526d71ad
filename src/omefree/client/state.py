"""What a visitor is doing: a search, a chat, an `again`; and how that becomes one with what the server believes.

It hears all that the server says (the Owner of a Connection) and holds the sealed chat (the Host of a Talk).
"""

from __future__ import annotations

import asyncio
import os
import ssl
from typing import assert_never

from msgspec import Struct
from msgspec.structs import replace

from omefree.client import events
from omefree.client.address import Address
from omefree.client.connection import Connection
from omefree.client.inbox import Inbox
from omefree.client.packets import MaybeReply
from omefree.client.talk import Bound, Last, Talk
from omefree.contract import events as contract
from omefree.contract.codes import Code, EndReason
from omefree.errors import Closed, ConnectError, Refused
from omefree.seal.channel import Channel
from omefree.seal.frame import Event as EventName
from omefree.seal.handshake import ENTROPY_BYTES, Offer, make_offer
from omefree.seal.outputs import SealFault

SEAL_VERSION = 1  # docs/blind-relay.md
ENDED_FOLLOWS_S = 2.0  # after a resume to no chat: `ended`, which says why, is in the same breath
ASK_AGAIN_S = 2.0  # after a refusal that will pass and does not say when
WILL_PASS: frozenset[Code] = frozenset({"rate_limited", "full", "draining", "slow"})
REUNITING: frozenset[events.Reason] = frozenset({"left", "skipped", "lost"})  # ends after which one may ask again


class Search(Struct, eq=False):
    """What is looked for. `offer`: one for all finds of a search. `is_asking`: a find of it is not answered yet."""

    criteria: contract.Criteria
    offer: Offer
    is_asking: bool = True


class ClientState:
    """`past` is the chat before, for a report. `_leaving` is over for us, but the server may still have us in it.

    `limits` are the server's; they are there from the first `welcome` on.
    """

    def __init__(self, address: Address, ssl_context: ssl.SSLContext | None) -> None:
        self.connection = Connection(address, ssl_context, self)
        self.inbox = Inbox(self.connection.hold)
        self.limits: contract.Limits
        self.search: Search | None = None
        self.talk: Talk | None = None
        self.last: Last | None = None
        self.past: str | None = None
        self._leaving: str | None = None
        self._welcomes = 0
        self._is_over = False
        self._loop = asyncio.get_running_loop()

    async def close(self) -> None:
        self._shut(Closed())
        await self.connection.close()

    @property
    def chat(self) -> str | None:
        return self.talk.chat if self.talk is not None else None

    # --- searching ---

    def new_search(self, criteria: contract.Criteria) -> Search:
        """In the place of the one that goes on, whose offer it keeps."""
        offer = self.search.offer if self.search is not None else new_offer()
        self.search = Search(criteria, offer)
        return self.search

    async def ask_find(self, search: Search) -> None:
        """Raises Refused, Closed. It is over, too, when a match or another find has crossed it."""
        while self.search is search:
            left = self.chat or self._leaving
            reply = await self.connection.ask_once(lambda: self._find_event(search))
            if self.search is not search or reply is None:
                continue
            if reply.ok:
                search.is_asking = False
                self._found_out()
                return
            if left is None or reply.code != "chat_over":
                raise reply.refusal()
            self._leaving = None  # the chat that we wanted to leave has ended by itself

    def _find_event(self, search: Search) -> contract.Find:
        seal = contract.Seal(SEAL_VERSION, search.offer.commit)
        return contract.Find(replace(search.criteria, seal=seal, from_=self.chat or self._leaving))

    async def _search_on(self, search: Search) -> None:
        """After a break that cost us our place; what no call is there to raise becomes an event."""
        while self.search is search and search.is_asking:
            try:
                await self.ask_find(search)
            except Refused as error:
                if error.code in WILL_PASS:
                    await asyncio.sleep(error.retry_after_s or ASK_AGAIN_S)
                    continue
                self.search = None
                self.tell(events.Failed(error.code, error.message, error.retry_after_s))

    # --- the end of a chat ---

    def end_ours(self) -> None:
        """We have left it, and need not be told."""
        if self.talk is not None:
            self._leaving = self.talk.chat
            self._finish(self.talk, "left")

    def _found_out(self) -> None:
        """The server has taken our find, and so has ended the chat that it was made in."""
        self.end_ours()
        self._leaving = None

    def say_leave(self, chat: str | None) -> asyncio.Future[MaybeReply]:
        """If the link breaks first, the next `welcome` sees to it."""
        answer = self.connection.ask_now(contract.Leave(chat))
        answer.add_done_callback(lambda done: self._has_left(chat, done))
        return answer

    def _has_left(self, chat: str | None, answer: asyncio.Future[MaybeReply]) -> None:
        if not answer.cancelled() and answer.result() is not None and chat == self._leaving:
            self._leaving = None

    def _end(self, talk: Talk, reason: events.Reason) -> None:
        self._finish(talk, reason)
        self.tell(events.Ended(talk.chat, reason))

    def _finish(self, talk: Talk, reason: events.Reason) -> None:
        talk.close()
        if talk is not self.talk:
            return
        self.talk = None
        self.past = talk.chat
        self.forget_last()
        if reason in REUNITING and talk.partner_commit is not None:
            self.last = Last(talk, self.forget_last)

    def abandon(self, talk: Talk, fault: SealFault) -> asyncio.Future[MaybeReply]:
        """Whoever finds a fault leaves."""
        if talk is self.talk:
            self._leaving = talk.chat
            self._end(talk, fault)
        return self.say_leave(talk.chat)

    def forget_last(self) -> None:
        if self.last is not None:
            self.last.close()
            self.last = None

    def _shut(self, why: Exception) -> None:
        """Nothing more comes, and nothing is kept."""
        if self._is_over:
            return
        self._is_over = True
        self.search = None
        if self.talk is not None:
            self.talk.close()
            self.talk = None
        self.forget_last()
        self.connection.shut()
        self.inbox.close(why)

    # --- from the connection (its Owner) ---

    def heard(self, event: contract.ServerEvent) -> None:
        match event:
            case contract.Welcome(args):
                self._welcomed(args)
            case contract.Online(count):
                self.tell(events.Online(count))
            case contract.Searching(args):
                self._searching(args)
            case contract.Matched(args):
                self._matched(args)
            case contract.Ended(chat, reason):
                self._ended(chat, reason)
            case contract.Failed(args):
                self.tell(events.Failed(args.code, args.message, args.retry_after_s))
            case contract.Message(chat) | contract.Signal(chat) | contract.Typing(chat) | contract.Partner(chat):
                if self.talk is not None and chat == self.talk.chat:  # else it is late
                    self._heard_in(self.talk, event)
            case contract.Moving():
                pass  # the connection sees to it
            case _:
                assert_never(event)

    def _heard_in(
        self, talk: Talk, event: contract.Message | contract.Signal | contract.Typing | contract.Partner
    ) -> None:
        match event:
            case contract.Message(_, data):
                talk.receive("message", data)
            case contract.Signal(_, data):
                talk.receive("signal", data)
            case contract.Typing(chat, on):
                self.tell(events.Typing(chat, on))
            case contract.Partner(chat, state):
                talk.partner_is_here(state == "back")
                self.tell(events.Partner(chat, state))
            case _:
                assert_never(event)

    def lost(self, retry_in_s: float, code: Code | None) -> None:
        self.paused()
        self.tell(events.LinkLost(retry_in_s, code))

    def paused(self) -> None:
        if self.talk is not None:
            self.talk.link_is_up(False)

    def over(self, why: Exception) -> None:
        if isinstance(why, ConnectError):
            self.tell(events.Outdated(why.speaks))
            why = Closed()
        self._shut(why)

    def tell(self, event: events.Event) -> None:
        self.inbox.put(event)

    def relay(self, chat: str, event: EventName, data: str) -> asyncio.Future[MaybeReply]:
        made = contract.Message(chat, data) if event == "message" else contract.Signal(chat, data)
        return self.connection.ask_now(made)

    def _searching(self, args: contract.SearchingArgs) -> None:
        if self.search is not None:
            self._found_out()  # the answer to our find comes before this, but whoever awaits it runs after
            self.tell(events.Searching(args.since_s, args.widened))
            return
        self.say_leave(None)  # nobody waits for this any more
        if self.talk is not None:
            self._end(self.talk, "broken")

    def _ended(self, chat: str, reason: EndReason) -> None:
        if chat == self._leaving:
            self._leaving = None
        if self.talk is not None and self.talk.chat == chat:
            self._end(self.talk, reason)

    # --- welcome: what we believe and what the server believes become one ---

    def _welcomed(self, args: contract.WelcomeArgs) -> None:
        resumed = args.resumed or contract.Resumed("idle")
        if self._welcomes:
            self.tell(events.LinkBack())
        self._welcomes += 1
        self.limits = args.limits
        self.tell(events.Online(args.online))
        if self._leaving != resumed.chat:
            self._leaving = None
        if args.resumed is None:
            self.forget_last()  # a new session has none
            self.past = None
        if self.talk is not None:
            self._rejoin(self.talk, args.resumed)
        else:
            self._reconcile(resumed)

    def _rejoin(self, talk: Talk, resumed: contract.Resumed | None) -> None:
        if resumed is None:
            self._end(talk, "broken")
        elif resumed.chat == talk.chat:
            self._partner_after_break(talk, resumed.partner == "here")
        elif self.search is None:  # else our find has ended it, and what came of that follows
            self._loop.call_later(ENDED_FOLLOWS_S, self._end_broken, talk)
        if self.talk is None and self.search is not None:
            self._reconcile(contract.Resumed("idle"))

    def _partner_after_break(self, talk: Talk, here: bool) -> None:
        changed = here is not talk.is_partner_here
        talk.partner_is_here(here)
        talk.link_is_up(True)
        if changed:
            self.tell(events.Partner(talk.chat, "back" if here else "away"))

    def _end_broken(self, talk: Talk) -> None:
        if talk is self.talk:
            self._end(talk, "broken")

    def _reconcile(self, resumed: contract.Resumed) -> None:
        search = self.search
        leaves = resumed.chat is not None and resumed.chat == self._leaving
        if search is not None:
            if not search.is_asking and (leaves or resumed.state == "idle"):
                search.is_asking = True
                self.connection.spawn(self._search_on(search))
        elif leaves or (resumed.state != "idle" and not self._is_asked()):
            self.say_leave(resumed.chat)

    def _is_asked(self) -> bool:
        return self.last is not None and self.last.is_asked

    # --- matched ---

    def _matched(self, args: contract.MatchedArgs) -> None:
        if args.chat in (self.chat, self._leaving):
            return  # told again after a resume
        if self.search is None and (self.talk is not None or not self._is_asked()):
            self._leaving = args.chat
            self.say_leave(args.chat)  # they asked for us again when we no longer did
            return
        again = args.seal is None and self._is_asked()
        bound = self._bound(args)
        self.end_ours()
        self._leaving = self.search = None
        self.forget_last()
        self.tell(events.Matched.told(args, again=again, hides=bound.wish.hide))
        self._begin(args, bound)

    def _bound(self, args: contract.MatchedArgs) -> Bound:
        """No commitment where one must be is a fault, which the channel finds; so is a mode that was not asked for:
        a call shows one's address (docs/blind-relay.md, "Again", "Media").
        """
        seal, last = args.seal, self.last
        if seal is not None and self.search is not None:
            bound = Bound(self.search.criteria, self.search.offer, seal.commit if seal.v == SEAL_VERSION else None)
        elif seal is None and last is not None and last.is_asked:
            bound = Bound(last.wish, last.offer, last.partner_commit)
        else:
            bound = Bound(contract.Criteria(args.mode), new_offer(), None)
        return bound if bound.wish.mode == args.mode else replace(bound, commit=None)

    def _begin(self, args: contract.MatchedArgs, bound: Bound) -> None:
        next_offer = new_offer()
        channel = Channel(
            chat=args.chat,
            polite=args.polite,
            offer=bound.offer,
            commit=bound.commit,
            next_commit=next_offer.commit,
            limits=self.limits,
            now=self._loop.time(),
        )
        talk = self.talk = Talk(args.chat, bound.wish, channel, next_offer, self)
        talk.begin()


def new_offer() -> Offer:
    return make_offer(os.urandom(ENTROPY_BYTES))
