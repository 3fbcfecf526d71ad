"""A server of several makes ready to end, and its visitors move to the others."""

from __future__ import annotations

import pytest

from tests.chat.fake_chat import is_well, told
from tests.chat.nodes import Nodes
from tests.chat.test_moving import move


@pytest.fixture
def three() -> Nodes:
    return Nodes("abc")


def test_who_waits_for_its_seat_while_that_server_begins_to_move_all_is_asked_too(three: Nodes) -> None:
    a, b = three.pair(0, 2)
    three[0].stop()
    moved = three[1].knock(address=a.address, resume=a.token)
    three[1].presence.move(20.0)
    assert moved.names() == []
    three.clock.advance(0.1)
    three[0].go_on()
    three.clock.advance(0.1)
    assert moved.names() == ["connect", "welcome", "matched", "moving"]
    assert moved.one("moving") == {"after_s": 19.9}
    assert told(b) == []


def test_a_server_that_makes_ready_to_leave_gives_all_seats_away_and_is_empty_then(three: Nodes) -> None:
    a, b = three.pair(0, 0)
    c, _ = three.pair(0, 1)
    chat = a.chat
    three[0].bus.begin_to_leave()
    three[0].presence.move(20.0)
    one, two, _ = move(a, three[1]), move(b, three[2]), move(c, three[2])
    assert len(three[0].presence.visitors) == 0
    assert one.emit("message", chat, "still here") == {"ok": True}
    three.clock.advance()
    assert ["message", chat, "still here"] in told(two)
    three[0].presence.drain()
    three[0].cluster.close()
    three.clock.advance(5)
    assert is_well(one, two)
    assert "ended" not in one.names() + two.names()
