"""A whole chat server in a test: the real presence over the real engine, with a fake clock and a fake network.

Nothing is awaited: when `emit` returns, the server has dealt with what a client sent.
"""

from __future__ import annotations

import itertools
import json
import secrets
import weakref
from collections.abc import Callable
from functools import partial
from ipaddress import IPv4Address
from typing import Any

from omefree.chat.options import ChatOptions
from omefree.chat.presence import Presence
from omefree.chat.safety import Safety
from omefree.chat.visitor import VisitorRecord
from omefree.config import Config
from omefree.contract import limits
from omefree.contract.events import IceServer
from omefree.engine.engine import Engine
from omefree.engine.gate import Admission, Head
from omefree.engine.options import EngineOptions
from omefree.engine.sockets import Namespace, Namespaces
from omefree.engine.websocket import WebSocketTransport
from omefree.exchange.cluster import Cluster
from omefree.exchange.memory import MemoryExchange
from omefree.guard.counters import Counters
from omefree.guard.record import Records
from omefree.http.gate import FORGET_S, HttpGate
from omefree.matching.exclusions import Exclusions
from omefree.matching.lobby import Lobby
from omefree.matching.local import LocalLobby
from omefree.net.turn import stun_servers, turn_servers
from tests.clock import FakeClock

TEXT = 1  # RFC 6455, section 5.2
HOST = "chat.example"
TURN = "turn:turn.example:3478"
VIDEO = {"mode": "video"}
BY_TEXT = {"mode": "text"}

Received = list[Any]  # name and arguments, or "ack" and the answer
Reply = dict[str, Any]


class FakeChat:
    """The server, its clock, and every client that ever came."""

    def __init__(
        self,
        *,
        quota_scale: float = 1.0,
        has_turn: bool = False,
        hesitation_s: float = 5.0,
        node: str = "n1",
        send_queue_bytes: int = 262_144,
        max_connections: int = 50_000,
        resume_window_s: float = limits.RESUME_WINDOW_S,
        resume_window_chat_s: float = limits.RESUME_WINDOW_CHAT_S,
        choose: Callable[[int], int] = secrets.randbelow,
        config: Config | None = None,
        clock: FakeClock | None = None,
        exchange: Callable[[FakeChat], Cluster] | None = None,
    ) -> None:
        self.clock = clock or FakeClock()
        engine_options = EngineOptions(
            ping_interval_s=limits.PING_INTERVAL_S,
            ping_timeout_s=limits.PING_TIMEOUT_S,
            max_payload_bytes=limits.MAX_PAYLOAD_BYTES,
            send_queue_bytes=send_queue_bytes,
            binary=False,
            node=node,
        )
        chat_options = ChatOptions(
            server="omefree/test",
            node=node,
            quota_scale=quota_scale,
            resume_window_s=resume_window_s,
            resume_window_chat_s=resume_window_chat_s,
            has_turn=has_turn,
            ice_servers=partial(self._ice_servers, has_turn),
        )
        namespaces: dict[str, Namespace] = {}
        settings = config or Config(quota_scale=quota_scale, max_connections=max_connections)
        self.gate = HttpGate(settings, self.clock.time)
        self.engine = Engine(engine_options, self.clock, partial(Namespaces, namespaces), self.gate)
        self.lobby, self.exclusions = Lobby(choose, hesitation_s), Exclusions()
        self.exchange: MemoryExchange | Cluster
        if exchange is None:
            self.exchange = MemoryExchange(LocalLobby(self.lobby, self.exclusions), self.clock)
        else:
            self.exchange = exchange(self)
        self.ice_fails = False
        self._visitors: list[weakref.ref[VisitorRecord]] = []
        self.counters = Counters(self.clock.time)
        self.records = Records(self.gate.present, self.counters.pause, self.gate.voter)
        self.gate.listen(self.records)
        self.safety = Safety(self.records, self.counters, self.clock, quota_scale)
        self.presence = Presence(chat_options, self.clock, self.engine.alarms, self.exchange, self.safety, self.gate)
        namespaces["/"] = self.presence.connect
        self._turns = itertools.count(1)
        # Addresses that stand nowhere in the code: tests search for what is left of them.
        self._addresses = map(IPv4Address, itertools.count(int(IPv4Address(f"10.{73 + ord(node[0])}.0.1"))))
        self._tidies_at = self.clock.time()

    def arrive(self, *, address: str = "", **auth: Any) -> Client:
        """A new client that has connected, with `auth` if given: from an address of its own, if none is given."""
        client = self.knock(address=address, **auth)
        assert client.names()[:2] == ["connect", "welcome"]
        client.greeting = client.one("welcome")
        self._visitors.append(weakref.ref(self.visitor(client)))
        client.heard = client.heard[2:]
        return client

    def knock(self, raw_auth: str = "", *, address: str = "", **auth: Any) -> Client:
        """As `arrive`, but perhaps refused."""
        client = Client(self, address)
        client.network.transport.opened()
        client.write("40" + (raw_auth or (json.dumps(auth) if auth else "")))
        return client

    def new_address(self) -> str:
        """One that nobody has had: of a network of its own, as far as votes go."""
        return str(next(self._addresses))

    def admit(self, address: str) -> Admission:
        """Lets somebody in from this address."""
        admission = self.gate.enter(Head("GET", "/", ((b"host", HOST.encode()),), address, tls=False))
        assert isinstance(admission, Admission), admission
        return admission

    def visitor(self, client: Client) -> VisitorRecord:
        """What the server holds of a client that is here."""
        visitor: VisitorRecord = client.session.handler.main.handler.visitor
        return visitor

    def pass_time(self, seconds: float) -> None:
        """Time goes on; what the server's own timer forgets is forgotten as often as there (server.py)."""
        end = self.clock.time() + seconds
        while self._tidies_at + FORGET_S <= end:
            self._tidies_at += FORGET_S
            self.clock.advance(max(0.0, self._tidies_at - self.clock.time()))
            self.gate.prune()
            self.safety.sweep()
        self.clock.advance(end - self.clock.time())

    def pair(self, criteria: Reply = BY_TEXT) -> tuple[Client, Client]:
        """Two who chat, each having heard all that led there."""
        a, b = self.arrive(), self.arrive()
        self.introduce(a, b, criteria)
        return a, b

    def introduce(self, a: Client, b: Client, criteria: Reply = BY_TEXT) -> None:
        for client in (a, b):
            assert client.emit("find", criteria) == {"ok": True}
        assert a.chat == b.chat != ""
        a.hears()
        b.hears()

    def holds(self) -> dict[str, int]:
        """How many of each thing the server holds; after all have left and the counter has been told, nothing."""
        held = {
            "sessions": len(self.engine.sessions),
            "lingering": len(self.engine.lingering),
            "alarms": len(self.engine.alarms),
            "visitors": len(self.presence.visitors),
            "not forgotten": sum(visitor() is not None for visitor in self._visitors),
            "counted": self.presence.counter.count,
            "searching": len(self.exchange),
            "lobby": 0 if self.lobby.is_empty() else 1,
            "exclusions": len(self.exclusions),
            "address keys": self.gate.remembered(),
            "records": self.safety.holds(),
            "places": self.gate.connected,
        }
        return {name: count for name, count in held.items() if count}

    def _ice_servers(self, has_turn: bool, host: str, with_turn: bool) -> list[IceServer]:
        if self.ice_fails:
            raise RuntimeError("a bug")
        servers = stun_servers(host, 3478)
        if with_turn and has_turn:
            servers += turn_servers([TURN], "secret", self.clock.time(), f"name{next(self._turns)}")
        return servers


class FakeNetwork:
    """The client's end of a WebSocket: a FrameWriter (engine/websocket.py). It answers pings, unless it is `silent`."""

    def __init__(self, fake_chat: FakeChat, client: Client, address: str) -> None:
        self._clock = fake_chat.clock
        self._limit = fake_chat.engine.options.send_queue_bytes
        self._client = client
        self.silent = False  # a dead network: nothing arrives, and nobody knows
        self.reads = True  # else what is sent stays in the server's buffer
        self.unread = 0
        self.close_code: int | None = None
        self.is_open = True
        self.transport = WebSocketTransport(fake_chat.engine, self, admission=fake_chat.admit(address))

    def send(self, packet: bytes) -> None:
        if self.silent:
            return
        if not self.reads:
            self.unread += len(packet)
            if self.unread > self._limit:
                self.transport.overflow()
        elif packet == b"2":
            self._clock.call_soon(self.write, b"3")
        else:
            self._client.take(packet.decode())

    def write(self, frame: bytes) -> None:
        if self.is_open and not self.silent:
            self.transport.frame(TEXT, True, frame)

    def send_pong(self, payload: bytes) -> None:
        raise AssertionError("this client sends no pings")

    def send_close(self, code: int) -> None:
        self.close_code = code
        self._clock.call_soon(self.drop)

    def disconnect(self) -> None:
        self._clock.call_soon(self.drop)

    def abort(self) -> None:
        self._clock.call_soon(self.drop)

    def drop(self) -> None:
        """The connection is gone, on both sides."""
        if self.is_open:
            self.is_open = False
            self.transport.gone()


class Client:
    """One tab of a visitor. `heard` has the events that it got, in order; `hears` takes them out."""

    def __init__(self, fake_chat: FakeChat, address: str = "") -> None:
        self.fake_chat = fake_chat
        self.address = address or fake_chat.new_address()
        self.heard: list[Received] = []
        self.greeting: Reply = {}  # of `welcome`
        self.chat = ""  # the last that it was matched in
        self.closed_with: int | None = None
        self._acks = itertools.count()
        self._answers: dict[int, Reply] = {}
        self.network = FakeNetwork(fake_chat, self, self.address)

    @property
    def session(self) -> Any:
        return self.network.transport.session

    @property
    def token(self) -> str:
        return str(self.greeting["resume"])

    @property
    def is_open(self) -> bool:
        return self.network.is_open and not self.network.transport.closing

    # --- what it does ---

    def emit(self, name: str, *args: Any) -> Reply:
        """Send an event that asks for an acknowledgement, and return that. The server then takes its turns."""
        answer = self.request(json.dumps([name, *args]))
        assert answer is not None, f"{name} was not acknowledged"
        return answer

    def tell(self, name: str, *args: Any) -> None:
        """Send an event that asks for none."""
        self.write("42" + json.dumps([name, *args]))

    def request(self, body: str) -> Reply | None:
        """Send an event's JSON as it is, with an acknowledgement number; return the answer."""
        number = next(self._acks)
        self.write(f"42{number}{body}")
        return self._answers.pop(number, None)

    def post(self, name: str, *args: Any) -> None:
        """As `tell`, but the server has not yet taken its turn when this returns."""
        self.network.write(b"42" + json.dumps([name, *args]).encode())

    def write(self, frame: str | bytes) -> None:
        self.network.write(frame.encode() if isinstance(frame, str) else frame)
        self.fake_chat.clock.advance()

    def cut(self) -> None:
        """The link breaks, and the server notices."""
        self.network.drop()
        self.fake_chat.clock.advance()

    def fall_silent(self) -> None:
        """The link breaks, and the server does not notice yet."""
        self.network.silent = True

    def close(self, code: int = 1000) -> None:
        """The peer's close frame."""
        self.network.transport.peer_closed(code)
        self.fake_chat.clock.advance()

    def disconnect(self) -> None:
        """Socket.IO's DISCONNECT, as the page sends it on `pagehide`."""
        self.write("41")

    def come_back(self, address: str = "") -> Client:
        """The same visitor on a new transport, with its last token; from another address, if one is given."""
        return self.fake_chat.arrive(address=address or self.address, resume=self.token)

    # --- what it hears ---

    def take(self, packet: str) -> None:
        kind, body = packet[:2], packet[2:]
        if body.startswith("/"):
            body = body.partition(",")[2]
        if kind == "42":
            self._event(json.loads(body))
        elif kind == "43":
            number = body[: body.index("[")]
            [answer] = json.loads(body[len(number) :])
            self._answers[int(number)] = answer
            self.heard.append(["ack", answer])
        elif kind in ("40", "44"):
            self.heard.append(["connect" if kind == "40" else "connect_error", json.loads(body)])
        else:
            assert packet[0] == "0", packet

    def hears(self) -> list[Received]:
        """What it was told since it was last asked; the counter apart."""
        heard, self.heard = self.heard, []
        return [event for event in heard if event[0] != "online"]

    def names(self) -> list[str]:
        return [event[0] for event in self.heard if event[0] != "online"]

    def one(self, name: str) -> Any:
        """The argument of the only event with this name."""
        [event] = [event for event in self.heard if event[0] == name]
        return event[1]

    def _event(self, event: Received) -> None:
        self.heard.append(event)
        if event[0] == "matched":
            self.chat = event[1]["chat"]


def told(client: Client) -> list[Received]:
    """As `hears`, without the replies to what it has asked."""
    return [event for event in client.hears() if event[0] != "ack"]


def is_well(a: Client, b: Client) -> bool:
    """Whether both links live and one more message goes each way."""
    for speaker, listener in ((a, b), (b, a)):
        listener.hears()
        answer = speaker.emit("message", speaker.chat, "still here?")
        if answer != {"ok": True} or listener.hears() != [["message", speaker.chat, "still here?"]]:
            return False
    return a.is_open and b.is_open
