"""A chat is two halves. Each process holds the halves of its own visitors; a half knows the other by its partner."""

from __future__ import annotations

import weakref
from typing import Protocol

from msgspec import Struct

from omefree.contract.codes import EndReason, Mode
from omefree.contract.events import Seal


class Outlet(Protocol):
    """A way to one visitor."""

    def send(self, frame: bytes, /) -> None:
        """Takes a whole frame into a bounded buffer; what does not fit costs the visitor its link."""


class Partner(Protocol):
    """The visitor at the other end of a chat: a VisitorRecord of this process, or (later) one that is elsewhere."""

    @property
    def id(self) -> str: ...

    @property
    def seal(self) -> Seal | None:
        """What it commits to, while it searches."""

    @property
    def socket(self) -> Outlet | None:
        """None while it is away, or cannot take more."""

    def send(self, frame: bytes) -> None:
        """Sends a frame if it is here; nothing is kept for later."""

    def partner_left(self, chat: str, reason: EndReason, now: float) -> None:
        """The other half of that chat has ended: its own ends, too, and it is told."""


class Half(Struct, eq=False):
    """One visitor's half of a chat. `frame` is its `matched`, told again unchanged after a resume."""

    id: str  # of the chat: the same in both halves
    mode: Mode
    relay_only: bool
    frame: bytes
    partner: Partner


class LastChat(Struct):
    """The half before: it can be reported for 60 s, its partner asked for again for 120 s.

    The partner is held weakly, so that it is gone when it leaves.
    """

    id: str
    partner: weakref.ref[Partner]
    mode: Mode
    relay_only: bool
    ended_at: float  # seconds of the monotonic clock
    reason: EndReason | None  # None: this visitor ended it, and so knows
    again: bool = False  # this visitor has asked
    reported: bool = False  # by this visitor
