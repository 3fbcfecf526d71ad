"""Logging that cannot tell on a visitor: what is not listed here is not written, at any level.

Our own lines are an event of `EVENTS` with that event's keys, and each key says what its value may be. Of everybody
else's (uvicorn, picows, asyncio, warnings, crashes) only level, logger and the exception's class get through: their
messages hold addresses, request heads and texts.
"""

import logging
import re
import sys
import threading
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Any, TextIO

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from omefree.contract.codes import CODES

LEVELS = {"debug": logging.DEBUG, "info": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR}


def number(value: Any) -> int | float | None:
    return value if isinstance(value, int | float) else None


def class_name(value: Any) -> str | None:
    """Of an exception its class alone: str() of it may quote what a visitor sent."""
    kind = value if isinstance(value, type) else type(value)
    return kind.__name__ if issubclass(kind, BaseException) else None


def one_of(*words: str) -> Callable[[Any], str | None]:
    return lambda value: value if isinstance(value, str) and value in words else None


def matching(pattern: str) -> Callable[[Any], str | None]:
    return lambda value: value if isinstance(value, str) and re.fullmatch(pattern, value) else None


# What may be written under each key: the function gives the value, or None for one that is not of that kind.
KEYS: dict[str, Callable[[Any], Any]] = {
    "code": one_of(*CODES),
    "count": number,
    "error": class_name,
    "logger": matching(r"[A-Za-z_][A-Za-z0-9_.]{0,63}"),
    "port": number,
    "seconds": number,
    "signal": one_of("SIGTERM", "SIGINT", "SIGHUP"),
    "transport": one_of("websocket", "polling"),
    "url": matching(r"https?://[A-Za-z0-9.:\[\]-]+"),  # the server's own
    "version": matching(r"[0-9a-z.+-]{1,32}"),
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


def allow_listed(_logger: WrappedLogger, _method: str, line: EventDict) -> EventDict:
    """The processor that every line passes: what is left of it is listed."""
    event = line.get("event")
    if not isinstance(event, str) or event not in EVENTS:
        return {"level": line["level"], "event": UNLISTED}
    kept: EventDict = {"level": line["level"], "event": event}
    for key in sorted(EVENTS[event] & line.keys()):
        value = KEYS[key](line[key])
        if value is not None:
            kept[key] = value
    return kept


class Foreign(logging.Handler):
    """The standard library's root handler."""

    def emit(self, record: logging.LogRecord) -> None:
        error = record.exc_info[0] if record.exc_info else None
        log.log(foreign_level(record.levelno), "foreign", logger=record.name, error=error)


def foreign_level(given: int) -> int:
    """What is left of a line below WARNING tells an operator nothing: it counts as DEBUG."""
    severe = (logging.WARNING, logging.ERROR, logging.CRITICAL)
    return max((known for known in severe if known <= given), default=logging.DEBUG)


def setup(level: str, form: str = "text", stream: TextIO | None = None) -> None:
    """Sets up both worlds, ours and the standard library's; lines go to `stream` (stderr). Can be called again."""
    renderer: Processor = (
        structlog.processors.JSONRenderer()
        if form == "json"
        else structlog.processors.LogfmtRenderer(key_order=["level", "event"])
    )
    structlog.configure(
        processors=[structlog.processors.add_log_level, allow_listed, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(LEVELS[level]),
        logger_factory=structlog.WriteLoggerFactory(stream or sys.stderr),
        cache_logger_on_first_use=False,
    )
    logging.basicConfig(handlers=[Foreign()], level=LEVELS[level], force=True)
    logging.raiseExceptions = False  # else a broken log call prints its arguments
    logging.captureWarnings(True)  # a warning's text may hold a repr
    sys.excepthook = crashed
    sys.unraisablehook = lambda info: log.error("crash", error=info.exc_type)
    threading.excepthook = lambda info: log.error("crash", error=info.exc_type)


def crashed(kind: type[BaseException], _error: BaseException, _traceback: TracebackType | None) -> None:
    log.critical("crash", error=kind)


# `log.info("serving", url=..., version=...)`. Before `setup` structlog prints for developers.
log: Any = structlog.get_logger()


def listed(event: str, keys: Mapping[str, Any] | frozenset[str]) -> bool:
    """Whether a call with these keys is written whole: for the test that reads every call in the source."""
    return event in EVENTS and set(keys) <= EVENTS[event]
