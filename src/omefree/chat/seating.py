"""Where visitors of other nodes take a seat at this one, and leave it: what departures.py and arrivals.py do to it."""

from __future__ import annotations

import weakref
from typing import Protocol

from omefree.chat import estate
from omefree.chat.afterwards import Afterwards, Former, OwnHalf, Trace
from omefree.chat.arrivals import Arriving
from omefree.chat.departures import Departures
from omefree.chat.halves import Half
from omefree.chat.presence import Presence
from omefree.chat.remote import Chats, Post, RemotePartner, Strangers
from omefree.chat.seats import Gate, Seat, Seats
from omefree.chat.visitor import VisitorRecord
from omefree.clock import Clock
from omefree.contract import moving
from omefree.contract.events import Seal
from omefree.engine.session import CloseReason
from omefree.exchange.acquaintances import Ties
from omefree.guard.record import Standing


class Exchange(Protocol):
    """What this needs of the exchange (exchange/cluster.py)."""

    def take_over(self, visitor: str, ties: Ties, source: str) -> None:
        """A visitor has moved here from the node `source`."""


class Seating:
    """Seats and unseats visitors, with all that belongs to them."""

    def __init__(
        self, clock: Clock, post: Post, exchange: Exchange, presence: Presence, chats: Chats, seats: Seats,
        strangers: Strangers, after: Afterwards,
    ) -> None:  # fmt: skip
        self._clock = clock
        self._post = post
        self._exchange = exchange
        self._presence = presence
        self._chats = chats
        self._seats = seats
        self._strangers = strangers
        self._after = after
        self.departures: Departures
        self.count = self.inherited = 0

    def partner(
        self, chat: str, visitor: str, home: str, standing: Standing, *, role: bool, seal: Seal | None = None
    ) -> RemotePartner:
        """The partner of a chat that begins, or goes on: it is at the node `home` for certain. `role` is its own."""
        stranger = self._strangers.at(visitor, home)
        stranger.home = home
        return RemotePartner(self._chats, self._post, stranger, chat, role=role, seal=seal, standing=standing)

    def bequeath(self, seat: Seat) -> None:
        """Leaves with the partner's home what is needed to go on if this node dies."""
        visitor, partner = seat.visitor, seat.partner
        if visitor.half is not None:
            half = (partner.chat, partner.role)
            self._post.send(partner.home, moving.Heir(*half, visitor.tokens, visitor.half.frame, visitor.life))

    # --- departures.Seats ---

    def heir(self, half: Half) -> tuple[list[bytes], bytes]:
        """The tokens and the `matched` of the partner in this half."""
        partner, seat = half.partner, self._seats.get((half.id, half.polite))
        if isinstance(partner, VisitorRecord) and partner.half is not None:
            return partner.tokens, partner.half.frame
        return (list(seat.tokens), seat.frame) if seat is not None else ([], b"")

    def drop(self, half: OwnHalf) -> None:
        """This half is no longer here."""
        self._seats.pop(half)

    def stay(self, partner: VisitorRecord, visitor: VisitorRecord, to: str) -> None:
        """A visitor moves to the node `to`. Its partner, who is here, stays in their chat."""
        own = partner.half
        assert own is not None, "whoever chats has a half"
        own.partner = known = self.as_partner(visitor, (own.id, not own.polite), to)
        self._seats.put(Seat((own.id, own.polite), partner, known))

    def as_partner(self, visitor: VisitorRecord, half: OwnHalf, to: str) -> RemotePartner:
        """A visitor of this node as its partner here knows it from now on: as one of the node `to`."""
        chat, role = half
        known = self.partner(chat, visitor.id, to, self._presence.safety.standing(visitor), role=role)
        known.is_connected = not visitor.is_away
        known.life = visitor.life
        return known

    def release(self, visitor: VisitorRecord) -> None:
        """Nothing of this visitor stays here. Its connection closes without an event."""
        self._presence.release(visitor)

    # --- arrivals.Seats ---

    def where(self, token: bytes) -> str | None:
        """The node to which the visitor of this token has moved from here, if it has."""
        return self.departures.where(token)

    def fresh(self, arriving: Arriving) -> None:
        """Lets in a new visitor, or refuses it."""
        arriving.answer(self._presence.fresh(arriving.socket))

    def here(self, arriving: Arriving) -> None:
        """The visitor of its token is here meanwhile, or there is none."""
        visitor = self._presence.claim(arriving.token)
        if visitor is not None:
            arriving.answer(self._presence.seated(arriving.socket, visitor))
        else:
            self.fresh(arriving)

    def orphaned(self, item: moving.Orphan) -> None:
        """Sees whether the partner of this token's visitor is here. It may have found another home meanwhile."""
        seat = self._seats.heir(item.token)
        if seat is None or not seat.frame:
            return
        visitor, partner = seat.visitor, seat.partner
        if partner.home not in (item.home, item.to):
            self._post.send(partner.home, moving.Take(item.token, item.to))
            return
        half = visitor.half
        assert half is not None, "whoever has a seat has a half"
        partner.moves_to(item.to)
        partner.life += 1
        standing, now = self._presence.safety.standing(visitor), self._clock.time()
        other, heir = estate.other(visitor.id, self._post.tag, standing, visitor.life), (visitor.tokens, half.frame)
        own = estate.chatting(half, other, heir, now, here=not visitor.is_away)
        own.role, own.frame = partner.role, seat.frame
        others = sorted(self._post.peers - {item.to})  # nobody can say any more which of them know of it
        known = [self._post.tag, *others]
        seat.given = moving.Estate(item.token, [item.token], partner.id, chatting=own, known=known, life=partner.life)
        self._post.send(item.to, seat.given)
        for tag in others:
            self._post.send(tag, moving.Moves(partner.id, item.to, "", False, [visitor.id], orphaned=True))
        self.inherited += 1

    def seat(self, source: str, told: moving.Estate, arriving: Arriving | None, *, is_given_up: bool) -> None:
        """Takes over a visitor from the node `source`. Nobody may wait for it any more: it was let in with another
        answer, or as a new visitor (`is_given_up`).
        """
        presence, now = self._presence, self._clock.time()
        visitor = presence.visitors.get(told.visitor)
        if visitor is not None:  # its partner's home has given it to us, and then its own node, which was slow
            visitor.life = max(visitor.life, told.life)
            if arriving is not None:
                self.here(arriving)
            return
        self.count += 1
        visitor = estate.taken(told, now)
        admission = arriving.socket.session.admission if arriving is not None else None
        if admission is not None:
            visitor.key, visitor.network = admission.key, admission.network
        self._exchange.take_over(visitor.id, Ties(told.met, told.reported, told.known), source)
        presence.take_over(visitor)
        if (known := self._strangers.get(visitor.id)) is not None:
            known.home = self._post.tag  # else it would end here with the home that it had
        self.departures.returned(visitor.id, told.tokens, estate.halves(told))
        self._take_past(visitor, told, now)
        if told.chatting is not None:
            self._take_chat(visitor, told.chatting, source, now)
        if is_given_up:
            presence.depart(visitor, "lost")
        elif arriving is not None and arriving.gone_for is None:
            self.here(arriving)
        else:
            presence.missed(visitor, departs=arriving is not None and arriving.gone_for is CloseReason.CLIENT)

    def _take_past(self, visitor: VisitorRecord, told: moving.Estate, now: float) -> None:
        """Its chats that are over."""
        there = weakref.ref(visitor)
        talked = told.talked
        if talked is not None:
            other = talked.partner
            standing = estate.standing_of(other)
            known = self._strangers.at(other.visitor, other.home)
            partner = self.partner(talked.chat, other.visitor, known.home, standing, role=not talked.role)
            partner.asks = talked.asks
            last = visitor.last = estate.last_of(talked, partner, now)
            if last.evidence is not None:
                self._presence.pairing.fading.note(visitor.id, last.ended_at)
            self._after.keep_former((last.id, last.polite), Former(there, partner.stranger), last.ended_at)
        for each in told.reportable:
            stranger, credit = self._strangers.at(each.partner, each.home), estate.credit_of(each)
            trace = Trace(there, stranger, now - each.age, visitor.key, visitor.network, credit)
            self._after.keep_trace((each.chat, each.role), trace)

    def _take_chat(self, visitor: VisitorRecord, told: moving.Chatting, source: str, now: float) -> None:
        other = told.partner
        partner = self.partner(told.chat, other.visitor, other.home, estate.standing_of(other), role=not told.role)
        partner.is_connected = told.here
        visitor.begin(estate.half_of(told, partner, now))
        gate = Gate(source) if partner.home != source else None
        seat = Seat((told.chat, told.role), visitor, partner, gate)
        self._seats.put(seat)
        self._seats.inherit(seat, *told.heir, other.life)
        if gate is not None:
            self._post.send(partner.home, moving.Moved(partner.chat, partner.role, visitor.life))
        self.bequeath(seat)
