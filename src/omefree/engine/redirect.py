"""Answers plain HTTP where the site is at https: with the same address there, or with words. Nothing else is served."""

from __future__ import annotations

import asyncio
import http
import re
from collections.abc import Sequence
from typing import Any

from omefree.clock import Clock
from omefree.engine.alarms import Alarms
from omefree.engine.target import HOST, origin_form

HEAD_BYTES = 16_384
HEAD_TIMEOUT_S = 10.0
HTTPS_PORT = 443
REQUEST_LINE = re.compile(rb"[A-Z]+ (\S+) HTTP/(1\.[01])")
END = b"\r\n\r\n"
WORDS = b"This server speaks HTTPS alone: begin the address with https://\n"

Header = tuple[bytes, bytes]


def location(head: bytes, port: int | None) -> bytes | None:
    """The https address of what a request asks for; None if it is no request that names a host.

    `port` is that of https; None: the one that the client has used.
    """
    first, *lines = head.split(b"\r\n")
    request = REQUEST_LINE.fullmatch(first)
    if request is None:
        return None
    fields = [(name.lower(), value.strip()) for name, _, value in (line.partition(b":") for line in lines)]
    try:
        target, headers = origin_form(request[1], fields, request[2].decode())
    except ValueError:
        return None
    authority = HOST.fullmatch(dict(headers).get(b"host", b""))
    if authority is None:
        return None
    host = authority[0] if port is None else authority[1] + (b"" if port == HTTPS_PORT else b":%d" % port)
    return b"https://" + host + target


class Redirect(asyncio.Protocol):
    """One connection: a head is read, answered, and the connection is closed."""

    __slots__ = ("_alarms", "_clock", "_head", "_headers", "_port", "_transport", "alarm")

    def __init__(self, alarms: Alarms, clock: Clock, headers: Sequence[Header], port: int | None) -> None:
        self.alarm = 0
        self._alarms = alarms
        self._clock = clock
        self._headers = headers
        self._port = port
        self._head = b""
        self._transport: asyncio.Transport  # uvloop's is none, but behaves as one

    def connection_made(self, transport: Any) -> None:
        """Sets the deadline of the head."""
        self._transport = transport
        self._alarms.set(self, self._clock.time() + HEAD_TIMEOUT_S)

    def connection_lost(self, exc: Exception | None) -> None:
        """Cancels the deadline."""
        self._alarms.cancel(self)

    def wake(self, now: float) -> None:
        """Cuts a client whose head did not come, or that does not take its answer."""
        self._transport.abort()

    def data_received(self, data: bytes) -> None:
        """Reads until the head is whole, or too large."""
        if self._transport.is_closing():
            return
        self._head += data
        head, end, _ = self._head.partition(END)
        if end or len(self._head) > HEAD_BYTES:
            self._head = b""
            self._answer(location(head, self._port) if end else None)

    def _answer(self, address: bytes | None) -> None:
        status = 400 if address is None else 308
        lines = [(b"location", address)] if address is not None else []
        lines += [(b"content-type", b"text/plain"), (b"content-length", b"%d" % len(WORDS)), (b"connection", b"close")]
        first = b"HTTP/1.1 %d %b\r\n" % (status, http.HTTPStatus(status).phrase.encode())
        fields = b"".join(b"%b: %b\r\n" % field for field in [*lines, *self._headers])
        self._transport.write(first + fields + b"\r\n" + WORDS)
        self._transport.close()
