"""What a stranger wrote, made harmless to a terminal and to the eye."""

from __future__ import annotations

import unicodedata

JOINERS = {"\u200c", "\u200d"}  # Persian and emoji need them, and they do nothing else
BREAKS = {"\u2028", "\u2029", "\u0085", "\x0b", "\x0c"}  # lines of their own, by Unicode
TAB = " " * 4
# Turn the reading order of all that follows, other people's words included (Unicode Standard Annex 9).
BIDI = {
    "\u202a": "LRE", "\u202b": "RLE", "\u202c": "PDF", "\u202d": "LRO", "\u202e": "RLO",
    "\u2066": "LRI", "\u2067": "RLI", "\u2068": "FSI", "\u2069": "PDI",
}  # fmt: skip
MARKS_MAX = 8  # on one letter: more than any language writes, and less than what climbs over the lines above


def plain(text: str) -> str:
    """Without control characters (C0 and C1) but the newline, without what cannot be seen; bidi controls by name."""
    made: list[str] = []
    marks = 0
    for sign in text.replace("\r\n", "\n").replace("\r", "\n"):
        marks = marks + 1 if unicodedata.category(sign) in ("Mn", "Me") else 0
        if marks <= MARKS_MAX:
            made.append(shown(sign))
    return "".join(made)


def shown(sign: str) -> str:
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
