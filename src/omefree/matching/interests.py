"""Interests and languages, made comparable (matching.md, "Interests are normalised").

Each interest has two forms: its key, which is compared, and the visitor's own spelling, cleaned, which only the visitor
is shown. Both are fixed points: normalising a key or a spelling again gives the same key.
"""

import re
import unicodedata

from omefree.contract import limits
from omefree.errors import CriteriaError
from omefree.matching import synonyms

RAW_ENTRIES = 32  # before merging; a letter with 127 marks takes 0.3 ms, so a hostile `find` takes at most 10 ms

_JOINER = "\u200d"  # ZWJ: joins two emoji into one
_PICTURE = "\ufe0f"  # VS16: "show the character before as a picture"
_LEADING = "# " + _PICTURE + _JOINER
_KEYCAPS = frozenset("0123456789#*")

# Invisible, though Unicode calls them letters, marks or symbols: grapheme joiner, Hangul fillers, Khmer inherent
# vowels, Mongolian and ideographic variation selectors, blank Braille, reserved default-ignorable code points.
_INVISIBLE = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2065\u2800\u3164\ufe00-\ufe0e\uffa0\ufff0-\uffff\U000e0000-\U000e0fff]"
)
_UNSEEN = frozenset({"Cc", "Cf", "Cs"})  # control, format (with bidi overrides and zero-width characters), surrogate
_LANGUAGE = re.compile(r"([A-Za-z]{2,8})(?:-[A-Za-z0-9]{1,8})*")  # RFC 5646, 2.1: the primary subtag and the rest


def normalise(raw: list[str]) -> dict[str, str]:
    """Map each interest's key to the visitor's own spelling. Of equal interests the first one counts; empty ones go.

    Raises CriteriaError (field `interests`): an entry over 128 code points, a key over 32, more than 10 keys,
    or more than `RAW_ENTRIES` entries.
    """
    if len(raw) > RAW_ENTRIES:
        raise CriteriaError("interests")
    interests: dict[str, str] = {}
    for text in raw:
        key, spelling = _read(text)
        if key:
            interests.setdefault(key, spelling)
        if len(interests) > limits.INTERESTS:
            raise CriteriaError("interests")
    return interests


def languages(raw: list[str]) -> frozenset[str]:
    """Return the primary subtags in lower case: `fr-CA` gives `fr`.

    Raises CriteriaError (field `languages`) for a tag that has not BCP 47's shape, and for more than 5 different ones.
    """
    found: set[str] = set()
    for tag in raw:
        shape = _LANGUAGE.fullmatch(tag)
        if shape is None:
            raise CriteriaError("languages")
        found.add(shape[1].lower())
        if len(found) > limits.LANGUAGES:
            raise CriteriaError("languages")
    return frozenset(found)


def _read(text: str) -> tuple[str, str]:
    if len(text) > limits.INTEREST_CHARS_RAW:
        raise CriteriaError("interests")
    key, spelling = _forms(text)
    if len(key) > limits.INTEREST_CHARS:
        raise CriteriaError("interests")
    return _CANONICAL.get(key, key), spelling


def _forms(text: str) -> tuple[str, str]:
    """Return the key, before synonyms, and the spelling."""
    return _plain(text) if text.isascii() and text.isprintable() else _folded(text)


def _folded(text: str) -> tuple[str, str]:
    spelling = clean(text)
    return fold(spelling), spelling


def _plain(text: str) -> tuple[str, str]:
    """Return key and spelling of printable ASCII, which has neither marks nor invisible characters."""
    spelling = " ".join(text.lstrip(_LEADING).split())
    return spelling.lower(), spelling


def clean(text: str) -> str:
    """Drop invisible characters except those that hold an emoji together, extra white space, and a leading `#`."""
    one_line = " ".join(text.split())
    seen = "".join(char for char in _INVISIBLE.sub("", one_line) if char in _JOINER or _visible(char))
    return " ".join(_joined(_pictured(seen.lstrip(_LEADING))).split())


def fold(text: str) -> str:
    """Return the key of a cleaned text; "Cinema" and "cinéma" have the same. Empty if nothing is left to compare."""
    folded = _fold_once(text)
    while folded != text:  # NFKC, casefold and clean can each make work for another; a few rounds
        text, folded = folded, _fold_once(folded)
    return folded if any(unicodedata.category(char)[0] not in "MZ" for char in folded) else ""


def _fold_once(text: str) -> str:
    compared = unicodedata.normalize("NFKC", text).casefold().replace(_PICTURE, "")
    return clean(unicodedata.normalize("NFKC", _stripped(compared)))


def _stripped(text: str) -> str:
    """Strip the marks from Latin and Greek letters. In other scripts a mark makes another letter (パ is not ハ)."""
    kept: list[str] = []
    bare = False
    for char in unicodedata.normalize("NFD", text):
        mark = not char.isascii() and unicodedata.category(char)[0] == "M"
        if not mark:
            bare = _is_latin_or_greek(char)
        if not (mark and bare):
            kept.append(char)
    return "".join(kept)


def _is_latin_or_greek(char: str) -> bool:
    return char.isalpha() if char.isascii() else unicodedata.name(char, "").startswith(("LATIN ", "GREEK "))


def _visible(char: str) -> bool:
    return unicodedata.category(char) not in _UNSEEN


def _pictured(text: str) -> str:
    """Keep VS16 only after a character that it can turn into a picture."""
    kept = ""
    for char in text:
        if char != _PICTURE or (kept and (_is_emoji(kept[-1]) or kept[-1] in _KEYCAPS)):
            kept += char
    return kept


def _joined(text: str) -> str:
    """Keep ZWJ only between two emoji; the first may have its VS16."""
    kept = ""
    for here, char in enumerate(text):
        before = kept.removesuffix(_PICTURE)[-1:]
        if char != _JOINER or (_is_emoji(before) and _is_emoji(text[here + 1 : here + 2])):
            kept += char
    return kept


def _is_emoji(char: str) -> bool:
    """Say whether a character can be part of an emoji, by block and category: Python does not know that property."""
    if not char:
        return False
    if char >= "\U0001f000":
        return char <= "\U0001fbff"
    return char in "©®‼⁉〰" or (char >= "\u2100" and unicodedata.category(char) in ("So", "Sm", "Sk"))


def _canonical() -> dict[str, str]:
    """Return the key of each word in the table of synonyms with the key of its row, which is that of its first word."""
    found: dict[str, str] = {}
    for row in synonyms.rows():
        first, _ = _forms(row[0][0])
        found |= {_forms(word)[0]: first for words in row for word in words}
    return found


_CANONICAL = _canonical()
