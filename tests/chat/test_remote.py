"""Two visitors of two nodes: what they say, what they hear when one goes, and what becomes of a node."""

from __future__ import annotations

import pytest

from omefree.contract.nodes import Reunite
from tests.chat.fake_chat import BY_TEXT, is_well
from tests.chat.nodes import Node, Nodes

GRACE_S, WINDOW_S = 2.0, 120.0


@pytest.fixture
def two() -> Nodes:
    return Nodes()


def test_what_one_says_the_other_hears_in_order(two: Nodes) -> None:
    a, b = two.pair()
    for number in range(20):
        assert a.emit("message", a.chat, str(number)) == {"ok": True}
    a.tell("typing", a.chat, True)
    assert b.hears() == [*(["message", b.chat, str(number)] for number in range(20)), ["typing", b.chat, True]]
    assert is_well(a, b)


def test_matched_has_the_same_facts_on_both_sides(two: Nodes) -> None:
    a, b = two[0].arrive(), two[1].arrive()
    a.emit("find", BY_TEXT | {"languages": ["fr", "en"], "interests": ["Jazz", "Go"], "hide": False})
    b.emit("find", BY_TEXT | {"languages": ["fr"], "interests": ["jazz"], "hide": False})
    two.clock.advance()
    one, other = a.one("matched"), b.one("matched")
    assert one["polite"] != other["polite"]
    assert one["chat"] == other["chat"]
    assert one["languages"] == other["languages"] == ["fr"]
    assert (one["common"], other["common"]) == (["Jazz"], ["jazz"])


def test_two_of_one_node_meet_through_the_leader_of_another(two: Nodes) -> None:
    home = two[1] if two[0].leads else two[0]
    a, b = home.arrive(), home.arrive()
    two.introduce(a, b)
    assert len(home.chats) == 0
    assert is_well(a, b)


def test_who_has_met_is_not_met_again_for_a_minute_whatever_the_node(two: Nodes) -> None:
    a, b = two.pair()
    a.emit("leave")
    old = a.chat
    for client in (a, b):
        client.emit("find", BY_TEXT)
    two.clock.advance(59)
    assert a.chat == b.chat == old
    two.clock.advance(2)
    assert a.chat == b.chat != old


@pytest.mark.parametrize("act", ["leave", "skip", "disconnect"])
def test_when_one_goes_the_other_hears_why(two: Nodes, act: str) -> None:
    a, b = two.pair()
    match act:
        case "leave":
            a.emit("leave")
        case "skip":
            a.emit("find", BY_TEXT)
        case _:
            a.disconnect()
    two.clock.advance()
    assert b.hears() == [["ended", b.chat, "skipped" if act == "skip" else "left"]]
    assert b.emit("message", b.chat, "?")["code"] == "chat_over"
    assert len(two[0].chats) == len(two[1].chats) == 0


def test_who_comes_back_in_time_has_its_chat(two: Nodes) -> None:
    a, b = two.pair()
    a.cut()
    two.clock.advance()
    assert b.hears() == [["partner", b.chat, "away"]]
    assert b.emit("message", b.chat, "?")["code"] == "partner_away"
    b.hears()
    two.clock.advance(WINDOW_S - 1)
    a = a.come_back()
    assert a.greeting["resumed"] == {"state": "chatting", "chat": b.chat, "partner": "here"}
    assert b.hears() == [["partner", b.chat, "back"]]
    assert is_well(a, b)


def test_who_does_not_come_back_in_time_is_lost(two: Nodes) -> None:
    a, b = two.pair()
    a.cut()
    two.clock.advance(WINDOW_S + 0.1)
    assert b.hears() == [["partner", b.chat, "away"], ["ended", b.chat, "lost"]]


def test_a_node_that_stops_for_six_seconds_costs_no_chat(two: Nodes) -> None:
    a, b = two.pair()
    two[0].stop()
    two.clock.advance(6)
    assert b.hears() == [["partner", b.chat, "away"]]
    assert b.emit("message", b.chat, "?")["code"] == "partner_away"
    b.hears()
    two[0].go_on()
    two.clock.advance(1)
    assert b.hears() == [["partner", b.chat, "back"]]
    assert is_well(a, b)


@pytest.mark.parametrize("cut_s", [0.0, 1.5])
def test_a_cut_within_the_grace_is_not_shown_and_loses_nothing(two: Nodes, cut_s: float) -> None:
    a, b = two.pair()
    two[1].wire.cut()
    two.clock.advance()
    said = [a.emit("message", a.chat, str(number)) == {"ok": True} for number in range(3)]
    two.clock.advance(cut_s)
    two[1].wire.join()
    two.clock.advance(1.5)
    assert b.hears() == [["message", b.chat, str(number)] for number in range(3) if said[number]]
    assert is_well(a, b)


def test_what_was_said_in_the_grace_comes_after_the_word_that_its_speaker_is_back(two: Nodes) -> None:
    a, b = two.pair()
    two[1].wire.cut()
    two.clock.advance()
    assert a.emit("message", a.chat, "hello") == {"ok": True}
    two.clock.advance(4)
    assert b.hears() == [["partner", b.chat, "away"]]
    two[1].wire.join()
    two.clock.advance(3)
    assert b.hears() == [["partner", b.chat, "back"], ["message", b.chat, "hello"]]


def test_of_a_node_that_is_away_nobody_is_told_twice_that_its_partner_is(two: Nodes) -> None:
    a, b = two.pair()
    a.cut()
    two.clock.advance()
    two[1].wire.cut()
    two.clock.advance(10)
    two[1].wire.join()
    two.clock.advance(1)
    assert b.hears() == [["partner", b.chat, "away"]]
    a.come_back()
    assert b.hears() == [["partner", b.chat, "back"]]


def test_partners_of_a_killed_node_hear_away_within_the_grace_and_lost_at_the_end_of_the_window(two: Nodes) -> None:
    _, b = two.pair()
    old = b.chat
    two[0].die()
    b.emit("message", old, "?")
    b.hears()
    two.clock.advance(GRACE_S + 0.1)
    assert b.hears() == [["partner", old, "away"]]
    two.clock.advance(WINDOW_S - 5)
    assert b.hears() == []
    two.clock.advance(10)
    assert b.hears() == [["ended", old, "lost"]]
    assert b.emit("again", old)["code"] == "chat_over"


def test_of_a_killed_node_that_starts_again_nobody_is_back(two: Nodes) -> None:
    """Else what was kept for the partner would be said, taken and lost: the new process knows no such chat."""
    _, b = two.pair()
    two[0].die()
    b.emit("message", b.chat, "?")
    two.clock.advance(GRACE_S + 0.1)
    assert ["partner", b.chat, "away"] in b.hears()
    two.start_again(0)
    for _ in range(20):
        assert b.emit("message", b.chat, "?")["code"] in ("partner_away", "chat_over")
        two.clock.advance(0.1)
    assert [event for event in b.hears() if event[0] != "ack"] == []
    two.clock.advance(WINDOW_S)
    assert [event for event in b.hears() if event[0] != "ack"] == [["ended", b.chat, "lost"]]
    assert is_well(*two.pair())


def test_when_its_leader_is_killed_a_node_pairs_its_own_and_then_all_meet_again() -> None:
    three = Nodes("abc")
    leader = three.leader
    others = [number for number in range(3) if three[number] is not leader]
    leader.die()
    one, two = (three[others[0]].arrive() for _ in range(2))
    for client in (one, two):
        client.emit("find", BY_TEXT)
    three.clock.advance(2.0)
    assert one.chat == two.chat != ""
    three.clock.advance(4.0)
    assert is_well(*three.pair(others[0], others[1]))


def test_while_the_engine_is_gone_nobody_is_buried_and_each_node_pairs_its_own(two: Nodes) -> None:
    a, b = two.pair()
    for node in two.nodes:
        node.wire.cut()
    two.engine.registry.flush()
    two.clock.advance(200)
    for client in (a, b):
        assert client.hears() == [["partner", client.chat, "away"]]
    assert is_well(*two.pair(0, 0))
    for node in two.nodes:
        node.wire.join()
    two.clock.advance(3)
    for client in (a, b):
        assert client.hears() == [["partner", client.chat, "back"]]
    assert is_well(a, b)
    assert is_well(*two.pair())


def test_while_a_leader_makes_ready_to_leave_who_waits_is_introduced_by_the_next_one_at_once() -> None:
    three = Nodes("abc")
    leader = three.leader
    one, two = (number for number in range(3) if three[number] is not leader)
    waits = three[one].arrive()
    waits.emit("find", BY_TEXT)
    three.clock.advance(0.5)  # no beat is due
    leader.bus.begin_to_leave()
    three.clock.advance(0.02)
    assert three.leader is not leader
    comes = three[two].arrive()
    comes.emit("find", BY_TEXT)
    three.clock.advance(0.01)
    assert waits.chat == comes.chat != ""
    own, other = leader.arrive(), three[one].arrive()
    three.introduce(own, other)


def test_a_server_that_is_stopped_ends_its_chats_and_hands_its_leaderships_on(two: Nodes) -> None:
    a, b = two.pair()
    stopped, other = (two[0], two[1]) if two[0].leads else (two[1], two[0])
    mine = b if stopped is two[0] else a
    stopped.presence.drain()
    stopped.clock.advance()
    stopped.cluster.close()
    two.clock.advance(0.05)
    assert mine.hears() == [["ended", mine.chat, "drained"]]
    assert other.leads


def test_what_the_operator_ends_is_told_to_the_partner_and_counts_for_nobody(two: Nodes) -> None:
    a, b = two.pair()
    two.clock.advance(30)
    two[0].presence.operator.set_state("frozen")
    two.clock.advance()
    assert b.hears() == [["ended", b.chat, "moderated"]]
    assert (two[0].visitor(a).record, two[1].visitor(b).record) == (None, None)


def test_who_is_paused_for_video_opens_no_step_also_across_nodes(two: Nodes) -> None:
    a, b = two.pair()
    two.clock.advance(2)
    a.emit("leave")
    record = two[1].visitor(b).record
    assert record is not None
    record.pause(["nudity"], two.clock.time())
    two.clock.advance(60)
    b.hears()
    for client in (a, b):
        client.emit("find", BY_TEXT)
    two.clock.advance()
    assert a.one("matched")["step_max"] == b.one("matched")["step_max"] == 0


def test_the_number_online_is_that_of_all_nodes(two: Nodes) -> None:
    two[0].arrive()
    two.clock.advance(2)
    assert two[1].bus.online == 1


def test_after_healing_a_chat_that_one_side_has_lost_is_over(two: Nodes) -> None:
    _, b = two.pair()
    chat = b.chat
    two[1].wire.cut()
    two[0].die()
    two.nodes[0] = Node("a", two.clock, two.engine)
    two.clock.advance(1)
    two[1].wire.join()
    two.clock.advance(5)
    assert b.hears()[-1] == ["ended", chat, "lost"]


def test_a_full_way_is_refused_and_nothing_of_what_was_taken_is_lost(two: Nodes) -> None:
    a, b = two.pair()
    two[1].stop()
    taken = []
    for number in range(300):
        answer = a.emit("message", a.chat, f"{number} " + "x" * 4000)
        if answer != {"ok": True}:
            assert answer["code"] in ("partner_away", "rate_limited")
            break
        taken.append(number)
    two[1].go_on()
    two.clock.advance(1)
    assert [int(event[2].split()[0]) for event in b.hears() if event[0] == "message"] == taken


@pytest.mark.parametrize("first", ["a", "b"])
def test_two_who_ask_for_each_other_meet_again(two: Nodes, first: str) -> None:
    a, b = two.pair()
    old = a.chat
    a.emit("leave")
    asking = (a, b) if first == "a" else (b, a)
    for client in asking:
        assert client.emit("again", old) == {"ok": True}
    two.clock.advance()
    assert a.chat == b.chat != old
    assert is_well(a, b)


def test_who_no_longer_asks_or_chats_with_another_is_not_met_again(two: Nodes) -> None:
    a, b = two.pair()
    old = a.chat
    a.emit("leave")
    a.emit("again", old)
    a.emit("leave")
    b.emit("again", old)
    two.clock.advance(5)
    assert a.chat == b.chat == old
    other = two[0].arrive()
    two[0].introduce(a, other)
    assert other.emit("leave") == {"ok": True}
    assert a.emit("again", old)["code"] == "chat_over"


def test_a_search_goes_on_if_the_other_home_does_not_agree(two: Nodes) -> None:
    a, b = two.pair()
    old = a.chat
    a.emit("leave")
    for client in (a, b):
        client.emit("find", BY_TEXT)
    a.emit("again", old)
    for node in two.nodes:
        node.wire.cut()  # neither hears that the other agrees
    b.emit("again", old)
    two.clock.advance(1.5)
    assert [len(node.exchange) for node in two.nodes] == [1, 1]


def test_an_answer_for_a_reunion_that_nobody_proposed_begins_nothing(two: Nodes) -> None:
    a, b = two.pair()
    old = a.chat
    a.emit("leave")
    for role in (True, False):
        two[1].bus.send("a", Reunite(old, role, "chat", True, 2, False, 1, b""))
    two.clock.advance()
    assert a.chat == b.chat == old


def test_a_report_counts_at_the_home_of_its_subject_once(two: Nodes) -> None:
    a, b = two.pair()
    two.clock.advance(5)
    assert a.emit("report", a.chat, "spam") == {"ok": True}
    a.emit("report", a.chat, "spam")
    two.clock.advance()
    assert b.hears() == [["ended", b.chat, "left"]]
    assert two[1].counters.total["reports.spam"] == 1
    assert two[0].counters.total["reports.spam"] == 0
    record = two[1].visitor(b).record
    assert record is not None
    assert record.score > 1


def test_a_report_counts_also_if_its_subject_has_left(two: Nodes) -> None:
    a, b = two.pair()
    two.clock.advance(5)
    b.disconnect()
    two.clock.advance()
    assert a.emit("report", a.chat, "spam") == {"ok": True}
    two.clock.advance()
    assert two[1].counters.total["reports.spam"] == 1


def test_after_all_have_left_nothing_is_held(two: Nodes) -> None:
    a, b = two.pair()
    a.emit("again", a.chat)
    a.emit("leave")
    for client in (a, b):
        client.emit("find", BY_TEXT)
        client.disconnect()
    two.clock.advance(WINDOW_S + 60)
    for node in two.nodes:
        assert node.cluster.is_empty()
        assert node.holds().keys() <= {"address keys", "records"}
