"""What a check has found."""

from collections.abc import Iterable
from typing import Literal, NamedTuple, TypeAlias, get_args

from msgspec import Struct

from omefree.errors import NotChecked
from omefree.words.text import Text

Result: TypeAlias = Literal["passed", "failed", "not checked", "not applicable"]
SHOWN, SHOWN_CHARS = 3, 60  # of what a server says
RESULTS: tuple[Result, ...] = get_args(Result)


class Check(Struct, frozen=True):
    """One check of a claim. `name` is one of the claim's `audit`; `detail` is a line for people."""

    claim_id: str
    name: str
    result: Result
    detail: Text


class AuditReport(Struct, frozen=True, kw_only=True):
    """`server`: as it names itself. `broke`: the first check that the server did not let us make, and why."""

    url: str
    server: str
    checks: tuple[Check, ...]
    broke: Text | None = None

    @property
    def exit_code(self) -> int:
        """1: a claim is false. 2: the audit could not be made to its end. Else 0."""
        if any(check.result == "failed" for check in self.checks):
            return 1
        return 2 if self.broke else 0


class Verdict(NamedTuple):
    """What a check answers; claim and name are known to whoever asked."""

    result: Result
    detail: Text


def line(name: str, **values: object) -> Text:
    """A line of the audit, by its name in the part `[audit]` of the words."""
    return Text(f"audit.{name}", values)


def passed(name: str, **values: object) -> Verdict:
    return Verdict("passed", line(name, **values))


def failed(name: str, **values: object) -> Verdict:
    return Verdict("failed", line(name, **values))


def not_applicable(name: str, **values: object) -> Verdict:
    return Verdict("not applicable", line(name, **values))


def broken(name: str, **values: object) -> NotChecked:
    """To be raised: the server does not let us look."""
    return NotChecked(line(name, **values), broken=True)


def missing(name: str, **values: object) -> NotChecked:
    """To be raised: something is missing here, and the server is not to blame."""
    return NotChecked(line(name, **values), broken=False)


def some(items: Iterable[object]) -> str:
    """At most three of several, on one line: what a server says can be anything."""
    listed = [plain(str(item)) for item in items]
    return ", ".join(listed[:SHOWN]) + (", …" if len(listed) > SHOWN else "")


def plain(text: str) -> str:
    """Shortened, control characters written out."""
    cut = text if len(text) <= SHOWN_CHARS else text[:SHOWN_CHARS] + "…"
    return "".join(sign if sign.isprintable() else ascii(sign)[1:-1] for sign in cut)
