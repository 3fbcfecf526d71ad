"""A small HTTP and WebSocket client that can also do what no good client does."""

from __future__ import annotations

import asyncio
import base64
import socket
import ssl
import struct
from typing import Any, NamedTuple

import msgspec

GUARD_S = 5.0  # how long a test may hang before it fails; none waits on purpose
CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0, 1, 2, 8, 9, 10
ENGINE_IO = "/engine.io/?EIO=4"
UPGRADE = {
    "Host": "localhost",
    "Connection": "Upgrade",
    "Upgrade": "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": base64.b64encode(bytes(16)).decode(),
}

Headers = dict[str, str] | list[tuple[str, str]]


class Response(NamedTuple):
    """An HTTP response."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return msgspec.json.decode(self.body)

    @property
    def sid(self) -> str:
        """Of an open packet."""
        return str(msgspec.json.decode(self.body[1:])["sid"])


class Frame(NamedTuple):
    """A WebSocket frame."""

    opcode: int
    data: bytes

    @property
    def code(self) -> int:
        """Of a close frame."""
        assert self.opcode == CLOSE, self
        return int.from_bytes(self.data[:2], "big")


def head(method: str, target: str, headers: Headers | None = None, body: bytes = b"") -> bytes:
    """A request. Host and Content-Length are added unless they are given."""
    fields = list(headers.items() if isinstance(headers, dict) else headers or [])
    names = {name.lower() for name, _ in fields}
    if "host" not in names:
        fields.append(("Host", "localhost"))
    if body and not names & {"content-length", "transfer-encoding"}:
        fields.append(("Content-Length", str(len(body))))
    lines = [f"{method} {target} HTTP/1.1", *(f"{name}: {value}" for name, value in fields), "", ""]
    return "\r\n".join(lines).encode() + body


def frame(opcode: int, data: bytes, *, fin: bool = True, rsv: int = 0, mask: bytes | None = b"\1\2\3\4") -> bytes:
    """A client's frame (RFC 6455, section 5.2)."""
    bit = 0x80 if mask is not None else 0
    size = len(data)
    if size < 126:
        length = bytes([bit | size])
    elif size < 65_536:
        length = struct.pack("!BH", bit | 126, size)
    else:
        length = struct.pack("!BQ", bit | 127, size)
    if mask is not None:
        key = int.from_bytes((mask * (size // 4 + 1))[:size], "big")
        data = mask + (int.from_bytes(data, "big") ^ key).to_bytes(size, "big")
    return bytes([fin << 7 | rsv << 4 | opcode]) + length + data


class RawConnection:
    """One TCP connection, over TLS if a context is given."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    @classmethod
    async def open(
        cls, port: int, tls: ssl.SSLContext | None = None, receive_buffer: int | None = None, source: str = ""
    ) -> RawConnection:
        sock = socket.socket()
        sock.bind((source, 0))
        if receive_buffer is not None:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        sock.setblocking(False)
        async with asyncio.timeout(GUARD_S):
            await asyncio.get_running_loop().sock_connect(sock, ("127.0.0.1", port))
            name = "localhost" if tls else None
            return cls(*await asyncio.open_connection(sock=sock, ssl=tls, server_hostname=name))

    async def send(self, data: bytes) -> None:
        self.writer.write(data)
        async with asyncio.timeout(GUARD_S):
            await self.writer.drain()

    async def ask(self, method: str, target: str, headers: Headers | None = None, body: bytes = b"") -> Response:
        await self.send(head(method, target, headers, body))
        return await self.answer(method)

    async def answer(self, method: str = "GET") -> Response:
        """Reads one answer. Raises IncompleteReadError if the connection ends instead."""
        async with asyncio.timeout(GUARD_S):
            first, *lines = (await self.reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")[:-2]
            pairs = [line.split(": ", 1) for line in lines]
            headers = {name.lower(): value for name, value in pairs}
            status = int(first.split()[1])
            size = 0 if method == "HEAD" or status == 101 else int(headers.get("content-length", "0"))
            return Response(status, headers, await self.reader.readexactly(size))

    async def rest(self) -> bytes:
        """What still comes until the connection ends, in whatever way."""
        got = b""
        async with asyncio.timeout(GUARD_S):
            try:
                while data := await self.reader.read(65_536):
                    got += data
            except ConnectionError:
                pass
        return got

    def drop(self) -> None:
        """Ends the connection without a word."""
        self.writer.transport.abort()


class WebSocket:
    """A WebSocket after its handshake."""

    def __init__(self, connection: RawConnection) -> None:
        self.connection = connection

    async def send(self, data: str | bytes) -> None:
        """One message; control over its frames is in `raw`."""
        await self.connection.send(frame(TEXT, data.encode()) if isinstance(data, str) else frame(BINARY, data))

    async def raw(self, *frames: bytes) -> None:
        await self.connection.send(b"".join(frames))

    async def receive(self) -> Frame:
        read = self.connection.reader.readexactly
        async with asyncio.timeout(GUARD_S):
            first, length = await read(2)
            assert first & 0xF0 == 0x80, "the server sends whole frames without an extension"
            if length == 126:
                length = int.from_bytes(await read(2), "big")
            elif length == 127:
                length = int.from_bytes(await read(8), "big")
            return Frame(first & 0x0F, await read(length))

    async def text(self) -> str:
        got = await self.receive()
        assert got.opcode == TEXT, got
        return got.data.decode()

    async def close(self, code: int = 1000) -> Frame:
        """Our close frame, and the answer to it."""
        await self.raw(frame(CLOSE, code.to_bytes(2, "big")))
        return await self.receive()


async def websocket(connection: RawConnection, sid: str | None = None) -> WebSocket:
    """The handshake; the open packet, if one comes, is still to be received."""
    target = f"{ENGINE_IO}&transport=websocket" + (f"&sid={sid}" if sid else "")
    answer = await connection.ask("GET", target, UPGRADE)
    assert answer.status == 101, answer
    return WebSocket(connection)
