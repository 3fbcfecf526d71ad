"""Every event, as one tagged union each way: `["find", {...}]` decodes to `Find(criteria)` in a single pass.

Sources: protocol.md, "Events from the visitor" and "Events to the visitor". `contract/typescript.py` makes the
TypeScript types from these classes. Unknown fields of an object are dropped; a wrong number of arguments is an error.
"""

from typing import Annotated, Literal, TypeAlias

from msgspec import UNSET, Meta, Struct, UnsetType

from omefree.contract.codes import Code, EndReason, Mode, PartnerState, PauseReason, ReportReason, Step, Whose
from omefree.contract.limits import PATIENCE_DEFAULT_S, PATIENCE_MAX_S, PAUSE_MAX_S, RESUME_WINDOW_S, Quota, QuotaName

Patience: TypeAlias = Annotated[float, Meta(ge=0, le=PATIENCE_MAX_S)]
Commitment: TypeAlias = Annotated[str, Meta(pattern="^[A-Za-z0-9_-]{43}$", max_length=43)]  # base64url of SHA-256


class Seal(Struct, frozen=True):
    """A sealing version and the commitment to its hello (protocol.md, `seal`). The server only passes it on."""

    v: Annotated[int, Meta(ge=1, le=255)]
    commit: Commitment


class Criteria(Struct, frozen=True, rename={"from_": "from"}):
    """The criteria of a search. If `patience_s` is null, only a partner with a shared interest is accepted.

    `from` is the chat that the visitor believes it is in, null for none. If it is left out, nothing is checked.
    """

    mode: Mode
    interests: list[str] = []
    languages: list[str] = []
    patience_s: Patience | None = PATIENCE_DEFAULT_S
    hide: bool = False
    seal: Seal | None = None
    from_: str | UnsetType | None = UNSET


class IceServer(Struct, frozen=True, omit_defaults=True):
    """A STUN or TURN server, as RTCIceServer of the WebRTC specification."""

    urls: list[str]
    username: str | None = None
    credential: str | None = None


class Auth(Struct, frozen=True):
    """What a client may send with CONNECT: a protocol version and a resume token.

    If `v` is not a number, it counts as a version that this server does not speak.
    """

    v: int = 1
    resume: str | None = None


# --- from the visitor ---------------------------------------------------------------------------------------------


class WireEvent(Struct, array_like=True, forbid_unknown_fields=True):
    """An event: its name, which is the tag, and its positional arguments."""


class Find(WireEvent, tag="find"):
    """Searches for a partner. In a chat it ends the chat first; in a search it replaces the criteria."""

    criteria: Criteria


class Leave(WireEvent, tag="leave"):
    """Ends the chat or the search, or takes back an `again`. `chat` None: whatever there is."""

    chat: str | None = None


class Signal(WireEvent, tag="signal"):
    """Passes `data` to the partner, unread: at most 49,152 bytes of UTF-8."""

    chat: str
    data: str


class Message(WireEvent, tag="message"):
    """Passes `data` to the partner, unread: at most 16,384 bytes of UTF-8."""

    chat: str
    data: str


class Typing(WireEvent, tag="typing"):
    """Passes on whether the visitor is typing. It may be dropped under load."""

    chat: str
    on: bool


class Report(WireEvent, tag="report"):
    """Reports the partner of the current chat, which ends it, or of the last one, for 60 s after its end."""

    chat: str
    reason: ReportReason


class Again(WireEvent, tag="again"):
    """Asks for the last partner again, within 120 s of the chat's end. If both ask, they are matched."""

    chat: str


class Ice(WireEvent, tag="ice"):
    """Asks for fresh TURN credentials, which come in the reply."""


Relayed: TypeAlias = Signal | Message  # passed on as the bytes that came
Command: TypeAlias = Find | Leave | Typing | Report | Again | Ice  # handled by the server itself
VisitorEvent: TypeAlias = Command | Relayed

# --- acknowledgements ---------------------------------------------------------------------------------------------

Yes: TypeAlias = Annotated[bool, Meta(extra_json_schema={"const": True})]
No: TypeAlias = Annotated[bool, Meta(extra_json_schema={"const": False})]


class Ok(Struct, frozen=True):
    """The reply to an event that was accepted."""

    ok: Yes = True


class IceOk(Struct, frozen=True):
    """The reply to `ice`: fresh TURN credentials."""

    ice_servers: list[IceServer]
    ok: Yes = True


class Pause(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """Why a visitor may not search (protocol.md, `paused`). `open`: the modes in which it still may.

    Without `retry_after_s`, waiting does not help.
    """

    retry_after_s: float | None = None
    reason: PauseReason
    open: tuple[Mode, ...]
    whose: Whose


class Refusal(Struct, frozen=True, omit_defaults=True):
    """The reply to an event that was refused. `field` names the criterion that `bad_criteria` is about.

    `reason`, `open` and `whose` are those of a Pause, if the code is `paused`.
    """

    ok: No
    code: Code
    message: str
    retry_after_s: float | None = None
    field: str | None = None
    reason: PauseReason | None = None
    open: tuple[Mode, ...] | None = None
    whose: Whose | None = None


Ack: TypeAlias = Ok | Refusal
IceAck: TypeAlias = IceOk | Refusal

# --- to the visitor -----------------------------------------------------------------------------------------------


class Limits(Struct, frozen=True):
    """The limits that a client must keep to, told in `welcome`."""

    interests: int
    interest_chars: int
    languages: int
    signal_bytes: int
    message_bytes: int
    resume_window_s: float
    quotas: dict[QuotaName, Quota]
    pause_max_s: float = PAUSE_MAX_S
    resume_window_chat_s: float = RESUME_WINDOW_S  # the default: an older server has one window


class Resumed(Struct, frozen=True, omit_defaults=True):
    """The state that a successful resume found. `chat` and `partner` are set if it is `chatting`."""

    state: Literal["idle", "searching", "chatting"]
    chat: str | None = None
    partner: Literal["here", "away"] | None = None


class WelcomeArgs(Struct, frozen=True):
    """All that a client needs to start. `resume` is its token; `resumed` is None unless a resume has worked.

    `paused` is left out if the visitor may search. `relay`: a call can go through a TURN relay, so `hide` is possible.
    """

    v: int
    server: str
    online: int
    ice_servers: list[IceServer]
    limits: Limits
    resume: str
    resumed: Resumed | None = None
    paused: Pause | UnsetType = UNSET
    relay: bool = False


class SearchingArgs(Struct, frozen=True):
    """How long the search has lasted (s), and whether its patience has run out (`widened`)."""

    since_s: float
    widened: bool


class MatchedArgs(Struct, frozen=True):
    """The facts of a new chat. One of the two is polite (perfect negotiation); the other sends the first offer.

    `step_max`: the highest step that the two may open (docs/blind-relay.md, `step`).
    """

    chat: str
    polite: bool
    mode: Mode
    common: list[str]
    languages: list[str]
    relay_only: bool
    ice_servers: list[IceServer]
    seal: Seal | None = None
    step_max: Step = 2


class MovingArgs(Struct, frozen=True):
    """Within how many seconds the visitor is to move to another server."""

    after_s: float


class FailedArgs(Struct, frozen=True, omit_defaults=True):
    """An error that no reply can carry. `closes`: the connection ends with it."""

    event: str | None
    chat: str | None
    code: Code
    message: str
    retry_after_s: float | None = None
    field: str | None = None
    reason: PauseReason | None = None
    open: tuple[Mode, ...] | None = None
    whose: Whose | None = None
    closes: bool = False


class Welcome(WireEvent, tag="welcome"):
    """The first event of a connection: clients send nothing before it."""

    args: WelcomeArgs


class Online(WireEvent, tag="online"):
    """How many visitors are connected, told when the number has changed."""

    count: int


class Searching(WireEvent, tag="searching"):
    """The visitor has a place in the lobby; sent again when its patience has run out."""

    args: SearchingArgs


class Matched(WireEvent, tag="matched"):
    """A partner is found, and the chat begins."""

    args: MatchedArgs


class Partner(WireEvent, tag="partner"):
    """The partner's connection broke (`away`), or the partner came back in time (`back`)."""

    chat: str
    state: PartnerState


class Ended(WireEvent, tag="ended"):
    """The chat is over. A visitor that ended it itself gets only the reply."""

    chat: str
    reason: EndReason


class Moving(WireEvent, tag="moving"):
    """This server will close, and another one takes its visitors: reconnect with the token, and the chat goes on."""

    args: MovingArgs


class Paused(WireEvent, tag="paused"):
    """The operator has changed what this visitor may do: closed or opened the server, or forgiven (None)."""

    pause: Pause | None


class Failed(WireEvent, tag="failed"):
    """Reports an error to a client that has no reply to wait for."""

    args: FailedArgs


ServerEvent: TypeAlias = (
    Welcome | Online | Searching | Matched | Signal | Message | Typing | Partner | Ended | Moving | Paused | Failed
)


class ConnectErrorData(Struct, frozen=True, omit_defaults=True):
    """The `data` of a CONNECT_ERROR. `speaks` lists the protocol versions of this server."""

    code: Code
    speaks: list[int] | None = None
    retry_after_s: float | None = None
    reason: PauseReason | None = None
    open: tuple[Mode, ...] | None = None
    whose: Whose | None = None
