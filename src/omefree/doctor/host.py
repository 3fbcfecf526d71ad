"""Reads this machine: the server's process, swap, clock, disk, files of certificate and key. Linux offers all of it."""

from __future__ import annotations

import contextlib
import ctypes
import shutil
import socket
import ssl
import stat
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from omefree.audit import proc
from omefree.config import Config
from omefree.doctor.machine import Disk, Key, MachineFacts
from omefree.http.gate import with_spare
from omefree.operator import certificate
from omefree.privacy.policy import HostFacts
from omefree.process.resources import descriptors_needed

IN_MEMORY = ("/dev/zram", "/dev/ram")
TIMEX_BYTES, TIME_ERROR = 256, 5  # adjtimex(2): the struct has 208, and 5 says that the clock is not synchronised
LOGS = (Path("/var/log/journal"), Path("/run/log/journal"), Path("/var/log"))
SWAPS = Path("/proc/swaps")
STDERR = 2
SOMEWHERE = ("203.0.113.1", 9)  # an address for documentation (RFC 5737): only the route there is asked


def look(config: Config, pid: int | None, hardened: HostFacts | None, served: bytes) -> MachineFacts:
    """Reads everything. `pid`: the server's process; None: found by itself. `served`: the certificate, DER."""
    process = pid or server(None if config.unix_socket else config.port)
    now = time.gmtime()
    return MachineFacts(
        files_needed=descriptors_needed(with_spare(config.max_connections)),
        files=files(process),
        unit=unit(process),
        hardened=hardened,
        swap=tuple(swap(SWAPS)),
        synchronised=synchronised(),
        disk=disk(process),
        key=key(config.tls_key),
        dates=dates(config),
        renewed=renewed(config.tls_cert, served),
        secret_chars=len(config.turn_secret),
        python=sys.version_info[:2],
        openssl=ssl.OPENSSL_VERSION_INFO[:2],
        month=(now.tm_year, now.tm_mon),
    )


def server(port: int | None) -> int | None:
    """The server's process: the one that listens on the port, else the only one of which nobody may know. Or None.

    `port` None: it listens on none.
    """
    told = {pid: None if port is None else listens(pid, port) for pid in servers()}
    sure = [pid for pid, does in told.items() if does]
    possible = [pid for pid, does in told.items() if does is None]
    return sure[0] if sure else possible[0] if len(possible) == 1 else None


def servers() -> Iterator[int]:
    """Yields every process that runs `omefree serve`, by its command line."""
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):  # it has ended meanwhile
            if serves((folder / "cmdline").read_text(errors="replace").split("\0")[:-1]):
                yield int(folder.name)


def serves(arguments: list[str]) -> bool:
    """Whether a command line is that of a server: `omefree`, alone, with flags or with `serve`."""
    names = [Path(each).name for each in arguments]
    if "omefree" not in names[:3] or not names[0].startswith(("python", "omefree")):
        return False
    command = arguments[names.index("omefree") + 1 :]
    return not command or command[0] == "serve" or command[0].startswith("-")


def listens(pid: int, port: int) -> bool | None:
    """Whether the process listens on the TCP port; None if only root may know."""
    with contextlib.suppress(OSError):
        return any((each.kind, each.port) == ("tcp", port) and each.listens for each in proc.sockets(pid))
    return None


def files(pid: int | None) -> int | None:
    """How many files the process may open; None if there is none, or nobody may know."""
    with contextlib.suppress(OSError, StopIteration):
        if pid is not None:
            told = proc.limit(pid, "Max open files")
            return sys.maxsize if told == "unlimited" else int(told)
    return None


def unit(pid: int | None) -> str:
    """The service of systemd that the process belongs to; empty if it is none's (cgroups(7), version 2)."""
    with contextlib.suppress(OSError):
        if pid is not None:
            for line in Path(f"/proc/{pid}/cgroup").read_text().splitlines():
                name = line.rpartition("/")[2]
                if line.startswith("0::/") and name.endswith(".service"):
                    return name
    return ""


def swap(path: Path) -> Iterator[str]:
    """Yields what the system swaps to, as /proc/swaps says; compressed memory is none."""
    with contextlib.suppress(OSError):
        for line in path.read_text().splitlines()[1:]:
            if not line.startswith(IN_MEMORY):
                yield line.split()[0]


def synchronised() -> bool | None:
    """Whether the system keeps its clock right (adjtimex(2), which anybody may ask); None if it does not say."""
    try:
        told = ctypes.CDLL(None).adjtimex(ctypes.create_string_buffer(TIMEX_BYTES))
    except (OSError, AttributeError):
        return None
    return None if told < 0 else told != TIME_ERROR


def outward() -> str:
    """This machine's address on the way to others; the loopback without a way. Nothing is sent."""
    with contextlib.suppress(OSError), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.connect(SOMEWHERE)
        return str(sock.getsockname()[0])
    return "127.0.0.1"


def disk(pid: int | None) -> Disk | None:
    """Where the server's log goes, as far as that can be seen: its file, else the journal's or the system's folder."""
    for path in (*log_files(pid), *LOGS):
        with contextlib.suppress(OSError):
            return Disk(str(path), shutil.disk_usage(path).free)
    return None


def log_files(pid: int | None) -> list[Path]:
    """The file that the process logs to, if it is one and may be seen."""
    if pid is not None:
        with contextlib.suppress(OSError):
            return [Path(each.path) for each in proc.open_files(pid) if each.number == STDERR and each.is_regular]
    return []


def key(path: str | None) -> Key | None:
    """The file of the private key; None if the server has none, or it may not be seen."""
    with contextlib.suppress(OSError):
        if path is not None:
            return Key(path, bool(Path(path).stat().st_mode & stat.S_IROTH))
    return None


def dates(config: Config) -> str:
    """What is wrong with the dates of the certificate's file, or soon will be; else empty. Raises CertificateError.

    Whatever else is wrong with it has stopped the reading of the settings.
    """
    if config.tls_cert is None or config.tls_key is None:
        return ""
    loaded = certificate.load(config.tls_cert, config.tls_key)
    wrong = certificate.dates(loaded, datetime.now(UTC))
    return certificate.told(loaded, wrong) if wrong else ""


def renewed(path: str | None, served: bytes) -> bool | None:
    """Whether the file has another certificate than is served; None if one of the two is not there."""
    with contextlib.suppress(OSError, ValueError):
        if path is not None and served:
            text = Path(path).read_text()
            end = text.index(ssl.PEM_FOOTER) + len(ssl.PEM_FOOTER)
            return ssl.PEM_cert_to_DER_cert(text[text.index(ssl.PEM_HEADER) : end]) != served
    return None
