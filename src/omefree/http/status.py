"""What /status tells of today: sums of everybody together, with nothing under five told exactly."""

from datetime import UTC, datetime
from math import ceil

from msgspec import Struct

from omefree.chat.presence import Presence
from omefree.guard.counters import Shown, few
from omefree.guard.hours import DAY_H
from omefree.guard.waits import BOUNDS_S

FRESH_S = 10.0  # a page shows figures that are at most as old: however many ask, they are gathered once


class Figures(Struct, frozen=True):
    """The figures of one moment. `hours`: the most people at once, from the hour of the first one on."""

    since: datetime
    online: Shown = few(0)
    chats: Shown = few(0)
    wait_s: float | None = None  # half of those who met had searched no longer; None: too few have met
    hours: dict[int, Shown] = {}

    @property
    def is_long(self) -> bool:
        """Whether most searched longer than the longest wait that is measured."""
        return self.wait_s is not None and self.wait_s > BOUNDS_S[-1]

    @property
    def bars(self) -> list[tuple[str, Shown, int]]:
        """For each hour: when, how many, and how long its bar is, in percent of the longest. Few have no bar."""
        counts = {hour: count for hour, count in self.hours.items() if isinstance(count, int)}
        longest = max(counts.values(), default=1)
        return [(span(hour), told, ceil(100 * counts.get(hour, 0) / longest)) for hour, told in self.hours.items()]


def span(hour: int) -> str:
    """An hour of the day, as all our languages write it: 09:00–10:00."""
    return f"{hour:02}:00–{(hour + 1) % DAY_H:02}:00"


def figures(presence: Presence, since: datetime) -> Figures:
    """The figures of this moment. `since`: when the server started."""
    counters = presence.safety.counters
    return Figures(
        since=since,
        online=few(presence.counter.shown),
        chats=counters.chats(),
        wait_s=counters.usual_wait_s(),
        hours={hour: few(most) for hour, most in counters.hours.most().items()},
    )


def nothing_yet() -> Figures:
    """The figures of a server that has just started."""
    return Figures(datetime.now(UTC))
