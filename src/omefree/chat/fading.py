"""What a report needs of a chat that is over is forgotten 60 s after its end: a partner's address key, and how long."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from typing import Generic, TypeVar

from omefree.chat.visitor import VisitorRecord
from omefree.contract.limits import REPORT_WINDOW_S
from omefree.engine.alarms import SLOT_S, Alarms

K = TypeVar("K")
V = TypeVar("V")


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


class Expiring(Generic[K, V]):
    """Values that are dropped so many seconds after they were put. One timer of the engine's alarms for all of them."""

    __slots__ = ("_after_s", "_alarms", "_values", "alarm")

    def __init__(self, alarms: Alarms, after_s: float) -> None:
        self.alarm = 0
        self._alarms = alarms
        self._after_s = after_s
        self._values: OrderedDict[K, tuple[V, float]] = OrderedDict()  # with the end of each, in the order of time

    def __len__(self) -> int:
        return len(self._values)

    def put(self, key: K, value: V, now: float) -> None:
        """Holds a value from now on."""
        self._values.pop(key, None)
        self._values[key] = (value, now + self._after_s)
        if not self.alarm:
            self._alarms.set(self, now + self._after_s)

    def get(self, key: K) -> V | None:
        """The value, as long as it is held."""
        held = self._values.get(key)
        return None if held is None else held[0]

    def pop(self, key: K) -> V | None:
        """The value, which is held no longer."""
        held = self._values.pop(key, None)
        if not self._values:
            self._alarms.cancel(self)
        return None if held is None else held[0]

    def wake(self, now: float) -> None:
        """Drops what is due. Called by the alarms."""
        while self._values:
            key, (_, until) = next(iter(self._values.items()))
            if until > now + SLOT_S:  # alarms ring up to one slot early
                self._alarms.set(self, until)
                return
            del self._values[key]
