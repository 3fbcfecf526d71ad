"""An answer as it comes, byte by byte, from servers of all kinds."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from omefree.audit.contact import site_of
from omefree.audit.web import HEAD_BYTES_MAX, Reader

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nSet-Cookie: a=1\r\nset-cookie: b=2\r\n"
SIZED = HEAD + b"Content-Length: 5\r\n\r\nhello"
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n"
UNTIL_CLOSED = HEAD + b"\r\nhello"
AFTER_100 = b"HTTP/1.1 100 Continue\r\nX-Early: 1\r\n\r\n" + SIZED


def read(*pieces: bytes, most: int = 100) -> Reader:
    reader = Reader(most)
    for piece in pieces:
        if not reader.is_done:
            reader.feed(piece)
    return reader


@pytest.mark.parametrize("answer", [SIZED, CHUNKED, UNTIL_CLOSED, AFTER_100])
@given(cuts=st.lists(st.integers(0, 200)))
def test_a_whole_answer_however_it_is_cut(answer: bytes, cuts: list[int]) -> None:
    edges = sorted({0, len(answer), *(cut for cut in cuts if cut < len(answer))})
    reader = read(*(answer[a:b] for a, b in pairwise(edges)))
    assert (reader.closed(), reader.status, bytes(reader.body)) == (None, 200, b"hello")
    assert [value for name, value in reader.headers if name == "set-cookie"] == ["a=1", "b=2"]
    assert "x-early" not in dict(reader.headers)


def test_an_upgrade_has_a_head_and_no_body() -> None:
    reader = read(b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n\x81\x05hello")
    assert (reader.is_done, reader.closed(), reader.status, bytes(reader.body)) == (True, None, 101, b"")


@pytest.mark.parametrize(
    ("pieces", "fault"),
    [
        ([], "broke"),
        ([HEAD], "broke"),
        ([SIZED[:-1]], "broke"),
        ([CHUNKED[:-5]], "broke"),
        ([b"HTTP/1.1 100 Continue\r\n\r\n"], "broke"),
        ([b"SSH-2.0-OpenSSH_9.2\r\n"], "not_http"),
        ([b"\x00\xff"], "not_http"),
        ([HEAD, *[b"X-More: 1\r\n" * 1_000] * 100], "endless"),
        ([HEAD + b"\r\n", *[b"x" * 50] * 10], "endless"),
        ([HEAD + b"Content-Length: 101\r\n\r\n" + b"x" * 101], "endless"),
    ],
)
def test_what_is_wrong_with_it(pieces: list[bytes], fault: str) -> None:
    reader = read(*pieces)
    assert reader.closed() == fault
    assert len(reader.body) <= 101 + HEAD_BYTES_MAX


@pytest.mark.parametrize(
    ("typed", "origin", "name"),
    [
        ("https://chat.example/privacy", "https://chat.example", "chat.example"),
        ("chat.example:8443", "https://chat.example:8443", "chat.example"),
        ("localhost:8000", "http://localhost:8000", "localhost"),
        ("http://[::1]:80", "http://[::1]", "::1"),
    ],
)
def test_where_it_is(typed: str, origin: str, name: str) -> None:
    site, _ = site_of(typed)
    assert (site.origin, site.name) == (origin, name)
