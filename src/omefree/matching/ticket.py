"""The input of the lobby and its output (matching.md, "Who fits")."""

from msgspec import Struct

from omefree.contract.codes import Mode

NEVER = float("inf")
ALWAYS = float("-inf")


class Ticket(Struct, frozen=True):
    """One searching visitor.

    `visitor` is its session's unguessable id. `interests` maps keys to the visitor's own spelling (interests.py).
    `languages`: empty if the visitor names none. `patience_s` None: only a shared interest will do, however long it
    takes. `since`: the start of the search, in seconds of the monotonic clock. New criteria and a broken connection
    keep it. `hide` is passed on and keeps nobody apart. `seal` is a version; only equal ones (or none and none) are
    paired. `apart`: the ids that the visitor must not meet, and until when (NEVER: while both sessions last). The lobby
    takes this list out of the ticket.
    """

    visitor: str
    mode: Mode
    interests: dict[str, str] = {}
    languages: frozenset[str] = frozenset()
    patience_s: float | None = None
    since: float = 0.0
    hide: bool = False
    seal: int | None = None
    apart: tuple[tuple[str, float], ...] = ()


class Pair(Struct, frozen=True):
    """Two tickets taken out of the lobby: `a` looked, `b` was found. `common`: the shared keys, rarest first."""

    a: Ticket
    b: Ticket
    common: tuple[str, ...]


class Widened(Struct, frozen=True):
    """The patience of this visitor has run out. It still waits, and is open to anyone now."""

    visitor: str


def opens_at(ticket: Ticket) -> float:
    """Return when a ticket becomes open to anyone: ALWAYS without interests, NEVER without a patience."""
    if not ticket.interests:
        return ALWAYS
    if ticket.patience_s is None:
        return NEVER
    return ticket.since + ticket.patience_s
