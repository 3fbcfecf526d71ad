"""The page's types are made from the server's classes, and cover every event."""

import re
from pathlib import Path
from typing import Any, get_args

import msgspec
import pytest

from omefree.contract import codes, events, typescript

PAGE = Path(__file__).parents[2] / "web/src/contract.ts"

VISITOR_EVENTS: list[Any] = list(get_args(events.VisitorEvent))
SERVER_EVENTS: list[Any] = list(get_args(events.ServerEvent))


def tag(event: Any) -> str:
    return str(event.__struct_config__.tag)


def block(name: str) -> str:
    """The body of an interface."""
    found = re.search(rf"export interface {name} {{\n(.*?)\n}}", typescript.render(), re.DOTALL)
    assert found is not None
    return found[1]


def test_the_page_has_the_contract_that_the_server_has() -> None:
    assert PAGE.read_text() == typescript.render(), "run `make contract`"


@pytest.mark.parametrize(("interface", "kinds"), [("VisitorEvents", VISITOR_EVENTS), ("ServerEvents", SERVER_EVENTS)])
def test_every_event_has_its_type(interface: str, kinds: list[Any]) -> None:
    assert re.findall(r"^  (\w+): ", block(interface), re.MULTILINE) == [tag(kind) for kind in kinds]


def test_every_event_of_a_visitor_takes_an_acknowledgement() -> None:
    for line in block("VisitorEvents").splitlines():
        assert "ack: (reply: Ok | Refusal) => void" in line or "ack: (reply: IceOk | Refusal) => void" in line


@pytest.mark.parametrize(("name", "words"), [("Code", codes.CODES), ("EndReason", get_args(codes.EndReason)),
                                             ("ReportReason", get_args(codes.ReportReason))])  # fmt: skip
def test_words_are_unions_of_literals(name: str, words: tuple[str, ...]) -> None:
    found = re.search(rf"export type {name} =\n(.*?);", typescript.render(), re.DOTALL)
    assert found is not None
    assert re.findall(r'"(\w+)"', found[1]) == list(words)


def test_what_a_sender_may_leave_out_is_optional() -> None:
    criteria = block("Criteria")
    assert "readonly mode: Mode;" in criteria
    for field in ("interests", "languages", "patience_s", "hide", "seal", "from"):
        assert f"readonly {field}?: " in criteria
    assert "readonly retry_after_s?: " in block("Refusal")


def test_what_the_server_always_sends_is_not_optional() -> None:
    for name in ("WelcomeArgs", "MatchedArgs", "SearchingArgs", "Limits"):
        assert set(re.findall(r"(\w+)\?:", block(name))) <= {"paused"}, "left out of `welcome` unless there is a pause"


def test_a_type_without_a_translation_is_an_error() -> None:
    class New(msgspec.Struct):
        when: set[int]

    with pytest.raises(TypeError, match="no TypeScript for"):
        list(typescript.interface(New))


def test_every_code_has_a_sentence_for_people() -> None:
    assert set(codes.MESSAGES) == set(codes.CODES)
    for sentence in codes.MESSAGES.values():
        assert sentence.endswith(".")
        assert sentence[0].isupper()
