"""The lobby: the waiting visitors, and the decisions which of them are paired (matching.md).

Another implementation can follow these rules to the bit: their order is fixed, scores are integers, chance is an
argument.

1. A visitor that joins looks for a partner at once. It waits only if it takes none.
2. It looks among those with whom it shares an interest. In each posting list (index.py) these are the 16 longest
   waiting that no exclusion keeps from it. The best has the highest sum of the weights (rarity.py) of the interests in
   whose lists it was seen. Among equals the longest waiting is taken. Among those of the same moment, in the order of
   joining, `choose` decides.
3. A visitor hesitates from the start of its search for `hesitation_s`, or for its patience if that is shorter. Without
   interests it does not hesitate. While both hesitate and may expect a better one (`_better_until`), it leaves the
   best and takes the best of those that no longer hesitate. If there is none, it looks again when nothing better will
   be expected.
4. If it shares an interest with nobody and is open to anyone, it looks at those that are open, too. It does so in the
   same way, but without hesitation.
5. `advance` does what is due, one by one. A visitor that lost an exclusion looks (of the two, the longer waiting).
   Exclusions end; those of one moment end in the order in which their tickets joined. A visitor whose time to look
   again has come looks. When its patience runs out, it looks; if it still waits after that, it is `Widened`.

Nobody is left waiting for somebody that fits. Two can come together only because one of them joins, opens, or no longer
hesitates (then it looks), or because an exclusion goes. In that case everybody else that either of the two could have
still hesitates, so it is enough that one of the two looks.

A limit of 16 loses nobody. Every ticket of a posting list fits but for an exclusion, and the excluded ones do not count
among the 16; so if any fits, one is seen. The excluded ones are looked at all the same. They are all that exclude the
visitor or that it excludes. These can be more than 40: its own list is bounded, but not the lists of others.
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

CANDIDATES = (
    16  # of each posting list: bounds the work of one decision; 64 make no better pairs (matching.md, "What it costs")
)
STEPS = 64  # of one `advance`, about a millisecond: after a storm much is due, but the event loop must not wait
CROWD = 100  # waiting visitors are choice enough: from here on nobody hesitates
WORTH_WAITING = 3 * BIT // 8  # 3/8 bit, which two that hesitate must expect together (matching.md, "Hesitation")


class Lobby:
    """The waiting tickets of one crowd, and the exclusions of each.

    `choose(n)` returns a number from 0 to n - 1: the chance. `hesitation_s`: the longest time that two who share an
    interest wait for a better partner; 0 pairs them at once. `now` is in seconds, monotonic. Time passes in `advance`
    only; call it as soon as `next_wake()` has come, which may be at once. `examined` counts the tickets ever looked at,
    for tests of the cost.
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
        self._due: Wakes[str] = Wakes()  # when each waiting visitor looks again
        self._stirred: OrderedDict[str, None] = OrderedDict()  # visitors that look next: they lost an exclusion
        self._serial = 0
        self._now = 0.0  # the latest time given

    def __len__(self) -> int:
        return len(self._waiting)

    def __contains__(self, visitor: object) -> bool:
        return visitor in self._waiting

    def is_empty(self) -> bool:
        """Say whether nothing is held of any visitor (the counters of rarity fade on their own)."""
        return not (self._waiting or self._stirred or len(self._index) or len(self._apart) or len(self._due))

    def join(self, ticket: Ticket, now: float) -> Pair | None:
        """Pair a ticket at once, or let it wait. It replaces a waiting ticket of the same visitor."""
        self._now = max(self._now, now)
        self.leave(ticket.visitor)
        apart = ticket.apart
        if apart:
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
        found = self._look(waiting, {*self._apart.of(ticket.visitor), *[other for other, _ in apart]})
        if isinstance(found, Pair):
            return found
        self._apart.hold(ticket.visitor, apart)
        self._waiting[ticket.visitor] = waiting
        self._index.add(waiting)
        self._plan(waiting, found)
        return None

    def leave(self, visitor: str) -> Ticket | None:
        """Take out a visitor's ticket and its exclusions; return the ticket without these, or None if it has none."""
        waiting = self._waiting.pop(visitor, None)
        if waiting is None:
            return None
        self._apart.drop(visitor)
        self._index.remove(waiting)
        self._stirred.pop(visitor, None)
        if waiting.wake is not None:
            self._due.drop(waiting.wake)
        return waiting.ticket

    def take_out(self, visitor: str) -> Ticket | None:
        """Take out a visitor's ticket; return it with the exclusions that are left, or None if it has none."""
        apart = self._apart.held(visitor)
        ticket = self.leave(visitor)
        return ticket if ticket is None else replace(ticket, apart=apart)

    def hold(self, visitor: str, apart: Iterable[tuple[str, float]]) -> None:
        """Keep a waiting visitor from these ids until these times, and from no others. Freed pairs are due at once."""
        if visitor in self._waiting:
            self._stir(self._apart.hold(visitor, apart))

    def forget(self, visitor: str) -> None:
        """Drop everything held of a visitor whose session is over, and its id from what is held of others."""
        self.leave(visitor)
        self._apart.strike(visitor)

    def advance(self, now: float) -> list[Pair | Widened]:
        """Do what is due at `now`, 64 steps at most. Return the pairs, and the visitors that are widened and wait on.

        If more is due, `next_wake` says so. The number of calls changes no pair.
        """
        self._now = max(self._now, now)
        self._rarity.advance(self._now)
        done = [what for what in islice(self._steps(), STEPS) if what is not None]
        return [what for what in done if isinstance(what, Pair) or what.visitor in self._waiting]

    def next_wake(self) -> float | None:
        """Return when to call `advance` next; a time in the past means at once, None never."""
        if self._stirred:
            return self._now
        wakes = (self._due.next(), self._apart.next_wake(), self._rarity.next_wake())
        return min([when for when in wakes if when is not None], default=None)

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
        visitor = waiting.ticket.visitor
        found = self._look(waiting, {visitor, *self._apart.of(visitor)})
        if isinstance(found, Pair):
            return found
        self._plan(waiting, found)
        return None

    def _stir(self, freed: Iterable[tuple[str, str]]) -> None:
        for a, b in freed:
            if a != b and a in self._waiting and b in self._waiting:
                self._stirred[min(self._waiting[a], self._waiting[b]).ticket.visitor] = None

    def _look(self, seeker: Waiting, apart: Set[str]) -> Pair | float:
        """Pair a ticket with the best there is and take both out, or return when it looks again.

        `apart`: the ids that it must not be paired with: the excluded ones, and itself if it is in the lists.
        """
        again, partner = self._sharing(seeker, apart)
        if partner is None and seeker.is_open:
            partner = self._open_one(seeker, apart)
        if partner is None:
            return again
        a, b = seeker.ticket, partner.ticket
        self.leave(a.visitor)
        self.leave(b.visitor)
        return Pair(a, b, self._common(a, b))

    def _sharing(self, seeker: Waiting, apart: Set[str]) -> tuple[float, Waiting | None]:
        """Return the best of those with whom an interest is shared; or the time to look again, and None."""
        found, scores = self._scored(seeker, apart) if seeker.counter_ids else ([], {})
        if not found:
            return self._next_stage(seeker), None
        best = self._best(found, scores)
        until = self._better_until(seeker, best, scores[best.serial])
        if until <= self._now:
            return NEVER, best
        eager = [one for one in found if one.hesitates_until <= self._now]
        return until, self._best(eager, scores) if eager else None

    def _next_stage(self, seeker: Waiting) -> float:
        """Return when a visitor that has found nobody looks again: at the end of its hesitation, or of its patience."""
        if seeker.is_open:
            return NEVER
        return seeker.hesitates_until if seeker.hesitates_until > self._now else opens_at(seeker.ticket)

    def _better_until(self, a: Waiting, b: Waiting, score: int) -> float:
        """Return until when these two may expect WORTH_WAITING more from those who arrive while both hesitate.

        What they may expect is a rate times the time that is left, so it shrinks with every moment.
        """
        until = min(a.hesitates_until, b.hesitates_until)
        if until <= self._now or len(self._waiting) >= CROWD:
            return self._now
        gain = self._rarity.gain(a.counter_ids, score) + self._rarity.gain(b.counter_ids, score)
        return until - WORTH_WAITING * self._rarity.counted(self._now) / gain if gain else self._now

    def _scored(self, seeker: Waiting, apart: Set[str]) -> tuple[list[Waiting], dict[int, int]]:
        """Return those who share an interest and may be met; and, by serial, the score of each."""
        found: list[Waiting] = []
        scores: dict[int, int] = {}
        for counter_id, lists in self._index.postings(
            seeker.ticket, zip(seeker.ticket.interests, seeker.counter_ids, strict=True)
        ):
            weight = self._rarity.weight(counter_id)
            for one in self._fitting(lists, apart):
                serial = one.serial
                if serial in scores:
                    scores[serial] += weight
                else:
                    scores[serial] = weight
                    found.append(one)
        return found, scores

    def _fitting(self, lists: list[list[Waiting]], apart: Set[str]) -> Collection[Waiting]:
        """Return the longest waiting of each posting list that may be met, each of them once."""
        if len(lists) == 1:
            return self._first(lists[0], apart)
        return {one.serial: one for postings in lists for one in self._first(postings, apart)}.values()

    def _first(self, postings: list[Waiting], apart: Set[str]) -> list[Waiting]:
        self.examined += min(len(postings), CANDIDATES)
        fitting = postings[:CANDIDATES]
        if apart:
            fitting = [one for one in fitting if one.ticket.visitor not in apart]
            for other in islice(postings, CANDIDATES, None):
                if len(fitting) == CANDIDATES:
                    break
                self.examined += 1
                if other.ticket.visitor not in apart:
                    fitting.append(other)
        return fitting

    def _best(self, found: list[Waiting], scores: dict[int, int]) -> Waiting:
        """Return the one with the highest score: the longest waiting, or by chance one of those of the same moment."""
        top = max([scores[one.serial] for one in found])
        return self._longest_waiting([one for one in found if scores[one.serial] == top])

    def _longest_waiting(self, equals: list[Waiting]) -> Waiting:
        """Return one of the earliest moment. Chance counts in the order of joining, wherever they were found."""
        if len(equals) == 1:
            return equals[0]
        since = min([one.since for one in equals])
        of_one_moment = sorted([one for one in equals if one.since == since])
        return of_one_moment[self._choose(len(of_one_moment)) if len(of_one_moment) > 1 else 0]

    def _open_one(self, seeker: Waiting, apart: Set[str]) -> Waiting | None:
        """Return the longest waiting of those open to anyone; of several of the same moment any."""
        open_ones = self._index.postings(seeker.ticket, ((OPEN, 0),))
        found = [one for _, lists in open_ones for one in self._fitting(lists, apart)]
        return self._longest_waiting(found) if found else None

    def _common(self, a: Ticket, b: Ticket) -> tuple[str, ...]:
        """Return the shared interests, rarest first."""
        shared = a.interests.keys() & b.interests
        if len(shared) < 2:
            return tuple(shared)
        weights = [self._rarity.weight(counter_id) for counter_id in counter_ids_of(shared)]
        return tuple(key for _, key in sorted((-weight, key) for key, weight in zip(shared, weights, strict=True)))
