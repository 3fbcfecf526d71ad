"""The inverted index of those who wait: lanes by mode, seal, language and interest (matching.md, "Cost").

A ticket is filed under each of its languages and under ALL; one that says nothing of languages under SILENT and ALL.
It looks under each of its languages and under SILENT; one that says nothing looks under ALL. In each of these it is
filed, and looks, under each of its interests, and under OPEN if it is open to anyone.

So every ticket in a lane that one looks into is compatible with it but for an exclusion, and every compatible ticket
is in such a lane: neither languages nor patience can hide a partner behind tickets that do not fit.
"""

from bisect import bisect_left, insort
from collections.abc import Iterator
from typing import TypeAlias

from msgspec import Struct

from omefree.core.ticket import Ticket

ALL = "*"  # no language is spelled so
SILENT = ""
OPEN = ""  # no interest's key is empty


class Waiting(Struct, eq=False):
    """A ticket in the lobby. `serial` counts arrivals; `wake` is the number of its patience's wake-up."""

    ticket: Ticket
    serial: int
    is_open: bool
    wake: int | None = None

    @property
    def place(self) -> "Place":
        return self.ticket.since, self.serial, self


Place: TypeAlias = tuple[float, int, Waiting]  # longest waiting first; the serial is unique, so no two are equal
Lane: TypeAlias = tuple[str, int | None, str, str]


class Index:
    """Lanes, each a list ordered by place. An empty lane does not exist."""

    __slots__ = ("_lanes",)

    def __init__(self) -> None:
        self._lanes: dict[Lane, list[Place]] = {}

    def __len__(self) -> int:
        return len(self._lanes)

    def add(self, waiting: Waiting) -> None:
        """File a ticket under all that it says."""
        for tag in _tags(waiting):
            self._file(waiting, tag)

    def open(self, waiting: Waiting) -> None:
        """Make a filed ticket open to anyone."""
        waiting.is_open = True
        self._file(waiting, OPEN)

    def remove(self, waiting: Waiting) -> None:
        """Take a filed ticket out of all its lanes."""
        place = waiting.place
        for tag in _tags(waiting):
            for key in _filed_under(waiting.ticket, tag):
                lane = self._lanes[key]
                del lane[bisect_left(lane, place)]
                if not lane:
                    del self._lanes[key]

    def lanes_for(self, waiting: Waiting) -> Iterator[list[Place]]:
        """Yield the lanes that hold every ticket compatible with this one; a ticket may be in several."""
        ticket = waiting.ticket
        for tag in _tags(waiting):
            for language in (*ticket.languages, SILENT) if ticket.languages else (ALL,):
                lane = self._lanes.get((ticket.mode, ticket.seal, language, tag))
                if lane is not None:
                    yield lane

    def _file(self, waiting: Waiting, tag: str) -> None:
        for key in _filed_under(waiting.ticket, tag):
            insort(self._lanes.setdefault(key, []), waiting.place)


def _tags(waiting: Waiting) -> Iterator[str]:
    yield from waiting.ticket.interests
    if waiting.is_open:
        yield OPEN


def _filed_under(ticket: Ticket, tag: str) -> Iterator[Lane]:
    for language in ticket.languages or (SILENT,):
        yield ticket.mode, ticket.seal, language, tag
    yield ticket.mode, ticket.seal, ALL, tag
