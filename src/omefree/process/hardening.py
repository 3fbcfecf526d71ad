"""Protects the memory of the process, before anything listens (docs/privacy.md, `no-trace`).

Linux offers all of it. Elsewhere the process does what is possible, and the facts (HostFacts) say what that was.
"""

import contextlib
import ctypes
import os
import resource
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from omefree.privacy.policy import HostFacts
from omefree.process import overwriting

PR_SET_DUMPABLE = 4  # prctl(2)
MCL_CURRENT, MCL_FUTURE, MCL_ONFAULT = 1, 2, 4  # mlockall(2)
UNLIMITED = resource.RLIM_INFINITY
ARGUMENTS, ENVIRONMENT = slice(44, 46), slice(46, 48)  # start, end: fields 48 to 51 of /proc/PID/stat, proc(5)


def harden() -> HostFacts:
    """Closes the memory of this process to others, as far as the system allows. Returns what was achieved.

    From now on it writes no bytecode, and a new file would be open to its own user alone.
    """
    sys.dont_write_bytecode = True
    os.umask(0o077)
    return HostFacts(
        core_dumps_off=core_dumps_off(),
        not_dumpable=not_dumpable(),
        memory_locked=memory_locked(),
        freed_overwritten=overwriting.chosen(),
    )


def core_dumps_off() -> bool:
    """Turns core dumps off, so that a crash writes no image of the memory. True if that worked."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    return resource.getrlimit(resource.RLIMIT_CORE) == (0, 0)


def not_dumpable() -> bool:
    """Lets only root read the memory (ptrace, /proc/PID/mem), and no core handler. True if that worked.

    /proc/PID belongs to root from now on, so py-spy and gdb need root as well.
    """
    return called("prctl", PR_SET_DUMPABLE, 0, 0, 0, 0)


def memory_locked() -> bool:
    """Locks all memory, so that nothing goes to the swap file. True if that worked.

    It is not done under a limit on locked memory: allocations would fail. ONFAULT locks a page once it is used, not
    when it is asked for.
    """
    with contextlib.suppress(ValueError, OSError):  # not allowed: the limit stays as it is
        resource.setrlimit(resource.RLIMIT_MEMLOCK, (UNLIMITED, UNLIMITED))
    if resource.getrlimit(resource.RLIMIT_MEMLOCK)[0] != UNLIMITED:
        return False
    return called("mlockall", MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT)


def called(function: str, *arguments: int) -> bool:
    """Whether the C library has this function and the call succeeds (returns 0)."""
    try:
        return int(getattr(ctypes.CDLL(None), function)(*arguments)) == 0
    except (OSError, AttributeError):
        return False


def forget_secrets(secrets: Iterable[str]) -> None:
    """Removes secrets from the environment, and from /proc/PID/cmdline and environ, which others or root can read.

    A secret given by variable or by flag was there until now, so `..._FILE` is better.
    """
    spelled = {secret.encode(errors="surrogateescape") for secret in secrets if secret}
    for name, value in list(os.environb.items()):
        if value in spelled:
            del os.environb[name]
    with contextlib.suppress(OSError, IndexError):  # not Linux: only the environment's copy is gone
        for start, end in start_areas():
            overwrite(start, end, spelled)


def start_areas() -> Iterator[tuple[int, int]]:
    """The areas of memory (start, end) with the arguments and the environment. Raises OSError or IndexError."""
    fields = [
        int(field) for field in Path("/proc/self/stat").read_text().rpartition(")")[2].split()[1:]
    ]  # from the 4th field on
    for area in (ARGUMENTS, ENVIRONMENT):
        start, end = fields[area]
        yield start, end


def overwrite(start: int, end: int, secrets: Iterable[bytes]) -> None:
    """Puts stars in place of the secrets in an area of memory, whose strings each end with a zero."""
    at = start
    for string in ctypes.string_at(start, end - start).split(b"\0"):
        for secret in secrets:
            if string == secret or string.endswith(b"=" + secret):
                ctypes.memset(at + len(string) - len(secret), ord("*"), len(secret))
        at += len(string) + 1
