"""The batches in which nodes send items to each other.

A batch is one msgpack array, sealed before it leaves the process (exchange/sealing.py).
"""

from collections.abc import Sequence
from typing import Generic, TypeAlias, TypeVar

import msgspec
from msgspec import Raw, Struct

from omefree.contract.item import Item
from omefree.contract.moving import Estate, Heir, Moves
from omefree.contract.nodes import AnyItem, Gone, Have, Join, Passed, Say, Typing

VERSION = 1
SPOKEN = range(VERSION - 1, VERSION + 2)

T = TypeVar("T")

BATCH_ITEMS = 256
BATCH_BYTES = 60_000  # of its items; a larger item is alone in its batch

# How much room they need at most, without what has no bound: the frame of a chat, a list of ids.
HEAD_BYTES = 128  # a batch without its items
ITEM_BYTES = 2_048  # ten interests in four-byte letters, languages, ids
FRAME_HEAD_BYTES = 64  # an item around a frame
ID_BYTES = 64  # an id in a list, with what stands beside it

# The flags of a batch. Only the first is of a batch with items.
DATA = 0
AGAIN = 1  # send again, from `ack` + 1
SYNC = 2  # up to `number` was sent: say at once what has come
ASK = 3  # which is your stream? `ack` is a challenge
ANSWER = 4  # `stream` is mine; `ack` is the challenge that came with ASK


class Batch(Struct, Generic[T], array_like=True, frozen=True):
    """Some items of one stream (nodes/stream.py). One without items has no number of its own.

    `sender` is a tag. `stream` is the sender's stream, `their_stream` the receiver's as the sender knows it, 0 for
    unknown. `ack` is the last number taken in order. A broadcast has the stream 0.
    """

    version: int
    sender: str
    stream: int
    number: int
    their_stream: int
    ack: int
    flag: int
    items: T


Sealable: TypeAlias = Batch[Raw]
"""A batch to send. Its items are encoded already (`encode_items`)."""
Heard: TypeAlias = Batch[list[AnyItem]]
"""A batch that has come."""


class Decoded(Struct, frozen=True):
    """A batch, and how many of its items were dropped: those of an unknown name, and those of a wrong form."""

    batch: Heard
    unknown: int = 0
    malformed: int = 0


_encoder = msgspec.msgpack.Encoder()
_batches = msgspec.msgpack.Decoder(Heard)
_headers = msgspec.msgpack.Decoder(Batch[list[Raw]])
_items: msgspec.msgpack.Decoder[AnyItem] = msgspec.msgpack.Decoder(AnyItem)
_parts = msgspec.msgpack.Decoder(list[Raw])
_name = msgspec.msgpack.Decoder(str)
NAMES: frozenset[str] = frozenset(
    str(item.__struct_config__.tag)
    for item in Item.__subclasses__()  # the page of docs/privacy.md lists them
)


def encode_items(items: Sequence[AnyItem]) -> bytes:
    """Returns the items as they stand in a batch. All of a turn at once take a third of the time of each alone."""
    return _encode(items, HEAD_BYTES + sum(map(_room_of, items)))


def encode_batch(batch: Sealable) -> bytes:
    """Returns the batch, not yet sealed."""
    return _encode(batch, HEAD_BYTES + memoryview(batch.items).nbytes)


def _encode(value: object, room: int) -> bytes:
    """MessagePack, written where there is room for the whole of it.

    A buffer that grows moves, and of its old place only the ends are overwritten (docs/privacy-residue.md).
    """
    buffer = bytearray(room)
    _encoder.encode_into(value, buffer)
    return bytes(buffer)


def _room_of(item: AnyItem) -> int:
    """Returns at least as many bytes as the item takes."""
    match item:
        case Say(frame=frame) | Typing(frame=frame):
            return len(frame) + FRAME_HEAD_BYTES
        case Have(chats=many) | Gone(visitors=many) | Join(apart=many) | Moves(holds=many):
            return ITEM_BYTES + ID_BYTES * len(many)
        case Heir(frame=frame):
            return len(frame) + ITEM_BYTES
        case Passed(item=inner):
            return ITEM_BYTES + _room_of(inner)
        case Estate():
            many = [*item.met, *item.reported, *item.known, *item.buckets]
            more = len(item.chatting.frame) + len(item.chatting.heir[1]) if item.chatting is not None else 0
            more += len(item.record.votes) if item.record is not None else 0
            return 3 * ITEM_BYTES + ID_BYTES * (len(many) + 2 * len(item.reportable)) + more
        case _:
            return ITEM_BYTES


def decode_batch(data: bytes) -> Decoded:
    """Reads a batch and leaves out the items that it cannot read. Raises msgspec.DecodeError if it is no batch at all.

    The caller must see whether its `version` is SPOKEN.
    """
    try:
        return Decoded(_batches.decode(data))
    except msgspec.ValidationError:
        return _decode_known(_headers.decode(data))


def _decode_known(raw: Batch[list[Raw]]) -> Decoded:
    known, unknown, malformed = [], 0, 0
    for item in raw.items:
        try:
            known.append(_items.decode(item))
        except msgspec.ValidationError:
            is_known = _is_known(item)
            malformed += is_known
            unknown += not is_known
    fields = (raw.version, raw.sender, raw.stream, raw.number, raw.their_stream, raw.ack, raw.flag)
    return Decoded(Batch(*fields, known), unknown, malformed)


def _is_known(item: Raw) -> bool:
    """Says whether this is an item of a known name, or nothing that could be one of another version."""
    try:
        return _name.decode(_parts.decode(item)[0]) in NAMES
    except (msgspec.ValidationError, IndexError):
        return True
