"""A chat is two halves. Each process holds the halves of its own visitors; a half reaches the other by its partner."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from msgspec import Struct

from omefree.contract.codes import EndReason, Mode, PartnerState, ReportReason
from omefree.contract.events import Seal
from omefree.guard.record import Credit, Party, Standing, Vote


class Outlet(Protocol):
    """The connection through which frames reach one visitor."""

    def send(self, frame: bytes, /) -> None:
        """Takes a whole frame into a bounded buffer. A visitor whose buffer overflows loses its connection."""


class Elsewhere(Protocol):
    """What is asked of a partner of another process, and told to it, beyond what a Partner of this process needs."""

    @property
    def standing(self) -> Standing:
        """How it stands with the records of its own process."""

    asks: bool  # it has asked for this chat's partner again, and could begin at once

    def ask(self, asks: bool) -> None:
        """Tells it whether this chat's visitor here asks for it again, and could begin at once."""

    def bequeath(self, tokens: list[bytes]) -> None:
        """Leaves the tokens of its partner here with its process, for the case that this one dies."""

    def propose(self) -> None:
        """Both have asked for each other and could begin: sees to it that one of the two processes proposes a chat."""

    def report(self, reason: ReportReason, vote: Vote) -> None:
        """Sends the report of this chat to the process of its subject, also if the partner has left."""


class Partner(Party, Protocol):
    """The visitor at the other end of a chat: a VisitorRecord of this process, or a RemotePartner (remote.py)."""

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

    @property
    def is_away(self) -> bool:
        """Whether the other half has been told that this one is away."""

    @property
    def elsewhere(self) -> Elsewhere | None:
        """The partner as one of another process; None if it is a visitor of this process."""

    def ref(self) -> Callable[[], Partner | None]:
        """Gives the partner as long as its session lasts; then None."""
        ...

    def partner_is(self, chat: str, state: PartnerState) -> None:
        """Tells this visitor that the other half of that chat is away, or back."""

    def partner_left(self, chat: str, reason: EndReason, now: float, credit: Credit) -> None:
        """Ends this visitor's half as well, because the other half of that chat has ended, and tells it so.
        `credit` is what this visitor's not reporting gives to the one who left.
        """


class Half(Struct, eq=False):
    """One visitor's half of a chat. `frame` is its `matched` event, sent again unchanged after a resume."""

    id: str  # of the chat: the same in both halves
    polite: bool  # whose half it is: that of the polite peer or that of the other
    mode: Mode
    relay_only: bool
    frame: bytes
    partner: Partner
    began_at: float  # seconds of the monotonic clock


class Evidence(Struct, gc=False):
    """What a report of a chat that is over needs (guard/record.py). It is dropped after 60 s (fading.py).

    `key` and `network` are the partner's: what it did counts on its address also when it has left. Those of a partner
    that lives `elsewhere` are known there alone.
    """

    lasted_s: float
    credit: Credit
    key: bytes
    network: bytes
    elsewhere: Elsewhere | None = None


class LastChat(Struct):
    """A visitor's previous half. It can be reported for 60 s, and its partner asked for again for 120 s.

    `partner` gives None once the partner's session is over: a partner that leaves is freed at once.
    """

    id: str
    polite: bool
    partner: Callable[[], Partner | None]
    mode: Mode
    relay_only: bool
    ended_at: float  # seconds of the monotonic clock
    reason: EndReason | None  # None: this visitor ended it itself and need not be told
    evidence: Evidence | None = None  # None after 60 s
    again: bool = False  # this visitor has asked for its partner again
    reported: bool = False  # by this visitor
