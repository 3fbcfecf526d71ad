"""What a command prints: its result on standard output, and what is wrong on standard error."""

import contextlib
import io
import os
import sys
from collections.abc import Iterator
from typing import NamedTuple, TextIO

from omefree.errors import OutputError

BAD = 2  # the exit code if something has to be corrected


class Printout(NamedTuple):
    """The text to print and the exit code. `text` holds only characters that standard output can show."""

    text: str
    exit_code: int


class Output(io.TextIOWrapper):
    """Standard output of which it is said in one sentence that it cannot be written: OutputError, not OSError."""

    def __init__(self, stdout: TextIO) -> None:
        buffering = getattr(stdout, "line_buffering", False)
        super().__init__(stdout.buffer, stdout.encoding, stdout.errors, line_buffering=buffering)

    def write(self, text: str, /) -> int:
        """Writes a text. Raises OutputError."""
        with telling():
            return super().write(text)

    def flush(self) -> None:
        """Writes what has been held back. Raises OutputError."""
        with telling():
            super().flush()


def watch_output() -> None:
    """From now on standard output is an Output, whoever prints."""
    if sys.stdout is not None:  # None: it is closed
        sys.stdout = Output(sys.stdout)


@contextlib.contextmanager
def telling() -> Iterator[None]:
    """Turns an OSError of standard output, such as a full disk, into OutputError. Nothing is printed there any more."""
    try:
        yield
    except OSError as error:
        sys.stdout = None  # else Python tries again at its end, and exits with 120
        raise OutputError(f"cannot write to standard output: {error.strerror}") from None


def coloured() -> bool:
    """Whether to print in colours: on a terminal, unless NO_COLOR is set."""
    return sys.stdout.isatty() and "NO_COLOR" not in os.environ


def printable(text: str) -> str:
    """The text, with `?` for each character that standard output cannot show."""
    encoding = sys.stdout.encoding or "utf-8"
    return text.encode(encoding, "replace").decode(encoding)


def tell(text: str) -> None:
    """Prints a text on standard output, if there is one. Raises OutputError."""
    if sys.stdout is not None:
        sys.stdout.write(f"{text}\n")
        sys.stdout.flush()


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
