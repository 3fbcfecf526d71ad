"""A chat is two halves. Each process holds the halves of its own visitors; a half reaches the other by its partner."""

from __future__ import annotations

import weakref
from typing import Protocol

from msgspec import Struct

from omefree.contract.codes import EndReason, Mode
from omefree.contract.events import Seal
from omefree.guard.record import Credit, Party


class Outlet(Protocol):
    """The connection through which frames reach one visitor."""

    def send(self, frame: bytes, /) -> None:
        """Takes a whole frame into a bounded buffer. A visitor whose buffer overflows loses its connection."""


class Partner(Party, Protocol):
    """The visitor at the other end of a chat: a VisitorRecord of this process, or (later) a visitor elsewhere."""

    @property
    def id(self) -> str:
        """The session's unguessable id."""
        ...

    @property
    def seal(self) -> Seal | None:
        """The sealing version and the commitment that it searches with; None if it does not search, or has none."""

    @property
    def socket(self) -> Outlet | None:
        """The connection of the partner; None while it is away, or after its buffer has overflowed."""

    def send(self, frame: bytes) -> None:
        """Sends a frame if the partner is connected; nothing is kept for later."""

    def partner_left(self, chat: str, reason: EndReason, now: float, credit: Credit) -> None:
        """Ends this visitor's half as well, because the other half of that chat has ended, and tells it so.
        `credit` is what this visitor's not reporting gives to the one who left.
        """


class Half(Struct, eq=False):
    """One visitor's half of a chat. `frame` is its `matched` event, sent again unchanged after a resume."""

    id: str  # of the chat: the same in both halves
    mode: Mode
    relay_only: bool
    frame: bytes
    partner: Partner
    began_at: float  # seconds of the monotonic clock


class Evidence(Struct, gc=False):
    """What a report of a chat that is over needs (guard/record.py). It is dropped after 60 s (fading.py).

    `key` and `network` are the partner's: what it did counts on its address also when it has left.
    """

    lasted_s: float
    credit: Credit
    key: bytes
    network: bytes


class LastChat(Struct):
    """A visitor's previous half. It can be reported for 60 s, and its partner asked for again for 120 s.

    The partner is held by a weak reference, so that a partner that leaves is freed at once.
    """

    id: str
    partner: weakref.ref[Partner]
    mode: Mode
    relay_only: bool
    ended_at: float  # seconds of the monotonic clock
    reason: EndReason | None  # None: this visitor ended it itself and need not be told
    evidence: Evidence | None = None  # None after 60 s
    again: bool = False  # this visitor has asked for its partner again
    reported: bool = False  # by this visitor
