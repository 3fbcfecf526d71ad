"""uvicorn under the engine. Only this module and port.py import it; picows is in parser.py alone.

uvicorn parses HTTP and serves ASGI. Polls never reach ASGI: they are answered from the parser's callbacks. Nor does a
WebSocket upgrade: it is judged by the same rules as a poll, and goes on in connection.py. Both libraries are pinned,
because their internals are used. Each fix for a trap of theirs has its test in tests/engine/test_http_connection.py.
"""

from __future__ import annotations

import binascii
import hashlib
import http
import logging
import math
from collections.abc import Callable
from typing import Any

import httptools
from uvicorn import Config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from omefree.engine import tcp
from omefree.engine.chunks import Chunks
from omefree.engine.connection import Connection
from omefree.engine.engine import Engine, refused
from omefree.engine.gate import UNIX_PEER, Head
from omefree.engine.gather import Gather
from omefree.engine.parser import Parsers
from omefree.engine.polling import JSON, Polling, error_body, lines, retry_after
from omefree.engine.target import below, origin_form
from omefree.errors import RequestRefused

HEAD_BYTES = 16_384  # of a request without its body; browsers send 1 KB
TARGET_BYTES = 8_192  # of them may be the path and the query; RFC 9112, section 3 recommends 8,000 at least
HEAD_TIMEOUT_S = 10.0
# Longer than proxies keep a connection that nobody uses (nginx 60 s, HAProxy and AWS 60 s, Go 90 s, Caddy 120 s): who
# closes first must be the proxy, or the request that it is just sending on is lost, and its visitor gets a 502.
PROXY_IDLE_S = 150
PIPELINE_MAX = 8  # requests that wait for an earlier one's answer; no browser sends even one
STATUS_LINES = {each.value: b"HTTP/1.1 %d %b\r\n" % (each.value, each.phrase.encode()) for each in http.HTTPStatus}
CLOSES = b"connection: close\r\n"
KEY_BYTES = 16  # before base64 (RFC 6455, section 4.1)
PACE_BYTES = 10_240  # a client must take as much of an answer within HEAD_TIMEOUT_S: 1 KB a second
GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"  # RFC 6455, section 1.3
SWITCHING = (
    b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: %b\r\n\r\n"
)

log = logging.getLogger(__name__)


class HttpProtocol(HttpToolsProtocol):
    """uvicorn's HTTP, with bounds on what is kept of a request. WebSocket upgrades go to the engine."""

    def __init__(
        self,
        engine: Engine,
        gather: Gather,
        parsers: Parsers,
        polling: Polling,
        config: Config,
        server_state: Any,
        app_state: dict[str, Any],
        _loop: Any = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self.engine = engine
        self.gather = gather
        self.parsers = parsers
        self.polling = polling
        self._reading: PollCycle | None = None  # the request whose body is being read
        self._unserved: PollCycle | None = None  # the same, until its body or the read ends: then it is served
        self._delayed: PollCycle | None = None  # a request whose client does not take the answer before it
        self.alarm = 0
        self.head: Head  # of the request that is being read or served
        self.url = b""
        self.access_log = False  # however the process logs: uvicorn would write addresses
        self._head_bytes = 0
        self._in_head = False
        self._unsent = math.inf  # bytes, at the last look
        self._idle_s = HEAD_TIMEOUT_S  # from an answer to the next request

    def connection_made(self, transport: Any) -> None:
        """Bounds the write buffer and sets the deadline of the first head."""
        super().connection_made(transport)
        self._name_client(transport)
        if self.engine.gate.is_proxy(self.client[0] if self.client else None):
            self._idle_s += PROXY_IDLE_S
        transport.set_write_buffer_limits(high=self.engine.options.send_queue_bytes)
        self._hurry(self._idle_s)

    def _name_client(self, transport: Any) -> None:
        """Says who the client is where the socket does not."""
        if tcp.is_unix(transport):
            self.client = (UNIX_PEER, 0)

    def connection_lost(self, exc: Exception | None) -> None:
        """Cancels the deadline, then lets uvicorn clean up."""
        self.engine.alarms.cancel(self)
        super().connection_lost(exc)

    def wake(self, now: float) -> None:
        """Closes an idle connection. Cuts a client that is slow on purpose: in its head, or in taking its answer.

        A client that has taken at least PACE_BYTES since the last look goes on.
        """
        left = tcp.unsent(self.transport)
        if 0 < left <= self._unsent - PACE_BYTES:
            self._unsent = left
            self.engine.alarms.set(self, now + HEAD_TIMEOUT_S)
        elif left:
            tcp.reset(self.transport)
        elif self._in_head:
            self.transport.abort()
        else:
            self.transport.close()

    def pause_writing(self) -> None:
        """Sets a deadline: even our own buffer has no room for the rest of the answer."""
        super().pause_writing()
        self._hurry(HEAD_TIMEOUT_S)

    def resume_writing(self) -> None:
        """Cancels the deadline while a request is served: the buffer has room again."""
        super().resume_writing()
        if self._is_serving():
            self.engine.alarms.cancel(self)
        delayed, self._delayed = self._delayed, None
        if delayed is not None:
            self.polling.serve(delayed)

    def data_received(self, data: bytes) -> None:
        """Parses what came, begins an upgrade, and refuses a broken (400) or too large head (431)."""
        self._head_bytes += len(data)
        was_in_head = self._in_head
        try:
            self._parse(data)
        except httptools.HttpParserUpgrade as upgrade:
            if self._should_upgrade():  # otherwise uvicorn serves a plain request (RFC 9110, section 7.8)
                self._upgrade(glued=upgrade.args[0] != len(data))
        except httptools.HttpParserError:
            self._refuse(self._too_large() or 400)
        else:
            if status := self._too_large():
                self._refuse(status)
            elif self._in_head and not was_in_head:
                self._hurry(HEAD_TIMEOUT_S)

    def _parse(self, data: bytes) -> None:
        try:
            self.parser.feed_data(data)
        finally:
            self._serve_begun()

    def _too_large(self) -> int:
        """The status for a target of too many bytes (414) or such a head (431, RFC 6585, section 5); else 0."""
        return 414 if len(self.url) > TARGET_BYTES else 431 if self._head_bytes > HEAD_BYTES else 0

    def on_message_begin(self) -> None:
        """A request's head begins here."""
        self.url, self.headers, self.expect_100_continue = b"", [], False
        self._head_bytes, self._in_head = 0, True

    def on_url(self, url: bytes) -> None:
        """Takes the next piece of the target. Raises ValueError if it is too much: the parser stops."""
        super().on_url(url)
        if len(self.url) > TARGET_BYTES:
            raise ValueError

    def on_headers_complete(self) -> None:
        """Keeps a request's head and cancels its deadline. Raises ValueError if it is too much: the parser stops."""
        self._in_head, self._reading = False, None
        self._head_bytes = len(self.url) + sum([len(name) + len(value) for name, value in self.headers])
        if self._head_bytes > HEAD_BYTES or len(self.pipeline) == PIPELINE_MAX:
            raise ValueError  # the parser stops
        version = self.parser.get_http_version()
        target, headers = origin_form(self.url, self.headers, version)
        self.url = below(self.polling.root, target)
        if not self.flow.write_paused:  # otherwise it is the deadline of an answer
            self.engine.alarms.cancel(self)
        self.head = Head(
            method=self.parser.get_method().decode("ascii"),
            path="",
            headers=tuple(headers),
            peer=self.client[0] if self.client else None,
            tls=self.scheme == "https",
        )
        path, _, query = self.url.partition(b"?")
        if path != self.polling.path or (self.parser.should_upgrade() and self._should_upgrade()):
            self._make_scope()
            super().on_headers_complete()
            return
        before, self._reading = self.cycle, PollCycle(self, self.head, query, version)
        self.cycle = self._reading  # type: ignore[assignment]
        if before is None or before.response_complete:
            self._unserved = self._reading
        else:  # as uvicorn does with requests that come before an answer
            self.flow.pause_reading()
            self.pipeline.appendleft((self.cycle, self.app))

    def _make_scope(self) -> None:
        """What uvicorn makes at the begin of each request, and only an ASGI application needs."""
        url, expects = self.url, self.expect_100_continue
        super().on_message_begin()
        self.url, self.expect_100_continue = url, expects
        self.headers += self.head.headers  # the scope has this very list

    def _serve_begun(self) -> None:
        cycle, self._unserved = self._unserved, None
        if cycle is not None:
            self._start_asgi_task(cycle, self.app)

    def _start_asgi_task(self, cycle: Any, app: Any) -> None:
        if type(cycle) is not PollCycle:
            super()._start_asgi_task(cycle, app)
        elif self.flow.write_paused:
            self._delayed = cycle
        else:
            self.polling.serve(cycle)

    def on_body(self, body: bytes) -> None:
        """Takes the body out of the count. Chunk sizes stay in it, and the trailers that parser and uvicorn keep."""
        self._head_bytes = max(0, self._head_bytes - len(body))
        reading = self._reading
        if reading is None:
            super().on_body(body)
        elif not reading.response_complete:
            reading.content.add(body)
            if reading is not self._unserved:
                reading.changed()

    def on_message_complete(self) -> None:
        """Serves a poll that came whole by one read, or tells it that it is whole now."""
        reading = self._reading
        if reading is None:
            super().on_message_complete()
        else:
            reading.is_whole = True
            self._serve_begun() if reading is self._unserved else reading.changed()

    def on_response_complete(self) -> None:
        """Goes on with the next request, or sets a deadline for it.

        That deadline is instead of uvicorn's keep-alive timer, which any byte ends, even one of an empty line.
        """
        if not self.transport.is_closing():
            self.flow.resume_reading()
            if self.pipeline:
                self._start_asgi_task(*self.pipeline.pop())
                return
        self._hurry(self._idle_s)

    def _hurry(self, seconds: float) -> None:
        self._unsent = math.inf
        self.engine.alarms.set(self, self.engine.clock.time() + seconds)

    def _get_upgrade(self) -> bytes | None:
        """The upgrade that the client asks for. uvicorn would read only the last of several `Connection` headers.

        Of HTTP/1.0 it does not count (RFC 9110, section 7.8).
        """
        if self.parser.get_http_version() == "1.0":
            return None
        tokens = [token.strip().lower() for token in (self.head.get(b"connection") or b"").split(b",")]
        return (self.head.get(b"upgrade") or b"").lower() if b"upgrade" in tokens else None

    def _should_upgrade_to_ws(self) -> bool:
        return True

    def _upgrade(self, *, glued: bool) -> None:
        """Answers a WebSocket handshake or refuses it (RFC 6455, section 4.2.1).

        The client may send no bytes behind the head before our answer (section 4.1).
        """
        path, _, query = self.url.partition(b"?")
        head = self.head
        key = head.get(b"sec-websocket-key") or b""
        if path != self.polling.path:
            self._refuse(404)
        elif head.get(b"sec-websocket-version") != b"13":
            self._refuse(426, headers=b"sec-websocket-version: 13\r\n")  # RFC 6455, section 4.4
        elif glued or head.method != "GET" or has_body(head) or not is_key(key) or self._is_busy():
            self._refuse(400)
        else:
            try:
                connection = self.admit(head, query)
            except RequestRefused as error:
                self._refuse(error.status, error_body(error), retry_after(error))
            else:
                self._switch(connection, key)

    def _is_busy(self) -> bool:
        """Whether an earlier answer is not yet out.

        It would end up among the frames, and a transport that has paused us would not pause picows.
        """
        return self._is_serving() or self.flow.write_paused

    def _is_serving(self) -> bool:
        return self.cycle is not None and not self.cycle.response_complete

    def admit(self, head: Head, raw_query: bytes) -> Connection:
        """The connection of a new WebSocket. Raises RequestRefused, by the same rules as a poll."""
        self.engine.check(head)
        query = self.engine.parse(raw_query)
        if query.transport != "websocket":
            raise refused(3)
        if query.sid is None:
            return Connection(self.engine, self.gather, self.parsers, admission=self.engine.enter(head), sid=None)
        self.engine.find(query.sid)
        return Connection(self.engine, self.gather, self.parsers, admission=None, sid=query.sid)

    def _switch(self, connection: Connection, key: bytes) -> None:
        """Answers the handshake (section 4.2.2) and gives the connection away."""
        self.connections.discard(self)
        connection.begin(self.transport, SWITCHING % accept_key(key))
        self._forget()

    def _forget(self) -> None:
        """Empties this object, so that it holds no address: reference cycles and uvloop keep it alive."""
        vars(self).clear()

    def write_answer(self, status: int, headers: bytes, body: bytes, *, closes: bool, without_body: bool) -> None:
        """Writes an answer that no ASGI application gives, in one write. `without_body`: only its length (HEAD)."""
        length = b"" if status == 204 else b"content-length: %d\r\n" % len(body)  # RFC 9110, section 8.6
        of_all = lines(self.server_state.default_headers) + self.polling.headers
        parts = (STATUS_LINES[status], of_all, headers, length, CLOSES if closes else b"", b"\r\n")
        self.transport.write(b"".join(parts) + (b"" if without_body else body))
        if closes:
            self.transport.close()

    def _refuse(self, status: int, body: bytes = b"", headers: bytes = b"") -> None:
        self.engine.alarms.cancel(self)
        self.write_answer(status, JSON + headers, body, closes=True, without_body=False)


class PollCycle:
    """A request at the engine's path (polling.Request). To uvicorn it is what its RequestResponseCycle is.

    Of that, uvicorn's protocol uses `disconnected`, `keep_alive`, `message_event` and `response_complete`.
    """

    __slots__ = (
        "_protocol", "changed", "content", "disconnected", "head", "is_whole", "keep_alive", "query",
        "response_complete",
    )  # fmt: skip

    def __init__(self, protocol: HttpProtocol, head: Head, query: bytes, version: str) -> None:
        self._protocol: HttpProtocol | None = protocol  # until it is answered: the two hold each other
        self.head = head
        self.query = query
        self.content = Chunks()
        self.changed: Callable[[], None] = nothing
        self.is_whole = self.disconnected = self.response_complete = False
        self.keep_alive = version != "1.0" and protocol.parser.should_keep_alive()

    @property
    def message_event(self) -> PollCycle:
        """What uvicorn sets when the client is gone."""
        return self

    @property
    def is_gone(self) -> bool:
        """Whether the client has hung up."""
        return self.disconnected

    def set(self) -> None:
        """Passes on that the client is gone."""
        self.changed()
        self._release()

    def expect(self) -> None:
        """Lets a client go on that waits to be asked for its body (RFC 9110, section 10.1.1)."""
        if self._protocol is not None and self._protocol.expect_100_continue and not self.is_whole:
            self._protocol.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")

    def answer(self, status: int, headers: bytes, body: bytes = b"") -> None:
        """Answers it in one write, and lets uvicorn go on with the connection."""
        protocol = self._protocol
        if protocol is None or self.disconnected:
            return
        self.response_complete = True
        self._release()
        is_head = self.head.method == "HEAD"
        protocol.write_answer(status, headers, body, closes=not self.keep_alive, without_body=is_head)
        protocol.on_response_complete()

    def _release(self) -> None:
        self._protocol, self.changed = None, nothing


def nothing() -> None:
    """Does nothing: the request waits for nothing any more."""


def has_body(head: Head) -> bool:
    """Whether a body is announced (RFC 9112, section 6.3). A handshake has none: its bytes could pass for frames."""
    return head.get(b"transfer-encoding") is not None or (head.get(b"content-length") or b"0").strip(b"0") != b""


def is_key(key: bytes) -> bool:
    """Whether this is a valid Sec-WebSocket-Key (RFC 6455, section 4.1).

    picows would refuse a wrong one too late: by then the gate has counted the admission.
    """
    try:
        return len(binascii.a2b_base64(key, strict_mode=True)) == KEY_BYTES
    except binascii.Error:
        return False


def accept_key(key: bytes) -> bytes:
    """The Sec-WebSocket-Accept for a key (RFC 6455, section 4.2.2, step 5.4)."""
    return binascii.b2a_base64(hashlib.sha1(key + GUID, usedforsecurity=False).digest(), newline=False)
