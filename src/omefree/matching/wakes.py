"""Times, and the work that is due at each: a heap whose entries can be dropped."""

from heapq import heapify, heappop, heappush
from typing import Generic, TypeVar

T = TypeVar("T")

_SLACK = 64  # so many dropped entries more than kept ones may stay in the heap


class Wakes(Generic[T]):
    """Work and the time when it is due. The heap holds numbers only: dropped work, with its ids, is freed at once."""

    __slots__ = ("_heap", "_kept", "_serial")

    def __init__(self) -> None:
        self._heap: list[tuple[float, int]] = []
        self._kept: dict[int, T] = {}
        self._serial = 0

    def __len__(self) -> int:
        return len(self._kept)

    def set(self, when: float, what: T) -> int:
        """Plan `what` at `when`; return the number by which to drop it."""
        self._serial += 1
        self._kept[self._serial] = what
        heappush(self._heap, (when, self._serial))
        return self._serial

    def drop(self, serial: int) -> None:
        """Drop planned work; do nothing if it is already done."""
        self._kept.pop(serial, None)
        if len(self._heap) > 2 * len(self._kept) + _SLACK:
            self._heap = [entry for entry in self._heap if entry[1] in self._kept]
            heapify(self._heap)

    def next(self) -> float | None:
        """Return the earliest planned time; None if nothing is planned."""
        while self._heap and self._heap[0][1] not in self._kept:
            heappop(self._heap)
        return self._heap[0][0] if self._heap else None

    def take(self, now: float) -> T | None:
        """Take out the first work that is due at `now`, by time and then by order of planning; None if none is due."""
        when = self.next()
        return None if when is None or when > now else self._kept.pop(heappop(self._heap)[1])
