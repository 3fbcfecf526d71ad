"""What systemd is told by a service (sd_notify(3)), and how its journal wants lines (sd-daemon(3), systemd.exec(5))."""

import contextlib
import os
import socket
import time

PRIORITIES = {"debug": 7, "info": 6, "warning": 4, "error": 3, "critical": 2}  # syslog(3)


def notify(*states: str) -> None:
    """Tells systemd these states, such as `READY=1`. Does nothing without systemd. Never raises, never waits."""
    address = os.environ.get("NOTIFY_SOCKET", "")
    if not address.startswith(("/", "@")):
        return
    if address.startswith("@"):  # in Linux's abstract namespace (unix(7))
        address = "\0" + address[1:]
    with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as teller:
        teller.sendto("\n".join(states).encode(), socket.MSG_DONTWAIT, address)


def reloading() -> None:
    """Tells systemd that a reload has begun: `READY=1` ends it. The time is what `Type=notify-reload` asks for."""
    notify("RELOADING=1", f"MONOTONIC_USEC={time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1_000}")


def is_journal(descriptor: int) -> bool:
    """Whether what is written to this descriptor goes to the journal: JOURNAL_STREAM has its device and inode."""
    with contextlib.suppress(OSError):
        status = os.fstat(descriptor)
        return os.environ.get("JOURNAL_STREAM") == f"{status.st_dev}:{status.st_ino}"
    return False
