"""The client's transport by HTTP long-polling: a GET that waits for packets, and beside it POSTs that take ours away.

Source: the Engine.IO protocol, revision 4, "HTTP long-polling"; docs/protocol.md, "Connection".
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable, Coroutine
from functools import partial
from urllib.parse import quote, urlsplit

import h11
import msgspec

from omefree.client.address import Address
from omefree.client.http import HEAD_BYTES_MAX, read
from omefree.client.websocket import HANDSHAKE_S, MESSAGE_BYTES_MAX, Dial, refused, stranger, unreachable
from omefree.errors import ProtocolError
from omefree.wire import engineio

BODY_BYTES_MAX = 16 * MESSAGE_BYTES_MAX  # a server puts several packets into one answer
PACKETS_MAX = engineio.PACKETS_MAX // 2  # of one POST
POLL_S = 60.0  # longer than any heartbeat: a server answers a poll with a ping
LAST_POLL_S = 1.0  # for what a session that is over still has for us
IDLE_MAX_S = 4.0  # many servers close a connection that was idle for 5 s: a new one is used before


class Http:
    """One HTTP connection that is used again and again. `url` is the WebSocket's."""

    def __init__(self, url: str, dial: Dial, tls: ssl.SSLContext | None) -> None:
        self._parts = urlsplit(url)
        self._dial = dial
        self._tls = tls
        self._loop = asyncio.get_running_loop()
        self._used_at = 0.0
        self._open: tuple[h11.Connection, asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def ask(self, query: str, body: bytes | None = None) -> tuple[int, str, bytes]:
        """The status, Retry-After and body of the answer to a GET, or to a POST if there is a body.

        Raises OSError, h11.ProtocolError.
        """
        if self._open is None or self._loop.time() - self._used_at > IDLE_MAX_S:
            await self._reopen()
        assert self._open is not None
        parser, reader, writer = self._open
        for event in (self._request(query, body), h11.Data(body or b""), h11.EndOfMessage()):
            writer.write(parser.send(event) or b"")
        head, told = await read(parser, reader, BODY_BYTES_MAX)
        self._used_at = self._loop.time()
        if parser.our_state is h11.DONE and parser.their_state is h11.DONE:
            parser.start_next_cycle()
        else:
            self.abort()
        wait = next((value.decode("latin-1") for name, value in head.headers if name == b"retry-after"), "")
        return head.status_code, wait, told

    def abort(self) -> None:
        """Closes the connection at once."""
        if self._open is not None:
            self._open[2].transport.abort()
            self._open = None

    async def _reopen(self) -> None:
        self.abort()
        name = self._parts.hostname if self._tls else None
        reader, writer = await asyncio.open_connection(sock=await self._dial(), ssl=self._tls, server_hostname=name)
        self._open = h11.Connection(h11.CLIENT, HEAD_BYTES_MAX), reader, writer

    def _request(self, query: str, body: bytes | None) -> h11.Request:
        headers = [("Host", self._parts.netloc)]
        if body is not None:
            headers += [("Content-Type", "text/plain;charset=UTF-8"), ("Content-Length", str(len(body)))]
        method = "GET" if body is None else "POST"
        return h11.Request(method=method, target=f"{self._parts.path}?{query}", headers=headers)


class Polling:
    """A Transport of packets.py; `heard` and `gone` are those of WebSocket."""

    def __init__(self, heard: Callable[[bytes], None], gone: Callable[[Exception | None], None], dial: Dial) -> None:
        self._heard = heard
        self._gone = gone
        self._dial = dial
        self._query = "EIO=4&transport=polling"
        self._outgoing: list[bytes] = []
        self._news = asyncio.Event()  # there is something to send
        self._reads = asyncio.Event()
        self._reads.set()
        self._is_closing = self._is_over = False
        self._payload_bytes = MESSAGE_BYTES_MAX
        self._polls: Http
        self._posts: Http
        self._tasks: list[asyncio.Task[None]] = []

    async def open(self, address: Address, ssl_context: ssl.SSLContext | None) -> None:
        """Connects; packets come after this has returned. Raises ConnectError."""
        self._polls = Http(address.url, self._dial, ssl_context)
        self._posts = Http(address.url, self._dial, ssl_context)
        try:
            async with asyncio.timeout(HANDSHAKE_S):
                first = await self._handshake(address)
        except OSError as error:
            raise unreachable(address, error) from None
        except (h11.ProtocolError, ProtocolError, msgspec.DecodeError):
            raise stranger(address) from None
        if self._is_over:  # it was aborted meanwhile
            self._polls.abort()
            raise stranger(address)
        self._tasks = [asyncio.ensure_future(self._work(part)) for part in (partial(self._receive, first), self._send)]

    def send(self, packet: bytes) -> None:
        """Sends a packet, with all others that wait for the same POST; does nothing after the end."""
        self._outgoing.append(packet)
        self._news.set()

    def close(self) -> None:
        """Tells the server that this is the end, when everything is sent."""
        self._is_closing = True
        self.send(engineio.CLOSE)

    def abort(self) -> None:
        """Closes both connections at once; what was not sent yet is dropped."""
        self._end(None)

    async def ended(self) -> None:
        """Waits for the end."""
        if self._tasks:
            await asyncio.wait(self._tasks)

    def pause_reading(self) -> None:
        """Polls no more."""
        self._reads.clear()

    def resume_reading(self) -> None:
        """Polls on."""
        self._reads.set()

    async def _handshake(self, address: Address) -> list[bytes]:
        """The first packets. Raises ConnectError, OSError, h11.ProtocolError, ProtocolError, msgspec.DecodeError."""
        status, wait, body = await self._polls.ask(self._query)
        if status != 200:
            raise refused(address, body, wait)
        packets = engineio.decode_payload(body)
        if packets[0][:1] != engineio.OPEN:
            raise ProtocolError("no handshake")
        handshake = msgspec.json.decode(packets[0][1:], type=engineio.Handshake)
        self._payload_bytes = min(handshake.max_payload, MESSAGE_BYTES_MAX)
        self._query += f"&sid={quote(handshake.sid)}"
        return packets

    async def _work(self, part: Callable[[], Coroutine[None, None, None]]) -> None:
        fault: Exception | None = None
        try:
            await part()
        except (OSError, h11.ProtocolError, ProtocolError):
            pass  # the server's end of the connection, or its fault
        except Exception as mistake:  # a bug of ours must not vanish in a task
            fault = mistake
        self._end(fault)

    async def _receive(self, packets: list[bytes]) -> None:
        """Hands packets on, these first, until the end. Raises OSError, h11.ProtocolError, ProtocolError."""
        while True:
            for packet in packets:
                if packet == engineio.CLOSE or self._is_over:
                    return
                self._heard(packet)
            await self._reads.wait()
            async with asyncio.timeout(POLL_S):
                status, _, body = await self._polls.ask(self._query)
            if status != 200:
                return
            packets = engineio.decode_payload(body)

    async def _send(self) -> None:
        """Posts until the end. Raises OSError, h11.ProtocolError."""
        while not (self._is_over or (self._is_closing and not self._outgoing)):
            await self._news.wait()
            async with asyncio.timeout(HANDSHAKE_S):
                status, _, _ = await self._posts.ask(self._query, self._payload())
            if status != 200:  # the session is over: its last packets come by the poll
                await asyncio.wait(self._tasks[:1], timeout=LAST_POLL_S)
                return

    def _payload(self) -> bytes:
        """The packets that wait, as many as one POST may hold: at least one."""
        size, many = 0, 0
        for packet in self._outgoing[:PACKETS_MAX]:
            size += len(packet) + 1
            if many and size > self._payload_bytes:
                break
            many += 1
        packets, self._outgoing = self._outgoing[:many], self._outgoing[many:]
        if not self._outgoing:
            self._news.clear()
        return engineio.encode_payload(packets)

    def _end(self, fault: Exception | None) -> None:
        if self._is_over:
            return
        self._is_over = True
        for each in (self._polls, self._posts):
            each.abort()
        for task in self._tasks:
            if task is not asyncio.current_task():
                task.cancel()
        if self._tasks:
            self._gone(fault)
