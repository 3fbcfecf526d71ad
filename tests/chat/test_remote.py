"""Two visitors of two nodes: what they say, what they hear when one goes, and what becomes of a node (remote_chats.py).

The items go from one to the other at once; how they are carried is the matter of tests/exchange.
"""

from __future__ import annotations

import secrets

import pytest

from omefree.chat.remote_chats import RemoteChats
from omefree.contract.nodes import AnyItem
from omefree.exchange.introduction import Meeting
from omefree.exchange.memory import MemoryExchange
from omefree.matching.ticket import Ticket
from tests.chat.fake_chat import BY_TEXT, Client, FakeChat, is_well
from tests.clock import FakeClock

WINDOW_S = 120.0


class Searches:
    """The exchange of one process, with what the chats of two nodes ask for."""

    def __init__(self, exchange: MemoryExchange) -> None:
        self.join, self.leave = exchange.join, exchange.leave

    def meets(self, visitor: str, partner: str, tag: str) -> None:
        """Nothing keeps the two apart here."""


class Post:
    """Carries items to other nodes, in order, in a later turn. `full` and `crowded` name nodes."""

    def __init__(self, tag: str, clock: FakeClock, nodes: dict[str, Node]) -> None:
        self._tag, self._clock, self._nodes = tag, clock, nodes
        self.full: set[str] = set()
        self.crowded: set[str] = set()
        self.lost = False

    def send(self, tag: str, item: AnyItem) -> None:
        if not self.lost:
            self._clock.call_soon(self._nodes[tag].chats.item, self._tag, item)

    def has_room(self, tag: str) -> bool:
        return tag not in self.full

    def is_crowded(self, tag: str) -> bool:
        return tag in self.crowded


class Node(FakeChat):
    def __init__(self, tag: str, clock: FakeClock, nodes: dict[str, Node]) -> None:
        super().__init__(node=tag, clock=clock)
        self.tag = tag
        self.post = Post(tag, clock, nodes)
        presence = self.presence
        self.chats = RemoteChats(
            clock,
            self.engine.alarms,
            self.post,
            Searches(self.exchange),
            presence.visitors,
            presence.pairing,
            presence.reunions,
            presence.safety,
        )
        nodes[tag] = self


class Two:
    """Two nodes, each with a visitor: the two are introduced as the leader of a pool does it."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.nodes: dict[str, Node] = {}
        self.one, self.two = (Node(tag, self.clock, self.nodes) for tag in ("one", "two"))

    def pair(self) -> tuple[Client, Client]:
        """Two who chat, each having heard all that led there."""
        a, b = self.one.arrive(), self.two.arrive()
        self.introduce(a, b)
        a.hears()
        b.hears()
        return a, b

    def introduce(self, a: Client, b: Client) -> None:
        """`a` is of the first node, `b` of the second."""
        for client in (a, b):
            client.emit("find", BY_TEXT | {"languages": ["fr"]})
        chat, tickets = secrets.token_urlsafe(12), [ticket_of(a), ticket_of(b)]
        both = list(zip((self.one, self.two), tickets, strict=True))
        assert all(node.chats.is_ready(ticket) for node, ticket in both)
        yes = [node.chats.yes(chat, ticket) for node, ticket in both]
        for (node, own), (home, other), told in zip(both, both[::-1], yes[::-1], strict=True):
            node.exchange.leave(own.visitor)
            node.chats.begin(Meeting(chat, node is self.one, own, other.visitor, home.tag, (), told))
        self.clock.advance()
        assert a.chat == b.chat == chat


def ticket_of(client: Client) -> Ticket:
    ticket = client.fake_chat.visitor(client).ticket
    assert ticket is not None
    return ticket


@pytest.fixture
def two() -> Two:
    return Two()


def test_what_one_says_the_other_hears_in_order(two: Two) -> None:
    a, b = two.pair()
    for number in range(20):
        assert a.emit("message", a.chat, str(number)) == {"ok": True}
    a.tell("typing", a.chat, True)
    assert b.hears() == [*(["message", b.chat, str(number)] for number in range(20)), ["typing", b.chat, True]]
    assert is_well(a, b)


def test_matched_has_the_same_facts_on_both_sides(two: Two) -> None:
    a, b = two.one.arrive(), two.two.arrive()
    two.introduce(a, b)
    heard = [client.one("matched") for client in (a, b)]
    assert [told["polite"] for told in heard] == [True, False]
    assert [told["languages"] for told in heard] == [["fr"], ["fr"]]


@pytest.mark.parametrize("act", ["leave", "skip", "disconnect"])
def test_when_one_goes_the_other_hears_why(two: Two, act: str) -> None:
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
    assert len(two.one.chats) == len(two.two.chats) == 0


def test_who_comes_back_in_time_has_its_chat(two: Two) -> None:
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


def test_who_does_not_come_back_in_time_is_lost(two: Two) -> None:
    a, b = two.pair()
    a.cut()
    two.clock.advance(WINDOW_S + 0.1)
    assert b.hears() == [["partner", b.chat, "away"], ["ended", b.chat, "lost"]]


def test_a_node_that_is_away_and_comes_back_costs_no_chat(two: Two) -> None:
    a, b = two.pair()
    two.two.chats.away("one")
    assert b.hears() == [["partner", b.chat, "away"]]
    assert b.emit("message", b.chat, "?")["code"] == "partner_away"
    b.hears()
    two.two.chats.back("one")
    two.clock.advance()
    assert b.hears() == [["partner", b.chat, "back"]]
    assert is_well(a, b)


def test_of_a_node_that_is_away_nobody_is_told_twice_that_its_partner_is(two: Two) -> None:
    a, b = two.pair()
    a.cut()
    two.clock.advance()
    two.two.chats.away("one")
    two.two.chats.back("one")
    two.clock.advance()
    assert b.hears() == [["partner", b.chat, "away"]]
    a.come_back()
    assert b.hears() == [["partner", b.chat, "back"]]


def test_a_dead_nodes_partners_are_lost(two: Two) -> None:
    _, b = two.pair()
    two.two.chats.away("one")
    two.two.chats.dead("one")
    assert b.hears() == [["partner", b.chat, "away"], ["ended", b.chat, "lost"]]
    assert b.emit("again", b.chat)["code"] == "chat_over"


def test_after_healing_a_chat_that_one_side_has_lost_is_over(two: Two) -> None:
    a, b = two.pair()
    two.one.post.lost = True
    a.emit("leave")
    assert b.hears() == []
    two.one.post.lost = False
    two.two.chats.compare("one")
    two.clock.advance()
    assert b.hears() == [["ended", b.chat, "lost"]]


def test_a_full_way_is_refused_and_a_crowded_one_drops_what_may_be_dropped(two: Two) -> None:
    a, b = two.pair()
    two.one.post.crowded = {"two"}
    assert a.emit("typing", a.chat, True) == a.emit("message", a.chat, "!") == {"ok": True}
    assert b.hears() == [["message", b.chat, "!"]]
    two.one.post.full = {"two"}
    assert a.emit("message", a.chat, "?")["code"] == "partner_away"


@pytest.mark.parametrize("first", ["a", "b"])
def test_two_who_ask_for_each_other_meet_again(two: Two, first: str) -> None:
    a, b = two.pair()
    old = a.chat
    a.emit("leave")
    asking = (a, b) if first == "a" else (b, a)
    for client in asking:
        assert client.emit("again", old) == {"ok": True}
    two.clock.advance()
    assert a.chat == b.chat != old
    assert is_well(a, b)


def test_who_no_longer_asks_or_chats_with_another_is_not_met_again(two: Two) -> None:
    a, b = two.pair()
    old = a.chat
    a.emit("leave")
    a.emit("again", old)
    a.emit("leave")
    b.emit("again", old)
    two.clock.advance(5)
    assert a.chat == b.chat == old
    other = two.one.arrive()
    two.one.introduce(a, other)
    assert other.emit("leave") == {"ok": True}
    assert a.emit("again", old)["code"] == "chat_over"


def test_a_search_goes_on_if_the_other_home_does_not_agree(two: Two) -> None:
    a, b = two.pair()
    old = a.chat
    a.emit("leave")
    for client in (a, b):
        client.emit("find", BY_TEXT)
    a.emit("again", old)
    two.one.post.lost = two.two.post.lost = True  # neither hears that the other asks, or agrees
    b.emit("again", old)
    two.clock.advance(1.1)
    for client in (a, b):
        assert len(client.fake_chat.exchange) == 1
    c = two.one.arrive()
    c.emit("find", BY_TEXT)
    assert c.chat == a.chat != old


def test_a_report_counts_at_the_home_of_its_subject_once(two: Two) -> None:
    a, b = two.pair()
    two.clock.advance(5)
    assert a.emit("report", a.chat, "spam") == {"ok": True}
    a.emit("report", a.chat, "spam")
    two.clock.advance()
    assert b.hears() == [["ended", b.chat, "left"]]
    assert two.two.counters.total["reports.spam"] == 1
    assert two.one.counters.total["reports.spam"] == 0
    record = two.two.visitor(b).record
    assert record is not None
    assert record.score > 1


def test_a_report_counts_also_if_its_subject_has_left(two: Two) -> None:
    a, b = two.pair()
    two.clock.advance(5)
    b.disconnect()
    two.clock.advance()
    assert a.emit("report", a.chat, "spam") == {"ok": True}
    two.clock.advance()
    assert two.two.counters.total["reports.spam"] == 1


def test_after_all_have_left_nothing_is_held(two: Two) -> None:
    a, b = two.pair()
    a.emit("leave")
    for client in (a, b):
        client.disconnect()
    two.clock.advance()
    for node, other in ((two.one, b), (two.two, a)):
        assert node.holds().keys() <= {"alarms", "address keys", "records"}
        node.chats.gone(other.greeting["resume"])
    two.clock.advance(WINDOW_S + 60)
    for node in (two.one, two.two):
        assert node.holds().keys() <= {"address keys", "records"}
