"""The checker, of visitors that move from node to node: what a second link brings while the first still stands."""

from collections.abc import Callable

import pytest

from tests.cluster.checker import judge
from tests.cluster.history import NOBODY, OK, Answered, Fault, Heard, Lost, Matched, Partner, Said, Shown, Welcomed
from tests.cluster.story import A, B, Story, chatting, killed


def test_what_the_next_link_brings_comes_after_all_of_the_one_before() -> None:
    story = chatting().says(A, "x", 1).says(A, "x", 2).tell(Said, B, 90, "x", 5).moves(B, "x")
    story.tell(Heard, B, "x", 2, link=1).hears(B, "x", 1).tell(Shown, B, "x", 2).tell(Lost, B)
    story.tell(Said, B, 1, "x", 5, link=1).tell(Answered, B, 1, OK, link=1).hears(A, "x", 5)
    verdict = judge(story.records)
    assert (verdict.violations, verdict.moves, verdict.lost, verdict.aways) == ([], 1, 0, 0)


def test_a_move_may_be_followed_by_another_before_its_old_link_has_ended() -> None:
    story = chatting().says(A, "x", 1).moves(B, "x").tell(Welcomed, B, "b", "plain", "chatting", "x", link=2)
    story.tell(Matched, B, "x", link=2).tell(Lost, B, link=1).hears(B, "x", 1).tell(Lost, B)
    verdict = judge(story.records)
    assert (verdict.violations, verdict.moves) == ([], 2)


def test_a_node_that_dies_may_have_passed_on_what_it_did_not_answer() -> None:
    story = chatting().tell(Fault, NOBODY, "stalled", "b").tell(Said, B, 90, "x", 5).moves(B, "x").tell(Lost, B)
    story.tell(Said, B, 1, "x", 5, link=1).tell(Answered, B, 1, OK, link=1).hears(A, "x", 5, 5)
    assert story.violations() == []


def test_a_chat_outlives_the_node_of_one_of_its_two() -> None:
    story = killed().tell(Partner, A, "x", False).comes_back(B, "chatting", "x", node="c").meet("x", B)
    verdict = judge(story.tell(Partner, A, "x", True).says(A, "x", 1).hears(B, "x", 1).records)
    assert (verdict.violations, verdict.orphans, verdict.inherited, verdict.lost_chats) == ([], 1, 1, 0)
    verdict = judge(killed().comes(B, node="c").records)
    assert (verdict.orphans, verdict.inherited, verdict.lost_chats) == (1, 0, 1)
    assert judge(killed().later(11).comes(B, node="c").records).orphans == 0
    assert judge(killed().tell(Fault, NOBODY, "killed", "a").comes(B, node="c").records).orphans == 0


FAULTS: list[tuple[str, Callable[[], Story]]] = [
    ("has two links", lambda: chatting().moves(B, "x")),
    (
        "doubled or out of order",
        lambda: (
            chatting()
            .tell(Said, B, 90, "x", 5)
            .moves(B, "x")
            .tell(Lost, B)
            .tell(Said, B, 1, "x", 5, link=1)
            .tell(Answered, B, 1, OK, link=1)
            .hears(A, "x", 5, 5)
        ),
    ),
    (
        "doubled or out of order",
        lambda: (
            chatting()
            .says(A, "x", 1)
            .says(A, "x", 2)
            .moves(B, "x")
            .hears(B, "x", 2)
            .hears(B, "x", 1, link=1)
            .tell(Lost, B)
        ),
    ),
    ("taken, and lost", lambda: chatting().says(A, "x", 1).moves(B, "x").tell(Lost, B)),
]


@pytest.mark.parametrize(("what", "story"), FAULTS)
def test_a_fault_is_found(what: str, story: Callable[[], Story]) -> None:
    assert what in story().violations()
