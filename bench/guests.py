"""Guests for the load: visitors of any of the measured servers, by WebSocket or long-polling, in the clear or over TLS.

They are as cheap as they can be made, so that the load never waits for itself. What they send is made once.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, cast

import picows

from omefree.engine.gather import Gather, WriteTransport

TEXT = picows.WSMsgType.TEXT
SEPARATOR = b"\x1e"
CONNECT = b'40{"v":1}'
DISCONNECT = b"41"
TEXT_CHAT = b'{"mode":"text"}'
INTERESTS = 40  # that the guests have, two each: enough that most share one with somebody who waits

Heard = Callable[[bytes], None]


@dataclass(frozen=True)
class Target:
    """Where the server is, and how it is reached."""

    port: int
    polling: bool = False
    tls: ssl.SSLContext | None = None


class Channel(Protocol):
    """A guest's Engine.IO connection."""

    def send(self, packet: bytes) -> None:
        """Sends a text packet."""

    def close(self) -> None:
        """Ends the connection, once what was sent has gone out."""


def masked(packet: bytes) -> bytes:
    """A client's text frame. Its mask is zero: made once, it keeps the load as fast as the server."""
    size = len(packet)
    head = bytes((0x81, 0x80 | size)) if size < 126 else b"\x81\xfe" + size.to_bytes(2, "big")
    return head + bytes(4) + packet


class Frames(picows.WSListener):
    """A channel by WebSocket. What one turn of the loop has for it is written at once."""

    def __init__(self, heard: Heard, gather: Gather) -> None:
        self._heard = heard
        self._gather = gather
        self._transport: picows.WSTransport

    def on_ws_connected(self, transport: picows.WSTransport) -> None:
        self._transport = transport

    @property
    def transport(self) -> WriteTransport:
        """Where whole frames are written."""
        return self._transport.underlying_transport

    def on_ws_frame(self, transport: picows.WSTransport, frame: picows.WSFrame) -> None:
        if frame.msg_type is TEXT:
            self._heard(frame.get_payload_as_bytes())

    def send(self, packet: bytes) -> None:
        self._gather.add(self.transport, masked(packet))

    def close(self) -> None:
        self._gather.flush(self.transport)
        self._transport.disconnect()


class Requests(asyncio.Protocol):
    """One HTTP connection, with one request at a time. `answered` gets the body of each answer, `refused` of others."""

    def __init__(self, answered: Heard, refused: Heard) -> None:
        self._answered = answered
        self._refused = refused
        self._buffer = b""
        self.transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while (end := self._buffer.find(b"\r\n\r\n")) >= 0:
            head = self._buffer[:end].lower()
            at = head.index(b"content-length:") + 15
            size = int(head[at : head.find(b"\r", at) if head.find(b"\r", at) > 0 else None])
            if len(self._buffer) < end + 4 + size:
                return
            body, self._buffer = self._buffer[end + 4 : end + 4 + size], self._buffer[end + 4 + size :]
            (self._answered if head.startswith(b"http/1.1 200") else self._refused)(body)


class Polls:
    """A channel by long-polling: a GET that waits, and beside it POSTs with all that waits to be sent."""

    def __init__(self, heard: Heard) -> None:
        self._heard = heard
        self._outgoing: list[bytes] = []
        self._is_posting = self._is_over = False
        self._get_head = self._post_head = b""
        self._gets: Requests
        self._posts: Requests

    async def open(self, target: Target) -> None:
        loop, name = asyncio.get_running_loop(), "localhost" if target.tls else None
        self._gets, self._posts = Requests(self._polled, self._refused), Requests(self._posted, self._refused)
        for one in (self._gets, self._posts):
            await loop.create_connection(
                lambda one=one: one,
                "127.0.0.1", target.port, ssl=target.tls, server_hostname=name,
            )  # fmt: skip
        self._ask(b"")

    def send(self, packet: bytes) -> None:
        self._outgoing.append(packet)
        if not self._is_posting:
            self._is_posting = True
            asyncio.get_running_loop().call_soon(self._post)

    def close(self) -> None:
        self._is_over = True

    def _ask(self, sid: bytes) -> None:
        self._get_head = b"GET /socket.io/?EIO=4&transport=polling%b HTTP/1.1\r\nHost: localhost\r\n\r\n" % (
            b"&sid=" + sid if sid else b""
        )
        self._post_head = self._get_head.replace(b"GET", b"POST", 1)[:-2] + b"Content-Type: text/plain\r\n"
        self._gets.transport.write(self._get_head)

    def _polled(self, body: bytes) -> None:
        packets = body.split(SEPARATOR)
        if packets[0].startswith(b"0"):
            self._ask(packets[0].split(b'"sid":"')[1].split(b'"')[0])
        elif not self._is_over:
            self._gets.transport.write(self._get_head)
        for packet in packets:
            self._heard(packet)
        if self._is_over:
            self._gets.transport.close()

    def _refused(self, body: bytes) -> None:
        if not self._is_over:  # then the session may be gone before our last requests
            raise SystemExit(f"refused: {body.decode()}")

    def _post(self) -> None:
        body, self._outgoing = SEPARATOR.join(self._outgoing), []
        self._posts.transport.write(self._post_head + b"Content-Length: %d\r\n\r\n" % len(body) + body)

    def _posted(self, body: bytes) -> None:
        self._is_posting = bool(self._outgoing)
        if self._outgoing:
            self._post()
        elif self._is_over:
            self._posts.transport.close()


class Guest:
    """One visitor: it arrives, searches, talks in lockstep with its own acknowledgements, and leaves.

    Instead of talking so, it can give each of its partner's messages to `on_message`, and write to `transport`.
    """

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._stage: asyncio.Future[bytes] = self._loop.create_future()
        self._to_say: list[bytes] = []
        self._to_hear = 0
        self._in_chat = False
        self.chat = b""  # the id of the last one
        self.on_message: Heard | None = None
        self.channel: Channel

    @property
    def transport(self) -> WriteTransport:
        """That of a guest by WebSocket."""
        return cast("Frames", self.channel).transport

    async def arrive(self, target: Target, gather: Gather) -> None:
        """From the TCP connection to `welcome`."""
        if target.polling:
            polls = Polls(self.heard)
            self.channel = polls
            await polls.open(target)
        else:
            host = "localhost" if target.tls else "127.0.0.1"
            url = f"{'wss' if target.tls else 'ws'}://{host}:{target.port}/socket.io/?EIO=4&transport=websocket"
            self.channel = frames = Frames(self.heard, gather)
            await picows.ws_connect(lambda: frames, url, enable_auto_pong=True, ssl_context=target.tls)
        await self._stage

    async def meet(self, criteria: bytes) -> bytes:
        """From `find` to `matched`: the chat's id. Ends the present chat first."""
        self._stage, self._in_chat = self._loop.create_future(), False
        self.channel.send(b'420["find",%b]' % criteria)
        self.chat = await self._stage
        return self.chat

    async def talk(self, say: list[bytes], hear: int) -> None:
        """Sends these events, each when the one before is acknowledged, until as many of the partner's have come."""
        self._stage = self._loop.create_future()
        self._to_say, self._to_hear = say, self._to_hear + hear
        self._in_chat = True
        self._say()
        await self._stage

    def leave(self) -> None:
        """Ends everything, as a page that is closed."""
        self.channel.send(DISCONNECT)
        self.channel.close()

    def heard(self, packet: bytes) -> None:
        if self.on_message is not None and packet.startswith(b'42["message'):
            self.on_message(packet)
        elif packet.startswith((b'42["m', b'42["s')):
            if packet.startswith(b'42["matched'):
                self._stage.set_result(packet[packet.index(b'"chat":"') + 8 :].partition(b'"')[0])
            elif not packet.startswith(b'42["searching'):
                self._to_hear -= 1
                self._look()
        elif packet.startswith(b"43"):
            if b'"ok":true' not in packet:
                raise SystemExit(f"refused: {packet.decode()}")
            if self._in_chat:
                self._say()
        else:
            self._arriving(packet)

    def _arriving(self, packet: bytes) -> None:
        if packet == b"2":
            self.channel.send(b"3")
        elif packet.startswith(b"0"):
            self.channel.send(CONNECT)
        elif packet.startswith(b'42["welcome'):
            self._stage.set_result(packet)

    def _say(self) -> None:
        if self._to_say:
            self.channel.send(self._to_say.pop())
        elif self._in_chat:
            self._in_chat = False
            self._look()

    def _look(self) -> None:
        if self._to_hear == 0 and not self._in_chat and not self._to_say and not self._stage.done():
            self._stage.set_result(b"")


def criteria(number: int, interests: int) -> bytes:
    """What a guest searches with: a text chat, and so many interests of INTERESTS."""
    topics = [b'"topic %d"' % ((number * step + step) % INTERESTS) for step in range(1, interests + 1)]
    return b'{"mode":"text","interests":[%b]}' % b",".join(topics)


def words(chat: bytes, signals: int, texts: int, signal_bytes: int = 700, text_bytes: int = 32) -> list[bytes]:
    """The frames of one chat, the last one first; each asks for an acknowledgement."""
    kinds = [(b"signal", signal_bytes)] * signals + [(b"message", text_bytes)] * texts
    frames = [b'42%d["%b","%b","%b"]' % (at + 1, kind, chat, b"x" * size) for at, (kind, size) in enumerate(kinds)]
    return frames[::-1]
