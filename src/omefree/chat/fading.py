"""What a report needs of a chat that is over is forgotten 60 s after its end: a partner's address key, and how long."""

from __future__ import annotations

from collections.abc import Mapping

from omefree.chat.visitor import VisitorRecord
from omefree.contract.limits import REPORT_WINDOW_S
from omefree.engine.alarms import SLOT_S, Alarms


class Fading:
    """Drops the evidence of each visitor's last chat in time. One timer of the engine's alarms for all of them."""

    def __init__(self, alarms: Alarms, visitors: Mapping[str, VisitorRecord]) -> None:
        self.alarm = 0
        self._alarms = alarms
        self._visitors = visitors
        self._until: dict[str, float] = {}  # by visitor, in the order of time

    def __len__(self) -> int:
        return len(self._until)

    def note(self, visitor: str, now: float) -> None:
        """A chat of this visitor has just ended."""
        self._until.pop(visitor, None)
        self._until[visitor] = now + REPORT_WINDOW_S
        if not self.alarm:
            self._alarms.set(self, now + REPORT_WINDOW_S)

    def drop(self, visitor: str) -> None:
        """This visitor's session is over."""
        if self._until.pop(visitor, None) is not None and not self._until:
            self._alarms.cancel(self)

    def wake(self, now: float) -> None:
        """Drops what is due. Called by the alarms."""
        while self._until:
            visitor, until = next(iter(self._until.items()))
            if until > now + SLOT_S:  # alarms ring up to one slot early
                self._alarms.set(self, until)
                return
            del self._until[visitor]
            last = self._visitors[visitor].last
            if last is not None:
                last.evidence = None
