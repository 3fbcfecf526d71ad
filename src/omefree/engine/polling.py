"""The long-polling transport, with one request of a session at a time each way. No task and no `await` is on its way.

Source: the Engine.IO protocol, revision 4, "HTTP long-polling".
"""

from __future__ import annotations

import logging
import math
from collections.abc import Callable, Iterable
from functools import partial
from typing import Protocol

import msgspec

from omefree.engine.chunks import Chunks
from omefree.engine.engine import Engine, Query, refused
from omefree.engine.gate import Denial, Head
from omefree.engine.gather import next_turn
from omefree.engine.options import PollLimit
from omefree.engine.session import CloseReason, Session
from omefree.errors import CloseCode, ProtocolError, RequestRefused
from omefree.wire import engineio

TEXT = b"content-type: text/plain; charset=UTF-8\r\ncache-control: no-store\r\n"
JSON = b"content-type: application/json\r\ncache-control: no-store\r\n"
CLOSED_BY_CLIENT = (CloseReason.CLIENT, CloseReason.CLOSED)
PAYLOAD_PACKETS = 16  # in one answer; at more, python-engineio's clients drop the connection

log = logging.getLogger(__name__)


class Request(Protocol):
    """A request at the engine's path, of whose body more may come. Without a client, an answer has no effect."""

    head: Head
    query: bytes
    content: Chunks  # what has come of the body
    is_whole: bool  # all of it has come
    changed: Callable[[], None]  # called when the body has grown, when it is whole, when the client is gone

    @property
    def is_gone(self) -> bool:
        """Whether the client has hung up."""
        ...

    def expect(self) -> None:
        """Lets a client go on that waits to be asked for its body (RFC 9110, section 10.1.1)."""

    def answer(self, status: int, headers: bytes, body: bytes = b"") -> None:
        """Answers it, once. `headers` as they stand in a head (`lines`)."""


class PollingTransport:
    """A session's long-polling: packets that wait for the next poll, or the poll that waits for packets."""

    __slots__ = (
        "_engine", "_is_planned", "_sid", "alarm", "limit", "poll", "posting", "queue", "queued_bytes", "session",
    )  # fmt: skip

    def __init__(self, engine: Engine, limit: PollLimit | None) -> None:
        self._engine = engine
        self._sid = ""
        self.alarm = 0
        self.queue: list[bytes] = []
        self.queued_bytes = 0
        self.poll: Callable[[bytes], None] | None = None  # answers the poll that waits
        self._is_planned = False
        self.posting = False
        self.limit = limit
        self.session: Session | None = None

    def send(self, packet: bytes) -> None:
        """Queues a packet and answers the poll that waits, if any. A full queue closes the session as slow."""
        self.queue.append(packet)
        self.queued_bytes += len(packet)
        if self.session is not None and self.queued_bytes > self.session.options.send_queue_bytes:
            self.session.close(CloseReason.SLOW, CloseCode.POLICY)
        self._answer()

    def close(self, reason: CloseReason, code: int) -> None:
        """Ends a hanging poll: with a noop if the client closed, else with a close packet.

        If we closed between two polls, our last packets wait for the next one, for `close_timeout_s`.
        """
        session, self.session = self.session, None
        if session is None:
            return
        self.queue.append(engineio.NOOP if reason in CLOSED_BY_CLIENT else engineio.CLOSE)
        if self.poll is not None:
            self._answer()
        elif reason is CloseReason.SERVER:
            self._sid = session.sid
            self._engine.pending_closes[session.sid] = self
            self._engine.alarms.set(self, self._engine.clock.time() + self._engine.options.close_timeout_s)

    def wake(self, now: float) -> None:
        """Drops the last packets: no poll has come for them in time."""
        del self._engine.pending_closes[self._sid]

    def pause(self) -> bool:
        """Ends a hanging poll with a noop. True: a WebSocket may take over."""
        if self.poll is not None and not self.queue:
            self.queue.append(engineio.NOOP)
            self._answer()
        return True

    def retire(self) -> list[bytes]:
        """Returns the packets that no poll has fetched, and ends a hanging poll: a WebSocket has taken over."""
        self.session = None
        packets = self.take()
        self.pause()
        return packets

    def take(self, most: int | None = None) -> list[bytes]:
        """Removes the first `most` packets (None: all) from the queue and returns them."""
        packets, self.queue = self.queue[:most], self.queue[most:] if most else []
        self.queued_bytes = sum(map(len, self.queue))
        return packets

    def _answer(self) -> None:
        """Answers the poll that waits at the end of the loop's next turn, with all that the two have for it."""
        if self.poll is not None and not self._is_planned:
            self._is_planned = True
            next_turn(self._reply)

    def _reply(self) -> None:
        poll, self.poll, self._is_planned = self.poll, None, False
        if poll is not None:
            poll(self.payload())

    def payload(self) -> bytes:
        """The answer to a poll: the first packets of the queue, or all of them if none can follow."""
        goes_on = self.session is not None and self.session.transport is self
        return engineio.encode_payload(self.take(PAYLOAD_PACKETS if goes_on else None))


Guard = Callable[[Request, Callable[[], None]], None]
"""Does a part of the work on a request, and answers what it raises."""


class Post:
    """A POST: its body is awaited, then its packets are handled. It is a timer of the engine's alarms."""

    __slots__ = ("_engine", "_guard", "_request", "_session", "_transport", "alarm")

    def __init__(
        self, engine: Engine, guard: Guard, request: Request, session: Session, transport: PollingTransport
    ) -> None:
        self._engine = engine
        self._guard = guard
        self._request = request
        self._session = session
        self._transport = transport
        self.alarm = 0

    def begin(self) -> None:
        """Waits for the body. Raises RequestRefused if it is too large, and closes the session."""
        length = self._request.head.get(b"content-length") or b"0"
        if not length.isdigit() or int(length[:20]) > self._engine.options.max_payload_bytes:
            raise self._fail(ProtocolError("too big", CloseCode.TOO_BIG))
        if not self._request.is_whole:
            self._transport.posting = True
            self._engine.alarms.set(self, self._engine.clock.time() + self._engine.options.body_timeout_s)
            self._request.changed = partial(self._guard, self._request, self.look)
            self._request.expect()
        self.look()

    def look(self) -> None:
        """Handles the body if it is whole. Raises RequestRefused if it never will be, and closes the session."""
        request = self._request
        if request.is_gone:
            raise self._fail(ProtocolError("cut off"))
        if request.content.size > self._engine.options.max_payload_bytes:
            raise self._fail(ProtocolError("too big", CloseCode.TOO_BIG))
        if request.is_whole:
            self._end()
            self._take(request.content.whole())
            answer(self._engine, request, b"ok")

    def wake(self, now: float) -> None:
        """Closes the session: the body did not come in time."""
        self._guard(self._request, self._late)

    def _late(self) -> None:
        raise self._fail(ProtocolError("too slow"))

    def _take(self, body: bytes) -> None:
        try:
            for packet in engineio.decode_payload(body):
                if self._session.transport is not self._transport:
                    raise refused(1)  # closed meanwhile, or by an earlier packet: `ok` would be false
                self._session.receive(packet)
        except ProtocolError as error:
            raise self._fail(error) from None

    def _end(self) -> None:
        self._engine.alarms.cancel(self)
        self._transport.posting = False

    def _fail(self, error: ProtocolError) -> RequestRefused:
        self._end()
        self._session.fail(error)
        too_big = error.close_code == CloseCode.TOO_BIG
        return refused(3, Denial(413 if too_big else 400, "engine_3", "Bad request"))


class Polling:
    """Answers the requests at the engine's path.

    `path` and `root` are the engine's; `headers` are those of every answer that no ASGI application gives.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self.path = engine.options.path.encode()
        self.root = engine.options.root_path.encode()
        self.headers = lines(engine.options.answer_headers)

    def serve(self, request: Request) -> None:
        """Answers a request, now or later. Nothing is raised."""
        self.guard(request, partial(self._begin, request))

    def guard(self, request: Request, work: Callable[[], None]) -> None:
        """Does a part of the work on a request. What it raises is the answer."""
        try:
            work()
        except RequestRefused as error:
            self._refuse(request, error)
        except Exception:
            log.exception("a request failed")
            self._refuse(request, refused(3, Denial(500, "internal", "Something went wrong: try again.")))

    def _begin(self, request: Request) -> None:
        engine, head = self._engine, request.head
        engine.check(head)
        if head.method == "OPTIONS":
            request.answer(204, lines(engine.gate.cors(head)))
            return
        query = engine.parse(request.query)
        if query.sid is None:
            answer(self._engine, request, self._open(head, query))
        elif query.sid in engine.pending_closes and head.method == "GET":
            answer(self._engine, request, self._pending_close(query.sid))
        else:
            self._go_on(request, query, engine.find(query.sid))

    def _go_on(self, request: Request, query: Query, session: Session) -> None:
        transport = session.transport
        if query.transport != "polling" or not isinstance(transport, PollingTransport):
            raise refused(3)
        if request.head.method not in ("GET", "POST"):
            raise refused(2)
        self._limit(transport)
        if request.head.method == "GET":
            self._poll(request, session, transport)
        elif transport.posting:
            session.close(CloseReason.PROTOCOL, CloseCode.PROTOCOL_ERROR)  # two at once: their order would be lost
            raise refused(3)
        else:
            Post(self._engine, self.guard, request, session, transport).begin()

    def _open(self, head: Head, query: Query) -> bytes:
        if head.method != "GET":
            raise refused(2)
        if query.transport != "polling":
            raise refused(3)
        make_limit = self._engine.options.poll_limit
        transport = PollingTransport(self._engine, make_limit() if make_limit else None)
        transport.session = self._engine.open(self._engine.enter(head), transport, ["websocket"])
        return engineio.encode_payload(transport.take())

    def _pending_close(self, sid: str) -> bytes:
        pending = self._engine.pending_closes.pop(sid)
        self._engine.alarms.cancel(pending)
        return engineio.encode_payload(pending.take())

    def _poll(self, request: Request, session: Session, transport: PollingTransport) -> None:
        if transport.poll is not None:
            session.close(CloseReason.PROTOCOL, CloseCode.PROTOCOL_ERROR)  # two polls at once
            raise refused(3)
        if transport.queue:
            answer(self._engine, request, transport.payload())
        elif session.probe is not None:
            answer(self._engine, request, engineio.NOOP)
        else:
            transport.poll = poll = partial(answer, self._engine, request)
            request.changed = partial(give_up, request, session, transport, poll)

    def _limit(self, transport: PollingTransport) -> None:
        wait_s = transport.limit(self._engine.clock.time()) if transport.limit else 0.0
        if wait_s > 0:
            raise refused(3, Denial(429, "rate_limited", "Too much at once: wait a moment and try again.", wait_s))

    def _refuse(self, request: Request, error: RequestRefused) -> None:
        headers = JSON + lines(self._engine.gate.cors(request.head)) + retry_after(error)
        request.answer(error.status, headers, error_body(error))


def answer(engine: Engine, request: Request, body: bytes) -> None:
    """Answers a request with a text."""
    request.answer(200, TEXT + lines(engine.gate.cors(request.head)), body)


def lines(headers: Iterable[tuple[bytes, bytes]]) -> bytes:
    """Headers as they stand in a head."""
    return b"".join([b"%b: %b\r\n" % header for header in headers])


def give_up(request: Request, session: Session, transport: PollingTransport, poll: Callable[[bytes], None]) -> None:
    """A poll that waits, or is just being answered, has lost its client, and its session with it."""
    if request.is_gone and transport.poll is poll:
        transport.poll = None
        session.lost(transport)


def retry_after(error: RequestRefused) -> bytes:
    """The header `Retry-After` (s); none if waiting does not help."""
    return b"" if error.retry_after_s is None else b"retry-after: %d\r\n" % math.ceil(error.retry_after_s)


def error_body(error: RequestRefused) -> bytes:
    """The error as JSON: `code` is the official server's number, `reason` our code."""
    return msgspec.json.encode({"code": error.kind, "message": error.message, "reason": error.code})
