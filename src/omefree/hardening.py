"""What the process does for the memory of its visitors before anything listens (docs/privacy.md, `no-trace`).

Linux gives all of it. Elsewhere it does what it can, and the facts say what that was.
"""

import contextlib
import ctypes
import os
import resource
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from omefree.privacy.policy import HostFacts

MALLOC = "PYTHONMALLOC"
OVERWRITING = "debug"  # the allocator that it would use anyhow, with hooks that fill freed memory with 0xDD
PR_SET_DUMPABLE = 4  # prctl(2)
MCL_CURRENT, MCL_FUTURE, MCL_ONFAULT = 1, 2, 4  # mlockall(2)
UNLIMITED = resource.RLIM_INFINITY
ARGUMENTS, ENVIRONMENT = slice(44, 46), slice(46, 48)  # start and end: fields 48 to 51 of /proc/PID/stat, proc(5)


def start_overwriting() -> None:
    """Starts this program again, in its place, under an allocator that overwrites what is freed; once.

    An allocator can be chosen only before the interpreter starts. Does nothing if somebody has chosen one.
    """
    if MALLOC in os.environ or sys.implementation.name != "cpython":
        return
    variables = {MALLOC: OVERWRITING, "PYTHONDONTWRITEBYTECODE": "1"}
    with contextlib.suppress(OSError):  # an interpreter that cannot be started: it runs as it is, and the facts say so
        os.execve(sys.executable, [sys.executable, *sys.orig_argv[1:]], {**os.environ, **variables})


def harden() -> HostFacts:
    """Closes the memory of this process to others, as far as the system lets it; and it writes no file from now on."""
    sys.dont_write_bytecode = True
    os.umask(0o077)
    return HostFacts(
        core_dumps_off=core_dumps_off(),
        not_dumpable=not_dumpable(),
        memory_locked=memory_locked(),
        freed_overwritten=freed_overwritten(),
    )


def core_dumps_off() -> bool:
    """A crash writes no image of the memory."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    return resource.getrlimit(resource.RLIMIT_CORE) == (0, 0)


def not_dumpable() -> bool:
    """No other program of the same user may read the memory (ptrace, /proc/PID/mem), nor a core handler: only root.

    /proc/PID belongs to root from now on, so py-spy and gdb need root as well.
    """
    return called("prctl", PR_SET_DUMPABLE, 0, 0, 0, 0)


def memory_locked() -> bool:
    """Nothing goes to the swap file. Only if all memory may be locked: under a limit, allocations would fail.

    ONFAULT: pages are locked once they are used, not when they are asked for.
    """
    with contextlib.suppress(ValueError, OSError):  # not allowed: then the limit stays as it is
        resource.setrlimit(resource.RLIMIT_MEMLOCK, (UNLIMITED, UNLIMITED))
    if resource.getrlimit(resource.RLIMIT_MEMLOCK)[0] != UNLIMITED:
        return False
    return called("mlockall", MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT)


def freed_overwritten() -> bool:
    """Whether this interpreter runs under the allocator of `start_overwriting`."""
    chosen = "" if sys.flags.ignore_environment else os.environ.get(MALLOC, "")
    return sys.flags.dev_mode or chosen.endswith(OVERWRITING)


def called(function: str, *arguments: int) -> bool:
    """Whether the C library has this function and it succeeds."""
    try:
        return int(getattr(ctypes.CDLL(None), function)(*arguments)) == 0
    except (OSError, AttributeError):
        return False


def forget_secrets(secrets: Iterable[str]) -> None:
    """Takes secrets out of the environment, and out of what everybody, or root, reads in /proc/PID/cmdline and environ.

    A secret given by variable or by flag has been there until now: `..._FILE` is better.
    """
    spelled = {secret.encode(errors="surrogateescape") for secret in secrets if secret}
    for name, value in list(os.environb.items()):
        if value in spelled:
            del os.environb[name]
    with contextlib.suppress(OSError, IndexError):  # no Linux: only the environment's copy is gone
        for start, end in start_areas():
            overwrite(start, end, spelled)


def start_areas() -> Iterator[tuple[int, int]]:
    """Where the kernel has put the arguments and the environment. Raises OSError, IndexError."""
    fields = [
        int(field) for field in Path("/proc/self/stat").read_text().rpartition(")")[2].split()[1:]
    ]  # from the 4th
    for area in (ARGUMENTS, ENVIRONMENT):
        start, end = fields[area]
        yield start, end


def overwrite(start: int, end: int, secrets: Iterable[bytes]) -> None:
    """Stars in place of the secrets in an area of strings that each end with a zero."""
    at = start
    for string in ctypes.string_at(start, end - start).split(b"\0"):
        for secret in secrets:
            if string == secret or string.endswith(b"=" + secret):
                ctypes.memset(at + len(string) - len(secret), ord("*"), len(secret))
        at += len(string) + 1
