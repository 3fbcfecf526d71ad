"""What a program has still to read. A program that does not read holds back the server, not the memory."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from omefree.client.events import Event
from omefree.errors import Closed

FULL = 1_000  # events; a partner within the quotas needs more than a minute for as many
FREE = 500


class Inbox:
    """`hold` is called with True when it is full, with False when there is room again."""

    def __init__(self, hold: Callable[[bool], None]) -> None:
        self._hold = hold
        self._events: asyncio.Queue[Event | Exception] = asyncio.Queue()
        self._is_full = False

    def put(self, event: Event) -> None:
        self._events.put_nowait(event)
        if not self._is_full and self._events.qsize() >= FULL:
            self._is_full = True
            self._hold(True)

    def close(self, why: Exception | None = None) -> None:
        """What is there can still be read; then `get` raises."""
        self._events.put_nowait(why or Closed())

    async def get(self) -> Event:
        """Raises Closed, or the mistake that ended it all."""
        event = await self._events.get()
        if isinstance(event, Exception):
            self._events.put_nowait(event)  # for whoever asks next
            raise event
        if self._is_full and self._events.qsize() <= FREE:
            self._is_full = False
            self._hold(False)
        return event
