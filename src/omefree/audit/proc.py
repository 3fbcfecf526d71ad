"""What Linux tells of a process in /proc (proc(5)).

Whatever reads there raises OSError if there is no such process, or if it is not ours to see.
"""

from __future__ import annotations

import os
import socket
import stat
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Literal, NamedTuple

LISTENS = "0A"  # a state in /proc/net/tcp (the kernel's tcp_states.h)
OUTPUT = (1, 2)
NO_FILES = ("/dev/zero", "/memfd:", "/SYSV")  # shared memory with no file behind it

Kind = Literal["tcp", "udp", "raw"]


class OpenFile(NamedTuple):
    """An open descriptor. If it is no file, `path` is a name such as `pipe:[7]`."""

    number: int
    path: str
    is_regular: bool
    writes: bool


class OpenSocket(NamedTuple):
    """An Internet socket. `peer` is empty if it is not connected."""

    kind: Kind
    host: str
    port: int
    peer: str
    listens: bool


def folder(pid: int) -> Path:
    """The folder of a process in /proc."""
    return Path(f"/proc/{pid}")


def family(pid: int) -> list[int]:
    """The process and those that it has started: of a supervisor the workers, and perhaps their Valkey."""
    children = folder(pid) / "task" / str(pid) / "children"
    with suppress(FileNotFoundError):  # there is no such process, or a kernel without this file
        return [pid, *map(int, children.read_text().split())]
    return [pid]


def program(pid: int) -> str:
    """The file that the process runs."""
    return str((folder(pid) / "exe").readlink())


def open_files(pid: int) -> Iterator[OpenFile]:
    """Yields every open descriptor of the process."""
    here = folder(pid)
    for name in os.listdir(here / "fd"):  # noqa: PTH208 (the names alone are wanted)
        try:
            path, mode = str((here / "fd" / name).readlink()), (here / "fd" / name).stat().st_mode
            flags = (here / "fdinfo" / name).read_text()
        except FileNotFoundError:  # closed meanwhile
            continue
        access = int(flags.partition("flags:")[2].split()[0], 8) & os.O_ACCMODE
        is_file = stat.S_ISREG(mode) and path.startswith("/") and not path.startswith(NO_FILES)
        yield OpenFile(int(name), path, is_file, access != os.O_RDONLY)


def written_files(pid: int) -> list[str]:
    """The regular files that the process can write to, except its output.

    It can write to them by a descriptor, or because they are mapped into its memory.
    """
    by_descriptor = {
        each.path for each in open_files(pid) if each.is_regular and each.writes and each.number not in OUTPUT
    }
    return sorted(by_descriptor | set(mapped_files(pid)))


def mapped_files(pid: int) -> Iterator[str]:
    """Yields the files that are mapped into the process's memory so that what it writes there goes into the file."""
    for line in (folder(pid) / "maps").read_text().splitlines():
        _, permissions, _, _, _, *names = line.split(maxsplit=5)
        path = names[0] if names else ""
        if permissions[1::2] == "ws" and path.startswith("/") and not path.startswith(NO_FILES):
            yield path


def written_bytes(pid: int) -> int:
    """How many bytes the process has caused to be written to storage."""
    return int((folder(pid) / "io").read_text().partition("write_bytes:")[2].split()[0])


def sockets(pid: int) -> list[OpenSocket]:
    """All Internet sockets of the process."""
    own = {each.path for each in open_files(pid) if each.path.startswith("socket:")}
    return [found for kind in ("tcp", "udp", "raw") for found in sockets_of(pid, kind, own)]


def sockets_of(pid: int, kind: Kind, own: set[str]) -> Iterator[OpenSocket]:
    """Yields the process's sockets of one kind. `own` has the names of all its sockets, such as `socket:[7]`."""
    for family in ("", "6"):
        lines = (folder(pid) / f"net/{kind}{family}").read_text().splitlines()[1:]
        for local, peer, state, *rest in (line.split()[1:] for line in lines):
            if f"socket:[{rest[5]}]" in own:
                host, port = address(local)
                far = "{} port {}".format(*address(peer)) if address(peer)[1] else ""
                yield OpenSocket(kind, host, port, far, state == LISTENS if kind == "tcp" else not far)


def address(spelled: str) -> tuple[str, int]:
    """The host and the port of an address as /proc/net spells it.

    `0100007F:1F40` is 127.0.0.1 and 8000: words of 32 bits, each as the machine stores it.
    """
    host, _, port = spelled.partition(":")
    words = [int(host[at : at + 8], 16).to_bytes(4, sys.byteorder) for at in range(0, len(host), 8)]
    family = socket.AF_INET if len(words) == 1 else socket.AF_INET6
    return socket.inet_ntop(family, b"".join(words)), int(port, 16)


def status(pid: int, field: str) -> str:
    """The value of a field in /proc/PID/status; empty if this kernel has no such field."""
    lines = (folder(pid) / "status").read_text().splitlines()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith(field + ":")), "")


def kilobytes(pid: int, field: str) -> int:
    """The value of a field in /proc/PID/status, in kB; 0 if this kernel has no such field."""
    return int((status(pid, field) or "0").split()[0])


def limit(pid: int, name: str) -> str:
    """The soft limit of this name in /proc/PID/limits, such as `Max open files`: a number, or `unlimited`."""
    lines = (folder(pid) / "limits").read_text().splitlines()
    return next(line.removeprefix(name).split()[0] for line in lines if line.startswith(name))


def core_limit(pid: int) -> str:
    """The soft limit for the size of a core dump: bytes, or `unlimited`."""
    return limit(pid, "Max core file size")


def is_of_root(pid: int) -> bool:
    """Whether the process runs as root."""
    return status(pid, "Uid").split()[1] == "0"


def is_dumpable(pid: int) -> bool:
    """Whether other processes of its user, if that is not root, may read its memory.

    If they may not, /proc/PID belongs to root.
    """
    return (folder(pid) / "mem").stat().st_uid != 0


def environment(pid: int) -> dict[str, str]:
    """The process's environment variables. The process may have scrubbed their values since it started."""
    pairs = (folder(pid) / "environ").read_bytes().decode(errors="replace").split("\0")
    return dict(pair.partition("=")[::2] for pair in pairs if "=" in pair)
