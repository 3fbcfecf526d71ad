"""What is found, for people and for programs."""

from __future__ import annotations

import json
from functools import partial

import pytest
from msgspec.structs import replace

from omefree.audit import texts
from omefree.audit.check import Check, Report, Result, plain, some
from omefree.audit.report import Table, server_json
from omefree.auditing import process_exit_code
from omefree.http.language import say
from omefree.privacy.inventory import LANGS, Words
from omefree.privacy.texts import LIMITS


def check(result: Result, detail: Words = texts.UNCHANGED) -> Check:
    return Check("text-unread", "relay", result, detail)


def report(*checks: Check) -> Report:
    return Report(url="https://chat.example", server="omefree/1.2.0", checks=checks, grade="A+", points=155)


ENGLISH = Table(partial(say, lang="en"))
WHY = Words("no answer", "pas de réponse")


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
def test_the_exit_code(results: list[Result], broke: Words | None, code: int) -> None:
    assert replace(report(*map(check, results)), broke=broke).exit_code == code


def test_a_failure_stands_out_and_is_counted() -> None:
    shown = ENGLISH.of_server(report(check("passed"), check("failed", texts.CHANGED)))
    assert "  ✗ failed         relay         what arrives is not what was sent" in shown
    assert shown.endswith("passed 1, failed 1, not checked 0, not applicable 0")
    assert "Mozilla’s Observatory: A+ (155 points)" in shown


def test_it_says_what_no_outsider_can_check() -> None:
    shown = " ".join(ENGLISH.of_server(report(check("passed"))).split())
    for words in LIMITS:
        assert words.en in shown
    assert "Nothing about you is sold or given away." in shown
    assert "omefree audit --pid PID" in shown


def test_a_broken_audit_says_so() -> None:
    shown = ENGLISH.of_server(replace(report(check("passed")), broke=WHY))
    assert shown.endswith("The server did not let the audit finish: no answer")


def test_colours_are_around_the_result_alone() -> None:
    row = next(line for line in Table(partial(say, lang="en"), colours=True).checks([check("failed")]) if "✗" in line)
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
    told = json.loads(server_json(report(check("passed"), check("failed", texts.CHANGED))))
    assert (told["schema"], told["grade"], told["complete"]) == (1, "A+", True)
    assert told["checks"][1] == {
        "claim": "text-unread",
        "name": "relay",
        "result": "failed",
        "detail": {"en": texts.CHANGED.en, "fr": texts.CHANGED.fr},
    }
    assert len(told["limits"]) == len(LIMITS)


def test_what_a_server_says_cannot_write_on_the_terminal() -> None:
    assert plain("a\x1b[31m\nb\u202e") == r"a\x1b[31m\nb\u202e"
    assert len(plain("x" * 10_000)) < 100
    assert some(["a", "b", "c", "d"]) == "a, b, c, …"


def test_every_text_has_the_same_holes_in_both_languages() -> None:
    for name, words in vars(texts).items():
        if isinstance(words, Words):
            holes = [{part.partition("}")[0] for part in words.say(lang).split("{")[1:]} for lang in LANGS]
            assert holes[0] == holes[1], name
