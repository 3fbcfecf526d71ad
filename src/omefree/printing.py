"""What a command prints: its result on standard output, and what is wrong on standard error."""

import os
import sys
from typing import NamedTuple

BAD = 2  # the exit code if something has to be corrected


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


def failed(message: str) -> int:
    """Prints the message as one line on stderr, and returns the exit code for it."""
    say(message)
    return BAD


def say(message: str) -> None:
    """Prints a message as one line on stderr. What cannot be written there is lost."""
    if sys.stderr is None:
        return
    try:
        sys.stderr.write(f"omefree: {' '.join(message.split())}\n")
        sys.stderr.flush()
    except OSError:
        sys.stderr = None  # else Python tries again at its end, and exits with 120
