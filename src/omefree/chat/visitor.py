"""What is held of a visitor and of a chat: nothing else about either exists in this process."""

from __future__ import annotations

import weakref
from collections import defaultdict
from typing import TYPE_CHECKING

from msgspec import Struct

from omefree.chat.states import State
from omefree.contract.codes import EndReason, Mode
from omefree.contract.events import Seal
from omefree.guard.quota import Bucket, Refusals
from omefree.matching.ticket import Ticket

if TYPE_CHECKING:
    from omefree.chat.seat import Seat


class Chat(Struct, eq=False):
    """Two visitors who talk. `frames` holds the `matched` of each, told again unchanged after a resume."""

    id: str
    mode: Mode
    relay_only: bool
    visitors: tuple[Visitor, Visitor]
    frames: tuple[bytes, bytes]

    def partner_of(self, visitor: Visitor) -> Visitor:
        one, two = self.visitors
        return two if visitor is one else one

    def frame_for(self, visitor: Visitor) -> bytes:
        return self.frames[self.visitors.index(visitor)]


class LastChat(Struct):
    """The chat before: it can be reported for 60 s, its partner asked for again for 120 s.

    The partner is held weakly, so that it is gone when it leaves.
    """

    id: str
    partner: weakref.ref[Visitor]
    mode: Mode
    relay_only: bool
    ended_at: float
    reason: EndReason | None  # None: this visitor ended it, and so knows
    again: bool = False  # this visitor has asked
    reported: bool = False  # by this visitor


class Visitor:
    """One visitor, with or without a link."""

    __slots__ = (
        "__weakref__", "buckets", "chat", "id", "last", "partner", "refusals", "seal", "seat", "state", "ticket",
        "token", "token_before",
    )  # fmt: skip

    def __init__(self, id_: str) -> None:
        self.id = id_
        self.seat: Seat | None = None  # None while away
        self.state = State.IDLE
        self.ticket: Ticket | None = None  # while searching, also while away
        self.seal: Seal | None = None  # of the ticket: the lobby compares versions, the partner gets the commitment
        self.chat: Chat | None = None
        self.partner: Visitor | None = None  # of the chat: the relay's shortest way
        self.last: LastChat | None = None
        self.token = b""  # SHA-256 of the resume token
        self.token_before: bytes | None = None  # the one before, until the new one is known to have arrived
        self.buckets: defaultdict[str, Bucket] = defaultdict(Bucket)
        self.refusals = Refusals()

    def send(self, frame: bytes) -> None:
        """Sends a frame if the visitor is here; nothing is kept for later (protocol.md, rule 3)."""
        if self.seat is not None:
            self.seat.send(frame)
