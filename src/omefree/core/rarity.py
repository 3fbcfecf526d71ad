"""How rare an interest is among recent arrivals, in integers (matching.md, "Choice").

A counter belongs to the CRC-32 of a key, modulo 4,096: its memory is bounded whatever visitors type, and it holds no
interest that anyone could read. Two keys that share a counter look less rare than they are, and that is all.
"""

from collections.abc import Iterable
from functools import lru_cache
from zlib import crc32

COUNTERS = 4096
HALF_LIFE_S = 300.0  # "recent": long enough to count at one arrival a minute, short enough to follow an evening
STEP = 8  # an arrival counts 8, then 4, 2, 1, 0: nothing of it is left after 4 half-lives, 20 minutes
BIT = 256  # scores are in 1/256 bit


class Rarity:
    """Counters of arrivals, halved every `HALF_LIFE_S`; time passes in `advance` only."""

    __slots__ = ("_counts", "_halve_at", "_total")

    def __init__(self) -> None:
        self._counts: dict[int, int] = {}
        self._total = 0
        self._halve_at: float | None = None

    def __len__(self) -> int:
        """How many counters are not zero."""
        return len(self._counts)

    def arrive(self, keys: Iterable[str], now: float) -> None:
        """Count one arrival with these interests, perhaps none."""
        self._total += STEP
        for slot in {_slot(key) for key in keys}:
            self._counts[slot] = self._counts.get(slot, 0) + STEP
        if self._halve_at is None:
            self._halve_at = now + HALF_LIFE_S

    def weight(self, key: str) -> int:
        """Return -log2 of the key's share of recent arrivals in 1/256 bit, plus 1: shared by all is still shared."""
        count = self._counts.get(_slot(key), 1)
        return max(log2_256(max(self._total, 1)) - log2_256(count), 0) + 1

    def advance(self, now: float) -> None:
        """Halve as often as is due."""
        while self._halve_at is not None and self._halve_at <= now:
            self._halve()
            self._halve_at = self._halve_at + HALF_LIFE_S if self._total else None

    def next_wake(self) -> float | None:
        """Return when the counters are to be halved: they fade though nobody comes."""
        return self._halve_at

    def _halve(self) -> None:
        self._counts = {slot: count >> 1 for slot, count in self._counts.items() if count > 1}
        self._total = self._total >> 1 if self._counts else 0


def _slot(key: str) -> int:
    return crc32(key.encode()) % COUNTERS


@lru_cache(maxsize=COUNTERS)  # the total comes again for each interest of a visitor, small counts all the time
def log2_256(number: int) -> int:
    """Return log2 of a number from 1 to 2^36 in 1/256, rounded down to what 16-bit squaring gives.

    Integers only, each below 2^53, so that a Lua script agrees to the bit: each squaring doubles the logarithm.
    """
    whole = number.bit_length() - 1
    mantissa = (number << 16) >> whole  # 1 to 2, in 1/65,536
    fraction = 0
    for _ in range(8):
        mantissa = mantissa * mantissa >> 16
        carry = mantissa >> 17
        mantissa >>= carry
        fraction = fraction << 1 | carry
    return whole * BIT + fraction
