"""Whoever leaves leaves nothing behind (protocol.md, rule 7)."""

import gc
import weakref
from collections.abc import Callable, Iterator

import pytest

from tests.chat.house import BY_TEXT, Client, House


def says_goodbye(house: House, client: Client) -> None:
    client.disconnect()


def is_lost(house: House, client: Client) -> None:
    client.cut()
    house.pass_time(15.1)


def vanishes(house: House, client: Client) -> None:
    client.fall_silent()
    house.pass_time(33.1)


def is_closed(house: House, client: Client) -> None:
    client.close()


ENDS: list[Callable[[House, Client], None]] = [says_goodbye, is_lost, vanishes, is_closed]


@pytest.fixture
def _no_collector() -> Iterator[None]:
    """What a cycle of references holds stays until some later time: too late."""
    gc.disable()
    yield
    gc.enable()


@pytest.mark.usefixtures("_no_collector")
@pytest.mark.parametrize("end", ENDS)
def test_the_visitor_is_gone_from_memory_at_once(house: House, end: Callable[[House, Client], None]) -> None:
    a, b = house.pair()
    a.emit("message", a.chat, "x")
    a.emit("message", "another", "x")
    a.emit("nonsense")
    visitor = weakref.ref(house.visitor(a))
    end(house, a)
    house.pass_time(6)  # the counter has told everybody
    assert visitor() is None
    assert b.emit("again", b.chat)["code"] == "chat_over"


@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize("doing", ["nothing", "searching", "chatting", "after a chat", "reported", "asking again"])
def test_the_house_is_empty_when_all_have_gone(house: House, doing: str, end: Callable[[House, Client], None]) -> None:
    a, b = house.pair()
    if doing != "chatting":
        a.emit("leave")
    if doing == "searching":
        a.emit("find", {"mode": "text", "interests": ["jazz"]})
    if doing == "reported":
        b.emit("report", b.chat, "spam")
    if doing == "asking again":
        a.emit("again", a.chat)
    for client in (a, b):
        end(house, client)
    house.pass_time(10)
    assert house.holds() == {}


def test_exclusions_go_with_either_of_the_two(house: House) -> None:
    a, b = house.pair()
    a.emit("report", a.chat, "spam")
    a.disconnect()
    b.disconnect()
    house.pass_time(10)
    assert house.holds() == {}


def test_a_report_about_one_who_has_gone_leaves_no_trace(house: House) -> None:
    a, b = house.pair()
    b.disconnect()
    a.emit("report", a.chat, "spam")
    a.disconnect()
    house.pass_time(10)
    assert house.holds() == {}


def test_whoever_was_refused_leaves_nothing(house: House) -> None:
    house.knock('{"v":2}').cut()
    house.lounge.drain()
    house.knock()  # and says no more: closed after the time to connect
    house.pass_time(60)
    assert house.holds() == {}


def test_a_search_replaced_many_times_is_one_ticket(house: House) -> None:
    a = house.arrive()
    for number in range(9):
        a.emit("find", {"mode": "text", "interests": [f"tag {number}"]})
    assert house.holds()["searching"] == 1
    a.emit("find", BY_TEXT)
    a.emit("leave")
    a.disconnect()
    house.pass_time(10)
    assert house.holds() == {}
