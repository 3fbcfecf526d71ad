"""The results of checks, and the words for them."""

from collections.abc import Iterable
from typing import Literal, NamedTuple, TypeAlias, get_args

from msgspec import Struct

from omefree.errors import NotChecked
from omefree.words.text import Text

Result: TypeAlias = Literal["passed", "failed", "not checked", "not applicable"]
SHOWN, SHOWN_CHARS = 3, 60  # items of what a server says, and characters of each
RESULTS: tuple[Result, ...] = get_args(Result)


class Check(Struct, frozen=True):
    """The result of one check of a claim.

    `name` is one of the names in the claim's `audit`. `detail` is a line for people.
    """

    claim_id: str
    name: str
    result: Result
    detail: Text


class AuditReport(Struct, frozen=True, kw_only=True):
    """All that an audit of a server found.

    `server` is the name that the server gives itself. `broke` says why the server prevented a check, the first if there
    are several; None if it prevented none.
    """

    url: str
    server: str
    checks: tuple[Check, ...]
    broke: Text | None = None

    @property
    def exit_code(self) -> int:
        """The command's exit code: 1 if a claim is false, else 2 if the server prevented a check, else 0."""
        if any(check.result == "failed" for check in self.checks):
            return 1
        return 2 if self.broke else 0


class Verdict(NamedTuple):
    """What a check finds. Its caller knows the claim and the name."""

    result: Result
    detail: Text


def line(name: str, **values: object) -> Text:
    """A line of the audit: the text of this name in the part `[audit]` of the words."""
    return Text(f"audit.{name}", values)


def passed(name: str, **values: object) -> Verdict:
    """The verdict that the check looked and found nothing against the claim."""
    return Verdict("passed", line(name, **values))


def failed(name: str, **values: object) -> Verdict:
    """The verdict that the claim is false."""
    return Verdict("failed", line(name, **values))


def not_applicable(name: str, **values: object) -> Verdict:
    """The verdict that there is nothing to look at."""
    return Verdict("not applicable", line(name, **values))


def broken(name: str, **values: object) -> NotChecked:
    """The exception to raise if the server prevents the check. It makes the audit incomplete."""
    return NotChecked(line(name, **values), broken=True)


def missing(name: str, **values: object) -> NotChecked:
    """The exception to raise if the check lacks something and the server is not to blame."""
    return NotChecked(line(name, **values), broken=False)


def some(items: Iterable[object]) -> str:
    """At most three of the items, on one line. A server can say anything, so each passes `plain`."""
    listed = [plain(str(item)) for item in items]
    return ", ".join(listed[:SHOWN]) + (", …" if len(listed) > SHOWN else "")


def plain(text: str) -> str:
    """The text, cut to 60 characters, with control characters escaped."""
    cut = text if len(text) <= SHOWN_CHARS else text[:SHOWN_CHARS] + "…"
    return "".join(sign if sign.isprintable() else ascii(sign)[1:-1] for sign in cut)
