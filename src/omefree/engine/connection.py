"""One WebSocket connection: reads into the parser that all share, and writes frames of ours."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

from omefree.engine.engine import Engine
from omefree.engine.gate import Admission
from omefree.engine.gather import Gather
from omefree.engine.parser import Parser, Parsers
from omefree.engine.websocket import SHORT_HEADS, WebSocketTransport, encode_close, encode_frame, encode_pong
from omefree.engine.wiping_reader import let_go
from omefree.errors import CloseCode

LAST_WORDS_S = 0.01  # for a peer that broke the protocol to get our close frame: a reset would destroy it

log = logging.getLogger(__name__)


class Connection(asyncio.BufferedProtocol):
    """The protocol of one connection, and the engine's FrameWriter for it."""

    __slots__ = ("_gather", "_parser", "_parsers", "transport", "websocket")

    def __init__(
        self, engine: Engine, gather: Gather, parsers: Parsers, *, admission: Admission | None, sid: str | None
    ) -> None:
        self.websocket = WebSocketTransport(engine, self, admission=admission, sid=sid)
        self._gather = gather
        self._parsers = parsers
        self._parser: Parser | None = None  # one of its own, while part of a frame has come
        self.transport: Any

    def begin(self, transport: Any, head: bytes) -> None:
        """Answers the handshake with this head and goes on as a WebSocket."""
        self.transport = transport
        transport.set_protocol(self)
        self._gather.add(transport, head)  # it leaves together with what the engine sends first
        try:
            self.websocket.opened()
        except Exception:  # its text could be a visitor's
            log.error("a WebSocket failed")
            self.websocket.fail(CloseCode.INTERNAL_ERROR)

    def get_buffer(self, sizehint: int) -> memoryview:
        """Where the next bytes go to, whatever the size hint."""
        return (self._parser or self._parsers.first).view

    def buffer_updated(self, nbytes: int) -> None:
        """Passes on the frames that end within what was read. After an error or a close frame nothing is heard."""
        parser = self._parser
        if parser is None:
            parser = self._parsers.first
        elif parser.is_over:
            return
        if parser.feed(nbytes, self.websocket):
            if self._parser is not None:
                self._parser = None
                self._parsers.take_back(parser)
            return
        if self._parser is None:
            self._parser = self._parsers.lend()
        if parser.is_over:
            asyncio.get_running_loop().call_later(LAST_WORDS_S, self.transport.close)

    def eof_received(self) -> None:
        """The peer sends no more: the transport closes itself."""

    def connection_lost(self, exc: Exception | None) -> None:
        """Tells the engine that the connection is gone, and breaks the reference cycles."""
        self.websocket.gone()
        self._gather.drop(self.transport)
        let_go(self.transport)
        if self._parser is not None:
            self._parser.drop()
        # Each of them holds this object: without this, only the garbage collector would free them.
        del self.websocket, self.transport, self._parser

    def pause_writing(self) -> None:
        """Called when the write buffer is full: the peer does not read, and its connection is cut."""
        self.websocket.overflow()

    def resume_writing(self) -> None:
        """Does nothing: a connection that was paused has been cut."""

    def send(self, packet: bytes) -> None:
        """Sends a packet in a frame, with all else that this turn of the loop and the next have for the connection."""
        size = len(packet)
        is_short = size < len(SHORT_HEADS) and type(packet) is bytes  # as nearly all are: one call less
        self._gather.add(self.transport, SHORT_HEADS[size] + packet if is_short else encode_frame(packet))

    def send_pong(self, payload: bytes) -> None:
        """Answers a ping."""
        self._gather.add(self.transport, encode_pong(payload))

    def send_close(self, code: int) -> None:
        """Sends a close frame at once, behind the frames that still wait."""
        self._gather.add(self.transport, encode_close(code))
        self._gather.flush(self.transport)

    def disconnect(self) -> None:
        """Closes the connection once the frames that still wait have gone out."""
        self._gather.flush(self.transport)
        self.transport.close()

    def abort(self) -> None:
        """Cuts the connection. The frames that still wait are dropped."""
        self._gather.drop(self.transport)
        self.transport.abort()
