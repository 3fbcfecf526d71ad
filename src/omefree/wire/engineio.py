"""The Engine.IO v4 codec: packets, long-polling payloads and the handshake.

A packet is kept as the bytes of its WebSocket frame. A text packet begins with the digit of its type; a binary message
is a `Binary` without a prefix. Source: the Engine.IO protocol, revision 4, section "Packet encoding".
"""

import binascii
from collections.abc import Iterable

import msgspec

from omefree.errors import CloseCode, ProtocolError

OPEN, CLOSE, PING, PONG, MESSAGE, UPGRADE, NOOP = (b"%d" % digit for digit in range(7))
PROBE_PING, PROBE_PONG = b"2probe", b"3probe"
TYPES = b"0123456"
SEPARATOR = b"\x1e"
BINARY_PREFIX = b"b"
PACKETS_MAX = 1_000  # in one payload: 65,536 bytes could hold 32,768 pongs, far more than any client needs


class Binary(bytes):
    """A binary message: a packet without a type digit."""

    __slots__ = ()


class Handshake(msgspec.Struct, rename="camel"):
    """The body of the open packet. Times are in milliseconds, `max_payload` in bytes."""

    sid: str
    upgrades: list[str]
    ping_interval: int
    ping_timeout: int
    max_payload: int


def encode_handshake(handshake: Handshake) -> bytes:
    """The open packet, which begins every session."""
    return OPEN + msgspec.json.encode(handshake)


def encode_payload(packets: Iterable[bytes]) -> bytes:
    """Joins packets into the body of an HTTP answer; binary messages become base64."""
    return SEPARATOR.join(
        BINARY_PREFIX + binascii.b2a_base64(packet, newline=False) if type(packet) is Binary else packet
        for packet in packets
    )


def decode_payload(body: bytes) -> list[bytes]:
    """Splits the body of a POST into packets. Raises ProtocolError if one is malformed or there are too many."""
    if body.count(SEPARATOR) >= PACKETS_MAX:
        raise ProtocolError("too many packets", CloseCode.POLICY)
    return [decode_packet(part) for part in body.split(SEPARATOR)]


def decode_packet(part: bytes) -> bytes:
    """One packet of a payload. Raises ProtocolError if its type is unknown, or its base64 or UTF-8 broken."""
    head = part[:1]
    if head == BINARY_PREFIX:
        try:
            return Binary(binascii.a2b_base64(part[1:], strict_mode=True))
        except binascii.Error:
            raise ProtocolError("bad base64") from None
    check_text(part)
    return part


def check_text(packet: bytes) -> None:
    """Raises ProtocolError unless the packet is UTF-8 (RFC 6455, section 8.1) and begins with a known type."""
    if not packet.isascii():
        try:
            packet.decode()
        except UnicodeDecodeError:
            raise ProtocolError("bad UTF-8", CloseCode.BAD_TEXT) from None
    if not packet or packet[0] not in TYPES:
        raise ProtocolError("unknown packet type")
