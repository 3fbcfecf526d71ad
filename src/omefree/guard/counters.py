"""What may be known of a day: how many chats, reports and pauses there were, how many people, how long they waited.

These are sums of everybody together. They are in memory alone, start at zero with each UTC day and with each start of
the server, and name nobody: a number from 1 to 4 is told as "<5", so that no single visitor's report can be read from
it. Sums since the server's start are told in steps of five, for the same reason: programs read them again and again
(metrics/).
"""

from collections import Counter
from collections.abc import Callable, Mapping
from typing import TypeAlias

from omefree.contract.codes import PauseReason, ReportReason, Whose
from omefree.guard.hours import Hours
from omefree.guard.waits import Waits

DAY_S = 86_400
FEW = 5  # below it, a number might be one visitor's doing

Shown: TypeAlias = int | str
"""A number as it may be told: 0, "<5", or 5 and more."""


class Counters:
    """The counters of the present UTC day, and since the start. `wall` is the wall clock: seconds since 1970."""

    __slots__ = ("_counts", "_day", "_waits", "_wall", "hours", "total", "total_waits")

    def __init__(self, wall: Callable[[], float]) -> None:
        self._wall = wall
        self._day = int(wall() // DAY_S)
        self._counts: Counter[str] = Counter()
        self._waits = Waits()
        self.hours = Hours(wall)
        self.total: Counter[str] = Counter()  # since the start, by the same names
        self.total_waits = Waits()

    def chat(self) -> None:
        """Counts a chat that has begun."""
        self._add("chats")

    def waited(self, seconds: float) -> None:
        """Counts how long a visitor searched, who has now met somebody."""
        self._turn()
        self._waits.add(seconds)
        self.total_waits.add(seconds)

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

    def today(self) -> dict[str, int]:
        """Every counter that is not zero, exact: `all_shown` is for people."""
        self._turn()
        return dict(self._counts)

    def shown(self) -> dict[str, Shown]:
        """Every counter that is not zero, as it may be told, in the order of the names."""
        return all_shown(self.today())

    def chats(self) -> Shown:
        """How many chats began today, as it may be told: of few, not even whether there was any."""
        self._turn()
        return few(self._counts["chats"])

    def usual_wait_s(self) -> float | None:
        """How long at most half of those who met today had searched (Waits.median_s). None: there were too few."""
        self._turn()
        return self._waits.median_s() if self._waits.within()[-1] >= FEW else None

    def _add(self, *names: str) -> None:
        self._turn()
        for name in names:
            self._counts[name] += 1
            self.total[name] += 1

    def _turn(self) -> None:
        day = int(self._wall() // DAY_S)
        if day != self._day:
            self._day = day
            self._counts.clear()
            self._waits = Waits()


def all_shown(counts: Mapping[str, int]) -> dict[str, Shown]:
    """Counts by name as they may be told, in the order of the names."""
    return {name: shown(counts[name]) for name in sorted(counts)}


def shown(count: int) -> Shown:
    """A count as it may be told."""
    return f"<{FEW}" if 0 < count < FEW else count


def few(count: int) -> Shown:
    """A count as it may be told of people who are here: "none" would tell that one of them is not."""
    return f"<{FEW}" if count < FEW else count


def in_fives(count: float) -> float:
    """A sum, rounded down to a multiple of five: two readings of it do not tell what one visitor did between them."""
    return count - count % FEW
