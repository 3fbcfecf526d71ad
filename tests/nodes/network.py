"""The nodes of a cluster in one process, on a test's clock, and all that can go wrong between them."""

import logging
import random
from collections.abc import Callable
from typing import Generic, TypeVar

from msgspec import Struct

from omefree.exchange.bus import Bus
from omefree.exchange.wire import Beat, Publication
from tests.clock import FakeClock
from tests.exchange.memory_wire import MemoryEngine, MemoryWire, ProcessClock

POOL = "text"  # pools know nothing of each other: one shows all
LOST_S = 6.0  # until a silent node is dead; 120 s in earnest
HESITATION_S = 0.5
WAY_S = 0.0005  # from node to node


class Errors(logging.Handler):
    """What the code has caught and logged, so that one visitor's trouble stops nobody else: here it is a failure."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.messages: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.messages.append(record.getMessage())


ERRORS = Errors()
logging.getLogger("omefree").addHandler(ERRORS)


class Weather(Struct):
    """What the network does to a batch: how likely it is lost or doubled, and how late it may be."""

    lost: float = 0.0
    doubled: float = 0.0
    late_s: float = 0.0


class BadEngine(MemoryEngine):
    """An engine whose network is as bad as its weather."""

    def __init__(self, clock: FakeClock, chance: random.Random) -> None:
        super().__init__(clock)
        self.chance = chance
        self.weather = Weather()

    def publish(self, publication: Publication) -> int:
        hearing = self._listening[publication.channel]
        for wire in hearing:
            for _ in range(1 + (self.chance.random() < self.weather.doubled)):
                if self.chance.random() >= self.weather.lost:
                    late = self.weather.late_s * self.chance.random()
                    self.clock.call_at(self.clock.time() + WAY_S + late, wire.arrive, publication)
        return len(hearing)


class BadWire(MemoryWire):
    """A wire that can also be cut without anybody noticing, until a beat is not answered."""

    is_lost = False

    def arrive(self, publication: Publication) -> None:
        if not self.is_lost:
            super().arrive(publication)

    def publish(self, publications: object) -> None:
        if not self.is_lost:
            super().publish(publications)  # type: ignore[arg-type]

    def beat(self, beat: Beat) -> None:
        if not self.is_lost:
            super().beat(beat)
        elif self.is_up:
            self.cut()


class BadNode:
    """What can happen to a node: it is stopped, it dies, its wire fails."""

    bus: Bus

    def __init__(self, tag: str, engine: BadEngine, clock: FakeClock) -> None:
        self.tag = tag
        self.clock = ProcessClock(clock)
        self.wire = BadWire(engine, tag)
        self.is_stopped = False

    def notice(self, word: str) -> None:
        """The bus has dropped something. On this network old batches come again, and nothing else is wrong."""
        assert word in ("up", "down", "taken", "replayed"), f"{self.tag} has dropped something: {word}"

    def stop(self) -> None:
        """As SIGSTOP does."""
        if not self.is_stopped:
            self.is_stopped = True
            self.clock.stop()
            self.wire.stall()

    def go_on(self) -> None:
        """As SIGCONT does: what has come is read before the timers."""
        if self.is_stopped:
            self.is_stopped = False
            self.wire.go_on()
            self.clock.go_on()

    def die(self) -> None:
        """As SIGKILL does."""
        self.wire.die()
        self.clock.stop()

    def join(self) -> None:
        """Its wire works again."""
        self.wire.is_lost = False
        self.wire.join()

    def settle(self) -> None:
        """All faults end."""
        self.join()
        self.go_on()


N = TypeVar("N", bound=BadNode)


class Network(Generic[N]):
    """All nodes that run. Chance comes from a seed alone. `make` makes a node of this tag and boot."""

    def __init__(self, seed: int, tags: str, make: Callable[[str, str], N]) -> None:
        self.chance = random.Random(seed)
        self.clock = FakeClock()
        self.engine = BadEngine(self.clock, self.chance)
        self.nodes: dict[str, N] = {}
        self._make = make
        self._serial = 0
        self._stays = tags[0]  # it never leaves
        ERRORS.messages.clear()
        for tag in tags:
            self.start(tag)

    def serial(self) -> int:
        """A number that was not given before."""
        self._serial += 1
        return self._serial

    def start(self, tag: str) -> None:
        """A node starts, unless one of that tag has a lease."""
        if tag not in self.nodes and tag not in self.engine.registry.leases():
            self.nodes[tag] = self._make(tag, f"boot{self.serial()}")

    def kill(self, tag: str) -> None:
        self.nodes.pop(tag).die()

    def remember(self) -> Callable[[], None]:
        """Returns what puts the registry back to what it is now: a failover that loses writes."""
        then = self.engine.registry.copy()
        return lambda: setattr(self.engine, "registry", then.copy())

    def ghost(self, tag: str, ahead: int) -> None:
        """Somebody writes another leader into the registry."""
        self.engine.registry.crown(POOL, tag, ahead)

    def later(self, seconds: float, tag: str, work: Callable[[], object]) -> None:
        """Does something after so many seconds, if this very node is there then."""
        node = self.nodes[tag]
        self.clock.call_later(seconds, lambda: work() if self.nodes.get(tag) is node else None)

    def wait(self, seconds: float) -> None:
        self.clock.advance(seconds)
        assert ERRORS.messages == []

    def settle(self) -> None:
        """All faults end, and there is a node that stays."""
        while self._stays not in self.nodes:
            self.clock.advance(1.0)
            self.start(self._stays)
        self.engine.weather = Weather()
        for node in self.nodes.values():
            node.settle()
