"""What was typed, understood. English commands work in every language."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from typing import Literal, TypeAlias, get_args

from msgspec import Struct

from omefree.contract.codes import ReportReason
from omefree.words.catalogue import Words

Name: TypeAlias = Literal["next", "again", "stop", "verify", "differs", "report", "help", "quit"]
NAMES: tuple[Name, ...] = get_args(Name)
REASONS: tuple[ReportReason, ...] = get_args(ReportReason)


class Speech(Struct, frozen=True):
    text: str


class Command(Struct, frozen=True):
    """`reason` of a report; without one it is asked for."""

    name: Name
    reason: ReportReason | None = None


class Unknown(Struct, frozen=True):
    typed: str


class Vocabulary:
    """What can be typed: the commands and the reasons for a report, in each of these languages."""

    def __init__(self, *spoken: Words) -> None:
        self._commands = {
            typed: name for words in spoken for name in NAMES for typed in typed_for(words, "command", name)
        }
        self._reasons = {
            typed: name for words in spoken for name in REASONS for typed in typed_for(words, "reason", name)
        }

    def parse(self, typed: str) -> Speech | Command | Unknown | None:
        """None: nothing was typed. A text that begins with a slash is typed with two, so that a slip says nothing."""
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
    """Several words for one thing stand behind each other, with commas."""
    return (fold(word.strip()) for word in words.say(f"terminal.{kind}.{name}").split(","))


def fold(word: str) -> str:
    """Without capitals and accents, which are easily left out."""
    plain = unicodedata.normalize("NFD", word.lower())
    return "".join(char for char in plain if not unicodedata.combining(char))


def reasons(words: Words) -> str:
    """As they are typed."""
    return ", ".join(words.say(f"terminal.reason.{reason}") for reason in REASONS)
