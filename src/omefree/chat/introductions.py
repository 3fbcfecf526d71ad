"""Who talks with whom: find, leave, report, again, and the pairs that the exchange makes."""

from __future__ import annotations

import secrets
import weakref
from collections.abc import Mapping
from typing import TYPE_CHECKING

from msgspec import UNSET

from omefree.chat.frames import event_frame, failed
from omefree.chat.states import State, move
from omefree.chat.visitor import Chat, LastChat, Visitor
from omefree.contract import events, limits
from omefree.contract.codes import EndReason
from omefree.errors import EventError
from omefree.exchange.memory import Clock, MemoryExchange
from omefree.matching.interests import languages, normalise
from omefree.matching.lobby import Lobby
from omefree.matching.ticket import ALWAYS, Pair, Ticket, opens_at

if TYPE_CHECKING:
    from omefree.chat.options import ChatOptions

CHAT_ID_BYTES = 12  # 96 bits: nobody can guess a way into a chat


class Introductions:
    """The cold path of a chat. The caller has checked quotas and answers before what follows (protocol.md, `find`)."""

    def __init__(self, options: ChatOptions, clock: Clock, visitors: Mapping[str, Visitor]) -> None:
        self._options = options
        self._clock = clock
        self._visitors = visitors
        self.exchange = MemoryExchange(
            Lobby(secrets.randbelow, options.hesitation_s), clock, self.on_pair, self.on_widened
        )

    # --- find and leave ---

    def check_find(self, visitor: Visitor, criteria: events.Criteria) -> None:
        """Raises EventError: `chat_over`, `no_turn`."""
        current = visitor.chat.id if visitor.chat is not None else None
        if criteria.from_ is not UNSET and criteria.from_ != current:
            raise EventError("chat_over")
        if criteria.hide and not self._options.has_turn:
            raise EventError("no_turn")

    def ticket(self, visitor: Visitor, criteria: events.Criteria) -> Ticket:
        """The visitor's new ticket, in the place of the one that it has. Raises CriteriaError."""
        return Ticket(
            visitor=visitor.id,
            mode=criteria.mode,
            interests=normalise(criteria.interests),
            languages=languages(criteria.languages),
            patience_s=criteria.patience_s,
            since=visitor.ticket.since if visitor.ticket is not None else self._clock.time(),
            hide=criteria.hide,
            seal=criteria.seal.v if criteria.seal else None,
        )

    def find(self, visitor: Visitor, ticket: Ticket, seal: events.Seal | None) -> None:
        """Searches; ends the chat first, if there is one."""
        if visitor.chat is not None:
            self.end(visitor.chat, by=visitor, reason="skipped")
        visitor.seal = seal
        self._enter(visitor, ticket)

    def leave(self, visitor: Visitor) -> None:
        """Ends the chat or the search, and takes back what was asked `again`."""
        if visitor.chat is not None:
            self.end(visitor.chat, by=visitor, reason="left")
            return
        if visitor.last is not None:
            visitor.last.again = False
        if visitor.state is State.SEARCHING:
            self._withdraw(visitor)

    def check_current(self, visitor: Visitor, chat: str) -> None:
        """Raises EventError `chat_over` if that is not the visitor's own chat."""
        if visitor.chat is None or visitor.chat.id != chat:
            raise EventError("chat_over")

    # --- away and back ---

    def pause(self, visitor: Visitor) -> None:
        """A visitor's link broke. Nobody is paired with someone who is away; a partner is told."""
        if visitor.state is State.SEARCHING:
            self.exchange.leave(visitor.id)
        elif visitor.chat is not None and visitor.partner is not None:
            visitor.partner.send(event_frame(events.Partner(visitor.chat.id, "away")))

    def resume(self, visitor: Visitor, *, was_away: bool) -> None:
        """A visitor is back and told how things stand. Its old link may have been dead for a while, unnoticed:
        whatever it was sent last has to be told again.
        """
        if visitor.chat is not None and visitor.partner is not None:
            visitor.send(visitor.chat.frame_for(visitor))
            if was_away and visitor.seat is not None:
                visitor.partner.send(event_frame(events.Partner(visitor.chat.id, "back")))
        elif visitor.ticket is not None:
            self._enter(visitor, visitor.ticket)
        elif visitor.last is not None and visitor.last.reason is not None:
            visitor.send(event_frame(events.Ended(visitor.last.id, visitor.last.reason)))
        self._reunite(visitor)

    def forget(self, visitor: Visitor, reason: EndReason) -> None:
        """The session is over: nothing that names it stays."""
        if visitor.chat is not None:
            self.end(visitor.chat, by=visitor, reason=reason)
        self._withdraw(visitor)
        self.exchange.forget(visitor.id)
        visitor.last = None

    def _enter(self, visitor: Visitor, ticket: Ticket) -> None:
        visitor.state = move(visitor.state, "find")
        visitor.ticket = ticket
        self._tell_search(visitor, ticket)
        if visitor.seat is not None:  # else too slow a reader for even that: it searches on when it is back
            self.exchange.join(ticket)

    def _withdraw(self, visitor: Visitor) -> None:
        self.exchange.leave(visitor.id)
        visitor.ticket = visitor.seal = None
        if visitor.state is State.SEARCHING:
            visitor.state = State.IDLE

    # --- what the exchange says ---

    def on_pair(self, pair: Pair) -> None:
        """Two have been taken out of the lobby. If one cannot talk after all, the other searches on."""
        tickets = {ticket.visitor: ticket for ticket in (pair.a, pair.b)}
        here = [visitor for id_ in tickets if (visitor := self._visitors.get(id_)) and self._is_ready(visitor)]
        if len(here) < len(tickets):
            for visitor in here:
                self.exchange.join(tickets[visitor.id])
            return
        one, two = here
        try:
            self._begin(one, two, pair)
        except Exception:  # a bug, and whoever waits for a partner that never comes would not know
            for visitor in here:
                self._withdraw(visitor)
                visitor.send(event_frame(failed("find", None, EventError("internal"))))
            raise

    def on_widened(self, id_: str) -> None:
        visitor = self._visitors.get(id_)
        if visitor is not None and visitor.ticket is not None:
            self._tell_search(visitor, visitor.ticket)

    def _tell_search(self, visitor: Visitor, ticket: Ticket) -> None:
        """Widened: insisted on a shared interest, and does so no longer."""
        now = self._clock.time()
        args = events.SearchingArgs(round(now - ticket.since, 3), ALWAYS < opens_at(ticket) <= now)
        visitor.send(event_frame(events.Searching(args)))

    def _is_ready(self, visitor: Visitor) -> bool:
        return visitor.state is State.SEARCHING and visitor.seat is not None

    def _begin(self, one: Visitor, two: Visitor, pair: Pair) -> None:
        id_, polite = secrets.token_urlsafe(CHAT_ID_BYTES), secrets.randbelow(2)
        relay_only = pair.a.hide or pair.b.hide
        frames = (
            self._matched(one, id_, polite == 0, pair.a, pair.b, pair.common, two.seal),
            self._matched(two, id_, polite == 1, pair.b, pair.a, pair.common, one.seal),
        )
        chat = Chat(id_, pair.a.mode, relay_only, (one, two), frames)
        for visitor, partner in ((one, two), (two, one)):
            visitor.state = move(visitor.state, "matched")
            visitor.chat, visitor.partner = chat, partner
            visitor.ticket = visitor.seal = None
        for visitor, frame in zip(chat.visitors, frames, strict=True):
            visitor.send(frame)
        if one.seat is None:  # too slow a reader: `away` went out before the `matched` that makes sense of it
            self.pause(one)

    def _matched(
        self,
        visitor: Visitor,
        chat: str,
        polite: bool,
        own: Ticket,
        other: Ticket,
        common: tuple[str, ...],
        seal: events.Seal | None,
    ) -> bytes:
        host = visitor.seat.host if visitor.seat is not None else ""
        return event_frame(
            events.Matched(
                events.MatchedArgs(
                    chat=chat,
                    polite=polite,
                    mode=own.mode,
                    common=[own.interests[key] for key in common],
                    languages=sorted(own.languages & other.languages),
                    relay_only=own.hide or other.hide,
                    ice_servers=self._options.ice_servers(host, own.mode == "video"),
                    seal=seal,
                )
            )
        )

    # --- the end, and after it ---

    def end(self, chat: Chat, *, by: Visitor | None, reason: EndReason) -> None:
        """Ends a chat. Whoever ended it (`by`) is told nothing: it has its acknowledgement."""
        now = self._clock.time()
        frame = event_frame(events.Ended(chat.id, reason))
        for visitor in chat.visitors:
            partner = chat.partner_of(visitor)
            heard = None if visitor is by else reason
            visitor.last = LastChat(chat.id, weakref.ref(partner), chat.mode, chat.relay_only, now, heard)
            visitor.state = move(visitor.state, "leave" if visitor is by else "partner_gone")
            visitor.chat = visitor.partner = None
            if visitor is not by:
                visitor.send(frame)
        one, two = chat.visitors
        self.exchange.met(one.id, two.id)

    def reportable(self, visitor: Visitor, chat: str) -> Visitor | None:
        """Whom a report is about, or None if it has left. Raises EventError `chat_over`."""
        if visitor.chat is not None and visitor.chat.id == chat:
            return visitor.partner
        return self._last(visitor, chat, limits.REPORT_WINDOW_S).partner()

    def report(self, visitor: Visitor, partner: Visitor | None, chat: str) -> None:
        """The two do not meet again while both sessions last. A chat that goes on ends."""
        if visitor.chat is not None and (visitor.chat.id == chat or visitor.partner is partner):
            self.end(visitor.chat, by=visitor, reason="left")  # also if the two are together again
        if visitor.last is not None:
            visitor.last.reported = True
        if partner is not None and partner.id in self._visitors:
            self.exchange.report(visitor.id, partner.id)

    def check_again(self, visitor: Visitor, chat: str) -> LastChat:
        """Raises EventError `chat_over` if that is not the last chat, or too long ago, or its partner is gone or was
        reported.
        """
        last = self._last(visitor, chat, limits.AGAIN_WINDOW_S)
        move(visitor.state, "again")
        partner = last.partner()
        if partner is None or partner.id not in self._visitors or last.reported:
            raise EventError("chat_over")
        return last

    def again(self, visitor: Visitor, last: LastChat) -> None:
        """Asks for the last partner again."""
        last.again = True
        self._reunite(visitor)

    def _reunite(self, visitor: Visitor) -> None:
        """If two have both asked for each other, and both are here and free, they meet."""
        last = visitor.last
        partner = last.partner() if last is not None else None
        if last is None or partner is None or not (self._asks(visitor, last.id) and self._asks(partner, last.id)):
            return
        for asker in (visitor, partner):
            self._withdraw(asker)
        self.exchange.allow(visitor.id, partner.id)
        one, two = (Ticket(visitor=asker.id, mode=last.mode, hide=last.relay_only) for asker in (visitor, partner))
        self._begin(visitor, partner, Pair(one, two, ()))

    def _asks(self, visitor: Visitor, chat: str) -> bool:
        last = visitor.last
        if last is None or visitor.seat is None or visitor.chat is not None:
            return False
        in_time = self._clock.time() - last.ended_at <= limits.AGAIN_WINDOW_S
        return last.id == chat and last.again and not last.reported and in_time

    def _last(self, visitor: Visitor, chat: str, window_s: float) -> LastChat:
        last = visitor.last
        if last is None or last.id != chat or self._clock.time() - last.ended_at > window_s:
            raise EventError("chat_over")
        return last
