"""The Engine.IO codec (protocol revision 4)."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from omefree.errors import ProtocolError
from omefree.wire.engineio import (
    PACKETS_MAX,
    Binary,
    Handshake,
    check_text,
    decode_packet,
    decode_payload,
    encode_handshake,
    encode_payload,
)

texts = st.tuples(st.sampled_from("0123456"), st.text().filter(lambda text: "\x1e" not in text)).map(
    lambda packet: "".join(packet).encode()
)
packets = texts | st.binary().map(Binary)


@given(st.lists(packets, min_size=1))
def test_a_payload_comes_back_as_it_was(sent: list[bytes]) -> None:
    got = decode_payload(encode_payload(sent))
    assert got == sent
    assert [type(packet) for packet in got] == [type(packet) for packet in sent]


@given(st.binary())
def test_any_payload_is_read_or_refused(body: bytes) -> None:
    try:
        decoded = decode_payload(body)
    except ProtocolError as error:
        assert error.close_code in (1002, 1007)
    else:
        assert decode_payload(encode_payload(decoded)) == decoded


def test_a_payload_is_written_as_in_the_protocol() -> None:  # "Packet encoding", "HTTP long-polling"
    sent = [b"4hello", b"2", b"4world", Binary(b"\1\2\3\4")]
    assert encode_payload(sent) == b"4hello\x1e2\x1e4world\x1ebAQIDBA=="


def test_the_handshake_is_written_as_in_the_protocol() -> None:  # "Handshake"
    sent = encode_handshake(Handshake("lv_VI97HAXpY6yYWAAAC", ["websocket"], 25000, 20000, 1_000_000))
    assert sent[:1] == b"0"
    assert msgspec.json.decode(sent[1:]) == {
        "sid": "lv_VI97HAXpY6yYWAAAC",
        "upgrades": ["websocket"],
        "pingInterval": 25000,
        "pingTimeout": 20000,
        "maxPayload": 1_000_000,
    }


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"abc",
        b"7",
        b"\x1e",
        b"4a\x1e",
        b"\x1e4a",
        b"4a\x1e\x1e4b",
        b"bAQID!",
        b"bAQI",
        b"bAQIDBA",
        b"bAQ==ID",
        b"B",
    ],
)
def test_a_malformed_payload_is_refused_whole(body: bytes) -> None:
    with pytest.raises(ProtocolError):
        decode_payload(body)


def test_a_payload_of_thousands_is_refused_before_any_is_read() -> None:
    assert len(decode_payload(b"\x1e".join([b"3"] * PACKETS_MAX))) == PACKETS_MAX
    with pytest.raises(ProtocolError, match="too many"):
        decode_payload(b"\x1e" * 65_536)


@given(st.lists(packets, min_size=1), st.binary(min_size=1).filter(lambda junk: b"\x1e" not in junk))
def test_junk_behind_a_payload_is_of_its_last_packet_or_refused(sent: list[bytes], junk: bytes) -> None:
    body = encode_payload(sent)
    try:
        got = decode_payload(body + junk)
    except ProtocolError:
        return
    assert got[:-1] == sent[:-1]
    assert encode_payload(got[-1:]) == encode_payload(sent[-1:]) + junk


@given(st.lists(packets, min_size=1))
def test_a_payload_that_is_cut_anywhere_is_read_as_far_as_it_came_or_refused(sent: list[bytes]) -> None:
    body = encode_payload(sent)
    for end in range(len(body)):
        try:
            got = decode_payload(body[:end])
        except ProtocolError:
            continue
        assert got[:-1] == sent[: len(got) - 1]


def test_an_empty_binary_message_is_one() -> None:
    packet = decode_packet(b"b")
    assert packet == b""
    assert type(packet) is Binary


@pytest.mark.parametrize("packet", [b"4\xff", b"4\xc0\xaf", b"4\xed\xa0\x80", b"4caf\xc3"])
def test_what_is_not_utf8_is_refused_with_1007(packet: bytes) -> None:  # RFC 6455, 8.1
    with pytest.raises(ProtocolError) as refused:
        check_text(packet)
    assert refused.value.close_code == 1007


@pytest.mark.parametrize("packet", [b"", b"7", b"hello", b"\x00", "é".encode()])
def test_an_unknown_packet_type_is_refused_with_1002(packet: bytes) -> None:
    with pytest.raises(ProtocolError) as refused:
        check_text(packet)
    assert refused.value.close_code == 1002
