"""The model as rows of styled text. Every text from outside passes through `plain` here, and only here."""

from __future__ import annotations

import math
from typing import TypeAlias

from prompt_toolkit.utils import get_cwidth

from omefree.terminal.model import Line, Model, Note, TextLine
from omefree.terminal.plain import plain, plain_line
from omefree.terminal.wrap import cut, two_ends, wrap
from omefree.words.catalogue import Words

Row: TypeAlias = list[tuple[str, str]]  # style, text
NAME = "OmeFree"
NARROW_COLUMNS = 30  # in fewer columns a name has a row of its own
GAP = 2  # columns between a name and its text


class Paper:
    """The history as rows. It caches the rows of present lines only: nothing is kept of lines that are gone."""

    def __init__(self, words: Words) -> None:
        self._words = words
        self._width = 0
        self._rows: dict[tuple[Line, bool], list[Row]] = {}

    def rows(self, model: Model, width: int) -> list[Row]:
        """The rows of all lines, for this width in columns."""
        before = self._rows if width == self._width else {}
        self._width, self._rows = width, {}
        made: list[Row] = []
        speaker = None
        for line in model.lines:
            speaks = isinstance(line, TextLine) and (line.state == "theirs") is not speaker
            key = (line, speaks)
            self._rows[key] = before.get(key) or line_rows(line, speaks, self._words, width)
            made += self._rows[key]
            speaker = line.state == "theirs" if isinstance(line, TextLine) else None
        return made


def line_rows(line: Line, speaks: bool, words: Words, width: int) -> list[Row]:
    """The rows of a line. `speaks`: the speaker has changed, so the name is shown."""
    if isinstance(line, Note):
        return [[(f"class:{line.style}", row)] for row in wrap(note_text(line, words), width)]
    name = words.say(f"terminal.{'stranger' if line.state == 'theirs' else 'you'}")
    label = f"class:{'theirs' if line.state == 'theirs' else 'mine'}"
    if width < NARROW_COLUMNS:
        return ([[(label, name)]] if speaks else []) + text_rows(line, words, width)
    indent = max(get_cwidth(words.say(f"terminal.{who}")) for who in ("you", "stranger")) + GAP
    rows = text_rows(line, words, width - indent)
    heads = [name if speaks else ""] + [""] * (len(rows) - 1)
    gaps = [" " * (indent - get_cwidth(head)) for head in heads]
    return [[(label, head), ("", gap), *row] for head, gap, row in zip(heads, gaps, rows, strict=True)]


def text_rows(said: TextLine, words: Words, width: int) -> list[Row]:
    """The rows of a text without the name; our own texts end with the sign of their state."""
    if said.folded:
        return [[("class:note", row)] for row in wrap(words.say("terminal.folded"), width)]
    rows: list[Row] = [[("", row)] for row in wrap(plain(said.text), width)]
    if said.state == "theirs":
        return rows
    sign = words.say(f"terminal.sign.{said.state}")
    style = "class:warning" if said.state == "failed" else "class:sign"
    if sum(get_cwidth(text) for _, text in rows[-1]) + get_cwidth(sign) + 1 > width:
        rows.append([])
    rows[-1] += [("", " " if rows[-1] else ""), (style, sign)]
    return rows


def note_text(note: Note, words: Words) -> str:
    """The words of a note; empty without a key."""
    return plain_line(words.say(f"terminal.{note.key}", **dict(note.params))) if note.key else ""


def header(model: Model, words: Words, width: int) -> Row:
    """The first row: the server, and how many visitors are online."""
    online = words.say("terminal.online", n=model.online) if model.online is not None else ""
    host = f" {NAME}  {plain_line(model.host)}"
    return [("class:header", two_ends(host, f"{online} " if online else "", width))]


def above_input(model: Model, words: Words, width: int, below: int) -> Row:
    """The row above the input: a question, a hint, or that the partner types.
    `below`: rows of the history that are scrolled out of sight.
    """
    if model.confirm_until is not None:
        return [("class:warning", cut(words.say("terminal.confirm"), width))]
    if model.hint is not None:
        return [(f"class:{model.hint.style}", cut(note_text(model.hint, words), width))]
    if below:
        return [("class:note", cut(words.say("terminal.below", n=below), width))]
    if model.chat is not None and model.chat.typing_until is not None:
        return [("class:note", cut(words.say("terminal.typing"), width))]
    return [("", "")]


def status(model: Model, words: Words, width: int) -> Row:
    """The last row: the state, and the most useful keys."""
    left = f" {state(model, words)}"
    keys = [words.say("terminal.status.next")] if model.chat is not None else []
    right = "  ".join([*keys, words.say("terminal.status.help")]) + " "
    return [("class:status", two_ends(left, right, width))]


def state(model: Model, words: Words) -> str:
    """The state of chat, search or connection, in a few words."""
    if model.broken is not None:
        left_s = seconds(model.broken.retry_at - model.now)
        return words.say("terminal.status.lost", n=left_s) if left_s else words.say("terminal.status.trying")
    if model.search is not None:
        return search_state(model, words)
    if model.chat is not None and model.chat.away_until is not None:
        return words.say("terminal.status.away", n=seconds(model.chat.away_until - model.now))
    if model.chat is not None:
        return words.say(f"terminal.status.{'sealing' if model.chat.emoji is None else 'sealed'}")
    if model.asked:
        return words.say("terminal.status.asked")
    return words.say(f"terminal.status.{model.stage if model.stage in ('over', 'outdated', 'blocked') else 'start'}")


def search_state(model: Model, words: Words) -> str:
    """The state of the search: for how long, or when it is tried again; empty without one."""
    search = model.search
    if search is None:
        return ""
    if search.retry_at is not None:
        key = "status.full" if search.refusal == "full" else "status.refused"
        return words.say(f"terminal.{key}", n=seconds(search.retry_at - model.now))
    key = "status.widened" if search.widened and model.interests else "status.searching"
    return words.say(f"terminal.{key}", n=int(model.now - search.since))


def seconds(left: float) -> int:
    """Whole seconds that are left, rounded up; 0 for a time in the past."""
    return max(0, math.ceil(left))


def placeholder(model: Model, words: Words) -> str:
    """What the empty input shows."""
    names = {
        "start": "start",
        "searching": "searching",
        "chatting": "chat",
        "outdated": "searching",
        "blocked": "searching",
    }
    return words.say(f"terminal.placeholder.{names.get(model.stage, 'other')}")
