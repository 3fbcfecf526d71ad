"""A visitor shows its token at another node: it has its own seat there, and its partner notices nothing."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from omefree.contract import moving
from omefree.contract.nodes import AnyItem
from tests.chat.fake_chat import BY_TEXT, Client, is_well, told
from tests.chat.nodes import Node, Nodes
from tests.chat.reporting import is_paused

HOMES = [(0, 1), (0, 0), (1, 0)]  # of who moves and of its partner
TARGETS = [1, 2]


@pytest.fixture
def three() -> Nodes:
    return Nodes("abc")


def move(client: Client, node: Node) -> Client:
    """The same visitor at another node, while its old link stands."""
    return node.arrive(address=client.address, resume=client.token)


@pytest.mark.parametrize(("home", "partner"), [(0, 0), (0, 1)])
@pytest.mark.parametrize("to", TARGETS)
def test_a_chat_goes_on_and_the_partner_notices_nothing(three: Nodes, home: int, partner: int, to: int) -> None:
    a, b = three.pair(home, partner)
    chat = a.chat
    moved = move(a, three[to])
    assert moved.greeting["resumed"] == {"state": "chatting", "chat": chat, "partner": "here"}
    assert [event[0] for event in moved.hears()] == ["matched"]
    assert moved.chat == chat
    assert not a.is_open
    assert told(b) == []
    for number in range(30):
        assert moved.emit("message", chat, f"a{number}") == {"ok": True}
        assert b.emit("message", chat, f"b{number}") == {"ok": True}
    assert told(moved) == [["message", chat, f"b{number}"] for number in range(30)]
    assert told(b) == [["message", chat, f"a{number}"] for number in range(30)]
    three.clock.advance(5)
    assert is_well(moved, b)
    assert told(b) == []


def test_matched_is_told_again_unchanged(three: Nodes) -> None:
    a, b = three[0].arrive(), three[1].arrive()
    for client in (a, b):
        client.emit("find", BY_TEXT | {"interests": ["Jazz"], "languages": ["fr"]})
    before = a.one("matched")
    assert move(a, three[2]).one("matched") == before


def test_a_chain_of_moves_ends_where_it_began(three: Nodes) -> None:
    a, b = three.pair(0, 1)
    for to in (1, 2, 0, 2, 1, 0):
        a = move(a, three[to])
        a.hears()
        assert is_well(a, b)
    assert told(b) == []


def test_both_move_at_once(three: Nodes) -> None:
    a, b = three.pair(0, 1)
    for to_a, to_b in ((1, 0), (2, 2), (0, 1), (2, 0)):
        a, b = move(a, three[to_a]), move(b, three[to_b])
        for client in (a, b):
            assert [event[0] for event in told(client)] == ["matched"]
        assert is_well(a, b)


def test_who_leaves_after_a_move_has_left(three: Nodes) -> None:
    a, b = three.pair(0, 1)
    moved = move(a, three[2])
    moved.emit("leave")
    three.clock.advance()
    assert told(b) == [["ended", a.chat, "left"]]


def test_the_partner_leaves_after_a_move(three: Nodes) -> None:
    a, b = three.pair(0, 1)
    moved = move(a, three[2])
    moved.hears()
    b.disconnect()
    three.clock.advance()
    assert told(moved) == [["ended", a.chat, "left"]]


def test_who_is_away_moves_and_is_back(three: Nodes) -> None:
    a, b = three.pair(0, 1)
    a.cut()
    assert told(b) == [["partner", a.chat, "away"]]
    moved = move(a, three[2])
    three.clock.advance()
    assert told(b) == [["partner", a.chat, "back"]]
    moved.hears()
    assert is_well(moved, b)


def test_a_search_goes_on_with_its_place(three: Nodes) -> None:
    a = three[0].arrive()
    a.emit("find", BY_TEXT | {"interests": ["jazz"], "patience_s": 60})
    three.clock.advance(20)
    moved = move(a, three[1])
    three.clock.advance()
    assert moved.greeting["resumed"]["state"] == "searching"
    [searching] = [event for event in told(moved) if event[0] == "searching"]
    assert 20 <= searching[1]["since_s"] < 21
    b = three[2].arrive()
    b.emit("find", BY_TEXT | {"interests": ["Jazz"]})
    three.clock.advance()
    assert b.chat == moved.chat != ""
    assert not any(len(node.exchange) for node in three.nodes)


def test_an_idle_visitor_moves(three: Nodes) -> None:
    a = three[0].arrive()
    moved = move(a, three[1])
    assert moved.greeting["resumed"]["state"] == "idle"
    assert three[0].presence.visitors == {}


@pytest.mark.parametrize(("home", "partner"), HOMES)
def test_two_meet_again_after_one_has_moved(three: Nodes, home: int, partner: int) -> None:
    a, b = three.pair(home, partner)
    a.emit("leave")
    a = move(a, three[2])
    assert b.emit("again", b.chat) == {"ok": True}
    assert a.emit("again", b.chat) == {"ok": True}
    three.clock.advance()
    assert a.chat == b.chat
    assert is_well(a, b)


@pytest.mark.parametrize(("home", "partner"), HOMES)
def test_two_meet_again_after_both_have_moved(three: Nodes, home: int, partner: int) -> None:
    a, b = three.pair(home, partner)
    b.emit("leave")
    old = a.chat
    assert a.emit("again", old) == {"ok": True}
    a, b = move(a, three[2]), move(b, three[2])
    assert b.emit("again", old) == {"ok": True}
    three.clock.advance()
    assert a.chat == b.chat != old
    assert is_well(a, b)


@pytest.mark.parametrize(("home", "partner"), HOMES)
@pytest.mark.parametrize("who", ["reporter", "subject", "both"])
def test_a_report_counts_after_a_move(three: Nodes, home: int, partner: int, who: str) -> None:
    a, b = three.pair(home, partner)
    chat = a.chat
    three.clock.advance(5)
    b.emit("leave")
    if who != "reporter":
        a = move(a, three[2])
    if who != "subject":
        b = move(b, three[2])
    b.emit("report", chat, "hate")
    three.clock.advance()
    assert sum(node.counters.total["reports.counted"] for node in three.nodes) == 1


def test_a_pause_moves_along(three: Nodes) -> None:
    a = three[0].arrive()
    is_paused(three[0], a, *["hate"] * 4)
    three.clock.advance()
    before = a.emit("find", BY_TEXT)
    assert before["code"] == "paused"
    moved = move(a, three[1])
    assert moved.greeting["paused"]["reason"] == before["reason"]
    assert moved.emit("find", BY_TEXT)["code"] == "paused"


def test_quotas_move_along(three: Nodes) -> None:
    a = three[0].arrive()
    while a.emit("find", BY_TEXT)["ok"]:
        pass
    assert move(a, three[1]).emit("find", BY_TEXT)["code"] == "rate_limited"


def test_who_has_met_is_not_met_again_after_a_move(three: Nodes) -> None:
    a, b = three.pair(0, 1)
    old = a.chat
    a.emit("leave")
    moved = move(a, three[2])
    for client in (moved, b):
        client.emit("find", BY_TEXT)
    three.clock.advance(59)
    assert moved.chat == ""
    assert b.chat == old
    three.clock.advance(62)
    assert moved.chat == b.chat != old


def test_the_last_to_show_a_token_has_the_seat(three: Nodes) -> None:
    a, b = three.pair(0, 1)
    token = a.token
    one = three[1].arrive(address=a.address, resume=token)
    other = three[2].arrive(address=a.address, resume=token)
    assert other.greeting["resumed"]["state"] == "chatting"
    assert not one.is_open
    assert sum(len(node.presence.visitors) for node in three.nodes) == 2
    other.hears()
    assert is_well(other, b)


def test_the_old_token_is_void_once_the_new_one_was_used(three: Nodes) -> None:
    a, b = three.pair(0, 1)
    token = a.token
    moved = move(a, three[2])
    moved.hears()
    assert is_well(moved, b)
    thief = three[0].knock(resume=token)
    three.clock.advance(3.5)
    assert thief.one("welcome")["resumed"] is None
    assert is_well(moved, b)


def test_nothing_is_left_where_it_was(three: Nodes) -> None:
    a, b = three.pair(0, 1)
    moved = move(a, three[2])
    moved.hears()
    assert is_well(moved, b)
    moved.disconnect()
    b.disconnect()
    three.clock.advance(300)
    for node in three.nodes:
        node.pass_time(100)
        assert node.holds() == {}
        assert len(node.chats) == 0
        assert node.cluster.is_empty()


def test_a_token_shown_twice_at_once_at_a_new_node_gives_one_seat(three: Nodes) -> None:
    a, b = three.pair(0, 1)
    one, other = Client(three[2], a.address), Client(three[2], a.address)
    for client in (one, other):
        client.network.transport.opened()
        client.network.write(b'40{"resume":"%s"}' % a.token.encode())
    three.clock.advance(3.5)
    assert (one.is_open, other.is_open, a.is_open) == (False, True, False)
    other.greeting = other.one("welcome")
    other.hears()
    assert is_well(other, b)
    three.clock.advance(5)
    again = three[2].arrive(address=a.address, resume=other.token)
    assert again.greeting["resumed"]["state"] == "chatting"
    again.hears()
    assert is_well(again, b)


def test_an_estate_that_cannot_be_read_is_dropped_and_counted(three: Nodes) -> None:
    a, b = three.pair(0, 2)
    three[0].bus.send("c", moving.Estate(b"token", [b"token"], 5))  # type: ignore[arg-type]
    three.clock.advance()
    assert three[2].bus.figures().dropped["malformed"] == 1
    assert is_well(a, b)


@pytest.mark.parametrize("chats", [True, False])
def test_whose_estate_cannot_be_read_has_its_chat_from_its_partner_or_is_somebody_new(
    three: Nodes, monkeypatch: pytest.MonkeyPatch, chats: bool
) -> None:
    a, b = three.pair(0, 1)
    if not chats:
        a.emit("leave")
    send = three[0].bus.send

    def garbled(tag: str, item: AnyItem) -> None:
        send(tag, replace(item, buckets={"message": "many"}) if isinstance(item, moving.Estate) else item)

    monkeypatch.setattr(three[0].bus, "send", garbled)
    back = three[2].knock(address=a.address, resume=a.token)
    three.clock.advance(3.5)
    assert bool(back.one("welcome")["resumed"]) == chats
    back.hears()
    assert not chats or is_well(back, b)
