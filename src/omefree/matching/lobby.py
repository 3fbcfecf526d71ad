"""The lobby: who waits, and who is paired with whom (matching.md).

The rules in an order that another implementation can follow to the bit; scores are integers, chance is an argument.

1. A visitor that joins looks for a partner at once, and waits only if it takes none.
2. It looks among those with whom it shares an interest: in each lane (index.py) at the 16 longest waiting that no
   exclusion keeps from it. The best of them has the highest sum of the weights (rarity.py) of the interests in
   whose lanes it was seen; among equals the longest waiting; among those of the same moment, in the order of joining,
   `choose` decides.
3. One hesitates from the start of its search for `hesitation_s`, or for its patience if that is shorter, and not at
   all without interests. While both hesitate and better is to be expected (`_better_until`), it does not take the best
   but the best of those who hesitate no more; if there is none it looks again when nothing better will be expected.
4. If it shares with nobody, and is open to anyone, it looks at those who are open too, likewise and without hesitation.
5. In `advance`, one by one: whoever lost an exclusion looks (of the two, the longer waiting); exclusions end; whose
   time to look again has come looks; patience runs out, and its visitor looks. Who is still waiting after it is
   `Widened`. Exclusions that end at one moment end in the order in which their tickets joined.

Why nobody is left waiting for somebody who would do: two can come together only because one of them joins, opens, or
hesitates no more (it looks), or because an exclusion goes (then neither can have anybody else but who hesitates too, so
it is enough that one looks). And why 16 is no loss: every ticket of a lane fits but for an exclusion, and those kept
away by one do not count among the 16, so if any fits one is seen. They are looked at all the same: as many as hold the
visitor or are held by it, and there can be more than 40, for its list is bounded but not those of others.
"""

from collections import OrderedDict
from collections.abc import Callable, Collection, Iterable, Iterator, Set
from itertools import islice

from msgspec.structs import replace

from omefree.matching.apart import Apart
from omefree.matching.index import OPEN, Index, Waiting
from omefree.matching.rarity import BIT, Rarity, counter_ids_of
from omefree.matching.ticket import NEVER, Pair, Ticket, Widened, opens_at
from omefree.matching.wakes import Wakes

CANDIDATES = 16  # of each lane: bounds the work of one decision; 64 make no better pairs (matching.md, "What it costs")
STEPS = 64  # of one `advance`, about a millisecond: after a storm much is due at once, and a loop has more to do
CROWD = 100  # who wait are choice enough: with more, nobody hesitates
WORTH_WAITING = 3 * BIT // 8  # bits that two who hesitate have to expect, together (matching.md, "Hesitation")


class Lobby:
    """The waiting tickets of one crowd, and whom each of them must not meet.

    `choose(n)` returns a number from 0 to n - 1: the chance. `hesitation_s`: the longest that two who share an interest
    wait for a better one; 0 pairs them at once. `now` is in seconds, monotonic; time passes in `advance` only, which is
    to be called as soon as `next_wake()` has come, and that may be at once.
    `examined` counts the tickets ever looked at, for tests of the cost.
    """

    __slots__ = ("_apart", "_choose", "_due", "_hesitation_s", "_index", "_now", "_rarity", "_serial", "_stirred",
                 "_waiting", "examined")  # fmt: skip

    def __init__(self, choose: Callable[[int], int], hesitation_s: float) -> None:
        self.examined = 0
        self._hesitation_s = hesitation_s
        self._choose = choose
        self._waiting: dict[str, Waiting] = {}
        self._index = Index()
        self._apart = Apart()
        self._rarity = Rarity()
        self._due: Wakes[str] = Wakes()  # of each who waits, when it is to look again
        self._stirred: OrderedDict[str, None] = OrderedDict()  # lost an exclusion and have not looked since
        self._serial = 0
        self._now = 0.0  # the latest time told

    def __len__(self) -> int:
        return len(self._waiting)

    def __contains__(self, visitor: object) -> bool:
        return visitor in self._waiting

    def is_empty(self) -> bool:
        """Say whether nothing of any visitor is held (the counters of rarity fade on their own)."""
        return not (self._waiting or self._stirred or len(self._index) or len(self._apart) or len(self._due))

    def join(self, ticket: Ticket, now: float) -> Pair | None:
        """Pair a ticket at once, or let it wait. It takes the place of one that its visitor has waiting."""
        self._now = max(self._now, now)
        self.leave(ticket.visitor)
        if ticket.apart:
            self._apart.hold(ticket.visitor, ticket.apart)
            ticket = replace(ticket, apart=())
        counter_ids = counter_ids_of(ticket.interests)
        self._rarity.arrive(counter_ids, self._now)
        self._serial += 1
        waiting = Waiting(
            ticket.since,
            self._serial,
            ticket,
            min(ticket.since + self._hesitation_s, opens_at(ticket)),
            opens_at(ticket) <= self._now,
            counter_ids,
        )
        found = self._look(waiting)
        if isinstance(found, Pair):
            return found
        self._waiting[ticket.visitor] = waiting
        self._index.add(waiting)
        self._plan(waiting, found)
        return None

    def leave(self, visitor: str) -> Ticket | None:
        """Take out a visitor's ticket, and whom it must not meet; return the ticket without that."""
        self._apart.drop(visitor)
        waiting = self._waiting.pop(visitor, None)
        if waiting is None:
            return None
        self._index.remove(waiting)
        self._stirred.pop(visitor, None)
        if waiting.wake is not None:
            self._due.drop(waiting.wake)
        return waiting.ticket

    def hold(self, visitor: str, apart: Iterable[tuple[str, float]]) -> None:
        """Keep who waits from these ids until these times, and from nobody else. Two who are freed are due at once."""
        if visitor in self._waiting:
            self._stir(self._apart.hold(visitor, apart))

    def forget(self, visitor: str) -> None:
        """Drop all that is held of a visitor whose session is over, and its id from what is held of others."""
        self.leave(visitor)
        self._apart.strike(visitor)

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
        wakes = (self._due.next(), self._apart.next_wake(), self._rarity.next_wake())
        return min((when for when in wakes if when is not None), default=None)

    def _plan(self, waiting: Waiting, when: float) -> None:
        """Let a waiting ticket look again at `when`, and at no other time."""
        if waiting.wake is not None:
            self._due.drop(waiting.wake)
        waiting.wake = self._due.set(when, waiting.ticket.visitor) if when < NEVER else None

    def _steps(self) -> Iterator[Pair | Widened | None]:
        """Do what is due, step by step."""
        while True:
            if self._stirred:
                yield self._look_again(self._waiting[self._stirred.popitem(last=False)[0]])
            elif (freed := self._apart.end_next(self._now)) is not None:
                self._stir([freed])
                yield None
            elif (visitor := self._due.take(self._now)) is not None:
                yield self._on_time(self._waiting[visitor])
            else:
                return

    def _on_time(self, waiting: Waiting) -> Pair | Widened | None:
        if opens_at(waiting.ticket) > self._now:
            return self._look_again(waiting)
        self._index.open(waiting)
        return self._look_again(waiting) or Widened(waiting.ticket.visitor)

    def _look_again(self, waiting: Waiting) -> Pair | None:
        found = self._look(waiting)
        if isinstance(found, Pair):
            return found
        self._plan(waiting, found)
        return None

    def _stir(self, freed: Iterable[tuple[str, str]]) -> None:
        for a, b in freed:
            if a != b and a in self._waiting and b in self._waiting:
                self._stirred[min(self._waiting[a], self._waiting[b]).ticket.visitor] = None

    def _look(self, seeker: Waiting) -> Pair | float:
        """Pair a ticket with the best there is, and take both out; or return when it is to look again."""
        again, partner = self._sharing(seeker)
        if partner is None and seeker.is_open:
            partner = self._open_one(seeker)
        if partner is None:
            return again
        a, b = seeker.ticket, partner.ticket
        self.leave(a.visitor)
        self.leave(b.visitor)
        return Pair(a, b, self._common(a, b))

    def _sharing(self, seeker: Waiting) -> tuple[float, Waiting | None]:
        """Return the best of those with whom an interest is shared; or when to look again, and None."""
        found, scores = self._scored(seeker)
        if not found:
            return self._next_stage(seeker), None
        best = self._best(found, scores)
        until = self._better_until(seeker, best, scores[best.serial])
        if until <= self._now:
            return NEVER, best
        eager = [one for one in found if one.hesitates_until <= self._now]
        return until, self._best(eager, scores) if eager else None

    def _next_stage(self, seeker: Waiting) -> float:
        """Return when one who has found nobody is to look again: its hesitation ends, or its patience."""
        if seeker.is_open:
            return NEVER
        return seeker.hesitates_until if seeker.hesitates_until > self._now else opens_at(seeker.ticket)

    def _better_until(self, a: Waiting, b: Waiting, score: int) -> float:
        """Return until when these two may still expect WORTH_WAITING bits more from who comes while they hesitate.

        What is to be expected is a rate times what is left of the time, so it shrinks with every moment.
        """
        until = min(a.hesitates_until, b.hesitates_until)
        if until <= self._now or len(self._waiting) >= CROWD:
            return self._now
        gain = self._rarity.gain(a.counter_ids, score) + self._rarity.gain(b.counter_ids, score)
        return until - WORTH_WAITING * self._rarity.counted(self._now) / gain if gain else self._now

    def _scored(self, seeker: Waiting) -> tuple[list[Waiting], dict[int, int]]:
        """Return those with whom an interest is shared and who may be met; and by serial what is shared with each."""
        found: list[Waiting] = []
        scores: dict[int, int] = {}
        apart: Set[str] | None = None
        for counter_id, lanes in self._index.lanes(
            seeker.ticket, zip(seeker.ticket.interests, seeker.counter_ids, strict=True)
        ):
            apart = self._apart_from(seeker) if apart is None else apart
            weight = self._rarity.weight(counter_id)
            for one in self._fitting(lanes, apart):
                serial = one.serial
                if serial in scores:
                    scores[serial] += weight
                else:
                    scores[serial] = weight
                    found.append(one)
        return found, scores

    def _fitting(self, lanes: list[list[Waiting]], apart: Set[str]) -> Collection[Waiting]:
        """Return the longest waiting of each lane that may be met, each of them once."""
        if len(lanes) == 1:
            return self._first(lanes[0], apart)
        return {one.serial: one for lane in lanes for one in self._first(lane, apart)}.values()

    def _first(self, lane: list[Waiting], apart: Set[str]) -> list[Waiting]:
        self.examined += min(len(lane), CANDIDATES)
        fitting = lane[:CANDIDATES]
        if apart:
            fitting = [one for one in fitting if one.ticket.visitor not in apart]
            for other in islice(lane, CANDIDATES, None):
                if len(fitting) == CANDIDATES:
                    break
                self.examined += 1
                if other.ticket.visitor not in apart:
                    fitting.append(other)
        return fitting

    def _best(self, found: list[Waiting], scores: dict[int, int]) -> Waiting:
        """Return whose score is the highest: the longest waiting, and of several of one moment any."""
        top = max([scores[one.serial] for one in found])
        return self._longest_waiting([one for one in found if scores[one.serial] == top])

    def _longest_waiting(self, equals: list[Waiting]) -> Waiting:
        """Return one of the earliest moment; chance counts in the order of joining, wherever they were found."""
        if len(equals) == 1:
            return equals[0]
        since = min([one.since for one in equals])
        of_one_moment = sorted([one for one in equals if one.since == since])
        return of_one_moment[self._choose(len(of_one_moment)) if len(of_one_moment) > 1 else 0]

    def _open_one(self, seeker: Waiting) -> Waiting | None:
        """Return the longest waiting of those who are open to anyone; of several of the same moment any."""
        open_ones = self._index.lanes(seeker.ticket, ((OPEN, 0),))
        found = [one for _, lanes in open_ones for one in self._fitting(lanes, self._apart_from(seeker))]
        return self._longest_waiting(found) if found else None

    def _apart_from(self, seeker: Waiting) -> Set[str]:
        """Return whom it must not be paired with: itself, if it is in the lanes, and whom an exclusion keeps away."""
        visitor = seeker.ticket.visitor
        apart = self._apart.of(visitor)
        return {visitor, *apart} if visitor in self._waiting else apart

    def _common(self, a: Ticket, b: Ticket) -> tuple[str, ...]:
        """Return the interests shared, rarest first."""
        shared = a.interests.keys() & b.interests
        if len(shared) < 2:
            return tuple(shared)
        weights = [self._rarity.weight(counter_id) for counter_id in counter_ids_of(shared)]
        return tuple(key for _, key in sorted((-weight, key) for key, weight in zip(shared, weights, strict=True)))
