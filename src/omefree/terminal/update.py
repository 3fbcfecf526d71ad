"""The one reducer: `update(model, event, at)`, what happens to the screen when something happens. Pure."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

from msgspec import Struct
from msgspec.structs import replace

from omefree.client import events as client
from omefree.contract.codes import Code
from omefree.terminal.model import (
    CONFIRM_EXPIRES_S,
    LINES_MAX,
    TYPING_EXPIRES_S,
    Broken,
    Chat,
    Delivery,
    Line,
    Model,
    Note,
    Search,
    TextLine,
    note,
    warning,
)

# --- what the program itself does, beside the events of omefree.client ---


class Looks(Struct, frozen=True):
    """Asks for a partner: the screen is that of the next one."""


class SearchRefused(Struct, frozen=True):
    """`retry_in_s` None: and it is not asked again."""

    code: Code
    retry_in_s: float | None


class Stopped(Struct, frozen=True):
    """Left the chat or the search, for nobody."""


class Asked(Struct, frozen=True):
    """For the last partner again; `code` if in vain."""

    code: str | None = None


class Wrote(Struct, frozen=True):
    chat: str
    n: int
    text: str


class Reported(Struct, frozen=True):
    pass


class Says(Struct, frozen=True):
    """Lines of the program's own, into the history."""

    lines: tuple[Note, ...]


class Hints(Struct, frozen=True):
    """One line above the input; None takes it away."""

    hint: Note | None


class Escape(Struct, frozen=True):
    """The first Esc in a chat."""


class Tick(Struct, frozen=True):
    pass


Own: TypeAlias = Looks | SearchRefused | Stopped | Asked | Wrote | Reported | Says | Hints | Escape | Tick
Event: TypeAlias = client.Event | Own


def update(model: Model, event: Event, at: float) -> Model:
    row = ROWS[type(event)]
    return expired(replace(row(replace(model, now=at), event), now=at))


def expired(model: Model) -> Model:
    """What stands for a while only."""
    chat = model.chat
    if chat is not None and chat.typing_until is not None and chat.typing_until <= model.now:
        model = replace(model, chat=replace(chat, typing_until=None))
    if model.confirm_until is not None and model.confirm_until <= model.now:
        model = replace(model, confirm_until=None)
    return model


def add(model: Model, *lines: Line) -> Model:
    return replace(model, lines=(*model.lines, *lines)[-LINES_MAX:])


def is_of(model: Model, chat: str) -> bool:
    return model.chat is not None and model.chat.id == chat


# --- searching ---


def on_looks(model: Model, _: Looks) -> Model:
    """The screen is cleared: what was said is over, and nothing of it stays."""
    search = Search(model.now)
    return replace(
        model, stage="searching", search=search, chat=None, lines=(), asked=False, confirm_until=None, hint=None
    )


def on_searching(model: Model, event: client.Searching) -> Model:
    if model.search is None:
        return model  # it crosses our stop
    since = min(model.search.since, model.now - event.since_s)
    widened = event.widened and not model.search.widened and bool(model.interests)
    model = replace(model, search=Search(since, event.widened))
    return add(model, note("search.widened")) if widened else model


def on_refused(model: Model, event: SearchRefused) -> Model:
    if model.search is None:
        return model
    if event.retry_in_s is None:
        key = "refused.bad_criteria" if event.code == "bad_criteria" else "refused"
        return add(replace(model, stage="stopped", search=None), warning(key))
    search = replace(model.search, retry_at=model.now + event.retry_in_s, refusal=event.code)
    return replace(model, search=search)


def on_matched(model: Model, event: client.Matched) -> Model:
    lines: list[Line] = [note("hello.again" if event.again else "hello")]
    if event.common:
        lines.append(note("common", interests=tuple(event.common)))
    chat = Chat(event.chat)
    return replace(
        model, stage="chatting", chat=chat, search=None, asked=False, lines=tuple(lines), confirm_until=None, hint=None
    )


def on_stopped(model: Model, _: Stopped) -> Model:
    if model.stage not in ("searching", "chatting"):
        return replace(model, asked=False)
    model = replace(model, stage="stopped", chat=None, search=None, confirm_until=None)
    return add(unsent(model), note("stopped"))


# --- a chat ---


def on_sealed(model: Model, event: client.Sealed) -> Model:
    if model.chat is None or not is_of(model, event.chat):
        return model
    return replace(model, chat=replace(model.chat, emoji=event.emoji))


def on_text(model: Model, event: client.Text) -> Model:
    if model.chat is None or not is_of(model, event.chat):
        return model
    return add(replace(model, chat=replace(model.chat, typing_until=None)), TextLine(event.text))


def on_wrote(model: Model, event: Wrote) -> Model:
    return add(model, TextLine(event.text, "waiting", event.n)) if is_of(model, event.chat) else model


def on_delivery(model: Model, event: client.Delivery) -> Model:
    """A delivery never goes back: a late `sent` after the partner's receipt says nothing."""
    if not is_of(model, event.chat):
        return model
    return replace(model, lines=tuple(delivered(line, event.n, event.state) for line in model.lines))


def delivered(line: Line, n: int, state: Delivery) -> Line:
    if not isinstance(line, TextLine) or line.n != n or line.state in ("theirs", "delivered"):
        return line
    return replace(line, state=state)


def on_typing(model: Model, event: client.Typing) -> Model:
    if model.chat is None or not is_of(model, event.chat):
        return model
    until = model.now + TYPING_EXPIRES_S if event.on else None
    return replace(model, chat=replace(model.chat, typing_until=until))


def on_partner(model: Model, event: client.Partner) -> Model:
    if model.chat is None or not is_of(model, event.chat):
        return model
    until = model.now + model.window_s if event.state == "away" else None
    return replace(model, chat=replace(model.chat, away_until=until, typing_until=None))


def on_ended(model: Model, event: client.Ended) -> Model:
    if not is_of(model, event.chat):
        return model
    style = warning if event.reason.startswith("seal_") else note
    model = replace(model, stage="over", chat=None, confirm_until=None)
    return add(
        unsent(model),
        style(f"ended.{event.reason}"),
        note("ended.next" if event.reason in REUNITING else "ended.enter"),
    )


def unsent(model: Model) -> Model:
    """What still waits when a chat ends never went: it is said, not lost in silence."""
    return replace(model, lines=tuple(given_up(line) for line in model.lines))


def given_up(line: Line) -> Line:
    return replace(line, state="failed") if isinstance(line, TextLine) and line.state == "waiting" else line


def on_asked(model: Model, event: Asked) -> Model:
    if event.code is None:
        return add(replace(model, asked=True), note("again.asked"))
    return add(replace(model, asked=False), warning(f"again.{event.code}"))


def on_reported(model: Model, _: Reported) -> Model:
    model = replace(model, asked=False, confirm_until=None)
    if model.stage == "chatting":
        model = unsent(replace(model, stage="over", chat=None))
    return add(model, note("ended.reported"))


# --- the link, and the rest ---


def on_lost(model: Model, event: client.LinkLost) -> Model:
    chat = model.chat and replace(model.chat, typing_until=None)
    return replace(model, broken=Broken(model.now + event.retry_in_s), online=None, chat=chat)


def on_outdated(model: Model, _: client.Outdated) -> Model:
    model = replace(model, stage="outdated", chat=None, search=None, broken=None, confirm_until=None)
    return add(unsent(model), warning("outdated"))


def on_failed(model: Model, event: client.Failed) -> Model:
    stage = "stopped" if model.stage == "searching" else model.stage
    return add(replace(model, stage=stage, search=None), warning("refused"))


def on_escape(model: Model, _: Escape) -> Model:
    return replace(model, confirm_until=model.now + CONFIRM_EXPIRES_S, hint=None) if model.chat else model


REUNITING = {"left", "skipped", "lost"}  # ends after which one may ask again

ROWS: dict[type[Struct], Callable[[Model, Any], Model]] = {
    client.Online: lambda model, event: replace(model, online=event.count),
    client.Searching: on_searching,
    client.Matched: on_matched,
    client.Sealed: on_sealed,
    client.Text: on_text,
    client.Heard: lambda model, _: model,  # a call's: not for a terminal
    client.Delivery: on_delivery,
    client.Typing: on_typing,
    client.Partner: on_partner,
    client.Ended: on_ended,
    client.LinkLost: on_lost,
    client.LinkBack: lambda model, _: replace(model, broken=None),
    client.Outdated: on_outdated,
    client.Failed: on_failed,
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
