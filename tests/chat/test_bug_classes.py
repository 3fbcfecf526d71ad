"""The bugs that the field's other programs have, each with a test here (bug classes 1 to 11 of our survey of 24)."""

import json
from typing import Any

import pytest

from omefree.matching.lobby import Lobby
from tests.chat.house import BY_TEXT, VIDEO, Client, House, is_well


def finds_a_partner(house: House, client: Client) -> bool:
    """Whether a newcomer is matched with whoever was told that it is searching."""
    newcomer = house.arrive()
    newcomer.emit("find", BY_TEXT)
    return newcomer.chat == client.chat != ""


# 1: a waiter is told that it waits, but is in no queue


def skips(house: House) -> Client:
    a, _ = house.pair()
    a.emit("find", BY_TEXT)
    return a


def is_skipped_and_searches(house: House) -> Client:
    a, b = house.pair()
    a.emit("leave")
    b.emit("find", BY_TEXT)
    return b


def searches_twice(house: House) -> Client:
    a = house.arrive()
    a.emit("find", BY_TEXT)
    a.emit("find", BY_TEXT)
    return a


def changes_its_mode(house: House) -> Client:
    a = house.arrive()
    a.emit("find", VIDEO)
    a.emit("find", BY_TEXT)
    return a


def leaves_and_searches(house: House) -> Client:
    a = house.arrive()
    a.emit("find", BY_TEXT)
    a.emit("leave")
    a.emit("find", BY_TEXT)
    return a


def loses_its_link(house: House) -> Client:
    a = house.arrive()
    a.emit("find", BY_TEXT)
    a.cut()
    return a.come_back()


def loses_a_partner_that_was_never_told(house: House) -> Client:
    a, b = house.arrive(), house.arrive()
    a.emit("find", BY_TEXT)
    b.post("find", BY_TEXT)
    b.cut()
    return a


def searches_with_a_bad_criterion_after_a_good_one(house: House) -> Client:
    a = house.arrive()
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
def test_bug_class_01_whoever_is_told_that_it_searches_is_found(house: House, history: Any) -> None:
    assert finds_a_partner(house, history(house))


# 2: two who fit wait, and nobody pairs them


def test_bug_class_02_two_left_behind_by_their_partners_meet(house: House) -> None:
    (a, b), (c, d) = house.pair(), house.pair()
    b.disconnect()
    d.disconnect()
    a.emit("find", BY_TEXT)
    c.emit("find", BY_TEXT)
    assert is_well(a, c)


def test_bug_class_02_two_whose_patience_runs_out_meet(house: House) -> None:
    a, b = house.arrive(), house.arrive()
    a.emit("find", {"mode": "text", "interests": ["cats"]})
    b.emit("find", {"mode": "text", "interests": ["dogs"]})
    assert a.chat == b.chat == ""
    house.pass_time(5)
    assert is_well(a, b)


def test_bug_class_02_two_who_skipped_each_other_meet_when_the_cooldown_ends(house: House) -> None:
    a, b = house.pair()
    a.emit("find", BY_TEXT)
    b.emit("find", BY_TEXT)
    house.pass_time(60)
    assert is_well(a, b)


# 3: the one just skipped comes again


def test_bug_class_03_with_nobody_else_a_next_waits(house: House) -> None:
    a, b = house.pair()
    first = a.chat
    b.emit("find", {"mode": "text", "from": first})
    a.emit("find", BY_TEXT)
    house.pass_time(59.9)
    assert a.chat == first


def test_bug_class_03_with_a_third_the_third_is_met(house: House) -> None:
    a, b = house.pair()
    c = house.arrive()
    for client in (b, a, c):
        client.emit("find", BY_TEXT)
        house.pass_time(1)
    assert c.chat == b.chat != a.chat  # b has waited longest
    d = house.arrive()
    d.emit("find", BY_TEXT)
    assert d.chat == a.chat


# 4: a match with somebody who has gone


@pytest.mark.parametrize("how", ["cut", "disconnect", "close"])
@pytest.mark.parametrize("who", [0, 1])
def test_bug_class_04_gone_between_the_match_and_its_delivery(house: House, how: str, who: int) -> None:
    clients = [house.arrive(), house.arrive()]
    clients[0].post("find", BY_TEXT)
    clients[1].post("find", BY_TEXT)
    getattr(clients[who], how)()
    other = clients[1 - who]
    house.pass_time(1)
    assert "matched" not in other.names()
    assert finds_a_partner(house, other)


def test_bug_class_04_whoever_left_is_not_matched(house: House) -> None:
    a, b = house.arrive(), house.arrive()
    a.post("find", BY_TEXT)
    b.post("find", BY_TEXT)
    a.emit("leave")
    assert "matched" not in a.names() + b.names()


# 5: one in two chats, and a partner that is never told


def test_bug_class_05_find_in_a_chat_tells_the_old_partner(house: House) -> None:
    a, b = house.pair()
    c = house.arrive()
    c.emit("find", BY_TEXT)
    a.emit("find", BY_TEXT)
    assert b.hears() == [["ended", b.chat, "skipped"]]
    assert is_well(a, c)
    assert b.hears() == []


def test_bug_class_05_find_many_times_at_once_is_one_search(house: House) -> None:
    a = house.arrive()
    others = [house.arrive() for _ in range(4)]
    for _ in range(5):
        a.post("find", BY_TEXT)
    for other in others:
        other.post("find", BY_TEXT)
    house.pass_time(1)
    assert a.names().count("matched") == 1
    assert sum(other.chat == a.chat for other in others) == 1


def test_bug_class_05_two_tabs_of_one_visitor_are_in_one_chat(house: House) -> None:
    a, b = house.arrive(), house.arrive()
    a.emit("find", BY_TEXT)
    tab = a.come_back()
    tab.emit("find", BY_TEXT)
    b.emit("find", BY_TEXT)
    assert a.chat == ""
    assert is_well(tab, b)


def test_bug_class_05_nobody_meets_itself(house: House) -> None:
    a = house.arrive()
    for _ in range(3):
        a.emit("find", {"mode": "text", "interests": ["cats"]})
        a = a.come_back()
    house.pass_time(120)
    assert a.chat == ""


# 6: anybody can write to anybody


@pytest.mark.parametrize("name", ["message", "signal", "typing", "leave", "report", "again", "find"])
def test_bug_class_06_a_third_cannot_reach_a_pair_whatever_it_names(house: House, name: str) -> None:
    a, b = house.pair()
    third = house.arrive()
    house.introduce(third, house.arrive())
    visitors = [house.visitor(client) for client in (a, b)]
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
def test_bug_class_07_no_packet_stops_anything(house: House, name: str, args: list[Any], state: str) -> None:
    a, b = house.pair()
    hostile = house.arrive()
    if state == "searching":
        hostile.emit("find", VIDEO)
    if state == "chatting":
        house.introduce(hostile, house.arrive())
    hostile.tell(name, *args)
    hostile.request(json.dumps([name, *args]))
    assert hostile.is_open
    assert is_well(a, b)


# 8: no bound on sizes, rates and queues


def test_bug_class_08_ten_thousand_events_a_second_are_not_all_passed_on(house: House) -> None:
    a, b = house.pair()
    for _ in range(10_000):
        a.tell("typing", a.chat, True)
    assert len(b.hears()) == 11  # the burst, and that the partner is away
    assert not a.is_open


def test_bug_class_08_a_partner_that_never_reads_costs_a_bounded_queue() -> None:
    house = House(send_queue_bytes=100_000, quota_scale=1_000)
    a, b = house.pair()
    b.wire.reads = False
    for _ in range(1_000):
        a.tell("message", a.chat, "x" * 10_000)
    assert not b.is_open
    assert b.wire.unread < 120_000


# 9: an error somewhere stops the matching for all


def test_bug_class_09_an_error_in_one_introduction_does_not_stop_the_others(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    a, b = house.arrive(), house.arrive()
    a.emit("find", VIDEO)
    house.ice_fails = True
    b.emit("find", VIDEO)
    caplog.clear()
    for client in (a, b):  # they are not left to wait for nobody
        assert client.one("failed")["code"] == "internal"
    house.ice_fails = False
    for client in (a, b):
        house.introduce(client, house.arrive(), VIDEO)


def test_bug_class_09_an_error_of_the_lobby_does_not_stop_it(
    house: House, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    a, b = house.arrive(), house.arrive()
    with monkeypatch.context() as patch:
        patch.setattr(Lobby, "join", lambda *_: 1 / 0)
        a.emit("find", BY_TEXT)
    caplog.clear()
    for client in (a, b):
        client.emit("find", BY_TEXT)
    assert is_well(a, b)


def test_bug_class_09_an_error_in_a_handler_is_answered_and_forgotten(
    house: House, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    a, b = house.pair()
    with monkeypatch.context() as patch:
        patch.setattr(house.lounge.reports, "subject", lambda *_: 1 / 0)
        assert a.emit("report", a.chat, "spam")["code"] == "internal"
    caplog.clear()
    assert is_well(a, b)


# 10: something late from the old chat arrives in the new one


def test_bug_class_10_nothing_late_reaches_a_new_partner(house: House) -> None:
    a, _ = house.pair()
    old = a.chat
    c = house.arrive()
    c.emit("find", BY_TEXT)
    a.post("find", BY_TEXT)
    for late in (["message", old, "late"], ["signal", old, "late"], ["typing", old, True], ["leave", old]):
        a.post(*late)
    house.pass_time(0)
    assert a.chat == c.chat
    c.hears()
    for late in (["message", old, "late"], ["signal", old, "late"], ["typing", old, True], ["leave", old]):
        assert a.emit(*late)["code"] == "chat_over"
    assert c.hears() == []
    assert is_well(a, c)


# 11: costs that grow with the crowd


def examined_by_one_more(count: int) -> int:
    """How many candidates one decision looks at, with `count` waiting who share nothing."""
    house = House()
    for number in range(count):
        house.arrive().emit("find", {"mode": "text", "interests": [f"tag {number}"], "patience_s": None})
    before = house.lobby.examined
    last = house.arrive()
    last.emit("find", {"mode": "text", "interests": [f"tag {count - 1}"]})
    assert last.chat
    return house.lobby.examined - before


def test_bug_class_11_a_decision_looks_at_as_many_whether_few_or_many_wait() -> None:
    assert examined_by_one_more(20) == examined_by_one_more(1_000) == 1


def test_bug_class_11_arrivals_are_not_broadcast_one_by_one(house: House) -> None:
    clients = [house.arrive() for _ in range(300)]
    house.pass_time(1)
    assert sum(event[0] == "online" for client in clients for event in client.heard) == 300
