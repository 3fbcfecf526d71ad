"""Who has gone and who comes back (protocol.md, rules 7 and 8)."""

import hashlib
from collections.abc import Callable
from typing import Any

import pytest

from tests.chat.fake_chat import BY_TEXT, VIDEO, Client, FakeChat, is_well
from tests.privacy.held import walk

OUTSIDE_S, IN_CHAT_S = 15, 120

GOODBYES: dict[str, Callable[[Client], None]] = {
    "Socket.IO's DISCONNECT": lambda client: client.disconnect(),
    "WebSocket 1000": lambda client: client.close(1000),
    "WebSocket 1001": lambda client: client.close(1001),
}
LOSSES: dict[str, Callable[[Client], None]] = {
    "no close frame": lambda client: client.cut(),
    "Engine.IO's close": lambda client: client.write("1"),  # JavaScript's client sends it when a poll has failed
    "WebSocket 1005": lambda client: client.close(1005),
    "WebSocket 1006": lambda client: client.close(1006),
    "WebSocket 1011": lambda client: client.close(1011),
    "WebSocket 4000": lambda client: client.close(4000),
    "a broken packet": lambda client: client.write("x"),
    "a frame that is not UTF-8": lambda client: client.write(b"\xff"),
}


# --- gone for good ---


@pytest.mark.parametrize("goodbye", GOODBYES.values(), ids=GOODBYES)
def test_a_goodbye_ends_the_session_at_once(fake_chat: FakeChat, goodbye: Callable[[Client], None]) -> None:
    a, b = fake_chat.pair()
    goodbye(a)
    assert b.hears() == [["ended", b.chat, "left"]]
    assert fake_chat.arrive(resume=a.token).greeting["resumed"] is None


@pytest.mark.parametrize("goodbye", GOODBYES.values(), ids=GOODBYES)
def test_a_goodbye_ends_the_search(fake_chat: FakeChat, goodbye: Callable[[Client], None]) -> None:
    a, b = fake_chat.arrive(), fake_chat.arrive()
    a.emit("find", BY_TEXT)
    goodbye(a)
    b.emit("find", BY_TEXT)
    assert b.chat == ""


# --- away, and back in time ---


@pytest.mark.parametrize("loss", LOSSES.values(), ids=LOSSES)
def test_any_other_loss_begins_the_resume_window(fake_chat: FakeChat, loss: Callable[[Client], None]) -> None:
    a, b = fake_chat.pair()
    loss(a)
    assert b.hears() == [["partner", b.chat, "away"]]
    fake_chat.pass_time(IN_CHAT_S - 0.1)
    assert b.hears() == []
    a = a.come_back()
    assert b.hears() == [["partner", b.chat, "back"]]
    assert is_well(a, b)


@pytest.mark.parametrize("loss", LOSSES.values(), ids=LOSSES)
def test_the_end_of_the_window_ends_the_session(fake_chat: FakeChat, loss: Callable[[Client], None]) -> None:
    a, b = fake_chat.pair()
    loss(a)
    b.hears()
    fake_chat.pass_time(IN_CHAT_S + 0.1)
    assert b.hears() == [["ended", b.chat, "lost"]]
    assert a.come_back().greeting["resumed"] is None


def test_from_a_vanished_link_to_nothing_left_it_takes_138_s_at_most(fake_chat: FakeChat) -> None:
    a, b = fake_chat.pair()
    a.fall_silent()
    fake_chat.pass_time(18.01)
    assert b.hears() == [["partner", b.chat, "away"]]
    fake_chat.pass_time(120)
    assert b.hears() == [["ended", b.chat, "lost"]]
    b.disconnect()
    fake_chat.pass_time(10)
    assert fake_chat.holds() == {}


def test_matched_follows_the_welcome_again_unchanged() -> None:
    fake_chat = FakeChat(has_turn=True)
    a, b = fake_chat.arrive(), fake_chat.arrive()
    for client in (a, b):
        client.emit("find", {"mode": "video", "interests": ["jazz"], "seal": {"v": 1, "commit": "x" * 43}})
    matched = a.one("matched")
    a.cut()
    fake_chat.pass_time(3)
    a = a.come_back()
    assert a.greeting["resumed"] == {"state": "chatting", "chat": a.chat, "partner": "here"}
    assert a.hears() == [["matched", matched]]


def test_the_chat_goes_on_after_several_breaks(fake_chat: FakeChat) -> None:
    a, b = fake_chat.pair()
    for _ in range(5):
        a.cut()
        a = a.come_back()
        b.cut()
        b = b.come_back()
        assert is_well(a, b)


def test_whoever_comes_back_is_told_that_the_partner_is_away(fake_chat: FakeChat) -> None:
    a, b = fake_chat.pair()
    a.cut()
    b.cut()
    a = a.come_back()
    assert a.greeting["resumed"]["partner"] == "away"
    a.hears()
    b = b.come_back()
    assert a.hears() == [["partner", a.chat, "back"]]
    assert is_well(a, b)


@pytest.mark.parametrize(("name", "data"), [("message", "x"), ("signal", "x"), ("typing", True)])
def test_while_the_partner_is_away_nothing_is_taken_and_nothing_kept(fake_chat: FakeChat, name: str, data: Any) -> None:
    a, b = fake_chat.pair()
    a.cut()
    assert b.emit(name, b.chat, data)["code"] == "partner_away"
    a = a.come_back()
    assert [event[0] for event in a.hears()] == ["matched"]
    assert is_well(a, b)


@pytest.mark.parametrize(("act", "reason"), [("leave", "left"), ("find", "skipped"), ("report", "left")])
def test_if_the_chat_ended_meanwhile_ended_follows_welcome(fake_chat: FakeChat, act: str, reason: str) -> None:
    a, b = fake_chat.pair()
    a.cut()
    args: dict[str, list[Any]] = {"leave": [], "find": [BY_TEXT], "report": [b.chat, "spam"]}
    b.emit(act, *args[act])
    back = a.come_back()
    assert back.greeting["resumed"] == {"state": "idle"}
    assert back.hears() == [["ended", a.chat, reason]]


def test_ended_follows_also_if_the_link_was_dead_when_it_was_sent(fake_chat: FakeChat) -> None:
    a, b = fake_chat.pair()
    a.fall_silent()
    b.emit("leave")
    back = a.come_back()  # long before the server would have noticed
    assert back.hears() == [["ended", a.chat, "left"]]


def test_matched_follows_also_if_the_link_was_dead_when_it_was_sent(fake_chat: FakeChat) -> None:
    a, b = fake_chat.arrive(), fake_chat.arrive()
    a.emit("find", BY_TEXT)
    a.fall_silent()
    b.emit("find", BY_TEXT)
    a = a.come_back()
    assert a.chat == b.chat != ""
    assert is_well(a, b)


def test_whoever_ended_its_chat_itself_is_not_told_so(fake_chat: FakeChat) -> None:
    a, _ = fake_chat.pair()
    a.emit("leave")
    a.cut()
    a = a.come_back()
    assert a.greeting["resumed"] == {"state": "idle"}
    assert a.hears() == []


def test_an_end_is_not_told_to_whoever_has_searched_since(fake_chat: FakeChat) -> None:
    a, b = fake_chat.pair()
    b.emit("leave")
    a.emit("find", VIDEO)
    a.cut()
    assert [event[0] for event in a.come_back().hears()] == ["searching"]


# --- a search that is interrupted ---


def test_a_searching_visitor_whose_link_breaks_leaves_the_lobby_at_once(fake_chat: FakeChat) -> None:
    a, b = fake_chat.arrive(), fake_chat.arrive()
    a.emit("find", BY_TEXT)
    a.cut()
    b.emit("find", BY_TEXT)
    fake_chat.pass_time(1)
    assert b.chat == ""


def test_it_returns_with_its_place_in_time(fake_chat: FakeChat) -> None:
    a, b, c = fake_chat.arrive(), fake_chat.arrive(), fake_chat.arrive()
    a.emit("find", {"mode": "text", "languages": ["fr"]})
    fake_chat.pass_time(2)
    b.emit("find", {"mode": "text", "languages": ["de"]})
    a.cut()
    fake_chat.pass_time(3)
    a = a.come_back()
    assert a.greeting["resumed"] == {"state": "searching"}
    assert a.hears() == [["searching", {"since_s": 5.0, "widened": False}]]
    c.emit("find", BY_TEXT)
    assert c.chat == a.chat != ""


def test_patience_runs_on_while_away(fake_chat: FakeChat) -> None:
    a = fake_chat.arrive()
    a.emit("find", {"mode": "text", "interests": ["jazz"]})
    a.cut()
    fake_chat.pass_time(6)
    a = a.come_back()
    assert a.hears() == [["searching", {"since_s": 6.0, "widened": True}]]


def test_it_meets_whoever_came_meanwhile(fake_chat: FakeChat) -> None:
    a, b = fake_chat.arrive(), fake_chat.arrive()
    a.emit("find", BY_TEXT)
    a.cut()
    b.emit("find", BY_TEXT)
    a = a.come_back()
    assert a.names() == ["searching", "matched"]
    assert is_well(a, b)


def test_the_cooldown_outlives_the_link(fake_chat: FakeChat) -> None:
    a, b = fake_chat.pair()
    first = a.chat
    b.emit("find", BY_TEXT)
    a.cut()
    a = a.come_back()
    a.emit("find", BY_TEXT)
    fake_chat.pass_time(59)
    assert (a.chat, b.chat) == ("", first)


# --- takeover ---


def test_a_token_takes_the_session_over_and_the_old_link_is_closed_without_an_event(fake_chat: FakeChat) -> None:
    a, b = fake_chat.pair()
    a2 = a.come_back()
    assert not a.is_open
    assert a.network.close_code == 1000
    assert a.hears() == b.hears() == []
    assert a2.greeting["resumed"] == {"state": "chatting", "chat": b.chat, "partner": "here"}
    assert is_well(a2, b)


def test_what_the_old_link_still_sends_is_not_heard(fake_chat: FakeChat) -> None:
    a, b = fake_chat.pair()
    a.come_back()
    a.tell("message", a.chat, "from the old link")
    a.tell("leave")
    assert b.hears() == []


def test_a_takeover_during_a_search_keeps_the_search(fake_chat: FakeChat) -> None:
    a, b = fake_chat.arrive(), fake_chat.arrive()
    a.emit("find", BY_TEXT)
    a = a.come_back()
    b.emit("find", BY_TEXT)
    assert is_well(a, b)


def test_a_takeover_is_one_visitor(fake_chat: FakeChat) -> None:
    a = fake_chat.arrive()
    a = a.come_back()
    assert a.greeting["online"] == 1
    assert fake_chat.holds()["visitors"] == 1
    a.disconnect()
    assert "visitors" not in fake_chat.holds()


# --- tokens ---


def test_an_unknown_token_is_a_fresh_visitor(fake_chat: FakeChat) -> None:
    client = fake_chat.arrive(resume="n1." + "A" * 32)
    assert client.greeting["resumed"] is None


def test_each_welcome_gives_a_new_token(fake_chat: FakeChat) -> None:
    a = fake_chat.arrive()
    tokens = {a.token}
    for _ in range(5):
        a = a.come_back()
        tokens.add(a.token)
    assert len(tokens) == 6


def test_the_token_before_is_valid_until_the_first_event(fake_chat: FakeChat) -> None:
    first = fake_chat.arrive()
    first.come_back().cut()  # its welcome was lost with the link, as far as anybody knows
    assert fake_chat.arrive(resume=first.token).greeting["resumed"] == {"state": "idle"}


def test_the_token_before_is_worth_nothing_after_the_first_event(fake_chat: FakeChat) -> None:
    first = fake_chat.arrive()
    second = first.come_back()
    second.emit("leave")
    assert fake_chat.arrive(resume=first.token).greeting["resumed"] is None
    assert second.is_open
    assert fake_chat.arrive(resume=second.token).greeting["resumed"] == {"state": "idle"}


def test_a_token_is_as_good_as_ever_if_its_welcome_is_lost_many_times(fake_chat: FakeChat) -> None:
    a, b = fake_chat.pair()
    for _ in range(5):
        fake_chat.arrive(resume=a.token).cut()
    assert is_well(a.come_back(), b)


def test_a_token_that_nobody_was_given_for_sure_ends_when_the_one_before_is_shown(fake_chat: FakeChat) -> None:
    first = fake_chat.arrive()
    lost = first.come_back()
    first.come_back()
    assert fake_chat.arrive(resume=lost.token).greeting["resumed"] is None


def test_a_token_works_for_many_breaks_but_only_the_last_one(fake_chat: FakeChat) -> None:
    a = fake_chat.arrive()
    used = []
    for _ in range(4):
        used.append(a.token)
        a.cut()
        a = a.come_back()
        a.emit("leave")
    for token in used:
        assert fake_chat.arrive(resume=token).greeting["resumed"] is None


def test_no_token_is_kept_only_its_hash(fake_chat: FakeChat) -> None:
    token = fake_chat.arrive().greeting.pop("resume")
    held = walk(fake_chat)
    assert held.holders(token) == set()
    assert hashlib.sha256(token.encode()).digest() in [leaf for _, leaf in held.leaves]


def test_two_tabs_with_the_same_token_are_never_one_visitor_twice(fake_chat: FakeChat) -> None:
    a, b = fake_chat.pair()
    tab = a.come_back()
    other = a.come_back()  # the token before: the first tab has said nothing yet
    assert not tab.is_open
    assert is_well(other, b)
    assert fake_chat.holds()["visitors"] == 2
