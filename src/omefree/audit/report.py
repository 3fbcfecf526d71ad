"""What was found, as a table that fits a terminal of 80 columns, and for programs."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Callable, Iterator, Sequence
from itertools import groupby

import msgspec

from omefree import __version__
from omefree.audit import texts
from omefree.audit.check import RESULTS, Check, Report, Result, say
from omefree.privacy.claims import CLAIMS, Claim
from omefree.privacy.inventory import Words
from omefree.privacy.policy import GONE_S
from omefree.privacy.texts import LIMITS

SCHEMA = 1  # of --json (docs/audit.md)
COLUMNS = 80
SIGNS: dict[Result, str] = {"passed": "✓", "failed": "✗", "not checked": "?", "not applicable": "–"}
COLOURS: dict[Result, str] = {"passed": "32", "failed": "1;31", "not checked": "33", "not applicable": "2"}  # SGR
ID_COLUMNS, WORD_COLUMNS, NAME_COLUMNS = 15, 15, 14
FIRST_SENTENCE = re.compile(r".*?\.(?=\s|$)")

Say = Callable[[Words], str]


class Table:
    """`speak`: a text in the reader's language, typeset."""

    def __init__(self, speak: Say, colours: bool = False) -> None:
        self._speak = speak
        self._colours = colours

    def of_server(self, report: Report) -> str:
        """The whole of `omefree audit URL`."""
        return "\n".join(
            [
                f"{report.url}  {report.server}",
                *self.checks(report.checks),
                "",
                *self._unseen(report.checks),
                "",
                *self._grade(report),
                self.counts(report.checks),
                *self._broke(report),
            ]
        )

    def of_process(self, pid: int, checks: Sequence[Check]) -> str:
        """The whole of `omefree audit --pid`."""
        title = self._speak(say(texts.PROCESS, pid=pid))
        return "\n".join([title, *self.checks(checks), "", self.counts(checks)])

    def checks(self, checks: Sequence[Check]) -> Iterator[str]:
        for claim_id, group in groupby(checks, key=lambda check: check.claim_id):
            claim = next(claim for claim in CLAIMS if claim.id == claim_id)
            yield ""
            yield from wrapped(claim_id.ljust(ID_COLUMNS), self._short(claim))
            for check in group:
                yield from self._row(check)

    def counts(self, checks: Sequence[Check]) -> str:
        numbers = [(result, sum(check.result == result for check in checks)) for result in RESULTS]
        return ", ".join(f"{self._speak(texts.RESULTS[result])} {count}" for result, count in numbers)

    def _short(self, claim: Claim) -> str:
        """The claim's first sentence: the rest is in the policy."""
        said = self._speak(claim.says)
        found = FIRST_SENTENCE.match(said)
        return (found[0] if found else said).replace("{gone_s}", f"{GONE_S:g}")

    def _row(self, check: Check) -> Iterator[str]:
        word = self._speak(texts.RESULTS[check.result]).ljust(WORD_COLUMNS)
        mark = f"  {SIGNS[check.result]} {word}"
        first, *more = wrapped(f"{mark}{check.name.ljust(NAME_COLUMNS)}", self._speak(check.detail))
        yield first.replace(mark, f"\x1b[{COLOURS[check.result]}m{mark}\x1b[0m") if self._colours else first
        yield from more

    def _unseen(self, checks: Sequence[Check]) -> Iterator[str]:
        yield self._speak(texts.OUTSIDE_TITLE)
        made = {check.name for check in checks}
        on_host = [claim.id for claim in CLAIMS if set(claim.audit) - made]
        yield from bullet(f"{self._speak(texts.ON_THE_HOST)} ({', '.join(on_host)})")
        for words in LIMITS:
            yield from bullet(self._speak(words))
        promises = [self._short(claim) for claim in CLAIMS if not claim.provable]
        yield from bullet(f"{self._speak(texts.PROMISED)} {' '.join(promises)}")

    def _grade(self, report: Report) -> Iterator[str]:
        if report.points is not None:
            words = texts.GRADE if report.grade else texts.NO_GRADE
            yield from textwrap.wrap(self._speak(say(words, grade=report.grade, points=report.points)), COLUMNS)

    def _broke(self, report: Report) -> Iterator[str]:
        if report.broke is not None:
            why = say(texts.CUT_SHORT, why="{why}")
            yield from textwrap.wrap(self._speak(why).format(why=self._speak(report.broke)), COLUMNS)


def wrapped(head: str, text: str) -> list[str]:
    """A text beside its head, in as many lines as it takes."""
    lines = textwrap.wrap(text, COLUMNS - len(head)) or [""]
    return [head + lines[0], *(" " * len(head) + line for line in lines[1:])]


def bullet(text: str) -> list[str]:
    return textwrap.wrap(text, COLUMNS, initial_indent="- ", subsequent_indent="  ")


def server_json(report: Report) -> str:
    return as_json(
        {
            "url": report.url,
            "server": report.server,
            "grade": report.grade,
            "points": report.points,
            "complete": report.broke is None,
            "limits": [words._asdict() for words in LIMITS],
        },
        report.checks,
    )


def process_json(pid: int, checks: Sequence[Check]) -> str:
    return as_json({"pid": pid}, checks)


def as_json(about: dict[str, object], checks: Sequence[Check]) -> str:
    rows = [
        {"claim": check.claim_id, "name": check.name, "result": check.result, "detail": check.detail._asdict()}
        for check in checks
    ]
    whole = {"schema": SCHEMA, "audit": __version__, **about, "checks": rows}
    return msgspec.json.format(msgspec.json.encode(whole)).decode()
