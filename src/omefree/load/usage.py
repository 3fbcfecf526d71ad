"""What a process uses: CPU and memory, from /proc (proc(5)); and how many files this one may open."""

from __future__ import annotations

import os
import resource
import time
from pathlib import Path

from omefree.errors import StartError

_TICKS = os.sysconf("SC_CLK_TCK")
_SPARE_FILES = 64  # for all that is no visitor


def cpu_s(pid: int) -> float:
    """The CPU seconds that a process has used: utime and stime. Raises OSError if there is no such process."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


def memory_bytes(pid: int) -> int:
    """The resident memory of a process. Raises OSError if there is no such process."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * resource.getpagesize()


class Usage:
    """Watches a process. Raises StartError if there is none."""

    def __init__(self, pid: int) -> None:
        self._pid = pid
        try:
            self.memory_before_bytes = memory_bytes(pid)
            self._cpu_s, self._at_s = cpu_s(pid), time.monotonic()
        except OSError:
            raise StartError(f"there is no process {pid} here: --pid takes the server's, on this machine") from None

    def look(self) -> tuple[float, int] | None:
        """The cores used since the last look, and the bytes of memory now; None if the process has ended."""
        try:
            used, held, now = cpu_s(self._pid), memory_bytes(self._pid), time.monotonic()
        except OSError:
            return None
        cores = (used - self._cpu_s) / max(now - self._at_s, 1e-6)
        self._cpu_s, self._at_s = used, now
        return cores, held


def allow_files(many: int) -> None:
    """Lets this process have so many connections. Raises StartError if it may not."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and many + _SPARE_FILES > hard:
        raise StartError(
            f"that needs {many:,} connections, and this machine allows a program {hard:,} open files: fewer --chats, "
            "or a higher `ulimit -Hn`"
        )
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
