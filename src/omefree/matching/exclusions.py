"""Who must not meet whom (matching.md, "No instant rematch").

Each visitor holds its own two lists, so an exclusion has a direction; two visitors stay apart while either holds the
other. Only visitors that were welcomed and not forgotten since have lists: a report that comes after its subject has
gone leaves no trace.
"""

from msgspec import Struct, field

from omefree.matching.wakes import Wakes

COOLDOWN_S = 60.0  # from the end of their chat
PARTNERS = 8  # remembered by each, while the cooldown runs
REPORTED = 32  # remembered by each, while both sessions last


class _Lists(Struct, gc=False):
    """What one visitor holds, oldest first, and who holds it. A met partner's value is the number of its wake-up."""

    met: dict[str, int] = field(default_factory=dict)
    reported: dict[str, None] = field(default_factory=dict)
    holders: dict[str, None] = field(default_factory=dict)


class Exclusions:
    """The lists of all visitors; time passes in `end_cooldown` only.

    `met`, `report` and `end_cooldown` return pairs of ids, each with an exclusion less than before:
    they may be free to meet (or not, if another exclusion keeps them apart).
    A visitor that was welcomed and has met nobody yet has None for its lists: most who wait are such.
    """

    __slots__ = ("_cooldowns", "_lists")

    def __init__(self) -> None:
        self._lists: dict[str, _Lists | None] = {}
        self._cooldowns: Wakes[tuple[str, str]] = Wakes()

    def __len__(self) -> int:
        return len(self._lists)

    def welcome(self, visitor: str) -> None:
        """Begin to hold lists for a visitor, unless there are."""
        self._lists.setdefault(visitor, None)

    def apart_from(self, visitor: str) -> set[str]:
        """Return everybody whom this visitor must not meet, whichever of the two holds the other."""
        lists = self._lists.get(visitor)
        return set() if lists is None else {*lists.met, *lists.reported, *lists.holders}

    def met(self, a: str, b: str, now: float) -> list[tuple[str, str]]:
        """Keep two apart for the cooldown, or until either has 8 newer partners and so has the other."""
        if not self._known(a, b):
            return []
        return self._remember(a, b, now + COOLDOWN_S) + self._remember(b, a, now + COOLDOWN_S)

    def report(self, a: str, b: str) -> list[tuple[str, str]]:
        """Keep `a` from `b` while both sessions last, or until `a` has reported 32 others since."""
        if not self._known(a, b):
            return []
        reported = self._of(a).reported
        reported[b] = None
        self._of(b).holders[a] = None
        return [self._unreport(a, next(iter(reported)))] if len(reported) > REPORTED else []

    def allow(self, a: str, b: str) -> None:
        """Lift all that keeps these two apart."""
        if self._known(a, b):
            for holder, held in ((a, b), (b, a)):
                self._unmeet(holder, held)
                self._unreport(holder, held)

    def forget(self, visitor: str) -> None:
        """Drop a visitor's lists, and its id from the lists of the others."""
        lists = self._lists.get(visitor) or _Lists()
        for held in [*lists.met, *lists.reported]:
            self._unmeet(visitor, held)
            self._unreport(visitor, held)
        for holder in list(lists.holders):
            self._unmeet(holder, visitor)
            self._unreport(holder, visitor)
        self._lists.pop(visitor, None)

    def end_cooldown(self, now: float) -> tuple[str, str] | None:
        """End the first cooldown that is due, if any is."""
        due = self._cooldowns.take(now)
        return None if due is None else self._unmeet(*due)

    def next_wake(self) -> float | None:
        """Return when the next cooldown ends."""
        return self._cooldowns.next()

    def _known(self, a: str, b: str) -> bool:
        return a != b and a in self._lists and b in self._lists

    def _of(self, visitor: str) -> _Lists:
        lists = self._lists[visitor]
        if lists is None:
            lists = self._lists[visitor] = _Lists()
        return lists

    def _remember(self, holder: str, held: str, until: float) -> list[tuple[str, str]]:
        self._unmeet(holder, held)  # to be the newest
        met = self._of(holder).met
        met[held] = self._cooldowns.set(until, (holder, held))
        self._of(held).holders[holder] = None
        return [self._unmeet(holder, next(iter(met)))] if len(met) > PARTNERS else []

    def _unmeet(self, holder: str, held: str) -> tuple[str, str]:
        wake = self._of(holder).met.pop(held, None)
        if wake is not None:
            self._cooldowns.drop(wake)
            self._release(holder, held)
        return holder, held

    def _unreport(self, holder: str, held: str) -> tuple[str, str]:
        if self._of(holder).reported.pop(held, "absent") is None:
            self._release(holder, held)
        return holder, held

    def _release(self, holder: str, held: str) -> None:
        lists = self._of(holder)
        if held not in lists.met and held not in lists.reported:
            del self._of(held).holders[holder]
