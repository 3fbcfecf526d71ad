"""A proxy that lets no WebSocket through: in front of the server it looks at the first request of each connection."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import hashlib
import re
from collections.abc import AsyncIterator

GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"  # RFC 6455, section 1.3
WAYS = ("silent", "200", "400", "403", "opened", "deaf")
"""What it does with an upgrade: no answer at all; an answer of this status; a handshake and then nothing; the same,
but the server is heard, and only what the page says gets lost."""


class SwallowingProxy:
    """`way` is one of WAYS, or None: everything passes."""

    def __init__(self, server_port: int, way: str | None) -> None:
        self.way = way
        self.upgrades = 0  # how many WebSockets the page has tried
        self.down = False  # nothing passes
        self.passed = 0  # how many of them reached the server
        self._server_port = server_port
        self._tasks: set[asyncio.Task[None]] = set()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        if self.down:
            writer.close()
            return
        self._tasks.add(task)
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            head = await reader.readuntil(b"\r\n\r\n")
            upgrades = re.search(rb"upgrade: *websocket", head, re.IGNORECASE) is not None
            self.upgrades += upgrades
            if upgrades and self.way not in (None, "deaf"):
                await self._swallow(head, reader, writer)
            else:
                self.passed += upgrades
                await self._pass(head, reader, writer, deaf=upgrades and self.way == "deaf")
        writer.close()
        self._tasks.discard(task)

    def cut(self) -> None:
        """Every connection breaks. While it is `down` none is let through: a browser repeats in silence what a broken
        connection has not answered.
        """
        for task in self._tasks:
            task.cancel()

    async def _swallow(self, head: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.way == "opened":
            key = re.search(rb"sec-websocket-key: *(\S+)", head, re.IGNORECASE)
            assert key is not None
            accept = base64.b64encode(hashlib.sha1(key[1] + GUID.encode()).digest()).decode()
            lines = ("HTTP/1.1 101 Switching Protocols", "Upgrade: websocket", "Connection: Upgrade")
            writer.write("\r\n".join([*lines, f"Sec-WebSocket-Accept: {accept}", "", ""]).encode())
        elif self.way != "silent":
            body = b"<p>Blocked by your administrator.</p>"
            writer.write(b"HTTP/1.1 %s No\r\nContent-Length: %d\r\n\r\n" % (str(self.way).encode(), len(body)) + body)
        while await reader.read(65_536):
            pass

    async def _pass(self, head: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, deaf: bool) -> None:
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self._server_port)
        far_writer.write(head)
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(pump(far_reader, writer))
                group.create_task(pump(reader, None if deaf else far_writer))
        finally:
            far_writer.close()


async def pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter | None) -> None:
    """Until one side has gone. Without a writer, what is read is lost."""
    with contextlib.suppress(ConnectionError):
        while data := await reader.read(65_536):
            if writer is not None:
                writer.write(data)
                await writer.drain()
    if writer is not None:
        writer.close()


@contextlib.asynccontextmanager
async def swallowing(server_port: int, way: str | None) -> AsyncIterator[tuple[SwallowingProxy, str]]:
    """Yields the proxy and its URL."""
    proxy = SwallowingProxy(server_port, way)
    listener = await asyncio.start_server(proxy.serve, "127.0.0.1", 0)
    try:
        yield proxy, f"http://localhost:{listener.sockets[0].getsockname()[1]}"
    finally:
        listener.close()
        proxy.cut()
