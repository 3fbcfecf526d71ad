"""Many visitors of several nodes, who search, talk and go on: half of them sealed, a third by long-polling.

Their pace is a load, not a wait for anything: what a test waits for is asked of the history.
"""

from __future__ import annotations

import asyncio
import itertools
import random
import socket
from collections import Counter
from collections.abc import Callable, Coroutine, Mapping
from functools import partial
from typing import Protocol, TypeAlias

from omefree.client import Ended, Matched, Online, Text, Visitor
from omefree.client.websocket import WebSocket
from omefree.errors import Closed, ConnectError, NoChat, Refused
from omefree.load.polling import Polling
from tests.cluster.history import History, Read, Shown, Wrote
from tests.cluster.plain import PlainVisitor
from tests.cluster.tap import Tap, digest
from tests.until import lasting

URL = "http://127.0.0.1"  # no port is asked for it: every connection is led to a node
TOPICS = ("jazz", "chess", "cinema", "tea", "go", "rust")
PATIENCE_S = 0.3
COMES_AGAIN_S = 0.3  # whoever is not let in

AnyVisitor: TypeAlias = Visitor | PlainVisitor


MOVING = b'42["moving",{"after_s":0}]'


class Door(Protocol):
    """A node as a load balancer knows it."""

    @property
    def port(self) -> int: ...


class Pace:
    """How the crowd talks. `life_s`: a chat's life, from and to. `every_s`: between two texts of one visitor."""

    def __init__(self, life_s: tuple[float, float] = (0.5, 3.0), every_s: float = 0.15, letters: int = 20) -> None:
        self.life_s = life_s
        self.every_s = every_s
        self.padding = "." * letters


class Guest:
    """A visitor and what it does. It keeps to its node as long as that is in service, as behind a load balancer."""

    def __init__(self, crowd: Crowd, number: int, *, is_sealed: bool, polls: bool) -> None:
        self.node = ""
        self.online = 0
        self._crowd = crowd
        self._number = number
        self._is_sealed = is_sealed
        self._polls = polls
        self._visitor: AnyVisitor | None = None
        self._transport: Tap | None = None
        self._links = itertools.count(1)

    async def visit(self) -> None:
        """Comes, and stays until it is told to leave."""
        while True:
            try:
                async with self._new_visitor() as visitor:
                    self._visitor = visitor
                    await self._live(visitor)
            except ConnectError:
                await lasting(self._crowd.chance.uniform(0.5, 1.5) * COMES_AGAIN_S)
            except Closed:
                return

    def break_link(self) -> None:
        """Its connection breaks, as if the network had cut it."""
        if self._transport is not None:
            self._transport.abort()

    def move(self, node: str) -> None:
        """It opens a second connection, to this node, while the first stands: as if the server had told it to move."""
        self.node = node
        if self._transport is not None:
            self._transport.pretend(MOVING)

    def come_back_at(self, node: str) -> None:
        """Its connection breaks, and it comes back to this node."""
        self.node = node
        self.break_link()

    async def leave(self) -> None:
        if self._visitor is not None:
            await self._visitor.close()

    async def lose_patience(self) -> None:
        """Ends its search, if it is in one, and begins another."""
        visitor = self._visitor
        if isinstance(visitor, Visitor) and visitor.chat is None:
            await visitor.leave()
            await self._search(visitor)

    async def _live(self, visitor: AnyVisitor) -> None:
        await self._search(visitor)
        while True:
            match await visitor.next_event():
                case Matched(chat=chat):
                    self._crowd.spawn(self._talk(visitor, chat))
                case Ended():
                    await self._search(visitor)
                case Text(chat=chat, n=n, text=text) if self._is_sealed:
                    history = self._crowd.history
                    history.add(Read(history.clock(), self._number, chat, n, int(text.rpartition(" ")[2])))
                case Text(chat=chat, text=text):
                    self._crowd.history.add(
                        Shown(self._crowd.history.clock(), self._number, chat, digest("message", text))
                    )
                case Online(count=count):
                    self.online = count
                case _:
                    pass

    async def _search(self, visitor: AnyVisitor) -> None:
        """Searches; once more if its node answers nothing for a while."""
        chance = self._crowd.chance
        topics = chance.sample(TOPICS, chance.choice((0, 0, 1, 2)))
        while True:
            try:
                return await visitor.find("text", topics, patience_s=PATIENCE_S)
            except Refused as refused:
                if refused.code != "slow":
                    raise

    async def _talk(self, visitor: AnyVisitor, chat: str) -> None:
        """Says numbered texts, and goes on when the chat has had its time."""
        crowd, loop = self._crowd, asyncio.get_running_loop()
        ends_at = loop.time() + crowd.chance.uniform(*crowd.pace.life_s)
        for number in itertools.count():
            await lasting(crowd.chance.uniform(0.2, 1.8) * crowd.pace.every_s)
            if visitor.chat != chat or crowd.is_calm:
                return
            if loop.time() > ends_at:
                await self._search(visitor)
                return
            visitor.say(f"{crowd.pace.padding} {self._number} {number}")
            if self._is_sealed:
                crowd.history.add(Wrote(crowd.history.clock(), self._number, chat, number))

    # --- its connections

    def _new_visitor(self) -> AnyVisitor:
        return Visitor(URL, make_transport=self._tap) if self._is_sealed else PlainVisitor(URL, self._tap)

    def _tap(self, heard: Callable[[bytes], None], gone: Callable[[Exception | None], None]) -> Tap:
        route = Route(self)
        self._transport = Tap(
            heard,
            gone,
            inner=partial(Polling if self._polls else WebSocket, dial=route.dial),
            history=self._crowd.history,
            who=self._number,
            pool="sealed" if self._is_sealed else "plain",
            links=self._links,
        )
        return self._transport

    @property
    def doors(self) -> Mapping[str, Door]:
        return self._crowd.doors

    def choose(self) -> str:
        """The node of a new connection: the one with the fewest visitors, if this one has none yet.

        Raises OSError if no node takes anybody.
        """
        if not self.doors:
            raise ConnectionRefusedError
        if self.node not in self.doors:
            here = Counter(guest.node for guest in self._crowd.guests)
            self.node = min(sorted(self.doors), key=lambda tag: here[tag])
        return self.node


class Route:
    """All TCP connections of one transport lead to one process, also when newcomers are no longer sent there."""

    def __init__(self, guest: Guest) -> None:
        self._guest = guest
        self._port = 0

    async def dial(self) -> socket.socket:
        if not self._port:
            self._port = self._guest.doors[self._guest.choose()].port
        sock = socket.socket()
        sock.setblocking(False)
        try:
            await asyncio.get_running_loop().sock_connect(sock, ("127.0.0.1", self._port))
        except BaseException:
            sock.close()
            raise
        return sock


class Crowd:
    """`doors`: the nodes in service, by name; it may change at any time. `is_calm`: nobody talks or goes on."""

    def __init__(self, doors: Mapping[str, Door], history: History, seed: int, pace: Pace) -> None:
        self.doors = doors
        self.history = history
        self.chance = random.Random(seed)
        self.pace = pace
        self.is_calm = False
        self.guests: list[Guest] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self._mistakes: list[BaseException] = []

    def come(self, count: int) -> None:
        """So many more come."""
        for _ in range(count):
            number = len(self.guests)
            self.guests.append(Guest(self, number, is_sealed=number % 4 < 2, polls=number % 3 == 0))
            self.spawn(self.guests[-1].visit())

    async def leave(self) -> None:
        """All leave. Raises what went wrong in one of them."""
        await asyncio.gather(*(guest.leave() for guest in self.guests))
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self.complain()

    def complain(self) -> None:
        """Raises what went wrong in one of them, if anything has."""
        if self._mistakes:
            raise self._mistakes[0]

    def lose_patience(self) -> None:
        """Those who search begin anew."""
        for guest in self.guests:
            self.spawn(guest.lose_patience())

    def break_links(self, count: int) -> None:
        """So many of them lose their connection."""
        for guest in self.chance.sample(self.guests, count):
            guest.break_link()

    def spawn(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if task.cancelled():
            return
        mistake = task.exception()
        if mistake is not None and not isinstance(mistake, Closed | NoChat):
            self._mistakes.append(mistake)
