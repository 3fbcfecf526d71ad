"""The events that the program has not read yet. If it does not read, we stop reading from the server.

So the memory stays bounded, and the server has to wait.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from omefree.client.events import Event
from omefree.errors import Closed

FULL = 1_000  # events: at this many reading stops; a partner within the quotas needs over a minute for that many
FREE = 500  # events: at this many reading goes on


class Inbox:
    """`hold` is called with True when the inbox is full, and with False when there is room again."""

    def __init__(self, hold: Callable[[bool], None]) -> None:
        self._hold = hold
        self._events: asyncio.Queue[Event | Exception] = asyncio.Queue()
        self._is_full = False

    def put(self, event: Event) -> None:
        """Adds an event; it is never refused."""
        self._events.put_nowait(event)
        if not self._is_full and self._events.qsize() >= FULL:
            self._is_full = True
            self._hold(True)

    def close(self, why: Exception | None = None) -> None:
        """Ends the inbox. Its events can still be read; after them `get` raises `why`, or Closed."""
        self._events.put_nowait(why or Closed())

    async def get(self) -> Event:
        """The next event. Raises Closed after the last one, or the exception that ended the connection."""
        event = await self._events.get()
        if isinstance(event, Exception):
            self._events.put_nowait(event)  # for the next call
            raise event
        if self._is_full and self._events.qsize() <= FREE:
            self._is_full = False
            self._hold(False)
        return event
