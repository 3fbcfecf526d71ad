"""The worker's side: what it got from its supervisor, and what it hears of its siblings."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Awaitable, Callable, Coroutine, MutableMapping
from functools import partial
from typing import Any

from msgspec import structs

from omefree.config import Config
from omefree.engine.handover import Origin
from omefree.exchange.siblings import Siblings
from omefree.listening import Bound
from omefree.net.activation import adopted
from omefree.workers import brief
from omefree.workers.brief import VARIABLE, Brief, End, Gone, Joined
from omefree.workers.mailbox import Answer, Mailbox
from omefree.workers.places import Places
from omefree.workers.shared import Listening

READY = b"ready"


class Worker:
    """This process as one of several. `take` makes it."""

    def __init__(self, link: socket.socket, told: Brief, descriptors: list[int]) -> None:
        mailbox, wire, places, *rest = descriptors
        self.mailbox = Mailbox(socket.socket(fileno=mailbox))
        self.siblings = Siblings(socket.socket(fileno=wire))
        self.places = Places(places, told.slot)
        self.listening: Listening = {}
        for kind, count in told.listening.items():
            self.listening[kind], rest = [adopted(each) for each in rest[:count]], rest[count:]
        for tag, mailbox, wire in zip(told.siblings, rest[::2], rest[1::2], strict=True):
            self._join(tag, mailbox, wire)
        self._told = told
        self._link = link
        self._answers: dict[str, Answer] = {}
        self._adopting: set[asyncio.Task[None]] = set()

    def configured(self, config: Config) -> Config:
        """The settings, with what the supervisor has decided."""
        own = {"node": self._told.tag}
        if self._told.exchange:
            own |= {"exchange": self._told.exchange, "exchange_secret": self._told.secret}
        return structs.replace(config, **own)

    def bound(self) -> Bound:
        """What it listens on for visitors."""
        return Bound(self.listening["page"], self.listening["redirect"], self.listening["stun"], None, is_given=True)

    def answers(self, about: str, answer: Answer) -> None:
        """From now on siblings may ask about something, once `begin` was called."""
        self._answers[about] = answer

    def asking(self, about: str) -> Callable[[bytes], Awaitable[list[bytes]]]:
        """What asks all siblings about something."""
        return partial(self.mailbox.ask, about)

    def begin(
        self, adopt: Callable[[socket.socket, Origin], Coroutine[Any, Any, None]], end: Callable[[End | None], None]
    ) -> None:
        """Takes connections and questions of siblings, and hears what the supervisor says.

        `end` is told how this worker is to end; None: the supervisor has died.
        """
        loop = asyncio.get_running_loop()

        def take(sock: socket.socket, origin: Origin) -> None:
            task = loop.create_task(adopt(sock, origin))
            self._adopting.add(task)
            task.add_done_callback(self._adopting.discard)

        self.mailbox.open(take, self._answers)
        self._link.setblocking(False)
        loop.add_reader(self._link, self._hear, end)

    def ready(self) -> None:
        """Tells the supervisor that this worker serves."""
        with contextlib.suppress(OSError):
            self._link.send(READY)

    def retire(self) -> None:
        """Lets a sibling take whoever comes from now on, but for the sessions that are here."""
        self.mailbox.retire()

    def close(self) -> None:
        """Hears no more."""
        self.mailbox.close()
        asyncio.get_running_loop().remove_reader(self._link)
        self._link.close()

    def _join(self, tag: str, mailbox: int, wire: int) -> None:
        self.mailbox.join(tag, socket.socket(fileno=mailbox))
        self.siblings.join(tag, socket.socket(fileno=wire))

    def _hear(self, end: Callable[[End | None], None]) -> None:
        try:
            heard = brief.receive(self._link)
        except BlockingIOError:
            return
        except OSError:
            heard = None
        match heard:
            case (Joined(tag), [mailbox, wire]):
                self._join(tag, mailbox, wire)
            case (Gone(tag), []):
                self.mailbox.leave(tag)
                self.siblings.leave(tag)
            case None:  # the supervisor was killed: without it nobody would look after this process and its port
                asyncio.get_running_loop().remove_reader(self._link)
                end(None)
            case (End() as how, []):
                end(how)
            case _:
                pass


def take(environ: MutableMapping[str, str]) -> Worker | None:
    """This process as a worker; None if it is none. The variable that says so is removed.

    Raises EOFError if the supervisor has gone meanwhile.
    """
    number = environ.pop(VARIABLE, "")
    if not number:
        return None
    link = socket.socket(fileno=int(number))
    link.set_inheritable(False)
    heard = brief.receive(link)
    if heard is None or not isinstance(heard[0], Brief):
        raise EOFError
    return Worker(link, heard[0], heard[1])
