"""The inverted index of those who wait: lanes by mode, seal, language and interest (matching.md, "Cost").

A ticket is filed under each of its languages and under ALL; one that says nothing of languages under SILENT and ALL.
It looks under each of its languages and under SILENT; one that says nothing looks under ALL. In each of these it is
filed, and looks, under each of its interests, and under OPEN if it is open to anyone.

So every ticket in a lane that one looks into is compatible with it but for an exclusion, and every compatible ticket
is in such a lane: neither languages nor patience can hide a partner behind tickets that do not fit.
"""

from bisect import bisect_left, insort
from collections.abc import Iterable, Iterator
from typing import TypeAlias

from msgspec import Struct

from omefree.core.ticket import Ticket

ALL = "*"  # no language is spelled so
SILENT = ""
OPEN = ""  # no interest's key is empty


class Waiting(Struct, order=True, gc=False):
    """A ticket in the lobby. Compared field by field: longest waiting first; the serial is unique, so no two are equal.

    `serial` counts arrivals; `wake` is the number of its patience's wake-up. Nothing here leads back to itself.
    """

    since: float
    serial: int
    ticket: Ticket
    is_open: bool
    wake: int | None = None


# A lane of one is that one: most have no more, and a list would double what a ticket costs.
Lane: TypeAlias = Waiting | list[Waiting]
Shelf: TypeAlias = dict[str, Lane]


class Index:
    """Shelves by mode, seal and language, of lanes by interest, each ordered. Nothing empty is kept."""

    __slots__ = ("_shelves",)

    def __init__(self) -> None:
        self._shelves: dict[tuple[str, int | None, str], Shelf] = {}

    def __len__(self) -> int:
        return sum(len(shelf) for shelf in self._shelves.values())

    def add(self, waiting: Waiting) -> None:
        """File a ticket under all that it says."""
        self._file(waiting, [*waiting.ticket.interests, OPEN] if waiting.is_open else waiting.ticket.interests)

    def open(self, waiting: Waiting) -> None:
        """Make a filed ticket open to anyone."""
        waiting.is_open = True
        self._file(waiting, [OPEN])

    def remove(self, waiting: Waiting) -> None:
        """Take a filed ticket out of all its lanes."""
        ticket = waiting.ticket
        for language in _filed_under(ticket):
            name = ticket.mode, ticket.seal, language
            shelf = self._shelves[name]
            for key in ticket.interests:
                _take(shelf, key, waiting)
            if waiting.is_open:
                _take(shelf, OPEN, waiting)
            if not shelf:
                del self._shelves[name]

    def lanes(self, ticket: Ticket, keys: Iterable[str]) -> Iterator[list[Waiting]]:
        """Yield the lanes under these keys that hold whom the ticket may meet; one may be in several."""
        for language in (*ticket.languages, SILENT) if ticket.languages else (ALL,):
            shelf = self._shelves.get((ticket.mode, ticket.seal, language))
            if shelf is not None:
                for key in keys:
                    lane = shelf.get(key)
                    if lane is not None:
                        yield lane if isinstance(lane, list) else [lane]

    def _file(self, waiting: Waiting, keys: Iterable[str]) -> None:
        ticket = waiting.ticket
        for language in _filed_under(ticket):
            shelf = self._shelves.setdefault((ticket.mode, ticket.seal, language), {})
            for key in keys:
                lane = shelf.setdefault(key, waiting)
                if isinstance(lane, list):
                    insort(lane, waiting)
                elif lane is not waiting:
                    shelf[key] = sorted((lane, waiting))


def _filed_under(ticket: Ticket) -> tuple[str, ...]:
    return (*ticket.languages, ALL) if ticket.languages else (SILENT, ALL)


def _take(shelf: Shelf, key: str, waiting: Waiting) -> None:
    lane = shelf[key]
    if not isinstance(lane, list):
        del shelf[key]
        return
    del lane[bisect_left(lane, waiting)]
    if len(lane) == 1:
        shelf[key] = lane[0]
