"""The lines of the history: added, delivered, given up, and those that are folded at first. Pure."""

from __future__ import annotations

from msgspec.structs import replace

from omefree.terminal.model import LINES_MAX, TRUST_S, Delivery, Line, Model, TextLine


def add(model: Model, *lines: Line) -> Model:
    """Adds lines to the history."""
    return replace(model, lines=(*model.lines, *lines)[-LINES_MAX:])


def delivered(line: Line, n: int, state: Delivery) -> Line:
    """The line in its new state, if it is our text `n` and is not yet delivered."""
    if not isinstance(line, TextLine) or line.n != n or line.state in ("theirs", "delivered"):
        return line
    return replace(line, state=state)


def unsent(model: Model) -> Model:
    """Marks the texts that still wait as failed: they will never be sent, and the screen says so."""
    return replace(model, lines=tuple(given_up(line) for line in model.lines))


def given_up(line: Line) -> Line:
    """The line as failed if it still waits; else unchanged."""
    return replace(line, state="failed") if isinstance(line, TextLine) and line.state == "waiting" else line


def is_trusted(model: Model) -> bool:
    """True if links are shown: we have written in this chat, and it has lasted ten seconds."""
    return model.chat is not None and model.chat.wrote and model.now - model.chat.since >= TRUST_S


def unfolded(model: Model) -> Model:
    """The model with every text shown. None is ever folded again."""
    if not any(isinstance(line, TextLine) and line.folded for line in model.lines):
        return model
    return replace(model, lines=tuple(replace(x, folded=False) if isinstance(x, TextLine) else x for x in model.lines))
