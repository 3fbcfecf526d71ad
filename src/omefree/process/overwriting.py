"""An allocator that overwrites freed memory: why, and what it costs, is in docs/privacy-residue.md."""

import contextlib
import os
import signal
import sys

MALLOC = "PYTHONMALLOC"
ENDING = (signal.SIGTERM, signal.SIGINT)
OVERWRITING = "debug"  # the default allocator, with hooks that fill freed memory with 0xDD


def can_start() -> bool:
    """Whether `start` would change something: not if PYTHONMALLOC has chosen an allocator, nor beside CPython."""
    return MALLOC not in os.environ and sys.implementation.name == "cpython"


def start() -> None:
    """Starts this program again, in its place, under that allocator: it can be chosen only before Python starts.

    A signal that comes meanwhile waits until the new program heeds it (launch.py).
    """
    variables = {MALLOC: OVERWRITING, "PYTHONDONTWRITEBYTECODE": "1"}
    signal.pthread_sigmask(signal.SIG_BLOCK, ENDING)
    with contextlib.suppress(OSError):  # it cannot start: this one goes on, and the facts say so
        os.execve(sys.executable, [sys.executable, *sys.orig_argv[1:]], {**os.environ, **variables})
    signal.pthread_sigmask(signal.SIG_UNBLOCK, ENDING)


def chosen() -> bool:
    """Whether this interpreter runs under it."""
    allocator = "" if sys.flags.ignore_environment else os.environ.get(MALLOC, "")
    return sys.flags.dev_mode or allocator.endswith(OVERWRITING)
