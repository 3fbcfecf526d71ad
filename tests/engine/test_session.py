"""An Engine.IO session: heartbeat, upgrade, bounds, the end (protocol revision 4)."""

import weakref

import pytest

from omefree.engine.session import CloseReason, Session
from omefree.errors import ProtocolError
from omefree.wire.engineio import Binary
from tests.engine.fakes import ADMISSION, Bench, FakeHandler, FakeTransport, handshake, no_garbage_collector, receive

QUEUE_BYTES = 1_000


@pytest.fixture
def bench() -> Bench:
    return Bench(ping_interval_s=25.0, ping_timeout_s=20.0, send_queue_bytes=QUEUE_BYTES)


def test_the_first_packet_tells_the_options() -> None:  # "Handshake"
    bench = Bench(node="b7", ping_interval_s=0.3, ping_timeout_s=0.2, max_payload_bytes=65_536)
    transport = FakeTransport()
    session = bench.engine.open(ADMISSION, transport, ["websocket"])
    (packet,) = transport.sent
    assert packet[:1] == b"0"
    assert handshake(packet) == {
        "sid": session.sid,
        "upgrades": ["websocket"],
        "pingInterval": 300,
        "pingTimeout": 200,
        "maxPayload": 65_536,
    }
    assert session.sid.startswith("b7.")


def test_every_session_has_another_sid(bench: Bench) -> None:
    assert len({bench.open(FakeTransport())[0].sid for _ in range(100)}) == 100


def test_a_message_reaches_the_handler_and_an_answer_the_link(bench: Bench) -> None:
    transport = FakeTransport()
    session, handler = bench.open(transport)
    handler.on_message = session.send
    receive(session, b"4hello")
    receive(session, Binary(b"\1\2"))
    assert handler.messages == transport.sent == [b"4hello", b"\1\2"]


# Heartbeat


def test_a_ping_goes_out_at_each_interval_as_long_as_pongs_come(bench: Bench) -> None:
    transport = FakeTransport()
    session, _ = bench.open(transport)
    for _ in range(3):
        bench.clock.advance(24.98)
        assert transport.sent == []
        bench.clock.advance(0.02)
        assert transport.take() == [b"2"]
        receive(session, b"3")
    assert transport.closed == []


def test_a_silent_client_is_gone_exactly_after_interval_and_timeout(bench: Bench) -> None:
    transport = FakeTransport()
    _, handler = bench.open(transport)
    bench.clock.advance(44.98)
    assert handler.ends == []
    bench.clock.advance(0.02)
    assert handler.ends == [CloseReason.LOST]
    assert len(transport.closed) == 1


def test_a_message_is_no_pong(bench: Bench) -> None:
    session, handler = bench.open(FakeTransport())
    for _ in range(9):
        bench.clock.advance(5)
        receive(session, b"4still here")
    assert handler.ends == [CloseReason.LOST]


def test_a_pong_that_nobody_asked_for_changes_nothing(bench: Bench) -> None:  # CVE-2026-48802
    transport = FakeTransport()
    session, _ = bench.open(transport)
    planned = bench.clock.planned()
    bench.clock.advance(20)
    for _ in range(100):
        receive(session, b"3")
    assert bench.clock.planned() == planned
    bench.clock.advance(5)
    assert transport.sent == [b"2"]


# Upgrade


@pytest.fixture
def polling() -> FakeTransport:
    return FakeTransport(replaceable=True)


def test_nothing_is_lost_or_reordered_by_an_upgrade(bench: Bench, polling: FakeTransport) -> None:
    session, _ = bench.open(polling)
    websocket = FakeTransport()
    session.send(b"4before")
    polling.unsent, polling.sent = polling.sent, []  # no poll has fetched it
    session.begin_upgrade(websocket)
    session.send(b"4during 1")
    session.send(b"4during 2")
    assert polling.sent == websocket.sent == []
    session.finish_upgrade(websocket)
    session.send(b"4after")
    assert websocket.sent == [b"4before", b"4during 1", b"4during 2", b"4after"]
    assert polling.sent == []


def test_the_old_link_is_heard_until_the_upgrade_packet(bench: Bench, polling: FakeTransport) -> None:
    session, handler = bench.open(polling)
    session.begin_upgrade(FakeTransport())
    receive(session, b"4by polling")
    assert handler.messages == [b"4by polling"]


def test_after_an_abandoned_probe_polling_goes_on(bench: Bench, polling: FakeTransport) -> None:
    session, handler = bench.open(polling)
    websocket = FakeTransport()
    session.begin_upgrade(websocket)
    session.send(b"4during")
    session.lost(websocket)
    session.send(b"4after")
    assert polling.sent == [b"4during", b"4after"]
    assert handler.ends == []
    session.begin_upgrade(FakeTransport())  # and another may try


def test_the_end_of_the_old_link_after_an_upgrade_is_no_end(bench: Bench, polling: FakeTransport) -> None:
    session, handler = bench.open(polling)
    websocket = FakeTransport()
    session.begin_upgrade(websocket)
    session.finish_upgrade(websocket)
    session.lost(polling)
    assert handler.ends == []
    session.lost(websocket)
    assert handler.ends == [CloseReason.LOST]


def test_a_session_is_taken_over_by_one_websocket_only(bench: Bench, polling: FakeTransport) -> None:
    session, _ = bench.open(polling)
    first = FakeTransport()
    session.begin_upgrade(first)
    with pytest.raises(ProtocolError):
        session.begin_upgrade(FakeTransport())
    with pytest.raises(ProtocolError):
        session.finish_upgrade(FakeTransport())
    session.finish_upgrade(first)
    with pytest.raises(ProtocolError):
        session.begin_upgrade(FakeTransport())


def test_a_closed_session_is_not_taken_over(bench: Bench, polling: FakeTransport) -> None:
    session, _ = bench.open(polling)
    websocket = FakeTransport()
    session.begin_upgrade(websocket)
    session.close(CloseReason.SERVER, 1001)
    assert websocket.closed == polling.closed == [(CloseReason.SERVER, 1001)]
    with pytest.raises(ProtocolError):
        session.finish_upgrade(websocket)
    with pytest.raises(ProtocolError):
        session.begin_upgrade(FakeTransport())


def test_a_probe_that_stays_too_long_fills_no_memory(bench: Bench, polling: FakeTransport) -> None:
    session, handler = bench.open(polling)
    session.begin_upgrade(FakeTransport())
    for _ in range(QUEUE_BYTES // 10):
        session.send(b"4" + b"x" * 9)
    assert handler.ends == []
    session.send(b"4")
    assert handler.ends == [CloseReason.SLOW]
    assert session.held is None


# The end


@pytest.mark.parametrize(
    ("packet", "code"),
    [
        (b"0{}", 1002),
        (b"2", 1002),
        (b"2probe", 1002),
        (b"5", 1002),
        (b"6", 1002),
    ],  # what only a server sends, or a probe
)
def test_a_packet_that_is_not_for_now_closes_the_session(bench: Bench, packet: bytes, code: int) -> None:
    transport = FakeTransport()
    session, handler = bench.open(transport)
    receive(session, packet)
    assert transport.closed == [(CloseReason.PROTOCOL, code)]
    assert handler.ends == [CloseReason.PROTOCOL]


def test_a_binary_message_where_none_is_taken_closes_with_1003() -> None:  # RFC 6455, 7.4.1
    bench = Bench(binary=False)
    transport = FakeTransport()
    session, handler = bench.open(transport)
    receive(session, Binary(b"\0"))
    assert transport.closed == [(CloseReason.PROTOCOL, 1003)]
    assert handler.messages == []


def test_the_clients_close_packet_ends_the_session(bench: Bench) -> None:
    transport = FakeTransport()
    session, handler = bench.open(transport)
    receive(session, b"1")
    assert handler.ends == [CloseReason.CLOSED]
    assert transport.closed == [(CloseReason.CLOSED, 1000)]


def test_a_session_ends_once_and_leaves_nothing(bench: Bench) -> None:
    transport = FakeTransport()
    session, handler = bench.open(transport)
    assert bench.gate.present == 1
    session.close(CloseReason.SERVER)
    session.close(CloseReason.LOST)
    session.lost(transport)
    assert handler.ends == [CloseReason.SERVER]
    assert bench.gate.present == 0
    assert bench.engine.sessions == {}
    assert len(bench.engine.alarms) == 0
    session.send(b"4late")
    assert transport.sent == []


def test_a_handler_that_fails_ends_its_session_and_raises_nothing(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(packet: bytes) -> None:
        raise RuntimeError("a bug")

    transport = FakeTransport()
    session, handler = bench.open(transport)
    handler.on_message = fail
    receive(session, b"4")
    assert transport.closed == [(CloseReason.SERVER, 1011)]
    assert handler.ends == [CloseReason.SERVER]
    assert "a handler failed" in caplog.text


class FailsAtTheEnd(FakeHandler):
    def closed(self, reason: CloseReason) -> None:
        super().closed(reason)
        raise RuntimeError("a bug")


def test_a_handler_that_fails_at_its_end_does_not_stop_the_end_of_all(caplog: pytest.LogCaptureFixture) -> None:
    bench = Bench(FailsAtTheEnd)
    handlers = [bench.open(FakeTransport())[1] for _ in range(3)]
    bench.engine.close_all()
    assert [handler.ends for handler in handlers] == [[CloseReason.SERVER]] * 3
    assert bench.engine.sessions == {}
    assert caplog.text.count("a handler failed") == 3


def test_a_handler_may_close_its_session_in_a_message(bench: Bench) -> None:
    transport = FakeTransport()
    session, handler = bench.open(transport)
    handler.on_message = lambda packet: session.close(CloseReason.SERVER, 1008)
    receive(session, b"4")
    assert transport.closed == [(CloseReason.SERVER, 1008)]
    assert handler.ends == [CloseReason.SERVER]


def test_a_session_that_has_ended_needs_no_garbage_collector(bench: Bench) -> None:
    session, handler = bench.open(FakeTransport())
    bench.handlers.clear()
    traces = [weakref.ref(handler)]
    with no_garbage_collector():
        session.close(CloseReason.SERVER)
        del handler
        assert [trace() for trace in traces] == [None]


def test_everything_ends_when_the_server_goes(bench: Bench) -> None:
    transports = [FakeTransport() for _ in range(3)]
    opened: list[tuple[Session, FakeHandler]] = [bench.open(transport) for transport in transports]
    bench.engine.close_all()
    assert all(transport.closed == [(CloseReason.SERVER, 1001)] for transport in transports)
    assert all(handler.ends == [CloseReason.SERVER] for _, handler in opened)
