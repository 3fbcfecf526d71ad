"""The bugs that the field's other programs have, each with a test here (bug classes 1 to 11 of our survey of 24)."""

import json
from typing import Any

import pytest

from omefree.matching.lobby import Lobby
from tests.chat.fake_chat import BY_TEXT, VIDEO, Client, FakeChat, is_well


def finds_a_partner(fake_chat: FakeChat, client: Client) -> bool:
    """Whether a newcomer is matched with whoever was told that it is searching."""
    newcomer = fake_chat.arrive()
    newcomer.emit("find", BY_TEXT)
    return newcomer.chat == client.chat != ""


# 1: a waiter is told that it waits, but is in no queue


def skips(fake_chat: FakeChat) -> Client:
    a, _ = fake_chat.pair()
    a.emit("find", BY_TEXT)
    return a


def is_skipped_and_searches(fake_chat: FakeChat) -> Client:
    a, b = fake_chat.pair()
    a.emit("leave")
    b.emit("find", BY_TEXT)
    return b


def searches_twice(fake_chat: FakeChat) -> Client:
    a = fake_chat.arrive()
    a.emit("find", BY_TEXT)
    a.emit("find", BY_TEXT)
    return a


def changes_its_mode(fake_chat: FakeChat) -> Client:
    a = fake_chat.arrive()
    a.emit("find", VIDEO)
    a.emit("find", BY_TEXT)
    return a


def leaves_and_searches(fake_chat: FakeChat) -> Client:
    a = fake_chat.arrive()
    a.emit("find", BY_TEXT)
    a.emit("leave")
    a.emit("find", BY_TEXT)
    return a


def loses_its_link(fake_chat: FakeChat) -> Client:
    a = fake_chat.arrive()
    a.emit("find", BY_TEXT)
    a.cut()
    return a.come_back()


def loses_a_partner_that_was_never_told(fake_chat: FakeChat) -> Client:
    a, b = fake_chat.arrive(), fake_chat.arrive()
    a.emit("find", BY_TEXT)
    b.post("find", BY_TEXT)
    b.cut()
    return a


def searches_with_a_bad_criterion_after_a_good_one(fake_chat: FakeChat) -> Client:
    a = fake_chat.arrive()
    a.emit("find", BY_TEXT)
    a.emit("find", {"mode": "nothing"})
    return a


@pytest.mark.parametrize(
    "history",
    [
        skips,
        is_skipped_and_searches,
        searches_twice,
        changes_its_mode,
        leaves_and_searches,
        loses_its_link,
        loses_a_partner_that_was_never_told,
        searches_with_a_bad_criterion_after_a_good_one,
    ],
)
def test_bug_class_01_whoever_is_told_that_it_searches_is_found(fake_chat: FakeChat, history: Any) -> None:
    assert finds_a_partner(fake_chat, history(fake_chat))


# 2: two who fit wait, and nobody pairs them


def test_bug_class_02_two_left_behind_by_their_partners_meet(fake_chat: FakeChat) -> None:
    (a, b), (c, d) = fake_chat.pair(), fake_chat.pair()
    b.disconnect()
    d.disconnect()
    a.emit("find", BY_TEXT)
    c.emit("find", BY_TEXT)
    assert is_well(a, c)


def test_bug_class_02_two_whose_patience_runs_out_meet(fake_chat: FakeChat) -> None:
    a, b = fake_chat.arrive(), fake_chat.arrive()
    a.emit("find", {"mode": "text", "interests": ["cats"]})
    b.emit("find", {"mode": "text", "interests": ["dogs"]})
    assert a.chat == b.chat == ""
    fake_chat.pass_time(5)
    assert is_well(a, b)


def test_bug_class_02_two_who_skipped_each_other_meet_when_the_cooldown_ends(fake_chat: FakeChat) -> None:
    a, b = fake_chat.pair()
    a.emit("find", BY_TEXT)
    b.emit("find", BY_TEXT)
    fake_chat.pass_time(60)
    assert is_well(a, b)


# 3: the one just skipped comes again


def test_bug_class_03_with_nobody_else_a_next_waits(fake_chat: FakeChat) -> None:
    a, b = fake_chat.pair()
    first = a.chat
    b.emit("find", {"mode": "text", "from": first})
    a.emit("find", BY_TEXT)
    fake_chat.pass_time(59.9)
    assert a.chat == first


def test_bug_class_03_with_a_third_the_third_is_met(fake_chat: FakeChat) -> None:
    a, b = fake_chat.pair()
    c = fake_chat.arrive()
    for client in (b, a, c):
        client.emit("find", BY_TEXT)
        fake_chat.pass_time(1)
    assert c.chat == b.chat != a.chat  # b has waited longest
    d = fake_chat.arrive()
    d.emit("find", BY_TEXT)
    assert d.chat == a.chat


# 4: a match with somebody who has gone


@pytest.mark.parametrize("how", ["cut", "disconnect", "close"])
@pytest.mark.parametrize("who", [0, 1])
def test_bug_class_04_gone_between_the_match_and_its_delivery(fake_chat: FakeChat, how: str, who: int) -> None:
    clients = [fake_chat.arrive(), fake_chat.arrive()]
    clients[0].post("find", BY_TEXT)
    clients[1].post("find", BY_TEXT)
    getattr(clients[who], how)()
    other = clients[1 - who]
    fake_chat.pass_time(1)
    assert "matched" not in other.names()
    assert finds_a_partner(fake_chat, other)


def test_bug_class_04_whoever_left_is_not_matched(fake_chat: FakeChat) -> None:
    a, b = fake_chat.arrive(), fake_chat.arrive()
    a.post("find", BY_TEXT)
    b.post("find", BY_TEXT)
    a.emit("leave")
    assert "matched" not in a.names() + b.names()


# 5: one in two chats, and a partner that is never told


def test_bug_class_05_find_in_a_chat_tells_the_old_partner(fake_chat: FakeChat) -> None:
    a, b = fake_chat.pair()
    c = fake_chat.arrive()
    c.emit("find", BY_TEXT)
    a.emit("find", BY_TEXT)
    assert b.hears() == [["ended", b.chat, "skipped"]]
    assert is_well(a, c)
    assert b.hears() == []


def test_bug_class_05_find_many_times_at_once_is_one_search(fake_chat: FakeChat) -> None:
    a = fake_chat.arrive()
    others = [fake_chat.arrive() for _ in range(4)]
    for _ in range(5):
        a.post("find", BY_TEXT)
    for other in others:
        other.post("find", BY_TEXT)
    fake_chat.pass_time(1)
    assert a.names().count("matched") == 1
    assert sum(other.chat == a.chat for other in others) == 1


def test_bug_class_05_two_tabs_of_one_visitor_are_in_one_chat(fake_chat: FakeChat) -> None:
    a, b = fake_chat.arrive(), fake_chat.arrive()
    a.emit("find", BY_TEXT)
    tab = a.come_back()
    tab.emit("find", BY_TEXT)
    b.emit("find", BY_TEXT)
    assert a.chat == ""
    assert is_well(tab, b)


def test_bug_class_05_nobody_meets_itself(fake_chat: FakeChat) -> None:
    a = fake_chat.arrive()
    for _ in range(3):
        a.emit("find", {"mode": "text", "interests": ["cats"]})
        a = a.come_back()
    fake_chat.pass_time(120)
    assert a.chat == ""


# 6: anybody can write to anybody


@pytest.mark.parametrize("name", ["message", "signal", "typing", "leave", "report", "again", "find"])
def test_bug_class_06_a_third_cannot_reach_a_pair_whatever_it_names(fake_chat: FakeChat, name: str) -> None:
    a, b = fake_chat.pair()
    third = fake_chat.arrive()
    fake_chat.introduce(third, fake_chat.arrive())
    visitors = [fake_chat.visitor(client) for client in (a, b)]
    guesses = [
        a.chat,
        a.token,
        *(visitor.id for visitor in visitors),
        a.session.sid,
        b.session.handler.main.sid,
        "",
        "/",
    ]
    after: dict[str, list[Any]] = {"message": ["x"], "signal": ["x"], "typing": [True], "report": ["spam"]}
    for guess in guesses:
        args: list[Any] = [{"mode": "text", "from": guess}] if name == "find" else [guess, *after.get(name, [])]
        assert third.emit(name, *args)["code"] == "chat_over"
    assert a.hears() == b.hears() == []
    assert is_well(a, b)


# 7: one packet that stops the server


@pytest.mark.parametrize("name", ["find", "leave", "signal", "message", "typing", "report", "again", "ice", "x"])
@pytest.mark.parametrize(
    "args", [[], [None], [{}], [[]], [0], ["x", None], [{"mode": None}], ["x"] * 5, [[[[[]]]]]], ids=str
)
@pytest.mark.parametrize("state", ["idle", "searching", "chatting"])
def test_bug_class_07_no_packet_stops_anything(fake_chat: FakeChat, name: str, args: list[Any], state: str) -> None:
    a, b = fake_chat.pair()
    hostile = fake_chat.arrive()
    if state == "searching":
        hostile.emit("find", VIDEO)
    if state == "chatting":
        fake_chat.introduce(hostile, fake_chat.arrive())
    hostile.tell(name, *args)
    hostile.request(json.dumps([name, *args]))
    assert hostile.is_open
    assert is_well(a, b)


# 8: no bound on sizes, rates and queues


def test_bug_class_08_ten_thousand_events_a_second_are_not_all_passed_on(fake_chat: FakeChat) -> None:
    a, b = fake_chat.pair()
    for _ in range(10_000):
        a.tell("typing", a.chat, True)
    assert len(b.hears()) == 11  # the burst, and that the partner is away
    assert not a.is_open


def test_bug_class_08_a_partner_that_never_reads_costs_a_bounded_queue() -> None:
    fake_chat = FakeChat(send_queue_bytes=100_000, quota_scale=1_000)
    a, b = fake_chat.pair()
    b.network.reads = False
    for _ in range(1_000):
        a.tell("message", a.chat, "x" * 10_000)
    assert not b.is_open
    assert b.network.unread < 120_000


# 9: an error somewhere stops the matching for all


def test_bug_class_09_an_error_in_one_introduction_does_not_stop_the_others(
    fake_chat: FakeChat, caplog: pytest.LogCaptureFixture
) -> None:
    a, b = fake_chat.arrive(), fake_chat.arrive()
    a.emit("find", VIDEO)
    fake_chat.ice_fails = True
    b.emit("find", VIDEO)
    caplog.clear()
    for client in (a, b):  # they are not left to wait for nobody
        assert client.one("failed")["code"] == "internal"
    fake_chat.ice_fails = False
    for client in (a, b):
        fake_chat.introduce(client, fake_chat.arrive(), VIDEO)


def test_bug_class_09_an_error_of_the_lobby_does_not_stop_it(
    fake_chat: FakeChat, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    a, b = fake_chat.arrive(), fake_chat.arrive()
    with monkeypatch.context() as patch:
        patch.setattr(Lobby, "join", lambda *_: 1 / 0)
        a.emit("find", BY_TEXT)
    caplog.clear()
    for client in (a, b):
        client.emit("find", BY_TEXT)
    assert is_well(a, b)


def test_bug_class_09_an_error_in_a_handler_is_answered_and_forgotten(
    fake_chat: FakeChat, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    a, b = fake_chat.pair()
    with monkeypatch.context() as patch:
        patch.setattr(fake_chat.presence.reports, "subject", lambda *_: 1 / 0)
        assert a.emit("report", a.chat, "spam")["code"] == "internal"
    caplog.clear()
    assert is_well(a, b)


# 10: something late from the old chat arrives in the new one


def test_bug_class_10_nothing_late_reaches_a_new_partner(fake_chat: FakeChat) -> None:
    a, _ = fake_chat.pair()
    old = a.chat
    c = fake_chat.arrive()
    c.emit("find", BY_TEXT)
    a.post("find", BY_TEXT)
    for late in (["message", old, "late"], ["signal", old, "late"], ["typing", old, True], ["leave", old]):
        a.post(*late)
    fake_chat.pass_time(0)
    assert a.chat == c.chat
    c.hears()
    for late in (["message", old, "late"], ["signal", old, "late"], ["typing", old, True], ["leave", old]):
        assert a.emit(*late)["code"] == "chat_over"
    assert c.hears() == []
    assert is_well(a, c)


# 11: costs that grow with the crowd


def examined_by_one_more(count: int) -> int:
    """How many candidates one decision looks at, with `count` waiting who share nothing."""
    fake_chat = FakeChat()
    for number in range(count):
        fake_chat.arrive().emit("find", {"mode": "text", "interests": [f"tag {number}"], "patience_s": None})
    before = fake_chat.lobby.examined
    last = fake_chat.arrive()
    last.emit("find", {"mode": "text", "interests": [f"tag {count - 1}"]})
    assert last.chat
    return fake_chat.lobby.examined - before


def test_bug_class_11_a_decision_looks_at_as_many_whether_few_or_many_wait() -> None:
    assert examined_by_one_more(20) == examined_by_one_more(1_000) == 1


def test_bug_class_11_arrivals_are_not_broadcast_one_by_one(fake_chat: FakeChat) -> None:
    clients = [fake_chat.arrive() for _ in range(300)]
    fake_chat.pass_time(1)
    assert sum(event[0] == "online" for client in clients for event in client.heard) == 300
