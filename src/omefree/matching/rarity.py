"""The rarity of an interest among recent arrivals, in integers (matching.md, "The choice").

A counter belongs to the CRC-32 of a key, modulo 4,096. So its memory is bounded whatever visitors type, and nobody can
read an interest out of it. The only harm: two keys that share a counter look less rare than they are.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from functools import lru_cache
from zlib import crc32

COUNTERS = 4096
HALF_LIFE_S = 300.0  # "recent": long enough to count at one arrival a minute, short enough to follow an evening
STEP = 8  # an arrival counts 8, then 4, 2, 1, 0: after 4 half-lives, 20 minutes, nothing of it is left
BIT = 256  # scores are in units of 1/256 bit
QUIET_S = 30.0  # a quiet time counted before the first arrival: after a restart all come at once


class Rarity:
    """Counters of arrivals, halved every `HALF_LIFE_S`. Time passes in `advance` only."""

    __slots__ = ("_counts", "_halve_at", "_log2", "_log2_total", "_seconds", "_total")

    def __init__(self) -> None:
        self._counts: dict[int, int] = {}
        self._log2: dict[int, int] = {}  # of each counter: read more often than it changes
        self._total = 0
        self._log2_total = 0
        self._seconds = QUIET_S  # the time that the counters stand for, up to the last halving; it is halved with them
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
        """Return the interest's weight in 1/256 bit: -log2 of its share of recent arrivals, plus 1.

        Because of the 1, an interest that all share still counts.
        """
        return self._log2_total - self._log2.get(counter_id, 0) + 1

    def gain(self, counter_ids: Iterable[int], score: int) -> int:
        """Return how much better than the score are the arrivals with one of these interests.

        Divided by `counted`, it is in 1/256 bit a second. One arrival of each interest is not counted: the visitor's
        own.
        """
        gain = 0
        most = self._log2_total + 1 - score
        for counter_id in counter_ids:
            better = most - self._log2.get(counter_id, 0)
            if better > 0:
                gain += better * max(self._counts.get(counter_id, 0) - STEP, 0)
        return gain

    def counted(self, now: float) -> float:
        """Return the divisor that makes a counter a rate of arrivals a second."""
        since_s = 0.0 if self._halve_at is None else now - (self._halve_at - HALF_LIFE_S)
        return STEP * (self._seconds + since_s)

    def advance(self, now: float) -> None:
        """Halve the counters as often as is due."""
        while self._halve_at is not None and self._halve_at <= now:
            self._halve()
            self._halve_at = self._halve_at + HALF_LIFE_S if self._total else None

    def next_wake(self) -> float | None:
        """Return when to halve the counters next: they fade even if nobody comes. None: all are zero."""
        return self._halve_at

    def _halve(self) -> None:
        self._counts = {counter_id: count >> 1 for counter_id, count in self._counts.items() if count > 1}
        self._log2 = {counter_id: _log2_of_count(count) for counter_id, count in self._counts.items()}
        self._total = self._total >> 1 if self._counts else 0
        self._log2_total = log2_256(max(self._total, 1))
        self._seconds = (self._seconds + HALF_LIFE_S) / 2 if self._counts else QUIET_S


_COUNTERS = tuple(range(COUNTERS))  # shares one object for each number: every waiting ticket holds several


def counter_ids_of(keys: Iterable[str]) -> tuple[int, ...]:
    """Return the numbers of the keys' counters, in the order of the keys."""
    return tuple([_COUNTERS[crc32(key.encode()) % COUNTERS] for key in keys])


def log2_256(number: int) -> int:
    """Return log2 of a number from 1 to 2^36, in 1/256, rounded down as 16-bit squaring does."""
    whole = number.bit_length() - 1
    return whole * BIT + bisect_right(_FRACTIONS, (number << 16) >> whole)


def _fraction(mantissa: int) -> int:
    """Return in 1/256 the log2 of a number from 1 to 2, given in 1/65,536: each squaring doubles the logarithm.

    It uses integers below 2^53 only, so that a Lua script agrees to the bit.
    """
    fraction = 0
    for _ in range(8):
        mantissa = mantissa * mantissa >> 16
        carry = mantissa >> 17
        mantissa >>= carry
        fraction = fraction << 1 | carry
    return fraction


def _first_mantissa(fraction: int) -> int:
    """Return the least mantissa with this fraction: where a float has it, or up to 2 above: squaring truncates."""
    near = round(2 ** (16 + fraction / BIT))
    return bisect_left(range(1 << 17), fraction, near - 4, near + 4, key=_fraction)


_FRACTIONS = [_first_mantissa(fraction) for fraction in range(1, BIT)]  # none is missing, and none comes twice
_log2_of_count = lru_cache(maxsize=COUNTERS)(log2_256)  # most counts are small, and the same ones recur
