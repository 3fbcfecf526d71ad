"""A wire over Valkey 8 or Redis 7, and later: sharded pub/sub for batches, one script for leases and leaderships.

This file and servers.py alone import the client library, redis-py. Nothing here waits in a visitor's way: `publish` and
`beat` only leave something for the tasks of the connection.
"""

import asyncio
import logging
import random
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from importlib.resources import files
from typing import Any

from redis.exceptions import ConnectionError as LostError
from redis.exceptions import ResponseError

from omefree.errors import StartError
from omefree.exchange.address import Address
from omefree.exchange.faults import Fault, sentence
from omefree.exchange.servers import ANSWER_S, BROKEN, CONNECT_S, Client, Servers, fault_of
from omefree.exchange.wire import (
    ALL,
    BEAT_S,
    Answer,
    Beat,
    Leader,
    Publication,
    Refusal,
    WireListener,
    channel_of,
)
from omefree.nodes.roster import LEASE_S

KEYS = ("of:{r}:nodes", "of:{r}:lead", "of:{r}:born")  # one slot of a Cluster, and all that is ever written
QUEUE_BYTES = 4_000_000  # on their way to the engine: with more, the wire is full
BACKOFF_S = (0.05, 0.5)  # the first pause before connecting again, and the longest
NEEDED = {"valkey": 8, "redis": 7}  # the first version with sharded pub/sub; Valkey 7.2 calls itself Redis 7.2
SCRIPT = files("omefree.exchange").joinpath("registry.lua").read_text()

_log = logging.getLogger(__name__)


class Refused(Exception):
    """The engine or the registry refuses what was asked."""

    def __init__(self, fault: Fault, detail: str = "") -> None:
        super().__init__(fault)
        self.fault: Fault = fault
        self.detail = detail


async def connect(address: Address, beat: Beat) -> "ValkeyWire":
    """A wire that hears our channel and has its lease. Raises StartError with one sentence if that cannot be."""
    with telling(address):
        first = await Connection.open(address, beat.tag)
        try:
            await first.enter(beat)
        except BaseException:
            await first.close()
            raise
    return ValkeyWire(address, beat, first)


async def check(address: Address, beat: Beat) -> list[str]:
    """What to know of the engine before a start, a sentence each. Raises StartError if this node could not join.

    The node may be running meanwhile: `beat` has a tag that nobody else has.
    """
    with telling(address):
        connection = await Connection.open(address, beat.tag)
        try:
            answer = await connection.ask(beat, "look")
            if not isinstance(answer, Answer):
                raise Refused(answer)
            return [f"exchange: {address}: {warning}" for warning in await connection.warnings()]
        finally:
            await connection.close()


@contextmanager
def telling(address: Address) -> Iterator[None]:
    """Raises StartError, with one sentence for the operator, in place of what goes wrong with the engine."""
    try:
        yield
    except Refused as refused:
        raise StartError(sentence(address, refused.fault, refused.detail)) from None
    except BROKEN as error:
        raise StartError(sentence(address, fault_of(error), type(error).__name__)) from None


class Connection:
    """One life of the connection to the engine, from its subscriptions to its first fault."""

    def __init__(self, servers: Servers, tag: str) -> None:
        self._servers = servers
        self._channel = channel_of(tag)
        self._registry = servers.client(KEYS[0])
        self._hearing = servers.client(self._channel).pubsub()
        self._queue: list[Publication] = []
        self._wanted = asyncio.Event()
        self._beats: asyncio.Queue[Beat] = asyncio.Queue()
        self._waits_for_pong = False
        self._bytes = 0  # queued, or on their way

    @classmethod
    async def open(cls, address: Address, tag: str) -> "Connection":
        """Finds the servers, and listens for a node. Raises Refused, or what the library raises."""
        servers = Servers(address)
        try:
            async with asyncio.timeout(2 * CONNECT_S):
                await servers.find()
                connection = cls(servers, tag)
                await connection._look(address)
                await connection._try_rights()
                await connection._subscribe()
        except BaseException:
            await servers.close()
            raise
        return connection

    async def close(self) -> None:
        """Closes all that it holds."""
        with suppress(*BROKEN):
            await self._hearing.aclose()
        await self._servers.close()

    async def _look(self, address: Address) -> None:
        """Raises Refused if this server can never serve nodes."""
        hello = await self._registry.execute_command("HELLO", "3")
        server, version = hello[b"server"].decode(), hello[b"version"].decode()
        if int(version.split(".")[0]) < NEEDED.get(server, NEEDED["redis"]):
            raise Refused("old", f"{server.title()} {version}")
        if address.kind != "cluster" and hello[b"mode"] == b"cluster":
            raise Refused("in_cluster")
        if hello[b"role"] != b"master":
            raise Refused("read_only")

    async def _try_rights(self) -> None:
        """Says nothing to nobody, which must be allowed on both kinds of channels. Raises what the library raises."""
        await self._servers.client(self._channel).execute_command("SPUBLISH", f"{self._channel}:trial", b"")
        await self._registry.execute_command("PUBLISH", f"{ALL}:trial", b"")

    async def _subscribe(self) -> None:
        await self._hearing.ssubscribe(self._channel)
        await self._hearing.subscribe(ALL)
        for _ in range(2):
            if await self._hearing.parse_response(block=False, timeout=CONNECT_S) is None:
                raise TimeoutError

    async def warnings(self) -> list[str]:
        """What is not as it should be, but works."""
        try:
            found = await self._registry.execute_command("CONFIG", "GET", "save", "appendonly")
        except ResponseError:  # many who rent out an engine forbid it
            return ["whether it writes to a disk is not known, as it does not tell its settings"]
        persistent = bool(found.get(b"save")) or found.get(b"appendonly") == b"yes"
        advice = 'it writes to its disk (save, appendonly); nodes need none of it: set `save ""` and `appendonly no`'
        return [advice] if persistent else []

    async def enter(self, beat: Beat) -> None:
        """Takes the first lease. Raises Refused. If a node of our tag has just died, its lease is waited for."""
        loop = asyncio.get_running_loop()
        give_up = loop.time() + LEASE_S + BEAT_S / 2
        while not isinstance(answer := await self.ask(beat), Answer):
            if answer != "taken" or loop.time() > give_up:
                raise Refused(answer, beat.tag)
            await asyncio.sleep(BEAT_S / 4)

    async def ask(self, beat: Beat, what: str = "beat") -> Answer | Refusal:
        """Lets the registry take a beat, or a `bye`. Raises what the library raises."""
        arguments: list[str | int] = [what, beat.tag, beat.boot, beat.version, int(beat.may_lead), beat.online]
        arguments += [",".join(beat.secrets), int(LEASE_S * 1000)]
        for pool, seen in beat.seen.items():
            arguments += [pool, seen]
        said = await self._registry.execute_command("EVAL", SCRIPT, len(KEYS), *KEYS, *arguments)
        return read_answer(said)

    # --- while it lives ---

    def publish(self, publications: Sequence[Publication]) -> None:
        """Leaves these for the next pipeline."""
        self._queue += publications
        self._bytes += sum(len(each.data) for each in publications)
        self._wanted.set()

    def beat(self, beat: Beat) -> None:
        """Leaves a beat for the registry."""
        self._beats.put_nowait(beat)

    @property
    def is_full(self) -> bool:
        """Whether too much waits for the engine."""
        return self._bytes >= QUEUE_BYTES

    async def serve(self, listener: WireListener) -> None:
        """Carries everything both ways until the first fault."""
        try:
            async with asyncio.TaskGroup() as tasks:
                for work in (self._hear, self._write, self._ask):
                    tasks.create_task(work(listener))
        except* BROKEN:
            pass
        except* Exception as bugs:
            _log.error("the connection is made anew after %s", type(bugs.exceptions[0]).__name__)

    async def flush(self) -> None:
        """Writes what is still queued."""
        await self._publish_queue()

    async def _hear(self, listener: WireListener) -> None:
        while True:
            said = await self._hearing.parse_response(block=True)
            if not isinstance(said, list):
                self._waits_for_pong = False
            elif said[0] in (b"message", b"smessage"):
                listener.on_arrival(said[1].decode(), said[2])
            elif said[0] == b"sunsubscribe":  # our slot has moved to another server of the Cluster
                raise LostError("moved")

    async def _write(self, listener: WireListener) -> None:
        while True:
            await self._wanted.wait()
            for publication, reply in await self._publish_queue():
                if not isinstance(reply, int):
                    raise reply
                if publication.channel != ALL:
                    listener.on_listeners(publication.channel, reply)

    async def _publish_queue(self) -> list[tuple[Publication, Any]]:
        """Each with how many listened, or the error."""
        self._wanted.clear()
        queue, self._queue = self._queue, []
        by_client: dict[Client, list[Publication]] = {}
        for publication in queue:
            by_client.setdefault(self._servers.client(publication.channel), []).append(publication)
        async with asyncio.timeout(ANSWER_S):
            replies = await asyncio.gather(*(pipelined(client, its) for client, its in by_client.items()))
        self._bytes -= sum(len(each.data) for each in queue)
        return [
            pair for its, said in zip(by_client.values(), replies, strict=True) for pair in zip(its, said, strict=True)
        ]

    async def _ask(self, listener: WireListener) -> None:
        while True:
            beat = await self._beats.get()
            if self._waits_for_pong:
                raise TimeoutError
            self._waits_for_pong = True
            async with asyncio.timeout(BEAT_S):
                await self._hearing.ping()
                self._tell(await self._asked(beat), listener)

    async def _asked(self, beat: Beat) -> Answer | Refusal:
        """As `ask`; a fault that a new connection would not heal is a refusal."""
        try:
            return await self.ask(beat)
        except ResponseError as error:
            match fault_of(error):
                case "full" | "no_rights" as fault:
                    return fault
                case _:
                    raise

    def _tell(self, said: Answer | Refusal, listener: WireListener) -> None:
        if isinstance(said, Answer):
            listener.on_answer(said)
        else:
            listener.on_refusal(said)


async def pipelined(client: Client, publications: Sequence[Publication]) -> list[Any]:
    """Publishes these in one write, and returns the reply or the error of each."""
    pipeline = client.pipeline(transaction=False)
    for each in publications:
        pipeline.execute_command("PUBLISH" if each.channel == ALL else "SPUBLISH", each.channel, each.data)
    return list(await pipeline.execute(raise_on_error=False))


def read_answer(said: list[Any]) -> Answer | Refusal:
    """Reads what registry.lua returned."""
    match said:
        case [b"ok", age_ms, online, nodes, leaders]:
            texts, led = [each.decode() for each in nodes], [each.decode() for each in leaders]
            return Answer(
                dict(zip(texts[::2], texts[1::2], strict=True)),
                online,
                {
                    pool: Leader(tag, int(epoch))
                    for pool, tag, epoch in zip(led[::3], led[1::3], led[2::3], strict=True)
                },
                age_ms / 1000,
            )
        case [b"taken"]:
            return "taken"
        case [b"secret"]:
            return "secret"
        case [b"version"]:
            return "version"
        case _:
            return "engine"


class ValkeyWire:
    """A Wire (wire.py). `connect` makes one."""

    def __init__(self, address: Address, beat: Beat, first: Connection) -> None:
        self._address = address
        self._last_beat = beat
        self._connection: Connection | None = first
        self._listener: WireListener
        self._living: asyncio.Task[None] | None = None
        self._ending: asyncio.Task[None] | None = None

    def listen(self, listener: WireListener) -> None:
        """Tells this listener from now on, and connects again whenever that is needed."""
        self._listener = listener
        self._living = asyncio.get_running_loop().create_task(self._live())

    def publish(self, publications: Sequence[Publication]) -> None:
        """Sends these in one write, in this order. Without a connection they are lost."""
        if self._connection is not None:
            self._connection.publish(publications)

    def beat(self, beat: Beat) -> None:
        """Renews the lease. If no answer comes within BEAT_S, the connection is cut and made anew."""
        self._last_beat = beat
        if self._connection is not None:
            self._connection.beat(beat)

    @property
    def is_full(self) -> bool:
        """Whether the engine takes bytes more slowly than we send them."""
        return self._connection is not None and self._connection.is_full

    def close(self) -> None:
        """Sends what is queued, gives back lease and leaderships, and stops. `wait_closed` waits for that."""
        if self._ending is None:
            self._ending = asyncio.get_running_loop().create_task(self._end())

    async def wait_closed(self) -> None:
        """Returns when all is closed, after BEAT_S at the latest."""
        if self._ending is not None:
            await self._ending

    async def _live(self) -> None:
        pause_s, longest_s = BACKOFF_S
        while True:
            if self._connection is not None:
                pause_s = BACKOFF_S[0]
                self._listener.on_up()
                try:
                    await self._connection.serve(self._listener)
                finally:
                    lost, self._connection = self._connection, None
                    await lost.close()
                self._listener.on_down()
            await asyncio.sleep(pause_s * random.uniform(0.5, 1.5))
            pause_s = min(2 * pause_s, longest_s)
            self._connection = await self._reconnect()

    async def _reconnect(self) -> Connection | None:
        try:
            return await Connection.open(self._address, self._last_beat.tag)
        except (Refused, *BROKEN):
            return None

    async def _end(self) -> None:
        connection = self._connection
        if connection is not None:
            with suppress(Refused, *BROKEN):
                async with asyncio.timeout(BEAT_S):
                    await connection.flush()
                    await connection.ask(self._last_beat, "bye")
        if self._living is not None:
            self._living.cancel()
            await asyncio.wait([self._living])
