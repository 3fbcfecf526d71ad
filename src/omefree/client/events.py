"""The events that a Visitor gives to its program. `chat` names the chat that an event belongs to."""

from __future__ import annotations

from typing import Literal, Self, TypeAlias

from msgspec import Struct

from omefree.contract.codes import Code, EndReason, Mode, PartnerState, Step
from omefree.contract.events import IceServer, MatchedArgs, Pause
from omefree.seal.content import Sendable
from omefree.seal.handshake import Emoji
from omefree.seal.outputs import SealFault

Reason: TypeAlias = EndReason | SealFault | Literal["broken"]  # broken: our own connection was away too long


class Online(Struct, frozen=True):
    """The number of visitors connected to the server."""

    count: int


class Searching(Struct, frozen=True):
    """The server searches for us, for `since_s` seconds now. `widened`: it no longer insists on a shared interest."""

    since_s: float
    widened: bool


class Matched(Struct, frozen=True):
    """A chat has begun. Texts said from now on are sent once the chat is sealed.
    `again`: the partner is the last one, and both have asked for this chat.
    `step_max`: the highest step of the chat (omefree.seal.content.Step).
    """

    chat: str
    mode: Mode
    common: list[str]
    languages: list[str]
    polite: bool
    relay_only: bool
    ice_servers: list[IceServer]
    again: bool
    step_max: Step = 2

    @classmethod
    def told(cls, args: MatchedArgs, *, again: bool, hides: bool) -> Self:
        """The event made from the server's `matched`. If we hide, it is `relay_only`, whatever the server says."""
        hidden = args.relay_only or hides
        return cls(
            chat=args.chat,
            mode=args.mode,
            common=args.common,
            languages=args.languages,
            polite=args.polite,
            relay_only=hidden,
            ice_servers=args.ice_servers,
            again=again,
            step_max=args.step_max,
        )


class Sealed(Struct, frozen=True):
    """The chat is sealed. `emoji` holds four indices into omefree.seal.emoji.EMOJI.
    The two people compare the emoji by a way that does not go through the server. If they are the same, nobody stands
    between the two.
    """

    chat: str
    emoji: Emoji


class Text(Struct, frozen=True):
    """A text of the partner. `n` counts the partner's texts from 0; each text comes once, in order."""

    chat: str
    n: int
    text: str


class Heard(Struct, frozen=True):
    """A content for a call from the partner's program: Step, Description, Candidate or Media of omefree.seal.content.
    A Step says what the partner agrees to in a text chat; a program that makes no calls may ignore it.
    """

    chat: str
    content: Sendable


class Delivery(Struct, frozen=True):
    """The state of our own text `n`. `sent`: the server has it; `delivered`: the partner's program has it."""

    chat: str
    n: int
    state: Literal["sent", "delivered"]


class Typing(Struct, frozen=True):
    """The partner has begun to type, or has stopped."""

    chat: str
    on: bool


class Partner(Struct, frozen=True):
    """The partner's connection broke, or is back. What we say while it is away waits in this program."""

    chat: str
    state: PartnerState


class Ended(Struct, frozen=True):
    """The chat has ended, but not by our own leave, find or report. After a fault of the seal we have sent `leave`."""

    chat: str
    reason: Reason


class LinkLost(Struct, frozen=True):
    """Our own connection broke, or an attempt to connect failed. `code`: the server's reason, if it gave one."""

    retry_in_s: float
    code: Code | None


class LinkBack(Struct, frozen=True):
    """Our own connection is restored."""


class Outdated(Struct, frozen=True):
    """The server now speaks only other versions of the protocol. This is the last event."""

    speaks: tuple[int, ...]


class Paused(Struct, frozen=True):
    """We may not search for a while, or only in the modes that `pause.open` lists; None: we may again.

    Told on connecting, and when the operator closes or opens the server. After `blocked` it is the last event.
    """

    pause: Pause | None


class Failed(Struct, frozen=True):
    """An error of the server that no waiting call can raise. `pause` says why if the code is `paused`."""

    code: Code
    message: str
    retry_after_s: float | None
    pause: Pause | None = None


Event: TypeAlias = (
    Online
    | Searching
    | Matched
    | Sealed
    | Text
    | Heard
    | Delivery
    | Typing
    | Partner
    | Ended
    | LinkLost
    | LinkBack
    | Outdated
    | Paused
    | Failed
)
