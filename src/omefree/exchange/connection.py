"""One life of the connection to an engine, from its subscriptions to its first fault.

line.py has a connection to one server, servers.py says which servers there are.
"""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from omefree.errors import EngineError, NoRespError
from omefree.exchange.address import Address
from omefree.exchange.line import Line
from omefree.exchange.registry import KEYS, command, read_answer
from omefree.exchange.servers import Place, Servers, find
from omefree.exchange.wire import ALL, BARRED, BEAT_S, Answer, Beat, Publication, Refusal, WireListener, channel_of
from omefree.nodes.roster import LEASE_S

CONNECT_S = 3.0  # to find the servers, connect and try
LATE_S = 0.02
NEEDED = {"valkey": 8, "redis": 7}  # the first version with sharded pub/sub; Valkey 7.2 calls itself Redis 7.2
BROKEN = (EngineError, OSError, TimeoutError)


class Connection:
    """It has a line to each server: one, or the primaries of a Cluster."""

    def __init__(self, address: Address, tag: str, servers: Servers) -> None:
        self._address = address
        self._channel = channel_of(tag)
        self._servers = servers
        self._lines: dict[Place, Line] = {}
        self._listener: WireListener | None = None
        self._beats: asyncio.Queue[Beat] = asyncio.Queue()
        self._by_channel: dict[str, Line] = {}

    @classmethod
    async def open(cls, address: Address, tag: str) -> "Connection":
        """Finds the servers, for the node `tag`. Raises EngineError, OSError, TimeoutError."""
        async with asyncio.timeout(CONNECT_S):
            connection = cls(address, tag, await find(address))
            try:
                await connection._open_lines()
                await connection._try_rights()
            except BaseException:
                connection.close()
                raise
        return connection

    def close(self) -> None:
        """Ends all lines at once."""
        for line in self._lines.values():
            line.cut()

    async def _open_lines(self) -> None:
        for place in self._servers.places:
            line = await Line.open(self._address, place, self._on_arrival, self._on_listeners, self._on_full)
            self._lines[place] = line
            _look(self._address, await line.greet(self._address.user, self._address.password))

    async def _try_rights(self) -> None:
        """Says nothing to nobody, which must be allowed on both kinds of channels. Raises EngineError."""
        await self._line(self._channel).ask("SPUBLISH", f"{self._channel}:trial", b"")
        await self._line(self._channel).ask("PUBLISH", f"{ALL}:trial", b"")

    def _line(self, key: str) -> Line:
        """The line to the server that has this key or channel."""
        if key not in self._by_channel:
            self._by_channel[key] = self._lines[self._servers.place(key)]
        return self._by_channel[key]

    async def warnings(self) -> list[str]:
        """What is not as it should be, but works."""
        try:
            found = await self._line(KEYS[0]).ask("CONFIG", "GET", "save", "appendonly")
        except EngineError:  # many who rent out an engine forbid it
            return ["whether it writes to a disk is not known, as it does not tell its settings"]
        persistent = bool(found.get(b"save")) or found.get(b"appendonly") == b"yes"
        advice = 'it writes to its disk (save, appendonly); nodes need none of it: set `save ""` and `appendonly no`'
        return [advice] if persistent else []

    async def enter(self, beat: Beat) -> None:
        """Listens, and takes the first lease. Raises EngineError, OSError, TimeoutError.

        If a node of our tag has just died, its lease is waited for.
        """
        loop = asyncio.get_running_loop()
        give_up = loop.time() + LEASE_S + BEAT_S / 2
        while not isinstance(said := await self.ask(beat, "look"), Answer):
            if said != "taken" or loop.time() > give_up:
                raise EngineError(said, beat.tag)
            await asyncio.sleep(BEAT_S / 4)
        await self.subscribe()
        if not isinstance(said := await self.ask(beat), Answer):
            raise EngineError(said, beat.tag)

    async def subscribe(self) -> None:
        """Listens on the node's channel and on ALL. Raises EngineError, OSError."""
        line = self._line(self._channel)
        await asyncio.gather(line.ask("SSUBSCRIBE", self._channel), line.ask("SUBSCRIBE", ALL))

    async def admit(self, beat: Beat) -> Refusal | None:
        """Listens again, if the registry would still have us. Raises EngineError, OSError, TimeoutError."""
        said = await self._asked(beat, "look")
        if not isinstance(said, Answer) and said in BARRED:
            return said
        await self.subscribe()
        return None

    async def ask(self, beat: Beat, what: str = "beat") -> Answer | Refusal:
        """Lets the registry take a beat or a `bye`, or `look` at one. Raises EngineError, OSError, TimeoutError."""
        return read_answer(await in_time(self._line(KEYS[0]).ask(*command(beat, what))))

    async def ping(self) -> None:
        """Returns when the servers have taken all that was written. Raises EngineError, OSError, TimeoutError."""
        for pong in [line.ask("PING") for line in self._lines.values()]:
            await in_time(pong)

    # --- while it lives ---

    def publish(self, publications: Sequence[Publication]) -> None:
        """Writes these, by server."""
        if len(self._lines) == 1:
            self._line(KEYS[0]).publish(publications)
            return
        by_line: dict[Line, list[Publication]] = {}
        for each in publications:
            by_line.setdefault(self._line(each.channel), []).append(each)
        for line, its in by_line.items():
            line.publish(its)

    def beat(self, beat: Beat) -> None:
        """Leaves a beat for the registry."""
        self._beats.put_nowait(beat)

    async def serve(self, listener: WireListener) -> None:
        """Carries everything both ways until the first fault."""
        self._listener = listener
        asking = asyncio.create_task(self._ask(listener))
        try:
            await asyncio.wait([asking, *(line.lost for line in self._lines.values())], return_when="FIRST_COMPLETED")
        finally:
            self._listener = None
            asking.cancel()
            with suppress(asyncio.CancelledError, *BROKEN):
                await asking

    async def _ask(self, listener: WireListener) -> None:
        while True:
            beat = await self._beats.get()
            pings = [line.ask("PING") for line in self._lines.values() if line is not self._line(KEYS[0])]
            said = await self._asked(beat)
            for ping in pings:
                await in_time(ping)
            if isinstance(said, Answer):
                listener.on_answer(said)
                continue
            listener.on_refusal(said)
            if said in BARRED:
                return

    async def _asked(self, beat: Beat, what: str = "beat") -> Answer | Refusal:
        """As `ask`; a fault that a new connection would not heal is a refusal."""
        try:
            return await self.ask(beat, what)
        except EngineError as error:
            if error.fault == "full" or error.fault == "no_rights":
                return error.fault
            raise

    def _on_arrival(self, channel: str, data: bytes) -> None:
        if self._listener is not None:
            self._listener.on_arrival(channel, data)

    def _on_full(self) -> None:
        if self._listener is not None:
            self._listener.on_full(is_full=any(line.is_full for line in self._lines.values()))

    def _on_listeners(self, channel: str, count: int) -> None:
        if self._listener is not None:
            self._listener.on_listeners(channel, count)


async def in_time(asked: asyncio.Future[Any]) -> Any:
    """The reply within BEAT_S. Raises TimeoutError, and what the future raises.

    If this process was stopped meanwhile, what has come is read before it is judged.
    """
    await asyncio.wait([asked], timeout=BEAT_S)
    if not asked.done():
        await asyncio.sleep(LATE_S)
    if not asked.done():
        asked.cancel()
        raise TimeoutError
    return asked.result()


def _look(address: Address, hello: dict[bytes, Any]) -> None:
    """Raises EngineError if this server can never serve nodes, by what it says of itself."""
    if not hello.keys() >= {b"server", b"version", b"mode", b"role"}:
        raise NoRespError
    server, version = hello[b"server"].decode(), hello[b"version"].decode()
    if int(version.split(".")[0]) < NEEDED.get(server, NEEDED["redis"]):
        raise EngineError("old", f"{server.title()} {version}")
    if address.kind != "cluster" and hello[b"mode"] == b"cluster":
        raise EngineError("in_cluster")
    if hello[b"role"] != b"master":
        raise EngineError("read_only")
