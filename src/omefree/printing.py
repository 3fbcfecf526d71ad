"""What standard output can show."""

import os
import sys
from typing import NamedTuple


class Printout(NamedTuple):
    """The text to print and the exit code. `text` holds only characters that standard output can show."""

    text: str
    exit_code: int


def coloured() -> bool:
    """Whether to print in colours: on a terminal, unless NO_COLOR is set."""
    return sys.stdout.isatty() and "NO_COLOR" not in os.environ


def printable(text: str) -> str:
    """The text, with `?` for each character that standard output cannot show."""
    encoding = sys.stdout.encoding or "utf-8"
    return text.encode(encoding, "replace").decode(encoding)
