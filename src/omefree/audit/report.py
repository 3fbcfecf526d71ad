"""The findings of an audit, as a table that fits a terminal of 80 columns, and as JSON for programs."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator, Sequence
from itertools import groupby

import msgspec

from omefree import __version__
from omefree.audit.check import RESULTS, AuditReport, Check, Result, line
from omefree.privacy.claims import CLAIMS, Claim
from omefree.words.catalogue import Catalogue, Words

SCHEMA = 2  # of --json (docs/audit.md)
COLUMNS = 80
SIGNS: dict[Result, str] = {"passed": "✓", "failed": "✗", "not checked": "?", "not applicable": "–"}
COLOURS: dict[Result, str] = {"passed": "32", "failed": "1;31", "not checked": "33", "not applicable": "2"}  # SGR
ID_COLUMNS, WORD_COLUMNS, NAME_COLUMNS = 15, 15, 14
FIRST_SENTENCE = re.compile(r".*?\.(?=\s|$)")

LIMITS = "policy.limits"  # the policy's paragraphs on what nobody can prove


class Table:
    """Makes the table for people. `words` are those of the reader's language."""

    def __init__(self, words: Words, colours: bool = False) -> None:
        self._words = words
        self._colours = colours
        self._word_columns = max(WORD_COLUMNS, *(1 + len(self._result(result)) for result in RESULTS))

    def of_server(self, report: AuditReport) -> str:
        """The whole output of `omefree audit URL`."""
        return "\n".join(
            [
                f"{report.url}  {report.server}",
                *self.checks(report.checks),
                "",
                *self._unseen(report.checks),
                "",
                self.counts(report.checks),
                *self._broke(report),
            ]
        )

    def of_process(self, pid: int, checks: Sequence[Check]) -> str:
        """The whole output of `omefree audit --pid`."""
        title = self._say("process", pid=pid)
        return "\n".join([title, *self.checks(checks), "", self.counts(checks)])

    def checks(self, checks: Sequence[Check]) -> Iterator[str]:
        """Yields the lines of the checks, each claim's under its first sentence."""
        for claim_id, group in groupby(checks, key=lambda check: check.claim_id):
            claim = next(claim for claim in CLAIMS if claim.id == claim_id)
            yield ""
            yield from wrapped(claim_id.ljust(ID_COLUMNS), self._short(claim))
            for check in group:
                yield from self._row(check)

    def counts(self, checks: Sequence[Check]) -> str:
        """The last line: how many checks have which result."""
        numbers = [(result, sum(check.result == result for check in checks)) for result in RESULTS]
        return ", ".join(f"{self._result(result)} {count}" for result, count in numbers)

    def _short(self, claim: Claim) -> str:
        """The claim's first sentence. The rest is in the policy."""
        said = str(self._words.messages[claim.says])
        found = FIRST_SENTENCE.match(said)
        return self._words.fill(found[0] if found else said, {})

    def _row(self, check: Check) -> Iterator[str]:
        word = self._result(check.result).ljust(self._word_columns)
        mark = f"  {SIGNS[check.result]} {word}"
        first, *more = wrapped(f"{mark}{check.name.ljust(NAME_COLUMNS)}", self._words.tell(check.detail))
        yield first.replace(mark, f"\x1b[{COLOURS[check.result]}m{mark}\x1b[0m") if self._colours else first
        yield from more

    def _unseen(self, checks: Sequence[Check]) -> Iterator[str]:
        yield self._say("outside_title")
        made = {check.name for check in checks}
        on_host = [claim.id for claim in CLAIMS if set(claim.audit) - made]
        yield from bullet(f"{self._say('on_the_host')} ({', '.join(on_host)})")
        for limit in self._words.paragraphs(LIMITS):
            yield from bullet(limit)
        promises = [self._short(claim) for claim in CLAIMS if not claim.provable]
        yield from bullet(f"{self._say('promised')} {' '.join(promises)}")

    def _broke(self, report: AuditReport) -> Iterator[str]:
        if report.broke is not None:
            yield from textwrap.wrap(self._say("cut_short", why=report.broke), COLUMNS)

    def _result(self, result: Result) -> str:
        return self._say(f"result.{result.replace(' ', '_')}")

    def _say(self, name: str, **values: object) -> str:
        return self._words.tell(line(name, **values))


def wrapped(head: str, text: str) -> list[str]:
    """The lines of a text beside its head. Each is at most 80 columns wide."""
    lines = textwrap.wrap(text, COLUMNS - len(head)) or [""]
    return [head + lines[0], *(" " * len(head) + line for line in lines[1:])]


def bullet(text: str) -> list[str]:
    """The lines of a text as an item of a list. Each is at most 80 columns wide."""
    return textwrap.wrap(text, COLUMNS, initial_indent="- ", subsequent_indent="  ")


def server_json(report: AuditReport, catalogue: Catalogue) -> str:
    """The whole output of `omefree audit URL --json` (docs/audit.md)."""
    limits = {tag: catalogue.words(tag).paragraphs(LIMITS) for tag in catalogue.languages}
    return as_json(
        catalogue,
        {
            "url": report.url,
            "server": report.server,
            "complete": report.broke is None,
            "limits": [dict(zip(limits, each, strict=True)) for each in zip(*limits.values(), strict=True)],
        },
        report.checks,
    )


def process_json(pid: int, checks: Sequence[Check], catalogue: Catalogue) -> str:
    """The whole output of `omefree audit --pid --json` (docs/audit.md)."""
    return as_json(catalogue, {"pid": pid}, checks)


def as_json(catalogue: Catalogue, about: dict[str, object], checks: Sequence[Check]) -> str:
    """The JSON of an audit. `about` has the fields that come before the checks."""
    rows = [
        {"claim": it.claim_id, "name": it.name, "result": it.result, "detail": catalogue.everywhere(it.detail)}
        for it in checks
    ]
    whole = {"schema": SCHEMA, "audit": __version__, **about, "checks": rows}
    return msgspec.json.format(msgspec.json.encode(whole)).decode()
