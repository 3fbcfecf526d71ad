"""Connections between the workers of one machine: a request of a sibling's session takes its connection there.

All workers listen on one port, and the kernel gives each connection to any of them. A session that begins with
long-polling comes over several connections, so some reach the wrong worker. A sid begins with the tag of its worker:
whoever reads the head of a request for a sibling's session sends it the connection's descriptor, with all that it has
read. That is done once; then the connection is as any other there. TLS cannot be handed over: there the decrypted bytes
go through a pair of sockets, whose far end is handed over (`Splice`).
"""

from __future__ import annotations

import asyncio
import contextlib
import re
import socket
from collections.abc import Iterable
from typing import Any, Protocol

from msgspec import Struct

from omefree.engine.engine import Engine
from omefree.engine.http_connection import HttpProtocol
from omefree.engine.wiping_reader import WipingReader

SID = re.compile(rb"[?&]sid=([a-z0-9-]{1,32})\.")  # as Engine.open writes it
HEAD_END = b"\r\n\r\n"
LAST_CHUNK = b"0\r\n\r\n"  # RFC 9112, section 7.1, without trailers


class Origin(Struct, frozen=True):
    """What came with a connection from a sibling: the bytes that it had read, and whose TLS ends there, if any does."""

    first: bytes
    peer: str | None


class Siblings(Protocol):
    """The other workers of this machine."""

    @property
    def heir(self) -> str:
        """The tag of the sibling that takes whoever comes here without a session; empty: this worker itself."""
        ...

    def knows(self, tag: str) -> bool:
        """Whether there is a sibling with this tag."""

    def hand(self, tag: str, descriptor: int, origin: Origin) -> bool:
        """Gives it a connection. False: it takes none, and the connection stays here."""


class WorkerConnection(HttpProtocol):
    """One connection of a worker. A request begins only once the one before is answered, so that each can be handed
    over from its first byte on. So those that are sent ahead wait unread, as many as there are, and none is refused as
    one too many: what waits here is what came by one read.
    """

    def __init__(self, siblings: Siblings, *args: Any, origin: Origin | None = None, **named: Any) -> None:
        super().__init__(*args, **named)
        self._siblings = siblings
        self._first, self._peer = (origin.first, origin.peer) if origin is not None else (b"", None)
        self._raw = b""  # what has come of the head that is being read
        self._rest = b""  # what has come behind it
        self._has_body = False  # it is being read
        self._body_bytes: int | None = None  # so much of it is still to come; None: nobody knows
        self._has_left = self._is_spliced = False

    def connection_made(self, transport: Any) -> None:
        """Begins with what a sibling has read, before anything else can come."""
        super().connection_made(transport)
        first, self._first = self._first, b""
        if first:
            self.data_received(first)

    def _name_client(self, transport: Any) -> None:
        if self._peer is None:
            super()._name_client(transport)
        else:
            self.client, self.scheme = (self._peer, 0), "https"

    def data_received(self, data: bytes) -> None:
        """Parses what came, one request at a time."""
        self._rest += data
        self._go_on()

    def _go_on(self) -> None:
        while self._rest and not self.transport.is_closing():
            if self._is_serving() and not self._has_body:
                self.flow.pause_reading()
                return
            super().data_received(self._next())
            if not vars(self):  # emptied: the connection is a WebSocket's
                return
            if self._is_spliced:
                self._forget()
                return

    def _next(self) -> bytes:
        """Takes what the parser gets next: a piece of one request, and nothing of the next one.

        Bytes behind the head of an upgrade stay with it: they are an error.
        """
        if self._has_body:
            last = -1 if self._body_bytes else self._rest.find(LAST_CHUNK)  # or data that looks like it: no harm
            end = self._body_bytes or (last + len(LAST_CHUNK) if last >= 0 else len(self._rest))
            piece, self._rest = self._rest[:end], self._rest[end:]
            if self._body_bytes is not None:
                self._body_bytes = max(0, self._body_bytes - len(piece))
            return piece
        before, raw = len(self._raw), self._raw + self._rest
        end = raw.find(HEAD_END, max(0, before - len(HEAD_END) + 1))
        end = len(raw) if end < 0 or b"upgrade" in raw[:end].lower() else end + len(HEAD_END)
        self._raw, self._rest = raw[:end], raw[end:]
        return self._raw[before:]

    def on_headers_complete(self) -> None:
        """Hands the connection over if the request is of a sibling's session. Raises ValueError then: parsing ends.

        Behind the trailers of a body, nobody knows where a request has begun in what was read: that one stays.
        """
        raw, self._raw = self._raw, b""
        tag = self._sibling() if raw else ""
        if tag and self._leave(tag, raw + self._rest):
            self._has_left = True
            raise ValueError
        self._has_body, self._body_bytes = True, body_bytes(self.headers)
        super().on_headers_complete()
        if self._siblings.heir and self._is_tls() and self.cycle is not None:
            self.cycle.keep_alive = False  # it cannot outlive us anywhere: the next one comes to another worker

    def on_message_complete(self) -> None:
        """The next byte begins a request."""
        self._raw, self._has_body = b"", False
        super().on_message_complete()

    def on_response_complete(self) -> None:
        """Goes on with the requests that have come meanwhile."""
        super().on_response_complete()
        if self._rest:
            self.loop.call_soon(self._continue)

    def _continue(self) -> None:
        if vars(self):
            self._go_on()

    def _refuse(self, status: int, body: bytes = b"", headers: bytes = b"") -> None:
        if not self._has_left:
            super()._refuse(status, body, headers)

    def _sibling(self) -> str:
        """The tag of the sibling that this request is for, by its session or as our heir; empty: it is for us."""
        path, _, _ = self.url.partition(b"?")
        found = SID.search(self.url) if path.endswith(self.polling.path) else None
        tag = found[1].decode() if found else ""
        if tag == self.engine.options.node:
            return ""
        if self._siblings.knows(tag):
            return tag
        return "" if self._is_tls() else self._siblings.heir

    def _is_tls(self) -> bool:
        """Whether TLS ends here, and not at a sibling or a proxy."""
        return self.transport.get_extra_info("ssl_object") is not None

    def _leave(self, tag: str, first: bytes) -> bool:
        """Whether a sibling has taken the connection. Not before all answers are out: they would come too late."""
        if self._is_serving():
            return False
        if self._is_tls():
            self._is_spliced = self._splice(tag, first)
            return self._is_spliced
        if self.transport.get_write_buffer_size():
            return False
        descriptor = self.transport.get_extra_info("socket").fileno()
        taken = self._siblings.hand(tag, descriptor, Origin(first, self._peer))
        if taken:
            self.transport.abort()  # it closes our descriptor of it, and no more
        return taken

    def _splice(self, tag: str, first: bytes) -> bool:
        near, far = socket.socketpair()
        with far:
            taken = self._siblings.hand(tag, far.fileno(), Origin(first, self.client[0] if self.client else ""))
        if taken:
            Splice(self.engine, self.transport, near)
        else:
            near.close()
        return taken

    def _forget(self) -> None:
        """As for a WebSocket: nothing of uvicorn's is to know this connection any more."""
        self.engine.alarms.cancel(self)
        self._unset_keepalive_if_required()
        self.connections.discard(self)
        super()._forget()


def body_bytes(headers: Iterable[tuple[bytes, bytes]]) -> int | None:
    """How long a request's body is (RFC 9112, section 6.3); None if its head does not say it."""
    named = dict(headers)
    if b"transfer-encoding" in named:
        return None
    length = named.get(b"content-length", b"0")
    return int(length) if length.isdigit() else None


class Splice:
    """Passes on what comes over TLS to the worker that has the session, and what that answers."""

    def __init__(self, engine: Engine, outer: Any, near: socket.socket) -> None:
        self._engine = engine
        self._outer = End(self)
        self._inner = End(self)
        engine.lingering.add(self)
        near.setblocking(False)
        reader = WipingReader(self._outer)
        outer.pause_reading()
        outer.set_protocol(reader)
        reader.connection_made(outer)
        self._task = asyncio.get_running_loop().create_task(self._begin(near))

    def other(self, end: End) -> End:
        """The other side."""
        return self._inner if end is self._outer else self._outer

    def over(self) -> None:
        """One side is over: the other one is closed, once all is out."""
        self._engine.lingering.discard(self)
        for end in (self._outer, self._inner):
            if end.transport is not None:
                end.transport.close()

    def abort(self) -> None:
        """Cuts both sides."""
        for end in (self._outer, self._inner):
            if end.transport is not None:
                end.transport.abort()

    async def _begin(self, near: socket.socket) -> None:
        try:
            await asyncio.get_running_loop().create_connection(lambda: WipingReader(self._inner), sock=near)
        except OSError:
            self.abort()
        if self._outer.transport is None:
            self.over()
        else:
            self._outer.transport.resume_reading()


class End(asyncio.Protocol):
    """One side of a splice. `transport` is None before there is one, and after it is over."""

    def __init__(self, splice: Splice) -> None:
        self.transport: Any = None
        self._splice = splice

    def connection_made(self, transport: Any) -> None:
        """Keeps the transport, for the other side to write to."""
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        """Writes it at the other side."""
        other = self._splice.other(self)
        if other.transport is not None and not other.transport.is_closing():
            other.transport.write(data)

    def pause_writing(self) -> None:
        """Reads no more at the other side: this one takes nothing now."""
        other = self._splice.other(self)
        if other.transport is not None:
            with contextlib.suppress(RuntimeError):  # asyncio's: it is closed
                other.transport.pause_reading()

    def resume_writing(self) -> None:
        """Reads on at the other side."""
        other = self._splice.other(self)
        if other.transport is not None:
            with contextlib.suppress(RuntimeError):
                other.transport.resume_reading()

    def connection_lost(self, exc: Exception | None) -> None:
        """Ends the other side, too."""
        self.transport = None
        self._splice.over()
