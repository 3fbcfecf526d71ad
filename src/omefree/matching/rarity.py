"""How rare an interest is among recent arrivals, in integers (matching.md, "The choice").

A counter belongs to the CRC-32 of a key, modulo 4,096: its memory is bounded whatever visitors type, and it holds no
interest that anyone could read. Two keys that share a counter look less rare than they are, and that is all.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from functools import lru_cache
from zlib import crc32

COUNTERS = 4096
HALF_LIFE_S = 300.0  # "recent": long enough to count at one arrival a minute, short enough to follow an evening
STEP = 8  # an arrival counts 8, then 4, 2, 1, 0: nothing of it is left after 4 half-lives, 20 minutes
BIT = 256  # scores are in 1/256 bit
QUIET_S = 30.0  # as if nobody had come for so long before the first: after a restart all come at once


class Rarity:
    """Counters of arrivals, halved every `HALF_LIFE_S`; time passes in `advance` only."""

    __slots__ = ("_counts", "_halve_at", "_log2", "_log2_total", "_seconds", "_total")

    def __init__(self) -> None:
        self._counts: dict[int, int] = {}
        self._log2: dict[int, int] = {}  # of the counters: they are read more often than counted
        self._total = 0
        self._log2_total = 0
        self._seconds = QUIET_S  # that the counters stand for, but for those since they were halved: they fade alike
        self._halve_at: float | None = None

    def __len__(self) -> int:
        """How many counters are not zero."""
        return len(self._counts)

    def arrive(self, counter_ids: Iterable[int], now: float) -> None:
        """Count one arrival with these interests, perhaps none."""
        self._total += STEP
        self._log2_total = log2_256(self._total)
        for counter_id in set(counter_ids):
            self._counts[counter_id] = count = self._counts.get(counter_id, 0) + STEP
            self._log2[counter_id] = _log2_of_count(count)
        if self._halve_at is None:
            self._halve_at = now + HALF_LIFE_S

    def weight(self, counter_id: int) -> int:
        """Return -log2 of the share of recent arrivals in 1/256 bit, plus 1: shared by all is still shared."""
        return self._log2_total - self._log2.get(counter_id, 0) + 1

    def gain(self, counter_ids: Iterable[int], score: int) -> int:
        """Return, over `counted`, by how much arrivals a second with one of these beat the score, in 1/256 bit.

        Of each interest the arrivals of others: one, at least, is that of who has it.
        """
        gain = 0
        most = self._log2_total + 1 - score
        for counter_id in counter_ids:
            better = most - self._log2.get(counter_id, 0)
            if better > 0:
                gain += better * max(self._counts.get(counter_id, 0) - STEP, 0)
        return gain

    def counted(self, now: float) -> float:
        """Return what a counter is to be divided by to be arrivals a second."""
        since_s = 0.0 if self._halve_at is None else now - (self._halve_at - HALF_LIFE_S)
        return STEP * (self._seconds + since_s)

    def advance(self, now: float) -> None:
        """Halve as often as is due."""
        while self._halve_at is not None and self._halve_at <= now:
            self._halve()
            self._halve_at = self._halve_at + HALF_LIFE_S if self._total else None

    def next_wake(self) -> float | None:
        """Return when the counters are to be halved: they fade though nobody comes."""
        return self._halve_at

    def _halve(self) -> None:
        self._counts = {counter_id: count >> 1 for counter_id, count in self._counts.items() if count > 1}
        self._log2 = {counter_id: _log2_of_count(count) for counter_id, count in self._counts.items()}
        self._total = self._total >> 1 if self._counts else 0
        self._log2_total = log2_256(max(self._total, 1))
        self._seconds = (self._seconds + HALF_LIFE_S) / 2 if self._counts else QUIET_S


_SLOTS = tuple(range(COUNTERS))  # each number once: who waits holds several


def counter_ids_of(keys: Iterable[str]) -> tuple[int, ...]:
    """Return the counters' numbers, in the order of the keys."""
    return tuple([_SLOTS[crc32(key.encode()) % COUNTERS] for key in keys])


def log2_256(number: int) -> int:
    """Return log2 of a number from 1 to 2^36 in 1/256, rounded down to what 16-bit squaring gives."""
    whole = number.bit_length() - 1
    return whole * BIT + bisect_right(_FRACTIONS, (number << 16) >> whole)


def _fraction(mantissa: int) -> int:
    """Return log2 of 1 to 2, given in 1/65,536, in 1/256: each squaring doubles the logarithm.

    Integers only, each below 2^53, so that a Lua script agrees to the bit.
    """
    fraction = 0
    for _ in range(8):
        mantissa = mantissa * mantissa >> 16
        carry = mantissa >> 17
        mantissa >>= carry
        fraction = fraction << 1 | carry
    return fraction


# The first mantissa of each fraction but 0; none is left out and none comes twice.
_FRACTIONS = [bisect_left(range(1 << 17), fraction, lo=1 << 16, key=_fraction) for fraction in range(1, BIT)]
_log2_of_count = lru_cache(maxsize=COUNTERS)(log2_256)  # most are small, and the same ones all the time
