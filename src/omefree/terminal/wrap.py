"""Text as rows of a terminal, by the width of what is shown rather than by characters."""

from __future__ import annotations

import re
from collections.abc import Iterator

from prompt_toolkit.utils import get_cwidth

JOINER = "\u200d"
ELLIPSIS = "…"


def wrap(text: str, width: int) -> list[str]:
    """The rows of a text, at least one. `width`: columns, 2 or more. Words that fit in no row are broken."""
    return [row for line in text.split("\n") for row in wrap_line(line, width)]


def wrap_line(line: str, width: int) -> list[str]:
    """The rows of a text without newlines."""
    rows = [""]
    for word in re.findall(r" +|[^ ]+", line):
        if get_cwidth(rows[-1]) + get_cwidth(word) <= width:
            rows[-1] += word
        elif word.isspace():
            rows.append("")
        elif get_cwidth(word) <= width:
            rows[-1:] = [rows[-1].rstrip(" "), word] if rows[-1] else [word]
        else:
            rows[-1:] = broken(rows[-1], word, width)
    return rows


def broken(row: str, word: str, width: int) -> list[str]:
    """The rows of a word that no row can hold, beginning in `row`."""
    rows = [row]
    for cluster in clusters(word):
        if get_cwidth(rows[-1]) + get_cwidth(cluster) > width and rows[-1]:
            rows.append("")
        rows[-1] += cluster
    return rows


def clusters(text: str) -> Iterator[str]:
    """The parts of a text that must not be split: a character with its marks, and characters joined by a joiner."""
    cluster = ""
    for sign in text:
        if cluster and (get_cwidth(sign) == 0 or cluster.endswith(JOINER)):
            cluster += sign
            continue
        if cluster:
            yield cluster
        cluster = sign
    if cluster:
        yield cluster


def cut(text: str, width: int) -> str:
    """The text on one row, with an ellipsis in place of what does not fit."""
    if get_cwidth(text) <= width:
        return text
    kept = ""
    for cluster in clusters(text):
        if get_cwidth(kept) + get_cwidth(cluster) >= width:
            break
        kept += cluster
    return kept + ELLIPSIS if width > 0 else ""


def two_ends(left: str, right: str, width: int) -> str:
    """One row with a text at each end, or the left one alone if there is no room for both."""
    room = width - get_cwidth(left) - get_cwidth(right)
    return left + " " * room + right if right and room >= 2 else cut(left, width)
