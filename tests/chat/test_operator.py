"""What visitors see of the operator's orders: a closed server, one for text alone, a block, forgiveness."""

from ipaddress import ip_network
from typing import Any

import pytest

from omefree.errors import CloseCode
from omefree.guard.control import Blocked
from tests.chat.fake_chat import BY_TEXT, VIDEO, Client, FakeChat

CLOSED = {"reason": "frozen", "open": [], "whose": "server"}
TEXT_ALONE = {"reason": "frozen", "open": ["text"], "whose": "server"}
BLOCKED = {"reason": "blocked", "open": [], "whose": "address"}


def why(answer: dict[str, Any]) -> dict[str, Any]:
    """What a refusal tells of a pause."""
    assert answer["code"] == "paused"
    assert "retry_after_s" not in answer, "waiting does not help"
    return {name: answer[name] for name in ("reason", "open", "whose")}


# --- freeze ---


@pytest.mark.parametrize("criteria", [BY_TEXT, VIDEO], ids=["text", "video"])
def test_a_freeze_ends_chats_and_searches_and_tells_everybody(fake_chat: FakeChat, criteria: dict[str, Any]) -> None:
    a, b = fake_chat.pair(criteria)
    idle, searching = fake_chat.arrive(), fake_chat.arrive()
    searching.emit("find", criteria)
    searching.hears()
    fake_chat.presence.operator.set_state("frozen")
    for client in (a, b):
        assert client.hears() == [["ended", client.chat, "moderated"], ["paused", CLOSED]]
        assert client.is_open
    for client in (idle, searching):
        assert client.hears() == [["paused", CLOSED]]
    assert len(fake_chat.exchange) == 0


@pytest.mark.parametrize("criteria", [BY_TEXT, VIDEO], ids=["text", "video"])
def test_nobody_searches_on_a_frozen_server(fake_chat: FakeChat, criteria: dict[str, Any]) -> None:
    a, b = fake_chat.pair(criteria)
    a.emit("leave")
    fake_chat.presence.operator.set_state("frozen")
    assert why(a.emit("find", criteria)) == CLOSED
    assert why(b.emit("again", b.chat)) == CLOSED
    a.hears()
    a.tell("find", criteria)
    assert why(a.one("failed")) == CLOSED


def test_whoever_comes_to_a_frozen_server_is_told_in_welcome(fake_chat: FakeChat) -> None:
    away, partner = fake_chat.pair()
    away.cut()
    fake_chat.presence.operator.set_state("frozen")
    assert ["ended", partner.chat, "moderated"] in partner.hears()
    back = away.come_back()
    for client in (fake_chat.arrive(), back):
        assert client.greeting["paused"] == CLOSED
    assert back.hears() == [["ended", away.chat, "moderated"]]


def test_a_searcher_that_is_away_does_not_search_on_once_it_is_back(fake_chat: FakeChat) -> None:
    a, b = fake_chat.arrive(), fake_chat.arrive()
    a.emit("find", VIDEO)
    a.cut()
    fake_chat.presence.operator.set_state("text-only")
    a.come_back()
    assert why(b.emit("find", VIDEO)) == TEXT_ALONE
    assert len(fake_chat.exchange) == 0


@pytest.mark.parametrize("state", ["frozen", "text-only"])
def test_a_pair_that_is_decided_but_not_told_does_not_meet(fake_chat: FakeChat, state: Any) -> None:
    a, b = fake_chat.arrive(), fake_chat.arrive()
    a.post("find", VIDEO)
    b.post("find", VIDEO)
    fake_chat.presence.operator.set_state(state)
    fake_chat.pass_time(60)
    assert a.chat == b.chat == ""


@pytest.mark.parametrize("state", ["frozen", "text-only"])
def test_two_who_had_asked_for_each_other_do_not_meet_by_coming_back(fake_chat: FakeChat, state: Any) -> None:
    a, b = fake_chat.pair(VIDEO)
    a.emit("leave")
    a.emit("again", a.chat)
    a.cut()
    b.emit("again", b.chat)
    fake_chat.presence.operator.set_state(state)
    back = a.come_back()
    assert [event for event in back.hears() + b.hears() if event[0] == "matched"] == []


# --- text only ---


def test_text_only_ends_video_searches_and_leaves_chats_alone(fake_chat: FakeChat) -> None:
    seeing, _ = fake_chat.pair(VIDEO)
    looking, writing = fake_chat.arrive(), fake_chat.arrive()
    looking.emit("find", VIDEO)
    writing.emit("find", BY_TEXT)
    for client in (looking, writing):
        client.hears()
    fake_chat.presence.operator.set_state("text-only")
    for client in (seeing, looking, writing):
        assert client.hears() == [["paused", TEXT_ALONE]]
    assert seeing.emit("message", seeing.chat, "still here") == {"ok": True}
    assert len(fake_chat.exchange) == 1
    assert why(looking.emit("find", VIDEO)) == TEXT_ALONE
    assert why(seeing.emit("find", VIDEO)) == TEXT_ALONE
    assert seeing.emit("message", seeing.chat, "and after a refusal") == {"ok": True}


@pytest.mark.parametrize(("state", "step_max"), [("open", 2), ("text-only", 0)])
def test_a_chat_that_begins_under_text_only_cannot_become_a_call(
    fake_chat: FakeChat, state: Any, step_max: int
) -> None:
    fake_chat.presence.operator.set_state(state)
    a, b = fake_chat.arrive(), fake_chat.arrive()
    for client in (a, b):
        client.emit("find", BY_TEXT)
    assert [client.one("matched")["step_max"] for client in (a, b)] == [step_max, step_max]


# --- open ---


def test_opening_tells_everybody_and_an_order_twice_tells_nobody(fake_chat: FakeChat) -> None:
    a = fake_chat.arrive()
    for state, told in (("frozen", [CLOSED]), ("frozen", []), ("text-only", [TEXT_ALONE]), ("open", [None])):
        fake_chat.presence.operator.set_state(state)  # type: ignore[arg-type]
        assert a.hears() == [["paused", each] for each in told]
    fake_chat.introduce(a, fake_chat.arrive(), VIDEO)
    assert "paused" not in fake_chat.arrive().greeting


def test_who_floods_a_frozen_server_is_closed(fake_chat: FakeChat) -> None:
    a = fake_chat.arrive()
    fake_chat.presence.operator.set_state("frozen")
    for _ in range(40):
        if a.is_open:
            a.tell("find", BY_TEXT)
    assert a.network.close_code == CloseCode.POLICY


# --- forgive ---


def test_forgiving_does_not_open_a_frozen_server(fake_chat: FakeChat) -> None:
    forgiven = []
    a = fake_chat.arrive()
    operator = fake_chat.presence.operator
    operator.forgive_records = lambda: forgiven.append(True)
    operator.forgive()
    assert a.hears() == [], "nobody was paused"
    operator.set_state("frozen")
    a.hears()
    operator.forgive()
    assert a.hears() == [["paused", CLOSED]]
    assert forgiven == [True, True]
    assert why(a.emit("find", BY_TEXT)) == CLOSED


def reported_until_paused(fake_chat: FakeChat) -> Client:
    """A visitor whom one stranger after the other reports."""
    suspect = fake_chat.arrive()
    for _ in range(50):
        stranger = fake_chat.arrive()
        if suspect.emit("find", VIDEO) != {"ok": True}:
            suspect.hears()
            return suspect
        stranger.emit("find", VIDEO)
        fake_chat.pass_time(5)
        assert stranger.emit("report", stranger.chat, "nudity") == {"ok": True}
        stranger.disconnect()
    raise AssertionError("never paused")


def test_the_forgiven_are_told_and_may_search_again(fake_chat: FakeChat) -> None:
    suspect, other = reported_until_paused(fake_chat), fake_chat.arrive()
    assert suspect.emit("find", VIDEO)["code"] == "paused"
    suspect.hears()
    other.hears()
    fake_chat.presence.operator.forgive()
    assert suspect.hears() == [["paused", None]]
    assert other.hears() == []
    assert suspect.emit("find", VIDEO) == {"ok": True}


def test_opening_tells_the_paused_that_they_are_so_still(fake_chat: FakeChat) -> None:
    suspect = reported_until_paused(fake_chat)
    fake_chat.presence.operator.set_state("frozen")
    assert suspect.hears() == [["paused", CLOSED]]
    fake_chat.presence.operator.set_state("open")
    [[name, pause]] = suspect.hears()
    assert (name, pause["reason"], pause["whose"]) == ("paused", "nudity", "visit")


# --- block ---


def shut_out(fake_chat: FakeChat, prefix: str) -> None:
    fake_chat.presence.operator.shut_out(fake_chat.gate.keys_under([ip_network(prefix)]))


def test_a_new_block_ends_the_sessions_under_it_and_no_others(fake_chat: FakeChat) -> None:
    blocked, searching = fake_chat.arrive(address="2001:db8:0:1::1"), fake_chat.arrive(address="2001:db8:0:2::1")
    partner, other = fake_chat.arrive(), fake_chat.arrive()
    fake_chat.introduce(blocked, partner)
    searching.emit("find", VIDEO)
    searching.hears()
    shut_out(fake_chat, "2001:db8::/47")
    assert partner.hears() == [["ended", partner.chat, "moderated"]]
    for client in (blocked, searching):
        assert client.hears() == [["paused", BLOCKED]]
        assert client.network.close_code == CloseCode.POLICY
    assert other.hears() == []
    assert other.is_open
    fake_chat.pass_time(60)
    assert fake_chat.holds()["visitors"] == 2
    assert len(fake_chat.exchange) == 0


def test_a_blocked_address_is_refused_at_connect_also_with_a_token(fake_chat: FakeChat) -> None:
    a, b = fake_chat.pair()
    a.cut()
    fake_chat.gate.block(Blocked(["192.0.2.0/24"]))
    for client in (fake_chat.knock(address="192.0.2.1"), fake_chat.knock(address="192.0.2.1", resume=a.token)):
        error = client.one("connect_error")
        assert error["data"] == {"code": "paused", **BLOCKED}
        assert error["message"]
        assert "welcome" not in client.names()
    fake_chat.pass_time(121)
    assert ["ended", b.chat, "lost"] in b.hears()


def test_nothing_is_left_of_the_blocked(fake_chat: FakeChat) -> None:
    for client in fake_chat.pair():
        shut_out(fake_chat, client.address)
    fake_chat.pass_time(20)
    assert fake_chat.holds() == {}
