"""Listening UNIX sockets: files to which other programs on this machine connect."""

import contextlib
import os
import socket
import stat
from pathlib import Path

PATIENCE_S = 5.0  # to find out whether somebody listens
ONLY_OWNER, OWNER_AND_GROUP = 0o177, 0o117  # umask(2): connecting needs the right to write (unix(7))


def listen(path: str, mask: int) -> socket.socket:
    """A listening, non-blocking socket at this path, in place of one that a dead server left.

    `mask` takes rights away, as umask does. Raises OSError, with EADDRINUSE if somebody listens there already or the
    path is no socket's.
    """
    made = socket.socket(socket.AF_UNIX)
    try:
        made.setblocking(False)
        remove_stale(path)
        before = os.umask(mask)
        try:
            made.bind(path)
        finally:
            os.umask(before)
        made.listen()
    except OSError:
        made.close()
        raise
    return made


def remove_stale(path: str) -> None:
    """Removes a socket at which nobody listens any more. Whatever else is there stays, and binding fails."""
    with contextlib.suppress(FileNotFoundError):
        if stat.S_ISSOCK(Path(path).lstat().st_mode) and not is_answered(path):
            Path(path).unlink()


def is_answered(path: str) -> bool:
    """Whether somebody listens at this socket. Raises OSError if that cannot be found out."""
    with socket.socket(socket.AF_UNIX) as caller:
        caller.settimeout(PATIENCE_S)
        try:
            caller.connect(path)
        except ConnectionRefusedError:
            return False
    return True
