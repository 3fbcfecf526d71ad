"""What the system allows this process: open files and memory."""

import contextlib
import resource
from collections.abc import Callable, Iterator
from pathlib import Path

UNLIMITED = resource.RLIM_INFINITY
OTHER_FILES = 64  # beside visitors: sockets that listen, the log, the loop's own, and requests for a file of the page
PAGE_BYTES = resource.getpagesize()
LOOK_EVERY_S = 0.1  # between two looks even a rush of 2,000 connections a second takes only 4 MB
MARGIN_SHARE, MARGIN_BYTES = 16, 16_777_216  # kept free: a sixteenth of the limit, 16 MB at least. Arbitrary
ENOUGH = 1.5  # times the margin has to be free again: else the two would take turns
CGROUPS = Path("/sys/fs/cgroup")


def raise_file_limit() -> None:
    """Raises the soft limit of open files, often 1,024, to the hard one: each visitor takes a descriptor."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def descriptors() -> int | None:
    """How many files this process may have open, once the soft limit is raised; None if there is no limit."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    return None if hard == UNLIMITED else hard


def descriptors_needed(sessions: int) -> int:
    """How many descriptors so many sessions take, with all that a server has open beside them."""
    return sessions + OTHER_FILES


class Memory:
    """Tells whether memory is about to run out, by the limits of this process and of its control groups."""

    def __init__(self, clock: Callable[[], float], processes: int = 1) -> None:
        """`processes`: so many share what the control group may have, and each takes its part for the limit."""
        self._processes = processes
        self._clock = clock
        self._looked_s = -LOOK_EVERY_S
        self._is_short = False
        self._groups = list(control_groups())

    def is_short(self) -> bool:
        """Whether so little is left that nobody new should come in. Looked up at most every LOOK_EVERY_S."""
        now = self._clock()
        if now - self._looked_s >= LOOK_EVERY_S:
            self._looked_s = now
            wanted = ENOUGH if self._is_short else 1
            self._is_short = any(limit - used < wanted * margin(limit) for used, limit in self._uses())
        return self._is_short

    def _uses(self) -> Iterator[tuple[int, int]]:
        """Pairs of what is used and what is allowed, in bytes."""
        size, resident = sizes()
        allowed = resource.getrlimit(resource.RLIMIT_AS)[0]
        if allowed != UNLIMITED:
            yield size, allowed
        for group in self._groups:
            with contextlib.suppress(OSError, ValueError):  # `max` is no number: there is no limit
                yield resident, int(group.read_text()) // self._processes


def margin(limit: int) -> int:
    """How much of a limit is kept for those who are here, in bytes."""
    return max(limit // MARGIN_SHARE, MARGIN_BYTES)


def sizes() -> tuple[int, int]:
    """The virtual and the resident size of this process, in bytes (proc_pid_statm(5)). Zeros if not on Linux."""
    with contextlib.suppress(OSError):
        size, resident, *_ = Path("/proc/self/statm").read_bytes().split()
        return int(size) * PAGE_BYTES, int(resident) * PAGE_BYTES
    return 0, 0


def control_groups() -> Iterator[Path]:
    """The files with the memory limits of this process's control group and of those around it (cgroups(7), v2)."""
    with contextlib.suppress(OSError):
        lines = Path("/proc/self/cgroup").read_text().splitlines()
        own = next((line.removeprefix("0::/") for line in lines if line.startswith("0::/")), None)
        if own is not None:
            group = CGROUPS / own
            yield from (each / "memory.max" for each in (group, *group.parents) if each.is_relative_to(CGROUPS))
