"""Ways to pair the visitors that wait. A policy is told of each arrival, and says when it next wants to be called."""

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
AGAIN_S = 0.1  # between two plans of `Rolling`; a quarter of it makes no better pairs
STRANGERS = 0.01  # the score, in a matching, of two that share no interest: hardly anything


class PairingPolicy(Protocol):
    """A way to pair visitors. Time passes in `join` and `advance` only; both return the new pairs."""

    def join(self, ticket: Ticket, now: float) -> list[tuple[Ticket, Ticket]]:
        """Adds an arrival. `now` is its time in seconds."""
        ...

    def advance(self, now: float) -> list[tuple[Ticket, Ticket]]:
        """Does what is due at `now`. Called at the time that `next_wake` gave."""
        ...

    def next_wake(self) -> float | None:
        """When `advance` is to be called next; None: not before another arrival."""
        ...

    def met(self, a: str, b: str, now: float) -> None:
        """A chat of these two is over."""
        ...


class Ours:
    """The lobby itself. `hesitation_s` is its hesitation in seconds."""

    def __init__(self, seed: int, hesitation_s: float) -> None:
        self._lobby = LocalLobby(Lobby(random.Random(seed).randrange, hesitation_s), Exclusions())
        self.next_wake = self._lobby.next_wake
        self.met = self._lobby.met

    def join(self, ticket: Ticket, now: float) -> list[tuple[Ticket, Ticket]]:
        """Pairs the newcomer, or lets it wait in the lobby."""
        pair = self._lobby.join(ticket, now)
        return [(pair.a, pair.b)] if pair else []

    def advance(self, now: float) -> list[tuple[Ticket, Ticket]]:
        """Lets the lobby do what is due."""
        return [(what.a, what.b) for what in self._lobby.advance(now) if isinstance(what, Pair)]


class Waiters:
    """What the other policies share: the waiting tickets, the longest waiting first, and all last partners."""

    def __init__(self) -> None:
        self.waiting: dict[str, Ticket] = {}
        self.last: dict[str, str] = {}  # last partners do not meet again at once, in any policy

    def met(self, a: str, b: str, now: float) -> None:
        """Notes the two as each other's last partner."""
        self.last |= {a: b, b: a}

    def apart(self, a: Ticket, b: Ticket) -> bool:
        """Whether these two must not be paired: they are one visitor, or their last chat was with each other."""
        return a.visitor == b.visitor or self.last.get(a.visitor) == b.visitor

    def fits(self, a: Ticket, b: Ticket, now: float) -> bool:
        """Whether our own rules allow this pair: both share an interest, or both are open to anyone."""
        both_open = opens_at(a) <= now and opens_at(b) <= now
        return not self.apart(a, b) and (both_open or not a.interests.keys().isdisjoint(b.interests))

    def matched(self, score: Score, now: float) -> list[tuple[Ticket, Ticket]]:
        """The best pairs among all that wait, taken together: a maximum-weight matching."""
        tickets = list(self.waiting.values())
        edges = [
            (here, there, score(one, tickets[there]) + STRANGERS)
            for here, one in enumerate(tickets)
            for there in range(here)
            if self.fits(one, tickets[there], now)
        ]
        return [(tickets[a], tickets[b]) for a, b in optimum.matching(len(tickets), edges)]

    def take(self, a: Ticket, b: Ticket) -> tuple[Ticket, Ticket]:
        """Takes both out of those that wait, and returns them as a pair."""
        for ticket in (a, b):
            self.waiting.pop(ticket.visitor, None)
        return a, b


class FirstCome(Waiters):
    """A queue that ignores interests, as in most programs of the field."""

    def join(self, ticket: Ticket, now: float) -> list[tuple[Ticket, Ticket]]:
        """Pairs the newcomer with the longest waiting visitor that is not its last partner."""
        other = next((one for one in self.waiting.values() if not self.apart(ticket, one)), None)
        self.waiting[ticket.visitor] = ticket
        return [] if other is None else [self.take(ticket, other)]

    def advance(self, now: float) -> list[tuple[Ticket, Ticket]]:
        """Nothing: it pairs at arrivals only."""
        return []

    def next_wake(self) -> float | None:
        """None: it pairs at arrivals only."""
        return None


class Chance(Waiters):
    """Picks at random among those that fit. Our own rules say which fit."""

    def __init__(self, seed: int) -> None:
        super().__init__()
        self._chance = random.Random(seed)
        self._patient: list[Ticket] = []  # in order of arrival, and so of the end of patience: all are equally patient

    def join(self, ticket: Ticket, now: float) -> list[tuple[Ticket, Ticket]]:
        """Pairs the newcomer at once if anybody fits."""
        self.waiting[ticket.visitor] = ticket
        if ticket.interests:
            self._patient.append(ticket)
        return self._look(ticket, now)

    def advance(self, now: float) -> list[tuple[Ticket, Ticket]]:
        """Pairs the visitor whose patience has ended, if anybody fits."""
        ticket = self._patient.pop(0)
        return self._look(ticket, now) if self.waiting.get(ticket.visitor) is ticket else []

    def next_wake(self) -> float | None:
        """When the next visitor's patience ends."""
        return opens_at(self._patient[0]) if self._patient else None

    def _look(self, ticket: Ticket, now: float) -> list[tuple[Ticket, Ticket]]:
        others = [one for one in self.waiting.values() if self.fits(ticket, one, now)]
        return [self.take(ticket, self._chance.choice(others))] if others else []


class Batch(Waiters):
    """Makes the best pairs among all that wait, once every `window_s` seconds."""

    def __init__(self, window_s: float, score: Score) -> None:
        super().__init__()
        self._window_s = window_s
        self._score = score
        self._next = 0.0

    def join(self, ticket: Ticket, now: float) -> list[tuple[Ticket, Ticket]]:
        """Lets the newcomer wait. The first one to wait starts the window."""
        if not self.waiting:
            self._next = now + self._window_s
        self.waiting[ticket.visitor] = ticket
        return []

    def advance(self, now: float) -> list[tuple[Ticket, Ticket]]:
        """Makes the best pairs."""
        self._next = now + self._window_s
        return [self.take(a, b) for a, b in self.matched(self._score, now)]

    def next_wake(self) -> float | None:
        """When the window ends; None if nobody waits."""
        return self._next if self.waiting else None


class Rolling(Batch):
    """Plans the best pairs among all that wait every tenth of a second, but makes only the urgent ones.

    A pair is urgent if one of the two has waited for `critical_s` seconds or has no interests. The others are planned
    again, together with newcomers.
    """

    def __init__(self, critical_s: float, score: Score) -> None:
        super().__init__(AGAIN_S, score)
        self._critical_s = critical_s

    def advance(self, now: float) -> list[tuple[Ticket, Ticket]]:
        """Plans the best pairs and makes the urgent ones."""
        self._next = now + AGAIN_S
        return [self.take(a, b) for a, b in self.matched(self._score, now) if self._is_critical(a, b, now)]

    def _is_critical(self, a: Ticket, b: Ticket, now: float) -> bool:
        ends = min(min(one.since + self._critical_s, opens_at(one)) for one in (a, b))
        return ends < now + AGAIN_S


class Hesitant(Waiters):
    """Makes the best pair, after a hesitation that may depend on its score.

    Two that share an interest are paired when the longer waiting of them has hesitated for `hesitation(score)` seconds,
    or when its patience is over. All others are paired at once, if our own rules allow it.
    """

    def __init__(self, hesitation: Callable[[float], float], score: Score) -> None:
        super().__init__()
        self._hesitation = hesitation
        self._score = score
        self._looks: list[tuple[float, int, Ticket]] = []
        self._count = 0

    def join(self, ticket: Ticket, now: float) -> list[tuple[Ticket, Ticket]]:
        """Pairs the newcomer, or lets it wait and plans when it looks again."""
        found = self._look(ticket, now)
        if not found:
            later = [self._ripe(ticket, other) for other in self.waiting.values() if self._share(ticket, other)]
            self.waiting[ticket.visitor] = ticket
            for when in (*later, *([opens_at(ticket)] if ticket.interests else [])):
                self._count += 1
                heappush(self._looks, (when, self._count, ticket))
        return found

    def advance(self, now: float) -> list[tuple[Ticket, Ticket]]:
        """Lets the visitor that is due look again."""
        ticket = heappop(self._looks)[2]
        return self._look(ticket, now) if self.waiting.get(ticket.visitor) is ticket else []

    def next_wake(self) -> float | None:
        """When the next visitor looks again."""
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
