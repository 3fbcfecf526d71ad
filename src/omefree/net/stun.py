"""A STUN server (RFC 8489) that only tells a browser its public address, so that no third party is asked."""

import asyncio
import contextlib
import socket
import struct
from ipaddress import ip_address
from typing import Any
from zlib import crc32

from omefree.net.sockets import bind

DEFAULT_PORT = 3478  # RFC 8489, section 18.6 (IANA)
MAX_REQUEST_BYTES = 548  # RFC 8489, section 6.1: such a packet surely passes IPv4 in one piece
MAPPED = "::ffff:"
IP_PKTINFO = 8  # linux/in.h; Python 3.11 has no name for it
CONTROL_BYTES = socket.CMSG_SPACE(20)  # for one struct in6_pktinfo, the larger of the two
AT_ONCE = 64  # requests in one turn of the loop, about 1 ms; then others have theirs

HEADER = struct.Struct("!HHI12s")  # RFC 8489, section 5: type, length of the rest, cookie, transaction
BINDING_REQUEST, BINDING_SUCCESS, COOKIE = 0x0001, 0x0101, 0x2112A442
ATTRIBUTE = struct.Struct("!HH")  # section 14: type, length without the padding to 4 bytes
XOR_MAPPED_ADDRESS, FINGERPRINT, FINGERPRINT_XOR = 0x0020, 0x8028, 0x5354554E


def answer(data: bytes, address: tuple[Any, ...]) -> bytes | None:
    """The response to a binding request from `address`; None for everything else (RFC 8489, section 6.3).

    At most 44 bytes answer 20, so nobody gains by sending requests in another's name.
    """
    if not HEADER.size <= len(data) <= MAX_REQUEST_BYTES:
        return None
    kind, length, cookie, transaction = HEADER.unpack_from(data)
    if (kind, length, cookie) != (BINDING_REQUEST, len(data) - HEADER.size, COOKIE) or not is_whole(data):
        return None
    host, port = address[0].removeprefix(MAPPED).partition("%")[0], address[1]
    mapped = xor_mapped(ip_address(host).packed, port, transaction)
    return HEADER.pack(BINDING_SUCCESS, len(mapped), COOKIE, transaction) + mapped


def is_whole(message: bytes) -> bool:
    """Whether the attributes end with the message, and a fingerprint is right. Nothing else of them counts here."""
    at = HEADER.size
    while at <= len(message) - ATTRIBUTE.size:
        kind, size = ATTRIBUTE.unpack_from(message, at)
        value = message[at + ATTRIBUTE.size :][:size]
        if kind == FINGERPRINT and value != (crc32(message[:at]) ^ FINGERPRINT_XOR).to_bytes(4, "big"):
            return False
        at += ATTRIBUTE.size + size + -size % 4
    return at == len(message)


def xor_mapped(host: bytes, port: int, transaction: bytes) -> bytes:
    """The attribute XOR-MAPPED-ADDRESS for an address of 4 or 16 bytes (RFC 8489, section 14.2)."""
    family = 1 if len(host) == 4 else 2
    mask = COOKIE.to_bytes(4, "big") + transaction
    hidden = bytes(one ^ other for one, other in zip(host, mask, strict=False))
    return struct.pack("!HHxBH", XOR_MAPPED_ADDRESS, 4 + len(host), family, port ^ COOKIE >> 16) + hidden


def tell_destination(sock: socket.socket) -> None:
    """Makes the kernel say of each packet which of our addresses it was sent to."""
    if sock.family == socket.AF_INET6:
        sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_RECVPKTINFO, 1)
    else:
        sock.setsockopt(socket.IPPROTO_IP, IP_PKTINFO, 1)


def from_asked(ancillary: list[tuple[int, int, bytes]]) -> list[tuple[int, int, bytes]]:
    """The control messages that send a response from the address that was asked (ip(7), ipv6(7)); the route is free.

    Without them the kernel takes the address of the way back: whoever asked another one drops the response.
    """
    for level, kind, data in ancillary:
        if (level, kind) == (socket.IPPROTO_IP, IP_PKTINFO):  # interface, local address, destination
            return [(level, kind, bytes(4) + data[4:8] + bytes(4))]
        if (level, kind) == (socket.IPPROTO_IPV6, socket.IPV6_PKTINFO):  # destination, interface
            return [(level, kind, data[:16] + bytes(4))]
    return []


def serve(sock: socket.socket) -> None:
    """Answers the requests that have come and keeps nothing. What the socket cannot take now is lost, as UDP may be."""
    for _ in range(AT_ONCE):
        try:
            data, ancillary, _, address = sock.recvmsg(MAX_REQUEST_BYTES + 1, CONTROL_BYTES)
        except OSError:  # no more requests, or the report of a response that did not arrive
            return
        response = answer(data, address)
        if response is not None:
            with contextlib.suppress(OSError):
                sock.sendmsg([response], from_asked(ancillary), 0, address)


class Endpoint:
    """A STUN server on bound sockets. `port` is its UDP port."""

    def __init__(self, sockets: list[socket.socket]) -> None:
        self.port: int = sockets[0].getsockname()[1]
        self._sockets = sockets
        self._loop = asyncio.get_running_loop()
        for sock in sockets:
            tell_destination(sock)
            self._loop.add_reader(sock, serve, sock)

    def close(self) -> None:
        """Stops listening and closes the sockets."""
        for sock in self._sockets:
            self._loop.remove_reader(sock)
            sock.close()


async def listen(host: str, port: int = DEFAULT_PORT) -> Endpoint:
    """Listens on every address of `host` (port 0: any). Raises OSError if the port is taken or not permitted.

    uvloop's datagram transport is not used: it keeps the last 2,048 addresses that it has sent to.
    """
    return Endpoint(bind(host, port, socket.SOCK_DGRAM))
