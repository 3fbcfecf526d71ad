"""The content of a sealed body: `lp(name) lp(value)` (docs/blind-relay.md, "Bytes").

The partner is a stranger, so whatever is not exactly as expected decodes to None, which is ignored.
"""

from typing import Annotated, Literal, TypeAlias

import msgspec
from msgspec import Meta, Struct

from omefree.contract.events import Commitment
from omefree.errors import SealError, TooLong
from omefree.seal.binary import lp, split
from omefree.seal.frame import RelayEvent

TEXT_MAX_BYTES = 12_000  # sealed, framed and in base64url these are 16,048; `limits.message_bytes` is 16,384

REACTIONS = ("👋", "😄", "👍", "👏", "😮", "❤️")  # as in web/src/state/reactions.ts

Count: TypeAlias = Annotated[int, Meta(ge=0, le=2**53 - 1)]  # integers that JavaScript represents exactly


class Text(Struct, frozen=True):
    """A text of the chat. On the wire it is its own UTF-8, not JSON."""

    text: str


class Ready(Struct, frozen=True):
    """The first sealed content of each side. `commit`: the sender's commitment for an `again`."""

    commit: Commitment | None


class Description(Struct, frozen=True):
    """An RTCSessionDescription of WebRTC."""

    type: Literal["offer", "answer"]
    sdp: str


class Candidate(
    Struct,
    frozen=True,
    rename={"sdp_mid": "sdpMid", "sdp_mline_index": "sdpMLineIndex", "username_fragment": "usernameFragment"},
):
    """An RTCIceCandidate of WebRTC, with the fields of its toJSON."""

    candidate: str
    sdp_mid: str | None = None
    sdp_mline_index: Annotated[int, Meta(ge=0, le=0xFFFF)] | None = None
    username_fragment: str | None = None


class Media(Struct, frozen=True):
    """Whether the sender's microphone and camera are on."""

    mic: bool
    cam: bool


class Step(Struct, frozen=True):
    """What the sender agrees to in a text chat. `open` is 0 for text alone, 1 for sound, 2 for sound and video."""

    open: Literal[0, 1, 2]


class Reaction(Struct, frozen=True):
    """A sign that floats over the chat. `sign` is an index into REACTIONS."""

    sign: Annotated[int, Meta(ge=0, le=5)]


class Receipt(Struct, frozen=True):
    """For each lane, the number expected next. `again`: the partner shall resend from there."""

    message: Count
    signal: Count
    again: bool


Sendable: TypeAlias = (
    Text | Description | Candidate | Media | Step | Reaction
)  # contents that the channel's user sends and gets
Content: TypeAlias = Sendable | Ready | Receipt

# The name of each content, and the event that carries it; None: the channel itself sends it.
_KINDS: dict[type[Struct], tuple[bytes, RelayEvent | None]] = {
    Text: (b"text", "message"),
    Description: (b"description", "signal"),
    Candidate: (b"candidate", "signal"),
    Media: (b"media", "signal"),
    Step: (b"step", "signal"),
    Reaction: (b"reaction", "signal"),
    Ready: (b"ready", None),
    Receipt: (b"receipt", None),
}
EVENT_OF: dict[type[Struct], RelayEvent] = {cls: event for cls, (_, event) in _KINDS.items() if event is not None}
_TYPES: dict[bytes, type[Content]] = {name: cls for cls, (name, _) in _KINDS.items()}  # type: ignore[misc]


def encode_content(content: Content) -> bytes:
    """The bytes to seal. Raises TooLong for a text over 12,000 UTF-8 bytes, and for any value over 65,535."""
    value = _utf8(content.text) if isinstance(content, Text) else msgspec.json.encode(content)
    limit = TEXT_MAX_BYTES if isinstance(content, Text) else 0xFFFF
    if len(value) > limit:
        raise TooLong(len(value) - limit)
    return lp(_KINDS[type(content)][0], value)


def decode_content(data: bytes) -> Content | None:
    """The content; None for an unknown name or a malformed value."""
    try:
        name, value = split(data)
        cls = _TYPES[name]
        content = _decode_text(value) if cls is Text else msgspec.json.decode(value, type=cls)
    except (SealError, ValueError, KeyError, RecursionError):
        return None
    return content


def _decode_text(value: bytes) -> Text | None:
    return Text(value.decode()) if 1 <= len(value) <= TEXT_MAX_BYTES else None


def _utf8(text: str) -> bytes:
    """A lone surrogate has no UTF-8 and becomes `?`; some terminals and clipboards give one."""
    return text.encode(errors="replace")
