"""`report` and `again`: never again, or once more (protocol.md, "Events from the visitor")."""

from typing import get_args

import pytest

from omefree.contract.codes import ReportReason
from tests.chat.fake_chat import BY_TEXT, TURN, Client, FakeChat, is_well

LONG_S = 24 * 3600


def search_for_each_other(fake_chat: FakeChat, a: Client, b: Client) -> bool:
    """Whether two find each other, given a day."""
    for client in (a, b):
        assert client.emit("find", BY_TEXT) == {"ok": True}
    fake_chat.pass_time(LONG_S)
    return a.chat == b.chat and a.names()[-1] == "matched"


# --- report ---


@pytest.mark.parametrize("reason", get_args(ReportReason))
def test_a_report_ends_the_chat_and_the_partner_hears_left(fake_chat: FakeChat, reason: str) -> None:
    a, b = fake_chat.pair()
    assert a.emit("report", a.chat, reason) == {"ok": True}
    assert a.hears() == [["ack", {"ok": True}]]
    assert b.hears() == [["ended", b.chat, "left"]]


def test_without_a_report_two_meet_again_after_the_cooldown(fake_chat: FakeChat) -> None:
    a, b = fake_chat.pair()
    a.emit("leave")
    assert search_for_each_other(fake_chat, a, b)


@pytest.mark.parametrize("reporter", [0, 1])
def test_after_a_report_the_two_never_meet_again(fake_chat: FakeChat, reporter: int) -> None:
    pair = fake_chat.pair()
    pair[reporter].emit("report", pair[reporter].chat, "spam")
    assert not search_for_each_other(fake_chat, *pair)


def test_both_meet_others_after_a_report(fake_chat: FakeChat) -> None:
    a, b = fake_chat.pair()
    a.emit("report", a.chat, "spam")
    fake_chat.introduce(a, fake_chat.arrive())
    fake_chat.introduce(b, fake_chat.arrive())


@pytest.mark.parametrize("ender", [0, 1])
def test_the_last_chat_can_be_reported_for_60_s(fake_chat: FakeChat, ender: int) -> None:
    a, b = fake_chat.pair()
    (a, b)[ender].emit("leave")
    fake_chat.pass_time(60)
    assert a.emit("report", a.chat, "hate") == {"ok": True}
    assert not search_for_each_other(fake_chat, a, b)


def test_after_60_s_it_is_too_late(fake_chat: FakeChat) -> None:
    a, _ = fake_chat.pair()
    a.emit("leave")
    fake_chat.pass_time(60.1)
    assert a.emit("report", a.chat, "hate")["code"] == "chat_over"


def test_the_chat_before_the_last_cannot_be_reported(fake_chat: FakeChat) -> None:
    a, _ = fake_chat.pair()
    first = a.chat
    fake_chat.introduce(a, fake_chat.arrive())
    a.emit("leave")
    assert a.emit("report", first, "hate")["code"] == "chat_over"


def test_a_report_of_the_last_chat_leaves_the_current_one_alone(fake_chat: FakeChat) -> None:
    a, b = fake_chat.pair()
    last = a.chat
    c = fake_chat.arrive()
    fake_chat.introduce(a, c)
    assert a.emit("report", last, "minor") == {"ok": True}
    assert is_well(a, c)
    a.emit("leave")
    fake_chat.pass_time(61)
    assert not search_for_each_other(fake_chat, a, b)


def test_a_report_of_the_last_chat_ends_a_new_one_with_the_same_person(fake_chat: FakeChat) -> None:
    a, b = fake_chat.pair()
    first = a.chat
    a.emit("leave")
    for client in (a, b):
        client.emit("again", first)
    assert a.chat == b.chat != first
    a.hears()
    b.hears()
    assert a.emit("report", first, "hate") == {"ok": True}
    assert ["ended", a.chat, "left"] in a.hears(), "it reported another chat than the one that has ended"
    assert b.hears() == [["ended", b.chat, "left"]]
    assert not search_for_each_other(fake_chat, a, b)


def test_a_report_of_the_last_chat_leaves_the_search_alone(fake_chat: FakeChat) -> None:
    a, _ = fake_chat.pair()
    a.emit("find", BY_TEXT)
    assert a.emit("report", a.chat, "minor") == {"ok": True}
    c = fake_chat.arrive()
    c.emit("find", BY_TEXT)
    assert c.chat == a.chat


def test_a_stranger_s_chat_cannot_be_reported(fake_chat: FakeChat) -> None:
    a, b = fake_chat.pair()
    assert fake_chat.arrive().emit("report", a.chat, "other")["code"] == "chat_over"
    assert is_well(a, b)


def test_a_reason_that_is_not_in_the_list_is_refused(fake_chat: FakeChat) -> None:
    a, b = fake_chat.pair()
    assert a.emit("report", a.chat, "boring")["code"] == "bad_args"
    assert is_well(a, b)


def test_a_report_can_be_repeated_since_its_answer_may_be_lost(fake_chat: FakeChat) -> None:
    a, _ = fake_chat.pair()
    for _ in range(2):
        assert a.emit("report", a.chat, "other") == {"ok": True}


def test_whoever_has_gone_can_still_be_reported(fake_chat: FakeChat) -> None:
    a, b = fake_chat.pair()
    b.disconnect()
    assert a.emit("report", a.chat, "nudity") == {"ok": True}


# --- again ---


def test_two_who_both_ask_again_meet_in_a_new_chat(fake_chat: FakeChat) -> None:
    a, b = fake_chat.pair()
    first = a.chat
    a.emit("leave")
    b.hears()
    assert a.emit("again", first) == {"ok": True}
    assert a.names() == ["ack", "ack"]
    assert b.hears() == []  # that the other asks is told nobody
    assert b.emit("again", first) == {"ok": True}
    assert b.names() == ["ack", "matched"]
    assert a.chat == b.chat != first
    assert a.one("matched")["polite"] != b.one("matched")["polite"]
    assert is_well(a, b)


def test_one_alone_who_asks_again_meets_nobody(fake_chat: FakeChat) -> None:
    a, b = fake_chat.pair()
    a.emit("leave")
    for _ in range(2):
        a.emit("again", a.chat)
    assert "matched" not in a.names() + b.names()


def test_again_keeps_mode_and_relay() -> None:
    fake_chat = FakeChat(has_turn=True)
    a, b = fake_chat.pair({"mode": "video", "hide": True})
    a.emit("leave")
    for client in (a, b):
        client.emit("again", client.chat)
    matched = a.one("matched")
    assert (matched["mode"], matched["relay_only"]) == ("video", True)
    assert matched["ice_servers"][1]["urls"] == [TURN]


def test_again_may_be_asked_for_120_s_by_each(fake_chat: FakeChat) -> None:
    a, b = fake_chat.pair()
    a.emit("leave")
    a.emit("again", a.chat)
    fake_chat.pass_time(120)
    b.emit("again", b.chat)
    assert b.names()[-1] == "matched"


def test_leave_takes_back_what_was_asked(fake_chat: FakeChat) -> None:
    a, b = fake_chat.pair()
    a.emit("leave")
    a.emit("again", a.chat)
    a.emit("leave")
    b.emit("again", b.chat)
    assert "matched" not in a.names()[1:] + b.names()[1:]


def test_after_120_s_it_is_too_late(fake_chat: FakeChat) -> None:
    a, _ = fake_chat.pair()
    a.emit("leave")
    fake_chat.pass_time(120.1)
    assert a.emit("again", a.chat)["code"] == "chat_over"


def test_again_also_takes_two_out_of_their_searches(fake_chat: FakeChat) -> None:
    a, b = fake_chat.pair()
    first = a.chat
    for client in (a, b):
        client.emit("find", BY_TEXT)
        client.emit("again", first)
    assert a.chat == b.chat != first
    c = fake_chat.arrive()
    c.emit("find", BY_TEXT)
    assert c.chat == ""


def test_whoever_has_met_somebody_else_does_not_come_back(fake_chat: FakeChat) -> None:
    a, b = fake_chat.pair()
    first = a.chat
    a.emit("leave")
    a.emit("again", first)
    c = fake_chat.arrive()
    fake_chat.introduce(a, c)
    assert b.emit("again", first) == {"ok": True}
    assert is_well(a, c)


def test_whoever_is_in_a_chat_cannot_ask_for_another(fake_chat: FakeChat) -> None:
    a, _ = fake_chat.pair()
    first = a.chat
    c = fake_chat.arrive()
    fake_chat.introduce(a, c)
    assert a.emit("again", first)["code"] == "chat_over"
    assert a.emit("again", a.chat)["code"] == "chat_over"
    assert is_well(a, c)


@pytest.mark.parametrize("how", ["disconnect", "close"])
def test_a_partner_that_has_gone_cannot_be_asked_for(fake_chat: FakeChat, how: str) -> None:
    a, b = fake_chat.pair()
    getattr(b, how)()
    assert a.emit("again", a.chat)["code"] == "chat_over"


def test_a_stranger_s_chat_cannot_be_asked_for(fake_chat: FakeChat) -> None:
    a, b = fake_chat.pair()
    a.emit("leave")
    assert fake_chat.arrive().emit("again", a.chat)["code"] == "chat_over"
    assert b.names() == ["ended"]


def test_a_partner_that_asked_and_is_away_is_met_when_it_is_back(fake_chat: FakeChat) -> None:
    a, b = fake_chat.pair()
    a.emit("leave")
    a.emit("again", a.chat)
    a.cut()
    b.emit("again", b.chat)
    assert "matched" not in b.names()
    a = a.come_back()
    assert a.chat == b.chat
    assert is_well(a, b)


@pytest.mark.parametrize("asks_first", [0, 1])
def test_again_does_not_lift_a_report(fake_chat: FakeChat, asks_first: int) -> None:
    """Whoever was reported asks, before or after the report, and so did the reporter before."""
    reporter, reported = fake_chat.pair()
    chat = reporter.chat
    reporter.emit("leave")
    if asks_first == 0:
        reporter.emit("again", chat)
    reporter.emit("report", chat, "violence")
    assert reporter.emit("again", chat)["code"] == "chat_over"
    assert reported.emit("again", chat) == {"ok": True}  # that it was reported is told nobody
    assert "matched" not in reporter.names() + reported.names()
    assert not search_for_each_other(fake_chat, reporter, reported)
