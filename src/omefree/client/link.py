"""A link: one connection of a visitor, from its opening to its end, with its deadlines.

It never buffers. The reply to an event that cannot be sent is None; the caller decides what to do at the next
`welcome`. Source: docs/protocol.md, "Connection".
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable

import msgspec

from omefree.client.address import Address
from omefree.client.packets import GOODBYE_S, MakeTransport, Packets, Question, Reply, known, settle
from omefree.client.websocket import MESSAGE_BYTES_MAX, WebSocket, stranger
from omefree.contract import events
from omefree.errors import ConnectError, ProtocolError

WELCOME_S = 10.0  # from the open WebSocket to `welcome`: three round trips
ANSWER_S = 10.0  # for a reply: longer than a round trip on any connection that the heartbeat keeps
HEARTBEAT_MAX_S = 300.0  # used instead if a server asks for a slower heartbeat


class Link:
    """`heard` gets each event in order, `welcome` first. `is_up` is True from `welcome` to the end.

    `lost` is called once if the link ends in any other way than by `leave` or `drop`. Its argument is None, or the
    exception if a bug of ours ended the link. Before `welcome` it is not called: `open` raises instead.
    """

    def __init__(
        self,
        heard: Callable[[events.ServerEvent], None],
        lost: Callable[[Exception | None], None],
        make_transport: MakeTransport = WebSocket,
    ) -> None:
        self.is_up = False
        self._heard = heard
        self._lost = lost
        self._loop = asyncio.get_running_loop()
        self._packets = Packets(self._event, self._fail, self._gone, make_transport)
        self._welcomed: asyncio.Future[None] = self._loop.create_future()
        self._welcomed.add_done_callback(lambda done: done.cancelled() or done.exception())  # seen, if nobody waits
        self._watch: asyncio.TimerHandle | None = None
        self._is_reading = True

    async def open(self, address: Address, ssl_context: ssl.SSLContext | None, token: str | None) -> None:
        """Connects and returns when `welcome` has come. `token` resumes a visitor. Raises ConnectError."""
        try:
            await self._packets.open(address, ssl_context, token)
            self._alarm()
            async with asyncio.timeout(WELCOME_S):
                await self._welcomed
        except TimeoutError:
            self.drop()
            raise stranger(address) from None
        except BaseException:
            self.drop()
            raise

    def ask(self, question: Question) -> None:
        """Sends a question at once. Its reply is None if there is no link, or if it breaks first."""
        if self.is_up:
            self._packets.put(question, min(self._packets.handshake.max_payload, MESSAGE_BYTES_MAX))
        else:
            settle(question.answer, None)

    def unanswered(self) -> list[Question]:
        """Takes the questions that have no reply yet, in their order, so that another link can ask them."""
        return self._packets.unanswered()

    async def leave(self) -> None:
        """Leaves the server for good by DISCONNECT. Replies still awaited become None.

        If the server has yet to answer our CONNECT, it may hold our place already: that answer is awaited for 2 s.
        """
        if self._packets.is_handshaken and not self._welcomed.done():
            await asyncio.wait([self._welcomed], timeout=GOODBYE_S)
        self._end()
        await self._packets.leave()

    def drop(self) -> None:
        """Closes the connection without a DISCONNECT, so that the visitor can resume over another link."""
        self._end()
        self._packets.drop()

    def pause_reading(self) -> None:
        """Stops reading: events wait at the server, which closes the connection if they wait too long."""
        self._is_reading = False
        self._packets.pause_reading()

    def resume_reading(self) -> None:
        """Reads on. The time for the server's heartbeat starts anew."""
        self._is_reading = True
        self._packets.resume_reading()

    # --- the end ---

    def _gone(self, fault: Exception | None) -> None:
        was_up = self.is_up
        self._fail(fault or ConnectError("unreachable", "the connection broke before the server said welcome"))
        self._end()
        if was_up:
            self._lost(fault)

    def _end(self) -> None:
        self.is_up = False
        if self._watch is not None:
            self._watch.cancel()
        self._welcomed.cancel()

    def _fail(self, error: Exception) -> None:
        if not self._welcomed.done():
            self._welcomed.set_exception(error)

    # --- heartbeat ---

    def _alarm(self) -> None:
        """Closes a silent connection. One timer checks when the last packet came: a timer for each would cost more."""
        if self._packets.is_over:
            return
        silent_s, heartbeat_s = self._loop.time() - self._packets.heard_at, self._heartbeat_s()
        if silent_s >= heartbeat_s and self._is_reading:
            self._packets.abort()
            return
        self._watch = self._loop.call_later(max(heartbeat_s - silent_s, 1.0), self._alarm)

    def _heartbeat_s(self) -> float:
        if not self._packets.is_handshaken:
            return WELCOME_S
        handshake = self._packets.handshake
        return min(max((handshake.ping_interval + handshake.ping_timeout) / 1000, 1.0), HEARTBEAT_MAX_S)

    # --- what comes ---

    def _event(self, body: bytes) -> None:
        """Raises ProtocolError if `welcome` is not first. An event that only a later version knows is ignored."""
        event = known(body)
        if isinstance(event, events.Welcome) is self._welcomed.done():
            raise ProtocolError("welcome comes first, and once")
        if not self._welcomed.done():
            self._welcomed.set_result(None)
            self.is_up = True
        if event is not None:
            self._heard(event)


def question_of(event: events.VisitorEvent) -> Question:
    """The question that an event is. Its reply is `slow` if no other comes in time."""
    loop = asyncio.get_running_loop()
    question = Question(msgspec.json.encode(event), loop.create_future())
    late = loop.call_later(ANSWER_S, settle, question.answer, Reply(ok=False, code="slow"))
    question.answer.add_done_callback(lambda _: late.cancel())
    return question
