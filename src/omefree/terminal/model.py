"""The state of the terminal: plain data, with no clock, socket or screen. Times are seconds of any clock."""

from __future__ import annotations

from typing import Literal, TypeAlias

from msgspec import Struct
from msgspec.structs import replace

from omefree.contract.codes import Code
from omefree.seal.handshake import Emoji

TYPING_EXPIRES_S = 5.0  # after one lost "off" it must not stay for ever
CONFIRM_EXPIRES_S = 4.0
TRUST_S = 10.0  # of the chat, until a link is shown to a visitor who has written
LINES_MAX = 2_000  # older lines of a very long chat are dropped

Stage: TypeAlias = Literal["start", "searching", "chatting", "over", "stopped", "outdated", "blocked"]
Param: TypeAlias = str | int | tuple[str, ...]  # a tuple is listed as people list things
Delivery: TypeAlias = Literal["waiting", "sent", "delivered", "failed", "theirs"]


class TextLine(Struct, frozen=True):
    """A text in the history. `n` is the number of our own text; the state of a partner's text is `theirs`.

    `folded`: it holds a link or a contact, and is not shown yet.
    """

    text: str
    state: Delivery = "theirs"
    n: int = -1
    folded: bool = False


class Note(Struct, frozen=True):
    """A line of the program's own: a key of the words, and the values of its holes. Without a key it is empty."""

    key: str
    params: tuple[tuple[str, Param], ...] = ()
    style: Literal["note", "warning", "title"] = "note"


Line: TypeAlias = TextLine | Note


def note(key: str, **params: Param) -> Note:
    """A Note of style `note`."""
    return Note(key, tuple(params.items()))


def warning(key: str, **params: Param) -> Note:
    """A Note of style `warning`."""
    return Note(key, tuple(params.items()), "warning")


class Chat(Struct, frozen=True):
    """The present chat. `emoji` is None until it is sealed; `away_until` None: the partner is connected.

    `since`: when it began; `wrote`: whether we have written in it.
    """

    id: str
    since: float = 0.0
    wrote: bool = False
    emoji: Emoji | None = None
    typing_until: float | None = None
    away_until: float | None = None


class Search(Struct, frozen=True):
    """The present search. After a refusal, `retry_at` is when it is tried again and `refusal` the server's code."""

    since: float
    widened: bool = False
    retry_at: float | None = None
    refusal: Code | None = None


class Broken(Struct, frozen=True):
    """Our own connection is broken. `retry_at` in the past: an attempt is under way."""

    retry_at: float


class Model(Struct, frozen=True):
    """Everything that the screen shows."""

    host: str
    window_s: float  # how long a partner whose connection broke may take to come back
    interests: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    now: float = 0.0
    stage: Stage = "start"
    adult: bool = False  # the visitor has said to be 18 or over; known here only, and only until the program ends
    online: int | None = None
    broken: Broken | None = None
    search: Search | None = None
    chat: Chat | None = None  # in the stage chatting
    asked: bool = False  # we have asked for the last partner again
    lines: tuple[Line, ...] = ()
    hint: Note | None = None  # a line above the input, until the next key
    confirm_until: float | None = None  # until then, a second Esc means "stop"


def first(model: Model) -> Model:
    """The model at the start: it shows what this program is, and the rules."""
    lines: list[Line] = [Note("start.title", style="title"), note("start.lead"), note("")]
    lines += [note("start.adults"), note("start.kind"), note("start.report"), note("")]
    if model.interests:
        lines.append(note("start.interests", interests=model.interests))
    if model.languages:
        lines.append(note("start.languages", languages=model.languages))
    return replace(model, lines=(*lines, note("start.agree")))
