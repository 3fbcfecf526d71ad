"""What comes out of a sealed chat (channel.py), for its driver to carry out."""

from typing import Literal, TypeAlias

from msgspec import Struct

from omefree.seal.content import Sendable
from omefree.seal.frame import Event, Lane
from omefree.seal.handshake import Emoji

Delivery: TypeAlias = Literal["sent", "delivered"]
SealFault: TypeAlias = Literal["seal_failed", "seal_broken", "seal_gap", "seal_media", "seal_differs"]


class Emit(Struct, frozen=True):
    """Pass this on, then call `answered` with the token."""

    event: Event
    data: str
    token: int


class Opened(Struct, frozen=True):
    """The chat is sealed. `partner_commit` is the partner's for an `again`, if it offers one."""

    emoji: Emoji
    partner_commit: str | None


class Received(Struct, frozen=True):
    """The partner's, in order and once. Texts have numbers of their own."""

    content: Sendable
    n: int


class Delivered(Struct, frozen=True):
    """What became of a text of ours."""

    n: int
    state: Delivery


class Faulted(Struct, frozen=True):
    """The chat is over: say `leave`. Nothing more comes out."""

    code: SealFault


Output: TypeAlias = Emit | Opened | Received | Delivered | Faulted


class Sent(Struct, frozen=True):
    """What the token of an Emit stands for. `lane` None: a hello; `asks`: a receipt that asks."""

    event: Event
    lane: Lane | None
    n: int
    asks: bool = False
