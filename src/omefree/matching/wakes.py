"""What is to happen when: a heap whose entries can be dropped."""

from heapq import heapify, heappop, heappush
from typing import Generic, TypeVar

T = TypeVar("T")

_SLACK = 64  # dropped entries that may stay in the heap beside as many again as are kept


class Wakes(Generic[T]):
    """Times and what is due at each. The heap holds numbers only: what is dropped is gone at once, ids included."""

    __slots__ = ("_heap", "_kept", "_serial")

    def __init__(self) -> None:
        self._heap: list[tuple[float, int]] = []
        self._kept: dict[int, T] = {}
        self._serial = 0

    def __len__(self) -> int:
        return len(self._kept)

    def set(self, when: float, what: T) -> int:
        """Plan `what` at `when`; return the number to drop it by."""
        self._serial += 1
        self._kept[self._serial] = what
        heappush(self._heap, (when, self._serial))
        return self._serial

    def drop(self, serial: int) -> None:
        """Unplan; nothing happens if it was due already."""
        self._kept.pop(serial, None)
        if len(self._heap) > 2 * len(self._kept) + _SLACK:
            self._heap = [entry for entry in self._heap if entry[1] in self._kept]
            heapify(self._heap)

    def next(self) -> float | None:
        """Return the earliest time planned."""
        while self._heap and self._heap[0][1] not in self._kept:
            heappop(self._heap)
        return self._heap[0][0] if self._heap else None

    def take(self, now: float) -> T | None:
        """Take out the first that is planned up to `now`, in the order of time, then of planning; None if none is."""
        when = self.next()
        return None if when is None or when > now else self._kept.pop(heappop(self._heap)[1])
