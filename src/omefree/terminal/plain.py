"""A stranger's text, made harmless to a terminal and to the eye."""

from __future__ import annotations

import unicodedata

JOINERS = {"\u200c", "\u200d"}  # needed for Persian and emoji; they are harmless
BREAKS = {"\u2028", "\u2029", "\u0085", "\x0b", "\x0c"}  # line breaks of Unicode
TAB = " " * 4
# They change the reading order of everything after them, even of other people's texts (Unicode Standard Annex 9).
BIDI = {
    "\u202a": "LRE", "\u202b": "RLE", "\u202c": "PDF", "\u202d": "LRO", "\u202e": "RLO",
    "\u2066": "LRI", "\u2067": "RLI", "\u2068": "FSI", "\u2069": "PDI",
}  # fmt: skip
MARKS_MAX = 8  # on one letter: more than any language needs, and too few to cover the lines above


def plain(text: str) -> str:
    """The text without control characters (C0, C1; newlines stay) and invisible ones. Bidi controls become names."""
    made: list[str] = []
    marks = 0
    for sign in text.replace("\r\n", "\n").replace("\r", "\n"):
        marks = marks + 1 if unicodedata.category(sign) in ("Mn", "Me") else 0
        if marks <= MARKS_MAX:
            made.append(shown(sign))
    return "".join(made)


def shown(sign: str) -> str:
    """What is shown for one character: itself, its replacement, or nothing."""
    if sign == "\n" or sign in JOINERS:
        return sign
    if sign in BREAKS:
        return "\n"
    if sign == "\t":
        return TAB
    if sign in BIDI:
        return f"‹{BIDI[sign]}›"
    return "" if unicodedata.category(sign) in ("Cc", "Cf", "Cs") else sign


def plain_line(text: str) -> str:
    """The same on one line."""
    return plain(text).replace("\n", " ")
