"""The fixed words of the wire: codes, reasons, modes. Each set is one `Literal`, checked in both languages."""

from typing import Literal, TypeAlias, get_args

PROTOCOL_VERSION = 1
SPEAKS: tuple[int, ...] = (PROTOCOL_VERSION,)

Code: TypeAlias = Literal[
    "version",
    "bad_args",
    "bad_criteria",
    "too_big",
    "unknown_event",
    "chat_over",
    "partner_away",
    "rate_limited",
    "paused",
    "no_turn",
    "full",
    "draining",
    "origin",
    "slow",
    "internal",
]

Mode: TypeAlias = Literal["video", "text"]
EndReason: TypeAlias = Literal["left", "skipped", "lost", "moderated", "drained"]
ReportReason: TypeAlias = Literal["nudity", "minor", "hate", "violence", "spam", "other"]
PartnerState: TypeAlias = Literal["away", "back"]
# Why a visitor is paused: for what it was reported, `mixed` if that must not be told; or the operator's doing.
PauseReason: TypeAlias = Literal["nudity", "minor", "hate", "violence", "spam", "other", "mixed", "blocked", "frozen"]
Whose: TypeAlias = Literal["visit", "address", "server"]  # what the pause is on: everybody here, if `server`
Step: TypeAlias = Literal[0, 1, 2]  # what two in a chat may open: text, sound, sound and video

CODES: tuple[Code, ...] = get_args(Code)

# One sentence for people for each code: what happened, what to do. A client shows its own translation.
MESSAGES: dict[Code, str] = {
    "version": "This page is of another version than the server: reload it.",
    "bad_args": "The event's arguments are not of the form that the protocol gives.",
    "bad_criteria": "A search criterion is not valid: correct the field named and search again.",
    "too_big": "That is too long to send: shorten it.",
    "unknown_event": "The server does not know this event.",
    "chat_over": "This chat is over.",
    "partner_away": "The partner's connection broke: wait for it to come back, or go on to the next.",
    "rate_limited": "Too much at once: wait a moment and try again.",
    "paused": "You cannot search for a while: the reply says why, until when, and what stays open.",
    "no_turn": "This server has no TURN relay, so it cannot hide addresses: search without `hide`.",
    "full": "The server is full: try again in a moment.",
    "draining": "The server is about to restart: connect again in a moment.",
    "origin": "This page is not allowed to use this server.",
    "slow": "The connection does not keep up: connect again.",
    "internal": "Something went wrong on the server: try again.",
}
