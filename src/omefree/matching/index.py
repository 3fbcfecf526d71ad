"""The inverted index of the waiting tickets: lanes by mode, seal, language and interest (matching.md, "What it costs").

A ticket is filed under each of its languages and under SPOKEN; one without languages under SILENT alone.
A ticket looks under each of its languages and under SILENT; one without languages looks under SILENT and SPOKEN.
In each of these it is filed, and looks, under each of its interests, and under OPEN if it is open to anyone.

So every ticket in a lane that one looks into fits but for an exclusion, and every ticket that fits is in such a lane.
Neither languages nor patience can hide a partner behind tickets that do not fit.
"""

from bisect import bisect_left, insort
from collections.abc import Iterable, Iterator
from typing import TypeAlias

from msgspec import Struct

from omefree.matching.ticket import Ticket

SPOKEN = "*"  # not the code of any language
SILENT = ""
OPEN = ""  # not the key of any interest, which is never empty


class Waiting(Struct, order=True, gc=False):
    """A ticket in the lobby. The order is by field: the longest waiting first. Serials are unique, so no two are equal.

    `serial` counts arrivals; `wake` is the number of its wake-up. Nothing here refers back to itself (`gc=False`).
    """

    since: float
    serial: int
    ticket: Ticket
    hesitates_until: float
    is_open: bool
    counter_ids: tuple[int, ...]
    wake: int | None = None


# A lane with one ticket is that ticket itself: most have no more, and a list would double the cost of a ticket.
Lane: TypeAlias = Waiting | list[Waiting]
Shelf: TypeAlias = dict[str, Lane]


class Index:
    """Shelves by mode, seal and language. A shelf has lanes by interest, each in order. Empty ones are dropped."""

    __slots__ = ("_shelves",)

    def __init__(self) -> None:
        self._shelves: dict[tuple[str, int | None, str], Shelf] = {}

    def __len__(self) -> int:
        return sum(len(shelf) for shelf in self._shelves.values())

    def add(self, waiting: Waiting) -> None:
        """File a ticket under its languages and its interests."""
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

    def lanes(self, ticket: Ticket, keys: Iterable[tuple[str, int]]) -> Iterator[tuple[int, list[list[Waiting]]]]:
        """Yield each key's number with the key's lanes, if it has any: their tickets fit but for exclusions.

        A ticket may be in several lanes of a key: under each of its languages.
        """
        shelves = self._shelves_for(ticket)
        for key, number in keys:
            for shelf in shelves:
                if key in shelf:
                    lanes = [shelf[key] for shelf in shelves if key in shelf]
                    yield number, [lane if isinstance(lane, list) else [lane] for lane in lanes]
                    break

    def _shelves_for(self, ticket: Ticket) -> list[Shelf]:
        names = (*ticket.languages, SILENT) if ticket.languages else (SILENT, SPOKEN)
        shelves = [self._shelves.get((ticket.mode, ticket.seal, language)) for language in names]
        return [shelf for shelf in shelves if shelf]

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
    return (*ticket.languages, SPOKEN) if ticket.languages else (SILENT,)


def _take(shelf: Shelf, key: str, waiting: Waiting) -> None:
    lane = shelf[key]
    if not isinstance(lane, list):
        del shelf[key]
        return
    del lane[bisect_left(lane, waiting)]
    if len(lane) == 1:
        shelf[key] = lane[0]
