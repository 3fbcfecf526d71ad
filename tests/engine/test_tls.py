"""A TLS port: who speaks plain HTTP there is told so, and who stalls is cut; and a port that only leads to https."""

import asyncio
import contextlib
import gc
import os
import resource
import socket
from collections.abc import Iterator

import pytest

from omefree.engine.redirect import location
from omefree.engine.tls import FULL_PAUSE_S, HANDSHAKE_TIMEOUT_S
from tests.certificates import Certificate
from tests.engine.conftest import EchoServer, Open
from tests.engine.raw import ENGINE_IO, GUARD_S, UPGRADE, head

POLL = f"{ENGINE_IO}&transport=polling"


@pytest.fixture
async def tls(opening: Open, certificate: Certificate) -> EchoServer:
    return await opening(certificate=certificate, answer_headers=((b"x-frame-options", b"DENY"),))


@pytest.fixture
def no_collector() -> Iterator[None]:
    """Nothing is closed because it was found to be forgotten."""
    gc.disable()
    yield
    gc.enable()


@pytest.mark.parametrize(
    ("request_", "status", "leads"),
    [
        (head("GET", POLL), 308, f"https://localhost{POLL}"),
        (head("POST", "/", {"Host": "chat.example:8443"}, b"x"), 308, "https://chat.example:8443/"),
        (head("GET", POLL, UPGRADE), 308, f"https://localhost{POLL}"),
        (b"GET / HTTP/1.0\r\nHost: [::1]:8000\r\n\r\n", 308, "https://[::1]:8000/"),
        (b"GET http://chat.example/x?y HTTP/1.1\r\nHost: other\r\n\r\n", 308, "https://chat.example/x?y"),
        (b"GET / HTTP/1.1\r\n\r\n", 400, None),
        (b"GET / HTTP/1.0\r\n\r\n", 400, None),
        (b"GET / HTTP/1.1\r\nHost: a b\r\n\r\n", 400, None),
        (b"GET / HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n", 400, None),
        (b"GET x HTTP/1.1\r\nHost: x\r\n\r\n", 400, None),
        (b"HELLO\r\n\r\n", 400, None),
        (b"GET / HTTP/1.1\r\nX: " + b"x" * 20_000, 400, None),
    ],
)
async def test_plain_http_on_a_tls_port_is_answered(
    tls: EchoServer, request_: bytes, status: int, leads: str | None
) -> None:
    connection = await tls.connect(plain=True)
    await connection.send(request_)
    answer = await connection.answer()
    assert (answer.status, answer.headers.get("location")) == (status, leads)
    assert b"https://" in answer.body
    assert answer.headers["x-frame-options"] == "DENY"
    assert await connection.rest() == b""
    assert tls.engine.sessions == {}


async def test_tls_is_served_beside_it(tls: EchoServer) -> None:
    await tls.connect(plain=True)
    assert (await (await tls.connect()).ask("GET", POLL)).status == 200


HELLO = b"\x16\x03\x01\x02\x00\x01"  # the beginning of a ClientHello


@pytest.mark.parametrize("start", [b"", HELLO, b"GET / HTTP/1.1\r\n"], ids=["nothing", "a handshake", "plain HTTP"])
async def test_who_stalls_is_cut_as_with_a_head(tls: EchoServer, start: bytes) -> None:
    connection = await tls.connect(plain=True)
    await connection.send(start)
    await tls.until(lambda: len(tls.engine.alarms) == 1)
    for _ in range(100):
        await asyncio.sleep(0)  # what was sent is looked at
    tls.clock.advance(HANDSHAKE_TIMEOUT_S)
    assert await connection.rest() == b""
    assert len(tls.engine.alarms) == 0


@pytest.mark.parametrize("start", [HELLO, b"GET / HTTP/1.1\r\n"], ids=["a handshake", "plain HTTP"])
@pytest.mark.parametrize("turns", range(4))
async def test_who_is_cut_at_any_turn_of_the_loop_is_cut_at_once(
    tls: EchoServer, start: bytes, turns: int, no_collector: None
) -> None:
    """In a full loop the deadline may come between the first byte and the first step of what was begun for it."""
    connection = await tls.connect(plain=True)
    await tls.until(lambda: len(tls.engine.alarms) == 1)
    before = len(asyncio.all_tasks())
    await connection.send(start)
    await tls.until(lambda: len(asyncio.all_tasks()) > before)
    for _ in range(turns):
        await asyncio.sleep(0)
    tls.clock.advance(HANDSHAKE_TIMEOUT_S)
    assert await connection.rest() == b""
    tls.clock.advance(HANDSHAKE_TIMEOUT_S)  # that of a protocol which was made meanwhile
    await tls.until(lambda: len(tls.engine.alarms) == 0)


@pytest.mark.parametrize("start", [b"", b"\x80junk", HELLO + b"junk" * 200, b"\xff" * 1_000])
async def test_who_goes_or_speaks_no_tls_leaves_nothing(tls: EchoServer, start: bytes) -> None:
    connection = await tls.connect(plain=True)
    await connection.send(start)
    connection.writer.write_eof()
    await connection.rest()
    await tls.until(lambda: len(tls.engine.alarms) == 0)


async def test_a_closing_port_waits_for_nobody(tls: EchoServer) -> None:
    stalled = [await tls.connect(plain=True) for _ in range(3)]
    await stalled[1].send(HELLO)
    await tls.until(lambda: len(tls.engine.alarms) == 3)
    tls.stop()
    for connection in stalled:
        assert await connection.rest() == b""


@contextlib.contextmanager
def no_more_files() -> Iterator[None]:
    """Inside, this process can open no descriptor (EMFILE)."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    free = os.dup(0)
    os.close(free)
    resource.setrlimit(resource.RLIMIT_NOFILE, (free, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)


async def test_without_a_free_descriptor_the_port_waits_and_goes_on(tls: EchoServer) -> None:
    loop = asyncio.get_running_loop()
    with socket.create_connection(("127.0.0.1", tls.port)) as waiting:
        waiting.setblocking(False)
        waiting.send(head("GET", "/"))
        with no_more_files():
            await tls.until(lambda: tls.clock.planned() == 1)
        assert len(tls.engine.alarms) == 0, "it is not accepted yet"
        tls.clock.advance(FULL_PAUSE_S)
        assert (await asyncio.wait_for(loop.sock_recv(waiting, 12), GUARD_S)) == b"HTTP/1.1 308"


@pytest.mark.parametrize(
    ("host", "port", "leads"),
    [
        (b"chat.example", 443, b"https://chat.example/x"),
        (b"chat.example:80", 443, b"https://chat.example/x"),
        (b"chat.example", 8443, b"https://chat.example:8443/x"),
        (b"[2001:db8::1]:80", 8443, b"https://[2001:db8::1]:8443/x"),
        (b"chat.example:8443", None, b"https://chat.example:8443/x"),
    ],
)
def test_where_a_port_that_leads_to_https_leads(host: bytes, port: int | None, leads: bytes) -> None:
    assert location(b"GET /x HTTP/1.1\r\nHost: " + host, port) == leads
