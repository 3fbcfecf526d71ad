"""Events and acknowledgements as Socket.IO frames of the default namespace, and back (protocol.md)."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Literal, TypeAlias

import msgspec

from omefree.contract import events
from omefree.contract.codes import MESSAGES
from omefree.errors import CriteriaError, EventError
from omefree.wire.socketio import ACK, EVENT_PREFIX, encode

NAMES = frozenset(str(kind.__struct_config__.tag) for kind in events.VisitorEvent.__args__)
# Where msgspec says that a field of `find` is wrong, or the only one that may not be left out is missing.
CRITERION = re.compile(r"at `\$\[1\]\.(\w+)[^`]*`$|required field `(mode)` - at `\$\[1\]`$")
DECODE_ERRORS = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)

Relay: TypeAlias = tuple[Literal["message", "signal"], str, str]
Command: TypeAlias = events.Find | events.Leave | events.Typing | events.Report | events.Again | events.Ice

_encoder = msgspec.json.Encoder()
_decode_command: Callable[[bytes], Command] = msgspec.json.Decoder(Command).decode
_decode_array = msgspec.json.Decoder(list[msgspec.Raw]).decode
decode_relay: Callable[[bytes], Relay] = msgspec.json.Decoder(Relay).decode

OK = _encoder.encode([events.Ok()])


def event_frame(event: events.ServerEvent) -> bytes:
    return EVENT_PREFIX + _encoder.encode(event)


def ack_frame(ack: int, answer: events.IceOk | events.Refusal) -> bytes:
    return encode(ACK, body=_encoder.encode([answer]), ack=ack)


def ok_frame(ack: int) -> bytes:
    return b"43%d%b" % (ack, OK)


def decode_command(body: bytes) -> Command:
    """Any other event. Raises EventError: `bad_args`, `unknown_event`, or `bad_criteria` with its field."""
    try:
        return _decode_command(body)
    except DECODE_ERRORS as error:
        name = name_of(body)
        if name is not None and name not in NAMES:
            raise EventError("unknown_event") from None
        criterion = CRITERION.search(str(error))
        raise CriteriaError(criterion[1] or criterion[2]) if criterion else EventError("bad_args") from None


def name_of(body: bytes) -> str | None:
    """An event's name, if it has one that can be read."""
    try:
        name = msgspec.json.decode(_decode_array(body)[0])
    except (*DECODE_ERRORS, IndexError):
        return None
    return name if isinstance(name, str) else None


def refusal(error: EventError) -> events.Refusal:
    return events.Refusal(
        ok=False, code=error.code, message=MESSAGES[error.code], retry_after_s=error.retry_after_s, field=error.field
    )


def failed(name: str | None, chat: str | None, error: EventError, *, closes: bool = False) -> events.Failed:
    """An error with no acknowledgement to carry it."""
    return events.Failed(
        events.FailedArgs(
            event=name if name in NAMES else None,
            chat=chat,
            code=error.code,
            message=MESSAGES[error.code],
            retry_after_s=error.retry_after_s,
            field=error.field,
            closes=closes,
        )
    )
