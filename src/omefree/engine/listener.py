"""A WebSocket of picows under the engine: its callbacks, what goes out on it, and its log."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

from picows import WSFrame, WSListener, WSMsgType, WSTransport

from omefree.engine.engine import Engine
from omefree.engine.gate import Admission
from omefree.engine.gather import Gather
from omefree.engine.websocket import WebSocketTransport, encode_frame
from omefree.engine.wiping_reader import let_go
from omefree.errors import CloseCode

TEXT = WSMsgType.TEXT
DATA = (WSMsgType.TEXT, WSMsgType.BINARY, WSMsgType.CONTINUATION)

log = logging.getLogger(__name__)


class Listener(WSListener):
    """picows' callbacks for one WebSocket, the engine's Wire, and the logger that picows is given.

    It would log addresses and texts; its errors are the only news of a frame that its parser refuses.
    """

    __slots__ = ("_gather", "_transport", "_writer", "websocket")

    def __init__(self, engine: Engine, gather: Gather, *, admission: Admission | None, sid: str | None) -> None:
        self.websocket = WebSocketTransport(engine, self, admission=admission, sid=sid)
        self._gather = gather
        self._transport: WSTransport
        self._writer: asyncio.Transport

    def on_ws_connected(self, transport: WSTransport) -> None:
        self._transport = transport
        self._writer = transport.underlying_transport
        transport.request.headers.clear()
        self.websocket.opened()

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
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
        self.websocket.gone()
        self._gather.drop(self._writer)
        let_go(self._writer)
        # Each holds us: without this only the garbage collector would end them.
        del self.websocket, self._transport, self._writer

    def pause_writing(self) -> None:
        self.websocket.overflow()

    def resume_writing(self) -> None:
        pass

    def isEnabledFor(self, level: int) -> bool:  # noqa: N802 (logging's name)
        return False

    def info(self, message: str, *details: Any) -> None:
        pass

    debug = warning = info

    def error(self, message: str, *details: Any) -> None:
        """The parser's: `details` holds the close code and a text. It goes on to close the connection itself, but
        waits for a peer that does not read. It parses one frame ahead: a close frame may still be on its way to us,
        and what is wrong behind that is nobody's business (RFC 6455, section 1.4)."""
        goodbye = self._transport.close_handshake
        match details:
            case [[int(), _]] if goodbye and goodbye.recv:
                self.websocket.peer_closed(int(goodbye.recv.code.value) or None)
            case [[int(code), _]]:
                self.websocket.fail(code)
            case _:
                self.exception(message)

    def exception(self, message: str, *details: Any) -> None:
        log.error("a WebSocket failed")
        self.websocket.fail(CloseCode.INTERNAL_ERROR)

    def send(self, packet: bytes) -> None:
        """In a frame of our own making: picows writes each by itself, and keeps the last in its buffer."""
        self._gather.add(self._writer, encode_frame(packet))

    def send_close(self, code: int) -> None:
        self._gather.flush(self._writer)
        self._transport.send_close(code)  # type: ignore[arg-type]

    def disconnect(self) -> None:
        self._gather.flush(self._writer)
        self._transport.disconnect()

    def abort(self) -> None:
        self._gather.drop(self._writer)
        self._transport.disconnect(False)
