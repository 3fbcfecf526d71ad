"""One evening under one rule: people come, chat, report, are refused. The same seed, the same evening."""

from collections import Counter
from collections.abc import Callable
from heapq import heappop, heappush
from itertools import count
from math import inf
from random import Random

from msgspec import Struct

from omefree.contract.codes import ReportReason
from omefree.contract.limits import QUOTAS
from omefree.guard.quota import Bucket
from omefree.guard.record import ROUND_S
from omefree.simulate.abuse.people import VISIT_S, Chat, Kind, Person, chat_s, reports
from omefree.simulate.abuse.rules import RULES, fresh
from omefree.simulate.abuse.world import World

THINK_S = 1.5  # the mean between two chats
FULL_S = 120.0  # in this time the first of the honest come
BOTS_COME_S = 60.0
ABUSERS_COME_S = 600.0
RETRY_S = 5.0  # an abuser's reload, or its next try
TIDY_S = 60.0
CROWD = b"crowd"
NEVER_PAUSED = (inf, inf)


class Tally(Struct):
    """What an evening brought. `met` counts chats of the honest: all, those with bots, those with flashers.

    `honest`, `crowd`, `disliked` are pairs: how many chatted or were refused a search, how many were refused one.
    `flashers`: after how many seconds and chats each was first refused; infinite if never.
    """

    honest: tuple[int, int]
    crowd: tuple[int, int]
    disliked: tuple[int, int]
    met: int
    met_bots: int
    met_flashers: int
    flashers: list[tuple[float, float]]


def evening(world: World, rule: str, hours: float, seed: int) -> Tally:
    """Lets an evening pass."""
    return _Evening(world, rule, hours * 3600.0, seed).tally()


class _Evening:
    def __init__(self, world: World, rule: str, ends: float, seed: int) -> None:
        self._world, self._ends = world, ends
        self._chance = Random(seed)
        self._present: Counter[bytes] = Counter()
        self._rule = RULES[rule](self._present.__getitem__)
        self._people: list[Person] = []
        self._waiting: list[Person] = []
        self._met: Counter[Kind] = Counter()
        self._addresses = count(1)
        self._order = count()
        self._due: list[tuple[float, int, Callable[..., None], tuple[object, ...]]] = []

    def tally(self) -> Tally:
        self._begin()
        while self._due and (head := heappop(self._due))[0] <= self._ends:
            now, _, happens, about = head
            happens(now, *about)
        honest = [person for person in self._people if person.kind == "honest" and (person.chats or person.first_pause)]
        return Tally(
            honest=_hindered(honest),
            crowd=_hindered([person for person in honest if person.key == CROWD]),
            disliked=_hindered([person for person in honest if person.disliked]),
            met=self._met.total(),
            met_bots=self._met["bot"],
            met_flashers=self._met["flasher"],
            flashers=[person.first_pause or NEVER_PAUSED for person in self._people if person.kind == "flasher"],
        )

    def _begin(self) -> None:
        world = self._world
        self._at(0.0, self._arrival)
        self._at(TIDY_S, self._tidy)
        for _ in range(world.honest):
            self._at(self._chance.uniform(0.0, FULL_S), self._honest)
        bots = [self._address() for _ in range(self._bots())]
        for number in range(len(bots)):
            self._come("bot", bots[number // world.bots_an_address], self._chance.uniform(0.0, BOTS_COME_S), self._ends)
        for number in range(world.flashers):
            key = CROWD if world.flashers_in_crowd else self._address()
            self._come("flasher", key, ABUSERS_COME_S + number, self._ends)
        for number in range(world.mass_reporters):
            self._come("mass reporter", self._address(), ABUSERS_COME_S + number, self._ends)

    def _bots(self) -> int:
        return round(self._world.honest * self._world.bots / (1 - self._world.bots))

    def _address(self) -> bytes:
        return next(self._addresses).to_bytes(4, "little")

    def _at(self, when: float, happens: Callable[..., None], *about: object) -> None:
        heappush(self._due, (when, next(self._order), happens, about))

    def _tidy(self, now: float) -> None:
        self._rule.tidy(now)
        self._at(now + TIDY_S, self._tidy)

    def _arrival(self, now: float) -> None:
        self._honest(now)
        self._at(now + self._chance.expovariate(self._world.honest / VISIT_S), self._arrival)

    def _honest(self, now: float) -> None:
        in_crowd = self._chance.random() < self._world.crowd / self._world.honest
        ends = now + self._chance.expovariate(1 / VISIT_S)
        self._come("honest", CROWD if in_crowd else self._address(), now, ends)

    def _come(self, kind: Kind, key: bytes, now: float, ends: float) -> None:
        disliked = kind == "honest" and self._chance.random() < self._world.disliked
        person = Person(kind, key, key, now, ends, disliked, Bucket())
        self._people.append(person)
        self._present[key] += 1
        self._at(now, self._find, person)
        self._at(ends, self._leave, person)

    def _leave(self, now: float, person: Person) -> None:
        if person.chat is not None:
            self._over(now, person.chat)
        if person in self._waiting:
            self._waiting.remove(person)
        self._visit_over(person)

    def _visit_over(self, person: Person) -> None:
        person.record = None
        self._present[person.key] -= 1
        if not self._present[person.key]:
            del self._present[person.key]
            self._rule.left(person.key)

    def _find(self, now: float, person: Person) -> None:
        if now >= person.ends:
            return
        if wait_s := self._rule.refused_s(person, now):
            self._refused(now, person, wait_s)
            return
        others = [other for other in self._waiting if other is not person.last]
        if not others:
            self._waiting.append(person)
            return
        other = self._chance.choice(others)
        self._waiting.remove(other)
        self._meet(now, person, other)

    def _refused(self, now: float, person: Person, wait_s: float) -> None:
        """The honest wait as they are told. Abusers take a fresh address or visit if that helps, and try too early."""
        if person.first_pause is None:
            person.first_pause = (now - person.born, person.chats)
        if person.kind == "honest":
            self._at(now + wait_s, self._find, person)
            return
        rotates = self._world.rotating and person.kind == "bot"
        if rotates or not self._rule.refused_s(fresh(person), now):
            self._visit_over(person)
            if rotates:
                person.key = person.network = self._address()
            self._present[person.key] += 1
            self._at(now + RETRY_S, self._find, person)
        else:
            self._at(now + max(wait_s - ROUND_S, RETRY_S), self._find, person)

    def _meet(self, now: float, one: Person, two: Person) -> None:
        chat = one.chat = two.chat = Chat(one, two, now)
        for person, other in ((one, two), (two, one)):
            person.last = other
            person.chats += 1
            if person.kind == "honest":
                self._met[other.kind] += 1
        self._at(now + chat_s(one, two, self._world, self._chance), self._over, chat)

    def _over(self, now: float, chat: Chat) -> None:
        one, two = chat.one, chat.two
        if one.chat is not chat:
            return  # one of them has left
        one.chat = two.chat = None
        told = (self._report(now, one, two), self._report(now, two, one))
        self._rule.chat_ended(one, two, told, now - chat.since, now)
        for person in (one, two):
            self._at(now + self._chance.expovariate(1 / THINK_S), self._find, person)

    def _report(self, now: float, by: Person, about: Person) -> ReportReason | None:
        reason = reports(by, about, self._world, self._chance)
        return None if reason is None or by.quota.take(QUOTAS["report"], now) else reason


def _hindered(people: list[Person]) -> tuple[int, int]:
    return len(people), sum(person.first_pause is not None for person in people)
