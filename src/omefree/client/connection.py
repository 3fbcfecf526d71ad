"""A connection that is restored when it breaks. Each new Link shows the resume token, which keeps our place."""

from __future__ import annotations

import asyncio
import random
import ssl
from collections.abc import Callable, Coroutine
from typing import Protocol

from omefree.client.address import Address
from omefree.client.link import Link
from omefree.client.packets import WAIT_MAX_S, MakeTransport, MaybeReply, Reply
from omefree.client.retry import retry_delay_s
from omefree.contract import events
from omefree.contract.codes import Code
from omefree.errors import Closed, ConnectError

MOVE_MAX_S = 60.0  # the longest delay that is accepted from a server's `moving`


class Owner(Protocol):
    """The receiver of what a Connection reports (state.py)."""

    def heard(self, event: events.ServerEvent) -> None:
        """Called with every event, in order; `welcome` is the first of each link."""

    def lost(self, retry_in_s: float, code: Code | None) -> None:
        """Called when the link broke, and after each failed attempt; `code` is the server's reason, if it gave one."""

    def paused(self) -> None:
        """Called when nothing can be sent until the next `welcome`."""

    def over(self, why: Exception) -> None:
        """Called at the final end: ConnectError if the server speaks another version or lets us in no more, else a bug
        of ours.
        """


class Connection:
    """It never buffers. An event asked while there is no link waits in its caller, or its reply is None."""

    def __init__(
        self, address: Address, ssl_context: ssl.SSLContext | None, owner: Owner, make_transport: MakeTransport
    ) -> None:
        self._address = address
        self._ssl = ssl_context
        self._owner = owner
        self._make_transport = make_transport
        self._link: Link | None = None
        self._up = asyncio.Event()  # set while there is a welcomed link, and after the end
        self._is_closed = False
        self._token: str | None = None  # kept in memory only
        self._attempt = 0
        self._is_held = False
        self._planned: asyncio.TimerHandle | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    async def open(self) -> None:
        """Opens a link and returns when `welcome` has come. Raises ConnectError."""
        link: Link = Link(
            lambda event: self._heard(link, event), lambda fault: self._broke(link, fault), self._make_transport
        )
        self._link = link
        await link.open(self._address, self._ssl, self._token)

    async def close(self) -> None:
        """Leaves the server for good, and tells it so."""
        self.shut()
        if self._link is not None:
            await self._link.leave()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def shut(self) -> None:
        """Stops all attempts to connect. Callers that wait for a link get Closed."""
        self._is_closed = True
        self._token = None
        self._up.set()
        if self._planned is not None:
            self._planned.cancel()

    async def ask(self, event: events.VisitorEvent) -> Reply:
        """The reply to an event, which is sent again if the link breaks before the reply comes. Raises Closed."""
        while True:
            if (reply := await self.ask_once(lambda: event)) is not None:
                return reply

    async def ask_once(self, event: Callable[[], events.VisitorEvent | None]) -> MaybeReply:
        """Waits for a link and sends what the event is by then: None if it is no longer wanted.

        The result is None if nothing was sent, or if that link breaks before the reply. Raises Closed.
        """
        await self._up.wait()
        if self._is_closed or self._link is None:
            raise Closed
        asked = event()
        return None if asked is None else await self._link.ask(asked)

    def ask_now(self, event: events.VisitorEvent) -> asyncio.Future[MaybeReply]:
        """Sends an event at once. The result is its reply, or None if there is no link or if the link breaks."""
        if self._link is not None and self._up.is_set():
            return self._link.ask(event)
        unasked: asyncio.Future[MaybeReply] = asyncio.get_running_loop().create_future()
        unasked.set_result(None)
        return unasked

    def spawn(self, work: Coroutine[None, None, None]) -> None:
        """Runs a task that is cancelled when the connection closes. An exception in it ends the connection."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._worked)

    def hold(self, full: bool) -> None:
        """Stops reading from the server if the inbox is `full`; else reads on."""
        self._is_held = full
        if self._link is not None:
            (self._link.pause_reading if full else self._link.resume_reading)()

    def _worked(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if task.cancelled():
            return
        if isinstance(mistake := task.exception(), Exception) and not isinstance(mistake, Closed):
            self._owner.over(mistake)

    def _heard(self, link: Link, event: events.ServerEvent) -> None:
        if link is not self._link or self._is_closed:
            return  # from a link that a newer one has replaced
        match event:
            case events.Welcome(args):
                self._token = args.resume
                self._attempt = 0
                self._up.set()
                self.hold(self._is_held)
            case events.Moving(args):
                self._plan(random.random() * min(max(args.after_s, 0), MOVE_MAX_S), lambda: self._move(link))
            case _:
                pass  # only the owner needs it
        self._owner.heard(event)

    def _broke(self, link: Link, fault: Exception | None) -> None:
        if link is not self._link or self._is_closed:
            return
        if fault is not None:
            self._owner.over(fault)
        else:
            self._lost(None, None)

    def _lost(self, code: Code | None, retry_after_s: float | None) -> None:
        self._up.clear()
        asked_s = min(max(retry_after_s or 0.0, 0.0), WAIT_MAX_S)
        delay_s = retry_delay_s(self._attempt, random.random(), asked_s)
        self._attempt += 1
        self._owner.lost(delay_s, code)
        self._plan(delay_s, self._reconnect)

    async def _reconnect(self) -> None:
        try:
            await self.open()
        except ConnectError as error:
            if error.code in ("version", "paused"):
                self._owner.over(error)
            else:
                self._lost(error.code, error.retry_after_s)

    async def _move(self, link: Link) -> None:
        """Moves to another process of the server, because this one will close.
        The old link stays open until the new one is welcomed, so that the partner does not see us go away.
        """
        if link is not self._link:
            return
        self._up.clear()
        self._owner.paused()
        await self._reconnect()
        link.drop()

    def _plan(self, delay_s: float, work: Callable[[], Coroutine[None, None, None]]) -> None:
        """Plans an attempt in the place of the one planned before: once a link breaks, a planned move is needless."""
        if self._planned is not None:
            self._planned.cancel()
        self._planned = asyncio.get_running_loop().call_later(delay_s, lambda: self.spawn(work()))
