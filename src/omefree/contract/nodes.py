"""What nodes of one cluster say to each other: items, and the batches that carry them.

A batch is one msgpack array, sealed before it leaves the process (exchange/sealing.py). Each item is an array, too,
whose first element is its name. The rules of change: a field is only ever appended, with a default; an item that this
version does not know is dropped and counted. So a node of version v speaks to v - 1 and to v + 1.

`role` says whose half of a chat an item is for: True for the half of the polite peer. `visitor` is a session's id, `n`
the number of its search at its home, `home` the tag of a node. Ages and times that are left are in seconds: a moment
never crosses from one clock to another.
"""

from collections.abc import Sequence
from hashlib import blake2b
from typing import Generic, TypeAlias, TypeVar

import msgspec
from msgspec import Raw, Struct

from omefree.contract.codes import ReportReason, Step

VERSION = 1
SPOKEN = range(VERSION - 1, VERSION + 2)

T = TypeVar("T")


class Item(Struct, array_like=True, gc=False):
    """One thing that a node says to another: its name, which is the tag, and its fields. Nothing in it refers back."""


# --- a search: its home and the leader of its pool -----------------------------------------------------------------


class Announce(Item, tag="announce"):
    """Home to leader: forget the tickets that you have of me; a `join` for each that waits follows."""

    pool: str
    epoch: int


class Join(Item, tag="join"):
    """Home to leader: this visitor searches. It replaces a ticket with a smaller `n`.

    `keys` are compared interests, not their spelling. `age` is how long it has searched. `apart`: whom it must not
    meet, and for how many seconds more; None: while both sessions last.
    """

    pool: str
    epoch: int
    visitor: str
    n: int
    keys: list[str]
    languages: list[str]
    patience: float | None
    age: float
    hide: bool
    seal: int | None
    apart: list[tuple[str, float | None]]


class Quit(Item, tag="quit"):
    """Home to leader: the search number `n` of this visitor is over."""

    pool: str
    epoch: int
    visitor: str
    n: int


class Pair(Item, tag="pair"):
    """Leader to each of two homes: a proposal. `partner` searches at the node `home`. It is void in another epoch."""

    pool: str
    epoch: int
    chat: str
    polite: bool
    visitor: str
    n: int
    partner: str
    home: str
    common: list[str]


class Pair2(Item, tag="pair2"):
    """Leader to the home of both: a proposal that needs no handshake. `a` is the polite one if `polite`."""

    pool: str
    epoch: int
    chat: str
    polite: bool
    a: str
    na: int
    b: str
    nb: int
    common: list[str]


class Widened(Item, tag="widened"):
    """Leader to home: the patience of this search has run out; it waits on, open to anyone."""

    pool: str
    epoch: int
    visitor: str
    n: int


class Count(Item, tag="count"):
    """Leader to home, each second: how many tickets of it wait, and the XOR of their `ticket_mark`.

    `seen`: how many `join` and `quit` of this home have come since its `announce`. Only if the home has sent as many
    can it compare the rest.
    """

    pool: str
    epoch: int
    seen: int
    tickets: int
    xor: int


class Lead(Item, tag="lead"):
    """Leader to all: it leads this pool in this epoch. Repeated twice a second, and said at once when it begins."""

    pool: str
    epoch: int


class Bye(Item, tag="bye"):
    """To all: the sender has given back its lease and its leaderships. Whoever hears it asks the registry at once."""


class Seen(Item, tag="seen"):
    """Home to a leader of the past: a higher epoch of this pool has been seen."""

    pool: str
    epoch: int


# --- a promise: home to home ---------------------------------------------------------------------------------------


class Yes(Item, tag="yes"):
    """The sender's visitor is promised to this chat. The rest is what the partner's home needs to begin it.

    `seal`: version and commitment. `proven`, `votes` and `voter` are for the record of reports (guard/record.py):
    `voter` is the visitor's network, hashed under the key of `voting`.
    """

    chat: str
    hide: bool
    languages: list[str]
    seal: tuple[int, str] | None
    step_max: Step
    proven: bool
    votes: int
    voter: bytes


class No(Item, tag="no"):
    """The sender's visitor is not in this chat: a promise to it is void, and the chat is over if it has begun."""

    chat: str


class Reunite(Item, tag="reunite"):
    """A proposal and the sender's `yes` in one, and the answer to it: both visitors of the chat `old` ask for each
    other again.

    `role` is that of the one asked, in the chat `old`; `polite` whether it is the polite peer in the new chat.
    """

    old: str
    role: bool
    chat: str
    polite: bool
    step_max: Step
    proven: bool
    votes: int
    voter: bytes


# --- a chat: home to home ------------------------------------------------------------------------------------------


class Say(Item, tag="say"):
    """A frame for the half `role`, as it came from the partner."""

    chat: str
    role: bool
    frame: bytes


class Typing(Item, tag="typing"):
    """As `say`, but it may be dropped under load."""

    chat: str
    role: bool
    frame: bytes


class Here(Item, tag="here"):
    """The partner of the half `role` is connected (`here`), or its connection has broken."""

    chat: str
    role: bool
    here: bool


class Over(Item, tag="over"):
    """The chat of the half `role` is over, or is not known to the sender. An unknown reason counts as `lost`."""

    chat: str
    role: bool
    reason: str


class Have(Item, tag="have"):
    """After a new beginning of the stream: each chat that the sender has with the receiver, for which half, and whether
    the partner of that half is connected. The receiver answers `over` for each that it does not have.
    """

    chats: list[tuple[str, bool, bool]]


class Again(Item, tag="again"):
    """The other visitor of this chat, which is over, asks for the visitor that had the half `role`."""

    chat: str
    role: bool


class Unagain(Item, tag="unagain"):
    """The other visitor no longer asks."""

    chat: str
    role: bool


class Report(Item, tag="report"):
    """The visitor that has or had the half `role` was reported, by `voter`.

    `weight` is 0 to 1, `votes` how many votes that network has (guard/record.py).
    """

    chat: str
    role: bool
    reason: ReportReason
    weight: float
    votes: int
    voter: bytes


class Voting(Item, tag="voting"):
    """A leader to all: the random key under which voters are hashed. It lives in memory alone."""

    age: float
    key: bytes


class Gone(Item, tag="gone"):
    """To each node that knows of them: the sessions of these visitors are over."""

    visitors: list[str]


AnyItem: TypeAlias = (
    Announce | Join | Quit | Pair | Pair2 | Widened | Count | Lead | Bye | Seen | Yes | No | Reunite | Say | Typing
    | Here | Over | Have | Again | Unagain | Report | Voting | Gone
)  # fmt: skip

# --- batches -------------------------------------------------------------------------------------------------------

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
        case Have(chats=many) | Gone(visitors=many) | Join(apart=many):
            return ITEM_BYTES + ID_BYTES * len(many)
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


def ticket_mark(visitor: str, n: int) -> int:
    """Returns the 64 bits that stand for a ticket in `count`."""
    return int.from_bytes(blake2b(f"{n} {visitor}".encode(), digest_size=8).digest(), "little")


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
