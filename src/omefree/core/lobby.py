"""The lobby: who waits, and who is paired with whom (matching.md).

The rules in an order that another implementation can follow to the bit; scores are integers, chance is an argument.

1. A visitor that joins looks for a partner at once, and waits only if there is none.
2. Of each lane (core/index.py) it looks at the 64 longest waiting that no exclusion keeps from it.
3. The best of them has the highest sum of the weights (core/rarity.py) of the interests shared; among equals the
   longest waiting; among those that arrived at the same moment, in the order of joining, `choose` decides.
4. In `advance`: cooldowns end, then patience runs out, then everybody whom this may have freed looks, longest waiting
   first. Who is still waiting after its patience is `Widened`.

Why nobody compatible is left waiting: a pair can become compatible only because one of them joins or opens (it looks),
or because an exclusion goes (both look). And why 64 is no loss: every ticket of a lane fits but for an exclusion, and
those kept away by one do not count among the 64, so if any fits one is seen. They are looked at all the same: as many
as hold the visitor or are held by it, and there can be more than 40, for its list is bounded but not those of others.
"""

from collections.abc import Callable, Iterable

from omefree.core.exclusions import Exclusions
from omefree.core.index import Index, Waiting
from omefree.core.rarity import Rarity
from omefree.core.ticket import NEVER, Pair, Ticket, Widened, opens_at
from omefree.core.wakes import Wakes

CANDIDATES = 64  # of each lane: bounds the work of one decision (matching.md, "Cost")


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
        self._stirred: dict[str, None] = {}  # waiting visitors that lost an exclusion and have not looked since
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
        waiting = Waiting(ticket, self._serial, opens_at(ticket) <= self._now)
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
        """Do all that is due at `now`: the pairs, in the order of decision, then who is widened and waits on."""
        self._now = max(self._now, now)
        self._rarity.advance(self._now)
        self._stir(self._exclusions.advance(self._now))
        opened = [self._open(visitor) for visitor in self._patience.due(self._now)]
        pairs = self._look_again()
        return [*pairs, *(Widened(visitor) for visitor in opened if visitor in self._waiting)]

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

    def _open(self, visitor: str) -> str:
        self._index.open(self._waiting[visitor])
        self._stirred[visitor] = None
        return visitor

    def _stir(self, freed: Iterable[tuple[str, str]]) -> None:
        for a, b in freed:
            if a in self._waiting and b in self._waiting:
                self._stirred |= {a: None, b: None}

    def _look_again(self) -> list[Pair]:
        seekers = sorted(self._waiting[visitor].place for visitor in self._stirred)
        self._stirred.clear()
        return [
            pair
            for _, _, waiting in seekers
            if waiting.ticket.visitor in self._waiting and (pair := self._look(waiting)) is not None
        ]

    def _look(self, waiting: Waiting) -> Pair | None:
        """Pair a ticket with the best there is, and take both out."""
        weights = {key: self._rarity.weight(key) for key in waiting.ticket.interests}
        best = self._best(waiting, weights)
        if best is None:
            return None
        a, b = waiting.ticket, best.ticket
        self.leave(a.visitor)
        self.leave(b.visitor)
        return Pair(a, b, tuple(sorted(weights.keys() & b.interests.keys(), key=lambda key: (-weights[key], key))))

    def _best(self, seeker: Waiting, weights: dict[str, int]) -> Waiting | None:
        candidates = self._candidates(seeker)
        if not candidates:
            return None
        ranks = {serial: _rank(other.ticket, weights) for serial, other in candidates.items()}
        top = min(ranks.values())
        equals = sorted(serial for serial, rank in ranks.items() if rank == top)
        return candidates[equals[self._choose(len(equals)) if len(equals) > 1 else 0]]

    def _candidates(self, seeker: Waiting) -> dict[int, Waiting]:
        """Return by serial those that this one may be paired with: up to 64 of each lane."""
        visitor = seeker.ticket.visitor
        apart = self._exclusions.apart_from(visitor) | {visitor}
        found: dict[int, Waiting] = {}
        for lane in self._index.lanes_for(seeker):
            room = CANDIDATES
            for _, serial, other in lane:
                self.examined += 1
                if other.ticket.visitor not in apart:
                    found[serial] = other
                    room -= 1
                    if not room:
                        break
        return found


def _rank(ticket: Ticket, weights: dict[str, int]) -> tuple[int, float]:
    """Rank the best lowest: the highest score, then the longest wait."""
    return -sum(weights[key] for key in weights.keys() & ticket.interests.keys()), ticket.since
