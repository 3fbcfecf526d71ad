"""What a report needs of a chat that is over is forgotten 60 s after its end: a partner's address key, and how long."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from typing import Generic, TypeVar

from omefree.chat.visitor import VisitorRecord
from omefree.contract.limits import REPORT_WINDOW_S
from omefree.engine.alarms import SLOT_S, Alarms

K = TypeVar("K")
V = TypeVar("V")


class Expiring(Generic[K, V]):
    """Values that are dropped so many seconds after they began. One timer of the engine's alarms for all of them.

    `dropped` is told the key of each value whose time is over.
    """

    __slots__ = ("_after_s", "_alarms", "_dropped", "_values", "alarm")

    def __init__(self, alarms: Alarms, after_s: float, dropped: Callable[[K], None] | None = None) -> None:
        self.alarm = 0
        self._alarms = alarms
        self._after_s = after_s
        self._dropped = dropped
        self._values: OrderedDict[K, tuple[V, float]] = OrderedDict()  # with the end of each, in the order of time

    def __len__(self) -> int:
        return len(self._values)

    def __contains__(self, key: K) -> bool:
        return key in self._values

    def put(self, key: K, value: V, since: float) -> None:
        """Holds a value that began at `since`: nearly always now."""
        self._values.pop(key, None)
        until = since + self._after_s
        last = next(reversed(self._values.values()), None)
        self._values[key] = (value, until)
        if last is not None and last[1] > until:
            self._values = OrderedDict(sorted(self._values.items(), key=lambda held: held[1][1]))
            self._alarms.set(self, next(iter(self._values.values()))[1])
        elif not self.alarm:
            self._alarms.set(self, until)

    def get(self, key: K) -> V | None:
        """The value, as long as it is held."""
        held = self._values.get(key)
        return None if held is None else held[0]

    def values(self) -> Iterator[V]:
        """All that is held."""
        return (value for value, _ in self._values.values())

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
            if self._dropped is not None:
                self._dropped(key)


class Fading:
    """Drops the evidence of each visitor's last chat in time."""

    def __init__(self, alarms: Alarms, visitors: Mapping[str, VisitorRecord]) -> None:
        self._visitors = visitors
        self._noted: Expiring[str, None] = Expiring(alarms, REPORT_WINDOW_S, self._fade)

    def __len__(self) -> int:
        return len(self._noted)

    def note(self, visitor: str, since: float) -> None:
        """A chat of this visitor has ended at `since`: nearly always now."""
        self._noted.put(visitor, None, since)

    def drop(self, visitor: str) -> None:
        """This visitor's session is over."""
        self._noted.pop(visitor)

    def _fade(self, visitor: str) -> None:
        last = self._visitors[visitor].last
        if last is not None:
            last.evidence = None
