"""What the terminal knows: plain data, no clock, no socket, no screen. Times are seconds of any clock."""

from __future__ import annotations

from typing import Literal, TypeAlias

from msgspec import Struct
from msgspec.structs import replace

from omefree.contract.codes import Code
from omefree.seal.handshake import Emoji

TYPING_EXPIRES_S = 5.0  # one lost "off" must not leave it standing
CONFIRM_EXPIRES_S = 4.0
LINES_MAX = 2_000  # of a chat that is very long, the end

Stage: TypeAlias = Literal["start", "searching", "chatting", "over", "stopped", "outdated"]
Param: TypeAlias = str | int | tuple[str, ...]  # several are listed as people do
Delivery: TypeAlias = Literal["waiting", "sent", "delivered", "failed", "theirs"]


class TextLine(Struct, frozen=True):
    """A text. `n` is its number if it is ours; `state` is `theirs` if it is not."""

    text: str
    state: Delivery = "theirs"
    n: int = -1


class Note(Struct, frozen=True):
    """A line of the program's own: a key of the words, and what its holes hold. Without a key it is empty."""

    key: str
    params: tuple[tuple[str, Param], ...] = ()
    style: Literal["note", "warning", "title"] = "note"


Line: TypeAlias = TextLine | Note


def note(key: str, **params: Param) -> Note:
    return Note(key, tuple(params.items()))


def warning(key: str, **params: Param) -> Note:
    return Note(key, tuple(params.items()), "warning")


class Chat(Struct, frozen=True):
    id: str
    emoji: Emoji | None = None  # when it is sealed
    typing_until: float | None = None
    away_until: float | None = None


class Search(Struct, frozen=True):
    """`retry_at`, `refusal`: the server refused, and when it is asked again."""

    since: float
    widened: bool = False
    retry_at: float | None = None
    refusal: Code | None = None


class Broken(Struct, frozen=True):
    """Our own link. `retry_at` in the past: being tried."""

    retry_at: float


class Model(Struct, frozen=True):
    host: str
    window_s: float  # how long a partner whose link broke may take to come back
    interests: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    now: float = 0.0
    stage: Stage = "start"
    online: int | None = None
    broken: Broken | None = None
    search: Search | None = None
    chat: Chat | None = None  # of the stage chatting
    asked: bool = False  # for the last partner again
    lines: tuple[Line, ...] = ()
    hint: Note | None = None  # one line above the input, until the next key
    confirm_until: float | None = None  # a second Esc means next


def first(model: Model) -> Model:
    """What stands there before anything happens: what this is, and the rules."""
    lines: list[Line] = [Note("start.title", style="title"), note("start.lead"), note("")]
    lines += [note("start.adults"), note("start.kind"), note("start.report"), note("")]
    if model.interests:
        lines.append(note("start.interests", interests=model.interests))
    if model.languages:
        lines.append(note("start.languages", languages=model.languages))
    return replace(model, lines=(*lines, note("start.agree")))
