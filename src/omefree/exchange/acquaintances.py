"""Whom the visitors of one node must not meet, and which other nodes hold their ids: those are told when they leave."""

from collections.abc import Collection, Iterable

from msgspec import Struct

from omefree.matching.exclusions import Exclusions


class Ties(Struct, frozen=True):
    """What is held of one visitor here: ids that it has met or reported, and the nodes where its own id may be held."""

    met: list[str]
    reported: list[str]
    known: list[str]


class Acquaintances:
    """The exclusions of the visitors here, and where each of them is known. A node's visitors are told by id alone."""

    def __init__(self) -> None:
        self._exclusions = Exclusions()
        self._known_at: dict[str, set[str]] = {}  # by visitor of this node: the nodes where its id may be held

    def __len__(self) -> int:
        return len(self._exclusions) + len(self._known_at)

    def welcome(self, visitor: str) -> None:
        """Begins to hold lists for a visitor here."""
        self._exclusions.welcome(visitor)

    def of(self, visitor: str) -> tuple[tuple[str, float], ...]:
        """Whom a visitor must not meet, and until when."""
        return self._exclusions.of(visitor)

    def met(self, a: str, b: str, now: float) -> None:
        """Keeps `a`, a visitor here, and `b` apart for the cooldown."""
        self._know(a, b)
        self._exclusions.met(a, b, now)

    def report(self, a: str, b: str) -> None:
        """Keeps `a`, a visitor here, from `b`."""
        self._know(a, b)
        self._exclusions.report(a, b)

    def allow(self, a: str, b: str) -> None:
        """Nothing keeps the two apart any more."""
        self._exclusions.allow(a, b)

    def meets(self, visitor: str, partner: str, tag: str) -> None:
        """A visitor here enters a chat with one of the node `tag`."""
        self._known_at.setdefault(visitor, set()).add(tag)
        self.allow(visitor, partner)

    def strike(self, visitor: str) -> tuple[str, ...]:
        """Drops the id of a session that is over. Returns who has held it."""
        holders = self._exclusions.holders(visitor)
        self._exclusions.forget(visitor)
        return holders

    def leave(self, visitor: str) -> Collection[str]:
        """The session of a visitor here is over, and `strike` is to be called. Returns the nodes that should know."""
        return self._known_at.pop(visitor, ())

    def dead(self, tag: str) -> None:
        """A node is dead: nothing is held there any more."""
        for known in self._known_at.values():
            known.discard(tag)

    # --- who moves ---

    def give_up(self, visitor: str, to: str) -> Ties:
        """A visitor here moves to the node `to`. Whom it holds is known there from now on."""
        met, reported = self._exclusions.give_up(visitor)
        self._hold_at(to, {*met, *reported})
        return Ties(met, reported, sorted(self._known_at.pop(visitor, ())))

    def take_over(self, visitor: str, ties: Ties, source: str, now: float) -> None:
        """A visitor has moved here from the node `source`, which may still hold its id."""
        self._exclusions.take_over(visitor, ties.met, ties.reported, now)
        self._known_at[visitor] = {*ties.known, source}

    def moves(self, visitor: str, to: str, holds: Iterable[str]) -> None:
        """A visitor of another node moves to the node `to`, and with it the ids that it holds."""
        self._hold_at(to, {*holds, *self._exclusions.holders(visitor)})

    def _hold_at(self, tag: str, visitors: Iterable[str]) -> None:
        for visitor in visitors:
            if visitor in self._exclusions and not self._exclusions.is_elsewhere(visitor):
                self._known_at.setdefault(visitor, set()).add(tag)

    def _know(self, a: str, b: str) -> None:
        """`b` may be a visitor of another node, of whom nothing but its id is held."""
        if a in self._exclusions:
            self._exclusions.welcome_elsewhere(b)

    # --- time ---

    def advance(self, now: float) -> None:
        """Ends the cooldowns that are due."""
        while self._exclusions.end_cooldown(now):
            pass

    def next_wake(self) -> float | None:
        """When the next cooldown ends; None if none runs."""
        return self._exclusions.next_wake()
