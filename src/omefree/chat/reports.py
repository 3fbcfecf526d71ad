"""Reports: they count on the partner's record, and the two are not paired again while both sessions last."""

from __future__ import annotations

from collections.abc import Mapping

from omefree.chat.halves import Partner
from omefree.chat.pairing import Pairing
from omefree.chat.safety import Safety
from omefree.chat.visitor import VisitorRecord
from omefree.clock import Clock
from omefree.contract import limits
from omefree.contract.codes import ReportReason
from omefree.exchange.interface import Exchange


class Reports:
    """Handles `report`. The visitor's `last` notes that it has reported that partner."""

    def __init__(
        self,
        clock: Clock,
        visitors: Mapping[str, VisitorRecord],
        exchange: Exchange,
        pairing: Pairing,
        safety: Safety,
    ) -> None:
        self._clock = clock
        self._visitors = visitors
        self._exchange = exchange
        self._pairing = pairing
        self._safety = safety

    def subject(self, visitor: VisitorRecord, chat: str) -> Partner | None:
        """The partner that a report is about, or None if it has left. Raises EventError `chat_over`."""
        if visitor.half is not None and visitor.half.id == chat:
            return visitor.half.partner
        return visitor.last_chat(chat, limits.REPORT_WINDOW_S, self._clock.time()).partner()

    def wait_s(self, visitor: VisitorRecord, chat: str) -> float:
        """Counts a report for the visitor's address, unless it only repeats one. Returns 0.0, or in how many seconds
        the next one is free.
        """
        last = visitor.last
        repeats = last is not None and last.id == chat and last.reported
        return 0.0 if repeats else self._safety.wait_s(visitor)

    def report(self, visitor: VisitorRecord, subject: Partner | None, chat: str, reason: ReportReason) -> None:
        """Counts the report, once for a chat, and keeps the two apart from now on. If they are in a chat, it ends."""
        half, before = visitor.half, visitor.last
        about = subject.id if subject is not None else ""
        if half is not None and (half.id == chat or half.partner.id == about):  # or a newer chat of the two
            self._pairing.end(visitor, "left", tells_both=half.id != chat)
        present = self._visitors.get(about)
        last = before if before is not None and before.id == chat else visitor.last
        if last is not None and visitor.last is not None:
            self._safety.reported(visitor, last, present, reason)
            last.reported = visitor.last.reported = True
        if present is not None or (subject is not None and subject.elsewhere is not None):
            self._exchange.report(visitor.id, about)
