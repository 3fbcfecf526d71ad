"""What goes into the lobby and what comes out of it (matching.md, "Who fits")."""

from msgspec import Struct

from omefree.contract.codes import Mode

NEVER = float("inf")
ALWAYS = float("-inf")


class Ticket(Struct, frozen=True):
    """One searching visitor.

    `visitor` is its session's unguessable id. `interests` maps keys to the visitor's own spelling (interests.py).
    `languages` empty: says nothing. `patience_s` None: only a shared interest, however long. `since`: start of the
    search, in seconds of the monotonic clock; kept when the criteria change and when a broken link comes back.
    `hide` is passed on and parts nobody; `seal` is a version, and only equal ones (or none and none) are paired.
    `apart`: whom the visitor must not meet, and until when (NEVER: while both sessions last). The lobby takes it out.
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
    """Two tickets taken out of the lobby. `a` is the one that looked, `b` the one found; `common`: rarest key first."""

    a: Ticket
    b: Ticket
    common: tuple[str, ...]


class Widened(Struct, frozen=True):
    """The patience of this waiting visitor has run out: it is open to anyone now, and still waits."""

    visitor: str


def opens_at(ticket: Ticket) -> float:
    """Return when a ticket becomes open to anyone: ALWAYS without interests, NEVER if it insists."""
    if not ticket.interests:
        return ALWAYS
    if ticket.patience_s is None:
        return NEVER
    return ticket.since + ticket.patience_s
