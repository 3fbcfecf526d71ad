"""Whoever leaves leaves nothing behind (protocol.md, rule 7)."""

import gc
import weakref
from collections.abc import Callable, Iterator

import pytest

from tests.chat.fake_chat import BY_TEXT, Client, FakeChat


def says_goodbye(fake_chat: FakeChat, client: Client) -> None:
    client.disconnect()


def is_lost(fake_chat: FakeChat, client: Client) -> None:
    client.cut()
    fake_chat.pass_time(120.1)


def vanishes(fake_chat: FakeChat, client: Client) -> None:
    client.fall_silent()
    fake_chat.pass_time(138.1)


def is_closed(fake_chat: FakeChat, client: Client) -> None:
    client.close()


ENDS: list[Callable[[FakeChat, Client], None]] = [says_goodbye, is_lost, vanishes, is_closed]


@pytest.fixture
def _no_collector() -> Iterator[None]:
    """What a cycle of references holds stays until some later time: too late."""
    gc.disable()
    yield
    gc.enable()


@pytest.mark.usefixtures("_no_collector")
@pytest.mark.parametrize("end", ENDS)
def test_the_visitor_is_gone_from_memory_at_once(fake_chat: FakeChat, end: Callable[[FakeChat, Client], None]) -> None:
    a, b = fake_chat.pair()
    a.emit("message", a.chat, "x")
    a.emit("message", "another", "x")
    a.emit("nonsense")
    visitor = weakref.ref(fake_chat.visitor(a))
    end(fake_chat, a)
    fake_chat.pass_time(6)  # the counter has told everybody
    assert visitor() is None
    assert b.emit("again", b.chat)["code"] == "chat_over"


@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize("doing", ["nothing", "searching", "chatting", "after a chat", "reported", "asking again"])
def test_nothing_is_held_and_the_chat_is_empty_when_all_have_gone(
    fake_chat: FakeChat, doing: str, end: Callable[[FakeChat, Client], None]
) -> None:
    a, b = fake_chat.pair()
    if doing == "reported":
        fake_chat.pass_time(2)
    if doing != "chatting":
        a.emit("leave")
    if doing == "searching":
        a.emit("find", {"mode": "text", "interests": ["jazz"]})
    if doing == "reported":
        b.emit("report", b.chat, "spam")
    if doing == "asking again":
        a.emit("again", a.chat)
    for client in (a, b):
        end(fake_chat, client)
    fake_chat.pass_time(10)
    if doing == "reported":
        assert_only_records_are_left(fake_chat, 2)
    assert fake_chat.holds() == {}


def assert_only_records_are_left(fake_chat: FakeChat, keys: int) -> None:
    """Numbers under the keyed hash of the addresses of who reported and who was reported: for 4 h at most."""
    fake_chat.pass_time(40)  # a quota of reports is full again
    assert fake_chat.holds() == {"records": keys}
    fake_chat.pass_time(4 * 3600 - 50)


def test_exclusions_go_with_either_of_the_two(fake_chat: FakeChat) -> None:
    a, b = fake_chat.pair()
    fake_chat.pass_time(2)
    a.emit("report", a.chat, "spam")
    a.disconnect()
    b.disconnect()
    fake_chat.pass_time(10)
    assert_only_records_are_left(fake_chat, 2)
    assert fake_chat.holds() == {}


def test_a_report_about_one_who_has_gone_leaves_the_numbers_of_two_addresses(fake_chat: FakeChat) -> None:
    a, b = fake_chat.pair()
    fake_chat.pass_time(2)
    b.disconnect()
    a.emit("report", a.chat, "spam")
    a.disconnect()
    fake_chat.pass_time(10)
    assert_only_records_are_left(fake_chat, 2)
    assert fake_chat.holds() == {}


@pytest.mark.parametrize("end", ENDS)
def test_whoever_chats_for_long_and_is_never_reported_leaves_no_number(
    fake_chat: FakeChat, end: Callable[[FakeChat, Client], None]
) -> None:
    a, b = fake_chat.arrive(), fake_chat.arrive()
    for _ in range(3):
        fake_chat.introduce(a, b)
        fake_chat.pass_time(25)
        a.emit("leave")
        assert fake_chat.holds()["records"] == 2
        fake_chat.pass_time(61)
    for client in (a, b):
        end(fake_chat, client)
    fake_chat.pass_time(10)
    assert fake_chat.holds() == {}


def test_the_address_of_the_partner_of_the_last_chat_is_forgotten_after_60_s(fake_chat: FakeChat) -> None:
    """Of that chat alone: whoever has another one meanwhile forgets it 60 s after that one."""
    a, b = fake_chat.pair()
    key = fake_chat.visitor(b).key
    b.disconnect()
    fake_chat.pass_time(30)
    c = fake_chat.arrive()
    fake_chat.introduce(a, c)
    assert key in held_by(fake_chat, a)
    a.emit("leave")
    assert key not in held_by(fake_chat, a)
    other = fake_chat.visitor(c).key
    c.disconnect()
    fake_chat.pass_time(59.9)
    assert other in held_by(fake_chat, a)
    fake_chat.pass_time(0.1)
    assert other not in held_by(fake_chat, a)
    a.disconnect()
    fake_chat.pass_time(10)
    assert fake_chat.holds() == {}


def held_by(fake_chat: FakeChat, client: Client) -> list[bytes]:
    """The address keys that the last chat of a visitor holds."""
    last = fake_chat.visitor(client).last
    return [] if last is None or last.evidence is None else [last.evidence.key]


def test_whoever_was_refused_leaves_nothing(fake_chat: FakeChat) -> None:
    fake_chat.knock('{"v":2}').cut()
    fake_chat.presence.drain()
    fake_chat.knock()  # and says no more: closed after the time to connect
    fake_chat.pass_time(60)
    assert fake_chat.holds() == {}


def test_a_search_replaced_many_times_is_one_ticket(fake_chat: FakeChat) -> None:
    a = fake_chat.arrive()
    for number in range(9):
        a.emit("find", {"mode": "text", "interests": [f"tag {number}"]})
    assert fake_chat.holds()["searching"] == 1
    a.emit("find", BY_TEXT)
    a.emit("leave")
    a.disconnect()
    fake_chat.pass_time(10)
    assert fake_chat.holds() == {}
