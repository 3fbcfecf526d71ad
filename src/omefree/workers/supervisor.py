"""The supervisor of `--workers`: it starts the workers, starts them again, ends them. No visitor ever reaches it.

It has no event loop of the server, and holds no connection: only the sockets that listen, so that none of them closes
while workers come and go. If it is killed, its workers notice, tell their visitors and end: the next one finds the port
free.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import selectors
import signal
import socket
import time
from collections.abc import Mapping
from typing import NamedTuple

from omefree import __version__
from omefree.config import AUTO, Config
from omefree.errors import StartError
from omefree.listening import url_of
from omefree.logs import log, reopen
from omefree.process import systemd
from omefree.process.hardening import harden
from omefree.process.resources import raise_file_limit
from omefree.workers import places
from omefree.workers.brief import Brief, Gone
from omefree.workers.places import Places
from omefree.workers.private import PrivateEngine
from omefree.workers.process import WorkerProcess
from omefree.workers.shared import Shared, bind_all

TAG_BYTES = 4
BACKOFF_S = (0.25, 5.0)  # before a worker that died is started again: the first pause and the longest
STEADY_S = 30.0  # a worker that lived as long begins with the first pause again
START_S = 60.0  # for a worker to be ready; then it is killed
END_S = 15.0  # for workers to end, beyond drain_s; then they are killed. Their own patience is 3 s (engine/port.py)
TURN_S = 0.25  # between two looks at what no event tells

ENDING = (signal.SIGTERM, signal.SIGINT)
RENEWING = signal.SIGUSR2
HEARD = (*ENDING, signal.SIGHUP, RENEWING, signal.SIGCHLD)


def run(config: Config, environ: Mapping[str, str]) -> int:
    """Serves until SIGTERM or SIGINT, and returns the exit code. Raises StartError if that cannot begin.

    `environ` is for the workers: the environment of the start, secrets included.
    """
    raise_file_limit()
    harden()
    signals = Signals()
    engine = PrivateEngine() if config.exchange == AUTO else None
    try:
        if engine is not None:
            engine.start()
        shared = bind_all(config)
        try:
            return Supervisor(config, environ, shared, engine, signals).run()
        finally:
            shared.close()
    finally:
        if engine is not None:
            engine.close()


class Group:
    """One of the N: its worker, and the next one while it is renewed. `again_at`: when it is to be started again."""

    def __init__(self) -> None:
        self.worker: WorkerProcess | None = None
        self.next: WorkerProcess | None = None
        self.pause_s, _ = BACKOFF_S
        self.again_at = 0.0


class Asked(NamedTuple):
    """What operators and systemd have asked for by signals, since the last look."""

    ends: int
    reloads: bool
    renews: bool


class Signals:
    """Signals as bytes in a socket, so that one wait is for all (signal.set_wakeup_fd)."""

    def __init__(self) -> None:
        self.socket, write = socket.socketpair()
        for sock in (self.socket, write):
            sock.setblocking(False)
        for number in HEARD:
            signal.signal(number, lambda *_: None)
        signal.set_wakeup_fd(write.fileno(), warn_on_full_buffer=False)
        self._write = write

    def take(self) -> Asked:
        """What has come."""
        try:
            came = [signal.Signals(number) for number in self.socket.recv(1_024)]
        except BlockingIOError:
            came = []
        return Asked(sum(each in ENDING for each in came), signal.SIGHUP in came, RENEWING in came)


class Supervisor:
    """All workers of one machine."""

    def __init__(
        self,
        config: Config,
        environ: Mapping[str, str],
        shared: Shared,
        engine: PrivateEngine | None,
        signals: Signals,
    ) -> None:
        self._config = config
        self._environ = environ
        self._shared = shared
        self._engine = engine
        self._engine_again_at = 0.0
        self._name = config.node or secrets.token_hex(TAG_BYTES)
        self._started = 0
        self._groups = [Group() for _ in range(config.workers)]
        self._to_renew: list[Group] = []
        self._workers: list[WorkerProcess] = []
        self._slots = range(1, 2 * config.workers + 1)  # while a worker is renewed, there are two of it
        self._memory = places.create(1 + len(self._slots))
        self._places = Places(os.dup(self._memory), 0)  # the supervisor has the first one, and none connected
        self._signals = signals
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._signals.socket, selectors.EVENT_READ)
        self._ends = False
        self._failed = 0

    def run(self) -> int:
        """Returns the exit code, once all workers have ended."""
        self._begin(self._groups[:1])  # what is wrong with the settings is then said once
        self._begin(self._groups[1:])
        if not self._ends:
            log.info("serving", url=url_of(self._config, self._shared.pages[0]), version=__version__)
            systemd.notify("READY=1")
        while self._workers or not self._ends:
            self._turn()
        return self._failed

    def _begin(self, groups: list[Group]) -> None:
        """Starts workers for the first time, and returns when they serve, or when all is over."""
        for group in groups if not self._ends else ():
            group.worker = self._spawn(group)
        while not self._ends and not all(group.worker and group.worker.is_ready for group in groups):
            self._turn(is_first=True)

    def _spawn(self, group: Group) -> WorkerProcess:
        self._started += 1
        index = self._groups.index(group)
        listening = {"page": self._shared.pages[index], **self._shared.common}
        siblings = list(self._workers)
        taken = {worker.told.slot for worker in siblings}
        told = Brief(
            tag=f"{self._name}-{self._started}",
            slot=next(slot for slot in self._slots if slot not in taken),
            listening={kind: len(sockets) for kind, sockets in listening.items()},
            siblings=[sibling.told.tag for sibling in siblings],
            exchange=self._engine.url if self._engine else "",
            secret=self._engine.secret if self._engine else "",
        )
        worker = WorkerProcess(index, told, self._environ)
        worker.instruct(self._memory, listening, siblings)
        for sibling in siblings:
            sibling.join(worker)
        self._workers.append(worker)
        self._selector.register(worker.link, selectors.EVENT_READ, worker)
        return worker

    def _turn(self, is_first: bool = False) -> None:
        for key, _ in self._selector.select(TURN_S):
            worker: WorkerProcess | None = key.data
            if worker is not None and not worker.hear():
                self._selector.unregister(worker.link)
        self._obey(self._signals.take())
        for worker in list(self._workers):
            if (code := worker.code()) is not None:
                self._ended(worker, code, is_first)
        now = time.monotonic()
        self._look_after_engine(now)
        if not self._ends and not is_first:
            self._start_again(now)
            self._renew()
        self._kill_stuck(now)

    def _obey(self, asked: Asked) -> None:
        if asked.ends:
            self._end()
        elif asked.reloads:
            systemd.reloading()
            reopen()
            for worker in self._workers:
                worker.signal(signal.SIGHUP)
            systemd.notify("READY=1")
        if asked.renews and not self._to_renew:
            log.info("renewing_workers", workers=len(self._groups))
            self._to_renew = list(self._groups)

    def _end(self) -> None:
        """Ends all. A second time, whoever still runs ends at once, as a server by itself does."""
        is_first = not self._ends
        if is_first:
            self._ends = True
            patience_us = int((self._config.drain_s + 2 * END_S) * 1e6)
            systemd.notify("STOPPING=1", f"EXTEND_TIMEOUT_USEC={patience_us}")
        for worker in self._workers:
            worker.end(at_once=not is_first)

    def _ended(self, worker: WorkerProcess, code: int, is_first: bool) -> None:
        with contextlib.suppress(KeyError):  # it has said that it hears no more
            self._selector.unregister(worker.link)
        self._workers.remove(worker)
        self._places.clear(worker.told.slot)
        worker.close()
        if self._ends:
            self._shared.close_page(worker.group)
        for sibling in self._workers:
            sibling.send(Gone(worker.told.tag))
        group = self._groups[worker.group]
        if is_first and not worker.is_ready and not self._ends:
            self._failed = code if code > 0 else 1  # it has said why
            self._end()
        elif group.next is worker:
            group.next, self._to_renew = None, []
            log.error("renewing_given_up")
        elif group.worker is worker:
            group.worker = None
            if not worker.is_ending:
                self._plan_again(group, worker)

    def _plan_again(self, group: Group, worker: WorkerProcess) -> None:
        first_s, longest_s = BACKOFF_S
        now = time.monotonic()
        if now - worker.begun_at > STEADY_S:
            group.pause_s = first_s
        log.error("worker_died", seconds=group.pause_s)
        group.again_at = now + group.pause_s
        group.pause_s = min(2 * group.pause_s, longest_s)

    def _start_again(self, now: float) -> None:
        for group in self._groups:
            if group.worker is None and group.next is None and now >= group.again_at:
                group.worker = self._spawn(group)

    def _renew(self) -> None:
        """One step of a rolling restart: a new worker on the same sockets, then the old one ends, then the next."""
        if not self._to_renew:
            return
        group = self._to_renew[0]
        if group.next is None:
            if group.worker is not None and group.worker.is_ready and not group.worker.is_ending:
                group.next = self._spawn(group)
        elif group.next.is_ready:
            if group.worker is None:
                group.worker, group.next = group.next, None
                self._to_renew.pop(0)
                if not self._to_renew:
                    log.info("workers_renewed", workers=len(self._groups))
            elif not group.worker.is_ending:
                group.worker.retire()

    def _kill_stuck(self, now: float) -> None:
        for worker in self._workers:
            is_late = not worker.is_ready and now > worker.begun_at + START_S
            if is_late or (worker.ends_since is not None and now > worker.ends_since + self._config.drain_s + END_S):
                worker.signal(signal.SIGKILL)

    def _look_after_engine(self, now: float) -> None:
        engine = self._engine
        if engine is None or not engine.has_ended() or self._ends or now < self._engine_again_at:
            return
        log.error("engine_died")
        self._engine_again_at = now + BACKOFF_S[0]
        try:
            engine.spawn()
        except OSError:
            raise StartError("exchange auto: the program of the private Valkey is gone") from None
