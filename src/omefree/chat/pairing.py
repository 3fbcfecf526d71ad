"""Searches, and the chats that begin with them. This is the cold path: written for clarity, not for speed.

The caller has checked the quotas and has sent the reply before it calls (docs/protocol.md, `find`).
"""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import UNSET

from omefree.chat.fading import Fading
from omefree.chat.frames import event_frame, failed
from omefree.chat.halves import Half, Partner
from omefree.chat.options import ChatOptions
from omefree.chat.safety import Safety
from omefree.chat.states import State
from omefree.chat.visitor import VisitorRecord
from omefree.clock import Clock
from omefree.contract import events
from omefree.contract.codes import EndReason, Step
from omefree.errors import EventError, PausedError
from omefree.exchange.interface import Exchange
from omefree.exchange.introduction import Introduction
from omefree.guard.record import Credit
from omefree.matching.interests import languages, normalise
from omefree.matching.ticket import ALWAYS, Ticket, opens_at


class Pairing:
    """Puts visitors into the exchange and makes chats of its introductions. It is the exchange's ExchangeListener."""

    def __init__(
        self,
        options: ChatOptions,
        clock: Clock,
        visitors: Mapping[str, VisitorRecord],
        exchange: Exchange,
        safety: Safety,
        fading: Fading,
    ) -> None:
        self._options = options
        self._clock = clock
        self._visitors = visitors
        self._exchange = exchange
        self._safety = safety
        self.fading = fading

    # --- find and leave ---

    def check_find(self, visitor: VisitorRecord, criteria: events.Criteria) -> None:
        """Raises EventError: `chat_over` if `from` is not the visitor's chat, `no_turn` if it hides without TURN."""
        current = visitor.half.id if visitor.half is not None else None
        if criteria.from_ is not UNSET and criteria.from_ != current:
            raise EventError("chat_over")
        if criteria.hide and not self._options.has_turn:
            raise EventError("no_turn")

    def ticket(self, visitor: VisitorRecord, criteria: events.Criteria) -> Ticket:
        """The visitor's new ticket, which keeps the start of a search under way. Raises CriteriaError."""
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

    def find(self, visitor: VisitorRecord, ticket: Ticket, seal: events.Seal | None) -> None:
        """Searches; ends the chat first, if there is one."""
        if visitor.half is not None:
            self.end(visitor, "skipped")
        self._search(visitor, ticket, seal)

    def leave(self, visitor: VisitorRecord) -> None:
        """Ends the visitor's chat, or else its search."""
        if visitor.half is not None:
            self.end(visitor, "left")
        else:
            self.withdraw(visitor)

    def withdraw(self, visitor: VisitorRecord) -> None:
        """Ends the search; does nothing if the visitor does not search."""
        self._exchange.leave(visitor.id)
        visitor.stop_searching()

    # --- away and back ---

    def pause(self, visitor: VisitorRecord) -> None:
        """Handles a broken connection: a partner is told `away`; a searching visitor is not paired until it is back."""
        if visitor.half is not None:
            visitor.half.partner.partner_is(visitor.half.id, "away")
        else:
            self._exchange.leave(visitor.id)

    def resume(self, visitor: VisitorRecord, *, was_away: bool) -> None:
        """Tells a visitor that has come back where it stands.
        Its old connection may have been dead for a while, so the last event that it was sent is sent again.
        `was_away` is False if that connection was still open.
        """
        half, last = visitor.half, visitor.last
        if half is not None:
            visitor.send(half.frame)
            if was_away and visitor.socket is not None:
                half.partner.partner_is(half.id, "back")
        elif visitor.ticket is not None:
            self._search(visitor, visitor.ticket, visitor.seal)
        elif last is not None and last.reason is not None:
            visitor.send(event_frame(events.Ended(last.id, last.reason)))

    # --- called by the exchange ---

    def on_introduction(self, introduction: Introduction) -> None:
        """Begins the chat of two tickets that left the lobby. If one of the two cannot chat, the other searches on."""
        pair = introduction.pair
        one, two = self.ready(pair.a), self.ready(pair.b)
        if one is None or two is None:
            for ticket, visitor in ((pair.a, one), (pair.b, two)):
                if visitor is not None:
                    self._exchange.join(ticket)
            return
        try:
            self.begin(one, two, introduction)
        except Exception:  # a bug of ours: without a word, the two would wait for a partner that never comes
            self.give_up(one, two)
            raise
        for ticket in (pair.a, pair.b):
            self._safety.counters.waited(self._clock.time() - ticket.since)

    def on_widened(self, visitor: str) -> None:
        """Tells a visitor that its search no longer insists on a shared interest."""
        searching = self._visitors.get(visitor)
        if searching is not None and searching.ticket is not None:
            self._tell_search(searching, searching.ticket)

    # --- the chat ---

    def begin(self, one: VisitorRecord, two: VisitorRecord, introduction: Introduction) -> None:
        """Two visitors of this process enter a chat, each with its own half."""
        step_max = self._safety.step_max(one, two)
        halves = (self._half(one, two, introduction, step_max), self._half(two, one, introduction, step_max))
        self._safety.counters.chat()
        for visitor, half in zip((one, two), halves, strict=True):
            visitor.begin(half)
        for visitor, half in zip((one, two), halves, strict=True):
            visitor.send(half.frame)
        if one.socket is None:  # its buffer overflowed: `away` went out before the `matched` that it refers to
            self.pause(one)

    def begin_half(self, visitor: VisitorRecord, partner: Partner, introduction: Introduction, step_max: Step) -> None:
        """A visitor of this process enters a chat with one of another process, which begins its own half there.
        `step_max` is the partner's. The chat is counted where the polite one is.
        """
        half = self._half(visitor, partner, introduction, min(step_max, self._safety.own_step_max(visitor)))
        if introduction.polite == visitor.id:
            self._safety.counters.chat()
        visitor.begin(half)
        visitor.send(half.frame)

    def give_up(self, *visitors: VisitorRecord) -> None:
        """Tells these visitors, who are in no chat, that their search has failed by a fault of the server."""
        for visitor in visitors:
            self.withdraw(visitor)
            visitor.send(event_frame(failed("find", None, EventError("internal"))))

    def end(self, visitor: VisitorRecord, reason: EndReason, *, tells_both: bool = False) -> None:
        """Ends a visitor's chat, if it has one, and counts it for both.
        The visitor has its reply, so only its partner is told, unless `tells_both`.
        """
        half, now = visitor.half, self._clock.time()
        if half is None:
            return
        given, got = self._safety.ended(visitor, half, reason, now)
        visitor.leave_chat(now, given, reason if tells_both else None)
        half.partner.partner_left(half.id, reason, now, got)
        self.fading.note(visitor.id, now)
        if half.partner.elsewhere is None:
            self.fading.note(half.partner.id, now)
        self._exchange.met(visitor.id, half.partner.id)

    def end_half(self, visitor: VisitorRecord, half: Half, reason: EndReason) -> Credit:
        """Ends the visitor's half of a chat that its partner, in another process, has ended; tells and counts it.
        Returns what the partner gave to the visitor.
        """
        now = self._clock.time()
        given, got = self._safety.ended(visitor, half, reason, now)
        visitor.partner_left(half.id, reason, now, given)
        self.fading.note(visitor.id, now)
        self._exchange.met(visitor.id, half.partner.id)
        return got

    def forget(self, visitor: VisitorRecord, reason: EndReason) -> None:
        """Drops everything that names a visitor whose session is over."""
        self.end(visitor, reason)
        self.withdraw(visitor)
        self._exchange.forget(visitor.id)
        visitor.last = None
        self.release(visitor)

    def release(self, visitor: VisitorRecord) -> None:
        """Drops what is held here of a visitor who goes on elsewhere. Its search has ended here."""
        self.fading.drop(visitor.id)
        self._safety.departed(visitor)

    def _search(self, visitor: VisitorRecord, ticket: Ticket, seal: events.Seal | None) -> None:
        visitor.search(ticket, seal)
        self._tell_search(visitor, ticket)
        if visitor.socket is not None:  # else its buffer overflowed just now: it searches on when it is back
            self._exchange.join(ticket)

    def _tell_search(self, visitor: VisitorRecord, ticket: Ticket) -> None:
        """Sends `searching`. `widened` is true once a search that insisted on a shared interest no longer does."""
        now = self._clock.time()
        args = events.SearchingArgs(round(now - ticket.since, 3), ALWAYS < opens_at(ticket) <= now)
        visitor.send(event_frame(events.Searching(args)))

    def ready(self, ticket: Ticket) -> VisitorRecord | None:
        """The visitor, if it searches and is connected, and may; else None. A search that a pause has met ends."""
        visitor = self._visitors.get(ticket.visitor)
        if visitor is None or visitor.state is not State.SEARCHING or visitor.socket is None:
            return None
        pause = self._safety.pause_for(visitor, ticket.mode)
        if pause is None:
            return visitor
        self.withdraw(visitor)
        visitor.send(event_frame(failed("find", None, PausedError(pause))))
        return None

    def _half(self, visitor: VisitorRecord, partner: Partner, introduction: Introduction, step_max: Step) -> Half:
        own, other = introduction.tickets(visitor.id)
        relay_only = own.hide or other.hide
        host = visitor.socket.host if visitor.socket is not None else ""
        told = events.MatchedArgs(
            chat=introduction.chat,
            polite=introduction.polite == visitor.id,
            mode=own.mode,
            common=[own.interests[key] for key in introduction.pair.common],
            languages=sorted(own.languages & other.languages),
            relay_only=relay_only,
            ice_servers=self._options.ice_servers(host, own.mode == "video"),
            seal=partner.seal,
            step_max=step_max,
        )
        frame = event_frame(events.Matched(told))
        return Half(introduction.chat, told.polite, own.mode, relay_only, frame, partner, self._clock.time())
