"""One WebSocket of picows under the engine: its callbacks, its output and its log."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

from picows import WSFrame, WSListener, WSMsgType, WSTransport

from omefree.engine.engine import Engine
from omefree.engine.gate import Admission
from omefree.engine.gather import Gather
from omefree.engine.unix import plain
from omefree.engine.websocket import WebSocketTransport, encode_frame
from omefree.engine.wiping_reader import let_go
from omefree.errors import CloseCode

TEXT = WSMsgType.TEXT
DATA = (WSMsgType.TEXT, WSMsgType.BINARY, WSMsgType.CONTINUATION)

log = logging.getLogger(__name__)


class Listener(WSListener):
    """picows' callbacks for one WebSocket, the engine's FrameWriter, and the logger that picows is given.

    picows would log addresses and texts, so its lines are dropped. Its errors are handled: nothing else tells that its
    parser has refused a frame.
    """

    __slots__ = ("_gather", "_transport", "_writer", "websocket")

    def __init__(self, engine: Engine, gather: Gather, *, admission: Admission | None, sid: str | None) -> None:
        self.websocket = WebSocketTransport(engine, self, admission=admission, sid=sid)
        self._gather = gather
        self._transport: WSTransport
        self._writer: asyncio.Transport

    def on_ws_connected(self, transport: WSTransport) -> None:
        """The handshake is answered: picows' request headers are cleared, and the transport begins."""
        self._transport = transport
        self._writer = plain(transport.underlying_transport)
        transport.request.headers.clear()
        self.websocket.opened()

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        """Passes a frame to the transport, or answers a ping. A reserved bit closes the connection."""
        kind = frame.msg_type
        if frame.rsv1 or frame.rsv2 or frame.rsv3:
            self.websocket.fail(1002)  # no extension was agreed on (RFC 6455, section 5.2)
        elif kind is TEXT and frame.fin:
            self.websocket.text(frame.get_payload_as_bytes())
        elif kind in DATA:
            self.websocket.frame(kind.value, frame.fin, frame.get_payload_as_bytes())
        elif kind is WSMsgType.PING:
            transport.send_pong(frame.get_payload_as_bytes())
        elif kind is WSMsgType.CLOSE:
            data = frame.get_payload_as_bytes()
            self.websocket.peer_closed(int.from_bytes(data[:2]) if data else None)

    def on_ws_disconnected(self, transport: WSTransport) -> None:
        """Tells the transport that the connection is gone, and breaks the reference cycles."""
        self.websocket.gone()
        self._gather.drop(self._writer)
        let_go(self._writer)
        # Each of them holds this object: without this, only the garbage collector would free them.
        del self.websocket, self._transport, self._writer

    def pause_writing(self) -> None:
        """Called when the write buffer is full: the peer does not read, and its connection is cut."""
        self.websocket.overflow()

    def resume_writing(self) -> None:
        """Does nothing: a connection that was paused has been cut."""

    def isEnabledFor(self, level: int) -> bool:  # noqa: N802 (logging's name)
        """False: picows need not prepare any log line."""
        return False

    def info(self, message: str, *details: Any) -> None:
        """Drops a log line, which may hold an address or a text."""

    debug = warning = info

    def error(self, message: str, *details: Any) -> None:
        """Closes the connection after an error of the parser: `details` holds a close code and a text.

        picows goes on to close the connection itself, but it waits for a peer that does not read. Its parser is one
        frame ahead, so a close frame may still be on its way to us. What is wrong behind that frame does not matter
        (RFC 6455, section 1.4).
        """
        goodbye = self._transport.close_handshake
        match details:
            case [[int(), _]] if goodbye and goodbye.recv:
                self.websocket.peer_closed(int(goodbye.recv.code.value) or None)
            case [[int(code), _]]:
                self.websocket.fail(code)
            case _:
                self.exception(message)

    def exception(self, message: str, *details: Any) -> None:
        """Closes the connection with 1011 after a failure within picows. The failure's own message is not logged."""
        log.error("a WebSocket failed")
        self.websocket.fail(CloseCode.INTERNAL_ERROR)

    def send(self, packet: bytes) -> None:
        """Sends a packet in a frame that we encode: picows would write each alone, and keep the last in its buffer."""
        self._gather.add(self._writer, encode_frame(packet))

    def send_close(self, code: int) -> None:
        """Sends a close frame, behind the frames that still wait."""
        self._gather.flush(self._writer)
        self._transport.send_close(code)  # type: ignore[arg-type]

    def disconnect(self) -> None:
        """Closes the connection once the frames that still wait have gone out."""
        self._gather.flush(self._writer)
        self._transport.disconnect()

    def abort(self) -> None:
        """Cuts the connection. The frames that still wait are dropped."""
        self._gather.drop(self._writer)
        self._transport.disconnect(False)
