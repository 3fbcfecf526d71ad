"""The partners that each visitor has met or reported and must not meet now (matching.md, "No instant rematch").

This is the visitor's own history, kept by the process that it is connected to. A ticket carries it into the lobby
(apart.py). Only visitors that were welcomed and not forgotten since have lists. So a report that comes after its
subject has gone leaves no trace.
"""

from collections import OrderedDict

from msgspec import Struct, field

from omefree.matching.ticket import NEVER

COOLDOWN_S = 60.0  # from the end of a chat
PARTNERS = 8  # remembered by each, while the cooldown runs
REPORTED = 32  # remembered by each, while both sessions last


class _Lists(Struct, gc=False):
    """The ids that one visitor holds, oldest first, and its holders. `met` has the end of each cooldown."""

    met: dict[str, float] = field(default_factory=dict)
    reported: dict[str, None] = field(default_factory=dict)
    holders: dict[str, None] = field(default_factory=dict)


class Exclusions:
    """The lists of all visitors. Time passes in `end_cooldown` only.

    A welcomed visitor that has met nobody yet has None for its lists, like most waiting visitors.
    """

    __slots__ = ("_cooldowns", "_elsewhere", "_lists")

    def __init__(self) -> None:
        self._elsewhere: set[str] = set()  # visitors of other processes that somebody here holds
        self._lists: dict[str, _Lists | None] = {}
        self._cooldowns: OrderedDict[tuple[str, str], float] = OrderedDict()  # (holder, held); all are equally long

    def __len__(self) -> int:
        return len(self._lists)

    def __contains__(self, visitor: object) -> bool:
        return visitor in self._lists

    def welcome(self, visitor: str) -> None:
        """Begin to hold lists for a visitor, unless it has them."""
        self._lists.setdefault(visitor, None)
        self._elsewhere.discard(visitor)

    def welcome_elsewhere(self, visitor: str) -> None:
        """Let the visitors here hold one of another process. It holds nobody here, and goes with its last holder."""
        if visitor not in self._lists:
            self._lists[visitor] = None
            self._elsewhere.add(visitor)

    def give_up(self, visitor: str) -> tuple[list[str], list[str]]:
        """Drop a visitor's lists, because another process holds them from now on; the others go on to hold it.

        Return the ids that it has met, while the cooldown runs, and those that it has reported.
        """
        lists = self._lists.get(visitor) or _Lists()
        met, reported = list(lists.met), list(lists.reported)
        for held in {*met, *reported}:
            self._unmeet(visitor, held)
            self._unreport(visitor, held)
        if lists.holders:
            self._elsewhere.add(visitor)
        else:
            self._lists.pop(visitor, None)
        return met, reported

    def take_over(self, visitor: str, met: list[str], reported: list[str], now: float) -> None:
        """Hold these lists of a visitor that another process has given up. The cooldowns begin anew."""
        self.welcome(visitor)
        for held in met:
            self.welcome_elsewhere(held)
            self._remember(visitor, held, now + COOLDOWN_S)
        for held in reported:
            self.welcome_elsewhere(held)
            self.report(visitor, held)

    def of(self, visitor: str) -> tuple[tuple[str, float], ...]:
        """Return the ids that this visitor must not meet, each with the time of its end; NEVER for a reported one."""
        lists = self._lists.get(visitor)
        if lists is None:
            return ()
        if not lists.reported:
            return tuple(lists.met.items())
        return tuple({**lists.met, **dict.fromkeys(lists.reported, NEVER)}.items())

    def is_elsewhere(self, visitor: str) -> bool:
        """Say whether this is a visitor of another process."""
        return visitor in self._elsewhere

    def holders(self, visitor: str) -> tuple[str, ...]:
        """Return the visitors that hold this one."""
        lists = self._lists.get(visitor)
        return tuple(lists.holders) if lists is not None else ()

    def met(self, a: str, b: str, now: float) -> None:
        """Keep two visitors apart for the cooldown. A list drops its oldest partner when it has more than 8."""
        if self._known(a, b):
            for holder, held in ((a, b), (b, a)):
                if holder not in self._elsewhere:
                    self._remember(holder, held, now + COOLDOWN_S)

    def report(self, a: str, b: str) -> None:
        """Keep `a` from `b` while both sessions last, or until `a` has reported 32 others since."""
        if not self._known(a, b) or a in self._elsewhere:
            return
        reported = self._of(a).reported
        reported[b] = None
        self._of(b).holders[a] = None
        if len(reported) > REPORTED:
            self._unreport(a, next(iter(reported)))

    def allow(self, a: str, b: str) -> None:
        """Lift everything that keeps these two apart."""
        if self._known(a, b):
            for holder, held in ((a, b), (b, a)):
                if holder not in self._elsewhere and holder in self._lists:
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
        self._elsewhere.discard(visitor)

    def end_cooldown(self, now: float) -> bool:
        """End the first cooldown that is due; False if none is."""
        wake = self.next_wake()
        if wake is None or wake > now:
            return False
        self._unmeet(*next(iter(self._cooldowns)))
        return True

    def next_wake(self) -> float | None:
        """Return when the next cooldown ends; None if none runs."""
        return next(iter(self._cooldowns.values()), None)

    def _known(self, a: str, b: str) -> bool:
        return a != b and a in self._lists and b in self._lists

    def _of(self, visitor: str) -> _Lists:
        lists = self._lists[visitor]
        if lists is None:
            lists = self._lists[visitor] = _Lists()
        return lists

    def _remember(self, holder: str, held: str, until: float) -> None:
        elsewhere = held in self._elsewhere
        self._unmeet(holder, held)  # to be the newest
        if elsewhere:
            self.welcome_elsewhere(held)  # this was perhaps its last holder
        met = self._of(holder).met
        met[held] = self._cooldowns[holder, held] = until
        self._of(held).holders[holder] = None
        if len(met) > PARTNERS:
            self._unmeet(holder, next(iter(met)))

    def _unmeet(self, holder: str, held: str) -> None:
        if self._of(holder).met.pop(held, None) is not None:
            del self._cooldowns[holder, held]
            self._release(holder, held)

    def _unreport(self, holder: str, held: str) -> None:
        if self._of(holder).reported.pop(held, "absent") is None:
            self._release(holder, held)

    def _release(self, holder: str, held: str) -> None:
        lists = self._of(holder)
        if held not in lists.met and held not in lists.reported:
            del self._of(held).holders[holder]
            if held in self._elsewhere and not self._of(held).holders:
                del self._lists[held]
                self._elsewhere.discard(held)
