"""The control file as the server reads it: whenever it has changed, without ever waiting for it."""

import codecs
import os
import stat
from pathlib import Path
from typing import TypeAlias

from omefree.errors import ControlError, ControlReason
from omefree.guard.control import CONTROL_BYTES, Orders, parse

Stamp: TypeAlias = tuple[int, ...]
"""What tells that a file has changed: device, inode, size, times of change (ns)."""

# Each reason as the end of a sentence, for the operator.
SENTENCES: dict[ControlReason, str] = {
    "missing": "there is none",
    "unreadable": "it cannot be read: look at its owner and its mode",
    "not_a_file": "it is no regular file",
    "too_big": f"it is larger than {CONTROL_BYTES // 1024} KiB",
    "incomplete": "it is not complete: forgiven, blocked, state and a line's end after the last are all needed",
    "not_text": "it is no UTF-8 text, or begins with a byte order mark",
    "not_toml": "it is not TOML",
    "unknown_key": "it has a key other than forgiven, blocked and state",
    "bad_state": "its state is none of open, text-only and frozen",
    "bad_prefix": "one of its blocked prefixes is none, or is wider than /8 (IPv6: /16)",
    "bad_forgiven": "its forgiven is no number from 0 on",
}


class Watch:
    """Reads a control file whenever it has changed. A symbolic link counts as the file that it leads to."""

    __slots__ = ("_path", "_seen")

    def __init__(self, path: str) -> None:
        self._path = path
        self._seen: Stamp | str | None = None  # the stamp, or why there is none

    def forget(self) -> None:
        """Makes the next look read the file, changed or not."""
        self._seen = None

    def look(self) -> Orders | None:
        """The orders, if the file has changed since the last look. Raises ControlError once for each change."""
        try:
            seen: Stamp | str = stamp(Path(self._path).stat())
        except OSError as error:
            seen = "missing" if isinstance(error, FileNotFoundError) else "unreadable"
        if seen == self._seen:
            return None
        self._seen = seen
        return parse(read(self._path))


def stamp(status: os.stat_result) -> Stamp:
    """The stamp of a file with this status."""
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns


def read(path: Path | str) -> str:
    """The text of a control file. Raises ControlError. It never waits: nothing but a regular file is opened or read."""
    try:
        check_regular(Path(path).stat())
        # O_NONBLOCK: should the file have become a pipe meanwhile, opening it does not wait for a writer.
        with os.fdopen(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC), "rb") as file:
            check_regular(os.fstat(file.fileno()))
            raw = file.read(CONTROL_BYTES + 1)
    except FileNotFoundError:
        raise ControlError("missing") from None
    except OSError:
        raise ControlError("unreadable") from None
    if len(raw) > CONTROL_BYTES:
        raise ControlError("too_big")
    if raw.startswith(codecs.BOM_UTF8):
        raise ControlError("not_text")
    try:
        return raw.decode()
    except UnicodeDecodeError:
        raise ControlError("not_text") from None


def check_regular(status: os.stat_result) -> None:
    """Raises ControlError if it is no regular file, or too large a one."""
    if not stat.S_ISREG(status.st_mode):
        raise ControlError("not_a_file")
    if status.st_size > CONTROL_BYTES:
        raise ControlError("too_big")
