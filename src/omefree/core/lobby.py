"""The lobby: who waits, and who is paired with whom (matching.md).

The rules in an order that another implementation can follow to the bit; scores are integers, chance is an argument.

1. A visitor that joins looks for a partner at once, and waits only if there is none.
2. It looks among those with whom it shares an interest: in each lane (core/index.py) at the 64 longest waiting that no
   exclusion keeps from it. The best of them has the highest sum of the weights (core/rarity.py) of the interests
   shared; among equals the longest waiting; among those of the same moment, in the order of joining, `choose` decides.
3. If there is none, and it is open to anyone, it looks at those who are open too, likewise; no interest is shared then.
4. In `advance`, one by one: whoever lost an exclusion looks (of the two, the longer waiting); cooldowns end; patience
   runs out, and its visitor looks. Who is still waiting after its patience is `Widened`.

Why nobody compatible is left waiting: a pair can become compatible only because one of them joins or opens (it looks),
or because an exclusion goes (then neither can have anybody else, so it is enough that one looks). And why 64 is no
loss: every ticket of a lane fits but for an exclusion, and those kept away by one do not count among the 64, so if any
fits one is seen. They are looked at all the same: as many as hold the visitor or are held by it, and there can be more
than 40, for its list is bounded but not those of others.
"""

from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator
from itertools import islice, takewhile

from omefree.core.exclusions import Exclusions
from omefree.core.index import OPEN, Index, Waiting
from omefree.core.rarity import Rarity
from omefree.core.ticket import NEVER, Pair, Ticket, Widened, opens_at
from omefree.core.wakes import Wakes

CANDIDATES = 64  # of each lane: bounds the work of one decision (matching.md, "Cost")
STEPS = 64  # of one `advance`, about a millisecond: after a storm much is due at once, and a loop has more to do


class Lobby:
    """The waiting tickets and the exclusions of one crowd.

    `choose(n)` returns a number from 0 to n - 1: the chance. `now` is in seconds, monotonic; time passes in `advance`
    only, which is to be called as soon as `next_wake()` has come, and that may be at once.
    `examined` counts the tickets ever looked at, for tests of the cost.
    """

    __slots__ = ("_choose", "_exclusions", "_index", "_now", "_patience", "_rarity", "_serial", "_stirred", "_waiting",
                 "examined")  # fmt: skip

    def __init__(self, choose: Callable[[int], int]) -> None:
        self.examined = 0
        self._choose = choose
        self._waiting: dict[str, Waiting] = {}
        self._index = Index()
        self._exclusions = Exclusions()
        self._rarity = Rarity()
        self._patience: Wakes[str] = Wakes()
        self._stirred: OrderedDict[str, None] = OrderedDict()  # lost an exclusion and have not looked since
        self._serial = 0
        self._now = 0.0  # the latest time told

    def __len__(self) -> int:
        return len(self._waiting)

    def __contains__(self, visitor: object) -> bool:
        return visitor in self._waiting

    def is_empty(self) -> bool:
        """Say whether nothing of any visitor is held (the counters of rarity fade on their own)."""
        return not (self._waiting or self._stirred or len(self._index) or len(self._exclusions) or len(self._patience))

    def join(self, ticket: Ticket, now: float) -> Pair | None:
        """Pair a ticket at once, or let it wait. It takes the place of one that its visitor has waiting."""
        self._now = max(self._now, now)
        self.leave(ticket.visitor)
        self._exclusions.welcome(ticket.visitor)
        self._rarity.arrive(ticket.interests, self._now)
        self._serial += 1
        waiting = Waiting(ticket.since, self._serial, ticket, opens_at(ticket) <= self._now)
        pair = self._look(waiting)
        if pair is None:
            self._enter(waiting)
        return pair

    def leave(self, visitor: str) -> Ticket | None:
        """Take out a visitor's ticket and return it; its exclusions stay."""
        waiting = self._waiting.pop(visitor, None)
        if waiting is None:
            return None
        self._index.remove(waiting)
        self._stirred.pop(visitor, None)
        if waiting.wake is not None:
            self._patience.drop(waiting.wake)
        return waiting.ticket

    def met(self, a: str, b: str, now: float) -> None:
        """Remember that a chat of these two has ended: they stay apart for the cooldown."""
        self._now = max(self._now, now)
        self._stir(self._exclusions.met(a, b, self._now))

    def report(self, a: str, b: str) -> None:
        """Keep these two apart while both sessions last: `a` asked for it."""
        self._stir(self._exclusions.report(a, b))

    def allow(self, a: str, b: str) -> None:
        """Lift what keeps these two apart: both asked for it. If both wait, they are due at once."""
        self._exclusions.allow(a, b)
        self._stir([(a, b)])

    def forget(self, visitor: str) -> None:
        """Drop all that is held of a visitor whose session is over, and its id from what is held of others."""
        self.leave(visitor)
        self._exclusions.forget(visitor)

    def advance(self, now: float) -> list[Pair | Widened]:
        """Do what is due at `now`, 64 steps at most: the pairs, and who is widened and waits on.

        If more is due, `next_wake` says so. In how many calls it is done changes no pair.
        """
        self._now = max(self._now, now)
        self._rarity.advance(self._now)
        done = [what for what in islice(self._steps(), STEPS) if what is not None]
        return [what for what in done if isinstance(what, Pair) or what.visitor in self._waiting]

    def next_wake(self) -> float | None:
        """Return when `advance` is to be called next; a time that has come means at once."""
        if self._stirred:
            return self._now
        wakes = (self._patience.next(), self._exclusions.next_wake(), self._rarity.next_wake())
        return min((when for when in wakes if when is not None), default=None)

    def _enter(self, waiting: Waiting) -> None:
        ticket = waiting.ticket
        self._waiting[ticket.visitor] = waiting
        self._index.add(waiting)
        if not waiting.is_open and opens_at(ticket) < NEVER:
            waiting.wake = self._patience.set(opens_at(ticket), ticket.visitor)

    def _steps(self) -> Iterator[Pair | Widened | None]:
        """Do what is due, step by step."""
        while True:
            if self._stirred:
                yield self._look(self._waiting[self._stirred.popitem(last=False)[0]])
            elif (freed := self._exclusions.end_cooldown(self._now)) is not None:
                self._stir([freed])
                yield None
            elif (visitor := self._patience.take(self._now)) is not None:
                yield self._widen(self._waiting[visitor])
            else:
                return

    def _widen(self, waiting: Waiting) -> Pair | Widened:
        self._index.open(waiting)
        return self._look(waiting) or Widened(waiting.ticket.visitor)

    def _stir(self, freed: Iterable[tuple[str, str]]) -> None:
        for a, b in freed:
            if a != b and a in self._waiting and b in self._waiting:
                self._stirred[min(self._waiting[a], self._waiting[b]).ticket.visitor] = None

    def _look(self, seeker: Waiting) -> Pair | None:
        """Pair a ticket with the best there is, and take both out."""
        equals = self._sharing(seeker) or (self._open_ones(seeker) if seeker.is_open else [])
        if not equals:
            return None
        best = equals[self._choose(len(equals)) if len(equals) > 1 else 0]
        a, b = seeker.ticket, best.ticket
        self.leave(a.visitor)
        self.leave(b.visitor)
        return Pair(a, b, self._common(a, b))

    def _sharing(self, seeker: Waiting) -> list[Waiting]:
        """Return the best of those with whom an interest is shared: several if only chance can decide."""
        interests = seeker.ticket.interests
        found = self._candidates(seeker, interests)
        if len(found) < 2:
            return found
        weights = {key: self._rarity.weight(key) for key in interests}
        ranks = [(-sum(weights[key] for key in weights.keys() & one.ticket.interests), one.since) for one in found]
        top = min(ranks)
        return _each_once(one for one, rank in zip(found, ranks, strict=True) if rank == top)

    def _open_ones(self, seeker: Waiting) -> list[Waiting]:
        """Return the longest waiting of those who are open to anyone: several if of the same moment."""
        found = self._candidates(seeker, (OPEN,), same_moment=True)
        since = min((one.since for one in found), default=0.0)
        return _each_once(one for one in found if one.since == since)

    def _candidates(self, seeker: Waiting, keys: Iterable[str], same_moment: bool = False) -> list[Waiting]:
        """Return those under these keys that this one may be paired with; one that is in several lanes several times.

        With `same_moment`, of each lane only the longest waiting, and who came with it.
        """
        lanes = self._index.lanes(seeker.ticket, keys)
        found: list[Waiting] = []
        apart: set[str] | None = None
        for lane in lanes:
            if apart is None:
                apart = self._apart_from(seeker)
            fitting = self._fitting(lane, apart)
            found += _of_one_moment(fitting) if same_moment else fitting
        return found

    def _fitting(self, lane: list[Waiting], apart: set[str]) -> Iterator[Waiting]:
        room = CANDIDATES
        for other in lane:
            self.examined += 1
            if other.ticket.visitor not in apart:
                yield other
                room -= 1
                if not room:
                    return

    def _apart_from(self, seeker: Waiting) -> set[str]:
        visitor = seeker.ticket.visitor
        return {visitor, *self._exclusions.apart_from(visitor)}

    def _common(self, a: Ticket, b: Ticket) -> tuple[str, ...]:
        """Return the interests shared, rarest first."""
        shared = a.interests.keys() & b.interests
        return tuple(sorted(shared, key=lambda key: (-self._rarity.weight(key), key)) if len(shared) > 1 else shared)


def _each_once(found: Iterable[Waiting]) -> list[Waiting]:
    """Return the same in the order of joining, which does not depend on the lanes that they were found in."""
    by_serial = {one.serial: one for one in found}
    return [by_serial[serial] for serial in sorted(by_serial)]


def _of_one_moment(fitting: Iterator[Waiting]) -> Iterator[Waiting]:
    first = next(fitting, None)
    if first is not None:
        since = first.since
        yield first
        yield from takewhile(lambda other: other.since == since, fitting)
