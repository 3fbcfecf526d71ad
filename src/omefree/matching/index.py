"""The inverted index of the waiting tickets, with posting lists by interest (matching.md, "What it costs").

A ticket is filed under each of its languages and under SPOKEN; one without languages under SILENT alone.
A ticket looks under each of its languages and under SILENT; one without languages looks under SILENT and SPOKEN.
In each of these it is filed, and looks, under each of its interests, and under OPEN if it is open to anyone.

So every ticket in a posting list that one looks into fits but for an exclusion, and every ticket that fits is in one.
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


# A posting list with one ticket is that ticket itself: most have no more, and a list would double the cost of a ticket.
Postings: TypeAlias = Waiting | list[Waiting]
Partition: TypeAlias = dict[str, Postings]


class Index:
    """Partitions by mode, seal and language, each with posting lists by interest, in order. Empty ones are dropped."""

    __slots__ = ("_partitions",)

    def __init__(self) -> None:
        self._partitions: dict[tuple[str, int | None, str], Partition] = {}

    def __len__(self) -> int:
        return sum(len(partition) for partition in self._partitions.values())

    def add(self, waiting: Waiting) -> None:
        """File a ticket under its languages and its interests."""
        self._file(waiting, [*waiting.ticket.interests, OPEN] if waiting.is_open else waiting.ticket.interests)

    def open(self, waiting: Waiting) -> None:
        """Make a filed ticket open to anyone."""
        waiting.is_open = True
        self._file(waiting, [OPEN])

    def remove(self, waiting: Waiting) -> None:
        """Take a filed ticket out of all its posting lists."""
        ticket = waiting.ticket
        for language in _filed_under(ticket):
            name = ticket.mode, ticket.seal, language
            partition = self._partitions[name]
            for key in ticket.interests:
                _take(partition, key, waiting)
            if waiting.is_open:
                _take(partition, OPEN, waiting)
            if not partition:
                del self._partitions[name]

    def postings(self, ticket: Ticket, keys: Iterable[tuple[str, int]]) -> Iterator[tuple[int, list[list[Waiting]]]]:
        """Yield each key's number with the key's posting lists, if it has any: their tickets fit but for exclusions.

        A ticket may be in several posting lists of a key: under each of its languages.
        """
        partitions = self._partitions_for(ticket)
        for key, number in keys:
            for partition in partitions:
                if key in partition:
                    lists = [partition[key] for partition in partitions if key in partition]
                    yield number, [postings if isinstance(postings, list) else [postings] for postings in lists]
                    break

    def _partitions_for(self, ticket: Ticket) -> list[Partition]:
        names = (*ticket.languages, SILENT) if ticket.languages else (SILENT, SPOKEN)
        partitions = [self._partitions.get((ticket.mode, ticket.seal, language)) for language in names]
        return [partition for partition in partitions if partition]

    def _file(self, waiting: Waiting, keys: Iterable[str]) -> None:
        ticket = waiting.ticket
        for language in _filed_under(ticket):
            partition = self._partitions.setdefault((ticket.mode, ticket.seal, language), {})
            for key in keys:
                postings = partition.setdefault(key, waiting)
                if isinstance(postings, list):
                    insort(postings, waiting)
                elif postings is not waiting:
                    partition[key] = sorted((postings, waiting))


def _filed_under(ticket: Ticket) -> tuple[str, ...]:
    return (*ticket.languages, SPOKEN) if ticket.languages else (SILENT,)


def _take(partition: Partition, key: str, waiting: Waiting) -> None:
    postings = partition[key]
    if not isinstance(postings, list):
        del partition[key]
        return
    del postings[bisect_left(postings, waiting)]
    if len(postings) == 1:
        partition[key] = postings[0]
