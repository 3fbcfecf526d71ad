"""What one check of the doctor found. PURE."""

from typing import Literal, TypeAlias, get_args

from msgspec import Struct

Result: TypeAlias = Literal["good", "warning", "bad", "not looked at"]
RESULTS: tuple[Result, ...] = get_args(Result)


class Finding(Struct, frozen=True):
    """The result of one check. `says` is a sentence for people, `mend` the line that mends it or shows more."""

    check: str
    result: Result
    says: str
    mend: str = ""


def good(check: str, says: str) -> Finding:
    """All is well."""
    return Finding(check, "good", says)


def warning(check: str, says: str, mend: str) -> Finding:
    """It works, and could be better or may soon break."""
    return Finding(check, "warning", says, mend)


def bad(check: str, says: str, mend: str) -> Finding:
    """Visitors are hindered or in danger."""
    return Finding(check, "bad", says, mend)


def unseen(check: str, says: str, mend: str = "") -> Finding:
    """Nobody knows: it could not be looked at from here."""
    return Finding(check, "not looked at", says, mend)
