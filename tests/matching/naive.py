"""The lobby's rules without index, heap or bound: it compares every ticket with every other. Slow, and easy to believe.

Rarity is the product's own (tests/matching/test_rarity.py checks it by itself). The real lobby looks at no more than 16
of a posting list, and nobody hesitates there in a crowd of 100. Tests with this one never have so many.
"""

from collections.abc import Callable

from omefree.matching.lobby import WORTH_WAITING
from omefree.matching.rarity import Rarity, counter_ids_of
from omefree.matching.ticket import Pair, Ticket, Widened, opens_at

NEVER = float("inf")


class NaiveLobby:
    """Does and answers what the real lobby does."""

    def __init__(self, choose: Callable[[int], int], hesitation_s: float) -> None:
        self.choose = choose
        self.hesitation_s = hesitation_s
        self.tickets: list[Ticket] = []  # in the order of joining
        self.opened: set[str] = set()
        self.met_until: dict[str, list[tuple[str, float]]] = {}  # newest last; a key for every known visitor
        self.reported: dict[str, list[str]] = {}
        self.held: dict[tuple[str, str], int] = {}  # cooldowns that end together end in the order of holding
        self.stirred: list[str] = []
        self.looks: dict[
            str, tuple[float, int]
        ] = {}  # when each is to look again; of one time in the order of planning
        self.plans = 0
        self.rarity = Rarity()
        self.now = 0.0

    def waiting(self, visitor: str) -> Ticket | None:
        return next((ticket for ticket in self.tickets if ticket.visitor == visitor), None)

    def excluded(self, a: str, b: str) -> bool:
        return self.holds(a, b) or self.holds(b, a)

    def holds(self, a: str, b: str) -> bool:
        return b in self.reported[a] or any(partner == b for partner, _ in self.met_until[a])

    def compatible(self, a: Ticket, b: Ticket) -> bool:
        both_open = a.visitor in self.opened and b.visitor in self.opened
        return (
            a.visitor != b.visitor
            and a.mode == b.mode
            and a.seal == b.seal
            and (not a.languages or not b.languages or bool(a.languages & b.languages))
            and not self.excluded(a.visitor, b.visitor)
            and (both_open or bool(a.interests.keys() & b.interests.keys()))
        )

    def hesitates_until(self, ticket: Ticket) -> float:
        return min(ticket.since + self.hesitation_s, opens_at(ticket))

    def stranded_pairs(self, now: float) -> list[tuple[str, str]]:
        """Those who could meet, and of whom one at least hesitates no more."""
        eager = [ticket for ticket in self.tickets if self.hesitates_until(ticket) <= now]
        return [(a.visitor, b.visitor) for a in eager for b in self.tickets if self.compatible(a, b)]

    def join(self, ticket: Ticket, now: float) -> Pair | None:
        self.now = now
        self.leave(ticket.visitor)
        self.met_until.setdefault(ticket.visitor, [])
        self.reported.setdefault(ticket.visitor, [])
        self.rarity.arrive(counter_ids_of(ticket.interests), now)
        if opens_at(ticket) <= now:
            self.opened.add(ticket.visitor)
        self.tickets.append(ticket)
        self.hold(ticket.visitor)
        return self.look(ticket)

    def look(self, me: Ticket) -> Pair | None:
        others = [other for other in self.tickets if self.compatible(me, other)]
        sharing = [other for other in others if me.interests.keys() & other.interests.keys()]
        chosen = self.best(me, sharing or others) if others else None
        until = self.better_until(me, chosen) if chosen else self.next_stage(me)
        if chosen and until > self.now:
            eager = [other for other in sharing if self.hesitates_until(other) <= self.now]
            chosen = self.best(me, eager) if eager else None
        if chosen is None:
            self.plan(me, until)
            return None
        self.leave(me.visitor)
        self.leave(chosen.visitor)
        shared = [key for key in me.interests if key in chosen.interests]
        return Pair(me, chosen, tuple(sorted(shared, key=lambda key: (-self.weight(key), key))))

    def best(self, me: Ticket, others: list[Ticket]) -> Ticket:
        best = max((self.score(me, other), -other.since) for other in others)
        equals = [other for other in others if (self.score(me, other), -other.since) == best]
        return equals[self.choose(len(equals)) if len(equals) > 1 else 0]

    def weight(self, key: str) -> int:
        return self.rarity.weight(*counter_ids_of([key]))

    def score(self, a: Ticket, b: Ticket) -> int:
        return sum(self.weight(key) for key in a.interests if key in b.interests)

    def better_until(self, a: Ticket, b: Ticket) -> float:
        until = min(self.hesitates_until(a), self.hesitates_until(b))
        gain = sum(self.rarity.gain(counter_ids_of(ticket.interests), self.score(a, b)) for ticket in (a, b))
        return until - WORTH_WAITING * self.rarity.counted(self.now) / gain if until > self.now and gain else self.now

    def next_stage(self, me: Ticket) -> float:
        if me.visitor in self.opened:
            return NEVER
        until = self.hesitates_until(me)
        return until if until > self.now else opens_at(me)

    def plan(self, me: Ticket, when: float) -> None:
        self.looks.pop(me.visitor, None)
        if when < NEVER:
            self.plans += 1
            self.looks[me.visitor] = (when, self.plans)

    def leave(self, visitor: str) -> Ticket | None:
        ticket = self.waiting(visitor)
        if ticket is not None:
            self.tickets.remove(ticket)
        self.opened.discard(visitor)
        self.looks.pop(visitor, None)
        self.stirred = [other for other in self.stirred if other != visitor]
        return ticket

    def hold(self, visitor: str) -> None:
        """What a waiting visitor is kept from is told to the lobby anew."""
        for partner, _ in self.met_until.get(visitor, []) if self.waiting(visitor) else []:
            self.held[visitor, partner] = max(self.held.values(), default=0) + 1

    def knows(self, a: str, b: str) -> bool:
        return a != b and a in self.met_until and b in self.met_until

    def stir(self, a: str, b: str) -> None:
        both = [ticket for ticket in self.tickets if ticket.visitor in (a, b)]
        if len(both) == 2:
            longer = min(both, key=lambda t: t.since).visitor  # stable: then the first to join
            self.stirred += [] if longer in self.stirred else [longer]

    def met(self, a: str, b: str, now: float) -> None:
        self.now = now
        for x, y in ((a, b), (b, a)):
            if self.knows(a, b):
                self.met_until[x] = [entry for entry in self.met_until[x] if entry[0] != y] + [(y, now + 60.0)]
            self.hold(x)
            while len(self.met_until.get(x, [])) > 8:
                self.stir(x, self.met_until[x].pop(0)[0])

    def report(self, a: str, b: str) -> None:
        if self.knows(a, b) and b not in self.reported[a]:
            self.reported[a].append(b)
        self.hold(a)
        while len(self.reported.get(a, [])) > 32:
            self.stir(a, self.reported[a].pop(0))

    def allow(self, a: str, b: str) -> None:
        for x, y in ((a, b), (b, a)):
            lifts = self.knows(a, b) and self.holds(x, y)
            if lifts:
                self.met_until[x] = [entry for entry in self.met_until[x] if entry[0] != y]
                self.reported[x] = [entry for entry in self.reported[x] if entry != y]
            self.hold(x)
            if lifts:
                self.stir(x, y)

    def forget(self, visitor: str) -> None:
        self.leave(visitor)
        self.met_until.pop(visitor, None)
        self.reported.pop(visitor, None)
        for x in self.met_until:
            self.met_until[x] = [entry for entry in self.met_until[x] if entry[0] != visitor]
            self.reported[x] = [entry for entry in self.reported[x] if entry != visitor]

    def advance(self, now: float) -> list[Pair | Widened]:
        self.now = now
        self.rarity.advance(now)
        done: list[Pair | Widened] = self.look_freed()
        for until, _, x, partner in sorted(self.cooldowns()):
            if until <= now and (partner, until) in self.met_until.get(x, []):
                self.met_until[x].remove((partner, until))
                self.stir(x, partner)
                done += self.look_freed()
        while self.looks and min(self.looks.values())[0] <= now:
            ticket = self.waiting(min(self.looks, key=lambda visitor: self.looks[visitor]))
            assert ticket
            del self.looks[ticket.visitor]
            widens = opens_at(ticket) <= now
            if widens:
                self.opened.add(ticket.visitor)
            found = self.look(ticket)
            done += [found] if found else [Widened(ticket.visitor)] if widens else []
        return [what for what in done if isinstance(what, Pair) or self.waiting(what.visitor)]

    def cooldowns(self) -> list[tuple[float, int, str, str]]:
        return [
            (until, self.held.get((x, y), 0), x, y) for x, entries in self.met_until.items() for y, until in entries
        ]

    def look_freed(self) -> list[Pair | Widened]:
        done: list[Pair | Widened] = []
        while self.stirred:
            me = self.waiting(self.stirred.pop(0))
            found = self.look(me) if me else None
            done += [found] if found else []
        return done

    def next_wake(self) -> float | None:
        if self.stirred:
            return self.now
        times = [when for when, _ in self.looks.values()]
        times += [until for entries in self.met_until.values() for _, until in entries]
        fading = self.rarity.next_wake()
        return min(times + ([] if fading is None else [fading]), default=None)
