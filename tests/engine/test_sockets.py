"""The Socket.IO layer: namespaces, events, acknowledgements (protocol revision 5)."""

import weakref
from typing import Any

import msgspec
import pytest

from omefree.engine.session import CloseReason, Handler, Session
from omefree.engine.sockets import Arrival, Namespaces, Socket
from omefree.errors import NamespaceRefused
from omefree.wire.engineio import Binary
from tests.echo import SocketEcho
from tests.engine.fakes import Bench, FakeTransport, no_garbage_collector, receive


class Talker(SocketEcho):
    """The echo, with a memory."""

    def __init__(self, socket: Socket, auth: bytes) -> None:
        super().__init__(socket, auth)
        if "refuse" in self.auth:
            raise NamespaceRefused("not today", self.auth["refuse"])
        self.frames: list[tuple[bytes, int, int | None]] = []

    def event(self, frame: bytes, at: int, ack: int | None) -> None:
        self.frames.append((frame, at, ack))
        super().event(frame, at, ack)


class Client:
    """What a client sends and hears."""

    def __init__(self, **options: Any) -> None:
        self.talkers: dict[str, Talker] = {}
        self.bench = Bench(self._connection, connect_timeout_s=10.0, **options)
        self.transport = FakeTransport()
        self.session, _ = self.bench.open(self.transport)

    def _connection(self, session: Session) -> Handler:
        def connect(socket: Socket, auth: bytes) -> Talker:
            return self.talkers.setdefault(socket.name, Talker(socket, auth))

        return Namespaces({"/": connect, "/custom": connect}, session)

    def send(self, *packets: bytes) -> list[bytes]:
        for packet in packets:
            receive(self.session, packet)
        return self.transport.take()

    def connect(self, namespace: bytes = b"") -> None:
        answer, auth = self.send(b"40" + namespace)
        assert answer.startswith(b"40")
        assert auth.endswith(b'["auth",{}]')

    @property
    def closed(self) -> bool:
        return bool(self.transport.closed)


@pytest.fixture
def client() -> Client:
    return Client()


@pytest.fixture
def connected(client: Client) -> Client:
    client.connect()
    return client


# Connecting: section "Connection to a namespace"


@pytest.mark.parametrize("namespace", [b"", b"/custom,"])
def test_a_client_connects_to_a_namespace_and_is_told_its_sid(client: Client, namespace: bytes) -> None:
    answer, auth = client.send(b"40" + namespace + b'{"token":"123"}')
    assert answer.startswith(b"40" + namespace + b"{")
    assert list(msgspec.json.decode(answer[2 + len(namespace) :])) == ["sid"]
    assert auth == b"42" + namespace + b'["auth",{"token":"123"}]'


def test_the_sids_of_sockets_and_session_differ(client: Client) -> None:
    client.connect()
    client.connect(b"/custom,")
    sids = {client.session.sid, *(talker.socket.sid for talker in client.talkers.values())}
    assert len(sids) == 3


@pytest.mark.parametrize("packet", [b"40/other,", b"40/other", b'40/other,{"token":"123"}'])
def test_an_unknown_namespace_is_refused_and_the_connection_lives(connected: Client, packet: bytes) -> None:
    assert connected.send(packet) == [b'44/other,{"message":"Invalid namespace"}']
    assert connected.send(b'42["message",1]') == [b'42["message-back",1]']


def test_a_namespace_may_refuse_a_client_and_say_why(client: Client) -> None:
    assert client.send(b'40{"refuse":{"code":"full"}}') == [b'44{"message":"not today","data":{"code":"full"}}']
    assert client.send(b'40/custom,{"refuse":null}') == [b'44/custom,{"message":"not today"}']
    client.connect()


def test_connecting_twice_closes(connected: Client) -> None:
    assert connected.send(b"40") == []
    assert connected.transport.closed == [(CloseReason.PROTOCOL, 1002)]


@pytest.mark.parametrize(
    "packet",
    [
        b"4abc",
        b'42["message"]',
        b"43[1]",
        b'430["a"]',
        b"41",
        b"42/custom,[1]",
        b'451-["a",{"_placeholder":true,"num":0}]',
    ],
)
def test_a_client_that_is_not_connected_may_only_connect(client: Client, packet: bytes) -> None:
    client.send(packet)
    assert client.closed


def test_a_client_that_connects_to_nothing_is_closed(client: Client) -> None:
    client.bench.clock.advance(9.98)
    assert not client.closed
    client.bench.clock.advance(0.02)
    assert client.closed


def test_ten_thousand_that_connect_to_nothing_are_gone_at_the_deadline() -> None:
    bench = Bench(lambda session: Namespaces({}, session), connect_timeout_s=10.0, ping_interval_s=25.0)
    transports = [FakeTransport() for _ in range(10_000)]
    for transport in transports:
        bench.open(transport)
        bench.clock.advance(0.0001)
    bench.clock.advance(10)
    assert all(transport.closed for transport in transports)
    assert (bench.gate.present, len(bench.engine.sessions), len(bench.engine.alarms)) == (0, 0, 0)


def test_one_that_only_tries_wrong_namespaces_is_closed(client: Client) -> None:
    client.send(b"40/other,")
    client.bench.clock.advance(10)
    assert client.closed


def test_a_connected_client_may_be_silent(connected: Client) -> None:
    connected.bench.clock.advance(20)
    assert not connected.closed


def test_one_that_has_left_every_namespace_must_connect_again(connected: Client) -> None:
    connected.bench.clock.advance(20)
    connected.send(b"41")
    connected.bench.clock.advance(4)  # the ping comes after 5
    assert not connected.closed
    connected.send(b"40")
    connected.bench.clock.advance(1)
    connected.send(b"3", b"41")
    connected.bench.clock.advance(10)
    assert connected.closed


# Events: section "Sending and receiving data"


def test_an_event_reaches_its_handler_as_the_bytes_that_came(connected: Client) -> None:
    frame = b'42["message", 1,  "two"]'
    assert connected.send(frame) == [b'42["message-back",1,"two"]']
    assert connected.talkers["/"].frames == [(frame, 2, None)]


def test_events_reach_their_own_namespace(client: Client) -> None:
    client.connect()
    client.connect(b"/custom,")
    assert client.send(b'42/custom,["message",1]') == [b'42/custom,["message-back",1]']
    assert client.talkers["/"].frames == []


@pytest.mark.parametrize("number", [b"0", b"1", b"456", b"9" * 15])
@pytest.mark.parametrize("namespace", [b"", b"/custom,"])
def test_an_event_is_acknowledged_with_its_number(client: Client, namespace: bytes, number: bytes) -> None:
    client.connect(namespace)
    answers = client.send(b"42" + namespace + number + b'["message-with-ack",1,[2]]')
    assert answers == [b"43" + namespace + number + b"[1,[2]]"]


@pytest.mark.parametrize(
    "packet",
    [
        *(b"4abc", b"42{}", b'42abc["message-with-ack",1]'),
        *(b"4", b"42", b"42x", b"421", b"42123456", b"42-1[]", b"42 1[]", b"421,[]", b"421-[]"),
        *(b"42" + b"9" * 16 + b"[]", b"42" + b"9" * 17 + b"[]"),  # 2**53 and over: no client reads it exactly
        *(b"47", b"44{}", b'44{"message":"no"}', b"42[", b"42[1", b"42[1]", b'42["connect"]', b"42[]"),
    ],
)
def test_a_malformed_packet_closes_a_connected_client(
    connected: Client, packet: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    connected.send(packet)
    assert connected.transport.closed == [(CloseReason.PROTOCOL, 1002)]
    assert caplog.records == []


# Acknowledgements of ours: section "Acknowledgement"


def test_an_answer_reaches_the_one_who_asked(connected: Client) -> None:
    assert connected.send(b'42["ask",5]') == [b'421["question",5]']
    assert connected.send(b'42["ask",6]') == [b'422["question",6]']
    assert connected.send(b'432["six"]') == [b'42["answered","six"]']
    assert connected.send(b"431[]") == [b'42["answered"]']


def test_an_answer_comes_once_and_to_no_one_else(connected: Client) -> None:
    connected.send(b'42["ask",5]')
    assert connected.send(b"431[1]") == [b'42["answered",1]']
    assert connected.send(b"431[1]", b"437[1]", b"430[1]") == []
    assert not connected.closed


def test_a_malformed_answer_closes(connected: Client) -> None:
    connected.send(b'42["ask",5]', b"431[")
    assert connected.closed


# Binary events: section "Packet encoding"


def test_a_binary_event_waits_for_its_attachments(connected: Client) -> None:
    head = b'452-["message",{"_placeholder":true,"num":0},{"deep":[{"_placeholder":true,"num":1}]}]'
    assert connected.send(head, Binary(b"\1\2")) == []
    answer, *attachments = connected.send(Binary(b"\3"))
    assert answer == head.replace(b"message", b"message-back")
    assert attachments == [b"\1\2", b"\3"]
    assert all(type(attachment) is Binary for attachment in attachments)


def test_a_binary_event_is_acknowledged_in_kind(connected: Client) -> None:
    answer = connected.send(b'451-789["message-with-ack",{"_placeholder":true,"num":0}]', Binary(b"\1"))
    assert answer == [b'461-789[{"_placeholder":true,"num":0}]', b"\1"]


def test_an_answer_may_be_binary(connected: Client) -> None:
    connected.send(b'42["ask",5]')
    answer = connected.send(b'461-1[{"_placeholder":true,"num":0}]', Binary(b"\7"))
    assert answer == [b'451-["answered",{"_placeholder":true,"num":0}]', b"\7"]


@pytest.mark.parametrize(
    "packets",
    [
        [Binary(b"\1")],  # of nothing
        [b'451-["a",{"_placeholder":true,"num":0}]', b'42["message"]'],  # missing: CVE-2026-48804
        [b'452-["a",{"_placeholder":true,"num":0}]', Binary(b"\1"), b"40/custom,"],
        [b'451-["a",{"_placeholder":true,"num":0}]', Binary(b"\1"), Binary(b"\2")],  # one too many
        [b'451-["a",{"_placeholder":true,"num":1}]', Binary(b"\1")],  # CVE-2022-2421
        [b'451-["a",{"_placeholder":true,"num":"splice"}]', Binary(b"\1")],
        [b'451-[{"_placeholder":true,"num":0}]', Binary(b"\1")],  # CVE-2023-32695
        [b'451-["disconnect",{"_placeholder":true,"num":0}]', Binary(b"\1")],
        [b"451-[", Binary(b"\1")],
        [b"451-" + b"[" * 50_000, Binary(b"\1")],
        [b'4511-["a"]'],  # CVE-2026-33151
        [b'450-["a"]'],  # CVE-2026-69185
        [b'451-/custom,["a",{"_placeholder":true,"num":0}]'],  # not connected to it
    ],
)
def test_a_malformed_binary_event_closes(
    connected: Client, packets: list[bytes], caplog: pytest.LogCaptureFixture
) -> None:
    connected.send(*packets)
    assert connected.transport.closed == [(CloseReason.PROTOCOL, 1002)]
    assert caplog.records == []


def test_where_no_binary_is_taken_a_binary_event_closes() -> None:
    client = Client(binary=False)
    client.connect()
    client.send(b'451-["message",{"_placeholder":true,"num":0}]')
    assert client.closed


# Leaving: section "Disconnection from a namespace"


@pytest.mark.parametrize("packet", [b"41/custom,", b"41/custom"])
def test_leaving_one_namespace_leaves_the_other(client: Client, packet: bytes) -> None:
    client.connect()
    client.connect(b"/custom,")
    assert client.send(packet) == []
    assert client.talkers["/custom"].ended is CloseReason.CLIENT
    assert client.talkers["/"].ended is None
    assert client.send(b'42["message",1]') == [b'42["message-back",1]']
    client.send(b'42/custom,["message",1]')
    assert client.closed


def test_one_that_has_left_is_still_pinged() -> None:
    client = Client(ping_interval_s=3.0)
    client.connect()
    assert client.send(b"41") == []
    client.bench.clock.advance(3)
    assert client.transport.take() == [b"2"]


def test_one_may_come_back_to_a_namespace(connected: Client) -> None:
    connected.send(b"41")
    connected.talkers.clear()
    connected.connect()
    assert connected.send(b'42["message",1]') == [b'42["message-back",1]']


def test_the_end_of_the_session_ends_every_socket_once(client: Client) -> None:
    client.connect()
    client.connect(b"/custom,")
    client.session.close(CloseReason.LOST)
    assert [talker.ended for talker in client.talkers.values()] == [CloseReason.LOST] * 2
    client.talkers["/"].socket.emit("late")
    assert client.transport.sent == []
    assert len(client.bench.engine.alarms) == 0


def test_the_server_may_disconnect_a_socket(connected: Client) -> None:
    connected.talkers["/"].socket.disconnect()
    assert connected.transport.sent == [b"41"]
    assert connected.transport.closed == [(CloseReason.SERVER, 1000)]


def test_a_client_too_slow_for_its_welcome_is_not_welcomed() -> None:
    client = Client()
    client.transport.send = lambda packet: client.session.close(CloseReason.SLOW)  # type: ignore[method-assign]
    receive(client.session, b"40")
    assert client.talkers["/"].ended is CloseReason.SLOW


def test_a_socket_that_has_ended_needs_no_garbage_collector() -> None:
    client = Client()
    client.connect()
    client.bench.handlers.clear()
    trace = weakref.ref(client.talkers["/"])
    with no_garbage_collector():
        client.session.close(CloseReason.CLIENT)
        client.talkers.clear()
        assert trace() is None


def test_a_client_that_is_refused_again_and_again_is_closed(client: Client) -> None:
    for _ in range(10):
        assert client.send(b"40/unknown,") == [b'44/unknown,{"message":"Invalid namespace"}']
    client.send(b"40/unknown,")
    assert client.closed


def test_an_acknowledgement_that_nobody_asked_for_is_not_even_decoded(connected: Client) -> None:
    assert connected.send(b"437[this is no JSON]") == []
    assert not connected.closed


class Doorkeeper:
    """A client of a namespace that decides later."""

    def __init__(self) -> None:
        self.arrival = Arrival()
        self.sockets: list[Socket] = []
        self.bench = Bench(lambda session: Namespaces({"/": self._arrive}, session), connect_timeout_s=10.0)
        self.transport = FakeTransport()
        self.session, _ = self.bench.open(self.transport)

    def _arrive(self, socket: Socket, auth: bytes) -> Arrival:
        self.sockets.append(socket)
        return self.arrival

    def send(self, packet: bytes) -> list[bytes]:
        receive(self.session, packet)
        return self.transport.take()


def test_a_connect_has_no_answer_until_its_namespace_has_decided() -> None:
    door = Doorkeeper()
    assert door.send(b"40") == []
    talker = Talker(door.sockets[0], b"")
    door.arrival.answer(talker)
    assert door.transport.take()[0].startswith(b'40{"sid":')
    assert door.send(b'42["message",1]') == [b'42["message-back",1]']
    door.bench.clock.advance(11.0)
    assert door.transport.closed == []


def test_who_was_waiting_may_be_refused_and_asks_again() -> None:
    door = Doorkeeper()
    door.send(b"40")
    door.arrival.answer(NamespaceRefused("not today", {"code": "full"}))
    assert door.transport.take() == [b'44{"message":"not today","data":{"code":"full"}}']
    assert door.send(b"40") == []
    assert len(door.sockets) == 2


@pytest.mark.parametrize("packet", [b"40", b"40/custom,", b'42["message",1]'])
def test_nothing_else_is_said_before_the_answer(packet: bytes) -> None:
    door = Doorkeeper()
    door.send(b"40")
    door.send(packet)
    assert bool(door.transport.closed) == (packet != b"40/custom,")


@pytest.mark.parametrize(
    ("end", "reason"),
    [
        (lambda door: door.send(b"41"), CloseReason.CLIENT),
        (lambda door: door.session.close(CloseReason.LOST), CloseReason.LOST),
        (lambda door: door.bench.clock.advance(11.0), CloseReason.PROTOCOL),
    ],
)
def test_who_leaves_before_the_answer_is_gone(end: Any, reason: CloseReason) -> None:
    door = Doorkeeper()
    door.send(b"40")
    end(door)
    assert door.arrival.gone_for is reason
    sent = list(door.transport.sent)
    door.arrival.answer(Talker(door.sockets[0], b""))
    assert door.transport.sent == sent
    assert len(door.bench.engine.alarms) == 0
