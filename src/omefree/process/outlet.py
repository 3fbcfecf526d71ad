"""Standard error, written so that it neither raises nor waits, whatever it leads to.

It may be a pipe that nobody reads, a pipe that is closed, a file on a full disk, or a terminal that has been stopped. A
server must not wait for any of them, and must not end by them. What cannot be written at once is lost, and counted.
"""

import contextlib
import os
import select
from pathlib import Path

STDERR = 2
APPEND = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC | os.O_NOCTTY
MODE = 0o600


class Outlet:
    """A descriptor to write lines to. It takes the place of `sys.stderr`.

    A line is one write of less than PIPE_BUF (4,096 bytes): a pipe or a socket that is ready takes it whole (pipe(7)).
    """

    encoding = "utf-8"
    errors = "backslashreplace"

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._path = path_of(descriptor)
        self._cut = b""  # what ends a line of which only a part could be written

    def write(self, text: str) -> int:
        """Writes a text, and returns how many characters that were: all, or 0 if it is lost."""
        data = self._cut + text.encode(self.encoding, self.errors)
        written = put(self._descriptor, data)
        if 0 < written < len(data):
            self._cut = b"\n"
        elif written:
            self._cut = b""
        return len(text) if written == len(data) else 0

    def flush(self) -> None:
        """Does nothing: nothing is held back."""

    def fileno(self) -> int:
        """The descriptor."""
        return self._descriptor

    def isatty(self) -> bool:
        """Whether it is a terminal."""
        return os.isatty(self._descriptor)

    def reopen(self) -> None:
        """Opens the file again by the name that it had at the start, after somebody has moved it away (logrotate(8)).

        Does nothing for a pipe or a terminal. A file that cannot be opened leaves all as it was.
        """
        if self._path is None:
            return
        with contextlib.suppress(OSError):
            opened = os.open(self._path, APPEND, MODE)
            others = [number for number in (1, STDERR) if is_same(number, self._descriptor)]
            for number in {self._descriptor, *others}:
                os.dup2(opened, number)
            os.close(opened)


def put(descriptor: int, data: bytes) -> int:
    """Writes what the descriptor takes without waiting, and returns how many bytes that were. Never raises."""
    ready = select.poll()
    ready.register(descriptor, select.POLLOUT)
    with contextlib.suppress(OSError):
        if any(state & select.POLLOUT for _, state in ready.poll(0)):
            return os.write(descriptor, data)
    return 0


def path_of(descriptor: int) -> Path | None:
    """The name of the regular file behind a descriptor; None for everything else."""
    with contextlib.suppress(OSError):
        path = Path(f"/proc/self/fd/{descriptor}").readlink()
        if path.is_file() and os.path.samestat(path.stat(), os.fstat(descriptor)):
            return path
    return None


def is_same(one: int, other: int) -> bool:
    """Whether two descriptors lead to the same file."""
    with contextlib.suppress(OSError):
        return os.path.sameopenfile(one, other)
    return False
