"""The exclusions of the waiting visitors: each ticket brings a list (matching.md, "No instant rematch").

An exclusion has a direction, because each ticket brings its own list. Two visitors stay apart while either holds the
other.
"""

from collections.abc import Iterable, Set

from omefree.matching.ticket import NEVER
from omefree.matching.wakes import Wakes

_NOBODY: frozenset[str] = frozenset()
_NOTHING: dict[str, tuple[float, int | None]] = {}


class Apart:
    """The exclusions of all waiting visitors. Time passes in `end_next` only.

    `hold` and `end_next` return pairs of ids that have lost an exclusion. Another exclusion may still keep them apart.
    A visitor that brought no list costs nothing here.
    """

    __slots__ = ("_ends", "_held", "_holders")

    def __init__(self) -> None:
        self._held: dict[str, dict[str, tuple[float, int | None]]] = {}  # by holder: the ids held, until, and its wake
        self._holders: dict[str, dict[str, None]] = {}  # by held id: its holders
        self._ends: Wakes[tuple[str, str]] = Wakes()

    def __len__(self) -> int:
        return len(self._held)

    def of(self, visitor: str) -> Set[str]:
        """Return every id that this visitor must not meet, whichever of the two holds the other."""
        held, holders = self._held.get(visitor), self._holders.get(visitor)
        return _NOBODY if held is None and holders is None else {*(held or ()), *(holders or ())}

    def held(self, visitor: str) -> tuple[tuple[str, float], ...]:
        """Return what is left of the list that this visitor brought, as `hold` took it."""
        held = self._held.get(visitor)
        return tuple((other, until) for other, (until, _) in held.items()) if held is not None else ()

    def hold(self, visitor: str, apart: Iterable[tuple[str, float]]) -> list[tuple[str, str]]:
        """Keep a visitor from these ids until these times (NEVER: without end), and from no others."""
        before = self._held.get(visitor, _NOTHING)
        self.drop(visitor)
        now: dict[str, tuple[float, int | None]] = {}
        for other, until in apart:
            wake = self._ends.set(until, (visitor, other)) if until < NEVER else None
            now[other] = (until, wake)
            self._holders.setdefault(other, {})[visitor] = None
        if now:
            self._held[visitor] = now
        return [(visitor, other) for other in before if other not in now]

    def drop(self, visitor: str) -> None:
        """Drop the list of a visitor that no longer waits."""
        for other, (_, wake) in self._held.pop(visitor, _NOTHING).items():
            self._free(visitor, other, wake)

    def strike(self, visitor: str) -> None:
        """Drop an id from the lists of all others, because its session is over."""
        for holder in list(self._holders.get(visitor, ())):
            self._release(holder, visitor)

    def end_next(self, now: float) -> tuple[str, str] | None:
        """End the first exclusion that is due and return its pair of ids; None if none is due."""
        due = self._ends.take(now)
        if due is not None:
            self._release(*due)
        return due

    def next_wake(self) -> float | None:
        """Return when the next exclusion ends; None if none does."""
        return self._ends.next()

    def _release(self, holder: str, held: str) -> None:
        ids = self._held[holder]
        _, wake = ids.pop(held)
        self._free(holder, held, wake)
        if not ids:
            del self._held[holder]

    def _free(self, holder: str, held: str, wake: int | None) -> None:
        if wake is not None:
            self._ends.drop(wake)
        holders = self._holders[held]
        del holders[holder]
        if not holders:
            del self._holders[held]
