"""picows as a parser of WebSocket frames: one serves all connections, as long as each read holds whole frames.

picows would have two buffers, two futures and the request's head for each connection: 5 KB. Nearly every read of ours
ends with a frame, and then its parser knows nothing of the connection any more, so the next one can use it. A
connection with part of a frame keeps the parser until the rest has come, and the pool makes another.
"""

from __future__ import annotations

import logging
from typing import Any, Protocol

from picows import WSAutoPingStrategy, WSFrame, WSListener, WSMsgType, WSTransport
from picows.picows import WSProtocol  # type: ignore[attr-defined]  # not in its stub

from omefree.errors import CloseCode

BUFFER_BYTES = 8_192  # more than a signal has
SPARE_BYTES = 256  # of them picows keeps for itself
FULL = BUFFER_BYTES - SPARE_BYTES
LIMIT = FULL * 7 // 8  # a fuller buffer is doubled by picows, and never made smaller again
ZEROS = bytes(LIMIT)
IDLE_MAX = 4  # parsers that wait in the pool
TEXT, CLOSE, PING = WSMsgType.TEXT, WSMsgType.CLOSE, WSMsgType.PING
DATA = (WSMsgType.TEXT, WSMsgType.BINARY, WSMsgType.CONTINUATION)
# What brings a parser to where frames begin. It is the parser's alone: no client's head comes here.
HANDSHAKE = (
    b"GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
)

log = logging.getLogger(__name__)


class FrameReceiver(Protocol):
    """Takes the frames of one connection."""

    def text(self, data: bytes) -> None:
        """Takes a whole text frame."""

    def frame(self, opcode: int, fin: bool, data: bytes) -> None:
        """Takes a frame of data."""
        ...

    def ping(self, data: bytes) -> None:
        """Takes a ping's payload, which its pong must carry."""
        ...

    def peer_closed(self, code: int | None) -> None:
        """Takes the peer's close frame. `code` None: the frame has none."""

    def fail(self, code: int) -> None:
        """Takes that the peer broke the protocol."""


class Nowhere:
    """The connection that picows is given, and that socket's own: what it does to them has no effect."""

    def get_extra_info(self, name: str) -> Any:
        """This object: a socket, and something that stands for TLS, so that picows never writes past us."""
        return self

    def fileno(self) -> int:
        """-1: no descriptor."""
        return -1

    def getsockopt(self, *_option: int) -> int:
        """0, whatever the option."""
        return 0

    def get_write_buffer_size(self) -> int:
        """0: nothing waits."""
        return 0

    def setsockopt(self, *_option: int) -> None:
        """Does nothing."""

    write = close = setsockopt


NOWHERE = Nowhere()


class Parser(WSListener):
    """One parser. It is picows' callbacks, too, and its logger, whose lines could hold addresses and texts.

    `view` is where the next bytes are to be read into. Once `is_over`, nothing is heard any more.
    """

    __slots__ = ("_at", "_has_grown", "_protocol", "_receiver", "_transport", "is_over", "view")

    def __init__(self, frame_bytes_max: int) -> None:
        self._transport: WSTransport
        self._receiver: FrameReceiver
        self._at = 0  # bytes before `view`: part of a frame
        self._has_grown = False  # its buffer is larger than others'
        self.is_over = False  # there was an error or a close frame
        self._protocol = WSProtocol(
            "", "", False, lambda _request: self, self, True, None,
            False, 0, 0, WSAutoPingStrategy.PING_WHEN_IDLE, False,
            frame_bytes_max, None, BUFFER_BYTES,
        )  # fmt: skip
        self._protocol.connection_made(NOWHERE)
        self._protocol.get_buffer(-1)[: len(HANDSHAKE)] = HANDSHAKE
        self._protocol.buffer_updated(len(HANDSHAKE))
        self.view: memoryview = self._protocol.get_buffer(-1)[:LIMIT]

    def feed(self, size: int, receiver: FrameReceiver) -> bool:
        """Passes on the frames that end within the next `size` bytes of `view`.

        True: nothing is left, and the buffer is wiped. False: only this connection can go on with this parser.
        """
        if self.is_over:
            return False
        self._receiver = receiver
        self._protocol.buffer_updated(size)
        del self._receiver
        self._has_grown |= self._at + size > LIMIT
        free: memoryview = self._protocol.get_buffer(-1)
        if self.is_over or self._has_grown or len(free) != FULL:
            self._at, self.view = FULL - len(free), free
            return False
        if self._at:
            self._at, self.view, size = 0, free[:LIMIT], LIMIT
        self.view[:size] = ZEROS[:size]
        return True

    def drop(self) -> None:
        """Ends a parser: it and picows' protocol hold each other."""
        del self._protocol, self._transport, self.view

    def on_ws_connected(self, transport: WSTransport) -> None:
        """Keeps what knows of close frames."""
        self._transport = transport

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        """Passes on a frame. A reserved bit is an error: no extension was agreed on (RFC 6455, section 5.2)."""
        kind = frame.msg_type
        if frame.rsv1 or frame.rsv2 or frame.rsv3:
            self.is_over = True
            self._receiver.fail(CloseCode.PROTOCOL_ERROR)
        elif kind is TEXT and frame.fin:
            self._receiver.text(frame.get_payload_as_bytes())
        elif kind in DATA:
            self._receiver.frame(kind.value, bool(frame.fin), frame.get_payload_as_bytes())
        elif kind is PING:
            self._receiver.ping(frame.get_payload_as_bytes())
        elif kind is CLOSE:
            data = frame.get_payload_as_bytes()
            self.is_over = True
            self._receiver.peer_closed(int.from_bytes(data[:2]) if data else None)

    def isEnabledFor(self, level: int) -> bool:  # noqa: N802 (logging's name)
        """False: picows need not prepare any log line."""
        return False

    def info(self, message: str, *details: Any) -> None:
        """Drops a log line, which may hold an address or a text."""

    debug = warning = info

    def error(self, message: str, *details: Any) -> None:
        """Passes on that the peer broke the protocol: `details` holds a close code and a text.

        picows is one frame ahead, so a close frame may still be on its way to us. What is wrong behind that frame does
        not matter (RFC 6455, section 1.4).
        """
        self.is_over = True
        goodbye = self._transport.close_handshake
        match details:
            case [[int(), _]] if goodbye and goodbye.recv:
                self._receiver.peer_closed(int(goodbye.recv.code.value) or None)
            case [[int(code), _]]:
                self._receiver.fail(code)
            case _:
                self.exception(message)

    def exception(self, message: str, *details: Any) -> None:
        """Closes the connection with 1011 after a failure of ours or of picows. Its own message is not logged."""
        self.is_over = True
        log.error("a WebSocket failed")
        self._receiver.fail(CloseCode.INTERNAL_ERROR)


class Parsers:
    """The parser that is used by all connections, and its successor when one of them keeps it.

    `first.view` is good for one read, up to `feed`: nothing else runs between the two.
    """

    __slots__ = ("_frame_bytes_max", "_idle", "first")

    def __init__(self, frame_bytes_max: int) -> None:
        self._frame_bytes_max = frame_bytes_max
        self._idle: list[Parser] = []
        self.first = Parser(frame_bytes_max)

    def lend(self) -> Parser:
        """The first parser, for one connection alone."""
        lent, self.first = self.first, self._idle.pop() if self._idle else Parser(self._frame_bytes_max)
        return lent

    def take_back(self, parser: Parser) -> None:
        """Takes a parser of which `feed` has said that nothing is left in it."""
        if len(self._idle) < IDLE_MAX:
            self._idle.append(parser)
        else:
            parser.drop()
