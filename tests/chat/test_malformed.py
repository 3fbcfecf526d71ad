"""Everything malformed gets an error, never silence, and the pair goes on (protocol.md, rules 4 and 9)."""

import json
from typing import Any

import pytest

from tests.chat.fake_chat import BY_TEXT, FakeChat, is_well

DEEP = "[" * 9_000 + "]" * 9_000
WRONG: list[Any] = [None, 5, 1.5, True, [], {}, ["x"], {"a": 1}]
SIGNATURES: dict[str, list[Any]] = {  # events and arguments that would do
    "find": [{"mode": "text", "from": "another"}],
    "leave": ["CHAT"],
    "signal": ["CHAT", "x"],
    "message": ["CHAT", "x"],
    "typing": ["CHAT", True],
    "report": ["CHAT", "other"],
    "again": ["CHAT"],
    "ice": [],
}
LONGER = [(name, [*args, *["x"] * extra]) for name, args in SIGNATURES.items() for extra in (1, 5)]
SHORTER = [(name, args[:count]) for name, args in SIGNATURES.items() if name != "leave" for count in range(len(args))]
WRONG_TYPES = [
    (name, [*args[:at], wrong, *args[at + 1 :]])
    for name, args in SIGNATURES.items()
    for at, right in enumerate(args)
    for wrong in WRONG
    if type(wrong) is not type(right) and (name, wrong) != ("leave", None)
]
RESERVED = [
    *("connect", "connect_error", "disconnect", "disconnecting", "newListener", "removeListener"),
    "error",  # CVE-2024-38355
]


@pytest.mark.parametrize(("name", "args"), [*LONGER, *SHORTER, *WRONG_TYPES], ids=str)
def test_arguments_of_a_wrong_number_or_type(fake_chat: FakeChat, name: str, args: list[Any]) -> None:
    a, b = fake_chat.pair()
    args = [a.chat if arg == "CHAT" else arg for arg in args]
    assert a.emit(name, *args)["code"] == "bad_args"
    a.hears()
    a.tell(name, *args)
    failed = a.one("failed")
    assert (failed["event"], failed["chat"], failed["code"]) == (name, None, "bad_args")
    assert b.hears() == []
    assert is_well(a, b)


BAD_ARGS = {
    "no name": "[]",
    "a number for a name": "[1]",
    "null for a name": "[null]",
    "a list for a name": '[["message"]]',
    "deep nesting": DEEP,
    "deep nesting for a datum": f'["message","CHAT",{DEEP}]',
    "deep nesting in an unknown criterion": f'["find",{{"mode":"text","x":{DEEP}}}]',
    "a lone high surrogate": '["message","CHAT","\\ud800"]',
    "a lone low surrogate": '["message","CHAT","\\udc00 and more"]',
    "surrogates the wrong way round": '["signal","CHAT","\\udc00\\ud800"]',
    "a lone surrogate in a large datum": '["message","CHAT","' + "\\ud800" * 8_000 + '"]',
    "a lone surrogate for a chat": '["typing","\\ud800",true]',
    "a lone surrogate in a criterion": '["find",{"mode":"text","interests":["\\ud800"]}]',
    "a raw control character": '["message","CHAT","a\x01b"]',
    "a raw new line": '["message","CHAT","a\nb"]',
    "the separator of polling": '["message","CHAT","a\x1e4b"]',
    "the separator between arguments": '["message",\x1e"CHAT","x"]',
    "an escape that is none": '["message","CHAT","\\x41"]',
    "two arrays": '["message","CHAT","x"]["message","CHAT","x"]',
    "something behind": '["message","CHAT","x"]x',
    "a NUL behind": '["message","CHAT","x"]\x00',
    "a number that is none": '["message","CHAT",NaN]',
    "infinity": '["typing","CHAT",-Infinity]',
    "a number without end": f'["message","CHAT",{"9" * 5_000}]',
    "2,000 lists for a name": f"[{'[' * 2_000}{']' * 2_000}]",
    "2,000 objects behind": '["message","CHAT","x",' + '{"a":' * 2_000 + "1" + "}" * 2_001 + "]",
    "no end": '["message","CHAT","x"',
    "a comma too many": '["message","CHAT","x",]',
    "single quotes": "['message','CHAT','x']",
    "a placeholder of a binary event": '["message","CHAT",{"_placeholder":true,"num":0}]',
    "a prototype for an argument": '["message","CHAT",{"__proto__":{"x":1}}]',
}


@pytest.mark.parametrize("text", BAD_ARGS.values(), ids=BAD_ARGS)
def test_json_that_is_no_event_of_ours(fake_chat: FakeChat, text: str) -> None:
    a, b = fake_chat.pair()
    answer = a.request(text.replace("CHAT", a.chat))
    assert answer is not None
    assert answer["code"] == "bad_args"
    assert b.hears() == []
    assert is_well(a, b)


@pytest.mark.parametrize("name", [*RESERVED, "", "welcome", "matched", "ended", "__proto__", "Message", "é" * 100])
def test_unknown_events(fake_chat: FakeChat, name: str) -> None:
    """Those that only the server sends, and those that clients keep for themselves, among them."""
    a, b = fake_chat.pair()
    assert a.emit(name, a.chat, "x")["code"] == "unknown_event"
    a.hears()
    a.tell(name, a.chat, "x")
    failed = a.one("failed")
    assert (failed["event"], failed["code"]) == (None, "unknown_event")  # what a client says is not said back
    assert b.hears() == []
    assert is_well(a, b)


@pytest.mark.parametrize(
    "text", ['["\\u0063onnect"]', f'["nonsense",{json.dumps("x" * 20_000)}]', '["nonsense",{"a":[]}]']
)
def test_unknown_events_however_written(fake_chat: FakeChat, text: str) -> None:
    a, b = fake_chat.pair()
    assert a.request(text) == {"ok": False, "code": "unknown_event", "message": "The server does not know this event."}
    assert is_well(a, b)


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999", "9" * 5_000, "-1", '"5"', "1" + "0" * 30])
def test_patience_that_is_no_time(fake_chat: FakeChat, number: str) -> None:
    a = fake_chat.arrive()
    answer = a.request(f'["find",{{"mode":"text","patience_s":{number}}}]')
    assert answer is not None
    assert answer["code"] in ("bad_criteria", "bad_args")
    assert fake_chat.holds().get("searching") is None
    assert is_well(*fake_chat.pair())


@pytest.mark.parametrize(
    ("criteria", "field"),
    [
        ("{}", "mode"),
        ('{"mode":7}', "mode"),
        ('{"interests":"jazz","mode":"text"}', "interests"),
        ('{"mode":"text","interests":["jazz",7]}', "interests"),
        ('{"mode":"text","languages":{}}', "languages"),
        ('{"mode":"text","patience_s":61}', "patience_s"),
        ('{"mode":"text","hide":1,"languages":7}', "hide"),
        ('{"languages":7,"mode":"text","hide":1}', "languages"),
        ('{"mode":"text","seal":{"v":0,"commit":"x"}}', "seal"),
        ('{"mode":"text","seal":[]}', "seal"),
        ('{"mode":"text","from":7}', "from"),
        ('{"from_":7,"from":8,"unknown":9}', "from"),
    ],
)
def test_a_wrong_criterion_is_named_the_first_of_several(fake_chat: FakeChat, criteria: str, field: str) -> None:
    answer = fake_chat.arrive().request(f'["find",{criteria}]')
    assert answer is not None
    assert (answer["code"], answer["field"]) == ("bad_criteria", field)


@pytest.mark.parametrize("arguments", ["7", "[]", "null", '{"mode":"text"},{}', '{"mode":"text"},"patience_s"', ""])
def test_a_find_that_is_wrong_elsewhere_blames_no_criterion(fake_chat: FakeChat, arguments: str) -> None:
    answer = fake_chat.arrive().request(f'["find"{"," if arguments else ""}{arguments}]')
    assert answer is not None
    assert answer["code"] == "bad_args"
    assert "field" not in answer


def test_unknown_fields_are_dropped_prototypes_included(fake_chat: FakeChat) -> None:
    a, b = fake_chat.arrive(), fake_chat.arrive()
    assert a.request('["find",{"__proto__":{"mode":"video"},"constructor":{"prototype":1},"mode":"text"}]') == {
        "ok": True
    }
    b.emit("find", BY_TEXT)
    assert is_well(a, b)


def test_a_duplicate_key_means_its_last_value(fake_chat: FakeChat) -> None:
    a, b = fake_chat.pair()
    assert a.request(f'["find",{{"mode":"text","from":"another","from":"{a.chat}"}}]') == {"ok": True}
    assert b.names() == ["ended"]


@pytest.mark.parametrize(
    "frame",
    [
        "42",
        "42{}",
        "42null",
        "42 []",
        "4299999999999999999999[]",
        "45" + '1-["message",{"_placeholder":true,"num":0}]',
        "451-[]",
        "46",
        "47",
        "4",
        "40",
        "44",
        "43[]",
        "41x",
        "2",
        "6",
        "9",
        "x",
        "",
        "0{}",
        b"\xff\xfe",
        b'42["message","x","\xff"]',
        b'42["message","x","\xed\xa0\x80"]',
    ],
)
def test_what_breaks_socket_io_itself_closes_the_connection_and_the_partner_is_told(
    fake_chat: FakeChat, frame: str | bytes
) -> None:
    a, b = fake_chat.pair()
    a.write(frame)
    assert not a.is_open
    assert a.network.close_code in (1002, 1003, 1007, 1008)
    assert b.hears() == [["partner", b.chat, "away"]]
    assert is_well(a.come_back(), b)


def test_an_unknown_acknowledgement_is_dropped(fake_chat: FakeChat) -> None:
    a, b = fake_chat.pair()
    a.write("4317[]")
    assert is_well(a, b)
