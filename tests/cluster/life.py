"""One visitor's life as it sees itself, and what is noted of it. Pure; lives.py replays it."""

from __future__ import annotations

from typing import NamedTuple

from msgspec import Struct, field

from tests.cluster.history import OfVisitor

ANY = ""  # the chat in which a leave finds the visitor
WENT = "went"  # it ended the chat itself
BROKEN = "broken"  # it came back as a stranger


class Violation(NamedTuple):
    """`what` must never be."""

    what: str
    at: float
    who: int
    chat: str = ""
    more: str = ""


class Member(NamedTuple):
    """Who was told of a chat: at which time, by which node, in which session."""

    who: int
    session: int
    node: str
    at: float


class Ending(NamedTuple):
    """How a member learned that its chat is over. `reason`: as in `ended`, WENT or BROKEN."""

    at: float
    reason: str


class Saying(Struct):
    """Something said. `code`: of its acknowledgement, which came at `answered_at`; None: there was none."""

    at: float
    what: int
    code: str | None = None
    answered_at: float = 0.0


class Going(NamedTuple):
    """A find or a leave under way, and the chat that it would end. ANY: the one in which it finds the visitor."""

    chat: str | None
    is_find: bool


class Sudden(NamedTuple):
    """A chat that was told `lost` while its partner was here."""

    who: int
    chat: str
    at: float


class Hearing(NamedTuple):
    at: float
    what: int


class Life(Struct, eq=False):
    """One visitor as it sees itself. `going`: its finds and leaves under way. `later`: what the next link has brought
    while this one still stands.
    """

    who: int
    link: int = 0
    later: list[OfVisitor] = field(default_factory=list)
    node: str = ""
    pool: str = ""
    session: int = 0
    is_linked: bool = False
    welcomed_at: float = 0.0
    has_left: bool = False
    may_have_left: bool = False  # its chat: a find or leave was under way when its link broke
    resumed_to: str | None = None  # the `matched` of it follows, also if it was told before
    is_told_end: bool = False  # of its last chat, also if it was told before: it has just come back to none
    chat: str | None = None
    is_partner_here: bool = True
    was_partner_away: bool = False  # in this chat, and nothing of it has come since
    searches_since: float | None = None
    going: dict[int, Going] = field(default_factory=dict)
    said: dict[int, tuple[str, Saying]] = field(default_factory=dict)  # without an answer, each with its chat
    over: set[str] = field(default_factory=set)
    met: list[tuple[tuple[int, int], float]] = field(default_factory=list)  # a session and when that chat ended
