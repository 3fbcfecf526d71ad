"""The short way between workers of one machine: over real sockets, beside an engine in memory."""

import asyncio
import itertools
import select
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence

import pytest_asyncio

from omefree.contract.nodes import AnyItem, Gone, No
from omefree.exchange.bus import Bus, BusOptions
from omefree.exchange.sealing import Sealing
from omefree.exchange.siblings import Siblings, SiblingWire
from omefree.exchange.wire import ALL, channel_of
from tests.exchange.memory_wire import MemoryEngine, MemoryWire
from tests.until import until

SECRET = b"s" * 32
SMALL_BYTES = 4_096  # of a socket: the kernel makes it twice that


class EndingWire(MemoryWire):
    """A wire in memory that ends at once."""

    async def wait_closed(self) -> None:
        pass


class Worker:
    """A worker on the loop of the test. `far` is the end of its socket that its siblings write to."""

    def __init__(self, engine: MemoryEngine, tag: str) -> None:
        self.tag = tag
        self.items: list[AnyItem] = []
        self.told: list[str] = []
        own, self.far = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.far.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SMALL_BYTES)
        self.own = own
        self.siblings = Siblings(own)
        self.engine_wire = EndingWire(engine, tag)
        self.wire = SiblingWire(self.engine_wire, tag, self.siblings)
        options = BusOptions(tag, f"boot {tag}", ("video", "text"))
        loop = asyncio.get_running_loop()
        self.bus = Bus(self.wire, Sealing((SECRET,)), loop, options, lambda: 1, lambda _: None)

    async def hears(self, items: Sequence[AnyItem]) -> None:
        await until(lambda: len(self.items) >= len(items), f"{self.tag} has heard {len(items)} items")
        assert self.items == items

    async def is_told(self, what: str) -> None:
        await until(lambda: what in self.told, f"{self.tag} is told: {what}")

    async def end(self) -> None:
        self.bus.close()
        await self.wire.wait_closed()

    def on_item(self, tag: str, item: AnyItem) -> None:
        self.items.append(item)

    def on_deaf(self, tag: str) -> None:
        self.told.append(f"deaf {tag}")

    def on_heard(self, tag: str) -> None:
        self.told.append(f"heard {tag}")

    def on_away(self, tag: str) -> None:
        self.told.append(f"away {tag}")

    def on_back(self, tag: str) -> None:
        self.told.append(f"back {tag}")

    def on_dead(self, tag: str) -> None:
        self.told.append(f"dead {tag}")

    def on_reset(self, tag: str) -> None:
        self.told.append(f"reset {tag}")

    def on_leading(self, pool: str, epoch: int) -> None:
        self.told.append(f"leading {pool}")

    def on_following(self, pool: str) -> None:
        self.told.append(f"following {pool}")


Start = Callable[..., Awaitable[list[Worker]]]


@pytest_asyncio.fixture
async def start() -> AsyncIterator[Start]:
    """Starts workers that have met. Those whose tags are in `strangers` are on another machine."""
    workers: list[Worker] = []

    async def start(engine: MemoryEngine, *tags: str, strangers: str = "") -> list[Worker]:
        workers.extend(Worker(engine, tag) for tag in tags)
        for one, other in itertools.permutations(workers, 2):
            if not {one.tag, other.tag} & set(strangers):
                one.siblings.join(other.tag, other.far.dup())
        for one in workers:
            one.bus.start(one)
        await until(lambda: all(len(one.bus.peers) == len(tags) - 1 for one in workers), "they have all met")
        return workers

    yield start
    for worker in workers:
        await worker.end()
        worker.far.close()


def by_engine(engine: MemoryEngine) -> Iterator[str]:
    """The channels of all that the engine has carried."""
    return (publication.channel for publication in engine.history)


def numbered(start: int, stop: int, padding: str = "") -> list[AnyItem]:
    return [No(f"{number}{padding}") for number in range(start, stop)]


def send(sender: Worker, to: Worker, items: Sequence[AnyItem]) -> None:
    for item in items:
        sender.bus.send(to.tag, item)


async def test_what_siblings_say_to_each_other_passes_the_engine_by(start: Start) -> None:
    engine = MemoryEngine(asyncio.get_running_loop())
    a, b = await start(engine, "a", "b")
    for turn in range(20):
        send(a, b, numbered(3 * turn, 3 * turn + 3))
        send(b, a, numbered(turn, turn + 1))
        await asyncio.sleep(0)
    await b.hears(numbered(0, 60))
    await a.hears(numbered(0, 20))
    a.bus.broadcast(Gone(["x"]))
    await b.hears([*numbered(0, 60), Gone(["x"])])
    assert set(by_engine(engine)) == {ALL}


async def test_a_node_of_another_machine_is_reached_by_the_engine(start: Start) -> None:
    engine = MemoryEngine(asyncio.get_running_loop())
    a, far = await start(engine, "a", "f", strangers="f")
    send(a, far, numbered(0, 5))
    send(far, a, numbered(0, 5))
    await far.hears(numbered(0, 5))
    await a.hears(numbered(0, 5))


async def test_a_sibling_that_is_gone_is_deaf_at_once(start: Start) -> None:
    engine = MemoryEngine(asyncio.get_running_loop())
    a, b = await start(engine, "a", "b")
    send(a, b, numbered(0, 1))
    await b.hears(numbered(0, 1))
    b.bus.close()
    b.engine_wire.die()
    await b.siblings.close()
    send(a, b, numbered(1, 2))
    await a.is_told("deaf b")
    assert b.tag not in a.bus.takers


async def test_without_its_socket_a_sibling_is_reached_by_the_engine(start: Start) -> None:
    engine = MemoryEngine(asyncio.get_running_loop())
    a, b = await start(engine, "a", "b")
    send(a, b, numbered(0, 1))
    await b.hears(numbered(0, 1))
    await b.siblings.close()
    send(a, b, numbered(1, 5))
    await b.hears(numbered(0, 5))
    assert channel_of("b") in by_engine(engine)
    assert "deaf b" not in a.told


async def test_what_a_slow_sibling_has_no_room_for_waits_in_order(start: Start) -> None:
    engine = MemoryEngine(asyncio.get_running_loop())
    a, b = await start(engine, "a", "b")
    send(a, b, numbered(0, 1))
    await b.hears(numbered(0, 1))
    loop = asyncio.get_running_loop()
    loop.remove_reader(b.own)  # it stands still
    said = numbered(1, 200, "x" * 500)
    for item in said:
        a.bus.send("b", item)
        await asyncio.sleep(0)
    assert b.items == numbered(0, 1)
    b.siblings.open(lambda data: b.bus.on_arrival(channel_of("b"), data))
    await b.hears([*numbered(0, 1), *said])
    assert a.bus.figures().streams["repeated"] == 0, "nothing was lost"


async def test_whoever_ends_sends_first_what_waits(start: Start) -> None:
    engine = MemoryEngine(asyncio.get_running_loop())
    a, b = await start(engine, "a", "b")
    send(a, b, numbered(0, 1))
    await b.hears(numbered(0, 1))
    loop = asyncio.get_running_loop()
    loop.remove_reader(b.own)
    said = numbered(1, 100, "x" * 500)
    for item in said:
        a.bus.send("b", item)
        await asyncio.sleep(0)
    ending = asyncio.ensure_future(a.end())
    b.siblings.open(lambda data: b.bus.on_arrival(channel_of("b"), data))
    await ending
    await b.hears([*numbered(0, 1), *said])


async def test_whoever_ends_does_not_wait_for_a_sibling_that_stands_still(start: Start) -> None:
    engine = MemoryEngine(asyncio.get_running_loop())
    a, b = await start(engine, "a", "b")
    asyncio.get_running_loop().remove_reader(b.own)
    for item in numbered(0, 100, "x" * 500):
        a.bus.send("b", item)
        await asyncio.sleep(0)
    async with asyncio.timeout(5):
        await a.end()
    assert b.items == []


async def test_a_short_cut_from_the_engine_stops_nothing_and_beyond_the_grace_nothing_comes(start: Start) -> None:
    engine = MemoryEngine(asyncio.get_running_loop())
    a, b = await start(engine, "a", "b")
    send(a, b, numbered(0, 1))
    await b.hears(numbered(0, 1))
    b.engine_wire.cut()
    send(a, b, numbered(1, 2))
    await b.hears(numbered(0, 2))
    await b.is_told("away a")
    batches = a.bus.figures().batches
    send(a, b, numbered(2, 3))
    await until(lambda: a.bus.figures().batches > batches, "it is sent")
    await until(lambda: not select.select([b.own], [], [], 0)[0], "it is read")
    b.engine_wire.join()
    await b.hears(numbered(0, 3))
    assert a.bus.figures().streams["repeated"] == 1, "it had not taken what a node said that it held to be away"


async def test_what_is_not_sealed_is_dropped_and_counted(start: Start) -> None:
    engine = MemoryEngine(asyncio.get_running_loop())
    a, b = await start(engine, "a", "b")
    b.far.send(b"x" * 100)
    b.far.send(b"y")
    await until(lambda: b.bus.figures().dropped == {"undecipherable": 1, "unreadable": 1}, "it has dropped both")
    send(a, b, numbered(0, 1))
    await b.hears(numbered(0, 1))


async def test_a_worker_that_is_left_alone_does_not_spin() -> None:
    engine = MemoryEngine(asyncio.get_running_loop())
    heard: list[bytes] = []
    worker = Worker(engine, "a")
    worker.siblings.open(heard.append)
    worker.far.send(b"last")
    worker.far.close()
    await until(lambda: heard == [b"last"], "it has heard the last word")
    assert not asyncio.get_running_loop().remove_reader(worker.own), "it reads no more"
    await worker.siblings.close()
