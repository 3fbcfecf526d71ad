"""What people type, parsed. English commands work in every language."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from typing import Literal, TypeAlias, get_args

from msgspec import Struct

from omefree.contract.codes import ReportReason
from omefree.words.catalogue import Words

Name: TypeAlias = Literal["next", "again", "stop", "verify", "differs", "show", "report", "help", "quit"]
NAMES: tuple[Name, ...] = get_args(Name)
REASONS: tuple[ReportReason, ...] = get_args(ReportReason)


class Speech(Struct, frozen=True):
    """A text for the partner."""

    text: str


class Command(Struct, frozen=True):
    """A command. `reason` belongs to `report`; if it is None, the visitor is asked for it."""

    name: Name
    reason: ReportReason | None = None


class Unknown(Struct, frozen=True):
    """A command that does not exist, as it was typed."""

    typed: str


class Vocabulary:
    """The commands and the reasons for a report that can be typed, in each of these languages."""

    def __init__(self, *spoken: Words) -> None:
        self._commands = {
            typed: name for words in spoken for name in NAMES for typed in typed_for(words, "command", name)
        }
        self._reasons = {
            typed: name for words in spoken for name in REASONS for typed in typed_for(words, "reason", name)
        }

    def parse(self, typed: str) -> Speech | Command | Unknown | None:
        """What was typed; None if it is empty. A text that begins with a slash needs two, so that a mistyped command
        is not sent to the partner.
        """
        typed = typed.strip()
        if not typed:
            return None
        if typed.startswith("//"):
            return Speech(typed[1:])
        if not typed.startswith("/"):
            return Speech(typed)
        head, _, rest = typed[1:].partition(" ")
        return self._command(head, fold(rest.strip()))

    def _command(self, head: str, argument: str) -> Command | Unknown:
        name = self._commands.get(fold(head))
        if name is None or name == "differs":
            return Unknown(f"/{head}")
        if name == "verify" and self._commands.get(argument) == "differs":
            return Command("differs")
        return Command(name, self._reasons.get(argument) if name == "report" else None)


def typed_for(words: Words, kind: str, name: str) -> Iterable[str]:
    """The words that can be typed for one thing: in the catalogue they stand one after another, with commas."""
    return (fold(word.strip()) for word in words.say(f"terminal.{kind}.{name}").split(","))


def fold(word: str) -> str:
    """The word without capitals and accents, which people easily leave out."""
    plain = unicodedata.normalize("NFD", word.lower())
    return "".join(char for char in plain if not unicodedata.combining(char))


def reasons(words: Words) -> str:
    """The reasons for a report as people type them, with commas between."""
    return ", ".join(words.say(f"terminal.reason.{reason}") for reason in REASONS)
