"""Long-polling over a real server (Engine.IO protocol revision 4, "HTTP long-polling")."""

import asyncio

import pytest

from omefree.engine.gate import Admission, Denial, Head, OpenGate
from omefree.engine.polling import Polling
from omefree.engine.session import CloseReason, Session
from tests.engine.conftest import EchoServer, Open
from tests.engine.fakes import Asked, Bench, CountingGate, FakeTransport
from tests.engine.raw import ENGINE_IO

# Section "Handshake"


async def test_a_session_is_opened(echo: EchoServer) -> None:
    answer = await echo.ask("GET", "transport=polling")
    assert answer.status == 200
    assert answer.headers["content-type"] == "text/plain; charset=UTF-8"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.body.startswith(b'0{"sid":"')
    assert b'"upgrades":["websocket"]' in answer.body


@pytest.mark.parametrize(
    ("method", "query", "code"),
    [
        ("GET", "EIO=4", 0),
        ("GET", "EIO=4&transport=abc", 0),
        ("GET", "transport=polling", 5),
        ("GET", "EIO=abc&transport=polling", 5),
        ("GET", "EIO=3&transport=polling", 5),
        ("GET", "EIO=4&EIO=4&transport=polling", 5),
        ("POST", "EIO=4&transport=polling", 2),
        ("PUT", "EIO=4&transport=polling", 2),
        ("HEAD", "EIO=4&transport=polling", 2),
        ("GET", "EIO=4&transport=websocket", 3),  # without an upgrade
        ("GET", "EIO=4&transport=polling&sid=unknown", 1),
        ("POST", "EIO=4&transport=polling&sid=unknown", 1),
        ("GET", "", 0),
        ("GET", "%ff&%00=%&&==", 0),
    ],
)
async def test_a_bad_request_is_answered_as_by_the_official_server(
    echo: EchoServer, method: str, query: str, code: int
) -> None:
    connection = await echo.connect()
    answer = await connection.ask(method, f"/engine.io/?{query}")
    assert answer.status == 400
    if method != "HEAD":
        assert answer.json["code"] == code
        assert answer.json["reason"] == f"engine_{code}"
    assert echo.engine.sessions == {}
    connection.drop()


@pytest.mark.parametrize(("method", "status"), [("PUT", 400), ("HEAD", 400), ("DELETE", 400), ("OPTIONS", 204)])
async def test_other_methods_leave_a_session_as_it_is(echo: EchoServer, method: str, status: int) -> None:
    sid = await echo.handshake()
    answer = await echo.ask(method, f"transport=polling&sid={sid}")
    assert answer.status == status
    assert ("content-length" in answer.headers) == (status != 204)  # RFC 9110, 8.6
    assert (await echo.post(sid, b"4still here")).body == b"ok"


# Messages: sections "Sending and receiving data" and "Packet encoding"


@pytest.mark.parametrize("body", [b"4hello", b"4test1\x1e4test2\x1e4test3", b"4hello\x1ebAQIDBA==", "4é€😀".encode()])
async def test_messages_are_sent_and_received(echo: EchoServer, body: bytes) -> None:
    sid = await echo.handshake()
    sent = await echo.post(sid, body)
    assert (sent.status, sent.body) == (200, b"ok")
    got = await echo.poll(sid)
    assert (got.status, got.body) == (200, body)


async def test_a_hanging_poll_is_answered_by_the_next_message(echo: EchoServer) -> None:
    sid = await echo.handshake()
    connection = await echo.polling(sid)
    await echo.post(sid, b"4hello")
    assert (await connection.answer()).body == b"4hello"


async def test_a_long_queue_comes_in_payloads_that_the_python_client_takes(echo: EchoServer) -> None:
    sid = await echo.handshake()
    sent = [b"4%d" % number for number in range(40)]
    await echo.post(sid, b"\x1e".join(sent))
    got = [(await echo.poll(sid)).body.split(b"\x1e") for _ in range(3)]
    assert list(map(len, got)) == [16, 16, 8]
    assert [packet for payload in got for packet in payload] == sent


async def test_one_connection_serves_a_whole_session(echo: EchoServer) -> None:
    connection = await echo.connect()
    sid = (await connection.ask("GET", f"{ENGINE_IO}&transport=polling")).sid
    for number in range(3):
        body = b"4%d" % number
        assert (await connection.ask("POST", f"{ENGINE_IO}&transport=polling&sid={sid}", body=body)).body == b"ok"
        assert (await connection.ask("GET", f"{ENGINE_IO}&transport=polling&sid={sid}")).body == body


@pytest.mark.parametrize("body", [b"abc", b"", b"4a\x1e", b"bAQI", b"4\xff", b"7", b"4good\x1ebad"])
async def test_a_malformed_payload_closes_the_session(echo: EchoServer, body: bytes) -> None:
    sid = await echo.handshake()
    assert (await echo.post(sid, body)).status == 400
    assert await echo.ended() is CloseReason.PROTOCOL
    assert (await echo.poll(sid)).status == 400


async def test_a_body_over_the_limit_is_answered_413_unread(opening: Open) -> None:  # CVE-2020-36048
    echo = await opening(max_payload_bytes=100)
    sid = await echo.handshake()
    connection = await echo.posting(sid, b"Content-Length: 101\r\n\r\n")
    assert (await connection.answer()).status == 413
    assert await echo.ended() is CloseReason.PROTOCOL


async def test_a_body_without_an_announced_length_is_bounded(opening: Open) -> None:
    echo = await opening(max_payload_bytes=100)
    sid = await echo.handshake()
    connection = await echo.posting(sid, b"Transfer-Encoding: chunked\r\n\r\n" + b"32\r\n" + b"4" * 50 + b"\r\n")
    await connection.send(b"33\r\n" + b"4" * 51 + b"\r\n")
    assert (await connection.answer()).status == 413
    assert await echo.ended() is CloseReason.PROTOCOL


async def test_a_body_as_long_as_the_limit_is_taken(opening: Open) -> None:
    echo = await opening(max_payload_bytes=100)
    sid = await echo.handshake()
    assert (await echo.post(sid, b"4" * 100)).body == b"ok"


async def test_a_body_that_comes_too_slowly_closes_the_session(echo: EchoServer) -> None:
    sid = await echo.handshake()
    transport = echo.engine.sessions[sid].transport
    connection = await echo.posting(sid, b"Content-Length: 6\r\n\r\n4hell")
    await echo.until(lambda: getattr(transport, "posting", False))
    echo.clock.advance(9)
    assert sid in echo.engine.sessions
    echo.clock.advance(1)
    assert (await connection.answer()).status == 400
    assert await echo.ended() is CloseReason.PROTOCOL


async def test_a_body_that_nobody_wants_any_more_cannot_hold_the_connection(echo: EchoServer) -> None:  # CVE-2026-59725
    connection = await echo.posting("unknown", b"Content-Length: 1000\r\n\r\n4")
    assert (await connection.answer()).status == 400
    await connection.send(b"4")
    echo.clock.advance(10)
    assert await connection.rest() == b""


async def test_a_body_that_is_cut_off_closes_the_session(echo: EchoServer) -> None:
    sid = await echo.handshake()
    connection = await echo.posting(sid, b"Content-Length: 6\r\n\r\n4hell")
    connection.drop()
    assert await echo.ended() is CloseReason.PROTOCOL


async def test_a_client_may_wait_for_100_continue(echo: EchoServer) -> None:
    sid = await echo.handshake()
    connection = await echo.posting(sid, b"Expect: 100-continue\r\nContent-Length: 6\r\n\r\n")
    assert (await connection.answer()).status == 100
    await connection.send(b"4hello")
    assert (await connection.answer()).body == b"ok"


# One request at a time each way: sections "Receiving data" and "Sending data"


async def test_a_second_poll_closes_the_session(echo: EchoServer) -> None:
    sid = await echo.handshake()
    first = await echo.polling(sid)
    assert (await echo.poll(sid)).status == 400
    assert (await first.answer()).body == b"1"
    assert (await echo.poll(sid)).status == 400
    assert await echo.ended() is CloseReason.PROTOCOL


async def test_a_second_post_closes_the_session(opening: Open) -> None:
    echo = await opening()
    sid = await echo.handshake()
    first = await echo.posting(sid, b"Content-Length: 6\r\n\r\n4hell")
    transport = echo.engine.sessions[sid].transport
    await echo.until(lambda: getattr(transport, "posting", False))
    assert (await echo.post(sid, b"4two")).status == 400
    assert await echo.ended() is CloseReason.PROTOCOL
    await first.send(b"o")
    answer = await first.answer()
    assert answer.status == 400  # not `ok`: nobody has heard it
    assert answer.json["code"] == 1


async def test_a_poll_that_is_given_up_ends_the_session(echo: EchoServer) -> None:
    sid = await echo.handshake()
    connection = await echo.polling(sid)
    connection.drop()
    assert await echo.ended() is CloseReason.LOST
    assert (await echo.poll(sid)).status == 400


async def test_polls_over_the_limit_are_refused_and_told_when_to_come_back(opening: Open) -> None:
    echo = await opening(poll_limit=lambda: lambda now: 1.5)
    sid = await echo.handshake()
    for answer in (await echo.poll(sid), await echo.post(sid, b"4")):
        assert answer.status == 429
        assert answer.headers["retry-after"] == "2"
        assert answer.json["reason"] == "rate_limited"


# Section "Heartbeat", and the end


async def test_pings_come_by_polls_and_pongs_by_posts(echo: EchoServer) -> None:
    sid = await echo.handshake()
    for _ in range(3):
        echo.clock.advance(25)
        assert (await echo.poll(sid)).body == b"2"
        assert (await echo.post(sid, b"3")).body == b"ok"


async def test_a_client_that_does_not_answer_pings_is_gone(echo: EchoServer) -> None:
    sid = await echo.handshake()
    echo.clock.advance(45)
    assert (await echo.poll(sid)).status == 400
    assert await echo.ended() is CloseReason.LOST


async def test_the_clients_close_packet_ends_the_session(echo: EchoServer) -> None:
    sid = await echo.handshake()
    connection = await echo.polling(sid)
    assert (await echo.post(sid, b"1")).body == b"ok"
    assert (await connection.answer()).body == b"6"
    assert (await echo.poll(sid)).status == 400
    assert await echo.ended() is CloseReason.CLOSED


async def test_what_comes_behind_a_close_packet_is_not_acknowledged(echo: EchoServer) -> None:
    sid = await echo.handshake()
    assert (await echo.post(sid, b"4a\x1e1\x1e4b")).status == 400


async def test_a_hanging_poll_hears_that_the_server_closes(echo: EchoServer) -> None:
    sid = await echo.handshake()
    connection = await echo.polling(sid)
    echo.engine.close_all()
    assert (await connection.answer()).body == b"1"


async def test_the_last_words_wait_a_moment_for_a_client_between_two_polls(echo: EchoServer) -> None:
    sid = await echo.handshake()
    echo.engine.sessions[sid].send(b"4you go too fast")
    echo.engine.sessions[sid].close(CloseReason.SERVER, 1008)
    assert (await echo.post(sid, b"4hello?")).status == 400
    assert (await echo.poll(sid)).body == b"4you go too fast\x1e1"
    assert (await echo.poll(sid)).status == 400
    assert not echo.engine.pending_closes
    await echo.until(lambda: len(echo.engine.alarms) == 0)  # those of the connections too


async def test_last_words_that_nobody_fetches_are_forgotten(echo: EchoServer) -> None:
    sid = await echo.handshake()
    echo.engine.close_all()
    echo.clock.advance(3)
    assert not echo.engine.pending_closes
    assert (await echo.poll(sid)).status == 400


@pytest.mark.parametrize("reason", [each for each in CloseReason if each is not CloseReason.SERVER])
async def test_only_a_server_has_last_words(echo: EchoServer, reason: CloseReason) -> None:
    sid = await echo.handshake()
    echo.engine.sessions[sid].send(b"4from a partner")
    echo.engine.sessions[sid].close(reason)
    assert (await echo.poll(sid)).status == 400


async def test_a_client_that_does_not_poll_is_closed_when_its_queue_is_full(opening: Open) -> None:
    echo = await opening(send_queue_bytes=1_000)
    sid = await echo.handshake()
    for number in range(10):
        assert (await echo.post(sid, b"4" + b"x" * 99)).body == b"ok", number
    await echo.post(sid, b"4")
    assert await echo.ended() is CloseReason.SLOW
    assert (await echo.poll(sid)).status == 400


# The gate


class StrictGate(CountingGate):
    """Knows one foreign page, and is full after two."""

    def check(self, head: Head) -> Denial | None:
        good = head.get(b"origin") in (None, b"https://good.example")
        return None if good else Denial(403, "origin", "This page may not.")

    def cors(self, head: Head) -> list[tuple[bytes, bytes]]:
        good = head.get(b"origin") == b"https://good.example"
        return [(b"access-control-allow-origin", b"https://good.example"), (b"vary", b"Origin")] if good else []

    def enter(self, head: Head) -> Denial | Admission:
        return Denial(503, "full", "Come back.", 5.0) if self.present == 2 else super().enter(head)


@pytest.fixture
async def strict(opening: Open) -> EchoServer:
    return await opening(StrictGate())


@pytest.mark.parametrize(
    ("method", "query", "status"), [("GET", "", 200), ("GET", "&sid=x", 400), ("OPTIONS", "", 204)]
)
async def test_every_answer_has_the_applications_headers(opening: Open, method: str, query: str, status: int) -> None:
    echo = await opening(answer_headers=((b"x-frame-options", b"DENY"),))
    answer = await echo.ask(method, f"transport=polling{query}")
    assert (answer.status, answer.headers["x-frame-options"]) == (status, "DENY")


async def test_an_allowed_page_may_read_every_answer(strict: EchoServer) -> None:
    for method, query, status in (
        ("OPTIONS", "transport=polling", 204),
        ("GET", "transport=polling", 200),
        ("POST", "transport=polling&sid=unknown", 400),
    ):
        answer = await strict.ask(method, query, Origin="https://good.example")
        assert answer.status == status
        assert answer.headers["access-control-allow-origin"] == "https://good.example"
        assert answer.headers["vary"] == "Origin"


@pytest.mark.parametrize("method", ["GET", "POST", "OPTIONS"])
async def test_another_page_is_refused_with_every_method(strict: EchoServer, method: str) -> None:
    sid = await strict.handshake()
    for query in ("transport=polling", f"transport=polling&sid={sid}"):
        answer = await strict.ask(method, query, Origin="https://good.example.evil")
        assert answer.status == 403
        assert answer.json == {"code": 4, "message": "This page may not.", "reason": "origin"}
        assert "access-control-allow-origin" not in answer.headers


async def test_a_full_server_says_when_to_come_back(strict: EchoServer) -> None:
    await strict.handshake()
    sid = await strict.handshake()
    refused = await strict.ask("GET", "transport=polling")
    assert refused.status == 503
    assert refused.headers["retry-after"] == "5"
    await strict.post(sid, b"1")
    assert (await strict.ask("GET", "transport=polling")).status == 200


class FaultyGate(OpenGate):
    def enter(self, head: Head) -> Denial | Admission:
        raise RuntimeError("a bug that knows a secret")


async def test_a_bug_is_answered_without_its_text(opening: Open, caplog: pytest.LogCaptureFixture) -> None:
    echo = await opening(FaultyGate())
    answer = await echo.ask("GET", "transport=polling")
    assert answer.status == 500
    assert b"secret" not in answer.body
    assert answer.json["reason"] == "internal"
    assert "a request failed" in caplog.text


async def test_many_clients_at_once_are_served(echo: EchoServer) -> None:
    async def visit(number: int) -> bytes:
        sid = await echo.handshake()
        await echo.post(sid, b"4%d" % number)
        return (await echo.poll(sid)).body

    assert await asyncio.gather(*map(visit, range(30))) == [b"4%d" % number for number in range(30)]


def hanging() -> tuple[Bench, Session, Asked]:
    """A new session, and a poll that hangs."""
    bench = Bench()
    polling = Polling(bench.engine)
    polling.serve(Asked())
    (session,) = bench.engine.sessions.values()
    poll = Asked(f"&sid={session.sid}")
    polling.serve(poll)
    return bench, session, poll


async def two_turns() -> None:
    for _ in range(2):
        await asyncio.sleep(0)


async def test_a_client_that_hangs_up_while_it_is_answered_has_lost_its_session() -> None:
    bench, session, poll = hanging()
    session.send(b"4never read")
    poll.is_gone = True
    poll.changed()
    await two_turns()
    assert bench.handlers[0].ends == [CloseReason.LOST]


async def test_what_a_poll_has_not_yet_taken_goes_before_the_rest_by_websocket() -> None:
    _, session, poll = hanging()
    websocket = FakeTransport()
    session.send(b"4first")
    session.begin_upgrade(websocket)
    session.finish_upgrade(websocket)
    session.send(b"4second")
    assert [packet for packet in websocket.sent if packet != b"6"] == [b"4first", b"4second"]
    await two_turns()
    assert poll.answers == [b"6"]


async def test_all_that_two_turns_have_for_a_poll_is_one_answer() -> None:
    _, session, poll = hanging()
    session.send(b"4first")
    await asyncio.sleep(0)
    session.send(b"4second")
    assert poll.answers == []
    await asyncio.sleep(0)
    assert poll.answers == [b"4first\x1e4second"]
