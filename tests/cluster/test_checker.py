"""The checker itself: each thing that must never be, in a history made by hand, is found; and an honest one passes."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cluster.checker import judge
from tests.cluster.history import (
    NOBODY,
    OK,
    Answered,
    Asked,
    Ended,
    Fault,
    Heard,
    Leaving,
    Left,
    Lost,
    Partner,
    Read,
    Said,
    Shown,
    Wrote,
    read,
    write,
)
from tests.cluster.story import A, B, C, Story, broken, chatting, killed

LATER_S = 70.0  # two who have met may meet again


def test_an_honest_history_has_no_violation(tmp_path: Path) -> None:
    story = chatting()
    story.says(A, "x", 1).says(A, "x", 2).hears(B, "x", 1, 2).says(B, "x", 3).hears(A, "x", 3)
    story.tell(Wrote, A, "x", 0).tell(Read, B, "x", 0, 0)
    story.tell(Lost, B).tell(Partner, A, "x", False).says(A, "x", 4, "partner_away")
    story.comes_back(B, "chatting", "x").meet("x", B).tell(Partner, A, "x", True)
    story.comes(C, node="c").finds(C)
    story.finds(A).tell(Ended, B, "x", "skipped").meet("y", A, C).finds(B)
    story.later(LATER_S).tell(Left, C).tell(Ended, A, "y", "left").finds(A).meet("z", A, B)
    verdict = judge(story.records)
    assert verdict.violations == []
    assert (verdict.chats, verdict.across, verdict.messages, verdict.lost, verdict.aways) == (3, 3, 3, 0, 1)
    write(tmp_path / "history", story.records)
    assert read(tmp_path / "history") == story.records


def test_what_a_killed_node_had_taken_may_be_lost_and_its_chats_with_it() -> None:
    story = chatting().says(A, "x", 1).hears(B, "x", 1).says(A, "x", 2)
    story.tell(Fault, NOBODY, "killed", "b").tell(Lost, B).tell(Partner, A, "x", False).tell(Ended, A, "x", "lost")
    story.comes(B, node="a")
    verdict = judge(story.records)
    assert verdict.violations == []
    assert (verdict.lost, verdict.lost_chats) == (1, 1)


def test_a_killed_node_that_is_back_at_once_ends_its_chats_without_an_away() -> None:
    story = killed().tell(Ended, A, "x", "lost").tell(Fault, NOBODY, "started", "b").comes(B, node="b")
    assert story.violations() == []


def test_who_comes_back_may_be_told_again_what_it_was_told() -> None:
    story = broken().says(A, "x", 1).comes_back(B, "chatting", "x").meet("x", B).tell(Partner, A, "x", True).finds(A)
    story.tell(Ended, B, "x", "skipped").tell(Lost, B).comes_back(B, "idle").tell(Ended, B, "x", "skipped")
    assert story.violations() == []


def test_who_comes_back_may_have_left_without_an_answer() -> None:
    for going in (Asked, Leaving):
        story = chatting().tell(going, A, 90, *(["x"] if going is Leaving else [])).tell(Lost, A)
        story.tell(Ended, B, "x", "skipped").comes_back(A, "idle", node="a")
        assert story.violations() == []


def nearly_forgotten() -> Story:
    """B has met eight since it has met A, and A seven."""
    story = chatting().finds(A).tell(Ended, B, "x", "skipped").finds(B)
    for other, who in enumerate([A] * 7 + [B] * 8, C):
        story.comes(other).finds(other).meet(f"y{other}", who, other)
        story.finds(who).tell(Ended, other, f"y{other}", "skipped")
    return story


def test_the_eight_that_are_remembered_are_not_met_too_soon() -> None:
    assert "met again too soon" in nearly_forgotten().meet("z", A, B).violations()


def test_a_chat_whose_partner_was_never_told_of_it_counts_among_the_eight() -> None:
    story = nearly_forgotten().meet("y", A).tell(Ended, A, "y", "lost").finds(A)
    assert "met again too soon" not in story.meet("z", A, B).violations()


def test_a_chat_that_was_never_seen_counts_among_the_eight_that_are_remembered() -> None:
    unseen = (
        nearly_forgotten().tell(Lost, A).comes_back(A, "idle", node="a").tell(Ended, A, "never seen", "lost").finds(A)
    )
    assert "met again too soon" not in unseen.meet("z", A, B).violations()


def test_a_welcome_may_be_read_after_its_node_has_died() -> None:
    story = Story().tell(Fault, NOBODY, "killed", "a").comes(A, node="a").tell(Lost, A).comes(A, node="b")
    assert story.violations() == []


def test_a_leave_ends_what_it_finds() -> None:
    assert chatting().leaves(A).tell(Ended, B, "x", "left").violations() == []
    assert chatting().leaves(A, "x").tell(Ended, B, "x", "left").violations() == []
    assert Story().comes(A, B).finds(A).leaves(A).finds(B).later(5).comes(C).violations() == []


def test_a_chat_that_one_home_alone_has_begun_is_lost_at_once() -> None:
    assert Story().comes(A).finds(A).meet("x", A).tell(Ended, A, "x", "lost").violations() == []


def test_an_away_of_one_moment_may_be_followed_by_the_end() -> None:
    story = chatting().tell(Partner, A, "x", False).tell(Partner, A, "x", True).tell(Ended, A, "x", "lost")
    assert "lost, but never away" not in story.violations()


def test_events_that_cross_an_end_are_no_fault() -> None:
    story = chatting().tell(Asked, A, 90).tell(Asked, B, 91).tell(Said, B, 92, "x", 1)
    story.tell(Answered, A, 90, OK).tell(Ended, B, "x", "skipped")
    story.tell(Answered, B, 91, "chat_over").tell(Answered, B, 92, "chat_over")
    assert story.violations() == []


def test_what_crosses_the_end_that_its_hearer_makes_is_lost_by_no_fault() -> None:
    story = chatting().says(A, "x", 1).hears(B, "x", 1).says(A, "x", 2).says(A, "x", 1).finds(B)
    verdict = judge(story.tell(Ended, A, "x", "skipped").records)
    assert (verdict.violations, verdict.lost) == ([], 0)


def broken_after_a_gap() -> Story:
    """Something was lost, and something later came, before the link broke: the break does not excuse it."""
    return chatting().says(A, "x", 1).says(A, "x", 2).hears(B, "x", 2).tell(Lost, B)


def killed_after_a_gap() -> Story:
    return chatting().says(A, "x", 1).says(A, "x", 2).hears(B, "x", 2).tell(Fault, NOBODY, "killed", "b").tell(Lost, B)


def test_what_a_fault_holds_up_may_cross_an_end_much_later() -> None:
    story = chatting().tell(Fault, NOBODY, "cut", "b").says(A, "x", 1).later(30).finds(B).tell(Ended, A, "x", "skipped")
    assert story.violations() == []


FAULTS: list[tuple[str, Callable[[], Story]]] = [
    ("a chat of three", lambda: chatting().comes(C).finds(C).meet("x", C)),
    ("matched while in a chat", lambda: chatting().comes(C).finds(C).meet("y", A, C)),
    ("matched twice to one chat", lambda: chatting().meet("x", A)),
    ("matched twice to one chat", lambda: chatting().finds(A).meet("x", A).tell(Ended, B, "x", "skipped")),
    ("met one of another pool", lambda: chatting().comes(C, pool="sealed").finds(A).finds(C).meet("y", A, C)),
    ("met again too soon", lambda: chatting().finds(A).tell(Ended, B, "x", "skipped").finds(B).meet("y", A, B)),
    ("half a pair", lambda: Story().comes(A).finds(A).meet("x", A)),
    ("half a pair", lambda: chatting().finds(A)),
    ("half a pair", lambda: chatting().tell(Lost, B).comes(B)),
    ("wrong about whether its partner is here", lambda: chatting().tell(Partner, A, "x", False)),
    ("wrong about whether its partner is here", lambda: chatting().tell(Lost, B)),
    ("lost, but never away", lambda: chatting().tell(Ended, A, "x", "lost")),
    ("lost, but never away", lambda: killed().tell(Ended, A, "x", "lost").comes(B, node="c")),
    (
        "lost, but never away",
        lambda: killed().tell(Fault, NOBODY, "started", "b").later(20).tell(Ended, A, "x", "lost"),
    ),
    (
        "lost, but never away",
        lambda: (
            broken()
            .comes_back(B, "chatting", "x")
            .tell(Partner, A, "x", True)
            .says(B, "x", 1)
            .hears(A, "x", 1)
            .tell(Ended, A, "x", "lost")
        ),
    ),
    ("matched twice to one chat", lambda: broken().comes_back(B, "chatting", "x").meet("x", B, B)),
    ("matched while in a chat", lambda: chatting().comes(C).finds(C).leaves(A, "y", "chat_over").meet("y", A, C)),
    ("lost its chat without a word", lambda: broken().comes_back(B, "searching")),
    ("lost its chat without a word", lambda: broken().comes_back(B, "chatting", "y").meet("y", B)),
    ("never told how its chat ended", lambda: broken().comes_back(B, "idle")),
    ("came back as a stranger", lambda: broken().comes(B, node="b")),
    (
        "came back as a stranger",
        lambda: Story().tell(Fault, NOBODY, "killed", "a").later(5).comes(A).tell(Lost, A).comes(A),
    ),
    (
        "told of the end of a chat that is not its own",
        lambda: broken().comes_back(B, "idle").tell(Ended, B, "x", "left").tell(Ended, B, "x", "left"),
    ),
    ("refused as away, but it was here", lambda: chatting().says(A, "x", 1, "partner_away")),
    (
        "refused as away, but it was here",
        lambda: broken().comes_back(B, "chatting", "x").later(5).says(A, "x", 1, "partner_away"),
    ),
    ("told of the end of a chat that is not its own", lambda: chatting().tell(Ended, A, "y", "left")),
    ("told of the end of a chat that is not its own", lambda: chatting().finds(A).tell(Ended, A, "x", "left")),
    ("told of the partner of a chat that is not its own", lambda: chatting().tell(Partner, A, "y", False)),
    ("told twice that the partner is back", lambda: chatting().tell(Partner, A, "x", True)),
    (
        "told twice that the partner is away",
        lambda: chatting().tell(Partner, A, "x", False).tell(Partner, A, "x", False),
    ),
    ("heard something of a chat that is not its own", lambda: chatting().hears(A, "y", 1)),
    ("heard something of a chat that is not its own", lambda: chatting().says(A, "x", 1).finds(B).hears(B, "x", 1)),
    (
        "heard something from a partner that is away",
        lambda: chatting().says(A, "x", 1).tell(Partner, B, "x", False).hears(B, "x", 1),
    ),
    ("doubled or out of order", lambda: chatting().says(A, "x", 1).hears(B, "x", 1, 1)),
    ("doubled or out of order", lambda: chatting().says(A, "x", 1).says(A, "x", 2).hears(B, "x", 2, 1)),
    ("never said by the partner", lambda: chatting().hears(B, "x", 1)),
    ("never said by the partner", lambda: chatting().says(B, "x", 1).hears(B, "x", 1)),
    ("taken, and lost in the middle", lambda: chatting().says(A, "x", 1).says(A, "x", 2).hears(B, "x", 2)),
    ("taken, and lost", lambda: chatting().says(A, "x", 1)),
    ("taken, and lost", lambda: chatting().says(A, "x", 1).finds(A).tell(Ended, B, "x", "skipped")),
    ("taken, and lost", lambda: chatting().says(A, "x", 1).later(9).finds(B).tell(Ended, A, "x", "skipped")),
    (
        "taken, and lost",
        lambda: (
            chatting()
            .tell(Fault, NOBODY, "cut", "b")
            .later(9)
            .says(A, "x", 1)
            .later(9)
            .finds(B)
            .tell(Ended, A, "x", "skipped")
        ),
    ),
    ("taken, and lost", lambda: broken().comes_back(B, "chatting", "x").later(1).says(A, "x", 1)),
    ("taken, and lost in the middle", lambda: broken_after_a_gap().comes_back(B, "chatting", "x")),
    ("taken, and lost in the middle", killed_after_a_gap),
    (
        "its program was given something else than came",
        lambda: chatting().says(A, "x", 1).tell(Heard, B, "x", 1),
    ),
    (
        "its program was given something else than came",
        lambda: chatting().says(A, "x", 1).hears(B, "x", 1).tell(Shown, B, "x", 1).finds(B),
    ),
    ("something said was refused", lambda: chatting().says(A, "x", 1, "internal")),
    ("refused as over, but the chat goes on", lambda: chatting().says(A, "x", 1, "chat_over")),
    ("a search was refused", lambda: Story().comes(A).finds(A, "internal")),
    ("a sealed text was lost, doubled or changed", lambda: chatting().tell(Read, A, "x", 1, 1)),
    ("a sealed text was lost, doubled or changed", lambda: chatting().tell(Read, A, "x", 0, 1)),
    ("two who fit wait", lambda: Story().comes(A, B).finds(A).finds(B).later(5).comes(C)),
    ("never answered", lambda: Story().comes(A).tell(Asked, A, 1)),
    ("never answered", lambda: chatting().tell(Said, A, 1, "x", 1).hears(B, "x", 1)),
    ("never came back", lambda: Story().comes(A).tell(Lost, A)),
]


@pytest.mark.parametrize(("what", "story"), FAULTS)
def test_a_fault_is_found(what: str, story: Callable[[], Story]) -> None:
    assert what in story().violations()
