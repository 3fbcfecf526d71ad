"""Reads HTTP into a buffer of our own, which is wiped at once.

For an ordinary protocol, uvloop reads into 250 KB of its own. There, a head or the body of a POST lies until longer
ones come. One buffer of ours serves all connections: between `get_buffer` and `buffer_updated` nothing else runs.
"""

from __future__ import annotations

import asyncio

READ_BYTES = 65_536  # uvicorn stops reading a body at the same size


class WipingReader(asyncio.BufferedProtocol):
    """Hands what it reads to an ordinary protocol, and keeps nothing of it."""

    __slots__ = ("_protocol", "_transport")

    _buffer = memoryview(bytearray(READ_BYTES))

    def __init__(self, protocol: asyncio.Protocol) -> None:
        self._protocol = protocol
        self._transport: asyncio.BaseTransport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keeps the transport, to let go of it at the end."""
        self._transport = transport
        self._protocol.connection_made(transport)

    def get_buffer(self, sizehint: int) -> memoryview:
        """The one buffer of all connections, whatever the size hint."""
        return self._buffer

    def buffer_updated(self, nbytes: int) -> None:
        """Copies what was read, wipes the buffer, then passes the copy on."""
        data = bytes(self._buffer[:nbytes])
        self._buffer[:nbytes] = bytes(nbytes)
        self._protocol.data_received(data)

    def eof_received(self) -> bool | None:
        """Passes on that the peer sends no more."""
        return self._protocol.eof_received()

    def pause_writing(self) -> None:
        """Passes on that the write buffer is full."""
        self._protocol.pause_writing()

    def resume_writing(self) -> None:
        """Passes on that the write buffer has room again."""
        self._protocol.resume_writing()

    def connection_lost(self, exc: Exception | None) -> None:
        """Passes on that the connection is over, then lets go of the transport."""
        self._protocol.connection_lost(exc)
        let_go(self._transport)


class Nobody(asyncio.BufferedProtocol):
    """The protocol of a connection that is over."""

    def get_buffer(self, sizehint: int) -> memoryview:
        """Never called. Raises AssertionError."""
        raise AssertionError("the connection is over")


NOBODY = Nobody()


def let_go(transport: asyncio.BaseTransport) -> None:
    """Makes a transport that is over forget its protocol.

    uvloop's TLS holds methods of that protocol, and the protocol holds the transport. Without this, only the garbage
    collector would free the two, minutes later, with 256 KB of what was said last.
    """
    transport.set_protocol(NOBODY)
