"""The Socket.IO v5 codec, over Engine.IO messages. Source: the Socket.IO protocol, revision 5, "Packet encoding".

    4<type>[<attachments>-][<namespace>,][<ack>][JSON]

The leading `4` is the Engine.IO message type. Frames are encoded with it, so that a relay passes one on as it came.
"""

import re
from typing import Any

import msgspec

from omefree.errors import ProtocolError
from omefree.wire.engineio import Binary

CONNECT, DISCONNECT, EVENT, ACK, CONNECT_ERROR, BINARY_EVENT, BINARY_ACK = range(7)
EVENT_PREFIX = b"42"
ATTACHMENTS_MAX = 10  # as in the official client since CVE-2026-33151
DEFAULT_NAMESPACE = "/"

# 15 digits stay below 2**53, the largest integer that every client reads exactly. A namespace has at most 64 bytes.
HEAD = re.compile(rb"4([0-6])(?:(\d{1,2})-)?(?:(/[^,\s\[{]{0,63})(?:,|\Z))?(\d{1,15})?")
RESERVED = frozenset({"connect", "connect_error", "disconnect", "disconnecting", "newListener", "removeListener"})


class Packet(msgspec.Struct, frozen=True):
    """A decoded head. `at` is the index in the frame where the JSON begins."""

    kind: int
    namespace: str
    attachments: int
    ack: int | None
    at: int


def decode(frame: bytes) -> Packet:
    """Reads a frame's head. Raises ProtocolError if the head is malformed; the JSON is not looked at."""
    head = HEAD.match(frame)
    if head is None:
        raise ProtocolError("unknown packet type")
    kind = int(head[1])
    packet = Packet(
        kind=kind,
        namespace=head[3].decode(errors="replace") if head[3] else DEFAULT_NAMESPACE,
        attachments=int(head[2] or 0),
        ack=int(head[4]) if head[4] else None,
        at=head.end(),
    )
    check(packet, frame)
    return packet


def check(packet: Packet, frame: bytes) -> None:
    """Raises ProtocolError if the parts of a head do not fit together."""
    is_binary = packet.kind in (BINARY_EVENT, BINARY_ACK)
    if is_binary != bool(packet.attachments) or packet.attachments > ATTACHMENTS_MAX:
        raise ProtocolError("bad attachment count")
    follows = frame[packet.at : packet.at + 1]
    if packet.kind in (CONNECT, CONNECT_ERROR):
        if follows not in (b"", b"{") or packet.ack is not None:
            raise ProtocolError("bad payload")
    elif packet.kind == DISCONNECT:
        if follows or packet.ack is not None:
            raise ProtocolError("bad payload")
    elif follows != b"[":
        raise ProtocolError("bad payload")
    if packet.kind in (ACK, BINARY_ACK) and packet.ack is None:
        raise ProtocolError("an acknowledgement without its number")


def encode(kind: int, namespace: str = DEFAULT_NAMESPACE, body: bytes = b"", ack: int | None = None) -> bytes:
    """A frame without attachments. `body` is JSON."""
    return b"4%d%b%b%b" % (kind, encode_namespace(namespace), b"" if ack is None else b"%d" % ack, body)


def encode_namespace(namespace: str) -> bytes:
    """The namespace as it stands in a head: empty for the default one."""
    return b"" if namespace == DEFAULT_NAMESPACE else namespace.encode() + b","


def encode_args(kind: int, namespace: str, args: list[Any], ack: int | None = None) -> list[bytes]:
    """The frames of an event or acknowledgement whose arguments may hold bytes: the packet, then its attachments."""
    attachments: list[bytes] = []
    body = msgspec.json.encode(_take_out(args, attachments))
    if not attachments:
        return [encode(kind, namespace, body, ack)]
    kind = BINARY_EVENT if kind == EVENT else BINARY_ACK
    number = b"" if ack is None else b"%d" % ack
    head = b"4%d%d-%b%b%b" % (kind, len(attachments), encode_namespace(namespace), number, body)
    return [head, *attachments]


def decode_args(body: bytes, attachments: list[bytes] | None = None) -> list[Any]:
    """The arguments of an event or acknowledgement, with its attachments put back.

    Raises ProtocolError if the body is not a JSON array, is nested too deeply, or names an attachment that is missing.
    """
    try:
        args = msgspec.json.decode(body, type=list)
        return [_put_back(arg, attachments) for arg in args] if attachments else args
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise ProtocolError("bad payload") from None


def decode_event(body: bytes, attachments: list[bytes] | None = None) -> list[Any]:
    """The name and the arguments of an event. Raises ProtocolError as `decode_args`, or if the name is not valid."""
    args = decode_args(body, attachments)
    if not args or type(args[0]) is not str or args[0] in RESERVED:
        raise ProtocolError("bad event name")  # CVE-2023-32695
    return args


def _take_out(value: Any, attachments: list[bytes]) -> Any:
    match value:
        case bytes():
            attachments.append(Binary(value))
            return {"_placeholder": True, "num": len(attachments) - 1}
        case list():
            return [_take_out(item, attachments) for item in value]
        case dict():
            return {key: _take_out(item, attachments) for key, item in value.items()}
        case _:
            return value


def _put_back(value: Any, attachments: list[bytes]) -> Any:
    match value:
        case {"_placeholder": True, "num": num}:
            if type(num) is not int or not 0 <= num < len(attachments):
                raise ProtocolError("no such attachment")  # CVE-2022-2421
            return bytes(attachments[num])
        case list():
            return [_put_back(item, attachments) for item in value]
        case dict():
            return {key: _put_back(item, attachments) for key, item in value.items()}
        case _:
            return value
