"""What a Visitor tells its program. Each event is of the chat that it names, if it names one."""

from __future__ import annotations

from typing import Literal, Self, TypeAlias

from msgspec import Struct

from omefree.contract.codes import Code, EndReason, Mode, PartnerState
from omefree.contract.events import IceServer, MatchedArgs
from omefree.seal.content import Sendable
from omefree.seal.handshake import Emoji
from omefree.seal.outputs import SealFault

Reason: TypeAlias = EndReason | SealFault | Literal["broken"]  # broken: our own link was away too long


class Online(Struct, frozen=True):
    """Visitors connected to the server."""

    count: int


class Searching(Struct, frozen=True):
    """A place in the lobby. `since_s`: for how long; `widened`: insists on a shared interest no longer."""

    since_s: float
    widened: bool


class Matched(Struct, frozen=True):
    """A partner. What is said from now on goes out when the chat is sealed. `again`: the last one, asked for again."""

    chat: str
    mode: Mode
    common: list[str]
    languages: list[str]
    polite: bool
    relay_only: bool
    ice_servers: list[IceServer]
    again: bool

    @classmethod
    def told(cls, args: MatchedArgs, *, again: bool, hides: bool) -> Self:
        """What a program needs to know of the server's word. No relay can take back that we hide."""
        hidden = args.relay_only or hides
        return cls(args.chat, args.mode, args.common, args.languages, args.polite, hidden, args.ice_servers, again)


class Sealed(Struct, frozen=True):
    """The chat is sealed. `emoji`: four rows of omefree.seal.emoji.EMOJI. If a comparison, by a way that does not go
    through the server, shows the same at both ends, nobody stands between.
    """

    chat: str
    emoji: Emoji


class Text(Struct, frozen=True):
    """The partner's words. `n` counts their texts from 0; each comes once, in order."""

    chat: str
    n: int
    text: str


class Heard(Struct, frozen=True):
    """What programs tell each other for a call: a Description, a Candidate or a Media of omefree.seal.content."""

    chat: str
    content: Sendable


class Delivery(Struct, frozen=True):
    """What became of our own text `n`: the server has taken it, the partner's program has it."""

    chat: str
    n: int
    state: Literal["sent", "delivered"]


class Typing(Struct, frozen=True):
    chat: str
    on: bool


class Partner(Struct, frozen=True):
    """The partner's link broke, or came back. What is said meanwhile waits here."""

    chat: str
    state: PartnerState


class Ended(Struct, frozen=True):
    """The chat is over, other than by our own leave, find or report. For a fault of the seal we have said `leave`."""

    chat: str
    reason: Reason


class LinkLost(Struct, frozen=True):
    """Our own link broke, or another attempt failed, with the server's `code` if it gave one."""

    retry_in_s: float
    code: Code | None


class LinkBack(Struct, frozen=True):
    pass


class Outdated(Struct, frozen=True):
    """The server speaks other versions by now. The last event: nothing more comes."""

    speaks: tuple[int, ...]


class Failed(Struct, frozen=True):
    """An error that no call of ours is there to raise."""

    code: Code
    message: str
    retry_after_s: float | None


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
    | Failed
)
