"""The port of /metrics, asked by programs that behave and by others."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from http import HTTPStatus
from itertools import count

import pytest

from omefree.metrics import endpoint
from omefree.metrics.endpoint import CONNECTIONS_MAX, Endpoint
from omefree.net.sockets import bind
from tests.engine.raw import RawConnection

TYPE = "text/plain; version=0.0.4"
Connect = Callable[[], Awaitable[RawConnection]]


@pytest.fixture
async def connect() -> AsyncIterator[Connect]:
    """Connects to an endpoint whose text says how often it was asked for before."""
    numbers = count()

    async def text() -> bytes:
        return b"asked %d\n" % next(numbers)

    made, bound = Endpoint(text, TYPE), bind("127.0.0.1", 0)
    await made.listen(bound)
    port, opened = bound[0].getsockname()[1], []

    async def one() -> RawConnection:
        opened.append(await RawConnection.open(port))
        return opened[-1]

    yield one
    for connection in opened:
        await end(connection)
    made.close()


async def end(connection: RawConnection) -> None:
    connection.drop()
    with contextlib.suppress(OSError):
        await connection.writer.wait_closed()


async def test_it_gives_its_text_and_ends_the_connection(connect: Connect) -> None:
    connection = await connect()
    answer = await connection.ask("GET", "/metrics")
    assert (answer.status, answer.body) == (200, b"asked 0\n")
    assert answer.headers["content-type"] == TYPE
    assert answer.headers["cache-control"] == "no-store"
    assert await connection.rest() == b""


async def test_head_has_the_same_head_and_no_body(connect: Connect) -> None:
    connection = await connect()
    answer = await connection.ask("HEAD", "/metrics?x=1")
    assert (answer.status, answer.headers["content-length"]) == (200, "8")
    assert await connection.rest() == b""


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        ("GET /", 404),
        ("GET /metrics/", 404),
        ("GET /metricsx", 404),
        ("GET /healthz", 404),
        ("GET /socket.io/?EIO=4&transport=polling", 404),
        ("GET //metrics", 404),
        ("POST /metrics", 405),
        ("DELETE /metrics", 405),
        ("get /metrics", 400),
        ("GET  /metrics", 400),
        ("GET", 400),
        ("\0\xff", 400),
    ],
)
async def test_it_gives_nothing_else(connect: Connect, request_: str, status: int) -> None:
    connection = await connect()
    await connection.send(f"{request_} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode("latin-1"))
    answer = await connection.answer()
    assert (answer.status, answer.body) == (status, b"")


@pytest.mark.parametrize("sent", [b"", b"GET /metrics HTTP/1.1\r\n", b"\r\n" * 3, b"\x16\x03\x01\x02\x00"])
async def test_who_is_slow_is_cut_off(connect: Connect, sent: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(endpoint, "PATIENCE_S", 0.05)
    connection = await connect()
    await connection.send(sent)
    assert await connection.rest() in (b"", endpoint.response(HTTPStatus.BAD_REQUEST))


async def test_a_head_without_end_is_cut_off(connect: Connect) -> None:
    connection = await connect()
    await connection.send(b"GET /metrics HTTP/1.1\r\nX: " + b"x" * 100_000)
    assert await connection.rest() == b""


async def test_who_holds_connections_holds_a_few_and_then_everybody_is_served_again(connect: Connect) -> None:
    silent = [await connect() for _ in range(CONNECTIONS_MAX)]
    for connection in silent[:-1]:
        await connection.send(b"GET ")
    refused = await connect()
    assert (await refused.answer()).status == 503
    assert await refused.rest() == b""
    for connection in silent:
        connection.drop()
    status = 503
    async with asyncio.timeout(10):
        while status == 503:
            again = await connect()
            status = (await again.ask("GET", "/metrics")).status
    assert status == 200
