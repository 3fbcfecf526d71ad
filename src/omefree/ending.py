"""What a server does on a signal: it ends, politely if it can, or reads again what may have changed."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from omefree.chat.presence import Presence
from omefree.config import Config
from omefree.draining import LOOK_S, Draining
from omefree.engine.port import PortServer
from omefree.http.gate import HttpGate
from omefree.logs import log
from omefree.process import systemd

if TYPE_CHECKING:  # most servers need neither, and do not wait for what these import
    from omefree.cluster import Node
    from omefree.workers.brief import End
    from omefree.workers.worker import Worker

GOODBYE_S = 0.2  # time for the last bytes to leave the send buffers
MARGIN_S = 15.0  # beyond drain_s: whoever looks after this process should not end it before


class Ending:
    """Answers the signals of a server, and the words of a worker's supervisor. It is a House (draining.py).

    Its visitors move to the other servers of the chat, if there are any. Otherwise all chats end at once.
    """

    def __init__(
        self,
        config: Config,
        server: PortServer,
        gate: HttpGate,
        presence: Presence,
        reloads: Iterable[Callable[[], None]],
        node: Node | None,
        worker: Worker | None,
    ) -> None:
        self._server = server
        self._gate = gate
        self._presence = presence
        self._reloads = reloads
        self._node = node
        self._worker = worker
        self._drain_s = config.drain_s
        self._notice_s = config.drain_notice_s
        self._draining = Draining(asyncio.get_running_loop(), self, config.drain_s)
        self._signal = signal.SIGTERM
        self._is_told = False  # by the supervisor, so that signals no longer count
        self._siblings_stay = False

    def answer(self, number: signal.Signals) -> None:
        """Answers a signal. SIGHUP reads again what may have changed; any other one ends the server.

        A second one of those ends it at once, however many visitors are still here; a third one waits for nothing.
        """
        if number == signal.SIGHUP:
            self._reload()
        elif not self._is_told:  # else whoever manages services has sent it to all processes (systemd.kill(5))
            self._signal = number
            self._end(self._notice_s)

    def told(self, how: End | None) -> None:
        """Ends, because this worker's supervisor says so. None: it has died, and nobody looks after the port.

        Whoever has begun to end, by a signal that came to all processes, goes on with that.
        """
        self._is_told = True
        was_retiring, self._siblings_stay = self._siblings_stay, how is not None and how.siblings_stay
        if how is not None and how.at_once:
            self._end(0.0)
        elif how is None or (was_retiring and not self.refuges()):
            self._draining.finish()
        elif self._draining.phase == "open":
            self._end(0.0 if how.siblings_stay else self._notice_s)

    def _end(self, notice_s: float) -> None:
        if self._presence.draining:
            self._server.force_exit = True
        elif self._draining.phase == "open":
            self._draining.begin(notice_s)
        else:
            self._draining.finish()

    def _reload(self) -> None:
        """Lets each part read again what it was made from. What is not good leaves that part as it was."""
        systemd.reloading()
        for read_again in self._reloads:
            read_again()
        log.info("reloaded")
        systemd.notify("READY=1")

    # --- House ---

    def visitors(self) -> int:
        """How many have their place here, connected or away."""
        return len(self._presence.visitors)

    def is_passing(self) -> bool:
        """Whether anybody has moved, or anything was passed on for whoever has, since the last look."""
        return self._node is not None and self._node.is_passing(LOOK_S)

    def refuges(self) -> int | None:
        """How many servers they can move to. Of a machine that ends as a whole, none."""
        return self._node.refuges(with_siblings=self._siblings_stay) if self._node is not None else 0

    def ask(self) -> None:
        """Lets the other servers know that this one is to end, and asks who they are."""
        if self._node is not None:
            self._node.begin_to_leave()

    def announce(self) -> None:
        """Lets balancers know that nobody is to come here any more."""
        log.info("draining", signal=self._signal.name, count=self._presence.counter.count, seconds=self._drain_s)
        systemd.notify("STOPPING=1", f"EXTEND_TIMEOUT_USEC={int((self._drain_s + MARGIN_S) * 1e6)}")
        self._presence.leaving = True
        if self._siblings_stay and self._worker is not None:
            self._worker.retire()
            self._server.stop_accepting()

    def move(self, after_s: float) -> None:
        """Lets nobody in any more, and asks all visitors to move."""
        log.info("moving", count=self._presence.counter.count, seconds=round(after_s, 1))
        self._gate.close()
        self._presence.move(after_s)

    def end(self) -> None:
        """Ends all chats and then the server. A worker accepts no more from then on: others have the same sockets."""
        systemd.notify("STOPPING=1")
        log.info("stopping", signal=self._signal.name, count=self._presence.counter.count)
        if self._worker is not None:
            self._server.stop_accepting()
        self._presence.drain()
        asyncio.get_running_loop().call_later(GOODBYE_S, setattr, self._server, "should_exit", True)
