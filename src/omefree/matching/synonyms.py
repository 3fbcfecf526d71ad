"""Interests that have a name in each language. The table is `synonyms.txt`, which says how to edit it."""

from importlib.resources import files

LANGUAGES = ("English", "French", "Spanish", "German", "Portuguese", "Italian")  # the columns


def rows() -> list[list[list[str]]]:
    """The table: a row for each interest, with a list of words for each language."""
    lines = files(__package__).joinpath("synonyms.txt").read_text("utf-8").splitlines()
    return [[_words(cell, ",") for cell in _words(line, "|")] for line in lines if line and not line.startswith("#")]


def _words(text: str, separator: str) -> list[str]:
    return [word.strip() for word in text.split(separator)]
