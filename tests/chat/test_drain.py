"""The server goes: `drained` for those who chat, `draining` for those who come."""

import pytest

from omefree.errors import CloseCode
from tests.chat.house import BY_TEXT, House


def test_everybody_who_chats_hears_drained_and_stays_connected(house: House) -> None:
    pairs = [house.pair() for _ in range(5)]
    house.lounge.drain()
    for client in [client for pair in pairs for client in pair]:
        assert client.hears() == [["ended", client.chat, "drained"]]
        assert client.is_open


def test_newcomers_and_those_who_come_back_are_refused(house: House) -> None:
    a, _ = house.pair()
    a.cut()
    house.lounge.drain()
    for client in (house.knock(), house.knock(resume=a.token)):
        error = client.one("connect_error")
        assert error["message"]
        assert error["data"] == {"code": "draining"}


def test_whoever_searches_is_not_matched_any_more(house: House) -> None:
    a, b = house.arrive(), house.arrive()
    a.post("find", BY_TEXT)
    b.post("find", BY_TEXT)
    house.lounge.drain()
    house.pass_time(60)
    assert a.chat == b.chat == ""


@pytest.mark.parametrize("how", ["find", "again"])
def test_nobody_is_introduced_any_more(house: House, how: str) -> None:
    a, b = house.pair()
    house.lounge.drain()
    for client in (a, b):
        answer = client.emit("find", BY_TEXT) if how == "find" else client.emit("again", client.chat)
        assert answer["code"] == "draining"


def test_nothing_is_left_once_the_engine_has_closed_all(house: House) -> None:
    house.pair()
    away, _ = house.pair()
    away.cut()
    house.arrive().emit("find", BY_TEXT)
    house.lounge.drain()
    house.engine.close_all()
    house.pass_time(20)
    assert house.holds() == {}


def test_whoever_loses_its_link_while_draining_is_not_waited_for(house: House) -> None:
    a, _ = house.pair()
    house.lounge.drain()
    a.cut()
    assert house.holds()["visitors"] == 1


def test_a_session_closed_by_the_server_is_closed_as_going_away(house: House) -> None:
    a = house.arrive()
    house.lounge.drain()
    house.engine.close_all()
    assert a.wire.close_code == CloseCode.GOING_AWAY
