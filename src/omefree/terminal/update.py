"""The reducer: `update(model, event, at)` gives the model after an event. Pure."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

from msgspec import Struct
from msgspec.structs import replace

from omefree.client import events as client
from omefree.contract.codes import Code
from omefree.contract.events import Pause
from omefree.guard.contacts import folds
from omefree.seal.content import REACTIONS, Reaction, Step
from omefree.terminal.history import add, delivered, is_trusted, unfolded, unsent
from omefree.terminal.model import (
    CONFIRM_EXPIRES_S,
    TYPING_EXPIRES_S,
    Broken,
    Chat,
    Line,
    Model,
    Note,
    Search,
    TextLine,
    note,
    warning,
)
from omefree.terminal.pauses import pause_notes

# --- the program's own events, beside those of omefree.client ---


class Agreed(Struct, frozen=True):
    """The visitor has said to be 18 or over, and takes the rules."""


class Shows(Struct, frozen=True):
    """The visitor wants to see the texts that are folded."""


class PausedUntil(Struct, frozen=True):
    """We may not search, or may again (None). `until`: the time of day when it ends; empty if waiting does not help.

    `ends`: our search was refused for it, and is not tried again.
    """

    pause: Pause | None
    until: str
    ends: bool = False


class Looks(Struct, frozen=True):
    """We search for a partner: the screen is cleared for the next chat."""


class SearchRefused(Struct, frozen=True):
    """The server refused the search. `retry_in_s` None: it is not tried again."""

    code: Code
    retry_in_s: float | None


class Stopped(Struct, frozen=True):
    """We left the chat or the search, without a next one."""


class Asked(Struct, frozen=True):
    """We asked for the last partner again. `code`: why that failed; None if it did not."""

    code: str | None = None


class Wrote(Struct, frozen=True):
    """We said text number `n` of a chat."""

    chat: str
    n: int
    text: str


class Reported(Struct, frozen=True):
    """We reported the partner, and the server took it."""


class Says(Struct, frozen=True):
    """Lines of the program's own, for the history."""

    lines: tuple[Note, ...]


class Hints(Struct, frozen=True):
    """A line above the input; None removes it."""

    hint: Note | None


class Escape(Struct, frozen=True):
    """The first Esc in a chat."""


class Tick(Struct, frozen=True):
    """A second has passed."""


Own: TypeAlias = (
    Agreed
    | Looks
    | SearchRefused
    | PausedUntil
    | Stopped
    | Asked
    | Wrote
    | Shows
    | Reported
    | Says
    | Hints
    | Escape
    | Tick
)
TerminalEvent: TypeAlias = client.Event | Own


def update(model: Model, event: TerminalEvent, at: float) -> Model:
    """The model after an event at time `at`, in seconds."""
    row = ROWS[type(event)]
    return expired(replace(row(replace(model, now=at), event), now=at))


def expired(model: Model) -> Model:
    """The model without what has lasted its time: the sign of typing, the question after Esc, and folds."""
    chat = model.chat
    if chat is not None and chat.typing_until is not None and chat.typing_until <= model.now:
        model = replace(model, chat=replace(chat, typing_until=None))
    if model.confirm_until is not None and model.confirm_until <= model.now:
        model = replace(model, confirm_until=None)
    return unfolded(model) if is_trusted(model) else model


def is_of(model: Model, chat: str) -> bool:
    """True if this is the present chat."""
    return model.chat is not None and model.chat.id == chat


# --- searching ---


def on_looks(model: Model, _: Looks) -> Model:
    """Clears the screen: nothing of the last chat stays."""
    search = Search(model.now)
    return replace(
        model, stage="searching", search=search, chat=None, lines=(), asked=False, confirm_until=None, hint=None
    )


def on_searching(model: Model, event: client.Searching) -> Model:
    """Takes the start of the search from the server; the first `widened` is told."""
    if model.search is None:
        return model  # it crossed our stop
    since = min(model.search.since, model.now - event.since_s)
    widened = event.widened and not model.search.widened and bool(model.interests)
    model = replace(model, search=Search(since, event.widened))
    return add(model, note("search.widened")) if widened else model


def on_refused(model: Model, event: SearchRefused) -> Model:
    """Plans the next attempt, or stops the search."""
    if model.search is None:
        return model
    if event.retry_in_s is None:
        key = "refused.bad_criteria" if event.code == "bad_criteria" else "refused"
        return add(replace(model, stage="stopped", search=None), warning(key))
    search = replace(model.search, retry_at=model.now + event.retry_in_s, refusal=event.code)
    return replace(model, search=search)


def on_matched(model: Model, event: client.Matched) -> Model:
    """Begins a chat with an empty history."""
    lines: list[Line] = [note("hello.again" if event.again else "hello")]
    if event.common:
        lines.append(note("common", interests=tuple(event.common)))
    chat = Chat(event.chat, model.now)
    return replace(
        model, stage="chatting", chat=chat, search=None, asked=False, lines=tuple(lines), confirm_until=None, hint=None
    )


def on_stopped(model: Model, _: Stopped) -> Model:
    """Ends the chat or the search; texts that still wait have failed."""
    if model.stage not in ("searching", "chatting"):
        return replace(model, asked=False)
    model = replace(model, stage="stopped", chat=None, search=None, confirm_until=None)
    return add(unsent(model), note("stopped"))


# --- a chat ---


def on_sealed(model: Model, event: client.Sealed) -> Model:
    """Keeps the emoji."""
    if model.chat is None or not is_of(model, event.chat):
        return model
    return replace(model, chat=replace(model.chat, emoji=event.emoji))


def on_text(model: Model, event: client.Text) -> Model:
    """Adds the partner's text, which ends the sign of typing. A link or a contact is folded at first."""
    if model.chat is None or not is_of(model, event.chat):
        return model
    line = TextLine(event.text, folded=not is_trusted(model) and folds(event.text))
    return add(replace(model, chat=replace(model.chat, typing_until=None)), line)


def on_heard(model: Model, event: client.Heard) -> Model:
    """Shows a reaction, and says once in a chat that the partner would like to speak.

    All else of a call is nothing to a terminal.
    """
    if isinstance(event.content, Reaction):
        return reacted(model, event.content.sign) if is_of(model, event.chat) else model
    asks = isinstance(event.content, Step) and event.content.open > 0
    told = note("speak") in model.lines
    return add(model, note("speak")) if asks and not told and is_of(model, event.chat) else model


def reacted(model: Model, sign: int) -> Model:
    """The model with the reaction. Several in a row take one line, so that nobody can flood the screen."""
    is_row = bool(model.lines) and isinstance(last := model.lines[-1], Note) and last.key == "reaction"
    lines = model.lines[:-1] if is_row else model.lines
    return add(replace(model, lines=lines), note("reaction", sign=REACTIONS[sign]))


def on_wrote(model: Model, event: Wrote) -> Model:
    """Adds our own text, as one that still waits."""
    if model.chat is None or not is_of(model, event.chat):
        return model
    return add(replace(model, chat=replace(model.chat, wrote=True)), TextLine(event.text, "waiting", event.n))


def on_delivery(model: Model, event: client.Delivery) -> Model:
    """Marks our own text. A late `sent` after `delivered` changes nothing."""
    if not is_of(model, event.chat):
        return model
    return replace(model, lines=tuple(delivered(line, event.n, event.state) for line in model.lines))


def on_typing(model: Model, event: client.Typing) -> Model:
    """Shows or removes the sign of typing."""
    if model.chat is None or not is_of(model, event.chat):
        return model
    until = model.now + TYPING_EXPIRES_S if event.on else None
    return replace(model, chat=replace(model.chat, typing_until=until))


def on_partner(model: Model, event: client.Partner) -> Model:
    """Shows until when the partner may come back, or that it has."""
    if model.chat is None or not is_of(model, event.chat):
        return model
    until = model.now + model.window_s if event.state == "away" else None
    return replace(model, chat=replace(model.chat, away_until=until, typing_until=None))


def on_ended(model: Model, event: client.Ended) -> Model:
    """Ends the chat and says why; a fault of the seal is a warning."""
    if not is_of(model, event.chat):
        return model
    style = warning if event.reason.startswith("seal_") else note
    model = replace(model, stage="over", chat=None, confirm_until=None)
    return add(
        unsent(model),
        style(f"ended.{event.reason}"),
        note("ended.next" if event.reason in REUNITING else "ended.enter"),
    )


def on_asked(model: Model, event: Asked) -> Model:
    """Says that we asked, or why that failed."""
    if event.code is None:
        return add(replace(model, asked=True), note("again.asked"))
    return add(replace(model, asked=False), warning(f"again.{event.code}"))


def on_reported(model: Model, _: Reported) -> Model:
    """Ends the chat that was reported."""
    model = replace(model, asked=False, confirm_until=None)
    if model.stage == "chatting":
        model = unsent(replace(model, stage="over", chat=None))
    return add(model, note("ended.reported"))


# --- the connection, and the rest ---


def on_lost(model: Model, event: client.LinkLost) -> Model:
    """Shows that our connection is broken, and when the next attempt is."""
    chat = model.chat and replace(model.chat, typing_until=None)
    return replace(model, broken=Broken(model.now + event.retry_in_s), online=None, chat=chat)


def on_outdated(model: Model, _: client.Outdated) -> Model:
    """Ends everything: the server no longer speaks this program's version of the protocol."""
    model = replace(model, stage="outdated", chat=None, search=None, broken=None, confirm_until=None)
    return add(unsent(model), warning("outdated"))


def on_failed(model: Model, event: client.Failed) -> Model:
    """Says that the server refused something, which ends a search."""
    stage = "stopped" if model.stage == "searching" else model.stage
    return add(replace(model, stage=stage, search=None), warning("refused"))


def on_paused(model: Model, event: client.Paused | PausedUntil) -> Model:
    """Says why we may not search, or that we may again. A blocked address has lost its connection for good."""
    pause = event.pause
    told = pause_notes(pause, event.until if isinstance(event, PausedUntil) else "", model.host)
    if isinstance(event, PausedUntil) and event.ends and model.stage == "searching":
        model = replace(model, stage="stopped", search=None)
    if pause is not None and pause.reason == "blocked":
        model = replace(unsent(model), stage="blocked", chat=None, search=None, broken=None, confirm_until=None)
    return add(model, *told)


def on_escape(model: Model, _: Escape) -> Model:
    """Asks for a second Esc, in a chat only."""
    return replace(model, confirm_until=model.now + CONFIRM_EXPIRES_S, hint=None) if model.chat else model


REUNITING = {"left", "skipped", "lost"}  # ends of a chat that allow `again`

ROWS: dict[type[Struct], Callable[[Model, Any], Model]] = {
    client.Online: lambda model, event: replace(model, online=event.count),
    client.Searching: on_searching,
    client.Matched: on_matched,
    client.Sealed: on_sealed,
    client.Text: on_text,
    client.Heard: on_heard,
    client.Delivery: on_delivery,
    client.Typing: on_typing,
    client.Partner: on_partner,
    client.Ended: on_ended,
    client.LinkLost: on_lost,
    client.LinkBack: lambda model, _: replace(model, broken=None),
    client.Outdated: on_outdated,
    client.Failed: on_failed,
    client.Paused: on_paused,
    PausedUntil: on_paused,
    Agreed: lambda model, _: replace(model, adult=True),
    Shows: lambda model, _: unfolded(model),
    Looks: on_looks,
    SearchRefused: on_refused,
    Stopped: on_stopped,
    Asked: on_asked,
    Wrote: on_wrote,
    Reported: on_reported,
    Says: lambda model, event: add(model, *event.lines),
    Hints: lambda model, event: replace(model, hint=event.hint, confirm_until=None),
    Escape: on_escape,
    Tick: lambda model, _: model,
}
