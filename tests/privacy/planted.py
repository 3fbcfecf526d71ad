"""Planted values, and the search for them in every way in which they can be written."""

from __future__ import annotations

import base64
import contextlib
import io
import logging
import sys
import threading
import warnings
from collections.abc import Iterable, Iterator
from ipaddress import ip_address
from urllib.parse import quote, quote_plus

from omefree import logs

FEWEST_BYTES = 5  # of a form: of a short value's base64 hardly a letter is its own


def forms(value: str) -> set[bytes]:
    """The value as it is, and as repr, JSON, URL, hex, UTF-16 and base64 would show it."""
    raw = value.encode()
    spellings = {value, repr(value)[1:-1], quote(value), quote(value, safe=""), quote_plus(value)}
    spellings |= {repr(raw)[2:-1], ascii(value)[1:-1], value.upper(), value.lower(), value[::-1]}
    found = {spelling.encode() for spelling in spellings}
    found |= {raw.hex().encode(), raw.hex().upper().encode(), raw.hex(" ").encode(), raw.hex(":").encode()}
    found |= {value.encode("utf-16-le"), value.encode("utf-16-be"), value.encode("utf-32-le")}
    for encoded in (value.encode(), value.encode("utf-16-le")):
        found |= set(base64_cores(encoded)) | {base64.b32encode(encoded).rstrip(b"=")[:-1]}
    found = {form for form in found if len(form) >= FEWEST_BYTES}
    with contextlib.suppress(ValueError):
        address = ip_address(value)
        found |= {address.packed.hex().encode(), str(int(address)).encode(), address.packed}
    return found


def base64_cores(raw: bytes) -> Iterator[bytes]:
    """What of a value's base64 does not depend on what stands before and after it, at each of the three offsets."""
    for offset in range(3):
        first = 4 * -(-offset * 8 // 24) if offset else 0
        whole = base64.b64encode(bytes(offset) + raw)
        usable = (offset + len(raw)) // 3 * 4
        core = whole[first:usable]
        yield core
        yield core.translate(bytes.maketrans(b"+/", b"-_"))


def betrayed(written: bytes | str, planted: Iterable[str]) -> dict[str, list[bytes]]:
    """Which of the planted values are in what was written, and how they look there."""
    raw = written.encode() if isinstance(written, str) else written
    found = {value: sorted(form for form in forms(value) if form in raw) for value in planted}
    return {value: how for value, how in found.items() if how}


@contextlib.contextmanager
def quiet(form: str = "text", level: str = "debug", outlet: logs.Stream | None = None) -> Iterator[io.StringIO]:
    """The process's logging as `omefree serve --log-level debug` sets it up, at second 0; undone after.

    It is written to the stream that is given back, or else to `outlet`.
    """
    hooks = sys.excepthook, sys.unraisablehook, threading.excepthook
    root = logging.getLogger()
    before = root.handlers[:], root.level, logging.lastResort, logging.raiseExceptions
    stream = io.StringIO()
    with warnings.catch_warnings():
        logs.setup(level, form, outlet or stream, now=lambda: 0)
        try:
            yield stream
        finally:
            logging.captureWarnings(False)
            sys.excepthook, sys.unraisablehook, threading.excepthook = hooks
            root.handlers[:], root.level, logging.lastResort, logging.raiseExceptions = before
            logging.getLogger().manager._clear_cache()  # type: ignore[attr-defined]
