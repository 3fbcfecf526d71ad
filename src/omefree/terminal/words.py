"""What the terminal says, in English and French: one table for each, with the same keys."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Literal, TypeAlias, get_args

from omefree.terminal.english import EN
from omefree.terminal.french import FR
from omefree.terminal.model import Param

Lang: TypeAlias = Literal["en", "fr"]
Table: TypeAlias = Mapping[str, str | tuple[str, str]]  # a pair: for one, for another number

LANGS: tuple[Lang, ...] = get_args(Lang)
TABLES: dict[Lang, Table] = {"en": EN, "fr": FR}
ALONE = {"en": range(1, 2), "fr": range(2)}  # numbers that take the singular
AND = {"en": " and ", "fr": " et "}
NARROW, NO_BREAK = "\u202f", "\u00a0"


def typeset_french(text: str) -> str:
    """French puts unbreakable spaces before high punctuation and inside its quotes (as web/src/i18n)."""
    text = re.sub(r" ([?!;»])", rf"{NARROW}\1", text)
    text = text.replace("« ", f"«{NARROW}").replace(" :", f"{NO_BREAK}:")
    return re.sub(r"(\d|\}) (s|ans)\b", rf"\1{NO_BREAK}\2", text)


class Words:
    """The words of one language."""

    def __init__(self, lang: Lang) -> None:
        self.lang: Lang = lang
        self._table = TABLES[lang]

    def say(self, key: str, **params: Param) -> str:
        """The text of `key`. `n` chooses between singular and plural. Raises KeyError for a key that is none."""
        text = self._table[key]
        if isinstance(text, tuple):
            text = text[0] if params["n"] in ALONE[self.lang] else text[1]
        if self.lang == "fr":
            text = typeset_french(text)
        return re.sub(r"\{(\w+)\}", lambda hole: self._shown(params[hole[1]]), text)

    def _shown(self, param: Param) -> str:
        return self.list(param) if isinstance(param, tuple) else str(param)

    def has(self, key: str) -> bool:
        return key in self._table

    def list(self, items: Sequence[str]) -> str:
        """As people list things: a, b and c."""
        if len(items) < 2:
            return "".join(items)
        return ", ".join(items[:-1]) + AND[self.lang] + items[-1]


def choose_lang(asked: str | None, environ: Mapping[str, str]) -> Lang:
    """What was asked for, else the language of the messages as POSIX chooses it (LC_ALL, LC_MESSAGES, LANG)."""
    named = next((value for name in ("LC_ALL", "LC_MESSAGES", "LANG") if (value := environ.get(name))), "")
    wanted = re.split(r"[_.@-]", asked or named)[0].lower()
    return next((lang for lang in LANGS if lang == wanted), "en")
