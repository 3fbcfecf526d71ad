"""What becomes of searches, promises and votes when a node is silent, killed or gone, and when its leader is."""

from __future__ import annotations

import pytest

from omefree.contract import nodes as items
from tests.chat.fake_chat import BY_TEXT, Client, is_well
from tests.chat.nodes import Node, Nodes

PROMISE_S, WINDOW_S = 1.0, 120.0


@pytest.fixture
def three() -> Nodes:
    return Nodes("abc")  # `a` leads


def searching(node: Node) -> Client:
    client = node.arrive()
    assert client.emit("find", BY_TEXT) == {"ok": True}
    return client


def test_whoever_waits_at_a_node_that_was_killed_delays_nobody(three: Nodes) -> None:
    searching(three[2])
    three.clock.advance(1.0)
    three[2].die()
    three.clock.advance(1.5)  # the leader has sent something there, and nobody listens
    assert is_well(*three.pair(0, 1))


def test_whoever_waits_at_a_node_that_was_silent_is_met_when_it_is_heard(three: Nodes) -> None:
    a, _ = three.pair(0, 2)
    waiting = searching(three[2])
    three.clock.advance()
    three[2].wire.cut()
    three.clock.advance()
    a.emit("message", a.chat, "?")  # nobody listens
    three.clock.advance(0.5)
    three[2].wire.join()
    three.clock.advance(0.1)
    other = searching(three[1])
    three.clock.advance()
    assert waiting.chat == other.chat != ""


@pytest.mark.parametrize("does", ["waits", "chats", "has left a chat"])
def test_of_a_killed_node_and_its_visitors_nothing_is_held_after_the_window(three: Nodes, does: str) -> None:
    if does == "waits":
        searching(three[2])
    else:
        a, _ = three.pair(0, 2)
        if does == "has left a chat":
            a.emit("leave")
    three.clock.advance()
    three[2].die()
    three.clock.advance(WINDOW_S + 5)
    for node in three.nodes[:2]:
        for visitor in list(node.presence.visitors.values()):
            node.presence.depart(visitor, "left")
    three.clock.advance(WINDOW_S + 5)
    for node in three.nodes[:2]:
        assert node.cluster.is_empty()
        assert node.bus.figures().window_bytes == 0


def test_a_report_to_a_node_that_is_dead_is_not_kept_for_it(three: Nodes) -> None:
    a, _ = three.pair(0, 2)
    three[2].die()
    three.clock.advance(WINDOW_S + 5)
    assert a.hears()[-1] == ["ended", a.chat, "lost"]
    assert a.emit("report", a.chat, "spam") == {"ok": True}
    three.clock.advance(WINDOW_S + 5)
    assert three[0].bus.figures().window_bytes == 0


def test_an_epoch_that_another_node_has_seen_is_not_given_again(three: Nodes) -> None:
    three[1].bus.send("a", items.Seen("text", 40))
    three.clock.advance(2)
    assert three.leader.cluster.leads["text"] == 41


def voters(nodes: Nodes, address: str) -> set[bytes]:
    """What stands for the network of an address in votes, at each node."""
    clients = [(node, node.arrive(address=address)) for node in nodes.nodes]
    return {node.presence.safety.standing(node.visitor(client)).voter for node, client in clients}


def test_a_network_is_one_voter_at_whatever_node_and_whoever_leads(three: Nodes) -> None:
    three.clock.advance(6)
    before = voters(three, "192.0.2.7")
    assert len(before) == 1
    three.nodes.pop(0).die()
    three.clock.advance(10)
    assert voters(three, "192.0.2.7") == before


def test_the_key_of_voters_is_the_leaders_and_nobody_elses(three: Nodes) -> None:
    three.clock.advance(6)
    before = voters(three, "192.0.2.7")
    three[1].bus.broadcast(items.Voting(0.0, b"k" * 32))
    three.clock.advance()
    assert voters(three, "192.0.2.7") == before
