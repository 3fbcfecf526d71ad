"""A WebSocket to a server, of whole text messages: the only module of the client that imports picows."""

from __future__ import annotations

import asyncio
import logging
import socket
import ssl
from collections.abc import Callable
from urllib.parse import urlsplit

import msgspec
from picows import WSCloseCode, WSFrame, WSHandshakeError, WSListener, WSMsgType, WSTransport, ws_connect

from omefree.client.address import Address
from omefree.contract.codes import MESSAGES, Code
from omefree.errors import ConnectError, ProtocolError

HANDSHAKE_S = 10.0  # name, TCP, TLS and upgrade; a mobile link that wakes up takes three
MESSAGE_BYTES_MAX = 131_072  # twice what the protocol lets a packet hold
SEND_BUFFER_BYTES = 1_048_576  # above it the server does not read; a channel that keeps to the quotas is far below
READ_BUFFER_BYTES = 4_096  # it grows
REDIRECTS_MAX = 2  # from http to https, and to another name
SILENT = logging.Logger("silent", logging.CRITICAL + 1)  # picows would log addresses and texts
DATA = (WSMsgType.TEXT, WSMsgType.CONTINUATION)


class WebSocket(WSListener):
    """`heard` is given each message; it may raise ProtocolError, which closes. `gone` is called once, at the end, with
    the exception if it was a mistake of this program.
    """

    def __init__(self, heard: Callable[[bytes], None], gone: Callable[[Exception | None], None]) -> None:
        self._heard = heard
        self._gone = gone
        self._begun = bytearray()  # of a message in several frames
        self._is_begun = False
        self._transport: WSTransport | None = None
        self._was_open = False
        self._fault: Exception | None = None

    async def open(self, address: Address, ssl_context: ssl.SSLContext | None) -> None:
        """Messages can come before this returns. Raises ConnectError; `gone` is called only for what was open."""
        try:
            async with asyncio.timeout(HANDSHAKE_S):
                await ws_connect(
                    lambda: self,
                    address.url,
                    ssl_context=ssl_context,
                    logger_name=SILENT,
                    websocket_handshake_timeout=HANDSHAKE_S,
                    max_frame_size=MESSAGE_BYTES_MAX,
                    max_redirects=REDIRECTS_MAX,
                    read_buffer_init_size=READ_BUFFER_BYTES,
                )
        except WSHandshakeError as error:
            raise refused(address, error) from None
        except (OSError, ValueError) as error:
            if type(error) is OSError and error.errno is None and await refuses(address):
                error = ConnectionRefusedError()
            raise unreachable(address, error) from None
        if not self._was_open:  # closed before it said anything: picows takes that for a success
            raise stranger(address)

    def send(self, packet: bytes) -> None:
        if self._transport is not None:
            self._transport.send(WSMsgType.TEXT, packet)

    def close(self) -> None:
        """Politely, when what was sent is out."""
        if self._transport is not None:
            self._transport.send_close(WSCloseCode.OK)
            self._transport.disconnect()

    def abort(self) -> None:
        if self._transport is not None:
            self._transport.disconnect(False)

    async def ended(self) -> None:
        if self._transport is not None:
            await self._transport.wait_disconnected()

    def pause_reading(self) -> None:
        if self._transport is not None:
            self._transport.underlying_transport.pause_reading()

    def resume_reading(self) -> None:
        if self._transport is not None and not self._transport.is_disconnected:
            self._transport.underlying_transport.resume_reading()

    # --- picows' callbacks ---

    def on_ws_connected(self, transport: WSTransport) -> None:
        self._transport = transport
        self._was_open = True
        transport.underlying_transport.set_write_buffer_limits(high=SEND_BUFFER_BYTES)

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        if self._transport is None:
            return  # picows hands frames on after our own end
        try:
            self._take(frame)
        except ProtocolError:
            self.abort()
        except Exception as mistake:  # nothing of ours may go to picows' logger and be forgotten
            self._fault = mistake
            self.abort()

    def on_ws_disconnected(self, transport: WSTransport) -> None:
        self._transport = None
        self._gone(self._fault)

    def pause_writing(self) -> None:
        self.abort()

    def resume_writing(self) -> None:
        pass

    def _take(self, frame: WSFrame) -> None:
        """Raises ProtocolError."""
        if frame.msg_type is WSMsgType.CLOSE:
            self.close()
        elif frame.msg_type is WSMsgType.BINARY or frame.rsv1 or frame.rsv2 or frame.rsv3:
            raise ProtocolError("not agreed on")
        elif frame.msg_type in DATA:
            self._assemble(frame)

    def _assemble(self, frame: WSFrame) -> None:
        """A proxy on the way may cut messages into frames (RFC 6455, section 5.4). Raises ProtocolError."""
        if (frame.msg_type is WSMsgType.CONTINUATION) is not self._is_begun:
            raise ProtocolError("a frame out of order")
        self._begun += frame.get_payload_as_memoryview()
        self._is_begun = not frame.fin
        if len(self._begun) > MESSAGE_BYTES_MAX:
            raise ProtocolError("too big")
        if frame.fin:
            message = bytes(self._begun)
            self._begun.clear()
            self._heard(message)


def unreachable(address: Address, error: OSError | ValueError) -> ConnectError:
    """What went wrong below HTTP, in a line for people."""
    host = address.host
    match error:
        case ssl.SSLCertVerificationError():
            return ConnectError(
                "certificate",
                f"the certificate of {host} is not valid: {error.verify_message}",
                detail=error.verify_message,
            )
        case ssl.SSLError():
            return ConnectError("tls", f"{host} does not speak TLS: is its address http://{host}?")
        case socket.gaierror():
            return ConnectError("name", f"there is no host called {host}")
        case ConnectionRefusedError():
            return ConnectError("refused", f"{host} lets nobody in: is the server running?")
        case TimeoutError():
            return ConnectError("silent", f"{host} does not answer")
        case ConnectionError():
            return stranger(address)
        case _:
            return ConnectError("unreachable", f"{host} cannot be reached: {reason(error)}", detail=reason(error))


async def refuses(address: Address) -> bool:
    """Whether each address of the host refuses us. Of several that fail asyncio makes one exception without a type."""
    loop = asyncio.get_running_loop()
    parts = urlsplit(address.url)
    for family, kind, *_, where in await loop.getaddrinfo(parts.hostname, parts.port, type=socket.SOCK_STREAM):
        with socket.socket(family, kind) as sock:
            sock.setblocking(False)
            try:
                async with asyncio.timeout(HANDSHAKE_S):
                    await loop.sock_connect(sock, where)
                return False
            except ConnectionRefusedError:
                pass
            except OSError:
                return False
    return True


def reason(error: OSError | ValueError) -> str:
    return (getattr(error, "strerror", None) or "no route").lower()


def stranger(address: Address) -> ConnectError:
    return ConnectError("stranger", f"{address.host} is not an OmeFree server")


class HttpRefusal(msgspec.Struct):
    """The body of a refused upgrade; `reason` is a code of ours."""

    reason: Code


def refused(address: Address, error: WSHandshakeError) -> ConnectError:
    """The server's own reason, if it gave one."""
    try:
        code = msgspec.json.decode(error.raw_body or b"", type=HttpRefusal).reason
    except (msgspec.DecodeError, UnicodeDecodeError):
        return stranger(address)
    wait = error.response.headers.get("retry-after", "") if error.response is not None else ""
    retry_after_s = float(wait) if wait.isascii() and wait.isdigit() else None
    return ConnectError("busy", MESSAGES[code], code=code, retry_after_s=retry_after_s)
