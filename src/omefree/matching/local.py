"""The lobby of one process that knows its own visitors: it adds to each ticket the exclusions of its visitor."""

from msgspec.structs import replace

from omefree.matching.exclusions import Exclusions
from omefree.matching.lobby import STEPS, Lobby
from omefree.matching.ticket import Pair, Ticket, Widened


class LocalLobby:
    """A Lobby, and the history of its visitors. The methods take and return the same as those of Lobby."""

    __slots__ = ("_exclusions", "_lobby")

    def __init__(self, lobby: Lobby, exclusions: Exclusions) -> None:
        self._lobby = lobby
        self._exclusions = exclusions

    def __len__(self) -> int:
        return len(self._lobby)

    def __contains__(self, visitor: object) -> bool:
        return visitor in self._lobby

    def is_empty(self) -> bool:
        """Say whether nothing is held of any visitor (the counters of rarity fade on their own)."""
        return self._lobby.is_empty() and not len(self._exclusions)

    def join(self, ticket: Ticket, now: float) -> Pair | None:
        """Pair a ticket at once, or let it wait. It replaces a waiting ticket of the same visitor."""
        self._exclusions.welcome(ticket.visitor)
        apart = self._exclusions.of(ticket.visitor)
        return self._lobby.join(replace(ticket, apart=apart) if apart else ticket, now)

    def leave(self, visitor: str) -> Ticket | None:
        """Take out a visitor's ticket and return it; None if it has none. Its history stays."""
        return self._lobby.leave(visitor)

    def met(self, a: str, b: str, now: float) -> None:
        """Note that a chat of these two has ended: they stay apart for the cooldown."""
        self._exclusions.met(a, b, now)
        self._hold(a, b)

    def report(self, a: str, b: str) -> None:
        """Keep these two apart while both sessions last, because `a` reported `b`."""
        self._exclusions.report(a, b)
        self._hold(a)

    def allow(self, a: str, b: str) -> None:
        """Lift what keeps these two apart, because both asked for each other."""
        self._exclusions.allow(a, b)
        self._hold(a, b)

    def forget(self, visitor: str) -> None:
        """Drop everything held of a visitor whose session is over, and its id from what is held of others."""
        self._exclusions.forget(visitor)
        self._lobby.forget(visitor)

    def advance(self, now: float) -> list[Pair | Widened]:
        """Do what is due at `now`, as Lobby does. Return the pairs, and the visitors that are widened and wait on."""
        for _ in range(STEPS):
            if not self._exclusions.end_cooldown(now):
                break
        return self._lobby.advance(now)

    def next_wake(self) -> float | None:
        """Return when to call `advance` next; a time in the past means at once, None never."""
        wakes = (self._lobby.next_wake(), self._exclusions.next_wake())
        return min([when for when in wakes if when is not None], default=None)

    def _hold(self, *visitors: str) -> None:
        """Give the lobby the present exclusions of those of these visitors that are waiting."""
        for visitor in visitors:
            if visitor in self._lobby:
                self._lobby.hold(visitor, self._exclusions.of(visitor))
