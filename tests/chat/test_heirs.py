"""A node is killed: a visitor of it comes back at another one, and its chat goes on if the partner's node lives."""

from __future__ import annotations

import pytest

from omefree.exchange.wire import ALL
from tests.chat.fake_chat import BY_TEXT, Client, is_well, told
from tests.chat.nodes import Node, Nodes

GRACE_S, WINDOW_S = 2.0, 120.0


@pytest.fixture
def three() -> Nodes:
    return Nodes("abc")


def comes(client: Client, node: Node) -> Client:
    """The same visitor, whose node has died, at another one: it is let in within 2 s."""
    back = node.knock(address=client.address, resume=client.token)
    for _ in range(25):
        if "welcome" not in back.names():
            node.clock.advance(0.1)
    back.greeting = back.one("welcome")
    return back


@pytest.mark.parametrize("to", [1, 2])
@pytest.mark.parametrize("after_s", [0.0, 0.5, 3.0, 60.0])
def test_the_chat_goes_on_wherever_it_comes(three: Nodes, to: int, after_s: float) -> None:
    a, b = three.pair(0, 1)
    three[0].die()
    three.clock.advance(after_s)
    heard = told(b)
    assert heard == ([["partner", b.chat, "away"]] if heard else [])
    back = comes(a, three[to])
    assert back.greeting["resumed"]["state"] == "chatting"
    assert back.chat == b.chat
    three.clock.advance(1.5)
    assert told(b) == ([["partner", b.chat, "back"]] if heard else [])
    assert is_well(back, b)


def test_matched_is_told_again_unchanged(three: Nodes) -> None:
    a, b = three[0].arrive(), three[1].arrive()
    for client in (a, b):
        client.emit("find", BY_TEXT | {"interests": ["Jazz"], "languages": ["fr"]})
    before = a.one("matched")
    three[0].die()
    assert comes(a, three[2]).one("matched") == before


def test_it_comes_back_to_a_new_process_of_the_same_tag(three: Nodes) -> None:
    a, b = three.pair(0, 1)
    three[0].die()
    three.clock.advance(5)
    three.start_again(0)
    three.clock.advance(5)
    assert told(b) == [["partner", b.chat, "away"]]
    back = comes(a, three[0])
    three.clock.advance(0.1)
    assert told(b) == [["partner", b.chat, "back"]]
    back.hears()
    assert is_well(back, b)


def test_who_does_not_come_is_lost(three: Nodes) -> None:
    _, b = three.pair(0, 1)
    three[0].die()
    three.clock.advance(WINDOW_S - 1)
    assert told(b) == [["partner", b.chat, "away"]]
    three.clock.advance(5)
    assert told(b) == [["ended", b.chat, "lost"]]


def test_a_chat_of_two_of_the_dead_node_is_over(three: Nodes) -> None:
    a, _ = three.pair(0, 0)
    three[0].die()
    back = comes(a, three[1])
    assert back.greeting["resumed"] is None


@pytest.mark.parametrize("to", [1, 2])
def test_it_moves_and_then_its_new_node_dies(three: Nodes, to: int) -> None:
    a, b = three.pair(0, 0)
    moved = three[to].arrive(address=a.address, resume=a.token)
    moved.hears()
    assert is_well(moved, b)
    three[to].die()
    back = comes(moved, three[3 - to])
    assert back.chat == b.chat
    three.clock.advance(3)
    b.hears()
    assert is_well(back, b)


def test_after_both_have_moved_each_node_may_die(three: Nodes) -> None:
    a, b = three.pair(0, 0)
    a = three[1].arrive(address=a.address, resume=a.token)
    b = three[2].arrive(address=b.address, resume=b.token)
    three[1].die()
    a = comes(a, three[0])
    three.clock.advance(3)
    for client in (a, b):
        client.hears()
    assert is_well(a, b)
    three[2].die()
    b = comes(b, three[0])
    three.clock.advance(3)
    for client in (a, b):
        client.hears()
    assert is_well(a, b)


def test_a_token_of_the_dead_shown_at_two_nodes_gives_one_seat(three: Nodes) -> None:
    a, b = three.pair(0, 1)
    three[0].die()
    first = comes(a, three[2])
    second = three[1].knock(address=a.address, resume=a.token)
    three.clock.advance(3.5)
    assert second.one("welcome")["resumed"]["state"] == "chatting"
    assert not first.is_open
    second.hears()
    b.hears()
    assert is_well(second, b)


def test_a_node_that_slept_while_its_visitor_moved_has_nothing_to_say(three: Nodes) -> None:
    a, b = three.pair(0, 1)
    three[0].stop()
    three.clock.advance(4)
    back = comes(a, three[2])
    three.clock.advance(2)
    b.hears()
    assert is_well(back, b)
    three[0].go_on()
    a.network.transport.frame(1, True, b'42["message","%s","a ghost"]' % a.chat.encode())
    three.clock.advance(30)
    assert told(b) == []
    assert is_well(back, b)
    three.clock.advance(WINDOW_S + 40)
    assert is_well(back, b)


@pytest.mark.parametrize("token", ["zz.invented", "c.invented", "b.invented", "invented", ".", "a" * 99 + ".x", "é.x"])
def test_an_invented_token_is_a_new_visitor_within_two_seconds(three: Nodes, token: str) -> None:
    a, b = three.pair(0, 1)
    stranger = three[2].knock(resume=token)
    three.clock.advance(2.2)
    assert stranger.one("welcome")["resumed"] is None
    assert is_well(a, b)


def test_invented_tokens_make_nobody_broadcast_for_nodes_that_never_were(three: Nodes) -> None:
    three.clock.advance(WINDOW_S)
    before = len(three.engine.history)
    for number in range(20):
        three[0].knock(resume=f"zz.{number}")
    assert all(each.channel != ALL for each in three.engine.history[before:])


def test_who_has_met_it_is_not_met_again_though_its_own_list_is_lost(three: Nodes) -> None:
    a, b = three.pair(0, 1)
    first = a.chat
    a.emit("leave")
    c = three[1].arrive()
    three.introduce(a, c)
    three[0].die()
    back = comes(a, three[2])
    assert back.emit("leave") == {"ok": True}
    for client in (back, b):
        client.emit("find", BY_TEXT)
    three.clock.advance(40)
    assert b.chat == first
    three.clock.advance(30)
    assert b.chat == back.chat != first


def test_nothing_is_left_of_one_whose_chat_went_on_without_its_node(three: Nodes) -> None:
    a, b = three.pair(0, 1)
    a.emit("report", a.chat, "spam")
    c = three[2].arrive()
    c.emit("find", BY_TEXT)
    three.clock.advance()
    a.emit("find", BY_TEXT)
    three.clock.advance(1)
    assert a.chat == c.chat
    three[0].die()
    back = comes(a, three[1])
    back.disconnect()
    for client in (b, c):
        client.disconnect()
    three.clock.advance(300)
    for node in (three[1], three[2]):
        node.pass_time(100)
        assert node.holds().keys() <= {"records", "address keys"}
        assert node.cluster.is_empty()


def test_what_keeps_two_apart_outlives_the_former_home(three: Nodes) -> None:
    """The node to which it comes knew it before, as a visitor of the node that has died."""
    a, _ = three.pair(0, 2)
    a.emit("leave")
    three.introduce(a, three[1].arrive())
    three[0].die()
    back, other = comes(a, three[2]), three[2].arrive()
    three.clock.advance(5)  # another one leads
    three.introduce(back, other)
    assert back.emit("report", back.chat, "spam") == {"ok": True}
    three.clock.advance(WINDOW_S + 10)  # now it is dead for all
    chat = back.chat
    for client in (back, other):
        assert client.emit("find", BY_TEXT) == {"ok": True}
    three.clock.advance(10)
    assert back.chat == other.chat == chat
