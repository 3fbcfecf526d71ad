"""One connection of a visitor, from its opening to its end: what has to come when, and how long to wait for it.

It never buffers: what cannot be sent now is answered with None, and whoever asked decides what to do at the next
`welcome`. Source: docs/protocol.md, "Connection".
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable

import msgspec

from omefree.client.address import Address
from omefree.client.packets import MaybeReply, Packets, Reply, known, settle
from omefree.client.websocket import MESSAGE_BYTES_MAX, stranger
from omefree.contract import events
from omefree.errors import ConnectError, ProtocolError

WELCOME_S = 10.0  # from the open WebSocket to `welcome`: three trips
ANSWER_S = 10.0  # longer than a trip on any link that the heartbeat lets live
HEARTBEAT_MAX_S = 300.0  # a server that asks for a slower one is taken for one that asks for this


class Link:
    """`heard` is given each event in order, `welcome` first; `lost` is called once, if the link ends other than by
    `leave` or `drop`, with the exception if it was a mistake of this program. It is not called for a link that was
    never welcomed: there `open` raises. `is_up`: welcomed, and not over.
    """

    def __init__(self, heard: Callable[[events.ServerEvent], None], lost: Callable[[Exception | None], None]) -> None:
        self.is_up = False
        self._heard = heard
        self._lost = lost
        self._loop = asyncio.get_running_loop()
        self._packets = Packets(self._event, self._fail, self._gone)
        self._welcomed: asyncio.Future[None] = self._loop.create_future()
        self._welcomed.add_done_callback(lambda done: done.cancelled() or done.exception())  # seen, if nobody waits
        self._watch: asyncio.TimerHandle | None = None
        self._is_reading = True

    async def open(self, address: Address, ssl_context: ssl.SSLContext | None, token: str | None) -> None:
        """Returns when welcomed. Raises ConnectError."""
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

    def ask(self, event: events.VisitorEvent) -> asyncio.Future[MaybeReply]:
        """Sends an event now; its acknowledgement comes as the future's result."""
        if not self.is_up:
            answer: asyncio.Future[MaybeReply] = self._loop.create_future()
            answer.set_result(None)
            return answer
        most = min(self._packets.handshake.max_payload, MESSAGE_BYTES_MAX)
        answer = self._packets.ask(msgspec.json.encode(event), most)
        if not answer.done():
            late = self._loop.call_later(ANSWER_S, settle, answer, Reply(ok=False, code="slow"))
            answer.add_done_callback(lambda _: late.cancel())
        return answer

    async def leave(self) -> None:
        """Ends the session for good; what is still waited for is answered with None."""
        self._end()
        await self._packets.leave()

    def drop(self) -> None:
        """Ends the connection without a word: the session may go on over another."""
        self._end()
        self._packets.drop()

    def pause_reading(self) -> None:
        """Nobody takes what comes: let it wait with the server, which does not wait for ever."""
        self._is_reading = False
        self._packets.pause_reading()

    def resume_reading(self) -> None:
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
        """One timer that looks when the link was last alive, rather than one for each packet."""
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
        """Raises ProtocolError. An event that only a later version knows is passed over."""
        event = known(body)
        if isinstance(event, events.Welcome) is self._welcomed.done():
            raise ProtocolError("welcome comes first, and once")
        if not self._welcomed.done():
            self._welcomed.set_result(None)
            self.is_up = True
        if event is not None:
            self._heard(event)
