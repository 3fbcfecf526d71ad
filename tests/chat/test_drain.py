"""The server goes: `drained` for those who chat, `draining` for those who come."""

import pytest

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
