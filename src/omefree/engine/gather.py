"""Frames on their way out, gathered until the next turn of the loop has read what came meanwhile.

A relay spends its time in the kernel: of 2.0 s of CPU, 1.5 went into `send`, once for each frame, while one `read`
brought eight of them. So one call writes all that two turns have for a connection: the second one decides the searches
that the first has brought (exchange/memory.py), so a `find` gets its reply, `searching` and `matched` by one write.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Protocol

CONNECTIONS_MAX = 32  # with 1,000 waiting, a frame would have left the processor's cache before it is written
FRAMES_MAX = 32  # waiting for one connection; if there are more, they are written in between
LARGE_BYTES = 4_096  # a larger frame is written at once, so at most 128 KB wait for one connection


class WriteTransport(Protocol):
    """An asyncio transport, as far as it is used here."""

    def is_closing(self) -> bool:
        """Whether the connection is closed or about to be closed."""
        ...

    def write(self, data: bytes) -> None:
        """Writes bytes, or buffers what the kernel does not take now."""
        ...


class Gather:
    """The waiting frames of all connections of one event loop. Each connection's frames keep their order."""

    __slots__ = ("_frames", "_is_planned")

    def __init__(self) -> None:
        self._frames: dict[WriteTransport, list[bytes]] = {}
        self._is_planned = False

    def add(self, transport: WriteTransport, frame: bytes) -> None:
        """Takes a frame and has it written before the next turn of the loop is over."""
        frames = self._frames.get(transport)
        if frames is None:
            if len(self._frames) == CONNECTIONS_MAX:
                self._flush_all()
            self._frames[transport] = frames = [frame]
            if not self._is_planned:
                self._is_planned = True
                next_turn(self._end_turn)
        else:
            frames.append(frame)
        if len(frame) > LARGE_BYTES or len(frames) == FRAMES_MAX:
            self.flush(transport)

    def flush(self, transport: WriteTransport) -> None:
        """Writes what waits for a connection now, because something else is to follow it."""
        frames = self._frames.pop(transport, None)
        if frames is not None:
            deliver(transport, frames)

    def drop(self, transport: WriteTransport) -> None:
        """Forgets what waits for a connection."""
        self._frames.pop(transport, None)

    def _end_turn(self) -> None:
        self._is_planned = False
        self._flush_all()

    def _flush_all(self) -> None:
        gathered, self._frames = self._frames, {}
        for transport, frames in gathered.items():
            deliver(transport, frames)


def next_turn(work: Callable[[], None]) -> None:
    """Calls at the end of the loop's next turn: what `call_soon` plans now runs before that turn reads."""
    loop = asyncio.get_running_loop()
    loop.call_soon(loop.call_soon, work)


def deliver(transport: WriteTransport, frames: list[bytes]) -> None:
    """Writes the frames in one call. A connection that was cut meanwhile gets nothing: uvloop would raise."""
    if not transport.is_closing():
        transport.write(b"".join(frames))
