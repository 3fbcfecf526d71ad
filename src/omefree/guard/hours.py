"""How many were here at once in each hour of the present UTC day: one number an hour, of everybody together."""

from collections.abc import Callable

HOUR_S = 3_600
DAY_H = 24


class Hours:
    """The most visitors at once in each hour of today. `wall` is the wall clock: seconds since 1970."""

    __slots__ = ("_count", "_hour", "_most", "_wall")

    def __init__(self, wall: Callable[[], float]) -> None:
        self._wall = wall
        self._hour = int(wall() // HOUR_S)  # counted from 1970, as the keys of `_most` are
        self._count = 0
        self._most = {self._hour: 0}

    def note(self, count: int) -> None:
        """Notes that so many are here from now on."""
        self._turn()
        self._count = count
        self._most[self._hour] = max(self._most[self._hour], count)

    def most(self) -> dict[int, int]:
        """The most of each hour (0 to 23), in their order, from midnight or the server's start to the present hour."""
        self._turn()
        return {hour % DAY_H: most for hour, most in sorted(self._most.items())}

    def _turn(self) -> None:
        """Enters the present hour. In the hours since the last note, as many were here as that note said."""
        now = int(self._wall() // HOUR_S)
        if now == self._hour:
            return
        midnight = now - now % DAY_H
        kept = {hour: most for hour, most in self._most.items() if midnight <= hour < now}
        passed = range(max(self._hour + 1, midnight), now + 1)
        self._most = {**kept, **dict.fromkeys(passed, self._count), now: self._count}
        self._hour = now
