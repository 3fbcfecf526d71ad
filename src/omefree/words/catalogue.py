"""The texts of all languages, read from a folder: one TOML file for each, and `languages.json`, which lists them.

A file has a table for each part of the program; the key of a text is `part.name`. A text with several forms is a table
by CLDR plural category; the value `n` chooses the form. Several paragraphs are an array: `part.name.1`, `part.name.2`.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from datetime import date
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import TypeAlias

from babel import Locale
from babel.dates import format_date
from babel.lists import format_list
from babel.numbers import format_decimal

from omefree.words.languages import listed
from omefree.words.text import Text

Message: TypeAlias = str | Mapping[str, str]
"""A text, or its forms by plural category (`other` at least)."""

HOLE = re.compile(r"\{(\w+)\}")
NO_BREAK = "\u00a0"


class Words:
    """The texts of one language."""

    def __init__(
        self, tag: str, locale: Locale, messages: Mapping[str, Message], *, policy_sha256: str, reviewed: bool
    ) -> None:
        self.tag = tag
        self.messages = messages
        self.policy_sha256 = policy_sha256  # as the file claims; privacy/policy.py checks it
        self.reviewed = reviewed  # by somebody who grew up with the language
        self._locale = locale

    @property
    def name(self) -> str:
        """The language's name in that language."""
        return own_name(self.tag)

    @property
    def direction(self) -> str:
        """The direction of writing, `ltr` or `rtl`, as in HTML."""
        return self._locale.text_direction

    def say(self, key: str, **values: object) -> str:
        """The text of a key with its holes filled. Raises KeyError for an unknown key or a hole without a value."""
        message = self.messages[key]
        if not isinstance(message, str):
            message = message.get(self._locale.plural_form(float(str(values["n"]))), message["other"])
        return self.fill(message, values)

    def fill(self, message: str, values: Mapping[str, object]) -> str:
        """A text with its holes filled. Raises KeyError for a hole without a value."""
        return HOLE.sub(lambda hole: self._shown(values[hole[1]]), message)

    def tell(self, text: Text) -> str:
        """The words of a Text. Raises the same as `say`."""
        return self.say(text.key, **text.values)

    def paragraphs(self, key: str, **values: object) -> list[str]:
        """The texts of an array, in their order, with their holes filled. Raises KeyError for one without a value."""
        numbered = re.compile(rf"{re.escape(key)}\.\d+")
        return [self.say(name, **values) for name in self.messages if numbered.fullmatch(name)]

    def list(self, items: Sequence[str]) -> str:
        """The items as people list them: a, b and c."""
        return format_list(items, locale=self._locale)

    def date(self, iso: str) -> str:
        """The date `2026-11-25` as people write it, on one line. CLDR does not know `1er`, so the first has a text."""
        day = date.fromisoformat(iso)
        said = format_date(day, "long", self._locale).replace(" ", NO_BREAK)
        return re.sub(r"\b1\b", self.say("date.first"), said, count=1) if day.day == 1 else said

    def number(self, value: float) -> str:
        """A number as people write it, with four decimals at most: 0.1076."""
        return str(format_decimal(value, "#,##0.####", self._locale))

    def _shown(self, value: object) -> str:
        if isinstance(value, Text):
            return self.tell(value)
        return self.list(value) if isinstance(value, tuple) else str(value)


class Catalogue:
    """All languages of a folder. The first of the list is used where no other is understood.

    The files are read at once, so that they belong to one version. Each is parsed when it is first asked for: it takes
    15 to 30 ms.
    """

    def __init__(self, folder: Traversable) -> None:
        self.languages = listed(folder)
        self._unparsed = {tag: (folder / f"{tag}.toml").read_text("utf-8") for tag in self.languages}
        self._words: dict[str, Words] = {}

    @property
    def fallback(self) -> Words:
        """The texts of the first language."""
        return self.words(self.languages[0])

    def words(self, tag: str) -> Words:
        """The texts of a language. Raises KeyError if the list does not have it, and the same as `parse`."""
        if tag not in self._words:
            self._words[tag] = parse(tag, self._unparsed[tag])
        return self._words[tag]

    def everywhere(self, text: Text) -> dict[str, str]:
        """A text in each language, by the language's tag."""
        return {tag: self.words(tag).tell(text) for tag in self.languages}


@cache
def own_name(tag: str) -> str:
    """The name of a language in that language, with a capital."""
    name = Locale.parse(tag, sep="-").get_display_name(tag.replace("-", "_")) or tag
    return name[:1].upper() + name[1:]


@cache
def catalogue() -> Catalogue:
    """The languages of OmeFree, read once."""
    return Catalogue(files(__package__))


def parse(tag: str, text: str) -> Words:
    """The texts of one language, from its file.

    Raises TOMLDecodeError, KeyError (`locale`, `policy_sha256` or `reviewed` is missing), babel's UnknownLocaleError.
    """
    parts = tomllib.loads(text)
    locale = Locale.parse(parts.pop("locale"), sep="-")
    dated, reviewed = parts.pop("policy_sha256"), parts.pop("reviewed")
    messages = {f"{part}.{name}": found for part, texts in parts.items() for name, found in flat(texts).items()}
    return Words(tag, locale, messages, policy_sha256=dated, reviewed=reviewed)


def flat(texts: Mapping[str, Message | list[str]]) -> dict[str, Message]:
    """The texts of a part, in which each paragraph of an array has its own key."""
    found: dict[str, Message] = {}
    for name, message in texts.items():
        if isinstance(message, list):
            found |= {f"{name}.{number}": each for number, each in enumerate(message, 1)}
        else:
            found[name] = message
    return found
