"""Several whole servers in a test that are one chat: over an engine in memory, on one fake clock."""

from __future__ import annotations

from functools import partial
from itertools import count

from omefree.chat.remote_chats import RemoteChats
from omefree.contract.limits import RESUME_WINDOW_CHAT_S
from omefree.exchange.bus import Bus, BusOptions
from omefree.exchange.cluster import POOLS, Cluster
from omefree.exchange.sealing import Sealing
from omefree.matching.lobby import Lobby
from tests.chat.fake_chat import BY_TEXT, Client, FakeChat, Reply
from tests.clock import FakeClock
from tests.exchange.memory_wire import MemoryEngine, MemoryWire, ProcessClock

SECRET = b"s" * 32
boots = count()


class Node(FakeChat):
    """One server. `stop`, `go_on` and `die` are its faults; those of its connection are its wire's."""

    def __init__(self, tag: str, clock: FakeClock, engine: MemoryEngine, *, may_lead: bool = True) -> None:
        self.tag = tag
        self.process = ProcessClock(clock)
        self.wire = MemoryWire(engine, tag)
        options = BusOptions(tag, f"boot{next(boots)}", POOLS, may_lead=may_lead, lost_s=RESUME_WINDOW_CHAT_S)
        self.bus = Bus(self.wire, Sealing([SECRET]), self.process, options, self._online, lambda word: None)
        super().__init__(node=tag, clock=clock, exchange=self._cluster)
        self.chats = RemoteChats(clock, self.engine.alarms, self.bus, self.cluster, self.presence)
        self.cluster.start(self.chats)

    def _cluster(self, fake_chat: FakeChat) -> Cluster:
        new_lobby = partial(Lobby, lambda n: 0, 0.0)
        self.cluster = Cluster(self.tag, self.bus, self.process, new_lobby, fake_chat.gate.share)
        return self.cluster

    def _online(self) -> int:
        return self.presence.counter.count

    @property
    def leads(self) -> bool:
        return "text" in self.cluster.leads

    def stop(self) -> None:
        """As SIGSTOP does."""
        self.process.stop()
        self.wire.stall()

    def go_on(self) -> None:
        """As SIGCONT does: what has come is read before the timers."""
        self.wire.go_on()
        self.process.go_on()

    def die(self) -> None:
        """As SIGKILL does: nobody is told."""
        self.stop()
        self.wire.die()


class Nodes:
    """Nodes on one engine. The first to beat leads both pools."""

    def __init__(self, tags: str = "ab") -> None:
        self.clock = FakeClock()
        self.engine = MemoryEngine(self.clock)
        self.nodes = [Node(tag, self.clock, self.engine) for tag in tags]
        self.clock.advance(1.5)

    def __getitem__(self, number: int) -> Node:
        return self.nodes[number]

    @property
    def leader(self) -> Node:
        [leader] = [node for node in self.nodes if node.leads]
        return leader

    def start_again(self, number: int) -> None:
        """A new process in the place of one that has died."""
        self.nodes[number] = Node(self[number].tag, self.clock, self.engine)

    def pair(self, one: int = 0, two: int = 1, criteria: Reply = BY_TEXT) -> tuple[Client, Client]:
        """Two who chat, each having heard all that led there."""
        a, b = self[one].arrive(), self[two].arrive()
        self.introduce(a, b, criteria)
        return a, b

    def introduce(self, a: Client, b: Client, criteria: Reply = BY_TEXT) -> None:
        for client in (a, b):
            assert client.emit("find", criteria) == {"ok": True}
        self.clock.advance()
        assert a.chat == b.chat != ""
        a.hears()
        b.hears()
