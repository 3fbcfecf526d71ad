"""All that a log line may say: the events, their keys, and what each key may hold. `omefree.logs` writes nothing else.

Nothing of a visitor is among it. Of the data of the inventory one may be logged, how many are here: see `datum`.
"""

from typing import TypeAlias

from msgspec import Struct

from omefree import __version__
from omefree.contract.codes import CODES


class Number(Struct, frozen=True):
    """From 0 to `most`, which is less than an IPv4 address is as a number."""

    most: float
    datum: str | None = None


class OneOf(Struct, frozen=True):
    """One of these words."""

    words: tuple[str, ...]


class Shape(Struct, frozen=True):
    """A text of this shape (a regular expression, matched whole)."""

    pattern: str


class ErrorClass(Struct, frozen=True):
    """Of an exception its class alone: str() of it may quote what a visitor sent."""


Kind: TypeAlias = Number | OneOf | Shape | ErrorClass

KEYS: dict[str, Kind] = {
    "code": OneOf(CODES),
    "count": Number(10_000_000, datum="online"),
    "error": ErrorClass(),
    # Of the libraries that are here: a logger could else be named after anything.
    "logger": Shape(
        r"(aioice|asyncio|concurrent|httptools|omefree|picows|py|root|starlette|structlog|typer|uvicorn)"
        r"(\.[a-z_]{1,16}){0,4}"
    ),
    "port": Number(65_535),
    "seconds": Number(1_000_000),
    "signal": OneOf(("SIGTERM", "SIGINT", "SIGHUP")),
    "transport": OneOf(("websocket", "polling")),
    "url": Shape(r"https?://[A-Za-z0-9.:\[\]-]+"),  # the server's own
    "version": OneOf((__version__,)),
}

# Everything that this server can ever log.
EVENTS: dict[str, frozenset[str]] = {
    "serving": frozenset({"url", "version"}),
    "stopping": frozenset({"signal", "count"}),
    "stopped": frozenset({"seconds"}),
    "stun_serving": frozenset({"port"}),
    "stun_off": frozenset({"port", "error"}),
    "no_contact": frozenset(),  # open to others, and no way to reach the operator is given
    "page_changed": frozenset(),  # the web app's files are not those of its build
    "internal_error": frozenset({"error", "code", "transport"}),
    "foreign": frozenset({"logger", "error"}),
    "crash": frozenset({"error"}),
}
UNLISTED = "unlisted"  # an event that is missing above
