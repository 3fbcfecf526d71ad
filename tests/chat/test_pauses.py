"""What somebody who was reported in several chats may not do, what it is told, and when (protocol.md, `paused`)."""

from typing import Any

import pytest

from omefree.http.gate import KEY_LIFE_S
from tests.chat.fake_chat import BY_TEXT, VIDEO, Client, FakeChat, Reply, is_well
from tests.chat.reporting import is_paused, is_reported, may_search, meets

FIELDS = ("retry_after_s", "reason", "open", "whose")


def pause_in(told: dict[str, Any]) -> dict[str, Any]:
    """What is told of a pause."""
    return {name: told[name] for name in FIELDS}


SPAM = {"retry_after_s": 600.0, "reason": "spam", "open": [], "whose": "visit"}
NUDITY = SPAM | {"reason": "nudity", "open": ["text"]}
OF_THE_ADDRESS = SPAM | {"reason": "mixed", "whose": "address"}


def test_four_reports_of_four_chats_bring_a_pause_and_three_do_not(fake_chat: FakeChat) -> None:
    target = fake_chat.arrive()
    for _ in range(3):
        is_reported(fake_chat, target)
    assert may_search(target)
    is_reported(fake_chat, target)
    answer = target.emit("find", BY_TEXT)
    assert (answer["ok"], answer["code"]) == (False, "paused")
    assert pause_in(answer) == SPAM


@pytest.mark.parametrize(
    ("reasons", "told", "text_is_open"),
    [
        (("nudity",) * 4, "nudity", True),
        (("violence",) * 4, "violence", True),
        (("minor",) * 4, "minor", False),
        (("hate",) * 4, "hate", False),
        (("spam",) * 4, "spam", False),
        (("other",) * 4, "other", False),
        (("spam", "nudity", "nudity", "nudity"), "nudity", True),
        (("spam", "nudity", "spam", "nudity"), "mixed", False),
        (("nudity", "spam", "nudity", "spam"), "mixed", False),
        (("violence", "nudity", "violence", "nudity"), "mixed", True),
    ],
)
def test_the_reason_of_most_reports_is_told_and_decides_what_stays_open(
    fake_chat: FakeChat, reasons: tuple[str, ...], told: str, text_is_open: bool
) -> None:
    target = fake_chat.arrive()
    is_paused(fake_chat, target, *reasons)
    answer = target.emit("find", VIDEO)
    assert (answer["code"], answer["reason"]) == ("paused", told)
    assert answer["open"] == (["text"] if text_is_open else [])
    assert may_search(target, BY_TEXT) is text_is_open


def test_it_ends_by_itself_and_the_next_is_twice_as_long(fake_chat: FakeChat) -> None:
    target = fake_chat.arrive()
    for lasts_s in (600.0, 1200.0, 2400.0, 4800.0, 7200.0, 7200.0):
        is_paused(fake_chat, target)
        assert target.emit("find", BY_TEXT)["retry_after_s"] == lasts_s
        fake_chat.pass_time(lasts_s - 60.1)  # it ends with a whole minute of the clock
        assert not may_search(target)
        fake_chat.pass_time(60.2)
        assert may_search(target)
    fake_chat.pass_time(2.1 * 3600)
    is_paused(fake_chat, target)
    assert target.emit("find", BY_TEXT)["retry_after_s"] == 600.0, "after two good hours it is a first one"


def test_what_is_told_is_rounded_up_so_that_nobody_sees_which_report_it_was(fake_chat: FakeChat) -> None:
    target = fake_chat.arrive()
    is_paused(fake_chat, target)
    told = set()
    for _ in range(59):
        fake_chat.pass_time(1)
        told.add(target.emit("find", BY_TEXT)["retry_after_s"])
    assert told == {600.0}
    fake_chat.pass_time(2)
    assert target.emit("find", BY_TEXT)["retry_after_s"] == 540.0


def one_report_short(fake_chat: FakeChat) -> tuple[Client, Client, str]:
    """Somebody whom three have reported, who has just left a fourth; the fourth; and that chat."""
    target = fake_chat.arrive()
    for _ in range(3):
        is_reported(fake_chat, target)
    late = fake_chat.arrive()
    chat = meets(fake_chat, late, target)
    target.emit("leave")
    return target, late, chat


def test_a_chat_that_runs_goes_on_and_a_refused_next_does_not_end_it(fake_chat: FakeChat) -> None:
    target, late, chat = one_report_short(fake_chat)
    friend = fake_chat.arrive()
    fake_chat.introduce(target, friend)
    assert late.emit("report", chat, "hate") == {"ok": True}
    assert target.hears() == [], "no pause is told at the moment of a report"
    assert target.emit("find", BY_TEXT)["code"] == "paused"
    assert is_well(target, friend)


def test_a_search_under_way_ends_at_the_introduction_and_the_other_searches_on(fake_chat: FakeChat) -> None:
    target, late, chat = one_report_short(fake_chat)
    target.emit("find", BY_TEXT)
    target.hears()
    late.emit("report", chat, "spam")
    assert target.hears() == []
    other, third = fake_chat.arrive(), fake_chat.arrive()
    other.emit("find", BY_TEXT)
    told = target.one("failed")
    assert (told["event"], told["code"], told["chat"]) == ("find", "paused", None)
    assert pause_in(told) == SPAM
    assert other.chat == ""
    third.emit("find", BY_TEXT)
    assert other.chat == third.chat != ""
    assert fake_chat.holds().get("searching") is None


def test_a_search_by_text_goes_on_under_a_pause_for_pictures(fake_chat: FakeChat) -> None:
    target = fake_chat.arrive()
    is_paused(fake_chat, target, *("nudity",) * 4, criteria=VIDEO)
    fake_chat.introduce(target, fake_chat.arrive(), BY_TEXT)


@pytest.mark.parametrize("asks_first", [True, False])
def test_two_who_ask_again_do_not_meet_if_one_is_paused_meanwhile(fake_chat: FakeChat, asks_first: bool) -> None:
    target, friend = fake_chat.arrive(), fake_chat.arrive()
    for _ in range(3):
        is_reported(fake_chat, target)
    late = fake_chat.arrive()
    late_chat = meets(fake_chat, late, target)
    late.emit("leave")
    chat = meets(fake_chat, target, friend)
    target.emit("leave")
    if asks_first:
        assert target.emit("again", chat) == {"ok": True}
    late.emit("report", late_chat, "spam")
    target.hears()
    friend.hears()
    assert friend.emit("again", chat) == {"ok": True}
    if asks_first:
        told = target.one("failed")
        assert (told["event"], told["chat"], told["code"]) == ("again", chat, "paused")
    else:
        assert pause_in(target.emit("again", chat)) == SPAM
    assert "matched" not in target.names() + friend.names()
    assert friend.names() == ["ack"], "the other learns nothing of it"


@pytest.mark.parametrize("meeting", ["find", "again"])
def test_a_pause_for_pictures_keeps_the_steps_closed_for_both(fake_chat: FakeChat, meeting: str) -> None:
    target, friend = fake_chat.arrive(), fake_chat.arrive()
    is_paused(fake_chat, target, *("nudity",) * 4)
    meets(fake_chat, target, friend)
    if meeting == "again":
        chat = target.chat
        target.emit("leave")
        for client in (target, friend):
            client.heard = []
            client.emit("again", chat)
        matched = [client.one("matched") for client in (target, friend)]
    else:
        target.emit("leave")
        fake_chat.pass_time(61)
        for client in (target, friend):
            client.hears()
            client.emit("find", BY_TEXT)
        matched = [client.one("matched") for client in (target, friend)]
    assert [each["step_max"] for each in matched] == [0, 0]
    assert all("paused" not in each and "reason" not in each for each in matched)


def test_a_resume_tells_the_steps_unchanged(fake_chat: FakeChat) -> None:
    target, friend = fake_chat.arrive(), fake_chat.arrive()
    is_paused(fake_chat, target, *("nudity",) * 4)
    for client in (target, friend):
        client.emit("find", BY_TEXT)
    before = target.one("matched")
    fake_chat.pass_time(700)
    target.cut()
    target = target.come_back()
    assert "paused" not in target.greeting
    assert target.one("matched") == before
    assert before["step_max"] == 0
    target.emit("leave")
    fake_chat.pass_time(61)
    for client in (target, friend):
        client.hears()
        client.emit("find", BY_TEXT)
    assert target.one("matched")["step_max"] == 2


def test_welcome_tells_the_paused_and_nobody_else(fake_chat: FakeChat) -> None:
    target = fake_chat.arrive()
    is_paused(fake_chat, target)
    target.cut()
    assert target.come_back().greeting["paused"] == SPAM
    assert "paused" not in fake_chat.arrive().greeting


def test_whoever_reloads_is_paused_by_its_address_and_is_not_told_for_what(fake_chat: FakeChat) -> None:
    target = fake_chat.arrive()
    is_paused(fake_chat, target, *("nudity",) * 4, criteria=VIDEO)
    target.disconnect()
    fresh = fake_chat.arrive(address=target.address)
    assert fresh.greeting["paused"] == OF_THE_ADDRESS | {"open": ["text"]}
    assert not may_search(fresh, VIDEO)
    assert may_search(fresh, BY_TEXT)


def test_a_housemate_that_has_proved_itself_is_spared(fake_chat: FakeChat) -> None:
    target = fake_chat.arrive()
    housemate = fake_chat.arrive(address=target.address)
    chat = meets(fake_chat, housemate, fake_chat.arrive(), lasts_s=25)
    housemate.emit("leave", chat)
    housemate.hears()
    is_paused(fake_chat, target)
    assert may_search(housemate)
    assert not may_search(fake_chat.arrive(address=target.address))


def test_a_change_of_the_keys_secret_in_mid_pause_forgives_the_address_and_not_the_visit(fake_chat: FakeChat) -> None:
    fake_chat.pass_time(KEY_LIFE_S - 200)
    target = fake_chat.arrive()
    is_paused(fake_chat, target)
    assert not may_search(fake_chat.arrive(address=target.address))
    fake_chat.pass_time(200)
    assert "records" not in fake_chat.holds(), "the old keys lead nowhere any more"
    assert may_search(fake_chat.arrive(address=target.address))
    assert not may_search(target)
    is_reported(fake_chat, fake_chat.arrive(address=target.address))
    target.disconnect()
    fake_chat.pass_time(20)
    assert "records" in fake_chat.holds()


@pytest.mark.parametrize("how", ["moderated", "drained"])
def test_a_chat_that_the_server_ends_counts_neither_way(fake_chat: FakeChat, how: str) -> None:
    a, b = fake_chat.arrive(), fake_chat.arrive()
    meets(fake_chat, a, b, lasts_s=30)
    if how == "drained":
        fake_chat.presence.drain()
    else:
        fake_chat.presence.operator.set_state("frozen")
    assert [fake_chat.visitor(client).record for client in (a, b)] == [None, None]
    assert a.hears()[0] == ["ended", a.chat, how]


def test_the_operator_forgives_visits_and_addresses_and_the_paused_are_told(fake_chat: FakeChat) -> None:
    target, other = fake_chat.arrive(), fake_chat.arrive()
    is_paused(fake_chat, target)
    housemate = fake_chat.arrive(address=target.address)
    fake_chat.presence.operator.forgive()
    assert target.hears() == housemate.hears() == [["paused", None]]
    assert other.hears() == []
    assert may_search(target)
    assert may_search(housemate)


@pytest.mark.parametrize(
    ("criteria", "state", "told"),
    [(BY_TEXT, "text-only", SPAM), (VIDEO, "frozen", {"reason": "frozen", "open": [], "whose": "server"})],
)
def test_of_two_pauses_the_one_that_closes_more_is_told(
    fake_chat: FakeChat, criteria: Reply, state: Any, told: dict[str, Any]
) -> None:
    target = fake_chat.arrive()
    is_paused(fake_chat, target)
    fake_chat.presence.operator.set_state(state)
    answer = target.emit("find", criteria)
    assert {name: answer[name] for name in FIELDS if name in answer} == told


def test_the_day_s_counters_know_chats_reports_and_pauses(fake_chat: FakeChat) -> None:
    target = fake_chat.arrive()
    is_paused(fake_chat, target)
    fake_chat.pass_time(601)
    for _ in range(2):
        is_reported(fake_chat, target)
    assert fake_chat.counters.shown() == {
        "chats": 6,
        "pauses.of address": "<5",
        "pauses.of visit": "<5",
        "pauses.spam": "<5",
        "reports.counted": 6,
        "reports.spam": 6,
    }
