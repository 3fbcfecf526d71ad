"""How long people searched before they met: counts by length, of everybody together."""

from bisect import bisect_left
from itertools import accumulate

BOUNDS_S = (0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300)  # arbitrary; a visitor feels the difference from one to the next


class Waits:
    """How many waits ended within each of BOUNDS_S, and not within the one before; the last count: after them all."""

    __slots__ = ("_counts",)

    def __init__(self) -> None:
        self._counts = [0] * (len(BOUNDS_S) + 1)

    def add(self, seconds: float) -> None:
        """Counts a wait."""
        self._counts[bisect_left(BOUNDS_S, seconds)] += 1

    def within(self) -> list[int]:
        """How many ended within each of BOUNDS_S, and at last all of them."""
        return list(accumulate(self._counts))

    def median_s(self) -> float:
        """The first of BOUNDS_S within which half of the waits ended; infinite if most took longer."""
        *within, every = self.within()
        return next((bound for bound, count in zip(BOUNDS_S, within, strict=True) if 2 * count >= every), float("inf"))
