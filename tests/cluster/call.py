"""One connection of a visitor, opened by hand: at which node, and with which token, the test says."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import socket
from collections.abc import Mapping, Sequence
from functools import partial
from typing import TypeVar

from omefree.client.address import read_address
from omefree.client.link import Link, question_of
from omefree.client.packets import MaybeReply
from omefree.client.websocket import WebSocket
from omefree.contract import events
from omefree.errors import ConnectError
from omefree.load.polling import Polling
from tests.cluster.crowd import Door
from tests.until import until

Event = TypeVar("Event", bound=events.ServerEvent)
GUARD_S = 20.0  # no test measures time: this only ends one that hangs
SEARCH = events.Find(events.Criteria("text", patience_s=0))


class Call:
    """`heard` is all that has come. `host`: the address that it comes from, on this machine."""

    def __init__(self, door: Door, *, polls: bool = False, host: str = "127.0.0.1") -> None:
        self.heard: list[events.ServerEvent] = []
        self.is_over = False
        self._port = door.port
        self._host = host
        transport = partial(Polling if polls else WebSocket, dial=self._dial)
        self._link = Link(self.heard.append, self._ended, transport)

    async def open(self, token: str | None = None) -> Call:
        """Returns when `welcome` has come. Raises ConnectError."""
        try:
            await self._link.open(read_address(f"http://127.0.0.1:{self._port}"), None, token)
        except BaseException:
            self.is_over = True
            raise
        return self

    @property
    def welcome(self) -> events.WelcomeArgs:
        return next(event.args for event in self.heard if isinstance(event, events.Welcome))

    @property
    def token(self) -> str:
        return self.welcome.resume

    @property
    def node(self) -> str:
        """The node that it is at."""
        return self.token.partition(".")[0]

    def all_of(self, kind: type[Event]) -> list[Event]:
        return [event for event in self.heard if isinstance(event, kind)]

    async def hears(self, kind: type[Event], times: int = 1) -> Event:
        """The event of this kind that is the last of so many."""
        await until(lambda: len(self.all_of(kind)) >= times, f"{kind.__name__} came: {self.heard}", GUARD_S)
        return self.all_of(kind)[times - 1]

    @property
    def online(self) -> int:
        """How many are here, as it was last told."""
        told = self.all_of(events.Online)
        return told[-1].count if told else self.welcome.online

    def ask_soon(self, event: events.VisitorEvent) -> asyncio.Future[MaybeReply]:
        """Sends the event. The result is the reply; None if the connection ends first."""
        question = question_of(event)
        self._link.ask(question)
        return question.answer

    async def ask(self, event: events.VisitorEvent) -> MaybeReply:
        """As `ask_soon`."""
        return await self.ask_soon(event)

    async def asks(self, event: events.VisitorEvent) -> str:
        """The code of the reply: an empty one if it is no refusal."""
        reply = await self.ask(event)
        assert reply is not None, f"the connection has ended: {self.heard}"
        return "" if reply.ok else reply.code

    async def finds(self) -> None:
        assert (code := await self.asks(SEARCH)) == "", code

    @property
    def chat(self) -> str:
        """The chat that it was last told of, if any."""
        told = self.all_of(events.Matched)
        return told[-1].args.chat if told else ""

    async def matched(self, after: str = "") -> str:
        """The chat that it is told of after that one."""
        await until(lambda: self.chat not in ("", after), f"it is matched: {self.heard}", GUARD_S)
        return self.chat

    def texts(self) -> list[str]:
        """All that the partner has said."""
        return [event.data for event in self.all_of(events.Message)]

    def break_link(self) -> None:
        """The connection breaks, as if the network had cut it."""
        self._link.drop()
        self.is_over = True

    async def leave(self) -> None:
        await self._link.leave()
        self.is_over = True

    def _ended(self, fault: Exception | None) -> None:
        assert fault is None
        self.is_over = True

    async def _dial(self) -> socket.socket:
        sock = socket.socket()
        sock.setblocking(False)
        try:
            sock.bind((self._host, 0))
            await asyncio.get_running_loop().sock_connect(sock, ("127.0.0.1", self._port))
        except BaseException:
            sock.close()
            raise
        return sock


class People:
    """All visitors of a test, at these nodes. They leave at its end, also if it has failed."""

    def __init__(self, doors: Mapping[str, Door]) -> None:
        self._doors = doors
        self._calls: list[Call] = []

    async def come(self, tag: str, token: str | None = None, *, polls: bool = False, host: str = "127.0.0.1") -> Call:
        """A connection to a node. Raises ConnectError."""
        self._calls.append(call := Call(self._doors[tag], polls=polls, host=host))
        return await call.open(token)

    async def try_to_come(self, tag: str, token: str) -> Call:
        """A connection with a token, which may have lost its seat again before it was welcomed."""
        self._calls.append(call := Call(self._doors[tag]))
        with contextlib.suppress(ConnectError):
            await call.open(token)
        return call

    async def survivor(self, calls: Sequence[Call]) -> Call:
        """The one that is left of these. If all were cut off, for one that waits no more, the last comes back."""

        def left() -> list[Call]:
            return [call for call in calls if not call.is_over]

        await until(lambda: len(left()) <= 1, f"one has the seat: {[call.heard for call in calls]}", GUARD_S)
        for call in calls if not left() else ():
            if call.all_of(events.Welcome):
                back = await self.come(call.node, call.token)
                if back.welcome.resumed is not None:
                    return back
                await back.leave()
        [survivor] = left()
        return survivor

    async def pair(self, a: str, b: str) -> tuple[Call, Call, str]:
        """Two who meet: one at each of these nodes. Nobody else may be searching."""
        one, other = await self.come(a), await self.come(b)
        await one.finds()
        await other.finds()
        chat = await one.matched()
        assert await other.matched() == chat
        return one, other, chat

    async def leave(self) -> None:
        await asyncio.gather(*(call.leave() for call in self._calls if not call.is_over))


async def talk(a: Call, b: Call, chat: str, text: str) -> None:
    """Each says this to the other, who hears it once."""
    for one, other in ((a, b), (b, a)):
        said = f"{text}, {one.node} {secrets.token_hex(4)}"
        assert (code := await one.asks(events.Message(chat, said))) == "", code
        await until(lambda other=other, said=said: said in other.texts(), f"{said} came", GUARD_S)  # type: ignore[misc]
        assert other.texts().count(said) == 1
