"""The server goes: `moving` if there is another one, `drained` at last, `draining` for those who come."""

import pytest

from omefree.chat.counter import BATCH
from omefree.errors import CloseCode
from tests.chat.fake_chat import BY_TEXT, FakeChat


def test_everybody_who_chats_hears_drained_and_stays_connected(fake_chat: FakeChat) -> None:
    pairs = [fake_chat.pair() for _ in range(5)]
    fake_chat.presence.drain()
    for client in [client for pair in pairs for client in pair]:
        assert client.hears() == [["ended", client.chat, "drained"]]
        assert client.is_open


def test_newcomers_and_those_who_come_back_are_refused(fake_chat: FakeChat) -> None:
    a, _ = fake_chat.pair()
    a.cut()
    fake_chat.presence.drain()
    for client in (fake_chat.knock(), fake_chat.knock(resume=a.token)):
        error = client.one("connect_error")
        assert error["message"]
        assert error["data"] == {"code": "draining"}


def test_whoever_searches_is_not_matched_any_more(fake_chat: FakeChat) -> None:
    a, b = fake_chat.arrive(), fake_chat.arrive()
    a.post("find", BY_TEXT)
    b.post("find", BY_TEXT)
    fake_chat.presence.drain()
    fake_chat.pass_time(60)
    assert a.chat == b.chat == ""


@pytest.mark.parametrize("how", ["find", "again"])
def test_nobody_is_introduced_any_more(fake_chat: FakeChat, how: str) -> None:
    a, b = fake_chat.pair()
    fake_chat.presence.drain()
    for client in (a, b):
        answer = client.emit("find", BY_TEXT) if how == "find" else client.emit("again", client.chat)
        assert answer["code"] == "draining"


def test_nothing_is_left_once_the_engine_has_closed_all(fake_chat: FakeChat) -> None:
    fake_chat.pair()
    away, _ = fake_chat.pair()
    away.cut()
    fake_chat.arrive().emit("find", BY_TEXT)
    fake_chat.presence.drain()
    fake_chat.engine.close_all()
    fake_chat.pass_time(20)
    assert fake_chat.holds() == {}


def test_whoever_loses_its_link_while_draining_is_not_waited_for(fake_chat: FakeChat) -> None:
    a, _ = fake_chat.pair()
    fake_chat.presence.drain()
    a.cut()
    assert fake_chat.holds()["visitors"] == 1


def test_a_session_closed_by_the_server_is_closed_as_going_away(fake_chat: FakeChat) -> None:
    a = fake_chat.arrive()
    fake_chat.presence.drain()
    fake_chat.engine.close_all()
    assert a.network.close_code == CloseCode.GOING_AWAY


# --- before that: everybody moves to another server ---


def test_all_are_asked_to_move_and_everything_goes_on(fake_chat: FakeChat) -> None:
    a, b = fake_chat.pair()
    c, d = fake_chat.arrive(), fake_chat.arrive()
    fake_chat.presence.move(20.25)
    for client in (a, b, c, d):
        assert client.hears() == [["moving", {"after_s": 20.25}]]
    assert a.emit("message", a.chat, "still here") == {"ok": True}
    assert b.hears() == [["message", b.chat, "still here"]]
    fake_chat.introduce(c, d)
    c.emit("leave", c.chat)
    for client in (c, d):
        assert client.emit("again", c.chat) == {"ok": True}
    assert c.chat == d.chat != ""


def test_a_crowd_is_asked_bit_by_bit_and_told_the_time_that_is_left(fake_chat: FakeChat) -> None:
    crowd = [fake_chat.arrive() for _ in range(BATCH + 1)]
    fake_chat.pass_time(6)
    for client in crowd:
        client.hears()
    fake_chat.presence.move(20.0)
    first, last = crowd[0], crowd[-1]
    assert first.hears() == [["moving", {"after_s": 20.0}]]
    assert last.hears() == []
    fake_chat.pass_time(0.1)
    [[name, told]] = last.hears()
    assert name == "moving"
    assert 19.9 <= told["after_s"] < 20.0


def test_nobody_is_let_in_any_more_for_there_is_another_server(fake_chat: FakeChat) -> None:
    a, _ = fake_chat.pair()
    here = fake_chat.arrive()
    a.cut()
    fake_chat.presence.move(20.0)
    for client in (fake_chat.knock(), fake_chat.knock(resume=a.token), fake_chat.knock(resume=here.token)):
        assert client.one("connect_error")["data"] == {"code": "draining"}
    assert here.emit("find", BY_TEXT) == {"ok": True}, "its link stands as before"


def test_before_they_are_asked_whoever_comes_is_let_in(fake_chat: FakeChat) -> None:
    a, _ = fake_chat.pair()
    a.cut()
    fake_chat.presence.leaving = True
    assert fake_chat.arrive().emit("find", BY_TEXT) == {"ok": True}
    assert fake_chat.arrive(resume=a.token).greeting["resumed"]["chat"] == a.chat


def test_whoever_loses_its_link_meanwhile_keeps_its_place_and_its_partner_waits(fake_chat: FakeChat) -> None:
    a, b = fake_chat.pair()
    fake_chat.presence.move(20.0)
    b.hears()
    a.cut()
    assert b.hears() == [["partner", b.chat, "away"]]
    assert fake_chat.holds()["visitors"] == 2
