"""A text file of the operator's, read with bounds: whatever else lies there is named in a sentence."""

import codecs
import os
from typing import Any

from omefree.errors import ConfigError

TEXT_BYTES = 1_048_576  # a certificate with its chain has 10 KB
WIDE = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)  # UTF-32's begin likewise


def read_text(path: Any, what: str) -> str:
    """The text of a file (UTF-8). Raises ConfigError, which names the file as `what`, if it has none."""
    try:
        if not isinstance(path, str):
            raise ValueError("it is not a path")
        return decode(read(path))
    except OSError as error:
        raise ConfigError(f"cannot read {what}: {path}: {error.strerror}") from None
    except ValueError as error:  # of a path with a zero in it, too
        raise ConfigError(f"cannot read {what}: {path}: {error}") from None


def read(path: str) -> bytes:
    """The first bytes of a file, one more than it may have. A pipe may be given, too: `<(pass show turn)`.

    Raises OSError. It does not wait for a pipe into which nobody writes.
    """
    with os.fdopen(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC), "rb") as file:
        os.set_blocking(file.fileno(), True)
        return file.read(TEXT_BYTES + 1)


def decode(raw: bytes) -> str:
    """The text in the bytes of a file. Raises ValueError, which says why there is none."""
    if len(raw) > TEXT_BYTES:
        raise ValueError(f"it is larger than {TEXT_BYTES // 1024} KiB")
    if raw.startswith(codecs.BOM_UTF8):
        raise ValueError("it begins with a byte order mark: save it as UTF-8 without one")
    if raw.startswith(WIDE):
        raise ValueError("it is not UTF-8 but UTF-16: save it as UTF-8")
    try:
        text = raw.decode()
    except UnicodeDecodeError:
        raise ValueError("it is not a text file") from None
    if "\0" in text:
        raise ValueError("it is not a text file")
    if not text.strip():
        raise ValueError("it is empty")
    return text
