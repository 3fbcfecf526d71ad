"""Reports: a visitor and the partner that it reported are not paired again while both sessions last."""

from __future__ import annotations

from collections.abc import Mapping

from omefree.chat.halves import Partner
from omefree.chat.pairing import Pairing
from omefree.chat.visitor import VisitorRecord
from omefree.clock import Clock
from omefree.contract import limits
from omefree.exchange.interface import Exchange


class Reports:
    """Handles `report`. The visitor's `last` notes that it has reported that partner."""

    def __init__(
        self, clock: Clock, visitors: Mapping[str, VisitorRecord], exchange: Exchange, pairing: Pairing
    ) -> None:
        self._clock = clock
        self._visitors = visitors
        self._exchange = exchange
        self._pairing = pairing

    def subject(self, visitor: VisitorRecord, chat: str) -> Partner | None:
        """The partner that a report is about, or None if it has left. Raises EventError `chat_over`."""
        if visitor.half is not None and visitor.half.id == chat:
            return visitor.half.partner
        return visitor.last_chat(chat, limits.REPORT_WINDOW_S, self._clock.time()).partner()

    def report(self, visitor: VisitorRecord, subject: Partner | None, chat: str) -> None:
        """Keeps the two apart from now on. If they are in a chat, it ends."""
        half = visitor.half
        if half is not None and (half.id == chat or half.partner is subject):  # or a newer chat of the two
            self._pairing.end(visitor, "left")
        if visitor.last is not None:
            visitor.last.reported = True
        if subject is not None and subject.id in self._visitors:
            self._exchange.report(visitor.id, subject.id)
