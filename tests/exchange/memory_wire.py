"""An engine in memory: wires between nodes of one process, on any clock, with the faults of a real one at hand.

    engine = MemoryEngine(clock)
    bus = Bus(MemoryWire(engine, "a"), ...)

`tests/exchange/registry_contract.py` holds its registry to what `registry.lua` does.
"""

from collections import defaultdict
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from omefree.clock import Clock, Handle
from omefree.exchange.wire import (
    ALL,
    Answer,
    Beat,
    Leader,
    Publication,
    Refusal,
    WireListener,
    channel_of,
)
from omefree.nodes.roster import LEASE_S


class ProcessClock:
    """The clock of one process. While it is stopped, what is due waits. Its timers are as late as those of a loop."""

    late_s = 0.001

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._late: list[Callable[[], object]] | None = None

    def time(self) -> float:
        return self._clock.time()

    def call_at(self, when: float, callback: Callable[..., object], /, *args: Any) -> Handle:
        return self._clock.call_at(when + self.late_s, self._run, partial(callback, *args))

    def call_soon(self, callback: Callable[..., object], /, *args: Any) -> Handle:
        return self._clock.call_soon(self._run, partial(callback, *args))

    def stop(self) -> None:
        self._late = []

    def go_on(self) -> None:
        late, self._late = self._late or [], None
        for work in late:
            self._clock.call_soon(work)

    def _run(self, work: Callable[[], object]) -> None:
        if self._late is None:
            work()
        else:
            self._late.append(work)


class MemoryRegistry:
    """What registry.lua keeps, in plain Python."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.flush()

    def flush(self) -> None:
        """Forgets everything, as FLUSHALL does."""
        self._nodes: dict[str, tuple[float, Beat]] = {}
        self._leaders: dict[str, tuple[int, str, str]] = {}  # pool -> epoch, boot, tag
        self._born = self._clock.time()

    def beat(self, beat: Beat) -> Answer | Refusal:
        self._strike()
        if self._has_another(beat):
            return "taken"
        if beat.tag not in self._nodes:
            others = [other for _, other in self._nodes.values()]
            if any(it.secrets[0] not in beat.secrets or beat.secrets[0] not in it.secrets for it in others):
                return "secret"
            if any(abs(it.version - beat.version) > 1 for it in others):
                return "version"
        self._nodes[beat.tag] = (self._clock.time() + LEASE_S, beat)
        for pool, seen in beat.seen.items():
            self._give(pool, seen, beat)
        return self._answer(list(beat.seen))

    def bye(self, beat: Beat) -> None:
        self._strike()
        if self._has_another(beat):
            return
        self._nodes.pop(beat.tag, None)
        for pool, seen in beat.seen.items():
            if self._leader(pool) is None and (heir := self._freest(beat)):
                self._lead(pool, seen, heir)

    def copy(self) -> "MemoryRegistry":
        """A registry with the same in it: what a replica has that lags behind."""
        other = MemoryRegistry(self._clock)
        other._nodes, other._leaders, other._born = dict(self._nodes), dict(self._leaders), self._born
        return other

    def leases(self) -> set[str]:
        """The nodes that have a lease."""
        self._strike()
        return set(self._nodes)

    def crown(self, pool: str, tag: str, ahead: int) -> None:
        """Makes a node the leader, out of turn: a registry that has lost writes, or that somebody writes into."""
        if tag in self._nodes:
            epoch = self._leaders.get(pool, (0, "", ""))[0]
            self._leaders[pool] = (max(1, epoch + ahead), self._nodes[tag][1].boot, tag)

    def _has_another(self, beat: Beat) -> bool:
        return beat.tag in self._nodes and self._nodes[beat.tag][1].boot != beat.boot

    def _strike(self) -> None:
        now = self._clock.time()
        self._nodes = {tag: kept for tag, kept in self._nodes.items() if kept[0] > now}

    def _leader(self, pool: str) -> Leader | None:
        epoch, boot, tag = self._leaders.get(pool, (0, "", ""))
        lives = tag in self._nodes and self._nodes[tag][1].boot == boot
        return Leader(tag, epoch) if lives else None

    def _freest(self, asking: Beat) -> Beat | None:
        able = [other for _, other in self._nodes.values() if other.may_lead and not other.leaves]
        return min(able, key=lambda it: (self._led_by(it, asking), it.tag), default=None)

    def _led_by(self, beat: Beat, asking: Beat) -> int:
        return sum((leader := self._leader(pool)) is not None and leader.tag == beat.tag for pool in asking.seen)

    def _give(self, pool: str, seen: int, beat: Beat) -> None:
        leader = self._leader(pool)
        if beat.leaves and leader is not None and leader.tag == beat.tag and (heir := self._freest(beat)):
            self._lead(pool, seen, heir)
        elif leader is None:
            if beat.may_lead and not beat.leaves:
                self._lead(pool, seen, beat)
        elif leader.tag == beat.tag and seen > leader.epoch:
            self._lead(pool, seen, beat)

    def _lead(self, pool: str, seen: int, beat: Beat) -> None:
        self._leaders[pool] = (max(self._leaders.get(pool, (0,))[0], seen) + 1, beat.boot, beat.tag)

    def _answer(self, pools: list[str]) -> Answer:
        return Answer(
            {tag: beat.boot for tag, (_, beat) in self._nodes.items()},
            sum(beat.online for _, beat in self._nodes.values()),
            {pool: leader for pool in pools if (leader := self._leader(pool)) is not None},
            self._clock.time() - self._born,
            {tag for tag, (_, beat) in self._nodes.items() if beat.leaves},
        )


class MemoryEngine:
    """The engine: who listens where, and the registry. Everything is told in a later turn of the clock."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.registry = MemoryRegistry(clock)
        self.wires: dict[str, MemoryWire] = {}
        self.history: list[Publication] = []  # all that was published, in order
        self._listening: defaultdict[str, list[MemoryWire]] = defaultdict(list)

    def add(self, wire: "MemoryWire") -> None:
        self.wires[wire.tag] = wire
        for channel in (channel_of(wire.tag), ALL):
            self._listening[channel].append(wire)

    def remove(self, wire: "MemoryWire") -> None:
        for wires in self._listening.values():
            if wire in wires:
                wires.remove(wire)

    def publish(self, publication: Publication) -> int:
        """Hands it to all who listen, and returns how many that are."""
        self.history.append(publication)
        hearing = self._listening[publication.channel]
        for wire in hearing:
            self.clock.call_soon(wire.arrive, publication)
        return len(hearing)


class MemoryWire:
    """A Wire (omefree.exchange.wire) of one node. `cut`, `join` and `die` are its faults."""

    def __init__(self, engine: MemoryEngine, tag: str) -> None:
        self.engine = engine
        self.tag = tag
        self.is_up = False
        self._beat: Beat | None = None
        self._waiting: list[Callable[[], None]] | None = None  # what comes while the process is stopped

    def listen(self, listener: WireListener) -> None:
        self._listener = listener
        self.join()

    def join(self) -> None:
        """Connects, as a real wire does by itself."""
        if not self.is_up:
            self.is_up = True
            self.engine.add(self)
            self.engine.clock.call_soon(self._listener.on_up)

    def cut(self) -> None:
        """Loses the connection, with all that is under way to us."""
        if self.is_up:
            self.is_up = False
            self.engine.remove(self)
            self.engine.clock.call_soon(self._listener.on_down)

    def stall(self) -> None:
        """The process is stopped: it hears nothing for now, and does not beat. It still listens, so it is not deaf."""
        self._waiting = []

    def go_on(self) -> None:
        """It goes on, and hears what has come meanwhile."""
        waiting, self._waiting = self._waiting or [], None
        for told in waiting:
            self.engine.clock.call_soon(told)

    def fill(self, *, is_full: bool) -> None:
        """The engine takes less than is sent; or again all."""
        self._listener.on_full(is_full=is_full)

    def arrive(self, publication: Publication) -> None:
        if self.is_up:
            self._tell(partial(self._listener.on_arrival, publication.channel, publication.data))

    def _tell(self, told: Callable[[], None]) -> None:
        if self._waiting is None:
            told()
        else:
            self._waiting.append(told)

    def publish(self, publications: Sequence[Publication]) -> None:
        for publication in publications if self.is_up and self._waiting is None else ():
            count = self.engine.publish(publication)
            if publication.channel != ALL:
                self.engine.clock.call_soon(self._listener.on_listeners, publication.channel, count)

    def beat(self, beat: Beat) -> None:
        if not self.is_up or self._waiting is not None:
            return
        self._beat = beat
        answer = self.engine.registry.beat(beat)
        if isinstance(answer, Answer):
            self.engine.clock.call_soon(self._listener.on_answer, answer)
        else:
            self.engine.clock.call_soon(self._listener.on_refusal, answer)

    def close(self, farewell: Sequence[Publication] = ()) -> None:
        if self.is_up and self._beat is not None:
            self.engine.registry.bye(self._beat)
            self.publish(farewell)
        self.is_up = False
        self.engine.remove(self)

    def die(self) -> None:
        """The process is gone, and says nothing."""
        self.is_up = False
        self.engine.remove(self)
