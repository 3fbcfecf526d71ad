"""Ways to pair those who wait. Each is told of the arrivals, and says when it next wants to be called."""

import random
from collections.abc import Callable
from heapq import heappop, heappush
from typing import Protocol

from omefree.matching.exclusions import Exclusions
from omefree.matching.lobby import Lobby
from omefree.matching.local import LocalLobby
from omefree.matching.ticket import Pair, Ticket, opens_at
from omefree.simulate import optimum

Score = Callable[[Ticket, Ticket], float]
AGAIN_S = 0.1  # `Rolling` plans so often: four times as often makes no better pairs
STRANGERS = 0.01  # what two without a shared interest count for a matching: hardly anything


class PairingPolicy(Protocol):
    """`join` and `advance` return who is paired; time passes in them only."""

    def join(self, ticket: Ticket, now: float) -> list[tuple[Ticket, Ticket]]: ...

    def advance(self, now: float) -> list[tuple[Ticket, Ticket]]: ...

    def next_wake(self) -> float | None: ...

    def met(self, a: str, b: str, now: float) -> None: ...


class Ours:
    """The lobby itself."""

    def __init__(self, seed: int, hesitation_s: float) -> None:
        self._lobby = LocalLobby(Lobby(random.Random(seed).randrange, hesitation_s), Exclusions())
        self.next_wake = self._lobby.next_wake
        self.met = self._lobby.met

    def join(self, ticket: Ticket, now: float) -> list[tuple[Ticket, Ticket]]:
        pair = self._lobby.join(ticket, now)
        return [(pair.a, pair.b)] if pair else []

    def advance(self, now: float) -> list[tuple[Ticket, Ticket]]:
        return [(what.a, what.b) for what in self._lobby.advance(now) if isinstance(what, Pair)]


class Waiters:
    """What the other policies have in common: all who wait, the longest waiting first, and the last partners."""

    def __init__(self) -> None:
        self.waiting: dict[str, Ticket] = {}
        self.last: dict[str, str] = {}  # not again at once: the same for all policies

    def met(self, a: str, b: str, now: float) -> None:
        self.last |= {a: b, b: a}

    def apart(self, a: Ticket, b: Ticket) -> bool:
        return a.visitor == b.visitor or self.last.get(a.visitor) == b.visitor

    def fits(self, a: Ticket, b: Ticket, now: float) -> bool:
        both_open = opens_at(a) <= now and opens_at(b) <= now
        return not self.apart(a, b) and (both_open or not a.interests.keys().isdisjoint(b.interests))

    def matched(self, score: Score, now: float) -> list[tuple[Ticket, Ticket]]:
        """Return the best pairs among all who wait, taken together: a maximum-weight matching."""
        tickets = list(self.waiting.values())
        edges = [
            (here, there, score(one, tickets[there]) + STRANGERS)
            for here, one in enumerate(tickets)
            for there in range(here)
            if self.fits(one, tickets[there], now)
        ]
        return [(tickets[a], tickets[b]) for a, b in optimum.matching(len(tickets), edges)]

    def take(self, a: Ticket, b: Ticket) -> tuple[Ticket, Ticket]:
        for ticket in (a, b):
            self.waiting.pop(ticket.visitor, None)
        return a, b


class FirstCome(Waiters):
    """A queue, whatever the interests: what most programs of the field do."""

    def join(self, ticket: Ticket, now: float) -> list[tuple[Ticket, Ticket]]:
        other = next((one for one in self.waiting.values() if not self.apart(ticket, one)), None)
        self.waiting[ticket.visitor] = ticket
        return [] if other is None else [self.take(ticket, other)]

    def advance(self, now: float) -> list[tuple[Ticket, Ticket]]:
        return []

    def next_wake(self) -> float | None:
        return None


class Chance(Waiters):
    """Any of those who fit, by our own rules of who fits: only the choice is left to chance."""

    def __init__(self, seed: int) -> None:
        super().__init__()
        self._chance = random.Random(seed)
        self._patient: list[Ticket] = []  # in the order of time: all are equally patient

    def join(self, ticket: Ticket, now: float) -> list[tuple[Ticket, Ticket]]:
        self.waiting[ticket.visitor] = ticket
        if ticket.interests:
            self._patient.append(ticket)
        return self._look(ticket, now)

    def advance(self, now: float) -> list[tuple[Ticket, Ticket]]:
        ticket = self._patient.pop(0)
        return self._look(ticket, now) if self.waiting.get(ticket.visitor) is ticket else []

    def next_wake(self) -> float | None:
        return opens_at(self._patient[0]) if self._patient else None

    def _look(self, ticket: Ticket, now: float) -> list[tuple[Ticket, Ticket]]:
        others = [one for one in self.waiting.values() if self.fits(ticket, one, now)]
        return [self.take(ticket, self._chance.choice(others))] if others else []


class Batch(Waiters):
    """Every `window_s` the best pairs among all who wait."""

    def __init__(self, window_s: float, score: Score) -> None:
        super().__init__()
        self._window_s = window_s
        self._score = score
        self._next = 0.0

    def join(self, ticket: Ticket, now: float) -> list[tuple[Ticket, Ticket]]:
        if not self.waiting:
            self._next = now + self._window_s
        self.waiting[ticket.visitor] = ticket
        return []

    def advance(self, now: float) -> list[tuple[Ticket, Ticket]]:
        self._next = now + self._window_s
        return [self.take(a, b) for a, b in self.matched(self._score, now)]

    def next_wake(self) -> float | None:
        return self._next if self.waiting else None


class Rolling(Batch):
    """Every tenth of a second the best pairs are planned among all who wait, and only those of them made of whom one
    has waited for `critical_s`, or has no interests: the rest is planned again with whoever comes.
    """

    def __init__(self, critical_s: float, score: Score) -> None:
        super().__init__(AGAIN_S, score)
        self._critical_s = critical_s

    def advance(self, now: float) -> list[tuple[Ticket, Ticket]]:
        self._next = now + AGAIN_S
        return [self.take(a, b) for a, b in self.matched(self._score, now) if self._is_critical(a, b, now)]

    def _is_critical(self, a: Ticket, b: Ticket, now: float) -> bool:
        ends = min(min(one.since + self._critical_s, opens_at(one)) for one in (a, b))
        return ends < now + AGAIN_S


class Hesitant(Waiters):
    """A pair that shares an interest is made when the longer waiting of the two has hesitated for `hesitation(score)`,
    or its patience is over; all others at once, by our own rules of who fits.
    """

    def __init__(self, hesitation: Callable[[float], float], score: Score) -> None:
        super().__init__()
        self._hesitation = hesitation
        self._score = score
        self._looks: list[tuple[float, int, Ticket]] = []
        self._count = 0

    def join(self, ticket: Ticket, now: float) -> list[tuple[Ticket, Ticket]]:
        found = self._look(ticket, now)
        if not found:
            later = [self._ripe(ticket, other) for other in self.waiting.values() if self._share(ticket, other)]
            self.waiting[ticket.visitor] = ticket
            for when in (*later, *([opens_at(ticket)] if ticket.interests else [])):
                self._count += 1
                heappush(self._looks, (when, self._count, ticket))
        return found

    def advance(self, now: float) -> list[tuple[Ticket, Ticket]]:
        ticket = heappop(self._looks)[2]
        return self._look(ticket, now) if self.waiting.get(ticket.visitor) is ticket else []

    def next_wake(self) -> float | None:
        return self._looks[0][0] if self._looks else None

    def _share(self, a: Ticket, b: Ticket) -> bool:
        return not self.apart(a, b) and not a.interests.keys().isdisjoint(b.interests)

    def _ripe(self, a: Ticket, b: Ticket) -> float:
        hesitation_s = self._hesitation(self._score(a, b))
        return min(min(one.since + hesitation_s, opens_at(one)) for one in (a, b))

    def _look(self, ticket: Ticket, now: float) -> list[tuple[Ticket, Ticket]]:
        others = [one for one in self.waiting.values() if self.fits(ticket, one, now)]
        ripe = [one for one in others if not self._share(ticket, one) or self._ripe(ticket, one) <= now]
        return [self.take(ticket, max(ripe, key=lambda one: self._score(ticket, one)))] if ripe else []
