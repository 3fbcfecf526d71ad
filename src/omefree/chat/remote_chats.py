"""The chats of visitors here with partners of other nodes: how they begin, what comes for them, what a fault does.

A visitor's state is changed by its own node alone. What another node says is checked against it, and what does not fit
is dropped. After a fault each node tells which chats it has (`have`), and the other answers `over` for the rest.

Either of the two may move to another node: seats.py has the order of what comes for a half, seating.py the rest.
"""

from __future__ import annotations

from typing import Protocol, cast, get_args

from omefree.chat.afterwards import Afterwards, OwnHalf, Searches
from omefree.chat.arrivals import Arrivals
from omefree.chat.comparing import Comparing
from omefree.chat.departures import Departures
from omefree.chat.departures import Exchange as DepartureExchange
from omefree.chat.presence import Presence
from omefree.chat.remote import Post, RemotePartner, Strangers
from omefree.chat.seating import Exchange as SeatingExchange
from omefree.chat.seating import Seating
from omefree.chat.seats import GHOST, Seat, Seats
from omefree.chat.tokens import Tokens
from omefree.chat.visitor import VisitorRecord
from omefree.clock import Clock
from omefree.contract import moving, nodes
from omefree.contract.codes import EndReason, Step
from omefree.contract.events import Seal
from omefree.contract.nodes import Relayed
from omefree.engine.alarms import Alarms
from omefree.exchange.introduction import Introduction
from omefree.exchange.meeting import Meeting
from omefree.guard.record import Credit, Standing
from omefree.matching.ticket import Pair, Ticket

FOR_A_HALF = tuple(set(get_args(Relayed)) - {nodes.Gone})
REASONS: frozenset[str] = frozenset(get_args(EndReason))


class Exchange(Searches, DepartureExchange, SeatingExchange, Protocol):
    """What these chats need of the exchange (exchange/cluster.py)."""

    def meets(self, visitor: str, partner: str, tag: str) -> None:
        """A visitor here enters a chat with one of the node `tag`: nothing keeps the two apart any more."""

    def gone(self, tag: str, visitor: str) -> None:
        """The node `tag` says that the session of its visitor is over."""


class RemoteChats:
    """Keeps the halves of all chats with other nodes. Cluster (exchange/cluster.py) tells what comes for them."""

    def __init__(self, clock: Clock, alarms: Alarms, post: Post, exchange: Exchange, presence: Presence) -> None:
        self._clock = clock
        self._post = post
        self._exchange = exchange
        self._presence = presence
        self._pairing = presence.pairing
        self._safety = presence.safety
        self._strangers = Strangers()
        self._seats = Seats(clock, post, self._obey, self._stray, self._take)
        self._after = Afterwards(
            clock,
            alarms,
            post,
            exchange,
            self._strangers,
            presence.reunions,
            presence.safety,
            self._enter,
            self._partner,
        )
        self._seating = Seating(clock, post, exchange, presence, self, self._seats, self._strangers, self._after)
        self._departures = self._seating.departures = Departures(
            clock, alarms, post, exchange, self._seating, self._strangers, self._after, presence.safety
        )
        self._arrivals = Arrivals(clock, alarms, post, self._seating)
        self._tokens = Tokens(post, presence, self._seats, self._seating, self._departures, self._arrivals)
        self._comparing = Comparing(
            clock, post, self._seats, self._departures, self._tell, presence.options.resume_window_chat_s
        )
        presence.seek = self._arrivals.seek

    def __len__(self) -> int:
        return len(self._seats)

    def is_passing(self, within_s: float) -> bool:
        """Whether anybody has moved from here, or anything was passed on, within the last so many seconds."""
        return self._departures.is_passing(within_s)

    @property
    def moves(self) -> dict[str, int]:
        """How many visitors have moved since the start: `out`, `in`, and how many chats we have given on (`heirs`)."""
        return {"out": self._departures.count, "in": self._seating.count, "heirs": self._seating.inherited}

    # --- how a chat begins ---

    def is_ready(self, ticket: Ticket) -> bool:
        """Whether the visitor of a ticket can enter a chat now. A search that a pause has met ends."""
        return self._pairing.ready(ticket) is not None

    def yes(self, chat: str, ticket: Ticket) -> nodes.Yes:
        """What the partner's home needs of a visitor here that is promised to a chat."""
        visitor = self._presence.visitors[ticket.visitor]
        seal = (visitor.seal.v, visitor.seal.commit) if visitor.seal is not None else None
        standing = self._safety.standing(visitor)
        return nodes.Yes(
            chat, ticket.hide, sorted(ticket.languages), seal, self._safety.own_step_max(visitor),
            standing.proven, standing.votes, standing.voter,
        )  # fmt: skip

    def begin(self, meeting: Meeting) -> None:
        """Both homes have said yes: the visitor here enters the chat."""
        own, yes = meeting.own, meeting.yes
        other = Ticket(visitor=meeting.partner, mode=own.mode, languages=frozenset(yes.languages), hide=yes.hide)
        introduction = Introduction(
            meeting.chat,
            own.visitor if meeting.polite else other.visitor,
            Pair(own, other, tuple(meeting.common)),
        )
        standing = Standing(yes.voter, yes.proven, yes.votes)
        seal = Seal(*yes.seal) if yes.seal is not None else None
        self._enter(self._presence.visitors[own.visitor], introduction, meeting.home, standing, yes.step_max, seal)
        self._safety.counters.waited(self._clock.time() - own.since)

    def refused(self, tag: str, chat: str) -> None:
        """The home of the partner says that its visitor is not in this chat: if it has begun here, it is over."""
        for role in (True, False):
            seat = self._seats.get((chat, role))
            if seat is not None and seat.partner.home == tag:
                self._over(seat, "lost")
            elif seat is None:
                self._departures.pass_on(tag, (chat, role), nodes.Over(chat, role, "lost"))

    def _partner(self, half: OwnHalf) -> RemotePartner | None:
        seat = self._seats.get(half)
        return seat.partner if seat is not None else None

    def _enter(
        self, visitor: VisitorRecord, introduction: Introduction, home: str, standing: Standing, step_max: Step,
        seal: Seal | None = None,
    ) -> None:  # fmt: skip
        other = next(it.visitor for it in introduction.tickets(visitor.id) if it.visitor != visitor.id)
        role = introduction.polite == other
        partner = self._seating.partner(introduction.chat, other, home, standing, role=role, seal=seal)
        seat = Seat((introduction.chat, not role), visitor, partner)
        self._exchange.meets(visitor.id, partner.id, partner.home)
        self._seats.put(seat)
        try:
            self._pairing.begin_half(visitor, partner, introduction, step_max)
        except Exception:  # a bug of ours: without a word, the two would wait for a partner that never comes
            self._seats.pop(seat.half)
            self._post.send(partner.home, nodes.Over(partner.chat, partner.role, "lost"))
            self._pairing.give_up(visitor)
            raise
        self._seating.bequeath(seat)

    # --- what a chat's own visitor does ---

    def left(self, partner: RemotePartner, reason: EndReason, credit: Credit) -> None:
        """The visitor here has ended its chat with this partner. `credit` is what the partner gave to it."""
        half = (partner.chat, not partner.role)
        self._post.send(partner.home, nodes.Over(partner.chat, partner.role, reason))
        seat = self._seats.pop(half)
        if seat is not None:
            self._after.keep(half, seat.visitor, partner.stranger, credit)

    def propose(self, partner: RemotePartner) -> None:
        """Both have asked for each other again. One of the two homes proposes a new chat to the other."""
        self._after.propose(partner)

    # --- what another node says ---

    def say(self, tag: str, item: nodes.Say | nodes.Typing) -> None:
        """The hot path: gives a visitor here what its partner says."""
        seat = self._seats.get((item.chat, item.role))
        if seat is None or seat.gate is not None or seat.partner.early is not None or seat.partner.home != tag:
            self._seats.come(tag, item)
        else:
            self._heard(seat, item)

    def item(self, tag: str, item: nodes.AnyItem, via: str = "") -> None:
        """Obeys an item about a chat or a visitor. `tag` is the node that it comes from; `via` has passed it on."""
        match item:
            case nodes.Passed():
                self.item(item.origin, item.item, via=tag)
            case nodes.Have():
                self._comparing.have(tag, item)
            case nodes.Gone():
                if not via:
                    self._departures.gone(tag, item)
                for visitor in item.visitors:
                    self._exchange.gone(tag, visitor)
            case moving.Moves(chat=""):
                if not via:
                    self._departures.moves(tag, item)
                self._resides(tag, item)
            case moving.Take() | moving.Nothing() | moving.Estate() | moving.Orphan():
                self._tokens.item(tag, item)
            case _ if isinstance(item, FOR_A_HALF):
                self._for_a_half(tag, item, via)
            case _:
                pass  # of a search: it is not for the chats

    def _for_a_half(self, tag: str, item: Relayed, via: str) -> None:
        if isinstance(item, nodes.Over) and item.reason == GHOST:
            self._lay_ghost(tag, item)
        else:
            self._seats.come(tag, item, via)

    def _obey(self, seat: Seat, origin: str, item: Relayed) -> None:
        """Something has come, in its order, for a half that is here."""
        match item:
            case nodes.Say() | nodes.Typing():
                self._heard(seat, item)
            case nodes.Here():
                self._tell(seat, is_connected=item.here, is_reachable=True)
            case nodes.Over():
                self._after.ended(item.chat)
                self._over(seat, _reason(item))
            case moving.Moves():
                self._partner_moves(seat, origin, item)
            case moving.Mark():
                self._seats.open(seat)
            case moving.Heir():
                self._seats.inherit(seat, item.tokens, item.frame, item.life)
            case _:
                self._stray_of_past(origin, item)

    def _stray(self, origin: str, half: OwnHalf, item: Relayed) -> None:
        """Something has come for a half that is not here: it has moved, or it is over."""
        if isinstance(item, moving.Moves):
            self._resides(origin, item)
        if not self._departures.pass_on(origin, half, item):
            self._stray_of_past(origin, item)

    def _stray_of_past(self, origin: str, item: Relayed) -> None:
        match item:
            case nodes.Over():
                self._after.ended(item.chat)
            case nodes.Again() | nodes.Unagain():
                self._after.asked((item.chat, item.role), asks=isinstance(item, nodes.Again))
            case nodes.Reunite():
                self._after.reunite(origin, item)
            case nodes.Report():
                self._after.reported(item)
            case _:
                pass  # too late

    def gone(self, tag: str, visitor: str) -> bool:
        """The session of a visitor of another node is over. Returns whether it is that node's to say so."""
        stranger = self._strangers.get(visitor)
        if stranger is not None and stranger.home != tag:
            return False
        if stranger is not None:
            self._after.forget(stranger)
        return True

    # --- who moves ---

    def _take(self, take: moving.Take) -> None:
        """A token was shown elsewhere while its visitor could not be given away yet."""
        self._tokens.take(take)

    def _partner_moves(self, seat: Seat, origin: str, item: moving.Moves) -> None:
        """Its old home has said all that it has to say. Nothing more goes there, and that is what `mark` says."""
        seat.partner.moves_to(item.to)
        self._resides(origin, item)
        self._post.send(origin, moving.Mark(item.chat, seat.partner.role))
        self._seating.bequeath(seat)
        self._seats.settle(seat)

    def _lay_ghost(self, origin: str, item: nodes.Over) -> None:
        """The partner's home has given the visitor of this half to another node, because its own was slow."""
        half = (item.chat, item.role)
        seat = self._seats.get(half)
        if seat is None:
            self._departures.pass_on(origin, half, item)
        elif seat.visitor.life < item.life:
            self._departures.lay(seat.visitor, seat)

    def _resides(self, origin: str, item: moving.Moves) -> None:
        """A visitor lives elsewhere from now on: its home says so, or if that is gone the home of its partner."""
        stranger = self._strangers.get(item.visitor)
        if stranger is not None and (stranger.home == origin or item.orphaned):
            stranger.home = item.to
        self._exchange.moves(item.visitor, item.to, item.holds)

    # --- what becomes of a node ---

    def deaf(self, tag: str) -> None:
        """A node hears nothing at the moment."""
        self._arrivals.deaf(tag)

    def away(self, tag: str) -> None:
        """A node has not been heard of for longer than a moment, or is not reached."""
        for seat in self._seats.with_home(tag):
            self._tell(seat, is_reachable=False)

    def back(self, tag: str) -> None:
        """A node that was away is heard of again. It may be a new process, so the partners of its visitors hear `back`
        when it says that it has their chats.
        """
        self._comparing.compare(tag)

    def compare(self, tag: str) -> None:
        """A node has begun anew: tells it which chats its visitors have with visitors here."""
        self._comparing.compare(tag)

    def dead(self, tag: str) -> list[str]:
        """A node has been away for so long that none of its visitors can come back. Returns those known here."""
        for seat in self._seats.with_home(tag):
            self._over(seat, "lost")
        lost = self._strangers.of(tag)
        ids = [stranger.id for stranger in lost]
        for stranger in lost:
            self._after.forget(stranger)
        return ids

    # --- how a chat goes on, and ends ---

    def _heard(self, seat: Seat, item: nodes.Say | nodes.Typing) -> None:
        if seat.partner.is_away:  # what it says shows that its node has the chat
            self._tell(seat, is_reachable=True)
        seat.visitor.send(item.frame)

    def _tell(self, seat: Seat, is_connected: bool | None = None, is_reachable: bool | None = None) -> None:
        """Notes what is known of a partner; tells the visitor `away` or `back` if that is news."""
        partner = seat.partner
        was_away = partner.is_away
        partner.is_connected = partner.is_connected if is_connected is None else is_connected
        partner.is_reachable = partner.is_reachable if is_reachable is None else is_reachable
        if partner.is_away != was_away:
            seat.visitor.partner_is(partner.chat, "away" if partner.is_away else "back")

    def _over(self, seat: Seat, reason: EndReason) -> None:
        self._seats.pop(seat.half)
        half = seat.visitor.half
        if half is not None and half.id == seat.half[0]:
            credit = self._pairing.end_half(seat.visitor, half, reason)
            self._after.keep(seat.half, seat.visitor, seat.partner.stranger, credit)


def _reason(item: nodes.Over) -> EndReason:
    return cast("EndReason", item.reason) if item.reason in REASONS else "lost"
