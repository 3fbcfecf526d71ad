"""A STUN server (RFC 8489) that does one thing: tells a browser its public address, so that no third party is asked."""

import asyncio
import socket
import struct
from typing import Any

from aioice import stun

from omefree.net.sockets import bind

DEFAULT_PORT = 3478  # RFC 8489, section 18.6 (IANA)
MAX_REQUEST_BYTES = 548  # RFC 8489, section 6.1: what is sure to pass IPv4 in one piece
MAPPED = "::ffff:"


def answer(data: bytes, address: tuple[Any, ...]) -> bytes | None:
    """The response to a binding request from `address`; None to everything else.

    At most 44 bytes for 20: nobody gains by sending requests in another's name.
    """
    # RFC 8489, section 5: the magic cookie; the codec does not look at it.
    if len(data) > MAX_REQUEST_BYTES or data[4:8] != stun.COOKIE.to_bytes(4, "big"):
        return None
    try:
        request = stun.parse_message(data)
    except (ValueError, struct.error):
        return None
    if (request.message_method, request.message_class) != (stun.Method.BINDING, stun.Class.REQUEST):
        return None
    host, port = address[0].removeprefix(MAPPED).partition("%")[0], address[1]
    response = stun.Message(
        message_method=stun.Method.BINDING,
        message_class=stun.Class.RESPONSE,
        transaction_id=request.transaction_id,
        attributes={"XOR-MAPPED-ADDRESS": (host, port)},
    )
    return bytes(response)


class Protocol(asyncio.DatagramProtocol):
    """Answers, and keeps nothing."""

    transport: asyncio.DatagramTransport

    def connection_made(self, transport: asyncio.DatagramTransport) -> None:  # type: ignore[override]
        self.transport = transport

    def datagram_received(self, data: bytes, addr: tuple[Any, ...]) -> None:
        response = answer(data, addr)
        if response is not None:
            self.transport.sendto(response, addr)


class Endpoint:
    """A STUN server that listens, on `port`."""

    def __init__(self, port: int, transports: list[asyncio.DatagramTransport]) -> None:
        self.port = port
        self._transports = transports

    def close(self) -> None:
        for transport in self._transports:
            transport.close()


async def listen(host: str, port: int = DEFAULT_PORT) -> Endpoint:
    """Listens on every address of `host` (port 0: any). Raises OSError if the port is taken or not permitted."""
    loop = asyncio.get_running_loop()
    sockets = bind(host, port, socket.SOCK_DGRAM)
    bound: int = sockets[0].getsockname()[1]
    return Endpoint(bound, [(await loop.create_datagram_endpoint(Protocol, sock=sock))[0] for sock in sockets])
