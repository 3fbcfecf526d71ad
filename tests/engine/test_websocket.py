"""The WebSocket transport without a network (RFC 6455; Engine.IO protocol revision 4, "Upgrade")."""

from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from omefree.engine.session import CloseReason, Session
from omefree.engine.websocket import Assembler, WebSocketTransport, encode_frame
from omefree.errors import ProtocolError
from omefree.wire.engineio import Binary
from tests.engine.fakes import HEAD, Bench, FakeTransport, FakeWriter
from tests.engine.raw import frame

CONTINUATION, TEXT, BINARY = 0, 1, 2
LIMIT_BYTES = 100


# Assembler (RFC 6455, section 5.4)


@given(st.lists(st.binary(max_size=20), min_size=1, max_size=5), st.sampled_from([TEXT, BINARY]))
def test_fragments_are_put_together(parts: list[bytes], kind: int) -> None:
    assembler = Assembler(LIMIT_BYTES)
    for number, part in enumerate(parts):
        fin = number == len(parts) - 1
        message = assembler.feed(kind if number == 0 else CONTINUATION, fin, part)
        assert (message is not None) == fin
    assert message == b"".join(parts)
    assert (type(message) is Binary) == (kind == BINARY)


def test_a_message_may_be_as_long_as_the_limit_and_no_longer() -> None:
    assembler = Assembler(LIMIT_BYTES)
    assembler.feed(TEXT, False, bytes(LIMIT_BYTES - 1))
    assert assembler.feed(CONTINUATION, True, b"\0") == bytes(LIMIT_BYTES)
    assembler.feed(TEXT, False, bytes(LIMIT_BYTES))
    assert assembler.feed(CONTINUATION, False, b"") is None
    with pytest.raises(ProtocolError) as refused:
        assembler.feed(CONTINUATION, True, b"\0")
    assert refused.value.close_code == 1009


@pytest.mark.parametrize("part", [b"", b"4"])
def test_a_message_is_of_no_more_fragments_than_it_may_have_bytes(part: bytes) -> None:
    """CVE-2026-48779: those of nothing could go on without end."""
    assembler = Assembler(LIMIT_BYTES)
    for number in range(LIMIT_BYTES):
        assert assembler.feed(CONTINUATION if number else TEXT, False, part) is None
    with pytest.raises(ProtocolError) as refused:
        assembler.feed(CONTINUATION, False, part)
    assert refused.value.close_code == 1009


def test_the_fragments_of_each_message_are_counted_anew() -> None:
    assembler = Assembler(LIMIT_BYTES)
    for _ in range(3):
        for number in range(LIMIT_BYTES - 1):
            assert assembler.feed(CONTINUATION if number else TEXT, False, b"") is None
        assert assembler.feed(CONTINUATION, True, b"4") == b"4"


@given(st.lists(st.text(), min_size=1, max_size=4), st.randoms(use_true_random=False))
def test_messages_arrive_whole_however_they_are_cut(texts: list[str], chance: Random) -> None:
    bench = Bench()
    socket = Socket(bench)
    for text in texts:
        left, opcode = b"4" + text.encode(), TEXT
        while chance.randrange(4):
            size = chance.randrange(len(left) + 1)
            socket.transport.frame(opcode, False, left[:size])
            left, opcode = left[size:], CONTINUATION
        socket.transport.frame(opcode, True, left)
    assert socket.handler.messages == [b"4" + text.encode() for text in texts]
    assert socket.writer.ends == []


frames = st.tuples(
    st.sampled_from([CONTINUATION, TEXT, BINARY]),
    st.booleans(),
    st.sampled_from([b"", b"3", b"4", b"1", b"5", b"2probe", b"4x", b"4\xc3", b"\xa9", b"4\xff"])
    | st.binary(max_size=60),
)


@given(st.lists(frames, max_size=12), st.booleans())
def test_whatever_frames_come_nothing_is_raised_and_each_session_ends_once(
    sent: list[tuple[int, bool, bytes]], upgrades: bool
) -> None:
    bench = Bench(max_payload_bytes=LIMIT_BYTES)
    socket = Socket(bench, bench.open(FakeTransport(replaceable=True))[0] if upgrades else None)
    for opcode, fin, data in sent:
        socket.transport.frame(opcode, fin, data)
    if not upgrades:
        assert bool(socket.handler.ends) == bool(socket.writer.ends)
    socket.transport.gone()
    bench.engine.close_all()  # a probe that goes wrong has left polling alone
    assert len(socket.handler.ends) == 1
    assert len(socket.writer.ends) <= 1
    assert (bench.gate.present, len(bench.engine.sessions), len(bench.engine.alarms)) == (0, 0, 0)


@pytest.mark.parametrize("opcodes", [[CONTINUATION], [TEXT, TEXT], [TEXT, BINARY], [BINARY, CONTINUATION, TEXT]])
def test_fragments_in_a_wrong_order_are_refused(opcodes: list[int]) -> None:
    assembler = Assembler(LIMIT_BYTES)
    *good, bad = opcodes
    for opcode in good:
        assembler.feed(opcode, False, b"4")
    with pytest.raises(ProtocolError) as refused:
        assembler.feed(bad, True, b"4")
    assert refused.value.close_code == 1002


# What goes out (section 5.2)


@pytest.mark.parametrize("size", [0, 1, 125, 126, 65_535, 65_536, 1_000_000])
@pytest.mark.parametrize(("kind", "opcode"), [(bytes, TEXT), (Binary, BINARY)])
def test_a_frame_has_the_shortest_length_and_no_mask(size: int, kind: type[bytes], opcode: int) -> None:
    packet = kind(b"x" * size)
    assert encode_frame(packet) == frame(opcode, packet, mask=None)


# A session on a WebSocket


class Socket:
    """An open WebSocket of a new session, or one that asks for a session's place."""

    def __init__(self, bench: Bench, session: Session | None = None) -> None:
        self.writer = FakeWriter()
        if session is None:
            self.transport = WebSocketTransport(bench.engine, self.writer, admission=bench.engine.enter(HEAD))
        else:
            self.transport = WebSocketTransport(bench.engine, self.writer, sid=session.sid)
        self.transport.opened()
        self.handler: Any = bench.handlers[-1]

    def text(self, packet: bytes) -> None:
        self.transport.frame(TEXT, True, packet)


@pytest.fixture
def bench() -> Bench:
    return Bench(max_payload_bytes=LIMIT_BYTES, close_timeout_s=3.0, upgrade_timeout_s=10.0)


@pytest.fixture
def socket(bench: Bench) -> Socket:
    socket = Socket(bench)
    (opened,) = socket.writer.take()
    assert opened.startswith(b"0{")
    return socket


def test_messages_of_both_kinds_arrive_in_order(socket: Socket) -> None:
    socket.text(b"4one")
    socket.transport.frame(BINARY, True, b"4two")
    socket.transport.frame(TEXT, False, b"4th")
    socket.transport.frame(CONTINUATION, True, b"ree")
    assert socket.handler.messages == [b"4one", b"4two", b"4three"]
    assert [type(message) is Binary for message in socket.handler.messages] == [False, True, False]


def test_a_letter_may_be_cut_by_a_fragment(socket: Socket) -> None:
    text = "4é€😀".encode()
    for byte in text[:-1]:
        socket.transport.frame(TEXT if byte == text[0] else CONTINUATION, False, bytes([byte]))
    socket.transport.frame(CONTINUATION, True, text[-1:])
    assert socket.handler.messages == [text]


@pytest.mark.parametrize(
    ("frames", "code"),
    [
        ([(TEXT, True, b"4\xff")], 1007),
        ([(TEXT, False, b"4\xc3"), (CONTINUATION, True, b"\x28")], 1007),
        ([(TEXT, True, b"hello")], 1002),
        ([(TEXT, True, b"")], 1002),
        ([(CONTINUATION, True, b"4")], 1002),
        ([(TEXT, False, b"4"), (TEXT, True, b"4")], 1002),
        ([(TEXT, False, bytes(60)), (CONTINUATION, True, bytes(60))], 1009),
    ],
)
def test_what_breaks_the_protocol_closes_the_session(
    socket: Socket, frames: list[tuple[int, bool, bytes]], code: int
) -> None:
    for opcode, fin, data in frames:
        socket.transport.frame(opcode, fin, data)
    assert socket.writer.ends == [f"close {code}"]
    assert socket.handler.ends == [CloseReason.PROTOCOL]
    assert socket.handler.messages == []


def test_a_binary_message_where_none_is_taken_closes_with_1003() -> None:
    socket = Socket(Bench(binary=False))
    socket.transport.frame(BINARY, True, b"\0")
    assert socket.writer.ends == ["close 1003"]


def test_a_connection_that_its_library_refuses_ends_the_session_at_once(socket: Socket) -> None:
    socket.transport.fail(1002)
    socket.transport.fail(1009)
    assert socket.writer.ends == ["close 1002"]
    assert socket.handler.ends == [CloseReason.PROTOCOL]


def test_after_our_close_nothing_is_heard(bench: Bench, socket: Socket) -> None:
    bench.engine.close_all()
    socket.text(b"4late")
    socket.text(b"\xff")
    socket.transport.fail(1002)
    assert socket.writer.ends == ["close 1001"]
    assert socket.handler.messages == []
    assert socket.handler.ends == [CloseReason.SERVER]


def test_the_peers_answer_to_our_close_ends_the_connection(bench: Bench, socket: Socket) -> None:
    bench.engine.close_all()
    socket.transport.peer_closed(1001)
    assert socket.writer.ends == ["close 1001", "disconnect"]
    socket.transport.gone()
    assert len(bench.engine.alarms) == 0
    assert not bench.engine.lingering


def test_a_peer_that_does_not_answer_our_close_is_cut_off(bench: Bench, socket: Socket) -> None:
    bench.engine.close_all()
    bench.clock.advance(2.98)
    assert socket.writer.ends == ["close 1001"]
    bench.clock.advance(0.02)
    assert socket.writer.ends == ["close 1001", "abort"]


@pytest.mark.parametrize(
    ("code", "reason", "answer"),
    [
        (1000, CloseReason.CLIENT, 1000),
        (1001, CloseReason.CLIENT, 1001),
        (None, CloseReason.LOST, 1000),  # the official client's after a ping timeout; it may come back
        *((code, CloseReason.LOST, 1000) for code in (1002, 1003, *range(1007, 1015), 3000, 3999, 4000, 4999)),
        *((code, CloseReason.PROTOCOL, 1002) for code in (0, 1, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000)),
        *((code, CloseReason.PROTOCOL, 1002) for code in (2999, 5000, 65_535)),
    ],
)
def test_a_close_is_answered_and_says_whether_the_client_meant_it(
    socket: Socket, code: int | None, reason: CloseReason, answer: int
) -> None:  # RFC 6455, 5.5.1 and 7.4
    socket.transport.peer_closed(code)
    assert socket.writer.ends == [f"close {answer}", "disconnect"]
    assert socket.handler.ends == [reason]


def test_a_peer_that_says_goodbye_and_never_reads_is_cut_off(bench: Bench, socket: Socket) -> None:
    socket.transport.peer_closed(1000)
    bench.clock.advance(3)
    assert socket.writer.ends[-1] == "abort"


def test_a_broken_connection_loses_the_session(bench: Bench, socket: Socket) -> None:
    socket.transport.gone()
    assert socket.handler.ends == [CloseReason.LOST]
    assert bench.gate.present == 0


def test_a_peer_that_does_not_read_is_cut_off_at_once(socket: Socket) -> None:
    socket.transport.overflow()
    assert socket.handler.ends == [CloseReason.SLOW]
    assert socket.writer.ends[-1] == "abort"


# Upgrade


@pytest.fixture
def polling() -> FakeTransport:
    return FakeTransport(replaceable=True)


def test_a_probe_and_an_upgrade_packet_take_a_session_over(bench: Bench, polling: FakeTransport) -> None:
    session, handler = bench.open(polling)
    socket = Socket(bench, session)
    assert socket.writer.sent == []
    socket.text(b"2probe")
    assert socket.writer.take() == [b"3probe"]
    session.send(b"4while it upgrades")
    socket.text(b"5")
    socket.text(b"4hello")
    assert socket.writer.sent == [b"4while it upgrades"]
    assert handler.messages == [b"4hello"]
    bench.clock.advance(11)  # the upgrade's deadline is off
    assert socket.writer.ends == []


@pytest.mark.parametrize("packet", [b"5", b"3probe", b"2", b"4hello", b"1"])
def test_without_a_probe_a_websocket_takes_nothing(bench: Bench, polling: FakeTransport, packet: bytes) -> None:
    session, handler = bench.open(polling)
    socket = Socket(bench, session)
    socket.text(packet)
    assert socket.writer.ends == ["close 1008"]
    assert handler.ends == handler.messages == []
    assert session.transport is polling


@pytest.mark.parametrize("frame", [(TEXT, b"2probe"), (TEXT, b"4hello"), (BINARY, b"5"), (TEXT, b"\xff")])
def test_a_probe_that_goes_wrong_leaves_polling_alone(
    bench: Bench, polling: FakeTransport, frame: tuple[int, bytes]
) -> None:
    session, handler = bench.open(polling)
    socket = Socket(bench, session)
    socket.text(b"2probe")
    session.send(b"4held")
    socket.transport.frame(frame[0], True, frame[1])
    assert len(socket.writer.ends) == 1
    assert polling.sent == [b"4held"]
    assert handler.ends == []


def test_a_binary_probe_is_none(bench: Bench, polling: FakeTransport) -> None:
    session, _ = bench.open(polling)
    socket = Socket(bench, session)
    socket.transport.frame(BINARY, True, b"2probe")
    assert socket.writer.sent == []
    assert socket.writer.ends == ["close 1008"]


@pytest.mark.parametrize("probes", [False, True])
def test_an_upgrade_that_stalls_is_given_up(bench: Bench, polling: FakeTransport, probes: bool) -> None:
    session, handler = bench.open(polling)
    socket = Socket(bench, session)
    if probes:
        socket.text(b"2probe")
        session.send(b"4held")
    bench.clock.advance(10)
    assert socket.writer.ends == ["close 1008"]
    assert polling.sent == [b"4held"] * probes
    assert handler.ends == []


def test_a_probing_connection_that_breaks_leaves_polling_alone(bench: Bench, polling: FakeTransport) -> None:
    session, handler = bench.open(polling)
    socket = Socket(bench, session)
    socket.text(b"2probe")
    session.send(b"4held")
    socket.transport.gone()
    assert polling.sent == [b"4held"]
    assert handler.ends == []


def test_the_end_of_a_session_ends_its_probe(bench: Bench, polling: FakeTransport) -> None:
    session, _ = bench.open(polling)
    socket = Socket(bench, session)
    socket.text(b"2probe")
    session.close(CloseReason.SERVER, 1001)
    assert socket.writer.ends == ["close 1001"]
    bench.clock.advance(3)
    assert socket.writer.ends == ["close 1001", "abort"]


def test_a_second_websocket_takes_nothing_from_the_first(bench: Bench, polling: FakeTransport) -> None:
    session, handler = bench.open(polling)
    first, rival = Socket(bench, session), Socket(bench, session)
    first.text(b"2probe")
    rival.text(b"2probe")
    assert rival.writer.ends == ["close 1008"]
    first.text(b"5")
    late = Socket(bench, session)
    assert late.writer.ends == ["close 1008"]
    late.transport.gone()
    rival.transport.gone()
    first.text(b"4mine")
    assert handler.messages == [b"4mine"]


def test_a_probe_for_a_session_that_has_ended_is_refused(bench: Bench, polling: FakeTransport) -> None:
    session, _ = bench.open(polling)
    socket = Socket(bench, session)
    session.close(CloseReason.LOST)
    socket.text(b"2probe")
    assert socket.writer.ends == ["close 1008"]
    assert Socket(bench, session).writer.ends == ["close 1008"]
