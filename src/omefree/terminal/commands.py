"""What was typed, understood. English commands work in every language."""

from __future__ import annotations

from typing import Literal, TypeAlias, get_args

from msgspec import Struct

from omefree.contract.codes import ReportReason
from omefree.terminal.words import Lang

Name: TypeAlias = Literal["next", "again", "stop", "verify", "differs", "report", "help", "quit"]
REASONS: tuple[ReportReason, ...] = get_args(ReportReason)
COMMANDS: dict[Lang, dict[str, Name]] = {
    "en": {
        "next": "next", "again": "again", "stop": "stop", "verify": "verify", "report": "report", "help": "help",
        "?": "help", "quit": "quit", "exit": "quit",
    },
    "fr": {
        "suivant": "next", "encore": "again", "arreter": "stop", "verifier": "verify", "signaler": "report",
        "aide": "help", "quitter": "quit",
    },
}  # fmt: skip
REASON_NAMES: dict[Lang, dict[str, ReportReason]] = {
    "en": {reason: reason for reason in REASONS},
    "fr": {
        "nudité": "nudity", "mineur": "minor", "haine": "hate", "violence": "violence", "pub": "spam", "autre": "other",
    },
}  # fmt: skip
DIFFERS = {"differs", "differ", "different", "differents"}
ACCENTS = str.maketrans("éèêàç", "eeeac")


class Speech(Struct, frozen=True):
    text: str


class Command(Struct, frozen=True):
    """`reason` of a report; without one it is asked for."""

    name: Name
    reason: ReportReason | None = None


class Unknown(Struct, frozen=True):
    typed: str


def parse(typed: str, lang: Lang) -> Speech | Command | Unknown | None:
    """None: nothing was typed. A text that begins with a slash is typed with two, so that a slip says nothing."""
    typed = typed.strip()
    if not typed:
        return None
    if typed.startswith("//"):
        return Speech(typed[1:])
    if not typed.startswith("/"):
        return Speech(typed)
    head, _, rest = typed[1:].partition(" ")
    known = COMMANDS["en"] | COMMANDS[lang]
    name = known.get(fold(head))
    argument = fold(rest.strip())
    if name == "verify" and argument in DIFFERS:
        return Command("differs")
    if name == "report":
        names = REASON_NAMES["en"] | REASON_NAMES[lang]
        return Command(name, next((names[each] for each in names if fold(each) == argument), None))
    return Unknown(f"/{head}") if name is None else Command(name)


def fold(word: str) -> str:
    return word.lower().translate(ACCENTS)


def reasons(lang: Lang) -> list[str]:
    """As they are typed."""
    return list(REASON_NAMES[lang])
