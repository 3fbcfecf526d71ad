"""Sockets that systemd has opened for us: socket activation (sd_listen_fds(3))."""

import socket
from collections.abc import MutableMapping
from typing import NamedTuple

FIRST = 3  # SD_LISTEN_FDS_START: behind stdin, stdout and stderr
MOST = 64  # arbitrary: more is a mistake


class Given(NamedTuple):
    """A socket, and its `FileDescriptorName=` (by default the name of its unit, such as `omefree.socket`)."""

    name: str
    sock: socket.socket


def take(environ: MutableMapping[str, str], pid: int) -> list[Given]:
    """The sockets for the process `pid`, non-blocking; none if they are another's. They are no child's any more.

    The three variables are removed. Raises ValueError if they are not as systemd writes them, and OSError if a
    descriptor is no socket.
    """
    for_pid, count, names = (environ.pop(f"LISTEN_{name}", "") for name in ("PID", "FDS", "FDNAMES"))
    if not count or int(for_pid) != pid:
        return []
    number = int(count)
    if not 0 <= number <= MOST:
        raise ValueError
    named = [*names.split(":"), *[""] * number]
    return [Given(named[index], adopted(FIRST + index)) for index in range(number)]


def adopted(descriptor: int) -> socket.socket:
    """The socket behind a descriptor. Raises OSError if it is none."""
    sock = socket.socket(fileno=descriptor)
    sock.set_inheritable(False)
    sock.setblocking(False)
    return sock
