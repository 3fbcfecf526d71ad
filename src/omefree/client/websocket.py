"""A WebSocket to a server that carries whole text messages. No other module of the client imports picows."""

from __future__ import annotations

import asyncio
import logging
import socket
import ssl
from collections.abc import Awaitable, Callable
from typing import TypeAlias
from urllib.parse import urlsplit

import msgspec
from picows import WSCloseCode, WSFrame, WSHandshakeError, WSListener, WSMsgType, WSTransport, ws_connect

from omefree.client.address import Address
from omefree.contract.codes import MESSAGES, Code
from omefree.errors import ConnectError, ProtocolError

HANDSHAKE_S = 10.0  # for name, TCP, TLS and upgrade; a mobile network that wakes up takes three
MESSAGE_BYTES_MAX = 131_072  # twice the protocol's limit for a packet
SEND_BUFFER_BYTES = 1_048_576  # more means that the server does not read; a channel within its quotas stays far below
READ_BUFFER_BYTES = 4_096  # at first: picows lets it grow
REDIRECTS_MAX = 2  # one from http to https, one to another name
SILENT = logging.Logger("silent", logging.CRITICAL + 1)  # picows would log addresses and texts
DATA = (WSMsgType.TEXT, WSMsgType.CONTINUATION)

Dial: TypeAlias = Callable[[], Awaitable[socket.socket]]  # a connected socket; raises OSError


class WebSocket(WSListener):
    """`heard` gets each message; if it raises ProtocolError the connection is closed.

    `gone` is called once, at the end of a connection that was open. Its argument is None, or the exception if a bug of
    ours ended the connection.

    `dial` makes the TCP connection; None: by the URL. With it no redirect is followed, as it leads to one place alone.
    """

    def __init__(
        self, heard: Callable[[bytes], None], gone: Callable[[Exception | None], None], dial: Dial | None = None
    ) -> None:
        self._dial = dial
        self._heard = heard
        self._gone = gone
        self._begun = bytearray()  # of a message in several frames
        self._is_begun = False
        self._transport: WSTransport | None = None
        self._was_open = False
        self._fault: Exception | None = None

    async def open(self, address: Address, ssl_context: ssl.SSLContext | None) -> None:
        """Connects. Messages can come before this returns. Raises ConnectError."""
        dial = self._dial
        try:
            async with asyncio.timeout(HANDSHAKE_S):
                await ws_connect(
                    lambda: self,
                    address.url,
                    ssl_context=ssl_context,
                    logger_name=SILENT,
                    websocket_handshake_timeout=HANDSHAKE_S,
                    max_frame_size=MESSAGE_BYTES_MAX,
                    max_redirects=0 if dial else REDIRECTS_MAX,
                    socket_factory=None if dial is None else lambda _: dial(),
                    read_buffer_init_size=READ_BUFFER_BYTES,
                )
        except WSHandshakeError as error:
            wait = error.response.headers.get("retry-after", "") if error.response is not None else ""
            raise refused(address, error.raw_body or b"", wait) from None
        except (OSError, ValueError) as error:
            raise await unreachable_at_all(address, error) from None
        if not self._was_open:  # picows takes a close before any byte for a success
            raise stranger(address)

    def send(self, packet: bytes) -> None:
        """Sends a text message; does nothing after the end."""
        if self._transport is not None:
            self._transport.send(WSMsgType.TEXT, packet)

    def close(self) -> None:
        """Sends a close frame and closes the connection when everything is sent."""
        if self._transport is not None:
            self._transport.send_close(WSCloseCode.OK)
            self._transport.disconnect()

    def abort(self) -> None:
        """Closes the connection at once; what was not sent yet is dropped."""
        if self._transport is not None:
            self._transport.disconnect(False)

    async def ended(self) -> None:
        """Waits for the end of the connection."""
        if self._transport is not None:
            await self._transport.wait_disconnected()

    def pause_reading(self) -> None:
        """Stops reading from the server."""
        if self._transport is not None:
            self._transport.underlying_transport.pause_reading()

    def resume_reading(self) -> None:
        """Reads on."""
        if self._transport is not None and not self._transport.is_disconnected:
            self._transport.underlying_transport.resume_reading()

    # --- picows' callbacks ---

    def on_ws_connected(self, transport: WSTransport) -> None:
        """Called after the handshake."""
        self._transport = transport
        self._was_open = True
        transport.underlying_transport.set_write_buffer_limits(high=SEND_BUFFER_BYTES)

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        """Called with each frame. Any exception closes the connection."""
        if self._transport is None:
            return  # picows passes frames on even after we closed
        try:
            self._take(frame)
        except ProtocolError:
            self.abort()
        except Exception as mistake:  # a bug of ours must not vanish in picows' logger
            self._fault = mistake
            self.abort()

    def on_ws_disconnected(self, transport: WSTransport) -> None:
        """Called once, at the end."""
        self._transport = None
        self._gone(self._fault)

    def pause_writing(self) -> None:
        """Called when the send buffer is over its limit: the server does not read."""
        self.abort()

    def resume_writing(self) -> None:
        """Never needed: `pause_writing` has closed the connection."""

    def _take(self, frame: WSFrame) -> None:
        """Raises ProtocolError for a frame that no extension or version of ours allows."""
        if frame.msg_type is WSMsgType.CLOSE:
            self.close()
        elif frame.msg_type is WSMsgType.BINARY or frame.rsv1 or frame.rsv2 or frame.rsv3:
            raise ProtocolError("not agreed on")
        elif frame.msg_type in DATA:
            self._assemble(frame)

    def _assemble(self, frame: WSFrame) -> None:
        """Joins the frames of a message: a proxy may have split it (RFC 6455, section 5.4). Raises ProtocolError."""
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
    """The exception for a failure below HTTP, with a sentence for people."""
    host = address.host
    match error:
        case ssl.SSLCertVerificationError():
            return ConnectError(
                "certificate",
                f"the certificate of {host} is not valid: {error.verify_message}",
                detail=error.verify_message,
            )
        case ssl.SSLError() if is_alert(error):
            detail = f"it ends the TLS handshake ({reason_of(error)})"
            return ConnectError("unreachable", f"{host} cannot be reached: {detail}", detail=detail)
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


def is_alert(error: ssl.SSLError) -> bool:
    """True if the other end speaks TLS and refuses. Most often it has no certificate for the name, or none yet."""
    return any(part in reason_of(error) for part in ("alert", "unrecognized name"))


def reason_of(error: ssl.SSLError) -> str:
    """OpenSSL's words for an error, in lower case."""
    return (error.reason or "").replace("_", " ").lower()


async def unreachable_at_all(address: Address, error: OSError | ValueError) -> ConnectError:
    """The exception for a failure at one address of the host, or at all of them."""
    if type(error) is OSError and error.errno is None and await refuses(address):
        error = ConnectionRefusedError()
    return unreachable(address, error)


async def refuses(address: Address) -> bool:
    """True if every address of the host refuses the connection.
    If several addresses fail, asyncio raises one OSError without a type, so that each has to be tried here.
    """
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
    """The system's words for an error, in lower case."""
    return (getattr(error, "strerror", None) or "no route").lower()


def stranger(address: Address) -> ConnectError:
    """The exception for a host that answers, but not as an OmeFree server does."""
    return ConnectError("stranger", f"{address.host} is not an OmeFree server")


class HttpRefusal(msgspec.Struct):
    """The body of a refused upgrade. `reason` is a code of docs/protocol.md."""

    reason: Code


def refused(address: Address, body: bytes, wait: str) -> ConnectError:
    """The exception for a refused request, with the server's own reason if its body has one.

    `wait`: the value of Retry-After, or an empty text.
    """
    try:
        code = msgspec.json.decode(body, type=HttpRefusal).reason
    except (msgspec.DecodeError, UnicodeDecodeError):
        return stranger(address)
    retry_after_s = float(wait) if wait.isascii() and wait.isdigit() else None
    return ConnectError("busy", MESSAGES[code], code=code, retry_after_s=retry_after_s)
