"""A token is shown at several nodes, and one of them is slow: whatever each of them believes, one seat is left."""

from __future__ import annotations

from itertools import product

import pytest
from msgspec.structs import replace

from omefree.chat.presence import digest
from omefree.contract import moving
from omefree.contract.nodes import AnyItem
from tests.chat.fake_chat import Client, is_well, told
from tests.chat.nodes import Nodes

TAGS = "abc"
SLOW_S = [0.3, 1.7, 2.9]  # less than a node waits for an answer, more, and nearly as long as for both
REST_S = 8.0


@pytest.fixture
def three() -> Nodes:
    return Nodes(TAGS)


def show(three: Nodes, token: str, where: str) -> list[Client]:
    """Shows the token at these nodes, one after the other within a moment."""
    shown = []
    for tag in where:
        shown.append(three[TAGS.index(tag)].knock(resume=token))
        three.clock.advance(0.001)
    return shown


def greet(clients: list[Client]) -> list[Client]:
    """Those who are let in and still have their link."""
    left = [client for client in clients if client.is_open and "welcome" in client.names()]
    for client in left:
        client.greeting = client.one("welcome")
    return left


def one_of(three: Nodes, clients: list[Client]) -> Client:
    """The one that is left. If all were cut off, whoever was let in last comes back, as every client does."""
    if not greet(clients):
        last = next(client for client in reversed(clients) if "welcome" in client.names())
        clients = show(three, last.one("welcome")["resume"], last.one("welcome")["resume"][0])
        three.clock.advance(REST_S)
    [left] = greet(clients)
    return left


def seats(three: Nodes) -> list[str]:
    return sorted(visitor for node in three.nodes for visitor in node.presence.visitors)


@pytest.mark.parametrize("where", ["bc", "cb", "abc", "bcbc", "aabbcc", "cc"])
@pytest.mark.parametrize(("home", "partner"), [(0, 1), (0, 0), (0, 2)])
@pytest.mark.parametrize(("slow", "slow_s"), [(None, 0.0), *product(range(3), SLOW_S)])
def test_one_seat_is_left(three: Nodes, home: int, partner: int, where: str, slow: int | None, slow_s: float) -> None:
    a, b = three.pair(home, partner)
    before = seats(three)
    where = "".join(tag for tag in where if slow is None or tag != TAGS[slow])  # nobody is let in there
    if slow is not None:
        three[slow].stop()
        three.clock.call_later(slow_s, three[slow].go_on)
    shown = show(three, a.token, where)
    three.clock.advance(REST_S)
    left = one_of(three, [a, *shown]) if where else a
    assert seats(three) == before
    heard = [event[0] for event in told(b)]
    assert "ended" not in heard
    assert heard.count("partner") % 2 == 0, "whoever was away is back"
    left.hears()
    assert is_well(left, b)


def test_a_home_that_was_slow_drops_its_ghost(three: Nodes) -> None:
    """Its visitor came back at another node meanwhile, and the partner's home has let it in there."""
    a, b = three.pair(0, 1)
    three[0].stop()
    [back] = show(three, a.token, "c")
    three.clock.advance(1.9)
    three[0].go_on()
    three.clock.advance(REST_S)
    assert greet([a, back]) == [back]
    assert not three[0].presence.visitors
    told(back)
    assert is_well(back, b)


def test_a_ghost_that_nobody_asks_for_is_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a slow home gave to a third node before the partner's home has let its visitor in elsewhere."""
    four = Nodes("abcd")
    a, b = four.pair(0, 1)
    given: list[moving.Estate] = []
    send = four[1].bus.send

    def noted(tag: str, item: AnyItem) -> None:
        given.extend([item] if isinstance(item, moving.Estate) else [])
        send(tag, item)

    monkeypatch.setattr(four[1].bus, "send", noted)
    four[0].die()
    [back] = show(four, a.token, "c")
    four.clock.advance(3)
    assert greet([back]) == [back]
    four[2].bus.send("d", replace(given[0], life=0))
    four.clock.advance(3)
    assert not four[3].presence.visitors
    told(back)
    told(b)
    assert is_well(back, b)
    assert told(b) == []


def test_who_shows_a_token_twice_at_one_node_waits_there_once(three: Nodes) -> None:
    a, b = three.pair(0, 1)
    first, second = show(three, a.token, "cc")
    three.clock.advance(REST_S)
    assert not first.is_open
    assert greet([a, second]) == [second]
    told(second)
    assert is_well(second, b)


def test_a_token_that_was_given_up_is_good_again_once_its_home_answers(three: Nodes) -> None:
    idle = three[0].arrive()
    three[0].stop()
    three.clock.call_later(3.6, three[0].go_on)
    [first] = show(three, idle.token, "c")
    three.clock.advance(3.2)
    assert first.one("welcome")["resumed"] is None
    [second] = show(three, idle.token, "c")
    three.clock.advance(REST_S)
    assert second.one("welcome")["resumed"] == {"state": "idle"}


@pytest.mark.parametrize("ends", [True, False])
def test_an_estate_that_nobody_waits_for_waits_and_leaves_nothing(three: Nodes, ends: bool) -> None:
    """Somebody may have been cut off for it: it comes back with the token that it has."""
    a, b = three.pair(0, 1)
    three[0].cluster.on_item("c", moving.Take(digest(a.token), "c"))
    three.clock.advance()
    assert not a.is_open
    assert told(b) == [["partner", b.chat, "away"]]
    if ends:
        three.clock.advance(125.0)
        assert told(b) == [["ended", b.chat, "lost"]]
        assert not three[2].presence.visitors
    else:
        [back] = show(three, a.token, "a")
        three.clock.advance()
        assert greet([back]) == [back]
        assert told(b) == [["partner", b.chat, "back"]]
        told(back)
        assert is_well(back, b)
