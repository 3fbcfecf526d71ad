"""Cheap ways around a pause or to bring one about, each seen to work once: what they bring now."""

from itertools import pairwise

import pytest

from omefree.guard.record import UP
from tests.chat.fake_chat import BY_TEXT, VIDEO, Client, FakeChat
from tests.chat.reporting import is_paused, is_reported, may_search, meets
from tests.chat.test_report_attacks import PROVES, score

HOME = "203.0.113.5"


# --- around a pause ---


@pytest.mark.parametrize("who", ["whoever reloads", "the visit itself"])
def test_a_good_chat_in_text_does_not_open_the_video_that_a_pause_has_closed(fake_chat: FakeChat, who: str) -> None:
    target = fake_chat.arrive(address=HOME)
    is_paused(fake_chat, target, *("nudity",) * 4, criteria=VIDEO)
    if who == "whoever reloads":
        target.disconnect()
        target = fake_chat.arrive(address=HOME)
    meets(fake_chat, target, fake_chat.arrive(), lasts_s=PROVES)
    target.emit("leave")
    target.hears()
    assert not may_search(target, VIDEO)
    assert may_search(target, BY_TEXT)


def test_whoever_moves_on_before_the_report_leaves_it_where_the_chat_was(fake_chat: FakeChat) -> None:
    for _ in range(4):
        flasher, victim = fake_chat.arrive(address=HOME), fake_chat.arrive()
        chat = meets(fake_chat, victim, flasher, lasts_s=3)
        flasher.emit("leave")
        flasher.cut()
        moved = flasher.come_back(fake_chat.new_address())
        assert victim.emit("report", chat, "nudity") == {"ok": True}
        assert score(fake_chat, moved) > 0, "the visit's own record goes along"
        moved.disconnect()
    assert not may_search(fake_chat.arrive(address=HOME), VIDEO)


def test_a_chat_that_a_freeze_has_ended_can_be_reported_in_a_crowd_too(fake_chat: FakeChat) -> None:
    crowd = [fake_chat.arrive(address=HOME) for _ in range(4)]
    victim = fake_chat.arrive()
    chat = meets(fake_chat, victim, crowd[0])
    fake_chat.presence.operator.set_state("frozen")
    assert victim.emit("report", chat, "nudity") == {"ok": True}
    assert score(fake_chat, crowd[0]) > 0


# --- votes ---


@pytest.mark.parametrize("tabs", [2, 9])
def test_more_tabs_of_one_address_are_not_more_votes(fake_chat: FakeChat, tabs: int) -> None:
    target = fake_chat.arrive()
    for tab in [fake_chat.arrive(address=HOME) for _ in range(tabs)]:
        chat = meets(fake_chat, tab, target)
        assert tab.emit("report", chat, "spam") == {"ok": True}
        target.hears()
        fake_chat.pass_time(8)
    assert 0 < score(fake_chat, target) <= UP


def weight(fake_chat: FakeChat, reporter: Client) -> float:
    """What a report of this visit weighs."""
    target = fake_chat.arrive()
    chat = meets(fake_chat, reporter, target)
    assert reporter.emit("report", chat, "spam") == {"ok": True}
    reporter.hears()
    fake_chat.pass_time(10)
    return score(fake_chat, target) / UP


def test_chats_with_oneself_do_not_make_a_mass_reporter_count(fake_chat: FakeChat) -> None:
    everybody = fake_chat.arrive(address=HOME)
    weights = []
    for _ in range(6):
        for _ in range(8):
            other = fake_chat.arrive(address=HOME)
            meets(fake_chat, everybody, other, lasts_s=1.1)
            everybody.emit("leave")
            other.disconnect()
            everybody.hears()
        weights.append(weight(fake_chat, everybody))
    assert all(later < before for before, later in pairwise(weights))
    assert weights[-1] < 0.35


def test_idle_tabs_do_not_make_each_reload_a_new_reporter(fake_chat: FakeChat) -> None:
    for _ in range(9):
        fake_chat.arrive(address=HOME)
    weights = []
    for _ in range(6):
        reporter = fake_chat.arrive(address=HOME)
        weights.append(weight(fake_chat, reporter))
        reporter.disconnect()
    assert weights[-1] < 0.35


def test_whoever_repeats_a_report_does_not_use_up_those_of_its_address(fake_chat: FakeChat) -> None:
    selfish, housemate = (fake_chat.arrive(address=HOME) for _ in range(2))
    chat = meets(fake_chat, selfish, fake_chat.arrive())
    for _ in range(3):
        assert selfish.emit("report", chat, "spam") == {"ok": True}
    for _ in range(2):
        chat = meets(fake_chat, housemate, fake_chat.arrive(), lasts_s=1.5)
        assert housemate.emit("report", chat, "nudity") == {"ok": True}
    chat = meets(fake_chat, selfish, fake_chat.arrive(), lasts_s=0.1)
    assert housemate.emit("report", chat, "nudity")["code"] == "chat_over"


# --- what the reported can find out ---


def test_a_pause_ends_and_counts_down_with_the_minutes_of_the_clock_and_not_with_the_report(
    fake_chat: FakeChat,
) -> None:
    """Else whoever asks each second would know to the second when the last report fell, and so which one it was."""
    turns = []
    for early_s in (3.0, 17.0, 31.0):
        fake_chat.pass_time(60 - fake_chat.clock.time() % 60)
        target = fake_chat.arrive()
        for _ in range(3):
            is_reported(fake_chat, target)
        fake_chat.pass_time(60 - fake_chat.clock.time() % 60 + early_s)
        is_reported(fake_chat, target)
        reported_at, told = fake_chat.clock.time(), 600.0
        assert target.emit("find", BY_TEXT)["retry_after_s"] == told
        while told:
            fake_chat.pass_time(1)
            answer = target.emit("find", BY_TEXT)
            if answer.get("retry_after_s", 0.0) != told:
                told = answer.get("retry_after_s", 0.0)
                turns.append(fake_chat.clock.time() % 60)
        assert 540 <= fake_chat.clock.time() - reported_at <= 600, "at most what was told at first"
        target.disconnect()
    assert max(turns) - min(turns) < 1.1
