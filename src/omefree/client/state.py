"""The state of a client's visitor: its search, its chat, its `again`, kept in agreement with the server's state."""

from __future__ import annotations

import asyncio
import ssl
from typing import assert_never

from msgspec import Struct
from msgspec.structs import replace

from omefree.client import events
from omefree.client.address import Address
from omefree.client.connection import Connection
from omefree.client.inbox import Inbox
from omefree.client.packets import MakeTransport, MaybeReply
from omefree.client.pauses import known_pause
from omefree.client.talk import Bound, Last, Talk, new_offer, relayed, talk_of
from omefree.contract import events as contract
from omefree.contract.codes import Code, EndReason
from omefree.errors import Closed, ConnectError, Refused
from omefree.seal.frame import VERSION as SEAL_VERSION
from omefree.seal.frame import RelayEvent
from omefree.seal.handshake import Offer
from omefree.seal.outputs import SealFault

ENDED_FOLLOWS_S = 2.0  # after a resume to no chat: `ended` with the reason follows at once
ASK_AGAIN_S = 2.0  # after a refusal for a while that does not say how long
WILL_PASS: frozenset[Code] = frozenset({"rate_limited", "full", "draining", "slow"})
REUNITING: frozenset[events.Reason] = frozenset({"left", "skipped", "lost"})  # ends of a chat that allow `again`


class Search(Struct, eq=False):
    """A search. All its finds share `offer`. `is_asking`: a find of it has no reply yet."""

    criteria: contract.Criteria
    offer: Offer
    is_asking: bool = True


class ClientState:
    """The Owner of a Connection and the Host of a Talk. `limits` are the server's, known from the first `welcome` on.
    `past` is the previous chat, which can be reported. The server may still hold us in `_leaving`, which we have left.
    """

    def __init__(self, address: Address, ssl_context: ssl.SSLContext | None, make_transport: MakeTransport) -> None:
        self.connection = Connection(address, ssl_context, self, make_transport)
        self.inbox = Inbox(self.connection.hold)
        self.limits: contract.Limits
        self.search: Search | None = None
        self.talk: Talk | None = None
        self.last: Last | None = None
        self.past: str | None = None
        self._leaving: str | None = None
        self._leaves: dict[str | None, asyncio.Future[MaybeReply]] = {}  # each `leave` under way; None: of any chat
        self._is_lost = False  # the program was told so
        self._is_over = False
        self._is_paused = False  # as the server last told
        self._loop = asyncio.get_running_loop()

    async def close(self) -> None:
        """Leaves the server for good, and tells it so."""
        self._shut(Closed())
        await self.connection.close()

    @property
    def chat(self) -> str | None:
        """The id of the present chat; None outside a chat."""
        return self.talk.chat if self.talk is not None else None

    def new_search(self, criteria: contract.Criteria) -> Search:
        """A search in the place of the present one, whose offer it keeps."""
        offer = self.search.offer if self.search is not None else new_offer()
        self.search = Search(criteria, offer)
        return self.search

    async def ask_find(self, search: Search) -> None:
        """Returns once the server takes the find, or a match or a newer find crosses it. Raises Refused, Closed."""
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
            if self.chat == left:  # our find has ended it, and so has what came of that: both on a broken link
                self.end_ours()
            self._leaving = None  # that chat has already ended by itself

    def _find_event(self, search: Search) -> contract.Find | None:
        """The find of a search; None if that has met its match, or a newer one, while it waited for a link."""
        if self.search is not search:
            return None
        seal = contract.Seal(SEAL_VERSION, search.offer.commit)
        return contract.Find(replace(search.criteria, seal=seal, from_=self.chat or self._leaving))

    async def _search_on(self, search: Search) -> None:
        """Searches again after a break that cost us our place. An error becomes an event, as no call waits for it."""
        while self.search is search and search.is_asking:
            try:
                await self.ask_find(search)
            except Refused as error:
                if error.code in WILL_PASS:
                    await asyncio.sleep(error.retry_after_s or ASK_AGAIN_S)
                    continue
                self.search = None
                self.tell(events.Failed(error.code, error.message, error.retry_after_s, error.pause))

    def end_ours(self) -> None:
        """Ends the present chat, which we have left ourselves."""
        if self.talk is not None:
            self._leaving = self.talk.chat
            self._finish(self.talk, "left")

    def _found_out(self) -> None:
        """The server has taken our find, and so has ended the chat that the find was sent in."""
        self.end_ours()
        self._leaving = None

    def say_leave(self, chat: str | None) -> asyncio.Future[MaybeReply]:
        """Tells the server that we leave; if the connection breaks first, the next `welcome` makes up for it."""
        answer = self.connection.ask_now(contract.Leave(chat))
        self._leaves[chat] = answer
        answer.add_done_callback(lambda done: self._has_left(chat, done))
        return answer

    def _is_leaving(self, chat: str | None = None) -> bool:
        """Whether a `leave` of this chat is under way to the server; None: of whatever it has for us."""
        return chat in self._leaves and not self._leaves[chat].done()

    def _has_left(self, chat: str | None, answer: asyncio.Future[MaybeReply]) -> None:
        if self._leaves.get(chat) is answer:
            del self._leaves[chat]
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
        """Leaves a chat because of a fault of its seal."""
        if talk is self.talk:
            self._leaving = talk.chat
            self._end(talk, fault)
        return self.say_leave(talk.chat)

    def forget_last(self) -> None:
        """Drops the last chat: its partner cannot be asked for again any more."""
        if self.last is not None:
            self.last.close()
            self.last = None

    def _shut(self, why: Exception) -> None:
        """Drops everything; no event comes any more."""
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

    # --- called by the connection (its Owner) and by the chat (its Host) ---

    def heard(self, event: contract.ServerEvent) -> None:
        """As Owner.heard."""
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
            case contract.Failed() | contract.Paused():
                self._may_not(event)
            case contract.Message(chat) | contract.Signal(chat) | contract.Typing(chat) | contract.Partner(chat):
                if self.talk is not None and chat == self.talk.chat:  # else it comes too late
                    self._heard_in(self.talk, event)
            case contract.Moving():
                pass  # the connection handles it
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
        """As Owner.lost."""
        if self.talk is not None:
            self.talk.link_is_up(False)
        self._is_lost = True
        self.tell(events.LinkLost(retry_in_s, code))

    def over(self, why: Exception) -> None:
        """As Owner.over."""
        if isinstance(why, ConnectError):
            self.tell(events.Paused(why.pause) if why.pause is not None else events.Outdated(why.speaks))
            why = Closed()
        self._shut(why)

    def _may_not(self, event: contract.Failed | contract.Paused) -> None:
        if isinstance(event, contract.Paused):
            self._paused(event.pause)
            return
        args = event.args
        pause = known_pause(args.code, args.retry_after_s, args.reason, args.open, args.whose)
        self.tell(events.Failed(args.code, args.message, args.retry_after_s, pause))

    def _paused(self, pause: contract.Pause | None) -> None:
        """Tells a pause, and its end to whoever was told of one."""
        if pause is not None or self._is_paused:
            self.tell(events.Paused(pause))
        self._is_paused = pause is not None

    def tell(self, event: events.Event) -> None:
        """Gives an event to the program."""
        self.inbox.put(event)

    def relay(self, chat: str, event: RelayEvent, data: str) -> asyncio.Future[MaybeReply]:
        """As Host.relay."""
        return self.connection.ask_now(relayed(chat, event, data))

    def _searching(self, args: contract.SearchingArgs) -> None:
        if self.search is not None:
            self._found_out()  # the reply to our find came before, but the task that awaits it runs later
            self.tell(events.Searching(args.since_s, args.widened))
            return
        self.say_leave(None)  # the program no longer wants this search
        if self.talk is not None:
            self._end(self.talk, "broken")

    def _ended(self, chat: str, reason: EndReason) -> None:
        if chat == self._leaving:
            self._leaving = None
        if self.talk is not None and self.talk.chat == chat:
            self._end(self.talk, reason)

    # --- welcome: our state and the server's are made to agree ---

    def _welcomed(self, args: contract.WelcomeArgs) -> None:
        resumed = args.resumed or contract.Resumed("idle")
        if self._is_lost:
            self._is_lost = False
            self.tell(events.LinkBack())
        self.limits = args.limits
        self.tell(events.Online(args.online))
        self._paused(args.paused or None)
        if self._leaving != resumed.chat:
            self._leaving = None
        if args.resumed is None:
            self.forget_last()  # a new session has no last chat
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
        elif self.search is None:  # else our find has ended it, and its result follows
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
        elif self._is_leaving() or self._is_leaving(resumed.chat):
            pass  # after a move it is asked again
        elif leaves or (resumed.state != "idle" and not self._is_asked()):
            self.say_leave(resumed.chat)

    def _is_asked(self) -> bool:
        return self.last is not None and self.last.is_asked

    def _matched(self, args: contract.MatchedArgs) -> None:
        if args.chat in (self.chat, self._leaving) or self._is_leaving():
            return  # sent again after a resume; or it crosses our leave, which ends it
        if self.search is None and (self.talk is not None or not self._is_asked()):
            self._leaving = args.chat
            self.say_leave(args.chat)  # the last partner asked for us when we had taken our `again` back
            return
        again = args.seal is None and self._is_asked()
        bound = self._bound(args)
        self.end_ours()
        self._leaving = self.search = None
        self.forget_last()
        self.tell(events.Matched.told(args, again=again, hides=bound.wish.hide))
        self._begin(args, bound)

    def _bound(self, args: contract.MatchedArgs) -> Bound:
        """If the commitment is missing or the mode is not ours, `commit` is None, and the channel ends as
        `seal_failed`.
        In a mode that we did not ask for, a call would show our address (docs/blind-relay.md, "Again", "Media").
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
        talk = self.talk = talk_of(args, bound, self.limits, self)
        talk.begin()
