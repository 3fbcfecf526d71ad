"""The outputs of a sealed chat (channel.py), which its driver carries out."""

from typing import Literal, TypeAlias

from msgspec import Struct

from omefree.seal.content import Sendable
from omefree.seal.frame import RelayEvent
from omefree.seal.handshake import Emoji

Delivery: TypeAlias = Literal["sent", "delivered"]
SealFault: TypeAlias = Literal["seal_failed", "seal_broken", "seal_gap", "seal_media", "seal_differs"]


class Emit(Struct, frozen=True):
    """Send this event, then call `answered` with the token and the server's reply."""

    event: RelayEvent
    data: str
    token: int


class Opened(Struct, frozen=True):
    """The chat is sealed. `partner_commit`: the partner's commitment for an `again`; None if it offers none."""

    emoji: Emoji
    partner_commit: str | None


class Received(Struct, frozen=True):
    """A content of the partner, in order and once. `n` is its number in its lane: texts have a lane of their own."""

    content: Sendable
    n: int


class Delivered(Struct, frozen=True):
    """The new state of our own text `n`."""

    n: int
    state: Delivery


class Faulted(Struct, frozen=True):
    """The seal has failed: send `leave`. Nothing more comes out."""

    code: SealFault


Output: TypeAlias = Emit | Opened | Received | Delivered | Faulted
