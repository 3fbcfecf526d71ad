"""The findings: a line each and then what to do, for 80 columns and without need of colours; or JSON. PURE."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence

import msgspec

from omefree import __version__
from omefree.doctor.finding import RESULTS, Finding, Result
from omefree.terminal.plain import plain_line

SCHEMA = 1  # of --json (docs/doctor.md)
SIGNS: dict[Result, str] = {"good": "✓", "warning": "!", "bad": "✗", "not looked at": "?"}
COLOURS: dict[Result, str] = {"good": "32", "warning": "33", "bad": "1;31", "not looked at": "2"}  # SGR
WORDS: dict[Result, str] = {"good": "good", "warning": "warnings", "bad": "to mend", "not looked at": "not looked at"}
COLUMNS, CHECK_COLUMNS = 80, 12


def exit_code(findings: Sequence[Finding]) -> int:
    """1 if there is something to mend, else 0."""
    return int(any(each.result == "bad" for each in findings))


def table(title: str, findings: Sequence[Finding], colours: bool = False) -> str:
    """The whole output for people."""
    return "\n".join([f"{title}\n", *rows(findings, colours), *to_do(findings, colours), "", counts(findings)])


def rows(findings: Sequence[Finding], colours: bool) -> Iterator[str]:
    """Yields the lines of what was found."""
    for each in findings:
        yield from row(each, each.says, colours)


def to_do(findings: Sequence[Finding], colours: bool) -> Iterator[str]:
    """Yields the lines of what to do, the most urgent first."""
    urgent = [each for result in ("bad", "warning", "not looked at") for each in findings if each.result == result]
    open_ends = [each for each in urgent if each.mend]
    if open_ends:
        yield "\nWhat to do"
    for each in open_ends:
        yield from row(each, each.mend, colours)


def row(finding: Finding, text: str, colours: bool) -> list[str]:
    """The lines of one text behind the finding's sign and name. A word is not cut: commands are there to be copied."""
    sign = f"  {SIGNS[finding.result]}"
    head = f"{sign} {finding.check.ljust(CHECK_COLUMNS)}"
    lines = textwrap.wrap(plain_line(text), COLUMNS - len(head), break_on_hyphens=False, break_long_words=False)
    first, *more = [head + (lines or [""])[0], *(" " * len(head) + line for line in lines[1:])]
    return [first.replace(sign, f"\x1b[{COLOURS[finding.result]}m{sign}\x1b[0m", 1) if colours else first, *more]


def counts(findings: Sequence[Finding]) -> str:
    """The last line: how many findings have which result."""
    numbers = [(result, sum(each.result == result for each in findings)) for result in RESULTS]
    return ", ".join(f"{WORDS[result]} {number}" for result, number in numbers)


def as_json(url: str | None, findings: Sequence[Finding]) -> str:
    """The whole output for programs (docs/doctor.md)."""
    whole = {"schema": SCHEMA, "doctor": __version__, "url": url, "checks": findings}
    return msgspec.json.format(msgspec.json.encode(whole)).decode()
