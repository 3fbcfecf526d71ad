"""What is found, for people and for programs."""

from __future__ import annotations

import json

import pytest
from msgspec.structs import replace

from omefree.audit.check import AuditReport, Check, Result, line, plain, some
from omefree.audit.report import Table, server_json
from omefree.auditing import process_exit_code
from omefree.words.catalogue import catalogue
from omefree.words.text import Text
from tests.words.speak import EN

UNCHANGED, CHANGED, WHY = line("unchanged"), line("changed"), line("nothing_came")
LIMITS = EN.paragraphs("policy.limits")


def check(result: Result, detail: Text = UNCHANGED) -> Check:
    return Check("text-unread", "relay", result, detail)


def report(*checks: Check) -> AuditReport:
    return AuditReport(url="https://chat.example", server="omefree/1.2.0", checks=checks)


ENGLISH = Table(EN)


@pytest.mark.parametrize(
    ("results", "broke", "code"),
    [
        (["passed", "not applicable"], None, 0),
        (["passed", "not checked"], None, 0),
        (["passed", "not checked"], WHY, 2),
        (["not checked", "failed"], None, 1),
        (["not checked", "failed"], WHY, 1),
    ],
)
def test_the_exit_code(results: list[Result], broke: Text | None, code: int) -> None:
    assert replace(report(*map(check, results)), broke=broke).exit_code == code


def test_a_failure_stands_out_and_is_counted() -> None:
    shown = ENGLISH.of_server(report(check("passed"), check("failed", CHANGED)))
    assert "  ✗ failed         relay         what arrives is not what was sent" in shown
    assert shown.endswith("passed 1, failed 1, not checked 0, not applicable 0")


def test_it_says_what_no_outsider_can_check() -> None:
    shown = " ".join(ENGLISH.of_server(report(check("passed"))).split())
    for limit in LIMITS:
        assert limit in shown
    assert "Nothing about you is sold or given away." in shown
    assert "omefree audit --pid PID" in shown


def test_a_broken_audit_says_so() -> None:
    shown = ENGLISH.of_server(replace(report(check("passed")), broke=WHY))
    said = " ".join(shown.split())
    assert said.endswith("The server did not let the audit finish: what should have come did not come in time")


def test_colours_are_around_the_result_alone() -> None:
    row = next(line for line in Table(EN, colours=True).checks([check("failed")]) if "✗" in line)
    assert row.startswith("\x1b[1;31m  ✗ failed         \x1b[0mrelay")


@pytest.mark.parametrize(
    ("results", "code"),
    [(["passed", "not checked"], 0), (["not checked", "not checked"], 2), (["failed", "not checked"], 1)],
)
def test_the_exit_code_of_a_process(results: list[Result], code: int) -> None:
    assert process_exit_code([check(result) for result in results]) == code


def test_a_process() -> None:
    shown = ENGLISH.of_process(42, [check("passed")])
    assert shown.startswith("process 42\n\ntext-unread    Between two of our pages")
    assert shown.endswith("passed 1, failed 0, not checked 0, not applicable 0")


def test_for_programs() -> None:
    told = json.loads(server_json(report(check("passed"), check("failed", CHANGED)), catalogue()))
    assert (told["schema"], told["complete"]) == (2, True)
    assert told["checks"][1] == {
        "claim": "text-unread",
        "name": "relay",
        "result": "failed",
        "detail": catalogue().everywhere(CHANGED),
    }
    assert len(told["limits"]) == len(LIMITS)


def test_what_a_server_says_cannot_write_on_the_terminal() -> None:
    assert plain("a\x1b[31m\nb\u202e") == r"a\x1b[31m\nb\u202e"
    assert len(plain("x" * 10_000)) < 100
    assert some(["a", "b", "c", "d"]) == "a, b, c, …"
