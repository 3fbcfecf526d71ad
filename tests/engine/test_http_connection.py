"""A contract test for each trap of uvicorn and picows that http_connection.py goes round, on uvloop and on asyncio.

If one fails after an update of theirs, http_connection.py has to change before the pin in pyproject.toml does.
"""

import asyncio
import inspect
import socket
from importlib.metadata import version
from typing import Any

import pytest
from picows.picows import WSProtocol  # type: ignore[attr-defined]  # not in its stub
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from omefree.engine import tcp
from omefree.engine.gate import Admission, Denial, Head
from omefree.engine.http_connection import (
    HEAD_BYTES,
    HEAD_TIMEOUT_S,
    PACE_BYTES,
    PIPELINE_MAX,
    PROXY_IDLE_S,
    TARGET_BYTES,
)
from omefree.engine.session import CloseReason, Session
from tests.engine.conftest import EchoServer, Open
from tests.engine.fakes import CountingGate
from tests.engine.raw import (
    CLOSE,
    ENGINE_IO,
    GUARD_S,
    TEXT,
    UPGRADE,
    Headers,
    RawConnection,
    WebSocket,
    frame,
    head,
    websocket,
)

TARGET = f"{ENGINE_IO}&transport=websocket"


def sessions(echo: EchoServer) -> list[Session]:
    return list(echo.engine.sessions.values())


def without(*names: str) -> dict[str, str]:
    return {name: value for name, value in UPGRADE.items() if name not in names}


# 14: what http_connection.py uses of their insides is there


def test_the_pinned_versions_are_installed() -> None:
    assert version("uvicorn").startswith("0.54.")
    assert version("picows").startswith("2.3.")


@pytest.mark.parametrize(
    "name", ["_get_upgrade", "_should_upgrade", "_unset_keepalive_if_required", "on_response_complete", "shutdown"]
)
def test_uvicorn_has_what_is_overridden(name: str) -> None:
    assert callable(getattr(HttpToolsProtocol, name))


def test_picows_takes_the_arguments_that_it_is_given(echo: EchoServer) -> None:
    assert {"get_buffer", "buffer_updated", "connection_made"} <= set(dir(WSProtocol))
    assert len(inspect.signature(HttpToolsProtocol.__init__).parameters) == 5


# 1: spellings of an upgrade


@pytest.mark.parametrize(
    "headers",
    [
        UPGRADE,
        UPGRADE | {"Connection": "keep-alive, Upgrade"},  # Firefox
        UPGRADE | {"Connection": "UPGRADE", "Upgrade": "WebSocket"},
        [(name.lower(), value) for name, value in UPGRADE.items()],
        [(name.upper(), value) for name, value in UPGRADE.items()],
        [("Connection", "keep-alive"), *UPGRADE.items()],
        [*UPGRADE.items(), ("Connection", "close")],
        UPGRADE | {"Sec-WebSocket-Extensions": "permessage-deflate", "Sec-WebSocket-Protocol": "chat"},
    ],
    ids=lambda headers: str(headers)[:70],
)
async def test_an_upgrade_may_be_spelled_in_many_ways(echo: EchoServer, headers: Headers) -> None:
    connection = await echo.connect()
    assert (await connection.ask("GET", TARGET, headers)).status == 101
    assert (await WebSocket(connection).text()).startswith("0{")


@pytest.mark.parametrize(
    ("method", "target", "headers", "status"),
    [
        ("GET", "/elsewhere/?EIO=4&transport=websocket", UPGRADE, 404),
        ("POST", TARGET, UPGRADE, 400),
        ("GET", TARGET, without("Sec-WebSocket-Key"), 400),
        ("GET", TARGET, UPGRADE | {"Sec-WebSocket-Version": "8"}, 426),
        ("GET", TARGET, without("Sec-WebSocket-Version"), 426),
        ("GET", TARGET, without("Connection"), 400),  # plain requests with a wrong transport
        ("GET", TARGET, UPGRADE | {"Upgrade": "h2c"}, 400),
        ("GET", "http://", UPGRADE, 400),
        ("GET", TARGET, UPGRADE | {"Transfer-Encoding": "chunked"}, 400),
        ("GET", TARGET, UPGRADE | {"Content-Length": "1"}, 400),
        ("GET", "//:x", UPGRADE, 404),
        ("CONNECT", "localhost:1", {}, 400),
    ],
)
async def test_a_wrong_upgrade_is_refused(
    echo: EchoServer, method: str, target: str, headers: dict[str, str], status: int, caplog: pytest.LogCaptureFixture
) -> None:
    connection = await echo.connect()
    answer = await connection.ask(method, target, headers)
    assert answer.status == status
    assert ("sec-websocket-version" in answer.headers) == (status == 426)  # RFC 6455, 4.4
    assert caplog.records == []


@pytest.mark.parametrize(
    "key", ["", "x" * 24, "=" * 24, "!" * 24, "AAAAAAAAAAAAAAAAAAAAAA", "A" * 24, "é" * 12, "AAAAAAAAAAAAAAAAAAAA AA=="]
)
async def test_a_wrong_key_is_refused_before_the_gate_lets_anybody_in(opening: Open, key: str) -> None:
    gate = CountingGate()
    echo = await opening(gate)
    answer = await (await echo.connect()).ask("GET", TARGET, UPGRADE | {"Sec-WebSocket-Key": key})
    assert answer.status == 400
    assert gate.present == 0


# 2 and 6: long and slow heads


@pytest.mark.parametrize("size", [1_500, 2_000, 8_000, 15_000])
async def test_a_long_head_is_no_obstacle_to_an_upgrade(echo: EchoServer, size: int) -> None:
    connection = await echo.connect()
    assert (await connection.ask("GET", TARGET, UPGRADE | {"Cookie": "x" * size})).status == 101
    assert (await WebSocket(connection).text()).startswith("0{")


@pytest.mark.parametrize("headers", [UPGRADE, {"Host": "x"}])
@pytest.mark.parametrize("chunks", [1, 50])
async def test_a_head_that_is_too_long_is_answered_431(echo: EchoServer, headers: dict[str, str], chunks: int) -> None:
    connection = await echo.connect()
    request = head("GET", TARGET, headers | {"Cookie": "x" * (HEAD_BYTES + 10)})
    step = len(request) // chunks
    for start in range(0, len(request), step):
        await connection.send(request[start : start + step])
        await asyncio.sleep(0)
    assert (await connection.answer()).status == 431
    assert await connection.rest() == b""


def query_of(size: int) -> str:
    """A query in which all that matters stands behind so many bytes."""
    return f"/engine.io/?token={'x' * size}&transport=polling&EIO=4"


@pytest.mark.parametrize("size", [1_024, 4_000, TARGET_BYTES - 60])
async def test_a_long_query_is_read_to_its_end(echo: EchoServer, size: int) -> None:
    connection = await echo.connect()
    assert (await connection.ask("GET", query_of(size))).status == 200


@pytest.mark.parametrize("headers", [UPGRADE, {"Host": "x"}])
async def test_a_target_that_is_too_long_is_answered_414(echo: EchoServer, headers: dict[str, str]) -> None:
    connection = await echo.connect()
    request = head("GET", query_of(TARGET_BYTES), headers)
    for start in range(0, len(request), 3_000):  # the last of three pieces is too much
        await connection.send(request[start : start + 3_000])
        await asyncio.sleep(0)
    assert (await connection.answer()).status == 414
    assert await connection.rest() == b""


async def test_a_query_of_very_many_fields_is_refused(echo: EchoServer) -> None:
    connection = await echo.connect()
    assert (await connection.ask("GET", f"{ENGINE_IO}&transport=polling&{'a&' * 3_000}a")).status == 400


async def test_a_head_without_an_end_is_cut_at_its_limit(echo: EchoServer) -> None:
    connection = await echo.connect()
    await connection.send(b"GET / HTTP/1.1\r\nX: ")
    with pytest.raises(ConnectionError):
        for _ in range(10_000):
            await connection.send(b"x" * 10_000)
    await echo.until(lambda: not echo.server.server_state.connections)


ENDLESS = {
    "trailers": (b"0\r\n", b"X: y\r\n"),
    "a trailer": (b"0\r\nX: ", b"y"),
    "chunks of a byte": (b"", b"1\r\n4\r\n"),
    "an extension of a chunk": (b"1;", b"x"),
}


@pytest.mark.parametrize(("start", "more"), ENDLESS.values(), ids=ENDLESS)
@pytest.mark.parametrize("known", [True, False])
async def test_what_surrounds_a_body_is_bounded_as_a_head_is(
    opening: Open, start: bytes, more: bytes, known: bool
) -> None:
    """The parser and uvicorn keep trailers: 60 MB came to 1.3 GB, whether anybody waited for the body or not."""
    echo = await opening(body_timeout_s=10.0)
    sid = await echo.handshake() if known else "unknown"
    connection = await echo.connect()
    await connection.send(
        head("POST", f"{ENGINE_IO}&transport=polling&sid={sid}", {"Transfer-Encoding": "chunked"}) + start
    )
    with pytest.raises(ConnectionError):
        for _ in range(1_000):
            await connection.send(more * 10_000)
            await asyncio.sleep(0)
    if known:
        assert await echo.ended() is CloseReason.PROTOCOL


async def test_a_body_in_chunks_of_any_sane_size_is_no_obstacle(echo: EchoServer) -> None:
    sid = await echo.handshake()
    connection = await echo.connect()
    await connection.send(head("POST", f"{ENGINE_IO}&transport=polling&sid={sid}", {"Transfer-Encoding": "chunked"}))
    for _ in range(100):
        await connection.send(b"258\r\n" + b"4" * 600 + b"\r\n")
    await connection.send(b"0\r\nX: a trailer\r\n\r\n")
    assert (await connection.answer()).body == b"ok"


@pytest.mark.parametrize(
    "start",
    [
        b"",
        b"\r\n",
        b"GET / HT",
        b"GET / HTTP/1.1\r\nHost: x\r\n",
        head("GET", "/", {"Host": "x"}),  # answered: then nothing
        head("GET", "/", {"Host": "x"}) + b"\r\n",  # ... but an empty line, which would end uvicorn's timer
        head("GET", "/", {"Host": "x"}) + b"GET / HT",
    ],
)
async def test_a_client_that_is_slow_on_purpose_is_cut_off(echo: EchoServer, start: bytes) -> None:
    connection = await echo.connect()
    await connection.send(start)
    if b"\r\n\r\n" in start:
        await connection.answer()
    await echo.until(lambda: len(echo.engine.alarms) == 1)
    for _ in range(100):
        await asyncio.sleep(0)  # what was sent is read
    echo.clock.advance(HEAD_TIMEOUT_S)
    assert await connection.rest() == b""


class BehindProxy(CountingGate):
    """Takes every connection for a proxy's."""

    def is_proxy(self, peer: str | None) -> bool:
        return True


async def test_a_proxys_connection_stays_open_longer_than_the_proxy_keeps_it(opening: Open) -> None:
    """A proxy that sends the next request on it cannot know that we are just closing it: its visitor gets a 502."""
    echo = await opening(BehindProxy())
    connection = await echo.connect()
    for idle_s in (5, 60, 120, PROXY_IDLE_S):
        await echo.until(lambda: len(echo.engine.alarms) == 1)
        echo.clock.advance(idle_s)
        assert (await connection.ask("GET", f"{ENGINE_IO}&transport=websocket", {"Host": "x"})).status == 400
    end: Any = next(iter(echo.server.server_state.connections))
    idle_until = end.alarm
    await connection.send(b"GET / HT")
    await echo.until(lambda: end.alarm != idle_until)
    echo.clock.advance(HEAD_TIMEOUT_S)
    assert await connection.rest() == b"", "a head that has begun has no more time than a visitor's"


async def slow_reader(echo: EchoServer, size: int, more: bytes, **headers: str) -> tuple[RawConnection, Any]:
    """A client with so large an answer before it, of which it reads nothing; and the server's end of it."""
    sid = await echo.handshake()
    await echo.until(lambda: not echo.server.server_state.connections)
    connection = await echo.connect(receive_buffer=4_096)
    connection.writer.transport.pause_reading()  # type: ignore[attr-defined]
    queue = echo.engine.sessions[sid].transport.queue  # type: ignore[union-attr]
    queue.append(b"4" + b"x" * size)
    await connection.send(head("GET", f"{ENGINE_IO}&transport=polling&sid={sid}", headers) + more)
    (end,) = echo.server.server_state.connections
    await echo.until(lambda: tcp.unsent(end.transport) > 0)
    return connection, end


async def pass_deadline(echo: EchoServer, end: Any) -> None:
    await echo.until(lambda: end.alarm > 0)
    for _ in range(100):
        await asyncio.sleep(0)  # the answer is on its way
    echo.clock.advance(HEAD_TIMEOUT_S)


SLOWLY_READ = pytest.mark.parametrize(
    ("size", "more"),
    [(100_000, b""), (3_000_000, b""), (3_000_000, head("GET", f"{ENGINE_IO}&transport=polling&sid=unknown"))],
    ids=["the kernel has it", "we have it", "another answer waits for it"],
)


@SLOWLY_READ
async def test_a_client_that_does_not_take_its_answer_is_reset(opening: Open, size: int, more: bytes) -> None:
    """A close would leave the answer to the kernel, for as long as the client takes a byte now and then."""
    echo = await opening(max_payload_bytes=4_000_000)
    connection, end = await slow_reader(echo, size, more)
    await pass_deadline(echo, end)
    assert echo.server.server_state.connections == {end}
    await pass_deadline(echo, end)
    await echo.until(lambda: not echo.server.server_state.connections)
    connection.writer.transport.resume_reading()  # type: ignore[attr-defined]
    with pytest.raises(ConnectionResetError):
        await connection.reader.read()


async def test_a_client_that_wants_no_other_answer_and_does_not_take_this_one_is_cut_off(opening: Open) -> None:
    echo = await opening(max_payload_bytes=4_000_000)
    _, end = await slow_reader(echo, 3_000_000, b"", Connection="close")
    await pass_deadline(echo, end)
    assert echo.server.server_state.connections == {end}
    await pass_deadline(echo, end)
    await echo.until(lambda: not echo.server.server_state.connections)


async def test_of_a_connection_that_is_over_the_kernel_is_asked_nothing(echo: EchoServer) -> None:
    """Its descriptor may be another's: that one would be reset."""
    connection = await echo.connect()
    await echo.until(lambda: bool(echo.server.server_state.connections))
    end: Any = next(iter(echo.server.server_state.connections))
    end.transport.abort()
    assert tcp.unsent(end.transport) == end.transport.get_write_buffer_size()
    tcp.reset(end.transport)
    assert await connection.rest() == b""


@SLOWLY_READ
async def test_a_client_on_a_slow_network_gets_its_answer(opening: Open, size: int, more: bytes) -> None:
    echo = await opening(max_payload_bytes=4_000_000)
    connection, end = await slow_reader(echo, size, more)
    got = b""
    for _ in range(3):
        before = tcp.unsent(end.transport)
        await pass_deadline(echo, end)
        connection.writer.transport.resume_reading()  # type: ignore[attr-defined]
        while tcp.unsent(end.transport) > before - 2 * PACE_BYTES:
            got += await connection.reader.read(1_000)
        connection.writer.transport.pause_reading()  # type: ignore[attr-defined]
    await pass_deadline(echo, end)
    assert echo.server.server_state.connections == {end}
    connection.writer.transport.resume_reading()  # type: ignore[attr-defined]
    while len(got) < size:
        got += await connection.reader.read(65_536)
    assert b"x" * 1_000 in got


async def test_a_request_that_is_being_served_has_no_deadline_of_its_head(echo: EchoServer) -> None:
    sid = await echo.handshake()
    poll = await echo.polling(sid)
    echo.clock.advance(HEAD_TIMEOUT_S)
    echo.engine.sessions[sid].send(b"4still here")
    assert (await poll.answer()).body == b"4still here"


async def test_a_few_requests_may_be_sent_ahead(echo: EchoServer) -> None:  # RFC 9112, 9.3.2
    connection = await echo.connect()
    await connection.send(head("GET", f"{ENGINE_IO}&transport=polling") * (PIPELINE_MAX + 1))
    assert {(await connection.answer()).status for _ in range(PIPELINE_MAX + 1)} == {200}


async def test_thousands_of_requests_are_not_kept_behind_a_poll_that_hangs(echo: EchoServer) -> None:
    """A head of 18 bytes takes some 3 KB while it waits."""
    sid = await echo.handshake()
    poll = await echo.polling(sid)
    await poll.send(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n" * 3_000)
    assert (await poll.answer()).status == 400
    assert await poll.rest() == b""
    echo.clock.advance(45)  # uvicorn tells only the last of them that the connection is gone
    assert await echo.ended() is CloseReason.LOST


# 3: glued bytes


@pytest.mark.parametrize(
    ("headers", "glued"),
    [
        (UPGRADE, frame(TEXT, b"4early")),
        (UPGRADE, b"x"),
        (UPGRADE, b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"),
        (UPGRADE | {"Content-Length": "10"}, b"1"),
        (UPGRADE | {"Transfer-Encoding": "chunked"}, b"1"),
    ],
)
async def test_bytes_glued_to_an_upgrade_are_refused(
    echo: EchoServer, headers: dict[str, str], glued: bytes
) -> None:  # RFC 6455, 4.1
    connection = await echo.connect()
    await connection.send(head("GET", TARGET, headers) + glued)
    assert (await connection.answer()).status == 400
    assert await connection.rest() == b""
    assert echo.engine.sessions == {}


async def test_an_upgrade_of_http_1_0_is_none(echo: EchoServer) -> None:  # RFC 9110, 7.8
    connection = await echo.connect()
    await connection.send(head("GET", TARGET, UPGRADE).replace(b"HTTP/1.1", b"HTTP/1.0"))
    assert (await connection.answer()).json["message"] == "Bad request"
    assert echo.engine.sessions == {}


@pytest.mark.parametrize(
    ("headers", "body"),
    [({"Transfer-Encoding": "chunked"}, b"1\r\nx\r\n0\r\n\r\n"), ({"Content-Length": "3"}, b"xyz")],
)
async def test_an_upgrade_with_a_body_is_refused(echo: EchoServer, headers: dict[str, str], body: bytes) -> None:
    connection = await echo.connect()
    await connection.send(head("GET", TARGET, UPGRADE | headers) + body)
    assert (await connection.answer()).status == 400
    assert await connection.rest() == b""
    assert echo.engine.sessions == {}


async def test_an_upgrade_behind_a_poll_that_hangs_is_refused(echo: EchoServer) -> None:
    """Else the poll's answer would end up among the frames."""
    sid = await echo.handshake()
    poll = await echo.polling(sid)
    await poll.send(head("GET", TARGET, UPGRADE))
    assert (await poll.answer()).status == 400
    assert await poll.rest() == b""
    assert list(echo.engine.sessions) in ([sid], [])


async def test_an_upgrade_on_a_connection_that_has_served_is_welcome(echo: EchoServer) -> None:
    connection = await echo.connect()
    sid = (await connection.ask("GET", f"{ENGINE_IO}&transport=polling")).sid
    socket = await websocket(connection, sid)
    await socket.send("2probe")
    assert await socket.text() == "3probe"


# 4 and 5: shutdown


@pytest.mark.parametrize("answers", [True, False])
async def test_a_shutdown_says_goodbye_to_everybody_and_is_quick(echo: EchoServer, answers: bool) -> None:
    socket, sid = await echo.websocket(), await echo.handshake()
    poll, idle = await echo.polling(sid), await echo.connect()
    assert (await idle.ask("GET", "/", {"Host": "x"})).status == 404
    echo.server.should_exit = True
    async with asyncio.timeout(GUARD_S):
        shutdown = asyncio.create_task(echo.server.shutdown())
        assert (await socket.receive()).code == 1001
        assert (await poll.answer()).body == b"1"
        if answers:
            await socket.raw(frame(CLOSE, b"\x03\xe9"))
        await shutdown
    for connection in (socket.connection, poll, idle):
        assert await connection.rest() == b""
    assert {await echo.ended(), await echo.ended()} == {CloseReason.SERVER}
    assert not echo.server.server_state.tasks


async def test_the_server_runs_until_it_is_told_to_exit(opening: Open) -> None:
    echo = await opening()
    echo.stop()
    with socket.create_server(("127.0.0.1", 0)) as listening:
        serving = asyncio.create_task(echo.server.serve(sockets=[listening]))
        echo.server.should_exit = True
        async with asyncio.timeout(GUARD_S):
            await serving


# 13: the gate


class OneAdmission(CountingGate):
    """Lets one in, of no other page."""

    def check(self, head: Head) -> Denial | None:
        return Denial(403, "origin", "This page may not.") if head.get(b"origin") == b"https://evil.example" else None

    def enter(self, head: Head) -> Denial | Admission:
        return Denial(503, "full", "Come back.") if self.present else super().enter(head)


async def test_the_gate_is_asked_for_an_upgrade_too(opening: Open) -> None:
    gate = OneAdmission()
    echo = await opening(gate)
    sid = await echo.handshake()
    for target in (TARGET, f"{TARGET}&sid={sid}"):
        answer = await (await echo.connect()).ask("GET", target, UPGRADE | {"Origin": "https://evil.example"})
        assert answer.status == 403
        assert answer.json == {"code": 4, "message": "This page may not.", "reason": "origin"}
    assert (await (await echo.connect()).ask("GET", TARGET, UPGRADE)).status == 503
    upgrade = await echo.websocket(sid)  # of the one that has been let in
    await upgrade.send("2probe")
    assert await upgrade.text() == "3probe"
    assert gate.present == 1
    await echo.post(sid, b"1")
    await echo.ended()
    assert gate.present == 0
    await echo.websocket()
    assert gate.present == 1


async def test_the_gate_sees_the_same_head_as_of_a_poll(opening: Open) -> None:
    class Seeing(CountingGate):
        def __init__(self) -> None:
            super().__init__()
            self.heads: list[Head] = []

        def check(self, head: Head) -> None:
            self.heads.append(head)

    gate = Seeing()
    echo = await opening(gate)
    await (await echo.connect()).ask("GET", TARGET, UPGRADE | {"X-Two": "1", "x-two": "2"})
    await (await echo.connect()).ask("GET", f"{ENGINE_IO}&transport=polling", {"X-Two": "1", "x-two": "2"})
    upgrade, poll = gate.heads
    assert upgrade.get(b"x-two") == poll.get(b"x-two") == b"1, 2"
    assert upgrade.get(b"host") == poll.get(b"host") == b"localhost"
    assert (
        (upgrade.method, upgrade.peer, upgrade.tls) == (poll.method, poll.peer, poll.tls) == ("GET", "127.0.0.1", False)
    )
