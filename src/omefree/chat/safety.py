"""The record of reports (guard/record.py), applied to visitors: who may search, and who may report how often."""

from __future__ import annotations

from collections.abc import Iterable

from omefree.chat.halves import Elsewhere, Half, LastChat
from omefree.chat.orders import ServerOrders
from omefree.chat.visitor import VisitorRecord
from omefree.clock import Clock
from omefree.contract.codes import EndReason, Mode, ReportReason, Step
from omefree.contract.events import Pause
from omefree.contract.limits import REPORTS_OF_KEY, REPORTS_SHARE
from omefree.guard.counters import Counters
from omefree.guard.quota import KeyBuckets, scaled
from omefree.guard.record import NO_CREDIT, Credit, Gone, Party, Record, Records, Standing, Vote

BY_US: frozenset[EndReason] = frozenset({"drained", "moderated"})  # nobody there ended it: it counts neither way

NOT_PAUSED = (None, None)


class Safety:
    """The pauses, the end of chats and the reports, as the records and the operator's counters see them."""

    def __init__(self, records: Records, counters: Counters, clock: Clock, quota_scale: float = 1.0) -> None:
        self.records = records
        self.counters = counters
        self.orders = ServerOrders()
        self._clock = clock
        self._reports = KeyBuckets(scaled(REPORTS_OF_KEY, quota_scale))

    # --- pauses ---

    def pause_of(self, visitor: VisitorRecord) -> Pause | None:
        """Why the visitor may not search as it likes; None if it may. Of two pauses, the one that closes more."""
        both = (self.orders.pause, self.records.pause_of(visitor, self._clock.time()))
        if both == NOT_PAUSED:
            return None
        return min((pause for pause in both if pause is not None), key=lambda pause: len(pause.open), default=None)

    def pause_for(self, visitor: VisitorRecord, mode: Mode) -> Pause | None:
        """Why the visitor may not search in this mode; None if it may."""
        pause = self.pause_of(visitor)
        return None if pause is None or mode in pause.open else pause

    def step_max(self, one: VisitorRecord, two: VisitorRecord) -> Step:
        """The highest step for two who meet. Text alone if either is paused for video: else a step would reopen it."""
        return min(self.own_step_max(one), self.own_step_max(two))

    def own_step_max(self, visitor: VisitorRecord) -> Step:
        """The highest step that is open to this visitor."""
        return 0 if self.pause_for(visitor, "video") else 2

    # --- chats and reports ---

    def ended(self, visitor: VisitorRecord, half: Half, reason: EndReason, now: float) -> tuple[Credit, Credit]:
        """Counts the end of a chat, once for both sides. Returns what each gave to the other, the visitor's first.

        A partner of another process is counted there.
        """
        if reason in BY_US:
            return NO_CREDIT, NO_CREDIT
        elsewhere, lasted_s = half.partner.elsewhere, now - half.began_at
        if elsewhere is not None:
            return NO_CREDIT, self.records.half_ended(visitor, elsewhere.standing, lasted_s, now)
        return self.records.chat_ended(visitor, half.partner, lasted_s, now)

    def wait_s(self, visitor: VisitorRecord) -> float:
        """Counts a report from the visitor's address. Returns 0.0, or how long the address must wait for the next."""
        share = max(1.0, self.records.present(visitor.key) / REPORTS_SHARE)
        return self._reports.take(visitor.key, share, self._clock.time())

    def reported(self, visitor: VisitorRecord, last: LastChat, about: Party | None, reason: ReportReason) -> None:
        """Counts a report of a chat that is over, on the address that the partner had in it. `about` is None if the
        partner has left.
        """
        evidence = last.evidence
        if evidence is None or last.reported:
            return
        if evidence.elsewhere is not None:
            self._send_report(visitor, evidence.elsewhere, reason, evidence.lasted_s)
            return
        if about is not None and about.record is None:  # a first chat that the operator has ended
            about.record = Record()
        counted = self.records.reported(
            visitor,
            Gone(evidence.key, evidence.network, about.record if about is not None else None),
            reason,
            lasted_s=evidence.lasted_s,
            credit=evidence.credit,
            now=self._clock.time(),
        )
        self.counters.report(reason, counted)

    def voted(self, vote: Vote, about: Gone, credit: Credit, reason: ReportReason) -> None:
        """Counts a report that a visitor of another process has made."""
        counted = self.records.voted(vote, about, reason, credit=credit, now=self._clock.time())
        self.counters.report(reason, counted)

    def standing(self, visitor: VisitorRecord) -> Standing:
        """What the records of another process need of this visitor."""
        return self.records.standing(visitor, self._clock.time())

    def _send_report(self, visitor: VisitorRecord, about: Elsewhere, reason: ReportReason, lasted_s: float) -> None:
        """Counts that the visitor has reported; what its report brings is decided in the process of its subject."""
        now = self._clock.time()
        if self.records.standing(visitor, now).voter != about.standing.voter:  # else it reports its own household
            about.report(reason, self.records.vote(visitor, lasted_s=lasted_s, now=now))

    # --- forgetting ---

    def forgive(self, visitors: Iterable[VisitorRecord]) -> None:
        """Lifts all pauses that reports have brought."""
        self.records.forgive()
        for visitor in visitors:
            if visitor.record is not None:
                visitor.record.forgive()

    def departed(self, visitor: VisitorRecord) -> None:
        """The visitor's session is over: its address key may need no record any more."""
        self.records.left(visitor.key)

    def sweep(self) -> None:
        """Forgets what is old. A timer must call it."""
        now = self._clock.time()
        self.records.sweep(now)
        self._reports.prune(now)

    def holds(self) -> int:
        """How many address keys are remembered."""
        return len(self.records) + len(self._reports)
