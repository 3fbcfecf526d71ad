"""Every event, as one tagged union each way: `["find", {...}]` decodes to `Find(criteria)` in a single pass.

Sources: protocol.md, "Events from the visitor" and "Events to the visitor". The TypeScript types are made from these
classes by `contract/typescript.py`. Unknown object fields are dropped; a wrong number of arguments is an error.
"""

from typing import Annotated, Literal, TypeAlias

from msgspec import UNSET, Meta, Struct, UnsetType

from omefree.contract.codes import Code, EndReason, Mode, PartnerState, ReportReason
from omefree.contract.limits import PATIENCE_DEFAULT_S, PATIENCE_MAX_S, Quota, QuotaName

Patience: TypeAlias = Annotated[float, Meta(ge=0, le=PATIENCE_MAX_S)]
Commitment: TypeAlias = Annotated[str, Meta(pattern="^[A-Za-z0-9_-]{43}$", max_length=43)]  # base64url of SHA-256


class Seal(Struct, frozen=True):
    """A sealing version and the commitment to its hello (docs/protocol.md, `seal`). The server only passes it on."""

    v: Annotated[int, Meta(ge=1, le=255)]
    commit: Commitment


class Criteria(Struct, frozen=True, rename={"from_": "from"}):
    """What a visitor looks for. `patience_s` null: only a shared interest.

    `from`: the chat it believes it is in, null for none; left out, it does not say.
    """

    mode: Mode
    interests: list[str] = []
    languages: list[str] = []
    patience_s: Patience | None = PATIENCE_DEFAULT_S
    hide: bool = False
    seal: Seal | None = None
    from_: str | UnsetType | None = UNSET


class IceServer(Struct, frozen=True, omit_defaults=True):
    """As RTCIceServer of the WebRTC specification."""

    urls: list[str]
    username: str | None = None
    credential: str | None = None


class Auth(Struct, frozen=True):
    """What a client may send with CONNECT. `v` of another type than a number is a version that we do not speak."""

    v: int = 1
    resume: str | None = None


# --- from the visitor ---------------------------------------------------------------------------------------------


class Event(Struct, array_like=True, forbid_unknown_fields=True):
    """An event: its name, which is the tag, and its positional arguments."""


class Find(Event, tag="find"):
    criteria: Criteria


class Leave(Event, tag="leave"):
    chat: str | None = None


class Signal(Event, tag="signal"):
    chat: str
    data: str


class Message(Event, tag="message"):
    chat: str
    data: str


class Typing(Event, tag="typing"):
    chat: str
    on: bool


class Report(Event, tag="report"):
    chat: str
    reason: ReportReason


class Again(Event, tag="again"):
    chat: str


class Ice(Event, tag="ice"):
    pass


Relayed: TypeAlias = Signal | Message  # what passes through as the bytes that came
Command: TypeAlias = Find | Leave | Typing | Report | Again | Ice  # what the server does something about
VisitorEvent: TypeAlias = Command | Relayed

# --- acknowledgements ---------------------------------------------------------------------------------------------

Yes: TypeAlias = Annotated[bool, Meta(extra_json_schema={"const": True})]
No: TypeAlias = Annotated[bool, Meta(extra_json_schema={"const": False})]


class Ok(Struct, frozen=True):
    ok: Yes = True


class IceOk(Struct, frozen=True):
    """The answer to `ice`: fresh TURN credentials."""

    ice_servers: list[IceServer]
    ok: Yes = True


class Refusal(Struct, frozen=True, omit_defaults=True):
    """`field` names the criterion that a `bad_criteria` is about."""

    ok: No
    code: Code
    message: str
    retry_after_s: float | None = None
    field: str | None = None


Ack: TypeAlias = Ok | Refusal
IceAck: TypeAlias = IceOk | Refusal

# --- to the visitor -----------------------------------------------------------------------------------------------


class Limits(Struct, frozen=True):
    """What a client must keep to, told in `welcome`."""

    interests: int
    interest_chars: int
    languages: int
    signal_bytes: int
    message_bytes: int
    resume_window_s: float
    quotas: dict[QuotaName, Quota]


class Resumed(Struct, frozen=True, omit_defaults=True):
    """What a resume that worked found: the state, and if chatting the chat and whether the partner is here."""

    state: Literal["idle", "searching", "chatting"]
    chat: str | None = None
    partner: Literal["here", "away"] | None = None


class WelcomeArgs(Struct, frozen=True):
    v: int
    server: str
    online: int
    ice_servers: list[IceServer]
    limits: Limits
    resume: str
    resumed: Resumed | None = None


class SearchingArgs(Struct, frozen=True):
    since_s: float
    widened: bool


class MatchedArgs(Struct, frozen=True):
    """One of the two is polite (perfect negotiation); the other offers first."""

    chat: str
    polite: bool
    mode: Mode
    common: list[str]
    languages: list[str]
    relay_only: bool
    ice_servers: list[IceServer]
    seal: Seal | None = None


class MovingArgs(Struct, frozen=True):
    after_s: float


class FailedArgs(Struct, frozen=True, omit_defaults=True):
    """An error with no acknowledgement to carry it. `closes`: the connection ends with it."""

    event: str | None
    chat: str | None
    code: Code
    message: str
    retry_after_s: float | None = None
    field: str | None = None
    closes: bool = False


class Welcome(Event, tag="welcome"):
    args: WelcomeArgs


class Online(Event, tag="online"):
    count: int


class Searching(Event, tag="searching"):
    args: SearchingArgs


class Matched(Event, tag="matched"):
    args: MatchedArgs


class Partner(Event, tag="partner"):
    chat: str
    state: PartnerState


class Ended(Event, tag="ended"):
    chat: str
    reason: EndReason


class Moving(Event, tag="moving"):
    args: MovingArgs


class Failed(Event, tag="failed"):
    args: FailedArgs


ServerEvent: TypeAlias = (
    Welcome | Online | Searching | Matched | Signal | Message | Typing | Partner | Ended | Moving | Failed
)


class ConnectErrorData(Struct, frozen=True, omit_defaults=True):
    """`data` of a CONNECT_ERROR."""

    code: Code
    speaks: list[int] | None = None
    retry_after_s: float | None = None
