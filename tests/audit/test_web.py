"""What servers of all kinds answer, and what is made of it: whole, in time, bounded, and as it came."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Iterable
from itertools import chain, repeat

import pytest

from omefree.audit.contact import leads_to, site_of
from omefree.audit.web import Site, Web
from omefree.client.http import HEAD_BYTES_MAX
from omefree.errors import NotChecked
from tests.words.speak import english

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nSet-Cookie: a=1\r\nX-Name: \xe9\r\nset-cookie: b=2\r\n"
SIZED = HEAD + b"Content-Length: 5\r\n\r\nhello"
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n"
UNTIL_CLOSED = HEAD + b"\r\nhello"
AFTER_100 = b"HTTP/1.1 100 Continue\r\nX-Early: 1\r\n\r\n" + SIZED
UPGRADED = b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n\x81\x05hello"
MOVED = b"HTTP/1.1 302 Found\r\nLocation: /elsewhere\r\nContent-Length: 0\r\n\r\n"
QUICK_S, GUARD_S = 0.3, 20.0  # for what never comes; for what does


class Raw:
    """A server that says the same to everybody, piece by piece, whatever they say. `heard`: what they said."""

    def __init__(self, pieces: Iterable[bytes], closes: bool) -> None:
        self.heard = b""
        self.tasks: set[asyncio.Task[None] | None] = set()
        self._pieces = pieces
        self._closes = closes

    async def speak(self, incoming: asyncio.StreamReader, outgoing: asyncio.StreamWriter) -> None:
        self.tasks.add(asyncio.current_task())
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            self.heard += await incoming.readuntil(b"\r\n\r\n")
            for piece in self._pieces:
                outgoing.write(piece)
                await outgoing.drain()
                await asyncio.sleep(0)  # so that the next one comes apart
            if not self._closes:
                self.heard += await incoming.read()
        outgoing.close()


@contextlib.asynccontextmanager
async def answering(
    *pieces: bytes, closes: bool = False, then: Iterable[bytes] = (), answer_s: float = GUARD_S
) -> AsyncIterator[tuple[Web, Raw]]:
    raw = Raw(chain(pieces, then) if then else pieces, closes)
    server = await asyncio.start_server(raw.speak, "127.0.0.1", 0)
    try:
        yield Web(Site(False, "127.0.0.1", server.sockets[0].getsockname()[1]), None, answer_s), raw
    finally:
        server.close()
        await asyncio.gather(*filter(None, raw.tasks))


async def fault(web: Web, most: int = 1_000_000) -> str:
    with pytest.raises(NotChecked) as raised:
        await web.ask("/x", most=most)
    assert raised.value.broken
    assert web.answers == []
    return english(raised.value.reason)


def one_by_one(answer: bytes) -> list[bytes]:
    return [bytes([byte]) for byte in answer]


@pytest.mark.parametrize("answer", [SIZED, CHUNKED, AFTER_100, UNTIL_CLOSED], ids=["sized", "chunked", "100", "closed"])
@pytest.mark.parametrize("cut", [lambda answer: [answer], one_by_one], ids=["whole", "byte by byte"])
async def test_a_whole_answer_however_it_comes(answer: bytes, cut: Callable[[bytes], list[bytes]]) -> None:
    async with answering(*cut(answer), closes=answer == UNTIL_CLOSED) as (web, _):
        found = await web.ask("/x")
    assert (found.status, found.text) == (200, "hello")
    assert [each for each in found.headers if each[0] != "content-length" and each[0] != "transfer-encoding"] == [
        ("content-type", "text/plain"), ("set-cookie", "a=1"), ("x-name", "\xe9"), ("set-cookie", "b=2"),
    ]  # fmt: skip
    assert web.answers == [found]


async def test_an_upgrade_has_a_head_and_no_body() -> None:
    async with answering(UPGRADED) as (web, _):
        found = await web.ask("/x", {"Connection": "Upgrade", "Upgrade": "websocket"}, most=0)
    assert (found.status, found.body, found.first("upgrade")) == (101, b"", "websocket")


async def test_nobody_is_led_elsewhere_and_no_cookie_comes_back() -> None:
    async with answering(MOVED) as (web, raw):
        assert [(await web.ask("/x")).status for _ in range(2)] == [302, 302]
    assert raw.heard.count(b"GET /x ") == 2
    assert b"cookie" not in raw.heard.lower()


async def test_what_is_asked_for_is_asked_for_as_it_is_written() -> None:
    async with answering(SIZED) as (web, raw):
        await web.ask("/a/../%2e//b?c=d&c#e", {"Origin": "https://other.example"}, method="PATCH")
        await web.ask("/a b\r\nX-More: 1\u00e9", method="POST", body=b"12")
    first, second = raw.heard.split(b"PATCH ")[1].split(b"POST ")
    assert first.startswith(b"/a/../%2e//b?c=d&c#e HTTP/1.1\r\nHost: 127.0.0.1:")
    assert b"Origin: https://other.example\r\n" in first
    assert b"Accept-Encoding: identity\r\n" in first
    assert second.startswith(b"/a%20b%0D%0AX-More:%201%C3%A9 HTTP/1.1\r\n")
    assert second.endswith(b"Content-Length: 2\r\n\r\n12")


@pytest.mark.parametrize(
    "answer",
    [b"", HEAD, SIZED[:-1], CHUNKED[:-5], b"HTTP/1.1 100 Continue\r\n\r\n"],
)
async def test_one_that_ends_before_it_is_whole(answer: bytes) -> None:
    async with answering(answer, closes=True) as (web, _):
        assert await fault(web) == "the connection broke off while it answered /x"


@pytest.mark.parametrize(
    "answer",
    [
        b"\x00\xff\r\n\r\n",
        b"SSH-2.0-OpenSSH_9.2\r\n",
        b"HTTP/9 ?\r\n\r\n",
        HEAD + b"Content-Length: x\r\n\r\n",
        UPGRADED,
    ],
    ids=["garbage", "SSH, which says no more", "a version", "a length", "an upgrade that nobody wanted"],
)
async def test_one_that_is_no_http(answer: bytes) -> None:
    async with answering(answer) as (web, _):
        assert await fault(web) == "the answer to /x is not HTTP"


@pytest.mark.parametrize(
    ("head", "more"),
    [
        (HEAD, b"X-More: 1\r\n" * 1_000),
        (HEAD + b"\r\n", b"x" * 10_000),
        (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"2710\r\n" + b"x" * 10_000 + b"\r\n"),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"0" * 10_000),
    ],
    ids=["head", "body", "interim responses", "chunks", "the length of a chunk"],
)
async def test_one_without_end(head: bytes, more: bytes) -> None:
    async with answering(head, then=repeat(more)) as (web, _):
        assert await fault(web, most=HEAD_BYTES_MAX) == "the answer to /x does not end"


async def test_one_byte_more_than_is_wanted() -> None:
    async with answering(SIZED) as (web, _):
        assert (await web.ask("/x", most=5)).text == "hello"
        web.answers.clear()
        assert await fault(web, most=4) == "the answer to /x does not end"


@pytest.mark.parametrize("then", [(), repeat(b"x")], ids=["says nothing more", "trickles"])
async def test_one_that_takes_too_long(then: Iterable[bytes]) -> None:
    async with answering(HEAD + b"\r\n", then=then, answer_s=QUICK_S) as (web, _):
        assert await fault(web) == "no whole answer to /x in time"


async def test_nobody_answers() -> None:
    async with answering() as (web, _):
        pass
    assert await fault(web) == "the connection broke off while it answered /x"


@pytest.mark.parametrize(
    ("location", "led"),
    [
        (b"https://127.0.0.1/", "https://127.0.0.1"),
        (b"https://127.0.0.1:8443/x", "https://127.0.0.1:8443"),
        (b"https://other.example/", None),
        (b"http://127.0.0.1/", None),
        (b"/elsewhere", None),
        (b"https://[", None),
    ],
)
async def test_where_plain_http_leads(location: bytes, led: str | None) -> None:
    async with answering(MOVED.replace(b"/elsewhere", location)) as (web, _):
        assert await leads_to(web) == led


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
