"""Logging that gives no visitor away: only what is listed is written, at any level.

A line of our own is an event of the inventory (privacy/loggable.py), with that event's keys. Each key says which values
it may have. Of a line from elsewhere (uvicorn, picows, asyncio, warnings, crashes), only level, logger and the
exception's class are written: its message may hold addresses, request heads and texts.

Each line begins with the time, UTC, to the second: a finer one would help to find a visitor in somebody else's log.
"""

import logging
import re
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Protocol

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from omefree.privacy.loggable import (
    EVENTS,
    KEYS,
    SYSTEM_REASONS,
    UNLISTED,
    ErrorClass,
    Kind,
    Number,
    OneOf,
    Shape,
)
from omefree.process import systemd
from omefree.process.outlet import STDERR, Outlet

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


counted: Counter[str] = Counter()  # how many lines of each event were logged since the start, for /metrics


def counting(_logger: WrappedLogger, _method: str, line: EventDict) -> EventDict:
    """Counts a line that is listed, by its event. Every line passes through this processor."""
    counted[line["event"]] += 1
    return line


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


def reason_of(error: OSError) -> str:
    """Why the system refused something, as a word that may be logged."""
    return SYSTEM_REASONS.get(error.errno or 0, "other")


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


class Stream(Protocol):
    """Where lines go: standard error, as `omefree.process.outlet.Outlet` writes to it, or a text in memory."""

    def write(self, text: str, /) -> int:
        """Writes a text, and returns how many characters that were; 0 if it is lost."""


class Lines:
    """The lines on their way to a stream. The first one that gets there again is followed by how many did not."""

    def __init__(self, stream: Stream) -> None:
        self._stream = stream
        self._lost = 0

    def msg(self, line: str) -> None:
        """Writes one line."""
        if not self._stream.write(line + "\n"):
            self._lost += 1
        elif self._lost:
            lost, self._lost = self._lost, 0
            log.warning("lines_lost", lines=lost)

    debug = info = warning = error = critical = msg


def setup(level: str, form: str = "text", stream: Stream | None = None, now: Callable[[], float] = time.time) -> None:
    """Sets up structlog and the standard library's logging, also again. Lines go to `stream` (None: stderr).

    Each begins with its priority if stderr leads to systemd's journal. `now` is Unix time (s).
    """

    def timed(_logger: WrappedLogger, _method: str, line: EventDict) -> EventDict:
        return {"time": datetime.fromtimestamp(now(), UTC).strftime("%Y-%m-%dT%H:%M:%SZ"), **line}

    renderer: Processor = (
        structlog.processors.JSONRenderer()
        if form == "json"
        else structlog.processors.LogfmtRenderer(key_order=["time", "level", "event"])
    )
    processors: list[Processor] = [structlog.processors.add_log_level, allow_listed, counting, timed, renderer]
    if stream is None and systemd.is_journal(STDERR):
        processors.append(with_priority)
    lines = Lines(stream or sys.stderr)
    structlog.configure(
        processors=processors,
        wrapper_class=structlog.make_filtering_bound_logger(LEVELS[level]),
        logger_factory=lambda *_: lines,
        cache_logger_on_first_use=False,
    )
    logging.basicConfig(handlers=[Foreign()], level=LEVELS[level], force=True)
    logging.lastResort = Foreign()  # otherwise a logger cut off from the root writes to stderr, unfiltered
    logging.raiseExceptions = False  # otherwise a broken log call prints its arguments
    logging.captureWarnings(True)  # to the handler above: a warning's text may hold a repr
    sys.excepthook = crashed
    sys.unraisablehook = lambda info: log.error("crash", error=info.exc_type)
    threading.excepthook = lambda info: log.error("crash", error=info.exc_type)


def reopen() -> None:
    """Opens the log's file again, if stderr is one."""
    if isinstance(sys.stderr, Outlet):
        sys.stderr.reopen()


def with_priority(_logger: WrappedLogger, method: str, line: Any) -> str:
    """The line with its priority in front, as the journal reads it from a service's output (sd-daemon(3))."""
    return f"<{systemd.PRIORITIES[method]}>{line}"


def crashed(kind: type[BaseException], _error: BaseException, _traceback: TracebackType | None) -> None:
    """Logs the class of an exception that nothing caught; a hook for `sys.excepthook`."""
    log.critical("crash", error=kind)


# For calls such as `log.info("serving", url=..., version=...)`. Before `setup`, structlog prints for developers.
log: Any = structlog.get_logger()


def listed(event: str, keys: Mapping[str, Any] | frozenset[str]) -> bool:
    """Whether a call with these keys is written whole. For the test that reads every call in the source."""
    return event in EVENTS and set(keys) <= EVENTS[event]
