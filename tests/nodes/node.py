"""A node of `World` (world.py): it does what exchange/ and chat/ do with the pure classes, as short as it can be."""

import random
from typing import Protocol

from msgspec import Struct, field

from omefree.clock import Handle
from omefree.contract import nodes
from omefree.contract.nodes import AnyItem
from omefree.exchange.bus import Bus, BusOptions
from omefree.exchange.sealing import Sealing
from omefree.matching.lobby import Lobby
from omefree.matching.ticket import Ticket, Widened
from omefree.nodes.effects import Begin, Broadcast, Effect, Introduce, Refused, Send
from omefree.nodes.home import Home
from omefree.nodes.leader import Leader
from tests.clock import FakeClock
from tests.nodes.network import HESITATION_S, LOST_S, POOL, BadEngine, BadNode


class Half(Struct, eq=False):
    """A visitor's side of a chat. What is said are numbers: 1, 2, 3 .."""

    chat: str
    is_polite: bool
    partner: str
    home: str
    said: int = 0
    heard: int = 0


class Person(Struct, eq=False):
    """A visitor, and what its home knows of it."""

    id: str
    home: str
    is_connected: bool = True
    is_paused: bool = False
    ticket: Ticket | None = None  # while it searches
    half: Half | None = None
    apart: dict[str, float] = field(default_factory=dict)


class Observer(Protocol):
    """What a node is given, and who sees all that happens to its visitors."""

    chance: random.Random
    clock: FakeClock
    engine: BadEngine
    resets: set[tuple[str, str]]  # who was told that whose stream has begun anew

    def new_chat(self) -> str: ...

    def begins(self, person: Person, half: Half, own: Ticket) -> None: ...

    def ends(self, person: Person) -> None: ...

    def hears(self, half: Half, number: int) -> None: ...


class Node(BadNode):
    """A node, and what its home knows of its visitors."""

    def __init__(self, world: Observer, tag: str, boot: str) -> None:
        super().__init__(tag, world.engine, world.clock)
        self.world = world
        self.people: dict[str, Person] = {}
        self.leaders: dict[str, Leader] = {}
        self.home = Home([POOL], self, self._lobby, world.new_chat, world.chance.randrange)
        options = BusOptions(tag, boot, (POOL,), lost_s=LOST_S)
        self.bus = Bus(self.wire, Sealing([b"s" * 32]), self.clock, options, lambda: len(self.people), self.notice)
        self._timer: Handle | None = None
        self._timer_at = 0.0
        self.bus.start(self)
        self.arm()

    def _lobby(self) -> Lobby:
        return Lobby(self.world.chance.randrange, HESITATION_S)

    # --- driving the pure classes ---

    def wake(self) -> None:
        self._timer = None
        now = self.clock.time()
        self.do(self.home.advance(now))
        for pool, leader in self.leaders.items():
            if self.bus.leads(pool) == leader.epoch:
                self.do(leader.advance(now))
        self.arm()

    def arm(self) -> None:
        """Plans the next `wake`. To come too early does no harm."""
        wakes = [wake for wake in (self.home.next_wake(),) if wake is not None]
        wakes += [leader.next_wake() for pool, leader in self.leaders.items() if self.bus.leads(pool) == leader.epoch]
        when = max(min(wakes), self.clock.time()) if wakes else float("inf")
        if wakes and (self._timer is None or when < self._timer_at):
            if self._timer is not None:
                self._timer.cancel()
            self._timer_at = when
            self._timer = self.clock.call_at(when, self.wake)

    def do(self, effects: list[Effect]) -> None:
        for effect in effects:
            match effect:
                case Send(tag, item):
                    self.bus.send(tag, item)
                case Broadcast(item):
                    self.bus.broadcast(item)
                    self.bus.send(self.tag, item)
                case Introduce():
                    self.introduce(effect)
                case Begin():
                    self.begin(effect)
                case Refused(_, chat):
                    self.over(chat)
                case Widened():
                    pass
        self.arm()

    def introduce(self, pair: Introduce) -> None:
        tickets = (pair.pair.a, pair.pair.b)
        ready = [self.is_ready(ticket) for ticket in tickets]
        if not all(ready):
            for ticket, is_ready in zip(tickets, ready, strict=True):
                if is_ready:
                    self.do(self.home.join(ticket, self.clock.time()))
            return
        for own, other in (tickets, tickets[::-1]):
            half = Half(pair.chat, own.visitor == pair.polite, other.visitor, self.tag)
            self.world.begins(self.people[own.visitor], half, own)

    def begin(self, begin: Begin) -> None:
        half = Half(begin.chat, begin.polite, begin.partner, begin.home)
        self.world.begins(self.people[begin.own.visitor], half, begin.own)

    # --- Side ---

    def is_ready(self, ticket: Ticket) -> bool:
        person = self.people.get(ticket.visitor)
        if person is None or not person.is_connected or person.ticket is None:
            return False
        if person.is_paused:
            person.ticket = None
            self.do(self.home.leave(person.id, self.clock.time()))  # as Pairing does: it calls back
        return not person.is_paused

    def yes(self, chat: str, ticket: Ticket) -> nodes.Yes:
        return nodes.Yes(chat, ticket.hide, [], None, 2, False, 1, b"")

    def apart(self, visitor: str) -> tuple[tuple[str, float], ...]:
        now = self.clock.time()
        return tuple((other, until) for other, until in self.people[visitor].apart.items() if until > now)

    # --- BusListener ---

    def on_item(self, tag: str, item: AnyItem) -> None:
        now = self.clock.time()
        match item:
            case nodes.Say(chat, role, frame):
                self.hear(tag, chat, role, int(frame))
            case nodes.Over(chat):
                self.over(chat)
            case nodes.Have(chats):
                for chat, role, _ in chats:
                    if self.half_of(chat, is_polite=role) is None:
                        self.bus.send(tag, nodes.Over(chat, not role, "lost"))
            case nodes.Announce() | nodes.Join() | nodes.Quit():
                if item.pool in self.leaders:
                    self.leaders[item.pool].item(tag, item, now)
            case nodes.Seen():
                self.bus.see(item.pool, item.epoch)
            case _:
                pass
        self.do(self.home.item(tag, item, now))

    def on_deaf(self, tag: str) -> None:
        for leader in self.leaders.values():
            leader.set_aside(tag)

    def on_heard(self, tag: str) -> None:
        for leader in self.leaders.values():
            leader.take_back(tag)
        self.arm()

    def on_away(self, tag: str) -> None:
        pass

    def on_back(self, tag: str) -> None:
        pass

    def on_dead(self, tag: str) -> None:
        for leader in self.leaders.values():
            leader.drop(tag)
        self.do(self.home.lost(tag, self.clock.time()))
        for half in self.halves_with(tag):
            self.over(half.chat)

    def on_reset(self, tag: str) -> None:
        for leader in self.leaders.values():
            leader.drop(tag)
        self.world.resets.add((self.tag, tag))
        self.do(self.home.reset(tag, self.clock.time()))
        have = [(half.chat, not half.is_polite, True) for half in self.halves_with(tag)]
        if have:
            self.bus.send(tag, nodes.Have(have))

    def on_leading(self, pool: str, epoch: int) -> None:
        lobby = Lobby(self.world.chance.randrange, HESITATION_S)
        self.leaders[pool] = Leader(pool, epoch, lobby, self.world.new_chat, self.world.chance.randrange)
        self.arm()

    def on_following(self, pool: str) -> None:
        self.leaders.pop(pool, None)

    # --- chats ---

    def halves_with(self, tag: str) -> list[Half]:
        halves = (person.half for person in self.people.values())
        return [half for half in halves if half is not None and half.home == tag]

    def half_of(self, chat: str, *, is_polite: bool) -> Half | None:
        halves = (person.half for person in self.people.values())
        return next((it for it in halves if it is not None and (it.chat, it.is_polite) == (chat, is_polite)), None)

    def hear(self, tag: str, chat: str, role: bool, number: int) -> None:
        half = self.half_of(chat, is_polite=role)
        if half is None:
            self.bus.send(tag, nodes.Over(chat, not role, "lost"))
        else:
            self.world.hears(half, number)

    def over(self, chat: str) -> None:
        """The half of this chat is over; both, if both are here."""
        for person in self.people.values():
            if person.half is not None and person.half.chat == chat:
                self.world.ends(person)

    # --- visitors ---

    def find(self, person: Person, interests: tuple[str, ...]) -> None:
        self.end(person)
        since = person.ticket.since if person.ticket is not None else self.clock.time()
        person.ticket = Ticket(person.id, "text", {key: key for key in interests}, patience_s=1.0, since=since)
        if person.is_connected:
            self.do(self.home.join(person.ticket, self.clock.time()))

    def end(self, person: Person) -> None:
        half = person.half
        if half is None:
            return
        if half.home == self.tag:
            self.over(half.chat)
        else:
            self.world.ends(person)
            self.bus.send(half.home, nodes.Over(half.chat, not half.is_polite, "left"))

    def leave(self, person: Person) -> None:
        self.end(person)
        person.ticket = None
        self.do(self.home.leave(person.id, self.clock.time()))

    def lose_link(self, person: Person) -> None:
        person.is_connected = False
        self.do(self.home.leave(person.id, self.clock.time()))

    def find_link(self, person: Person) -> None:
        if not person.is_connected:
            person.is_connected = True
            if person.ticket is not None:
                self.do(self.home.join(person.ticket, self.clock.time()))

    def report(self, person: Person, other: str) -> None:
        """A waiting visitor reports somebody, so its exclusions change."""
        person.apart[other] = float("inf")
        self.do(self.home.renew(person.id, self.clock.time()))

    def say(self, person: Person) -> None:
        half = person.half
        if half is None:
            return
        if half.home == self.tag:
            half.said += 1
            other = self.people[half.partner].half
            assert other is not None
            self.world.hears(other, half.said)
        elif half.home in self.bus.takers:
            half.said += 1
            self.bus.send(half.home, nodes.Say(half.chat, not half.is_polite, str(half.said).encode()))
