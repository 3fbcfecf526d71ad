"""Every lie that a relay can tell, told: each ends in the named fault on the side that can see it, or in nothing."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import partial

import pytest

from omefree.errors import SealError
from omefree.seal.binary import decode_base64url, encode_base64url
from omefree.seal.content import Text, encode_content
from omefree.seal.frame import HELLO, MESSAGE, RECEIPT, SIGNAL, Frame, RelayEvent, encode_frame
from omefree.seal.handshake import Offer, agree
from omefree.seal.lanes import HELD_MAX
from tests.privacy.held import walk
from tests.seal.relay import (
    CHAT,
    SIDES,
    START_S,
    Packet,
    Relay,
    Side,
    channel,
    description,
    is_hello,
    offer,
    pair,
    sealed_pair,
)

HANDSHAKE_S = 10.0


@dataclass
class Tap:
    """A relay that writes down what passes."""

    seen: list[Packet] = field(default_factory=list)

    def __call__(self, packet: Packet) -> Iterable[Packet]:
        self.seen.append(packet)
        yield packet

    def of(self, kind: int, to: Side) -> list[Packet]:
        return [packet for packet in self.seen if packet.frame.kind == kind and packet.to == to]


def changed(packet: Packet, byte: int, bit: int) -> Packet:
    raw = bytearray(decode_base64url(packet.data))
    raw[byte] ^= 1 << bit
    return Packet(packet.to, packet.event, encode_base64url(bytes(raw)))


# --- in the middle ----------------------------------------------------------------------------------------------------


def test_two_chats_with_the_one_in_the_middle_seal_and_their_emoji_differ() -> None:
    """The one blind guess that the relay has: only comparing finds it."""
    victims = pair()
    to_a, to_b = offer("middle to a"), offer("middle to b")
    near = Relay({"a": channel(offer("a"), to_a.commit, polite=False),
                  "b": channel(to_a, offer("a").commit, polite=True)}).run(1)  # fmt: skip
    far = Relay({"a": channel(to_b, offer("b").commit, polite=False),
                 "b": channel(offer("b"), to_b.commit, polite=True)}).run(1)  # fmt: skip
    near.say("a", "hi")
    far.say("a", *near.run(1).heard("b"))
    assert far.run(1).heard("b") == ["hi"]
    assert near.sealed()
    assert far.sealed()
    a, b = near.opened("a"), far.opened("b")
    assert a is not None
    assert b is not None
    assert a.emoji != b.emoji
    honest = victims.run(1).opened("a")
    assert honest is not None
    assert honest.emoji not in (a.emoji, b.emoji)


def test_in_the_middle_200_times_of_200_the_emoji_differ() -> None:
    alike = 0
    for number in range(200):
        a, b, to_a, to_b = (offer(f"{who} {number}") for who in ("a", "b", "to a", "to b"))
        near = agree(a, to_a.commit, to_a.hello, CHAT, polite=False)
        far = agree(b, to_b.commit, to_b.hello, CHAT, polite=True)
        alike += near.emoji == far.emoji
    assert alike == 0


def test_keys_of_the_middle_put_in_after_the_commitments_are_found() -> None:
    def swap(packet: Packet) -> Iterable[Packet]:
        yield Packet(packet.to, "signal", encode_frame(Frame(HELLO, 0, offer("middle").hello)))

    relay = pair(swap).run(1)
    assert relay.faults("a") == relay.faults("b") == ["seal_failed"]


@pytest.mark.parametrize("to", SIDES)
def test_another_commitment_than_the_hello_that_comes(to: Side) -> None:
    commits = {"a": offer("b").commit, "b": offer("a").commit, to: offer("middle").commit}
    relay = Relay({"a": channel(offer("a"), commits["a"], polite=False),
                   "b": channel(offer("b"), commits["b"], polite=True)}).run(HANDSHAKE_S + 1)  # fmt: skip
    assert relay.faults(to) == ["seal_failed"]
    assert relay.contents("a") == relay.contents("b") == []


@pytest.mark.parametrize("polite", [False, True])
def test_both_told_the_same_role(polite: bool) -> None:
    relay = Relay({"a": channel(offer("a"), offer("b").commit, polite=polite),
                   "b": channel(offer("b"), offer("a").commit, polite=polite)}).run(1)  # fmt: skip
    assert relay.faults("a") == relay.faults("b") == ["seal_failed"]


def test_the_two_told_two_chats() -> None:
    relay = Relay({"a": channel(offer("a"), offer("b").commit, polite=False, chat="one"),
                   "b": channel(offer("b"), offer("a").commit, polite=True, chat="two")}).run(1)  # fmt: skip
    assert relay.faults("a") == relay.faults("b") == ["seal_failed"]


def test_no_commitment() -> None:
    relay = Relay({"a": channel(offer("a"), None, polite=False),
                   "b": channel(offer("b"), offer("a").commit, polite=True)}).run(0)  # fmt: skip
    assert relay.faults("a") == ["seal_failed"]
    assert relay.emitted["a"] == []


@pytest.mark.parametrize("commit", ["", "A" * 43, "é" * 43, "A" * 1000])
def test_a_commitment_that_is_none(commit: str) -> None:
    relay = Relay({"a": channel(offer("a"), commit, polite=False),
                   "b": channel(offer("b"), offer("a").commit, polite=True)}).run(1)  # fmt: skip
    assert relay.faults("a") == ["seal_failed"]


# --- the hello --------------------------------------------------------------------------------------------------------


def reflect(packet: Packet) -> Iterable[Packet]:
    yield Packet("a" if packet.to == "b" else "b", packet.event, packet.data)


def test_our_own_hello_comes_back() -> None:
    relay = pair(reflect).run(1)
    assert relay.faults("a") == relay.faults("b") == ["seal_failed"]


def test_our_own_hello_and_commitment_come_back() -> None:
    relay = Relay({"a": channel(offer("a"), offer("a").commit, polite=False),
                   "b": channel(offer("b"), offer("b").commit, polite=True)},
                  reflect).run(1)  # fmt: skip
    assert relay.faults("a") == relay.faults("b") == ["seal_failed"]


def test_the_handshake_is_begun_again_before_ready() -> None:
    relay = pair(lambda packet: [packet] if is_hello(packet) else []).run(1)
    relay.put(Packet("a", "signal", encode_frame(Frame(HELLO, 0, offer("other").hello))))
    assert relay.run(1).faults("a") == ["seal_failed"]


@pytest.mark.parametrize("whose", ["a", "other"])
def test_the_handshake_is_begun_again_after_ready(whose: str) -> None:
    relay = sealed_pair()
    relay.put(Packet("a", "signal", encode_frame(Frame(HELLO, 0, offer(whose).hello))))
    assert relay.run(1).faults("a") == ["seal_broken"]


def test_the_hello_is_told_again_and_again() -> None:
    relay = pair(lambda packet: [packet, packet, packet] if is_hello(packet) else [packet]).run(1)
    relay.put(Packet("a", "signal", encode_frame(Frame(HELLO, 0, offer("b").hello))))
    assert relay.run(30).sealed()
    assert walk(relay.channels["a"]).counts[Offer] == 0, "used once"


def test_a_hello_with_a_number() -> None:
    relay = pair(lambda packet: [])
    relay.put(Packet("a", "signal", encode_frame(Frame(HELLO, 1, offer("b").hello))))
    assert relay.run(1).faults("a") == ["seal_failed"]


@pytest.mark.parametrize("passes", [(), (HELLO,), (HELLO, MESSAGE, RECEIPT), (SIGNAL, MESSAGE, RECEIPT)])
def test_no_ready(passes: tuple[int, ...]) -> None:
    relay = pair(lambda packet: [packet] if packet.frame.kind in passes else [])
    relay.say("a", "hi")
    relay.run(HANDSHAKE_S - 0.01)
    assert relay.faults("a") == relay.faults("b") == []
    relay.run(0.02)
    assert relay.faults("a") == relay.faults("b") == ["seal_failed"]
    assert relay.contents("b") == []


def test_nothing_is_shown_before_ready() -> None:
    """And all of it after, though it came before the hello and in no order."""
    late: list[Packet] = []

    def hold(packet: Packet) -> Iterable[Packet]:
        if packet.to == "b" and (is_hello(packet) or packet.frame == Frame(SIGNAL, 0, packet.frame.body)):
            late.append(packet)
        else:
            yield packet

    relay = pair(hold)
    relay.say("a", "one", "two")
    relay.signal("a", description())
    relay.run(1)
    assert relay.out["b"] == []
    relay.script = lambda packet: [packet]
    for packet in reversed(late):
        relay.put(packet)
    relay.run(5)
    assert relay.heard("b") == ["one", "two"]
    assert relay.signals("b") == [description()]


# --- the bytes --------------------------------------------------------------------------------------------------------


def small_frame(to: Side = "b") -> tuple[Relay, Packet]:
    """A sealed chat, and the frame of a text of one letter, which has not been delivered."""
    tap = Tap()
    relay = sealed_pair(lambda packet: [*tap(packet)][1:])
    relay.say("a", "x")
    relay.run(0.01)
    return relay, tap.of(MESSAGE, "b")[0]


SMALL = len(decode_base64url(small_frame()[1].data))


@pytest.mark.parametrize("byte", range(SMALL))
def test_a_bit_is_flipped(byte: int) -> None:
    """Whichever: but a number made so large that it is beyond all that is held says nothing, and is dropped."""
    for bit in range(8):
        relay, packet = small_frame()
        relay.put(changed(packet, byte, bit))
        relay.run(1)
        assert relay.heard("b") == []
        is_far_away = 2 <= byte < 9 or (byte == 9 and 1 << bit > HELD_MAX)
        assert relay.faults("b") == ([] if is_far_away else ["seal_broken"])


@pytest.mark.parametrize("length", range(SMALL))
def test_it_is_cut_off(length: int) -> None:
    relay, packet = small_frame()
    relay.put(Packet("b", "message", encode_base64url(decode_base64url(packet.data)[:length])))
    assert relay.run(1).faults("b") == ["seal_broken"]


def test_something_follows() -> None:
    relay, packet = small_frame()
    relay.put(Packet("b", "message", encode_base64url(decode_base64url(packet.data) + b"\0")))
    assert relay.run(1).faults("b") == ["seal_broken"]


def test_the_fingerprint_is_swapped_in_a_sealed_description() -> None:
    """Who knows where it stands can flip its bits, but not so that it authenticates."""
    at = 12 + encode_content(description()).index(b"AB:AB")

    def swap(packet: Packet) -> Iterable[Packet]:
        yield changed(packet, at, 1) if len(packet.data) > 200 else packet

    relay = sealed_pair(swap)
    relay.signal("a", description())
    assert relay.run(1).faults("b") == ["seal_broken"]
    assert relay.signals("b") == []


@pytest.mark.parametrize("length", range(201))
def test_garbage(length: int) -> None:
    """Of every length, at every step: before the hello, between hello and ready, and after."""
    garbage = encode_base64url(bytes(7 * place % 256 for place in range(length)))
    events: tuple[RelayEvent, RelayEvent] = ("message", "signal")
    for event in events:
        between = pair(lambda packet: [packet] if is_hello(packet) else []).run(1)
        for relay, fault in ((pair(lambda packet: []), "seal_failed"), (between, "seal_failed"),
                             (sealed_pair(), "seal_broken")):  # fmt: skip
            relay.put(Packet("a", event, garbage))
            assert relay.run(0.1).faults("a") == [fault]


UNSEALED = [
    '{"v":1,"n":0,"kind":"text","body":{"text":"hi"}}',
    "hi",
    "",
    "é",
    "\ud800",
    "====",
    "A" * 60_000,
    "AA==",
    "A",
]


@pytest.mark.parametrize("data", UNSEALED, ids=range(len(UNSEALED)))
@pytest.mark.parametrize("event", ["message", "signal"])
def test_an_unsealed_datum(event: RelayEvent, data: str) -> None:
    for relay, fault in ((pair(lambda packet: []), "seal_failed"), (sealed_pair(), "seal_broken")):
        relay.put(Packet("a", event, data))
        assert relay.run(0.1).faults("a") == [fault]


@pytest.mark.parametrize("kind", [MESSAGE, SIGNAL, RECEIPT])
def test_the_wrong_event(kind: int) -> None:
    wrong: dict[RelayEvent, RelayEvent] = {"message": "signal", "signal": "message"}

    def turn(packet: Packet) -> Iterable[Packet]:
        yield packet if packet.frame.kind != kind else Packet(packet.to, wrong[packet.event], packet.data)

    relay = sealed_pair(turn)
    relay.say("a", "hi")
    relay.signal("a", description())
    relay.run(1)
    assert ["seal_broken"] in (relay.faults("a"), relay.faults("b"))


@pytest.mark.parametrize("kind", [MESSAGE, SIGNAL, RECEIPT])
def test_a_frame_of_one_lane_in_another(kind: int) -> None:
    def turn(packet: Packet) -> Iterable[Packet]:
        frame = packet.frame
        other = RECEIPT if kind == SIGNAL else SIGNAL
        event: RelayEvent = "signal"
        yield packet if frame.kind != kind else Packet(packet.to, event, encode_frame(Frame(other, 1, frame.body)))

    relay = sealed_pair(turn)
    relay.say("a", "hi")
    relay.signal("a", description())
    relay.run(1)
    assert ["seal_broken"] in (relay.faults("a"), relay.faults("b"))


# --- what is whole, at the wrong time or place ------------------------------------------------------------------------


def test_everything_is_told_again() -> None:
    tap = Tap()
    relay = pair(tap)
    relay.say("a", "one", "two")
    relay.signal("b", description())
    relay.run(5)
    for packet in 3 * tap.seen[:]:
        relay.put(packet)
    relay.run(60)
    assert relay.sealed()
    assert relay.heard("b") == ["one", "two"]
    assert relay.signals("a") == [description()]


def test_everything_comes_in_reverse() -> None:
    relay = sealed_pair()
    relay.script = lambda packet: [Packet(packet.to, packet.event, packet.data, delay_s=0.02 * (50 - packet.frame.n))]
    texts = [str(number) for number in range(15)]
    relay.say("a", *texts)
    assert relay.run(10).heard("b") == texts
    assert relay.sealed()


@pytest.mark.parametrize("lost", range(6))
def test_one_is_lost(lost: int) -> None:
    gone: list[Packet] = []

    def lose(packet: Packet) -> Iterable[Packet]:
        if packet.frame.kind == MESSAGE and packet.frame.n == lost and not gone:
            gone.append(packet)
        else:
            yield packet

    relay = sealed_pair(lose)
    texts = [str(number) for number in range(6)]
    relay.say("a", *texts)
    assert relay.run(5).heard("b") == texts
    assert relay.sealed()
    assert [relay.states("a", n)[-1] for n in range(6)] == ["delivered"] * 6


@pytest.mark.parametrize("kind", [MESSAGE, SIGNAL])
def test_one_is_lost_for_ever(kind: int) -> None:
    relay = sealed_pair(lambda packet: [] if packet.frame.kind == kind and packet.frame.n == 1 else [packet])
    relay.say("a", *"abcdef")
    relay.signal("a", *[description()] * 6)
    assert relay.run(9.9).sealed()
    assert relay.run(0.5).faults("b") == ["seal_gap"]
    assert relay.heard("b") == (["a"] if kind == MESSAGE else [*"abcdef"])


def test_everything_is_lost_for_ever_and_nobody_can_see_it() -> None:
    relay = sealed_pair(lambda packet: [])
    relay.say("a", "hi")
    assert relay.run(300).sealed()
    assert relay.states("a", 0) == ["sent"]
    assert len([emit for emit in relay.emitted["a"] if emit.event == "message"]) < 20


@pytest.mark.parametrize("kind", [MESSAGE, SIGNAL, RECEIPT])
def test_our_own_data_come_back(kind: int) -> None:
    tap = Tap()
    relay = sealed_pair(tap)
    relay.say("a", "hi")
    relay.signal("a", description())
    relay.say("b", "ho")
    relay.run(1)
    assert relay.sealed()
    for packet in tap.of(kind, "b"):
        frame = packet.frame
        relay.put(Packet("a", packet.event, encode_frame(Frame(frame.kind, frame.n + 1, frame.body))))
        relay.put(Packet("a", packet.event, packet.data))
    relay.run(1)
    assert relay.faults("a") == ["seal_broken"]
    assert relay.heard("a") == ["ho"]


def test_two_chats_are_mixed() -> None:
    """The same two, one chat after the other, with the same numbers."""
    tap = Tap()
    first = sealed_pair(tap)
    first.say("a", "from the first")
    first.run(1)
    second = sealed_pair(chat="another", name="again")
    second.put(tap.of(MESSAGE, "b")[0])
    assert second.run(1).faults("b") == ["seal_broken"]
    third = pair(lambda packet: [], chat="another", name="again")
    third.put(Packet("b", "signal", encode_frame(Frame(HELLO, 0, offer("a").hello))))
    assert third.run(1).faults("b") == ["seal_failed"]


def test_two_chats_of_the_same_hellos_share_no_key() -> None:
    """A hello is shown once; were it shown twice, the chat's name would still part the two."""
    one = agree(offer("a"), offer("b").commit, offer("b").hello, "one", polite=False)
    two = agree(offer("b"), offer("a").commit, offer("a").hello, "two", polite=True)
    assert one.emoji != two.emoji
    with pytest.raises(SealError):
        two.open("message", 0, one.seal("message", 0, b"hi"))


def test_an_old_receipt_is_told_again() -> None:
    tap = Tap()
    relay = sealed_pair(tap)
    for text in "abc":
        relay.say("a", text)
        relay.run(1)
    receipts = tap.of(RECEIPT, "a")
    before = len(relay.emitted["a"])
    for packet in 20 * receipts:
        relay.put(packet)
    relay.run(20)
    assert len(receipts) >= 3
    assert relay.sealed()
    assert len(relay.emitted["a"]) == before
    assert [relay.states("a", n) for n in range(3)] == [["sent", "delivered"]] * 3


def test_an_old_question_is_asked_again() -> None:
    """It would make the other send everything again."""
    tap = Tap()
    relay = sealed_pair(tap)
    relay.back("b")
    relay.run(1)
    relay.script = lambda packet: []
    relay.say("a", "hi")
    relay.run(0.1)
    before = len(relay.emitted["a"])
    for packet in tap.of(RECEIPT, "a"):
        relay.put(packet)
    relay.run(1)
    assert len(tap.of(RECEIPT, "a")) >= 1
    assert len(relay.emitted["a"]) == before


def test_the_end_is_the_end() -> None:
    relay = sealed_pair()
    relay.put(Packet("a", "signal", "broken"))
    relay.run(0.1)
    assert relay.faults("a") == ["seal_broken"]
    a, emitted = relay.channels["a"], len(relay.emitted["a"])
    for act in (partial(a.receive, "message", "x"), partial(a.answered, 1, None, None), a.pause, a.resume, a.wake):
        act(now=START_S + 2)
    assert a.send(Text("hi"), START_S + 3) == -1
    assert a.outputs() == []
    assert a.wakes_at is None
    relay.say("b", "hi")
    relay.run(30)
    assert relay.faults("a") == ["seal_broken"]
    assert len(relay.emitted["a"]) == emitted
