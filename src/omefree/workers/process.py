"""One worker, as its supervisor sees it."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence

from omefree.workers import brief
from omefree.workers.brief import VARIABLE, Brief, End, Joined, Message
from omefree.workers.shared import Listening
from omefree.workers.worker import READY

NOT_THEIRS = ("NOTIFY_SOCKET", "LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES")  # systemd's, for the supervisor alone
BYTES_IN_FLIGHT = 4_194_304  # on one way; the system's limit is lower (net.core.wmem_max), and good enough


class WorkerProcess:
    """A process that runs, or has ended. `group` says which sockets it listens on."""

    def __init__(self, group: int, told: Brief, environ: Mapping[str, str]) -> None:
        """Starts it, with the arguments of this process. Raises OSError."""
        self.group = group
        self.told = told
        self.begun_at = time.monotonic()
        self.is_ready = False
        self.ends_since: float | None = None
        own_mailbox, self.mailbox = one_way()
        own_wire, self.wire = one_way()
        self._own = [own_mailbox, own_wire]  # until it has got them: when it dies, nobody else may hold them open
        self.link, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.link.setblocking(False)
        variables = {name: value for name, value in environ.items() if name not in NOT_THEIRS}
        with theirs:
            # A process group of its own: Ctrl-C is for the supervisor, which ends the workers politely.
            self._process = subprocess.Popen(
                [sys.executable, *sys.orig_argv[1:]],
                env={**variables, VARIABLE: str(theirs.fileno())},
                pass_fds=[theirs.fileno()],
                process_group=0,
            )

    @property
    def is_ending(self) -> bool:
        """Whether it was asked to."""
        return self.ends_since is not None

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    def instruct(self, places: int, listening: Listening, siblings: Sequence[WorkerProcess]) -> None:
        """Tells it what it is, with all that it needs."""
        sockets = [sock for kind in self.told.listening for sock in listening[kind]]
        theirs = [sock for sibling in siblings for sock in (sibling.mailbox, sibling.wire)]
        own = [sock.fileno() for sock in self._own]
        self.send(self.told, [*own, places, *(sock.fileno() for sock in (*sockets, *theirs))])
        self._forget_own()

    def join(self, sibling: WorkerProcess) -> None:
        """Tells it that there is one more sibling."""
        self.send(Joined(sibling.told.tag), [sibling.mailbox.fileno(), sibling.wire.fileno()])

    def send(self, message: Message, descriptors: Sequence[int] = ()) -> None:
        """Tells it something. If it hears nothing any more, its end will be noticed."""
        with contextlib.suppress(OSError):
            brief.send(self.link, message, descriptors)

    def hear(self) -> bool:
        """Reads what it says: that it is ready. False: it will say no more."""
        try:
            said = self.link.recv(64)
        except BlockingIOError:
            return True
        except OSError:
            return False
        self.is_ready |= said == READY
        return bool(said)

    def signal(self, number: signal.Signals) -> None:
        """Sends it a signal."""
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, number)

    def retire(self) -> None:
        """Asks it to end while its siblings stay: its visitors move to them."""
        self.send(End(siblings_stay=True))
        self.ends_since = time.monotonic()

    def end(self, *, at_once: bool) -> None:
        """Asks it to end politely, as all others do."""
        if self.is_ready:
            self.send(End(at_once=at_once))
        else:
            self.signal(signal.SIGTERM)
        if self.ends_since is None:
            self.ends_since = time.monotonic()

    def code(self) -> int | None:
        """Its exit code; None while it runs."""
        return self._process.poll()

    def close(self) -> None:
        """Closes what was for it alone."""
        self._forget_own()
        for sock in (self.link, self.mailbox, self.wire):
            sock.close()

    def _forget_own(self) -> None:
        for sock in self._own:
            sock.close()
        self._own = []


def one_way() -> tuple[socket.socket, socket.socket]:
    """The end to read, for one worker, and the end to write, for its siblings."""
    read, write = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    write.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, BYTES_IN_FLIGHT)
    return read, write
