"""Frames, contents and their bytes: round trips, one way to write each, and nothing but their own errors."""

from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from omefree.errors import SealError, TooLong
from omefree.seal.binary import decode_base64url, encode_base64url, lp, split
from omefree.seal.content import (
    TEXT_MAX_BYTES,
    Candidate,
    Content,
    Description,
    Media,
    Ready,
    Receipt,
    Step,
    Text,
    decode_content,
    encode_content,
)
from omefree.seal.frame import Frame, decode_frame, encode_frame

FRAMES = st.builds(Frame, st.integers(0, 3), st.integers(0, 2**64 - 1), st.binary(max_size=300))
LETTERS = st.text(st.characters(exclude_categories=["Cs"]), max_size=50)
COUNTS = st.integers(0, 2**53 - 1)
COMMITS = st.binary(min_size=32, max_size=32).map(encode_base64url)
CONTENTS: st.SearchStrategy[Content] = st.one_of(
    st.builds(Text, st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=50)),
    st.builds(Ready, st.none() | COMMITS),
    st.builds(Description, st.sampled_from(["offer", "answer"]), LETTERS),
    st.builds(Candidate, LETTERS, st.none() | LETTERS, st.none() | st.integers(0, 65535), st.none() | LETTERS),
    st.builds(Media, st.booleans(), st.booleans()),
    st.builds(Step, st.sampled_from([0, 1, 2])),
    st.builds(Receipt, COUNTS, COUNTS, st.booleans()),
)
JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | LETTERS, lambda inner: st.lists(inner) | st.dictionaries(LETTERS, inner)
)


@given(FRAMES)
def test_a_frame_comes_back(frame: Frame) -> None:
    assert decode_frame(encode_frame(frame)) == frame


@given(st.text() | st.text("AQIDz-_9"))
@example("")
@example("AQEAAAAAAAAAAAAA")
def test_any_string_is_a_frame_or_a_seal_error(data: str) -> None:
    try:
        frame = decode_frame(data)
    except SealError:
        return
    assert encode_frame(frame) == data


@given(st.binary(max_size=40))
@example(b"\x01\x01" + bytes(10))
def test_any_bytes_are_a_frame_or_a_seal_error(raw: bytes) -> None:
    test_any_string_is_a_frame_or_a_seal_error.hypothesis.inner_test(encode_base64url(raw))  # type: ignore[attr-defined]


def test_a_body_that_16_bits_cannot_count() -> None:
    assert decode_frame(encode_frame(Frame(1, 0, bytes(65535)))).body == bytes(65535)
    with pytest.raises(SealError):
        encode_frame(Frame(1, 0, bytes(65536)))


@given(st.binary(max_size=100))
def test_base64url_comes_back(data: bytes) -> None:
    text = encode_base64url(data)
    assert decode_base64url(text) == data
    assert not set(text) & set("+/=")


@given(st.text(st.sampled_from("AQgw_-8"), max_size=12))
def test_there_is_one_way_to_write_bytes(text: str) -> None:
    try:
        assert encode_base64url(decode_base64url(text)) == text
    except SealError:
        assert len(text) % 4


@given(st.lists(st.binary(max_size=300), max_size=5))
def test_fields_come_back(fields: list[bytes]) -> None:
    assert split(lp(*fields)) == fields


@given(st.binary(max_size=40))
def test_any_bytes_are_fields_or_a_seal_error(data: bytes) -> None:
    try:
        assert lp(*split(data)) == data
    except SealError:
        assert data


@given(CONTENTS)
def test_a_content_comes_back(content: Content) -> None:
    assert decode_content(encode_content(content)) == content


@given(st.binary(max_size=60))
def test_any_bytes_are_a_content_or_none(data: bytes) -> None:
    decode_content(data)


@given(
    st.sampled_from(["text", "ready", "description", "candidate", "media", "step", "receipt", "void"]),
    st.binary(max_size=60),
)
@example("media", b"[" * 60_000)
@example("media", b'{"mic":' * 9_000)
@example("candidate", b'{"candidate":"\\ud800"}')
def test_any_value_is_a_content_or_none(name: str, value: bytes) -> None:
    decode_content(lp(name.encode(), value))


@given(st.sampled_from(["ready", "description", "candidate", "media", "step", "receipt"]), JSON)
def test_any_json_is_a_content_or_none(name: str, value: Any) -> None:
    import json

    decode_content(lp(name.encode(), json.dumps(value).encode()))


def test_a_text_is_counted_in_bytes() -> None:
    assert decode_content(encode_content(Text("é" * (TEXT_MAX_BYTES // 2)))) is not None
    with pytest.raises(TooLong) as too_long:
        encode_content(Text("é" * (TEXT_MAX_BYTES // 2) + "abc"))
    assert too_long.value.over_bytes == 3


def test_a_description_that_16_bits_cannot_count() -> None:
    with pytest.raises(TooLong) as too_long:
        encode_content(Description("offer", "x" * 70_000))
    assert too_long.value.over_bytes > 70_000 - 65_535


def test_half_a_letter_is_sent_as_a_question_mark() -> None:
    assert decode_content(encode_content(Text("a\ud800b"))) == Text("a?b")
