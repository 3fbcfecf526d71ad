"""The frame: the `data` of `message` and `signal` (docs/blind-relay.md, "Bytes").

u8 version | u8 kind | u64 n | lp(body)
"""

import struct
from typing import Literal, TypeAlias

from msgspec import Struct

from omefree.errors import SealError
from omefree.seal.binary import decode_base64url, encode_base64url, lp

Lane: TypeAlias = Literal["message", "signal", "receipt"]
RelayEvent: TypeAlias = Literal["message", "signal"]

VERSION = 1
HELLO, MESSAGE, SIGNAL, RECEIPT = range(4)
LANES: dict[int, Lane] = {MESSAGE: "message", SIGNAL: "signal", RECEIPT: "receipt"}
KINDS: dict[Lane, int] = {lane: kind for kind, lane in LANES.items()}
EVENTS: dict[int, RelayEvent] = {HELLO: "signal", MESSAGE: "message", SIGNAL: "signal", RECEIPT: "signal"}

_HEAD = struct.Struct(">BBQH")
HEAD_BYTES = _HEAD.size


class Frame(Struct, frozen=True):
    """`kind` is HELLO or that of a lane, `n` the number in the lane, `body` a hello or sealed bytes."""

    kind: int
    n: int
    body: bytes


def encode_frame(frame: Frame) -> str:
    """The frame in base64url. Raises SealError if the body has more than 65,535 bytes."""
    head = struct.pack(">BBQ", VERSION, frame.kind, frame.n)
    return encode_base64url(head + lp(frame.body))


def decode_frame(data: str) -> Frame:
    """Raises SealError unless `data` is exactly one whole frame of this version."""
    raw = decode_base64url(data)
    if len(raw) < HEAD_BYTES:
        raise SealError("a frame is cut off")
    version, kind, n, length = _HEAD.unpack_from(raw)
    if version != VERSION or kind not in EVENTS or len(raw) != HEAD_BYTES + length:
        raise SealError("not a frame of this version")
    return Frame(kind, n, raw[HEAD_BYTES:])
