"""Logging that gives no visitor away: only what is listed is written, at any level.

A line of our own is an event of the inventory (privacy/loggable.py), with that event's keys. Each key says which values
it may have. Of a line from elsewhere (uvicorn, picows, asyncio, warnings, crashes), only level, logger and the
exception's class are written: its message may hold addresses, request heads and texts.
"""

import logging
import re
import sys
import threading
from collections.abc import Mapping
from types import TracebackType
from typing import Any, TextIO

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from omefree.privacy.loggable import EVENTS, KEYS, UNLISTED, ErrorClass, Kind, Number, OneOf, Shape

LEVELS = {"debug": logging.DEBUG, "info": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR}


def shown(kind: Kind, given: object) -> int | float | str | None:
    """The value as it is written, None if it is not of the kind that its key allows."""
    match kind:
        case Number(most):
            return given if isinstance(given, int | float) and 0 <= given <= most else None
        case OneOf(words):
            return next((word for word in words if word == given), None)
        case Shape(pattern):
            return given if isinstance(given, str) and re.fullmatch(pattern, given) else None
        case ErrorClass():
            return class_name(given)


def class_name(given: object) -> str | None:
    """The name of an exception's class, None for anything else. Takes an exception or its class."""
    kind = given if isinstance(given, type) else type(given)
    return kind.__name__ if issubclass(kind, BaseException) else None


def allow_listed(_logger: WrappedLogger, _method: str, line: EventDict) -> EventDict:
    """Removes from a line what is not listed. Every line passes through this processor."""
    event = line.get("event")
    if not isinstance(event, str) or event not in EVENTS:
        return {"level": line["level"], "event": UNLISTED}
    kept: EventDict = {"level": line["level"], "event": event}
    for key in sorted(EVENTS[event] & line.keys()):
        value = shown(KEYS[key], line[key])
        if value is not None:
            kept[key] = value
    return kept


class Foreign(logging.Handler):
    """The root handler of the standard library: it writes lines from elsewhere, without their messages."""

    def emit(self, record: logging.LogRecord) -> None:
        """Writes level, logger and exception class of a line."""
        error = record.exc_info[0] if record.exc_info else None
        log.log(foreign_level(record.levelno), "foreign", logger=record.name, error=error)


def foreign_level(given: int) -> int:
    """The level that a line from elsewhere gets: without its message, one below WARNING is only DEBUG."""
    severe = (logging.WARNING, logging.ERROR, logging.CRITICAL)
    return max((known for known in severe if known <= given), default=logging.DEBUG)


def setup(level: str, form: str = "text", stream: TextIO | None = None) -> None:
    """Sets up structlog and the standard library's logging, also again. Lines go to `stream` (None: stderr)."""
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
    logging.lastResort = Foreign()  # otherwise a logger cut off from the root writes to stderr, unfiltered
    logging.raiseExceptions = False  # otherwise a broken log call prints its arguments
    logging.captureWarnings(True)  # to the handler above: a warning's text may hold a repr
    sys.excepthook = crashed
    sys.unraisablehook = lambda info: log.error("crash", error=info.exc_type)
    threading.excepthook = lambda info: log.error("crash", error=info.exc_type)


def crashed(kind: type[BaseException], _error: BaseException, _traceback: TracebackType | None) -> None:
    """Logs the class of an exception that nothing caught; a hook for `sys.excepthook`."""
    log.critical("crash", error=kind)


# For calls such as `log.info("serving", url=..., version=...)`. Before `setup`, structlog prints for developers.
log: Any = structlog.get_logger()


def listed(event: str, keys: Mapping[str, Any] | frozenset[str]) -> bool:
    """Whether a call with these keys is written whole. For the test that reads every call in the source."""
    return event in EVENTS and set(keys) <= EVENTS[event]
