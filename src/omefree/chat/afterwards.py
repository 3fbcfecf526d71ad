"""What comes after a chat with a visitor of another node: a report of it, and the new chat if both ask for one."""

from __future__ import annotations

import secrets
import weakref
from collections.abc import Callable
from typing import Protocol, TypeAlias

from msgspec import Struct

from omefree.chat.fading import Expiring
from omefree.chat.remote import Post, RemotePartner, Stranger, Strangers
from omefree.chat.reunions import Reunions
from omefree.chat.safety import Safety
from omefree.chat.visitor import VisitorRecord
from omefree.clock import Clock
from omefree.contract import nodes
from omefree.contract.codes import Step
from omefree.contract.limits import AGAIN_WINDOW_S, REPORT_WINDOW_S
from omefree.engine.alarms import Alarms
from omefree.exchange.introduction import Introduction, new_chat
from omefree.guard.record import Credit, Gone, Standing, Vote
from omefree.matching.ticket import Pair, Ticket

ANSWER_S = 1.0  # for the other home to answer a proposal
HALVES = 16  # of one visitor that are found again when it moves: whoever goes on so fast is seldom reported so late

OwnHalf: TypeAlias = tuple[str, bool]  # a chat, and the role of our visitor in it: True for the polite peer


class Searches(Protocol):
    """What this needs of the exchange (exchange/cluster.py)."""

    def join(self, ticket: Ticket) -> None:
        """Starts a search."""

    def leave(self, visitor: str) -> None:
        """Ends the visitor's search, if there is one, and any promise to a partner."""


class Enter(Protocol):
    """Lets a visitor here enter a chat (remote_chats.py)."""

    def __call__(
        self, visitor: VisitorRecord, introduction: Introduction, home: str, standing: Standing, step_max: Step
    ) -> None:
        """Its partner is at the node `home`; `standing` and `step_max` are the partner's."""


class Trace(Struct):
    """What a report from another node needs of a visitor whose chat is over: also if it has left, or chats again."""

    visitor: Callable[[], VisitorRecord | None]
    stranger: Stranger
    since: float  # the end of the chat, seconds of the monotonic clock
    key: bytes
    network: bytes
    credit: Credit  # what the partner's not reporting gave to it


class Former(Struct):
    """A half of a chat that is over: the visitor here that had it, and its partner."""

    visitor: Callable[[], VisitorRecord | None]
    stranger: Stranger


class Proposal(Struct, eq=False):
    """A chat that was proposed to the home of a partner, because both have asked for each other again."""

    visitor: VisitorRecord
    partner: RemotePartner


class Afterwards:
    """The halves of chats that are over, as long as a report or `again` may still come for them."""

    def __init__(
        self,
        clock: Clock,
        alarms: Alarms,
        post: Post,
        searches: Searches,
        strangers: Strangers,
        reunions: Reunions,
        safety: Safety,
        enter: Enter,
        begun: Callable[[OwnHalf], RemotePartner | None],
    ) -> None:
        self._clock = clock
        self._post = post
        self._searches = searches
        self._strangers = strangers
        self._reunions = reunions
        self._safety = safety
        self._enter = enter
        self._begun = begun  # the partner of a half that is here
        self._former: Expiring[OwnHalf, Former] = Expiring(alarms, AGAIN_WINDOW_S)
        self._traces: Expiring[OwnHalf, Trace] = Expiring(alarms, REPORT_WINDOW_S)
        self._proposed: dict[str, Proposal] = {}

    # --- what is kept ---

    def keep(self, half: OwnHalf, visitor: VisitorRecord, stranger: Stranger, credit: Credit) -> None:
        """A chat has just ended: keeps what the stranger's `again` and its report need."""
        now, ref = self._clock.time(), weakref.ref(visitor)
        self.keep_former(half, Former(ref, stranger), now)
        self.keep_trace(half, Trace(ref, stranger, now, visitor.key, visitor.network, credit))

    def keep_former(self, half: OwnHalf, former: Former, since: float) -> None:
        """Keeps what the stranger's `again` needs, since the end of the chat. Once it has gone, nothing is needed."""
        if former.stranger.id:
            self._note(half, former)
            self._former.put(half, former, since)

    def keep_trace(self, half: OwnHalf, trace: Trace) -> None:
        """Keeps what the stranger's report needs."""
        if trace.stranger.id:
            self._note(half, trace)
            self._traces.put(half, trace, trace.since)

    def _note(self, half: OwnHalf, kept: Former | Trace) -> None:
        kept.stranger.former[half] = None
        visitor = kept.visitor()
        if visitor is not None and half not in visitor.halves:
            visitor.halves = (*self.halves_of(visitor)[1 - HALVES :], half)

    def forget(self, stranger: Stranger) -> None:
        """The session of a visitor of another node is over: it can neither report nor ask again."""
        for half in stranger.former:
            self._former.pop(half)
            self._traces.pop(half)
        stranger.former.clear()
        self._strangers.drop(stranger)

    def halves_of(self, visitor: VisitorRecord) -> list[OwnHalf]:
        """The halves of a visitor here that are over and for which something is kept, oldest first."""
        return [half for half in visitor.halves if half in self._former or half in self._traces]

    def traces_of(self, visitor: VisitorRecord) -> list[tuple[OwnHalf, Trace]]:
        """Those that may still be reported."""
        kept = [(half, self._traces.get(half)) for half in visitor.halves]
        return [(half, trace) for half, trace in kept if trace is not None]

    def give_up(self, visitor: VisitorRecord) -> None:
        """A visitor here moves to another node: what it has proposed is void."""
        for chat, proposal in list(self._proposed.items()):
            if proposal.visitor is visitor:
                self._unanswered(chat)

    def drop(self, halves: list[OwnHalf]) -> None:
        """Nothing of these halves is kept here any more."""
        for half in halves:
            self._former.pop(half)
            self._traces.pop(half)

    # --- what a visitor here does ---

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

    def ended(self, chat: str) -> None:
        """A node says that a chat is over, or does not begin: it may be one that was proposed to it."""
        if chat in self._proposed:
            self._unanswered(chat, told=True)

    def asked(self, half: OwnHalf, *, asks: bool) -> None:
        """The partner of a chat that is over asks for its partner here, or no longer does."""
        if (found := self._former_partner(half)) is not None:
            visitor, partner = found
            partner.asks = asks
            if asks:
                self._reunions.answer(visitor)

    def reported(self, item: nodes.Report) -> None:
        """Counts a report of a chat that has ended, once."""
        trace = self._traces.pop((item.chat, item.role))
        if trace is not None:
            visitor = trace.visitor()
            about = Gone(trace.key, trace.network, visitor.record if visitor is not None else None)
            self._safety.voted(Vote(item.voter, item.weight, item.votes), about, trace.credit, item.reason)

    def reunite(self, tag: str, item: nodes.Reunite) -> None:
        """The other home proposes a chat of two who have asked for each other again; or it agrees to our proposal."""
        proposal = self._proposed.get(item.chat)
        if proposal is not None and (item.old, item.role) == (proposal.partner.chat, not proposal.partner.role):
            del self._proposed[item.chat]
        else:
            proposal = None  # not the answer to it: the other visitor has moved here, too
        begun = self._begun((item.chat, item.polite))
        if begun is not None:  # it did not know of our answer, which it was given where it has moved to
            begun.moves_to(tag)
            return
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
        self._enter(visitor, introduction, tag, standing, item.step_max)

    def refuse(self, tag: str, chat: str) -> None:
        """Tells a node that a chat does not begin, whichever role its visitor was to have."""
        for role in (True, False):
            self._post.send(tag, nodes.Over(chat, role, "lost"))

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

    def _send_reunite(self, visitor: VisitorRecord, partner: RemotePartner, chat: str, *, polite: bool) -> None:
        """`polite`: whether the partner is to be the polite peer."""
        standing, step_max = self._safety.standing(visitor), self._safety.own_step_max(visitor)
        facts = (standing.proven, standing.votes, standing.voter)
        self._post.send(
            partner.stranger.home, nodes.Reunite(partner.chat, partner.role, chat, polite, step_max, *facts)
        )

    def _unanswered(self, chat: str, *, told: bool = False) -> None:
        """The other home does not agree, or says nothing: whoever was searching searches on."""
        proposal = self._proposed.pop(chat, None)
        if proposal is None:
            return
        if not told:
            self.refuse(proposal.partner.stranger.home, chat)
        self._search_on(proposal)

    def _search_on(self, proposal: Proposal) -> None:
        proposal.partner.asks = False  # it asks once more when it could begin
        visitor = proposal.visitor
        if visitor.ticket is not None and visitor.socket is not None:
            self._searches.join(visitor.ticket)
