"""The port of /metrics: one path and two methods. It is apart from the page's, so that a proxy does not pass it on.

A thousand who ask at once cost little more than one, since the text is kept for some seconds. Few connections are open
at a time, each for a few seconds at most. Whoever comes on top is sent away (503).
"""

import asyncio
import contextlib
import re
import socket
from collections.abc import Awaitable, Callable
from http import HTTPStatus

CONNECTIONS_MAX = 32  # arbitrary: Prometheus needs one
BACKLOG = 1_024  # of a burst, none waits for TCP to try again
HEAD_BYTES = 8_192
PATIENCE_S = 5.0  # for a whole head, and again for the answer
REQUEST = re.compile(rb"(?P<method>[A-Z]+) (?P<path>[^ ?]+)(\?[^ ]*)? HTTP/1\.[01]\r\n")  # RFC 9112, section 3
PATH = b"/metrics"


class Endpoint:
    """Gives what `text` makes to whoever asks one of the listening sockets."""

    def __init__(self, text: Callable[[], Awaitable[bytes]], content_type: str) -> None:
        self._text = text
        self._content_type = content_type
        self._open = 0
        self._servers: list[asyncio.Server] = []

    async def listen(self, bound: list[socket.socket]) -> None:
        """Answers on these sockets from now on; they are closed with the endpoint. Raises OSError."""
        for each in bound:
            self._servers.append(await asyncio.start_server(self._serve, sock=each, limit=HEAD_BYTES, backlog=BACKLOG))

    def close(self) -> None:
        """Stops listening."""
        for server in self._servers:
            server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open += 1
        try:
            if self._open > CONNECTIONS_MAX:
                writer.transport.write(response(HTTPStatus.SERVICE_UNAVAILABLE))
                return
            # A head that is none, too long or too slow is not worth an answer.
            with contextlib.suppress(OSError, TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
                async with asyncio.timeout(PATIENCE_S):
                    writer.transport.write(await self._answer(await reader.readuntil(b"\r\n\r\n")))
                    await writer.drain()
        finally:
            self._open -= 1
            writer.close()

    async def _answer(self, head: bytes) -> bytes:
        request = REQUEST.match(head)
        if request is None:
            return response(HTTPStatus.BAD_REQUEST)
        if request["path"] != PATH:
            return response(HTTPStatus.NOT_FOUND)
        if request["method"] not in (b"GET", b"HEAD"):
            return response(HTTPStatus.METHOD_NOT_ALLOWED, allow="GET, HEAD")
        body = await self._text()
        whole = response(HTTPStatus.OK, body, **{"content-type": self._content_type})
        return whole.removesuffix(body) if request["method"] == b"HEAD" else whole


def response(status: HTTPStatus, body: bytes = b"", **headers: str) -> bytes:
    """A whole HTTP response, after which the connection ends."""
    named = {"content-length": str(len(body)), "connection": "close", "cache-control": "no-store", **headers}
    lines = [f"HTTP/1.1 {status.value} {status.phrase}", *(f"{name}: {value}" for name, value in named.items()), "", ""]
    return "\r\n".join(lines).encode() + body
