"""The Socket.IO codec (protocol revision 5), and what others' codecs have been hit with."""

import math
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from omefree.errors import ProtocolError
from omefree.wire.engineio import Binary
from omefree.wire.socketio import (
    ACK,
    ATTACHMENTS_MAX,
    BINARY_ACK,
    BINARY_EVENT,
    CONNECT,
    CONNECT_ERROR,
    DISCONNECT,
    EVENT,
    RESERVED,
    Packet,
    decode,
    decode_args,
    decode_event,
    encode,
    encode_args,
)
from tests.memory import traced

plain = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["a", "é", "num"]), inner, max_size=3),
    max_leaves=6,
)
acks = st.none() | st.integers(0, 10**15 - 1)
namespaces = st.sampled_from(["/", "/custom", "/a-b.c", "/é"])


def with_bytes(args: list[Any], blobs: list[bytes]) -> list[Any]:
    return [*args, *blobs, {"deep": [{"blob": blob} for blob in blobs]}]


@given(st.sampled_from([EVENT, ACK]), namespaces, st.lists(plain, max_size=3), acks)
def test_a_plain_packet_comes_back_as_it_was(kind: int, namespace: str, args: list[Any], ack: int | None) -> None:
    if kind == ACK:
        ack = ack or 0
    (frame,) = encode_args(kind, namespace, args, ack)
    packet = decode(frame)
    assert packet == Packet(kind, namespace, 0, ack, packet.at)
    assert decode_args(frame[packet.at :]) == args


@given(namespaces, st.lists(plain, max_size=3), st.lists(st.binary(), min_size=1, max_size=ATTACHMENTS_MAX // 2), acks)
def test_bytes_come_back_in_their_places(namespace: str, args: list[Any], blobs: list[bytes], ack: int | None) -> None:
    sent = with_bytes(args, blobs)
    frame, *attachments = encode_args(EVENT, namespace, sent, ack)
    packet = decode(frame)
    assert packet == Packet(BINARY_EVENT, namespace, 2 * len(blobs), ack, packet.at)
    assert decode_args(frame[packet.at :], attachments) == sent
    assert all(type(attachment) is Binary for attachment in attachments)


@given(st.binary() | st.text().map(str.encode))
def test_any_frame_is_read_or_refused(frame: bytes) -> None:
    for candidate in (frame, b"4" + frame, b"42" + frame, b"451-" + frame, b"40/" + frame):
        try:
            packet = decode(candidate)
            decode_args(candidate[packet.at :], [b""] * packet.attachments)
        except ProtocolError:
            continue


heads = st.tuples(
    st.sampled_from([EVENT, ACK, BINARY_EVENT, BINARY_ACK]), namespaces, st.integers(1, ATTACHMENTS_MAX), acks
)


def head_of(kind: int, namespace: str, attachments: int, ack: int | None) -> bytes:
    is_binary = kind in (BINARY_EVENT, BINARY_ACK)
    if kind in (ACK, BINARY_ACK):
        ack = ack or 0
    return b"".join(
        (
            b"4%d" % kind,
            b"%d-" % attachments if is_binary else b"",
            b"" if namespace == "/" else namespace.encode() + b",",
            b"" if ack is None else b"%d" % ack,
        )
    )


@given(heads, st.lists(plain, max_size=3))
def test_a_packet_that_is_cut_anywhere_is_refused(head: Any, args: list[Any]) -> None:
    frame = head_of(*head) + msgspec.json.encode(args)
    for end in range(len(frame)):
        with pytest.raises(ProtocolError):
            decode_args(frame[decode(frame[:end]).at : end])


@given(heads, st.lists(plain, max_size=3), st.binary(min_size=1))
def test_junk_behind_a_packet_is_refused(head: Any, args: list[Any], junk: bytes) -> None:
    frame = head_of(*head) + msgspec.json.encode(args)
    packet = decode(frame)
    assert decode(frame + junk) == packet
    if junk.strip(b" \t\r\n"):  # white space is JSON's
        with pytest.raises(ProtocolError):
            decode_args((frame + junk)[packet.at :])


def test_a_large_packet_costs_no_more_than_its_size() -> None:
    """CVE-2020-36049: a parser that puts long numbers and namespaces together letter by letter."""
    with traced() as memory:
        for start in (b"42", b"451", b"40/", b"42/a,1", b"4"):
            for rest in (b"1", b"/", b"-", b","):
                with pytest.raises(ProtocolError):
                    decode(start + rest * 60_000)
        assert memory.most() < 3 * 60_000


@pytest.mark.parametrize(
    ("frame", "packet"),  # the examples of "Packet encoding", behind Engine.IO's message digit
    [
        (b"40", Packet(CONNECT, "/", 0, None, 2)),
        (b'40{"sid":"oSO0OpakMV_3jnilAAAA"}', Packet(CONNECT, "/", 0, None, 2)),
        (b'40/admin,{"token":"123"}', Packet(CONNECT, "/admin", 0, None, 9)),
        (b"40/admin", Packet(CONNECT, "/admin", 0, None, 8)),
        (b'44{"message":"Not authorized"}', Packet(CONNECT_ERROR, "/", 0, None, 2)),
        (b'42["hey","Jude"]', Packet(EVENT, "/", 0, None, 2)),
        (b'42/admin,12["foo"]', Packet(EVENT, "/admin", 0, 12, 11)),
        (b'4312["bar"]', Packet(ACK, "/", 0, 12, 4)),
        (b"41/admin,", Packet(DISCONNECT, "/admin", 0, None, 9)),
        (b'451-["baz",{"_placeholder":true,"num":0}]', Packet(BINARY_EVENT, "/", 1, None, 4)),
        (b'461-/admin,456[{"_placeholder":true,"num":0}]', Packet(BINARY_ACK, "/admin", 1, 456, 14)),
    ],
)
def test_the_examples_of_the_protocol_are_read(frame: bytes, packet: Packet) -> None:
    assert decode(frame) == packet


@pytest.mark.parametrize(
    ("kind", "namespace", "body", "ack", "frame"),
    [
        (CONNECT, "/", b'{"sid":"a"}', None, b'40{"sid":"a"}'),
        (CONNECT, "/custom", b"{}", None, b"40/custom,{}"),
        (DISCONNECT, "/", b"", None, b"41"),
        (DISCONNECT, "/custom", b"", None, b"41/custom,"),
        (ACK, "/", b"[]", 0, b"430[]"),
        (ACK, "/custom", b"[1]", 7, b"43/custom,7[1]"),
    ],
)
def test_frames_are_written_as_in_the_protocol(
    kind: int, namespace: str, body: bytes, ack: int | None, frame: bytes
) -> None:
    assert encode(kind, namespace, body, ack) == frame


def test_a_binary_acknowledgement_has_its_own_kind() -> None:
    head, *attachments = encode_args(ACK, "/", [b"\1"], 5)
    assert head == b'461-5[{"_placeholder":true,"num":0}]'
    assert attachments == [b"\1"]


@pytest.mark.parametrize(
    "frame",
    [
        *(b"", b"4", b"2", b"47[]", b"4x", b"3[]"),  # no packet type
        *(b"42", b"42{}", b"42x", b"421", b"42 []", b"42null", b'42"a"'),  # an event without an array
        *(b"43[]", b'461-[{"_placeholder":true,"num":0}]'),  # an acknowledgement of nothing
        *(b"43", b"431", b"431{}"),
        *(b"40[]", b"401{}", b'40"a"', b"40null", b"44[]", b"441{}"),  # CONNECT takes an object
        *(b"41{}", b"411", b"41[]"),  # DISCONNECT takes nothing
        b"42/" + b"n" * 64 + b",[]",  # a namespace beyond all reason
        *(b"42/a b,[]", b"42/a\n,[]", b"42/a[1],[]", b"42custom,[]"),  # namespace junk
    ],
)
def test_a_malformed_packet_is_refused(frame: bytes) -> None:
    with pytest.raises(ProtocolError):
        decode(frame)


@pytest.mark.parametrize("number", [10**15, 10**16, 10**100])
def test_an_acknowledgement_number_too_long_for_clients_is_refused(number: int) -> None:
    with pytest.raises(ProtocolError):
        decode(b"42%d[]" % number)


@pytest.mark.parametrize(
    "head",
    [
        *(b"450-", b"45", b"460-1", b"461"),  # none, though binary: CVE-2026-69185
        *(b"4511-", b"4599-", b"45100-", b"45999999999-"),  # without a bound: CVE-2026-33151
        *(b"421-", b"431-1"),  # some, though not binary
        *(b"45-1-", b"451.5-", b"45 1-", b"451", b"451--"),
    ],
)
def test_a_wrong_attachment_count_is_refused(head: bytes) -> None:
    with pytest.raises(ProtocolError):
        decode(head + b'["a",{"_placeholder":true,"num":0}]')


def test_as_many_attachments_are_read_as_the_official_client_sends() -> None:
    assert decode(b"45%d-[]" % ATTACHMENTS_MAX).attachments == 10


@pytest.mark.parametrize("num", [b"-1", b"1", b"1e9", b"0.5", b'"0"', b"true", b"null", b"[0]", b'"splice"', b"{}"])
def test_an_attachment_that_is_not_there_is_refused(num: bytes) -> None:  # CVE-2022-2421
    with pytest.raises(ProtocolError):
        decode_args(b'["a",{"_placeholder":true,"num":%b}]' % num, [b"only"])


def test_what_only_looks_like_a_placeholder_stays_an_object() -> None:
    body = b'["a",{"_placeholder":"true","num":0},{"_placeholder":true},{"num":0}]'
    args = decode_args(body, [b"x"])
    assert args == ["a", {"_placeholder": "true", "num": 0}, {"_placeholder": True}, {"num": 0}]


@pytest.mark.parametrize("body", [b"[]", b"[1]", b"[null]", b"[{}]", b'[["message"]]', b"[true]"])
def test_an_event_without_a_name_is_refused(body: bytes) -> None:  # CVE-2023-32695
    with pytest.raises(ProtocolError):
        decode_event(body)


@pytest.mark.parametrize("name", sorted(RESERVED))
def test_an_event_with_a_reserved_name_is_refused(name: str) -> None:
    with pytest.raises(ProtocolError):
        decode_event(msgspec.json.encode([name]))


def test_an_event_is_its_name_and_its_arguments() -> None:
    assert decode_event(b'["message",1,{"a":2}]') == ["message", 1, {"a": 2}]


@pytest.mark.parametrize(
    "body",
    [
        *(b"", b"{}", b"[", b"[1", b"[1]]", b'["a"', b"[1,]", b"[,1]", b"['a']", b"null", b'"a"', b"[1] 2"),
        *(b"[NaN]", b"[Infinity]", b"[-Infinity]", b"[01]", b'["\x01"]', b'["\\x"]', b"[tru]"),
        *(rb'["\ud800"]', rb'["\udc00\ud800"]', b'["\xff"]', b'["\xed\xa0\x80"]'),  # lone surrogates, no UTF-8
        b"[" * 100_000,
        b"[" * 100_000 + b"]" * 100_000,
        b'[{"a":' * 50_000 + b"1" + b"}]" * 50_000,
    ],
    ids=lambda body: ascii(body[:16]),
)
def test_arguments_that_are_no_json_array_are_refused(body: bytes) -> None:
    with pytest.raises(ProtocolError):
        decode_args(body)


def test_nesting_that_json_bears_and_attachments_do_not_is_refused() -> None:
    def read(depth: int) -> str:
        try:
            decode_args(b"[" * depth + b"]" * depth, [b""])
        except ProtocolError:
            return "refused"
        return "read"

    assert {read(depth) for depth in range(200, 1200, 20)} == {"read", "refused"}


def test_a_huge_number_is_no_trap() -> None:
    (number,) = decode_args(b"[" + b"9" * 300 + b"]")
    assert math.isclose(number, 1e300)
    with pytest.raises(ProtocolError):
        decode_args(b"[" + b"9" * 5000 + b"]")


def test_json_that_others_stumble_over_is_read_or_refused() -> None:
    assert decode_args(b'[{"a":1,"a":2}]') == [{"a": 2}]
    assert decode_args(b'[{"__proto__":{"admin":true},"constructor":1}]') == [
        {"__proto__": {"admin": True}, "constructor": 1}
    ]
    for depth in (2_000, 30_000):
        with pytest.raises(ProtocolError):
            decode_args(b"[" * depth + b"]" * depth)
