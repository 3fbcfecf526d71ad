"""A connection that is restored when it breaks. Each new Link shows the resume token, which keeps our place.

After `moving` it goes over to a second link while the first one stands (docs/protocol.md, "Moving, for clients").
"""

from __future__ import annotations

import asyncio
import random
import ssl
from collections.abc import Callable, Coroutine
from typing import Protocol

from omefree.client.address import Address
from omefree.client.link import Link, question_of
from omefree.client.packets import WAIT_MAX_S, MakeTransport, MaybeReply, Question, Reply, settle
from omefree.client.retry import retry_delay_s
from omefree.contract import events
from omefree.contract.codes import Code
from omefree.errors import Closed, ConnectError

MOVE_MAX_S = 60.0  # the longest delay that is accepted from a server's `moving`
LAST_WORDS_S = 1.0  # for the old link to close after the new `welcome`: longer than a round trip
QUIET_S = 3.0  # for the new `welcome` after the old link has closed: servers look for our place for 2 s, seldom more


class Owner(Protocol):
    """The receiver of what a Connection reports (state.py)."""

    def heard(self, event: events.ServerEvent) -> None:
        """Called with every event, in order; `welcome` is the first of each link, also if no link was lost before."""

    def lost(self, retry_in_s: float, code: Code | None) -> None:
        """Called when the link broke, and after each failed attempt; `code` is the server's reason, if it gave one."""

    def over(self, why: Exception) -> None:
        """Called at the final end: ConnectError if the server speaks another version or lets us in no more, else a bug
        of ours.
        """


class Connection:
    """It buffers nothing, but for the moment between two links of a move.

    An event asked while there is no link waits in its caller, or its reply is None.
    """

    def __init__(
        self, address: Address, ssl_context: ssl.SSLContext | None, owner: Owner, make_transport: MakeTransport
    ) -> None:
        self._address = address
        self._ssl = ssl_context
        self._owner = owner
        self._make_transport = make_transport
        self._loop = asyncio.get_running_loop()
        self._link: Link | None = None
        self._up = asyncio.Event()  # set while there is a welcomed link, and after the end
        self._is_closed = False
        self._token: str | None = None  # kept in memory only
        self._attempt = 0
        self._is_held = False
        self._planned: asyncio.TimerHandle | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._next: Link | None = None  # of a move: it takes the place of `_link`
        self._early: list[events.ServerEvent] = []  # heard over `_next`: what `_link` still says comes before
        self._waiting: list[Question] = []  # for `_next`
        self._patience: asyncio.TimerHandle | None = None

    async def open(self) -> None:
        """Opens a link and returns when `welcome` has come. Raises ConnectError."""
        self._link = self._new_link()
        await self._link.open(self._address, self._ssl, self._token)

    async def close(self) -> None:
        """Leaves the server for good, and tells it so over each link, as we may not know which one has our place."""
        self.shut()
        await asyncio.gather(*(link.leave() for link in (self._link, self._next) if link is not None))
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def shut(self) -> None:
        """Stops all attempts to connect. Callers that wait for a link get Closed."""
        self._is_closed = True
        self._token = None
        self._up.set()
        for timer in (self._planned, self._patience):
            if timer is not None:
                timer.cancel()
        self._drop_waiting()

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
        return None if asked is None else await self.ask_now(asked)

    def ask_now(self, event: events.VisitorEvent) -> asyncio.Future[MaybeReply]:
        """Sends an event at once. The result is its reply, or None if there is no link or if the link breaks."""
        question = question_of(event)
        if self._link is not None and self._up.is_set() and not self._is_closed:
            self._link.ask(question)
        elif self._next is not None and not self._is_closed:
            self._waiting.append(question)
        else:
            settle(question.answer, None)
        return question.answer

    def spawn(self, work: Coroutine[None, None, None]) -> None:
        """Runs a task that is cancelled when the connection closes. An exception in it ends the connection."""
        task = self._loop.create_task(work)
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

    def _new_link(self) -> Link:
        link: Link = Link(
            lambda event: self._heard(link, event), lambda fault: self._broke(link, fault), self._make_transport
        )
        return link

    # --- what comes ---

    def _heard(self, link: Link, event: events.ServerEvent) -> None:
        if self._is_closed:
            return
        if link is self._link:
            self._take(event)
        elif link is self._next:
            self._early.append(event)
            if isinstance(event, events.Welcome):
                self._arrived(link)

    def _take(self, event: events.ServerEvent) -> None:
        match event:
            case events.Welcome(args):
                self._token = args.resume
                self._attempt = 0
                self._up.set()
                self.hold(self._is_held)
            case events.Moving(args):
                self._plan_move(args.after_s)
            case _:
                pass  # only the owner needs it
        self._owner.heard(event)

    def _broke(self, link: Link, fault: Exception | None) -> None:
        if self._is_closed or link not in (self._link, self._next):
            return
        if fault is not None:
            self._owner.over(fault)
        elif link is self._link and self._next is not None:
            self._left_behind(link, self._next)
        else:
            self._switch()
            self._attempt = 0
            self._lost(None, None)

    def _lost(self, code: Code | None, retry_after_s: float | None) -> None:
        if self._is_closed:
            return
        self._up.clear()
        delay_s = self._delay_s(retry_after_s)
        self._owner.lost(delay_s, code)
        self._plan(delay_s, self._reconnect)

    async def _reconnect(self) -> None:
        try:
            await self.open()
        except ConnectError as error:
            self._refused(error)

    def _refused(self, error: ConnectError) -> None:
        if is_final(error):
            self._owner.over(error)
        else:
            self._lost(error.code, error.retry_after_s)

    def _delay_s(self, retry_after_s: float | None) -> float:
        asked_s = min(max(retry_after_s or 0.0, 0.0), WAIT_MAX_S)
        self._attempt += 1
        return retry_delay_s(self._attempt - 1, random.random(), asked_s)

    def _plan(self, delay_s: float, work: Callable[[], Coroutine[None, None, None]]) -> None:
        """Plans an attempt in the place of the one planned before: once a link breaks, a planned move is needless."""

        def begin() -> None:
            self._planned = None
            self.spawn(work())

        if self._planned is not None:
            self._planned.cancel()
        self._planned = self._loop.call_later(delay_s, begin)

    # --- a move ---

    def _plan_move(self, within_s: float) -> None:
        """Plans a move to another process, because this one will close. The earliest plan counts."""
        delay_s = random.random() * min(max(within_s, 0.0), MOVE_MAX_S)
        is_sooner = self._planned is None or self._planned.when() > self._loop.time() + delay_s
        if self._next is None and is_sooner:
            self._plan(delay_s, self._move)

    async def _move(self) -> None:
        """Opens a second link. The first one is heard and asked until the second has our place."""
        link = self._next = self._new_link()
        try:
            await link.open(self._address, self._ssl, self._token)
        except ConnectError as error:
            self._not_moved(error)

    def _not_moved(self, error: ConnectError) -> None:
        """The second link failed. The first one serves on if it stands: a later attempt may lead elsewhere."""
        self._next = None
        self._wait(0.0, None)
        if not self._up.is_set():
            self._drop_waiting()
            self._refused(error)
        elif not is_final(error):
            self._plan(self._delay_s(error.retry_after_s), self._move)

    def _arrived(self, link: Link) -> None:
        """The second link has our place. What the server wrote to the first one before may still be under way."""
        if self._link is None or not self._link.is_up:
            self._switch()
            return
        self._up.clear()
        link.pause_reading()
        self._wait(LAST_WORDS_S, self._switch)

    def _left_behind(self, link: Link, after: Link) -> None:
        """The first link has ended, as it does when our place goes over to the second one."""
        if after.is_up:
            self._switch()
            return
        self._up.clear()
        self._attempt = 0
        self._waiting = link.unanswered()
        self._wait(QUIET_S, self._break)

    def _switch(self) -> None:
        """Goes over to the second link, if there is one.

        If we kept our place, the server has heard none of what it has not answered, so that is asked again.
        """
        old, new, early = self._link, self._next, self._early
        if old is None or new is None:
            return
        self._wait(0.0, None)
        self._link, self._next, self._early = new, None, []
        self._waiting = [*old.unanswered(), *self._waiting]
        if has_resumed(early):
            old.drop()
            self._ask_waiting(new)
        else:
            self.spawn(old.leave())
            self._drop_waiting()
        for event in early:
            if not self._is_closed:
                self._take(event)

    def _break(self) -> None:
        """The second link takes too long. From now on it is an attempt to reconnect, as after any break."""
        self._link, self._next = self._next, None
        self._drop_waiting()
        self._owner.lost(0.0, None)

    def _ask_waiting(self, link: Link) -> None:
        waiting, self._waiting = self._waiting, []
        for question in waiting:
            link.ask(question)

    def _drop_waiting(self) -> None:
        waiting, self._waiting = self._waiting, []
        for question in waiting:
            settle(question.answer, None)

    def _wait(self, most_s: float, act: Callable[[], None] | None) -> None:
        if self._patience is not None:
            self._patience.cancel()
        self._patience = None if act is None else self._loop.call_later(most_s, act)


def is_final(error: ConnectError) -> bool:
    """Whether the server lets this program in no more, however often it comes."""
    return error.code in ("version", "paused")


def has_resumed(early: list[events.ServerEvent]) -> bool:
    """Whether a new link, by its `welcome`, has our place."""
    return any(isinstance(event, events.Welcome) and event.args.resumed is not None for event in early)
