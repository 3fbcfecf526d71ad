"""Measures how much memory a piece of code keeps."""

import contextlib
import tracemalloc
from collections.abc import Iterator


class Traced:
    """The bytes that Python has allocated since the block began."""

    def now(self) -> int:
        return tracemalloc.get_traced_memory()[0]

    def most(self) -> int:
        return tracemalloc.get_traced_memory()[1]


@contextlib.contextmanager
def traced() -> Iterator[Traced]:
    tracemalloc.start()
    try:
        yield Traced()
    finally:
        tracemalloc.stop()
