"""Visitors who move from this node to another: their estate goes, and what still comes for them is passed on.

For KEPT_S it is known where each has gone: a token that is shown again is led there, and so is what others say to it.
"""

from __future__ import annotations

from typing import Protocol

from msgspec import Struct
from msgspec.structs import replace

from omefree.chat import estate
from omefree.chat.afterwards import Afterwards, Former, OwnHalf, Trace
from omefree.chat.fading import Expiring
from omefree.chat.halves import Half, LastChat, Partner
from omefree.chat.remote import Post, RemotePartner, Stranger, Strangers
from omefree.chat.safety import Safety
from omefree.chat.seats import Seat
from omefree.chat.visitor import VisitorRecord
from omefree.clock import Clock
from omefree.contract import moving, nodes
from omefree.contract.nodes import Relayed
from omefree.engine.alarms import Alarms
from omefree.exchange.acquaintances import Ties
from omefree.guard.record import Standing

KEPT_S = 33.0  # longer than any batch is repeated, and than a client tries to come back to a place outside a chat


class Moved(Struct, frozen=True):
    """Where a visitor of this node has moved to, in which of its lives (contract/moving.py: Estate)."""

    visitor: str
    to: str
    life: int


class Exchange(Protocol):
    """What this needs of the exchange (exchange/cluster.py)."""

    def give_up(self, visitor: str, to: str) -> Ties:
        """A visitor here moves to the node `to`: ends its search, and returns what is held of it."""

    def moves(self, visitor: str, to: str, holds: list[str]) -> None:
        """A visitor moves to the node `to`, and with it the ids that it holds."""


class Seats(Protocol):
    """The visitors of this node (presence.py), and their chats with those of others (remote_chats.py)."""

    def heir(self, half: Half) -> tuple[list[bytes], bytes]:
        """The tokens and the `matched` of the partner in this half."""

    def drop(self, half: OwnHalf) -> None:
        """This half is no longer here."""

    def stay(self, partner: VisitorRecord, visitor: VisitorRecord, to: str) -> None:
        """A visitor moves to the node `to`. Its partner, who is here, stays in their chat."""

    def as_partner(self, visitor: VisitorRecord, half: OwnHalf, to: str) -> RemotePartner:
        """A visitor of this node as its partner here knows it from now on: as one of the node `to`."""

    def release(self, visitor: VisitorRecord) -> None:
        """Nothing of this visitor stays here. Its connection closes without an event."""


class Departures:
    """What becomes of the visitors that this node gives away."""

    def __init__(
        self,
        clock: Clock,
        alarms: Alarms,
        post: Post,
        exchange: Exchange,
        seats: Seats,
        strangers: Strangers,
        after: Afterwards,
        safety: Safety,
    ) -> None:
        self._clock = clock
        self._post = post
        self._exchange = exchange
        self._seats = seats
        self._strangers = strangers
        self._after = after
        self._safety = safety
        self._tokens: Expiring[bytes, str] = Expiring(alarms, KEPT_S)  # the nodes where they are
        self._halves: Expiring[OwnHalf, Moved] = Expiring(alarms, KEPT_S)
        self._visitors: Expiring[str, Moved] = Expiring(alarms, KEPT_S)
        self._past_at = float("-inf")
        self.count = 0

    # --- who has gone ---

    def where(self, token: bytes) -> str | None:
        """The node to which the visitor of this token has moved from here, if it has."""
        return self._tokens.get(token)

    def has_gone_on(self, visitor: str, life: int) -> bool:
        """Whether a visitor has moved from here in a later life than this: an estate of this life has come too late."""
        moved = self._visitors.get(visitor)
        return moved is not None and moved.life > life

    def moved(self, half: OwnHalf) -> Moved | None:
        """Where the visitor of this half has moved to from here, if it has."""
        return self._halves.get(half)

    def pass_on(self, origin: str, half: OwnHalf, item: Relayed) -> bool:
        """Passes on what the node `origin` says to a half that has moved from here. Returns whether it has."""
        moved = self._halves.get(half)
        if moved is not None:
            self._past_at = self._clock.time()
            self._post.send(moved.to, nodes.Passed(origin, item))
        return moved is not None

    def gone(self, origin: str, item: nodes.Gone) -> None:
        """Sessions of the node `origin` are over: whoever has moved from here may have taken their ids along."""
        for tag in {moved.to for moved in self._visitors.values()}:
            self._post.send(tag, nodes.Passed(origin, item))

    def moves(self, origin: str, item: moving.Moves) -> None:
        """A visitor of the node `origin` moves, and with it the ids of some who have moved from here."""
        moved = (self._visitors.get(held) for held in item.holds)
        for tag in {each.to for each in moved if each is not None} - {item.to}:
            self._post.send(tag, nodes.Passed(origin, replace(item, chat="")))

    def returned(self, visitor: str, tokens: list[bytes], halves: list[OwnHalf]) -> None:
        """A visitor that has moved from here has come back."""
        self._visitors.pop(visitor)
        for token in tokens:
            self._tokens.pop(token)
        for half in halves:
            self._halves.pop(half)

    def is_passing(self, within_s: float) -> bool:
        """Whether anybody has left, or anything was passed on, a moment ago."""
        return self._clock.time() < self._past_at + within_s

    # --- who goes ---

    def give(self, visitor: VisitorRecord, take: moving.Take) -> None:
        """Gives a visitor to the node that asks for it. Its partner's node hears of it after all that it has said."""
        now, to, half, last = self._clock.time(), take.to, visitor.half, visitor.last
        moved = Moved(visitor.id, to, visitor.life)
        self._after.give_up(visitor)
        reportable = [
            estate.reportable(own, now - trace.since, trace.stranger, trace.credit)
            for own, trace in self._after.traces_of(visitor)
        ]
        halves = self._after.halves_of(visitor)
        chatting = talked = None
        if half is not None:
            halves.append((half.id, half.polite))
            partner = half.partner
            here = partner.is_connected if isinstance(partner, RemotePartner) else not partner.is_away
            heir = self._seats.heir(half)
            chatting = estate.chatting(half, self._other(partner), heir, now, here=here)
        if last is not None:
            halves.append((last.id, last.polite))
            talked = self._part_from_last(visitor, last, to, reportable)
        others = [told.partner for told in (chatting, talked) if told is not None]
        ties = self._exchange.give_up(visitor.id, to)
        self._post.send(to, estate.told(visitor, take.token, now, ties, chatting, talked, reportable))
        self._tell(visitor, to, half, ties, [other.visitor for other in others if other.visitor])
        if half is not None and isinstance(half.partner, VisitorRecord):
            self._seats.stay(half.partner, visitor, to)
        elif half is not None:
            self._seats.drop((half.id, half.polite))
        self._visitors.put(visitor.id, moved, now)
        for token in visitor.tokens:
            self._tokens.put(token, to, now)
        for own in halves:
            self._halves.put(own, moved, now)
        self._after.drop(halves)
        self._past_at = now
        self.count += 1
        self._seats.release(visitor)

    def lay(self, ghost: VisitorRecord, seat: Seat) -> None:
        """The visitor itself lives elsewhere, and nothing is told of its ghost here."""
        halves = [*self._after.halves_of(ghost), seat.half]
        self._after.give_up(ghost)
        self._exchange.give_up(ghost.id, seat.partner.home)
        self._seats.drop(seat.half)
        self._after.drop(halves)
        self._seats.release(ghost)

    def _other(self, partner: Partner) -> moving.Other:
        if isinstance(partner, RemotePartner):
            return estate.other(partner.id, partner.home, partner.standing, partner.life)
        assert isinstance(partner, VisitorRecord), "a partner is of this process or of another"
        return estate.other(partner.id, self._post.tag, self._safety.standing(partner), partner.life)

    def _tell(self, visitor: VisitorRecord, to: str, half: Half | None, ties: Ties, others: list[str]) -> None:
        """Tells all nodes that know of a visitor where it lives from now on: its partner's once it has said all."""
        holds = sorted({*ties.met, *ties.reported, *others})
        self._exchange.moves(visitor.id, to, holds)
        partner = half.partner if half is not None else None
        partner_home = partner.home if isinstance(partner, RemotePartner) else ""
        if (known := self._strangers.get(visitor.id)) is not None:
            known.home = to
        for tag in ({*ties.known} - {self._post.tag} | {partner_home}) - {""}:
            chat = (half.id, not half.polite) if half is not None and tag == partner_home else ("", False)
            self._post.send(tag, moving.Moves(visitor.id, to, *chat, holds))

    def _part_from_last(
        self, visitor: VisitorRecord, last: LastChat, to: str, reportable: list[moving.Reportable]
    ) -> moving.Talked:
        """What goes along of its last chat. A partner of this node knows the visitor as a stranger from now on."""
        now, partner, evidence = self._clock.time(), last.partner(), last.evidence
        if partner is None and evidence is not None and isinstance(evidence.elsewhere, RemotePartner):
            home, standing = evidence.elsewhere.stranger.home, evidence.elsewhere.standing
            return estate.talked(last, estate.other("", home, standing), now, asks=False)
        if isinstance(partner, RemotePartner):
            other = estate.other(partner.id, partner.stranger.home, partner.standing)
            return estate.talked(last, other, now, asks=partner.asks)
        theirs = partner.last if isinstance(partner, VisitorRecord) else None
        stranger, half = self._strangers.at(visitor.id, to), (last.id, not last.polite)
        if evidence is not None:
            there = partner.ref() if isinstance(partner, VisitorRecord) else _nobody
            proof = (evidence.key, evidence.network, evidence.credit)
            self._after.keep_trace(half, Trace(there, stranger, last.ended_at, *proof))
        if isinstance(partner, VisitorRecord) and theirs is not None and theirs.id == last.id:
            known = self._seats.as_partner(visitor, (last.id, last.polite), to)
            theirs.partner = known.ref()
            if theirs.evidence is not None:
                theirs.evidence.elsewhere, theirs.evidence.key, theirs.evidence.network = known, b"", b""
                own, here = (last.id, last.polite), Stranger(partner.id, self._post.tag)
                reportable.append(estate.reportable(own, now - last.ended_at, here, theirs.evidence.credit))
            self._after.keep_former(half, Former(partner.ref(), stranger), last.ended_at)
            return estate.talked(last, self._other(partner), now, asks=theirs.again)
        voter = self._safety.records.voter(evidence.network) if evidence is not None else b""
        gone = estate.other("", self._post.tag, Standing(voter, proven=False, votes=0))
        return estate.talked(last, gone, now, asks=False)


def _nobody() -> None:
    """The visitor has left."""
