"""Encodes and decodes events and replies as Socket.IO frames of the default namespace (docs/protocol.md)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal, TypeAlias

import msgspec
from msgspec import structs

from omefree.contract import events
from omefree.contract.codes import MESSAGES
from omefree.errors import CriteriaError, EventError, PausedError
from omefree.wire.socketio import ACK, EVENT_PREFIX, encode

NAMES = frozenset(str(kind.__struct_config__.tag) for kind in events.VisitorEvent.__args__)
DECODE_ERRORS = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)

Relay: TypeAlias = tuple[Literal["message", "signal"], str, str]

_encoder = msgspec.json.Encoder()
_decode_command: Callable[[bytes], events.Command] = msgspec.json.Decoder(events.Command).decode
_decode_find = msgspec.json.Decoder(tuple[Literal["find"], dict[str, msgspec.Raw]]).decode
_criteria = {field.encode_name: msgspec.json.Decoder(field.type) for field in structs.fields(events.Criteria)}
_required = [field.encode_name for field in structs.fields(events.Criteria) if field.required]
_decode_array = msgspec.json.Decoder(list[msgspec.Raw]).decode
decode_relay: Callable[[bytes], Relay] = msgspec.json.Decoder(Relay).decode

FRAME_BYTES = 8_192  # the longest event, `matched`, has 3 KB: ten interests in four-byte letters, and TURN
SHORT = (events.Ended, events.Searching, events.Online, events.Partner)  # they hold numbers, words and ids of ours
SHORT_BYTES = 256


def _json(value: events.ServerEvent | list[Any]) -> bytes:
    """JSON, written where there is room for the whole of it.

    A buffer that grows moves, and of its old place only the ends are overwritten (docs/privacy-residue.md).
    """
    buffer = bytearray(SHORT_BYTES if type(value) in SHORT else FRAME_BYTES)
    _encoder.encode_into(value, buffer)
    return bytes(buffer)


OK = _json([events.Ok()])


def event_frame(event: events.ServerEvent) -> bytes:
    """An event for a visitor as one whole frame."""
    return EVENT_PREFIX + _json(event)


def ack_frame(ack: int, answer: events.IceOk | events.Refusal) -> bytes:
    """The reply to the event with acknowledgement number `ack`: ICE servers, or a refusal."""
    return encode(ACK, body=_json([answer]), ack=ack)


def ok_frame(ack: int) -> bytes:
    """The reply `{"ok": true}` to the event with acknowledgement number `ack`."""
    return b"43%d%b" % (ack, OK)


def decode_command(body: bytes) -> events.Command:
    """Any event that is not a relayed string, decoded and checked.
    Raises EventError: `unknown_event`, `bad_args`, or `bad_criteria` with the name of the wrong field.
    """
    try:
        return _decode_command(body)
    except DECODE_ERRORS:
        raise _what_is_wrong(body) from None


def _what_is_wrong(body: bytes) -> EventError:
    name = name_of(body)
    if name is not None and name not in NAMES:
        return EventError("unknown_event")
    criterion = _wrong_criterion(body) if name == "find" else None
    return EventError("bad_args") if criterion is None else CriteriaError(criterion)


def _wrong_criterion(body: bytes) -> str | None:
    """The first criterion of a `find` that is invalid or missing; None if the fault is not in a criterion."""
    try:
        criteria = _decode_find(body)[1]
    except DECODE_ERRORS:
        return None
    wrong = (key for key, raw in criteria.items() if key in _criteria and not _is_valid(key, raw))
    return next(wrong, next((key for key in _required if key not in criteria), None))


def _is_valid(criterion: str, raw: msgspec.Raw) -> bool:
    try:
        _criteria[criterion].decode(raw)
    except DECODE_ERRORS:
        return False
    return True


def name_of(body: bytes) -> str | None:
    """The name of an event, even of an invalid one; None if no name can be read."""
    try:
        name = msgspec.json.decode(_decode_array(body)[0])
    except (*DECODE_ERRORS, IndexError):
        return None
    return name if isinstance(name, str) else None


def refusal(error: EventError) -> events.Refusal:
    """The reply that carries an error."""
    return events.Refusal(
        ok=False,
        code=error.code,
        message=MESSAGES[error.code],
        retry_after_s=error.retry_after_s,
        field=error.field,
        **_why(error),
    )


def failed(name: str | None, chat: str | None, error: EventError, *, closes: bool = False) -> events.Failed:
    """The event `failed`: an error that no reply can carry, or one that closes the connection."""
    return events.Failed(
        events.FailedArgs(
            event=name if name in NAMES else None,
            chat=chat,
            code=error.code,
            message=MESSAGES[error.code],
            retry_after_s=error.retry_after_s,
            field=error.field,
            closes=closes,
            **_why(error),
        )
    )


def _why(error: EventError) -> dict[str, Any]:
    """What the wire tells of a pause, beside how long it lasts; nothing if the error is none."""
    if not isinstance(error, PausedError):
        return {}
    return {"reason": error.pause.reason, "open": error.pause.open, "whose": error.pause.whose}
