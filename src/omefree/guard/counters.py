"""What the operator may know of a day: how many chats, reports and pauses there were, of everybody together.

They are in memory alone, start at zero with each UTC day and with each start of the server, and name nobody: a number
from 1 to 4 is told as "<5", so that no single visitor's report can be read from it.
"""

from collections import Counter
from collections.abc import Callable
from typing import TypeAlias

from omefree.contract.codes import PauseReason, ReportReason, Whose

DAY_S = 86_400
FEW = 5  # below it, a number might be one visitor's doing

Shown: TypeAlias = int | str
"""A number as it may be told: 0, "<5", or 5 and more."""


class Counters:
    """The counters of the present UTC day. `wall` is the wall clock: seconds since 1970."""

    __slots__ = ("_counts", "_day", "_wall")

    def __init__(self, wall: Callable[[], float]) -> None:
        self._wall = wall
        self._day = int(wall() // DAY_S)
        self._counts: Counter[str] = Counter()

    def chat(self) -> None:
        """Counts a chat that has begun."""
        self._add("chats")

    def report(self, reason: ReportReason, counted: bool) -> None:
        """Counts a report that was accepted; `counted`: it weighed in a record."""
        self._add(f"reports.{reason}", "reports.counted" if counted else "reports.not counted")

    def pause(self, reason: PauseReason, whose: Whose) -> None:
        """Counts a pause that has begun."""
        self._add(f"pauses.{reason}", f"pauses.of {whose}")

    @property
    def day(self) -> int:
        """The present UTC day, counted from 1970."""
        self._turn()
        return self._day

    def shown(self) -> dict[str, Shown]:
        """Every counter that is not zero, as it may be told, in the order of the names."""
        self._turn()
        return {name: shown(self._counts[name]) for name in sorted(self._counts)}

    def _add(self, *names: str) -> None:
        self._turn()
        self._counts.update(names)

    def _turn(self) -> None:
        day = int(self._wall() // DAY_S)
        if day != self._day:
            self._day = day
            self._counts.clear()


def shown(count: int) -> Shown:
    """A count as it may be told."""
    return f"<{FEW}" if 0 < count < FEW else count
