"""Two channels, a server between them that can be made to lie or to break, and a clock that tests move."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from functools import cache
from hashlib import shake_256
from heapq import heappop, heappush
from typing import Literal

from msgspec import Struct

from omefree.contract.codes import Code
from omefree.contract.events import Limits
from omefree.contract.limits import MESSAGE_BYTES, QUOTAS, SIGNAL_BYTES
from omefree.guard.quota import Bucket
from omefree.seal.channel import Channel
from omefree.seal.content import Candidate, Description, Sendable, Text
from omefree.seal.frame import HELLO, Frame, RelayEvent, decode_frame
from omefree.seal.handshake import ENTROPY_BYTES, Offer, make_offer
from omefree.seal.outputs import Delivered, Emit, Faulted, Opened, Output, Received

Side = Literal["a", "b"]
SIDES: tuple[Side, Side] = ("a", "b")
OTHER: dict[Side, Side] = {"a": "b", "b": "a"}

LIMITS = Limits(10, 32, 5, SIGNAL_BYTES, MESSAGE_BYTES, 15.0, QUOTAS)
LATENCY_S = 0.04  # one way
START_S = 1000.0
CHAT = "n1.Zm9yIHRlc3Rz"
FINGERPRINT = "a=fingerprint:sha-256 " + ":".join(["AB"] * 32)
SDP = f"v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\n{FINGERPRINT}\r\n"


@cache
def offer(name: str) -> Offer:
    """The same for the same name."""
    return make_offer(shake_256(name.encode()).digest(ENTROPY_BYTES))


def candidate(number: int) -> Candidate:
    return Candidate(f"candidate:{number} 1 udp 2122260223 192.0.2.1 {1024 + number} typ host", "0", 0, "abcd")


def description() -> Description:
    return Description("offer", SDP)


class Packet(Struct):
    """A relayed event on its way to `to`. `delay_s` comes on top of the latency."""

    to: Side
    event: RelayEvent
    data: str
    delay_s: float = 0.0

    @property
    def frame(self) -> Frame:
        return decode_frame(self.data)


Script = Callable[[Packet], Iterable[Packet]]
Refuse = Callable[[Side, Emit], Code | None]


def honest(packet: Packet) -> Iterable[Packet]:
    return [packet]


def willing(side: Side, emit: Emit) -> None:
    return None


class Relay:
    """The server. `script` says what it does with each packet, `refuse` how it refuses an event.

    `answers`: whether its acknowledgements arrive.
    """

    def __init__(self, channels: dict[Side, Channel], script: Script = honest) -> None:
        self.channels = channels
        self.script = script
        self.refuse: Refuse = willing
        self.answers = True
        self.now = START_S
        self.away: set[Side] = set()  # and the server knows
        self.dead: set[Side] = set()  # and nobody knows
        self.out: dict[Side, list[Output]] = {"a": [], "b": []}
        self.emitted: dict[Side, list[Emit]] = {"a": [], "b": []}
        self.refused = 0  # for haste, by the real quotas
        self._buckets: defaultdict[tuple[Side, RelayEvent], Bucket] = defaultdict(Bucket)
        self._unanswered: dict[Side, set[int]] = {"a": set(), "b": set()}
        self._planned: list[tuple[float, int, Callable[[], None]]] = []
        self._count = 0

    # --- time -------------------------------------------------------------------------------------------------------

    def run(self, seconds: float = 0.0) -> Relay:
        """Do what is due until then, in order."""
        end = self.now + seconds
        self._collect()
        turns = 0
        while (due := self._next()) is not None and due <= end:
            assert (turns := turns + 1) < 200_000, "it wakes for nothing"
            self.now = max(self.now, due)
            if self._planned and self._planned[0][0] <= self.now:
                heappop(self._planned)[2]()
            for channel in self.channels.values():
                if channel.wakes_at is not None and channel.wakes_at <= self.now:
                    channel.wake(self.now)
                    assert channel.wakes_at is None or channel.wakes_at > self.now
            self._collect()
        self.now = end
        return self

    def _next(self) -> float | None:
        times = [channel.wakes_at for channel in self.channels.values() if channel.wakes_at is not None]
        times += [self._planned[0][0]] if self._planned else []
        return min(times, default=None)

    def at(self, delay_s: float, act: Callable[[], None]) -> None:
        self._count += 1
        heappush(self._planned, (self.now + delay_s, self._count, act))

    # --- the server -------------------------------------------------------------------------------------------------

    def _collect(self) -> None:
        for side, channel in self.channels.items():
            for output in channel.outputs():
                if isinstance(output, Emit):
                    self._serve(side, output)
                else:
                    assert not self.faults(side), "nothing comes out after the end"
                    self.out[side].append(output)

    def _serve(self, side: Side, emit: Emit) -> None:
        assert len(emit.data) <= {"message": MESSAGE_BYTES, "signal": SIGNAL_BYTES}[emit.event]
        self.emitted[side].append(emit)
        self._unanswered[side].add(emit.token)
        if side in self.dead | self.away:
            return
        code = self.refuse(side, emit) or ("partner_away" if OTHER[side] in self.away else None)
        wait_s = self._buckets[side, emit.event].take(QUOTAS[emit.event], self.now) if code is None else 0.0
        if wait_s:
            self.refused += 1
            code = "rate_limited"
        if code is None:
            self.pass_on(Packet(OTHER[side], emit.event, emit.data))
        if self.answers:
            self.at(2 * LATENCY_S, lambda: self._answer(side, emit.token, code, wait_s or None))

    def pass_on(self, packet: Packet) -> None:
        for each in self.script(packet):
            self.put(each)

    def put(self, packet: Packet) -> None:
        """Deliver this, whoever made it."""
        if packet.to not in self.dead | self.away:
            self.at(LATENCY_S + packet.delay_s, lambda: self._deliver(packet))

    def _deliver(self, packet: Packet) -> None:
        if packet.to not in self.dead | self.away:
            self.channels[packet.to].receive(packet.event, packet.data, self.now)

    def _answer(
        self, side: Side, token: int, code: Code | Literal["not_connected"] | None, wait_s: float | None
    ) -> None:
        if side not in self.dead | self.away and token in self._unanswered[side]:
            self._unanswered[side].discard(token)
            self.channels[side].answered(token, code, wait_s, self.now)

    # --- links ------------------------------------------------------------------------------------------------------

    def die(self, side: Side) -> None:
        """The link is dead: what is in flight is lost, and nobody knows it yet."""
        self.dead.add(side)

    def part(self, side: Side) -> None:
        """A link breaks, and both sides are told."""
        self.dead.discard(side)
        self.away.add(side)
        for each in SIDES:
            self.channels[each].pause(self.now)
        for token in self._unanswered[side]:
            self.channels[side].answered(token, "not_connected", None, self.now)
        self._unanswered[side].clear()

    def back(self, side: Side) -> None:
        self.away.discard(side)
        if not self.away:
            for each in SIDES:
                self.channels[each].resume(self.now)

    # --- what came out ----------------------------------------------------------------------------------------------

    def say(self, side: Side, *texts: str) -> list[int]:
        return [self.channels[side].send(Text(text), self.now) for text in texts]

    def signal(self, side: Side, *contents: Sendable) -> list[int]:
        return [self.channels[side].send(content, self.now) for content in contents]

    def heard(self, side: Side) -> list[str]:
        return [content.text for content in self.contents(side) if isinstance(content, Text)]

    def signals(self, side: Side) -> list[Sendable]:
        return [content for content in self.contents(side) if not isinstance(content, Text)]

    def contents(self, side: Side) -> list[Sendable]:
        return [output.content for output in self.out[side] if isinstance(output, Received)]

    def opened(self, side: Side) -> Opened | None:
        return next((output for output in self.out[side] if isinstance(output, Opened)), None)

    def states(self, side: Side, n: int) -> list[str]:
        return [output.state for output in self.out[side] if isinstance(output, Delivered) and output.n == n]

    def faults(self, side: Side) -> list[str]:
        return [output.code for output in self.out[side] if isinstance(output, Faulted)]

    def sealed(self) -> bool:
        return all(self.opened(side) is not None and not self.faults(side) for side in SIDES)


def channel(mine: Offer, commit: str | None, *, polite: bool, chat: str = CHAT, next_commit: str | None = None,
            limits: Limits = LIMITS) -> Channel:  # fmt: skip
    return Channel(chat=chat, polite=polite, offer=mine, commit=commit, next_commit=next_commit, limits=limits,
                   now=START_S)  # fmt: skip


def pair(script: Script = honest, *, chat: str = CHAT, name: str = "") -> Relay:
    """Two who have just been matched: a is impolite, b polite."""
    a, b = offer(f"{name}a"), offer(f"{name}b")
    return Relay(
        {
            "a": channel(a, b.commit, polite=False, chat=chat, next_commit=offer("a again").commit),
            "b": channel(b, a.commit, polite=True, chat=chat, next_commit=offer("b again").commit),
        },
        script,
    )


def sealed_pair(script: Script = honest, *, chat: str = CHAT, name: str = "") -> Relay:
    """Two whose chat is sealed; the script begins then."""
    relay = pair(chat=chat, name=name).run(1.0)
    assert relay.sealed()
    relay.script = script
    return relay


def is_hello(packet: Packet) -> bool:
    return packet.frame.kind == HELLO
