"""`signal`, `message` and `typing`: what one says reaches the partner and nobody else (protocol.md, rules 1, 3, 4)."""

import json
from typing import Any

import pytest

from tests.chat.fake_chat import BY_TEXT, FakeChat, is_well

SIZES = {"message": 16_384, "signal": 49_152}


@pytest.mark.parametrize("name", SIZES)
def test_a_datum_reaches_the_partner_as_it_was_sent_and_is_acknowledged(fake_chat: FakeChat, name: str) -> None:
    a, b = fake_chat.pair()
    for data in ("", "hello", 'with "quotes" \\ and \n', "é🙂", "\x7f\u2028"):
        assert a.emit(name, a.chat, data) == {"ok": True}
        assert b.hears() == [[name, b.chat, data]]
    assert {event[0] for event in a.hears()} == {"ack"}


def test_a_datum_without_acknowledgement_is_relayed_in_silence(fake_chat: FakeChat) -> None:
    a, b = fake_chat.pair()
    a.tell("message", a.chat, "hello")
    assert a.hears() == []
    assert b.hears() == [["message", b.chat, "hello"]]


def test_the_partner_s_frame_asks_for_no_acknowledgement(fake_chat: FakeChat) -> None:
    a, b = fake_chat.pair()
    packets: list[str] = []
    b.take = packets.append  # type: ignore[method-assign, assignment]
    a.request(json.dumps(["message", a.chat, "x"]))
    a.write("42/," + json.dumps(["message", a.chat, "y"]))
    a.write("42/,7" + json.dumps(["typing", a.chat, True]))
    assert packets == ["42" + json.dumps(event) for event in (["message", a.chat, "x"], ["message", a.chat, "y"],
                                                              ["typing", a.chat, True])]  # fmt: skip


def test_all_comes_in_order(fake_chat: FakeChat) -> None:
    a, b = fake_chat.pair()
    said: list[tuple[str, Any]] = [("message", "1"), ("signal", "2"), ("typing", True), ("message", "3")]
    sent = [[name, a.chat, data] for name, data in said]
    for event in sent:
        a.tell(*event)
    assert b.hears() == sent


@pytest.mark.parametrize("on", [True, False])
def test_typing_is_passed_on(fake_chat: FakeChat, on: bool) -> None:
    a, b = fake_chat.pair()
    assert a.emit("typing", a.chat, on) == {"ok": True}
    assert b.hears() == [["typing", b.chat, on]]


def test_a_name_may_be_written_in_escapes(fake_chat: FakeChat) -> None:
    a, b = fake_chat.pair()
    assert a.request(f'["\\u006dessage","{a.chat}","\\u0041"]') == {"ok": True}
    assert a.request(f'[ "typin\\u0067" , "{a.chat}" , true ] ') == {"ok": True}
    assert b.hears() == [["message", b.chat, "A"], ["typing", b.chat, True]]


# --- sizes ---


@pytest.mark.parametrize(("name", "limit"), SIZES.items())
def test_the_largest_datum_is_passed_on(fake_chat: FakeChat, name: str, limit: int) -> None:
    a, b = fake_chat.pair()
    assert a.emit(name, a.chat, "x" * limit) == {"ok": True}
    assert len(b.hears()[0][2]) == limit


@pytest.mark.parametrize(("name", "limit"), SIZES.items())
def test_one_byte_more_is_too_big_and_the_connection_lives(fake_chat: FakeChat, name: str, limit: int) -> None:
    a, b = fake_chat.pair()
    assert a.emit(name, a.chat, "x" * (limit + 1))["code"] == "too_big"
    assert b.hears() == []
    assert is_well(a, b)


def test_a_signal_of_60_000_bytes_is_too_big(fake_chat: FakeChat) -> None:
    a, b = fake_chat.pair()
    a.tell("signal", a.chat, "x" * 60_000)
    failed = a.one("failed")
    assert failed.pop("message")
    assert failed == {"event": "signal", "chat": a.chat, "code": "too_big"}
    assert is_well(a, b)


def test_sizes_are_counted_in_utf_8_bytes(fake_chat: FakeChat) -> None:
    a, b = fake_chat.pair()
    assert a.request(json.dumps(["message", a.chat, "é" * 8_192], ensure_ascii=False)) == {"ok": True}
    assert a.request(json.dumps(["message", a.chat, "é" * 8_193], ensure_ascii=False)) == {
        "ok": False, "code": "too_big", "message": "That is too long to send: shorten it.",
    }  # fmt: skip
    assert len(b.hears()) == 1


def test_sizes_are_counted_after_decoding(fake_chat: FakeChat) -> None:
    a, b = fake_chat.pair()
    assert a.request(json.dumps(["message", a.chat, "é" * 8_192])) == {"ok": True}  # 49,152 bytes of escapes
    assert len(b.hears()[0][2]) == 8_192
    assert a.request(json.dumps(["message", a.chat, "é" * 8_193]))["code"] == "too_big"  # type: ignore[index]


# --- which chat ---


@pytest.mark.parametrize("name", ["message", "signal", "typing"])
@pytest.mark.parametrize("state", ["idle", "searching", "chatting", "after"])
def test_another_chat_than_one_s_own_is_answered_chat_over(fake_chat: FakeChat, name: str, state: str) -> None:
    a, b = fake_chat.pair()
    c, chat = fake_chat.arrive(), a.chat
    if state == "searching":
        c.emit("find", BY_TEXT)
    if state == "chatting":
        fake_chat.introduce(c, fake_chat.arrive())
    if state == "after":
        c, chat = a, a.chat
        a.emit("leave")
        b.hears()
    assert c.emit(name, chat, True if name == "typing" else "x")["code"] == "chat_over"
    assert b.hears() == []


@pytest.mark.parametrize("name", ["message", "signal", "typing"])
def test_without_acknowledgement_the_error_comes_as_failed(fake_chat: FakeChat, name: str) -> None:
    a = fake_chat.arrive()
    a.tell(name, "gone", True if name == "typing" else "x")
    failed = a.one("failed")
    assert failed.pop("message") == "This chat is over."
    assert failed == {"event": name, "chat": "gone", "code": "chat_over"}


# --- the order of the checks: shape, size, chat, quota ---


def test_shape_comes_before_size(fake_chat: FakeChat) -> None:
    assert fake_chat.arrive().emit("message", "gone", "x" * 20_000, "more")["code"] == "bad_args"


def test_size_comes_before_chat(fake_chat: FakeChat) -> None:
    assert fake_chat.arrive().emit("message", "gone", "x" * 20_000)["code"] == "too_big"


def test_chat_comes_before_quota(fake_chat: FakeChat) -> None:
    a, _ = fake_chat.pair()
    while a.emit("typing", a.chat, True)["ok"]:
        pass
    assert a.emit("typing", a.chat, True)["code"] == "rate_limited"
    assert a.emit("typing", "another", True)["code"] == "chat_over"


def test_what_is_refused_for_its_size_or_chat_costs_no_quota(fake_chat: FakeChat) -> None:
    a, b = fake_chat.pair()
    for _ in range(50):
        a.emit("message", a.chat, "x" * 20_000)
        a.emit("message", "another", "x")
    assert is_well(a, b)
