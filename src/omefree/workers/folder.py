"""The folder in which the private Valkey has its socket.

A supervisor that is killed cannot remove its folder. So the next one does: a folder is locked (flock(2)) as long as the
process lives that has made it, and of one that is not locked nobody lives.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path

PREFIX = "omefree-engine-"
SOCKET = "socket"


class Folder:
    """One that only its owner may enter, locked. Those of supervisors that were killed are removed."""

    def __init__(self) -> None:
        """Raises OSError."""
        for folder in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
            with contextlib.suppress(OSError), opened(folder) as descriptor:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                remove(folder)
        self._path, self._lock = make()

    @property
    def socket(self) -> str:
        """The path of the socket in it."""
        return f"{self._path}/{SOCKET}"

    def __str__(self) -> str:
        return str(self._path)

    def close(self) -> None:
        """Removes it."""
        with contextlib.suppress(OSError):
            remove(self._path)
        os.close(self._lock)


def make() -> tuple[Path, int]:
    """A new folder, and the descriptor that has it locked. Raises OSError."""
    while True:
        folder = Path(tempfile.mkdtemp(prefix=PREFIX))  # its rights are 0700
        with contextlib.suppress(FileNotFoundError):
            lock = os.open(folder, os.O_DIRECTORY)
            fcntl.flock(lock, fcntl.LOCK_EX)
            if folder.exists():
                return folder, lock
            os.close(lock)  # another one who starts took it for one that was left, before it was locked


@contextlib.contextmanager
def opened(folder: Path) -> Iterator[int]:
    """The descriptor of a folder that is ours. Raises OSError, also if it is somebody else's."""
    descriptor = os.open(folder, os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        its = os.fstat(descriptor)
        if its.st_uid != os.geteuid() or stat.S_IMODE(its.st_mode) != stat.S_IRWXU:
            raise PermissionError
        yield descriptor
    finally:
        os.close(descriptor)


def remove(folder: Path) -> None:
    """Removes a folder with its socket. Raises OSError, also if there is anything else in it."""
    (folder / SOCKET).unlink(missing_ok=True)
    folder.rmdir()
