"""The chats of visitors here with partners of other nodes: how they begin, what comes for them, what a fault does.

A visitor's state is changed by its own node alone. What another node says is checked against it, and what does not fit
is dropped. After a fault each node tells which chats it has (`have`), and the other answers `over` for the rest.
"""

from __future__ import annotations

import secrets
import weakref
from collections.abc import Iterator, Mapping
from typing import Protocol, TypeAlias, cast, get_args

from msgspec import Struct

from omefree.chat.fading import Expiring
from omefree.chat.pairing import Pairing
from omefree.chat.remote import Post, RemotePartner, Stranger
from omefree.chat.reunions import Reunions
from omefree.chat.safety import Safety
from omefree.chat.visitor import VisitorRecord
from omefree.clock import Clock
from omefree.contract import nodes
from omefree.contract.codes import EndReason, Step
from omefree.contract.events import Seal
from omefree.contract.limits import AGAIN_WINDOW_S, REPORT_WINDOW_S
from omefree.engine.alarms import Alarms
from omefree.exchange.introduction import Introduction, new_chat
from omefree.exchange.meeting import Meeting
from omefree.guard.record import Credit, Gone, Standing, Vote
from omefree.matching.ticket import Pair, Ticket

ANSWER_S = 1.0  # for the other home to answer a proposal
HAVE = 500  # chats in one `have`: about 20 KB
REASONS: frozenset[str] = frozenset(get_args(EndReason))

OwnHalf: TypeAlias = tuple[str, bool]  # a chat, and the role of our visitor in it: True for the polite peer


class Searches(Protocol):
    """What these chats need of the exchange (exchange/cluster.py)."""

    def join(self, ticket: Ticket) -> None:
        """Starts a search."""

    def leave(self, visitor: str) -> None:
        """Ends the visitor's search, if there is one, and any promise to a partner."""

    def meets(self, visitor: str, partner: str, tag: str) -> None:
        """A visitor here enters a chat with one of the node `tag`: nothing keeps the two apart any more."""


class Trace(Struct):
    """What a report from another node needs of a visitor whose chat is over: also if it has left, or chats again."""

    visitor: weakref.ref[VisitorRecord]
    key: bytes
    network: bytes
    credit: Credit  # what the partner's not reporting gave to it


class Former(Struct):
    """A half of a chat that is over: the visitor here that had it, and its partner."""

    visitor: weakref.ref[VisitorRecord]
    stranger: Stranger


class Proposal(Struct, eq=False):
    """A chat that was proposed to the home of a partner, because both have asked for each other again."""

    visitor: VisitorRecord
    partner: RemotePartner


class RemoteChats:
    """Keeps the halves of all chats with other nodes. Cluster (exchange/cluster.py) tells what comes for them."""

    def __init__(
        self,
        clock: Clock,
        alarms: Alarms,
        post: Post,
        searches: Searches,
        visitors: Mapping[str, VisitorRecord],
        pairing: Pairing,
        reunions: Reunions,
        safety: Safety,
    ) -> None:
        self._clock = clock
        self._post = post
        self._searches = searches
        self._visitors = visitors
        self._pairing = pairing
        self._reunions = reunions
        self._safety = safety
        self._chats: dict[OwnHalf, VisitorRecord] = {}
        self._strangers: weakref.WeakValueDictionary[str, Stranger] = weakref.WeakValueDictionary()
        self._former: Expiring[OwnHalf, Former] = Expiring(alarms, AGAIN_WINDOW_S)
        self._traces: Expiring[OwnHalf, Trace] = Expiring(alarms, REPORT_WINDOW_S)
        self._proposed: dict[str, Proposal] = {}

    def __len__(self) -> int:
        return len(self._chats)

    # --- how a chat begins ---

    def is_ready(self, ticket: Ticket) -> bool:
        """Whether the visitor of a ticket can enter a chat now. A search that a pause has met ends."""
        return self._pairing.ready(ticket) is not None

    def yes(self, chat: str, ticket: Ticket) -> nodes.Yes:
        """What the partner's home needs of a visitor here that is promised to a chat."""
        visitor = self._visitors[ticket.visitor]
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
        partner = self._partner(introduction, meeting.home, other.visitor, seal, standing)
        self._begin(self._visitors[own.visitor], partner, introduction, yes.step_max)
        self._safety.counters.waited(self._clock.time() - own.since)

    def refused(self, tag: str, chat: str) -> None:
        """The home of the partner says that its visitor is not in this chat: if it has begun here, it is over."""
        for role in (True, False):
            if (partner := self._partner_of((chat, role))) is not None and partner.home == tag:
                self._over((chat, role), "lost")

    # --- what a chat's own visitor does ---

    def left(self, partner: RemotePartner, reason: EndReason, credit: Credit) -> None:
        """The visitor here has ended its chat with this partner. `credit` is what the partner gave to it."""
        half = (partner.chat, not partner.role)
        visitor = self._chats.pop(half, None)
        self._post.send(partner.home, nodes.Over(partner.chat, partner.role, reason))
        if visitor is not None:
            self._keep(half, visitor, partner.stranger, credit)

    def propose(self, partner: RemotePartner) -> None:
        """Both have asked for each other again. The home of the smaller id proposes a new chat to the other."""
        visitor = self._former_of((partner.chat, not partner.role))
        if visitor is None or visitor.id > partner.id or any(it.visitor is visitor for it in self._proposed.values()):
            return
        chat = new_chat()
        self._proposed[chat] = Proposal(visitor, partner)
        self._searches.leave(visitor.id)
        self._send_reunite(visitor, partner, chat, polite=secrets.choice((True, False)))
        self._clock.call_at(self._clock.time() + ANSWER_S, self._unanswered, chat)

    # --- what another node says ---

    def say(self, item: nodes.Say | nodes.Typing) -> None:
        """The hot path: gives a visitor here what its partner says."""
        visitor = self._chats.get((item.chat, item.role))
        if visitor is not None and visitor.half is not None:
            if visitor.half.partner.is_away:
                self._reached((item.chat, item.role))
            visitor.send(item.frame)

    def item(self, tag: str, item: nodes.AnyItem) -> None:
        """Obeys an item about a chat. `tag` is the node that it comes from."""
        match item:
            case nodes.Typing():
                self.say(item)
            case nodes.Here():
                self._here((item.chat, item.role), item.here)
            case nodes.Over():
                self._ended(item)
            case nodes.Have():
                self._have(tag, item)
            case nodes.Again() | nodes.Unagain():
                self._asked((item.chat, item.role), asks=isinstance(item, nodes.Again))
            case nodes.Reunite():
                self._reunite(tag, item)
            case nodes.Report():
                self._reported(item)
            case _:
                pass  # of a search: it is not for the chats

    def gone(self, visitor: str) -> None:
        """The session of a visitor of another node is over."""
        stranger = self._strangers.get(visitor)
        if stranger is not None:
            self._forget(stranger)

    # --- what becomes of a node ---

    def away(self, tag: str) -> None:
        """A node has not been heard of for longer than a moment, or is not reached."""
        for visitor, partner in self._with(tag):
            self._tell(visitor, partner, is_reachable=False)

    def back(self, tag: str) -> None:
        """A node that was away is heard of again. It may be a new process, so the partners of its visitors hear `back`
        when it says that it has their chats.
        """
        self.compare(tag)

    def compare(self, tag: str) -> None:
        """Tells a node which chats its visitors have with visitors here."""
        chats = [(partner.chat, partner.role, visitor.socket is not None) for visitor, partner in self._with(tag)]
        for at in range(0, len(chats), HAVE):
            self._post.send(tag, nodes.Have(chats[at : at + HAVE]))

    def dead(self, tag: str) -> list[str]:
        """A node has been away for so long that none of its visitors can come back. Returns those known here."""
        for _, partner in self._with(tag):
            self._over((partner.chat, not partner.role), "lost")
        lost = [stranger for stranger in list(self._strangers.values()) if stranger.home == tag]
        ids = [stranger.id for stranger in lost]
        for stranger in lost:
            self._forget(stranger)
        return ids

    def _partner_of(self, half: OwnHalf) -> RemotePartner | None:
        visitor = self._chats.get(half)
        partner = visitor.half.partner if visitor is not None and visitor.half is not None else None
        return partner if isinstance(partner, RemotePartner) else None

    def _with(self, tag: str) -> list[tuple[VisitorRecord, RemotePartner]]:
        """The visitors here who chat with visitors of that node, and these."""
        return [(visitor, partner) for visitor, partner in self._all() if partner.home == tag]

    def _all(self) -> Iterator[tuple[VisitorRecord, RemotePartner]]:
        for visitor in self._chats.values():
            if visitor.half is not None and isinstance(visitor.half.partner, RemotePartner):
                yield visitor, visitor.half.partner

    def _partner(
        self, introduction: Introduction, home: str, partner: str, seal: Seal | None, standing: Standing
    ) -> RemotePartner:
        stranger = self._strangers.get(partner)
        if stranger is None:
            stranger = self._strangers[partner] = Stranger(partner, home)
        role = introduction.polite == partner
        return RemotePartner(self, self._post, stranger, introduction.chat, role=role, seal=seal, standing=standing)

    def _begin(
        self, visitor: VisitorRecord, partner: RemotePartner, introduction: Introduction, step_max: Step
    ) -> None:
        half = (partner.chat, not partner.role)
        self._searches.meets(visitor.id, partner.id, partner.home)
        self._chats[half] = visitor
        try:
            self._pairing.begin_half(visitor, partner, introduction, step_max)
        except Exception:  # a bug of ours: without a word, the two would wait for a partner that never comes
            del self._chats[half]
            self._post.send(partner.home, nodes.Over(partner.chat, partner.role, "lost"))
            self._pairing.give_up(visitor)
            raise

    def _tell(
        self, visitor: VisitorRecord, partner: RemotePartner, is_connected: bool | None = None,
        is_reachable: bool | None = None,
    ) -> None:  # fmt: skip
        """Notes what is known of a partner; tells the visitor `away` or `back` if that is news."""
        was_away = partner.is_away
        partner.is_connected = partner.is_connected if is_connected is None else is_connected
        partner.is_reachable = partner.is_reachable if is_reachable is None else is_reachable
        if partner.is_away != was_away:
            visitor.partner_is(partner.chat, "away" if partner.is_away else "back")

    def _reached(self, half: OwnHalf) -> None:
        """What a partner says shows that its node has the chat."""
        partner = self._partner_of(half)
        if partner is not None:
            self._tell(self._chats[half], partner, is_reachable=True)

    def _here(self, half: OwnHalf, here: bool) -> None:
        partner = self._partner_of(half)
        if partner is not None:
            self._tell(self._chats[half], partner, is_connected=here, is_reachable=True)

    def _have(self, tag: str, item: nodes.Have) -> None:
        for chat, role, here in item.chats:
            visitor = self._chats.get((chat, role))
            if visitor is None:
                self._post.send(tag, nodes.Over(chat, not role, "lost"))
            else:
                self._here((chat, role), here)
                self._post.send(tag, nodes.Here(chat, not role, visitor.socket is not None))

    # --- how a chat ends, and what comes after it ---

    def _ended(self, item: nodes.Over) -> None:
        if item.chat in self._proposed:
            self._unanswered(item.chat, told=True)
        reason = cast("EndReason", item.reason) if item.reason in REASONS else "lost"
        self._over((item.chat, item.role), reason)

    def _over(self, half: OwnHalf, reason: EndReason) -> None:
        partner, visitor = self._partner_of(half), self._chats.pop(half, None)
        if partner is not None and visitor is not None and visitor.half is not None:
            self._keep(half, visitor, partner.stranger, self._pairing.end_half(visitor, visitor.half, reason))

    def _keep(self, half: OwnHalf, visitor: VisitorRecord, stranger: Stranger, credit: Credit) -> None:
        """Keeps what the stranger's `again` or report needs. Nothing is needed once that one has gone."""
        if not stranger.id:
            return
        now, ref = self._clock.time(), weakref.ref(visitor)
        stranger.former[half] = None
        self._former.put(half, Former(ref, stranger), now)
        self._traces.put(half, Trace(ref, visitor.key, visitor.network, credit), now)

    def _forget(self, stranger: Stranger) -> None:
        """The session of a visitor of another node is over: it can neither report nor ask again."""
        self._strangers.pop(stranger.id, None)
        stranger.id = ""
        for half in stranger.former:
            self._former.pop(half)
            self._traces.pop(half)
        stranger.former.clear()

    def _reported(self, item: nodes.Report) -> None:
        """Counts a report of a chat that has ended, once."""
        trace = self._traces.pop((item.chat, item.role))
        if trace is not None:
            visitor = trace.visitor()
            about = Gone(trace.key, trace.network, visitor.record if visitor is not None else None)
            self._safety.voted(Vote(item.voter, item.weight, item.votes), about, trace.credit, item.reason)

    def _former_of(self, half: OwnHalf) -> VisitorRecord | None:
        """The visitor here that had this half, if it was its last."""
        former = self._former.get(half)
        visitor = former.visitor() if former is not None else None
        return visitor if visitor is not None and visitor.last is not None and visitor.last.id == half[0] else None

    def _former_partner(self, half: OwnHalf) -> tuple[VisitorRecord, RemotePartner] | None:
        """That visitor, and the partner that it had, if both are still here."""
        visitor = self._former_of(half)
        partner = visitor.last.partner() if visitor is not None and visitor.last is not None else None
        return (visitor, partner) if visitor is not None and isinstance(partner, RemotePartner) else None

    def _asked(self, half: OwnHalf, *, asks: bool) -> None:
        if (found := self._former_partner(half)) is not None:
            visitor, partner = found
            partner.asks = asks
            if asks:
                self._reunions.answer(visitor)

    # --- a reunion ---

    def _reunite(self, tag: str, item: nodes.Reunite) -> None:
        """The other home proposes a chat of two who have asked for each other again; or it agrees to our proposal."""
        proposal = self._proposed.pop(item.chat, None)
        found = self._former_partner((item.old, item.role))
        ticket = self._reunions.ready(found[0], item.old) if found is not None else None
        if found is None or ticket is None:
            self._post.send(tag, nodes.Over(item.chat, not item.polite, "lost"))
            if proposal is not None:
                self._search_on(proposal)
            return
        visitor, before = found
        if proposal is None:
            self._send_reunite(visitor, before, item.chat, polite=not item.polite)
        self._searches.leave(visitor.id)
        other = Ticket(visitor=before.id, mode=ticket.mode, hide=ticket.hide)
        introduction = Introduction(item.chat, visitor.id if item.polite else before.id, Pair(ticket, other, ()))
        standing = Standing(item.voter, item.proven, item.votes)
        partner = self._partner(introduction, before.home, before.id, None, standing)
        self._begin(visitor, partner, introduction, item.step_max)

    def _send_reunite(self, visitor: VisitorRecord, partner: RemotePartner, chat: str, *, polite: bool) -> None:
        """`polite`: whether the partner is to be the polite peer."""
        standing, step_max = self._safety.standing(visitor), self._safety.own_step_max(visitor)
        facts = (standing.proven, standing.votes, standing.voter)
        self._post.send(partner.home, nodes.Reunite(partner.chat, partner.role, chat, polite, step_max, *facts))

    def _unanswered(self, chat: str, *, told: bool = False) -> None:
        """The other home does not agree, or says nothing: whoever was searching searches on."""
        proposal = self._proposed.pop(chat, None)
        if proposal is None:
            return
        if not told:
            self.refuse(proposal.partner.home, chat)
        self._search_on(proposal)

    def refuse(self, tag: str, chat: str) -> None:
        """Tells a node that a chat does not begin, whichever role its visitor was to have."""
        for role in (True, False):
            self._post.send(tag, nodes.Over(chat, role, "lost"))

    def _search_on(self, proposal: Proposal) -> None:
        proposal.partner.asks = False  # it asks once more when it could begin
        visitor = proposal.visitor
        if visitor.ticket is not None and visitor.socket is not None:
            self._searches.join(visitor.ticket)
