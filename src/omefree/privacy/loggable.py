"""All that a log line may say: the events, their keys, and what each key may hold. `omefree.logs` writes nothing else.

Nothing of a visitor is among it. One datum of the inventory may be logged: how many are here (see `datum`).
"""

from typing import TypeAlias

from msgspec import Struct

from omefree import __version__
from omefree.contract.codes import CODES
from omefree.errors import CONTROL_REASONS


class Number(Struct, frozen=True):
    """A number from 0 to `most`. `datum`: the id of the inventory's datum that it tells; None if it tells none.

    `most` is always less than the number that an IPv4 address is.
    """

    most: float
    datum: str | None = None


class OneOf(Struct, frozen=True):
    """One of these words."""

    words: tuple[str, ...]


class Shape(Struct, frozen=True):
    """A text that this regular expression matches as a whole."""

    pattern: str


class ErrorClass(Struct, frozen=True):
    """The class of an exception. Its str() is not logged, as it may quote what a visitor sent."""


Kind: TypeAlias = Number | OneOf | Shape | ErrorClass

KEYS: dict[str, Kind] = {
    "code": OneOf(CODES),
    "count": Number(10_000_000, datum="online"),
    "error": ErrorClass(),
    # Only loggers of the libraries that are used here: otherwise a name could say anything.
    "logger": Shape(
        r"(aioice|asyncio|concurrent|httptools|omefree|picows|py|root|starlette|structlog|typer|uvicorn)"
        r"(\.[a-z_]{1,16}){0,4}"
    ),
    "port": Number(65_535),
    "reason": OneOf(CONTROL_REASONS),
    "seconds": Number(1_000_000),
    "signal": OneOf(("SIGTERM", "SIGINT", "SIGHUP")),
    "state": OneOf(("open", "text-only", "frozen")),  # of the whole server, by the operator's order
    "transport": OneOf(("websocket", "polling")),
    "url": Shape(r"https?://[A-Za-z0-9.:\[\]-]+"),  # of the server itself
    "version": OneOf((__version__,)),
}

# Every event that this server can log.
EVENTS: dict[str, frozenset[str]] = {
    "serving": frozenset({"url", "version"}),
    "stopping": frozenset({"signal", "count"}),
    "stopped": frozenset({"seconds"}),
    "metrics_serving": frozenset({"port"}),
    "stun_serving": frozenset({"port"}),
    "stun_off": frozenset({"port", "error"}),
    "control_obeyed": frozenset({"state"}),  # the operator's orders have changed
    "control_kept": frozenset({"reason"}),  # the control file cannot be obeyed: the last good orders stay
    "desk_off": frozenset({"error"}),  # no socket could be made beside the control file
    "no_contact": frozenset(),  # the server is open to others, but names no way to reach the operator
    "page_changed": frozenset(),  # the web app's files are not those of its build
    "internal_error": frozenset({"error", "code", "transport"}),
    "foreign": frozenset({"logger", "error"}),
    "crash": frozenset({"error"}),
}
UNLISTED = "unlisted"  # logged instead of an event that is missing above
