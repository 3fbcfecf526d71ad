"""Traps of uvicorn and picows behind the upgrade: slow peers, bad frames, what is logged and kept; and all over TLS."""

import asyncio
import contextlib
import gc
import logging
import socket
import weakref
from typing import Any, cast

import pytest

from omefree.engine.connection import Connection
from omefree.engine.gate import Head
from omefree.engine.session import CloseReason, Handler, Session
from tests.certificates import Certificate
from tests.engine.conftest import Echo, EchoServer, Open
from tests.engine.fakes import CountingGate, no_garbage_collector
from tests.engine.raw import (
    CLOSE,
    CONTINUATION,
    ENGINE_IO,
    PING,
    PONG,
    TEXT,
    UPGRADE,
    WebSocket,
    frame,
    head,
    websocket,
)

TARGET = f"{ENGINE_IO}&transport=websocket"


def only_session(echo: EchoServer) -> Session:
    (session,) = echo.engine.sessions.values()
    return session


def connection(echo: EchoServer) -> asyncio.Transport:
    """The transport under the only WebSocket, of uvloop or of asyncio."""
    (websocket,) = connections(echo)
    return cast("asyncio.Transport", websocket.transport)


def connections(echo: EchoServer) -> list[Connection]:
    """Those of all sessions: the engine shows to nobody what it has of a network."""
    ours = {session.transport for session in echo.engine.sessions.values()}
    there = [each for each in gc.get_objects() if type(each) is Connection]
    return [each for each in there if getattr(each, "websocket", None) in ours]


# 7 and 8: peers that do not read

SMALL_BUFFER = 4_096


async def flood(echo: EchoServer, socket: WebSocket, data: bytes) -> int:
    """Sends and never reads until the server has had enough. What it has buffered at most, beyond the kernel."""
    socket.connection.writer.transport.pause_reading()  # type: ignore[attr-defined]
    most, buffer = 0, connection(echo)
    with contextlib.suppress(ConnectionError):
        while echo.engine.sessions:
            await socket.raw(data)
            most = max(most, buffer.get_write_buffer_size())
    return most


@pytest.mark.parametrize("data", [frame(PING, bytes(125)) * 100, frame(TEXT, b"4" + b"x" * 1_000) * 10])
async def test_a_flood_from_one_that_never_reads_ends_at_the_queues_bound(opening: Open, data: bytes) -> None:
    echo = await opening(send_queue_bytes=50_000)
    socket = await echo.websocket(receive_buffer=SMALL_BUFFER)
    most = await flood(echo, socket, data)
    assert await echo.ended() is CloseReason.SLOW
    assert most <= 50_000 + 131_072  # asyncio asks us only after each write, and reads at most 256 KB of pings at once
    await echo.until(lambda: not echo.engine.lingering)


async def test_an_upgrade_on_a_connection_whose_answer_is_not_read_is_refused(opening: Open) -> None:
    """uvicorn was told to pause, and picows would not be told again: nothing would bound its queue."""
    echo = await opening(send_queue_bytes=10_000, max_payload_bytes=4_000_000)
    sid = await echo.handshake()
    connection = await echo.connect(receive_buffer=SMALL_BUFFER)
    connection.writer.transport.pause_reading()  # type: ignore[attr-defined]
    session = echo.engine.sessions[sid]
    session.transport.queue.append(b"4" + b"x" * 3_000_000)  # type: ignore[union-attr]
    await connection.send(head("GET", f"{ENGINE_IO}&transport=polling&sid={sid}"))
    await echo.until(lambda: not session.transport.queue)  # type: ignore[union-attr]
    await connection.send(head("GET", TARGET, UPGRADE))
    connection.writer.transport.resume_reading()  # type: ignore[attr-defined]
    assert b"HTTP/1.1 400" in await connection.rest()


async def never_reading(opening: Open) -> tuple[EchoServer, WebSocket]:
    """A server, and a client that reads nothing although something waits for it."""
    echo = await opening(send_queue_bytes=1_000_000)
    socket = await echo.websocket(receive_buffer=SMALL_BUFFER)
    socket.connection.writer.transport.pause_reading()  # type: ignore[attr-defined]
    session, buffer = only_session(echo), connection(echo)
    while not buffer.get_write_buffer_size():
        session.send(b"4" + b"x" * 10_000)
    return echo, socket


async def test_a_peer_that_says_goodbye_and_never_reads_is_cut_off(opening: Open) -> None:
    echo, socket = await never_reading(opening)
    await socket.raw(frame(CLOSE, b"\x03\xe8"))
    assert await echo.ended() is CloseReason.CLIENT
    assert echo.engine.lingering
    echo.clock.advance(3)
    await echo.until(lambda: not echo.engine.lingering)


@pytest.mark.parametrize("bad", [frame(3, b""), frame(TEXT, b"4", mask=None)])
async def test_a_peer_that_breaks_the_protocol_and_never_reads_is_cut_off(opening: Open, bad: bytes) -> None:
    echo, socket = await never_reading(opening)
    await socket.raw(bad)
    assert await echo.ended() is CloseReason.PROTOCOL
    echo.clock.advance(3)
    await echo.until(lambda: not echo.engine.lingering)


async def test_the_kernels_share_of_a_queue_is_small(echo: EchoServer) -> None:
    await echo.websocket()
    sock = connection(echo).get_extra_info("socket")
    assert sock.getsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF) <= 2 * 131_072  # Linux doubles what it is asked for
    assert sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT) == 30_000


@pytest.mark.parametrize(
    "data", [frame(TEXT, b"3"), frame(PONG, b""), frame(TEXT, b"4" + b"x" * 60_000)], ids=["3", "pong", "large"]
)
async def test_however_much_comes_at_once_what_it_is_read_into_stays_small(echo: EchoServer, data: bytes) -> None:
    """picows doubles its buffer for all that the kernel has, and never makes it smaller again."""
    echo.new_handler = lambda session: Patient(echo, session)
    socket = await echo.websocket()
    reader = cast("Any", connection(echo).get_protocol())
    socket.connection.writer.write(data * (2_000_000 // len(data)) + frame(TEXT, b"4end"))
    assert await socket.text() == "4end"
    assert len(reader.get_buffer(-1)) <= 262_144


# 9 and 10: frames that must not be


@pytest.mark.parametrize(
    ("frames", "code"),
    [
        ([frame(TEXT, b"4x", mask=None)], 1002),
        ([frame(TEXT, b"4x", rsv=4)], 1002),
        ([frame(TEXT, b"4x", rsv=2)], 1002),
        ([frame(TEXT, b"4x", rsv=1)], 1002),
        ([frame(CONTINUATION, b"4x")], 1002),
        ([frame(TEXT, b"4", fin=False), frame(TEXT, b"4")], 1002),
        ([frame(PING, b"", rsv=4)], 1002),
        ([frame(CLOSE, b"\x03\xe8", rsv=7)], 1002),
        *(([frame(reserved, b"4x")], 1002) for reserved in (3, 4, 5, 6, 7, 11, 12, 13, 14, 15)),
        *(([frame(control, b"", fin=False)], 1002) for control in (CLOSE, PING, PONG)),
        *(([frame(control, bytes(126))], 1002) for control in (CLOSE, PING, PONG)),
        ([frame(CLOSE, b"\x03")], 1002),
        ([frame(CLOSE, b"\x03\xed")], 1002),  # 1005 is not for the writer
        ([frame(CLOSE, b"\x03\xe8\xff")], 1007),
        ([frame(TEXT, b"4\xff")], 1007),
        ([frame(TEXT, b"4\xc3", fin=False), frame(CONTINUATION, b"\xff")], 1007),
        ([frame(TEXT, b"4" + bytes(65_999))], 1009),
        ([frame(TEXT, b"4" + b"x" * 40_000, fin=False), frame(CONTINUATION, b"x" * 40_000)], 1009),
        ([b"\x81\xff\xff\xff\xff\xff\xff\xff\xff\xff\1\2\3\4"], 1002),
        ([b"\x81\xff\x7f\xff\xff\xff\xff\xff\xff\xff\1\2\3\4"], 1009),  # 8 exabytes
    ],
)
async def test_a_frame_that_must_not_be_closes_the_session_at_once(
    echo: EchoServer, frames: list[bytes], code: int, caplog: pytest.LogCaptureFixture
) -> None:
    socket = await echo.websocket()
    await socket.raw(*frames)
    assert (await socket.receive()).code == code
    assert await echo.ended() is CloseReason.PROTOCOL
    socket.connection.drop()
    await echo.until(lambda: not echo.engine.lingering)
    assert caplog.records == []


async def test_where_no_binary_is_taken_a_binary_frame_closes_with_1003(opening: Open) -> None:
    echo = await opening(binary=False)
    socket = await echo.websocket()
    await socket.send(b"\0")
    assert (await socket.receive()).code == 1003


async def test_nothing_is_heard_behind_a_frame_that_must_not_be(echo: EchoServer) -> None:
    socket = await echo.websocket()
    session = only_session(echo)
    heard: list[bytes] = []
    session.handler.message = heard.append  # type: ignore[assignment, method-assign]
    await socket.raw(frame(TEXT, b"hello"), frame(TEXT, b"4late"), frame(3, b""), frame(TEXT, b"4later"))
    assert (await socket.receive()).code == 1002
    await socket.raw(frame(TEXT, b"4latest"))
    echo.clock.advance(3)
    await socket.connection.rest()
    assert heard == []


class Patient(Echo):
    """Answers at the end."""

    def message(self, packet: bytes) -> None:
        if packet == b"4end":
            super().message(packet)


class Broken:
    """A handler with a bug."""

    def __init__(self, session: Session) -> None:
        self.session = session

    def message(self, packet: bytes) -> None:
        raise RuntimeError("a bug")

    def closed(self, reason: CloseReason) -> None:
        raise RuntimeError("a bug")


async def test_a_bug_in_a_handler_closes_one_connection_alone(echo: EchoServer) -> None:
    healthy = await echo.websocket()
    echo.new_handler = Broken
    broken = await echo.websocket()
    await broken.send("4")
    assert (await broken.receive()).code == 1011
    await healthy.send("4fine")
    assert await healthy.text() == "4fine"


async def test_a_bug_in_our_callbacks_closes_with_1011_and_is_logged_without_its_text(
    opening: Open, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(session: Session) -> Handler:
        raise RuntimeError("something that a visitor wrote")

    gate = CountingGate()
    echo = await opening(gate)
    echo.new_handler = fail
    socket = await websocket(await echo.connect())
    assert (await socket.receive()).code == 1011
    assert caplog.messages == ["a WebSocket failed"]
    assert gate.present == 0


async def test_a_bug_behind_an_upgrade_tells_the_client_nothing(opening: Open) -> None:
    class FaultyGate(CountingGate):
        def check(self, head: Head) -> None:
            raise RuntimeError("something that a visitor wrote")

    echo = await opening(FaultyGate())
    connection = await echo.connect()
    await connection.send(head("GET", TARGET, UPGRADE))
    assert await connection.rest() == b""


# 11: what is logged


async def test_no_address_and_no_text_is_logged(echo: EchoServer, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    sid, socket = await echo.upgraded()
    port = socket.connection.writer.get_extra_info("sockname")[1]
    await socket.send("4secret text")
    await socket.raw(frame(3, b"secret text"))
    await socket.connection.rest()
    await echo.ask("GET", "transport=polling&sid=secret-sid")
    await (await echo.connect()).send(b"secret junk\r\n\r\n")
    for record in caplog.records:
        text = record.getMessage()
        assert not any(secret in text for secret in ("127.0.0.1", str(port), "secret", sid)), text


async def test_a_connection_makes_no_logger_of_its_own(echo: EchoServer) -> None:
    known = set(logging.root.manager.loggerDict)
    await echo.upgraded()
    assert set(logging.root.manager.loggerDict) == known


# 12: what is kept


async def test_a_protocol_that_has_upgraded_keeps_nothing_of_the_client(echo: EchoServer) -> None:
    """The empty shell lives on with the connection on uvloop; no garbage collector is needed on either loop."""
    connection = await echo.connect()
    await connection.send(b"GET ")
    await echo.until(lambda: bool(echo.server.server_state.connections))
    (protocol,) = echo.server.server_state.connections
    assert vars(protocol)["client"][0] == "127.0.0.1"
    trace = weakref.ref(protocol)
    del protocol
    with no_garbage_collector():
        await connection.send(head("GET", TARGET, UPGRADE)[4:])
        socket = WebSocket(connection)
        assert (await connection.answer()).status == 101
        assert [vars(shell) for shell in [trace()] if shell is not None] in ([], [{}])
        await socket.text()
        await socket.close()
        await connection.rest()
        await echo.ended()
        assert trace() is None


async def test_a_websocket_that_is_gone_needs_no_garbage_collector(echo: EchoServer) -> None:
    socket = await echo.websocket()
    [known] = map(id, connections(echo))
    with no_garbage_collector():
        await socket.close()
        await echo.ended()
        await socket.connection.rest()
        await echo.until(lambda: known not in {id(each) for each in gc.get_objects() if type(each) is Connection})


# 16: what a connection costs, and what is read into


async def test_connections_share_what_they_are_read_into(echo: EchoServer) -> None:
    for _ in range(3):
        await echo.websocket()
    views = [each.get_buffer(-1) for each in connections(echo)]
    assert len(views) == 3
    views[0][:4] = b"seen"
    assert all(bytes(view[:4]) == b"seen" for view in views)


async def test_nothing_of_a_frame_stays_where_it_was_read(echo: EchoServer) -> None:
    socket = await echo.websocket()
    for _ in range(2):  # whole, and in two parts
        await socket.send("4a secret")
        assert await socket.text() == "4a secret"
        head, tail = (whole := frame(TEXT, b"4a secret"))[:3], whole[3:]
        await socket.raw(head)
        await socket.raw(tail)
        assert await socket.text() == "4a secret"
    (reader,) = connections(echo)
    left = bytes(reader.get_buffer(-1))
    assert b"secret" not in left
    assert tail[-6:] not in left


# TLS


@pytest.fixture
async def secure(opening: Open, certificate: Certificate) -> EchoServer:
    return await opening(certificate=certificate, send_queue_bytes=50_000)


async def test_a_flood_over_tls_ends_at_the_queues_bound(secure: EchoServer) -> None:
    socket = await secure.websocket(receive_buffer=SMALL_BUFFER)
    await flood(secure, socket, frame(TEXT, b"4" + b"x" * 1_000) * 10)
    assert await secure.ended() is CloseReason.SLOW
