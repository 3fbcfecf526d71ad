"""The long-polling transport: an ASGI application, with one request of a session at a time each way.

Source: the Engine.IO protocol, revision 4, "HTTP long-polling".
"""

from __future__ import annotations

import asyncio
import logging
import math
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

import msgspec

from omefree.engine.chunks import Chunks
from omefree.engine.engine import Engine, Query, refused
from omefree.engine.gate import Denial, Head
from omefree.engine.options import PollLimit
from omefree.engine.session import CloseReason, Session
from omefree.errors import CloseCode, ProtocolError, RequestRefused
from omefree.wire import engineio

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Headers = list[tuple[bytes, bytes]]

TEXT: Headers = [(b"content-type", b"text/plain; charset=UTF-8"), (b"cache-control", b"no-store")]
JSON: Headers = [(b"content-type", b"application/json"), (b"cache-control", b"no-store")]
PAYLOAD_PACKETS = 16  # in one answer; at more, python-engineio's clients drop the connection

log = logging.getLogger(__name__)


class PollingTransport:
    """A session's long-polling: packets that wait for the next poll, or the poll that waits for packets."""

    __slots__ = ("_engine", "_sid", "alarm", "limit", "posting", "queue", "queued_bytes", "session", "waiter")

    def __init__(self, engine: Engine, limit: PollLimit | None) -> None:
        self._engine = engine
        self._sid = ""
        self.alarm = 0
        self.queue: list[bytes] = []
        self.queued_bytes = 0
        self.waiter: asyncio.Future[None] | None = None
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
        self.queue.append(engineio.NOOP if reason is CloseReason.CLIENT else engineio.CLOSE)
        if self.waiter is not None:
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
        if self.waiter is not None and not self.queue:
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
        if self.waiter is not None and not self.waiter.done():
            self.waiter.set_result(None)


class Polling:
    """The ASGI application that serves the engine's path."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        head = head_of(scope)
        cors = self._engine.gate.cors(head)
        try:
            self._engine.check(head)
            if head.method == "OPTIONS":
                await respond(send, 204, cors)
                return
            await respond(send, 200, TEXT + cors, await self._serve(head, scope["query_string"], receive))
        except RequestRefused as error:
            await refuse(send, error, cors)
        except asyncio.CancelledError:
            raise
        except Exception:
            log.exception("a request failed")
            await refuse(send, refused(3, Denial(500, "internal", "Something went wrong: try again.")), cors)

    async def _serve(self, head: Head, raw_query: bytes, receive: Receive) -> bytes:
        query = self._engine.parse(raw_query)
        if query.sid is None:
            return self._open(head, query)
        if query.sid in self._engine.pending_closes and head.method == "GET":
            return self._pending_close(query.sid)
        session = self._engine.find(query.sid)
        transport = session.transport
        if query.transport != "polling" or not isinstance(transport, PollingTransport):
            raise refused(3)
        if head.method == "GET":
            return await self._poll(session, transport, receive)
        if head.method == "POST":
            return await self._post(session, transport, head, receive)
        raise refused(2)

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

    async def _poll(self, session: Session, transport: PollingTransport, receive: Receive) -> bytes:
        self._limit(transport)
        if transport.waiter is not None:
            session.close(CloseReason.PROTOCOL, CloseCode.PROTOCOL_ERROR)  # two polls at once
            raise refused(3)
        if not transport.queue and session.probe is not None:
            return engineio.NOOP
        if not transport.queue:
            await self._wait(session, transport, receive)
        return engineio.encode_payload(transport.take(PAYLOAD_PACKETS if session.transport is transport else None))

    async def _wait(self, session: Session, transport: PollingTransport, receive: Receive) -> None:
        """Waits until there is something to send. If the client hangs up, the session loses its transport."""
        transport.waiter = waiter = asyncio.get_running_loop().create_future()
        gone = asyncio.ensure_future(until_disconnect(receive))
        try:
            await asyncio.wait({waiter, gone}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            transport.waiter = None
            gone.cancel()
            if gone.done() or not waiter.done():
                waiter.cancel()
                session.lost(transport)

    async def _post(self, session: Session, transport: PollingTransport, head: Head, receive: Receive) -> bytes:
        self._limit(transport)
        if transport.posting:
            session.close(CloseReason.PROTOCOL, CloseCode.PROTOCOL_ERROR)  # two at once: their order would be lost
            raise refused(3)
        transport.posting = True
        try:
            body = await self._body(head, receive)
            for packet in engineio.decode_payload(body):
                if session.transport is not transport:
                    raise refused(1)  # closed meanwhile, or by an earlier packet: `ok` would be false
                session.receive(packet)
        except ProtocolError as error:
            session.fail(error)
            too_big = error.close_code == CloseCode.TOO_BIG
            raise refused(3, Denial(413 if too_big else 400, "engine_3", "Bad request")) from None
        finally:
            transport.posting = False
        return b"ok"

    async def _body(self, head: Head, receive: Receive) -> bytes:
        """The body of a POST. Raises ProtocolError if it is too large, too slow or cut off."""
        limit = self._engine.options.max_payload_bytes
        length = head.get(b"content-length") or b"0"
        if not length.isdigit() or int(length[:20]) > limit:
            raise ProtocolError("too big", CloseCode.TOO_BIG)
        body = Chunks()
        try:
            async with asyncio.timeout(self._engine.options.body_timeout_s):
                more = True
                while more:
                    event = await receive()
                    if event["type"] != "http.request":
                        raise ProtocolError("cut off")
                    body.add(event.get("body", b""))
                    more = event.get("more_body", False)
                    if body.size > limit:
                        raise ProtocolError("too big", CloseCode.TOO_BIG)
        except TimeoutError:
            raise ProtocolError("too slow") from None
        return body.whole()

    def _limit(self, transport: PollingTransport) -> None:
        wait_s = transport.limit(self._engine.clock.time()) if transport.limit else 0.0
        if wait_s > 0:
            raise refused(3, Denial(429, "rate_limited", "Too much at once: wait a moment and try again.", wait_s))


async def until_disconnect(receive: Receive) -> None:
    """Waits until the client has hung up, and ignores all else that it sends."""
    while (await receive())["type"] != "http.disconnect":
        pass


def head_of(scope: Scope) -> Head:
    """The head of an ASGI request, as a gate needs it."""
    client = scope.get("client")
    return Head(
        method=scope["method"],
        path=scope["path"],
        headers=tuple(scope["headers"]),
        peer=client[0] if client else None,
        tls=scope["scheme"] == "https",
    )


async def respond(send: Send, status: int, headers: Headers, body: bytes = b"") -> None:
    """Sends a whole HTTP response."""
    length = [] if status == 204 else [(b"content-length", b"%d" % len(body))]  # RFC 9110, section 8.6
    await send({"type": "http.response.start", "status": status, "headers": headers + length})
    await send({"type": "http.response.body", "body": body})


async def refuse(send: Send, error: RequestRefused, cors: Headers) -> None:
    """Sends an error as JSON, with `Retry-After` (s) if waiting helps."""
    retry = [] if error.retry_after_s is None else [(b"retry-after", b"%d" % math.ceil(error.retry_after_s))]
    await respond(send, error.status, JSON + cors + retry, error_body(error))


def error_body(error: RequestRefused) -> bytes:
    """The error as JSON: `code` is the official server's number, `reason` our code."""
    return msgspec.json.encode({"code": error.kind, "message": error.message, "reason": error.code})
