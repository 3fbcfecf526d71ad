"""Where HTTP is read into: our own buffer, wiped at once.

uvloop reads for an ordinary protocol into 250 KB of its own, where a head or the body of a POST lies until longer ones
come. One buffer of ours serves all connections: between `get_buffer` and `buffer_updated` nothing else runs.
"""

from __future__ import annotations

import asyncio

READ_BYTES = 65_536  # uvicorn stops reading a body at as many


class WipingReader(asyncio.BufferedProtocol):
    """Hands what it reads to an ordinary protocol, and keeps nothing of it."""

    __slots__ = ("_protocol", "_transport")

    _buffer = memoryview(bytearray(READ_BYTES))

    def __init__(self, protocol: asyncio.Protocol) -> None:
        self._protocol = protocol
        self._transport: asyncio.BaseTransport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport
        self._protocol.connection_made(transport)

    def get_buffer(self, sizehint: int) -> memoryview:
        return self._buffer

    def buffer_updated(self, nbytes: int) -> None:
        data = bytes(self._buffer[:nbytes])
        self._buffer[:nbytes] = bytes(nbytes)
        self._protocol.data_received(data)

    def eof_received(self) -> bool | None:
        return self._protocol.eof_received()

    def pause_writing(self) -> None:
        self._protocol.pause_writing()

    def resume_writing(self) -> None:
        self._protocol.resume_writing()

    def connection_lost(self, exc: Exception | None) -> None:
        self._protocol.connection_lost(exc)
        let_go(self._transport)


class Nobody(asyncio.BufferedProtocol):
    """The protocol of a connection that is over."""

    def get_buffer(self, sizehint: int) -> memoryview:
        raise AssertionError("the connection is over")


NOBODY = Nobody()


def let_go(transport: asyncio.BaseTransport) -> None:
    """uvloop's TLS holds on to methods of the protocol it had, and that holds the transport: without this, only the
    garbage collector would end the two, minutes later, with 256 KB of what was said last.
    """
    transport.set_protocol(NOBODY)
