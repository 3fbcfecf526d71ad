"""A partner that lies: what is sealed as it should be and still makes no sense. The relay has no part in it."""

from dataclasses import dataclass, field

import pytest

from omefree.seal.content import Description, Text, encode_content
from omefree.seal.frame import HELLO, MESSAGE, RECEIPT, SIGNAL, Frame, RelayEvent, encode_frame
from omefree.seal.handshake import Keys, agree
from tests.seal.relay import CHAT, SDP, Packet, Relay, description, offer, pair, sealed_pair


@dataclass
class Liar:
    """Sealed to `a`, but with whatever content."""

    relay: Relay = field(default_factory=lambda: pair(lambda packet: [packet] if packet.to == "b" else []))
    keys: Keys = field(
        default_factory=lambda: agree(offer("b"), offer("a").commit, offer("a").hello, CHAT, polite=True)
    )

    def greet(self) -> None:
        self.relay.put(Packet("a", "signal", encode_frame(Frame(HELLO, 0, offer("b").hello))))

    def tell(self, kind: int, n: int, content: bytes) -> None:
        lane = {MESSAGE: "message", SIGNAL: "signal", RECEIPT: "receipt"}[kind]
        body = self.keys.seal(lane, n, content)  # type: ignore[arg-type]
        event: RelayEvent = "message" if kind == MESSAGE else "signal"
        self.relay.put(Packet("a", event, encode_frame(Frame(kind, n, body))))


def lp(*fields: bytes) -> bytes:
    return b"".join(len(field).to_bytes(2, "big") + field for field in fields)


READY = lp(b"ready", b'{"commit": null}')


@pytest.mark.parametrize(
    "content",
    [b"", lp(b"text", b"hi"), lp(b"ready", b""), lp(b"ready", b"{}"), lp(b"ready", b'{"commit": "short"}'),
     lp(b"ready", b'{"commit": 1}'), READY + b"\0", READY[:-1], lp(b"media", b'{"mic":true,"cam":true}')],
)  # fmt: skip
def test_the_first_thing_is_not_ready(content: bytes) -> None:
    liar = Liar()
    liar.greet()
    liar.tell(SIGNAL, 0, content)
    assert liar.relay.run(1).faults("a") == ["seal_failed"]


def test_a_ready_that_is_not_the_first_is_ignored() -> None:
    liar = Liar()
    liar.greet()
    liar.tell(SIGNAL, 0, READY)
    liar.tell(SIGNAL, 1, lp(b"ready", b'{"commit": "%s"}' % (b"A" * 43)))
    liar.tell(MESSAGE, 0, READY)
    liar.tell(MESSAGE, 1, encode_content(Text("hi")))
    relay = liar.relay.run(1)
    assert relay.faults("a") == []
    assert relay.heard("a") == ["hi"]
    assert relay.signals("a") == []
    opened = relay.opened("a")
    assert opened is not None
    assert opened.partner_commit is None


UNFIT = [
    *(b"", b"\0", lp(b"text", b""), lp(b"text", b"\xff"), lp(b"dance", b"{}"), lp(b"text", b"x" * 12_001)),
    lp(b"receipt", b'{"message":0,"signal":0,"again":true}'),
    lp(b"media", b'{"mic":true,"cam":false}'),
]
UNFIT_RECEIPTS = [
    b"{}",
    b'{"message":-1,"signal":0,"again":true}',
    b'{"message":9,"signal":9,"again":false}',
    b'{"message":9007199254740991,"signal":9007199254740991,"again":true}',
]


def test_what_does_not_fit_is_ignored_and_counts() -> None:
    liar = Liar()
    liar.greet()
    liar.tell(SIGNAL, 0, READY)
    for n, content in enumerate(UNFIT):
        liar.tell(MESSAGE, n, content)
    liar.tell(MESSAGE, len(UNFIT), encode_content(Text("hi")))
    for n, receipt in enumerate(UNFIT_RECEIPTS):
        liar.tell(RECEIPT, n, lp(b"receipt", receipt))
    relay = liar.relay.run(1)
    assert relay.faults("a") == []
    assert relay.contents("a") == [Text("hi")]
    relay.say("a", "ho")
    assert relay.run(1).heard("b") == ["ho"]
    assert relay.states("a", 0) == ["sent"]


@pytest.mark.parametrize(
    "sdp",
    ["v=0\r\n", SDP.replace("sha-256", "sha-1"), SDP + SDP.replace("AB", "CD"), SDP.replace("AB", "ZZ"),
     SDP.replace("AB:AB", "AB")],
)  # fmt: skip
def test_a_description_without_exactly_one_fingerprint(sdp: str) -> None:
    relay = sealed_pair()
    relay.signal("a", Description("offer", sdp))
    assert relay.run(1).faults("b") == ["seal_media"]
    assert relay.signals("b") == []


def test_a_description_with_another_fingerprint_than_before() -> None:
    relay = sealed_pair()
    relay.signal("a", description(), Description("offer", SDP + SDP.lower()))
    assert relay.run(1).faults("b") == []
    relay.signal("a", Description("offer", SDP.replace("AB", "CD")))
    assert relay.run(1).faults("b") == ["seal_media"]
