"""The private Valkey of `--exchange auto`: no port, no file but its socket, a random password."""

from __future__ import annotations

import contextlib
import ctypes
import resource
import secrets
import shutil
import signal
import socket
import subprocess
import time

from omefree.errors import StartError
from omefree.net.unix import is_answered
from omefree.workers.folder import Folder

PROGRAMS = ("valkey-server", "redis-server")
MORE_PATHS = "/usr/local/sbin:/usr/sbin:/sbin"  # where a service's PATH may not lead
PR_SET_PDEATHSIG = 1  # prctl(2)
READY_S = 10.0
LOOK_S = 0.02
SECRET_BYTES = 32
# As deploy/valkey.conf. The socket lies in a folder that only its owner may enter.
CONFIGURATION = """port 0
unixsocket {folder.socket}
unixsocketperm 600
dir {folder}
save ""
appendonly no
slowlog-log-slower-than -1
latency-monitor-threshold 0
maxmemory 256mb
maxmemory-policy noeviction
client-output-buffer-limit pubsub 64mb 16mb 10
loglevel warning
requirepass {password}
"""


def program() -> str:
    """The path of a Valkey or Redis that is installed. Raises StartError, which says how to install one."""
    for name in PROGRAMS:
        if found := shutil.which(name) or shutil.which(name, path=MORE_PATHS):
            return found
    raise StartError(
        "exchange auto needs Valkey or Redis on this machine: `apt install valkey-server` (Debian 12: redis-server). "
        "Or name one that runs elsewhere in exchange"
    )


class PrivateEngine:
    """One that runs for this supervisor alone, and ends with it. `url` and `secret` are for its workers."""

    def __init__(self) -> None:
        """Raises StartError."""
        self._program = program()
        self._folder = Folder()
        self._password = secrets.token_urlsafe(SECRET_BYTES)
        self.url = f"unix://:{self._password}@{self._folder.socket}"
        self.secret = secrets.token_hex(SECRET_BYTES)
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int | None:
        """Its process; None if it does not run."""
        return self._process.pid if self._process is not None else None

    def start(self) -> None:
        """Starts it, and returns once it takes connections. Raises StartError."""
        self.spawn()
        until = time.monotonic() + READY_S
        while time.monotonic() < until and not self.has_ended():
            with contextlib.suppress(OSError):
                if is_answered(self._folder.socket):
                    return
            time.sleep(LOOK_S)
        self.close()
        raise StartError(f"exchange auto: {self._program} does not start: try it by itself")

    def spawn(self) -> None:
        """Starts it, again if it has died: an empty one is as good as the one before."""
        configuration = CONFIGURATION.format(folder=self._folder, password=self._password)
        ours, its = socket.socketpair()
        with ours, its:
            ours.sendall(configuration.encode())  # it reads it as its standard input, to the end
            self._process = self._run(its.fileno())

    def _run(self, stdin: int) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [self._program, "-"],
            stdin=stdin,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            preexec_fn=alone,  # noqa: PLW1509 (there are no threads)
            process_group=0,
        )

    def has_ended(self) -> bool:
        """Whether it has died."""
        return self._process is not None and self._process.poll() is not None

    def close(self) -> None:
        """Ends it, and removes its folder."""
        if self._process is not None:
            self._process.kill()  # there is nothing to save
            self._process.wait()
        self._folder.close()


def alone() -> None:
    """Before the program begins: no core dump, and its end when the supervisor's comes (prctl(2))."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
