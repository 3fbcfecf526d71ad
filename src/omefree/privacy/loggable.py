"""All that a log line may say: the events, their keys, and what each key may hold. `omefree.logs` writes nothing else.

Nothing of a visitor is among it. One datum of the inventory may be logged: how many are here (see `datum`). Each line
has its time, UTC, to the second.
"""

import errno
from typing import TypeAlias

from msgspec import Struct

from omefree import __version__
from omefree.contract.codes import CODES
from omefree.errors import CERTIFICATE_REASONS, CONTROL_REASONS


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

# Why the system refused something, by its number (errno(3)); `other` is for the rest.
SYSTEM_REASONS: dict[int, str] = {
    errno.EADDRINUSE: "in_use",
    errno.EADDRNOTAVAIL: "no_such_address",
    errno.EAFNOSUPPORT: "no_such_address",
    errno.EACCES: "not_permitted",
    errno.EPERM: "not_permitted",
    errno.ENOENT: "missing",
    errno.ENOTDIR: "missing",
    errno.EMFILE: "too_few_descriptors",
    errno.ENFILE: "too_few_descriptors",
    errno.ENAMETOOLONG: "name_too_long",
}
# Why something of another node was dropped, or the engine between them refuses (exchange/bus.py).
DROPPED = ("unreadable", "undecipherable", "replayed", "malformed", "unknown_item", "version", "own_tag")
REFUSES = ("taken", "secret", "version", "full", "read_only", "no_rights", "engine")
DATES = ("expired", "not_yet_valid", "expires_soon")  # of a certificate

KEYS: dict[str, Kind] = {
    "code": OneOf(CODES),
    "count": Number(10_000_000, datum="online"),
    "days": Number(100_000),
    "descriptors": Number(16_000_000),  # open files that the system allows this process
    "epoch": Number(1_000_000_000),  # how often the leader of a pool has changed
    "error": ErrorClass(),
    "lines": Number(10_000_000),
    # Only loggers of the libraries that are used here: otherwise a name could say anything.
    "logger": Shape(
        r"(asyncio|concurrent|httptools|omefree|picows|py|root|starlette|structlog|typer|uvicorn)"
        r"(\.[a-z_]{1,16}){0,4}"
    ),
    "needed": Number(16_000_000),
    "pool": OneOf(("video", "text")),  # those who search in a mode
    "port": Number(65_535),
    "reason": OneOf(
        (*CONTROL_REASONS, *CERTIFICATE_REASONS, *DATES, *DROPPED, *REFUSES, *SYSTEM_REASONS.values(), "other")
    ),
    "seconds": Number(1_000_000),
    "signal": OneOf(("SIGTERM", "SIGINT", "SIGHUP")),
    "state": OneOf(("open", "text-only", "frozen")),  # of the whole server, by the operator's order
    "transport": OneOf(("websocket", "polling")),
    "url": Shape(r"(https?://[A-Za-z0-9.:\[\]-]+|unix:)(/[A-Za-z0-9._~-]+)*"),  # of the server itself
    "variables": Number(1_000_000),
    "version": OneOf((__version__,)),
    "workers": Number(1_000),
}

# Every event that this server can log.
EVENTS: dict[str, frozenset[str]] = {
    "serving": frozenset({"url", "version"}),
    "draining": frozenset({"signal", "count", "seconds"}),  # visitors have so long to move to the other servers
    "moving": frozenset({"count", "seconds"}),  # they are asked to, within so many
    "stopping": frozenset({"signal", "count"}),
    "stopped": frozenset({"seconds"}),
    "metrics_serving": frozenset({"port"}),
    "stun_serving": frozenset({"port"}),
    "reloaded": frozenset(),  # on SIGHUP
    "ipv6_absent": frozenset(),  # `host` is ::, but this machine has IPv4 alone
    "stun_unreachable": frozenset(),  # it listens for this machine alone, but visitors come from elsewhere
    "origin_refused": frozenset(),  # a page of another origin, or a proxy hides the own one: said once
    "forwarded_header_not_trusted": frozenset(),  # of a peer that `trusted_proxies` does not name: said once
    "forwarded_header_missing": frozenset(),  # a trusted proxy names no visitor, so all count as one: said once
    "stun_off": frozenset({"port", "reason"}),
    "control_obeyed": frozenset({"state"}),  # the operator's orders have changed
    "control_kept": frozenset({"reason"}),  # the control file cannot be obeyed: the last good orders stay
    "desk_off": frozenset({"reason"}),  # no socket could be made beside the control file
    "certificate_served": frozenset({"days"}),  # a new one, that is good for so many days more
    "certificate_kept": frozenset({"reason"}),  # the new one cannot be served: the last good one stays
    "certificate_dates": frozenset({"reason", "days"}),  # since when, or for how many days more
    "exchange_up": frozenset(),  # this node hears the others
    "exchange_down": frozenset(),  # it does not, and introduces its own visitors alone
    "exchange_dropped": frozenset({"reason"}),  # of what came from other nodes: at most once a minute for each reason
    "exchange_refuses": frozenset({"reason"}),  # the engine does not renew the lease of this node
    "worker_died": frozenset({"seconds"}),  # it is started again after so many
    "engine_died": frozenset(),  # the private Valkey: it is started again
    "renewing_workers": frozenset({"workers"}),  # on SIGUSR2: one after the other
    "workers_renewed": frozenset({"workers"}),
    "renewing_given_up": frozenset(),  # a new worker did not start: those that run go on
    "leads": frozenset({"pool", "epoch"}),  # this node introduces those who search in the pool
    "leads_no_longer": frozenset({"pool"}),
    "few_descriptors": frozenset({"descriptors", "needed"}),  # fewer than `max_connections` visitors need
    "memory_short": frozenset({"count"}),  # no more visitors than now are let in
    "memory_enough": frozenset(),
    "service_links_ignored": frozenset({"variables"}),  # Kubernetes set them for a service named omefree
    "lines_lost": frozenset({"lines"}),  # of this log, because they could not be written
    "no_contact": frozenset(),  # the server is open to others, but names no way to reach the operator
    "page_changed": frozenset(),  # the web app's files are not those of its build
    "internal_error": frozenset({"error", "code", "transport"}),
    "foreign": frozenset({"logger", "error"}),
    "crash": frozenset({"error"}),
}
UNLISTED = "unlisted"  # logged instead of an event that is missing above
