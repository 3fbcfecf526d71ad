"""What standard output can show."""

import sys


def printable(text: str) -> str:
    """The text, with `?` for each character that standard output cannot show."""
    encoding = sys.stdout.encoding or "utf-8"
    return text.encode(encoding, "replace").decode(encoding)
