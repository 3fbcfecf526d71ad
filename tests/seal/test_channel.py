"""What the driver of a channel relies on, beside what attacks and mishaps show."""

import pytest

from omefree.contract.events import Limits
from omefree.errors import TooLong
from omefree.seal.channel import KEPT_MAX, Channel
from omefree.seal.content import Description, Text
from omefree.seal.frame import MESSAGE, SIGNAL, Frame, RelayEvent, encode_frame
from omefree.seal.handshake import Keys, Offer
from omefree.seal.lanes import Item
from omefree.seal.outputs import Emit
from omefree.seal.unanswered import UNANSWERED_MAX, Sent
from tests.privacy.held import walk
from tests.seal.relay import LIMITS, SDP, START_S, Packet, channel, is_hello, offer, pair, sealed_pair


@pytest.mark.parametrize(("text", "over_bytes"), [("x" * 12_001, 1), ("é" * 6_000 + "ab", 2), ("🦊" * 4_000, 4_000)])
def test_a_text_that_is_too_long(text: str, over_bytes: int) -> None:
    relay = sealed_pair()
    with pytest.raises(TooLong) as too_long:
        relay.say("a", text)
    assert too_long.value.over_bytes == over_bytes
    shortened = text.encode()[: len(text.encode()) - over_bytes].decode()
    assert relay.say("a", shortened) == [0]
    assert relay.run(1).heard("b") == [shortened]


@pytest.mark.parametrize(("event", "limit"), [("message", 100), ("message", 101), ("signal", 1000), ("signal", 1003)])
def test_what_one_event_cannot_hold(event: RelayEvent, limit: int) -> None:
    """To the byte: the longest that goes is sent within the server's limit."""
    sizes = {"message": LIMITS.message_bytes, "signal": LIMITS.signal_bytes, event: limit}
    limits = Limits(10, 32, 5, sizes["signal"], sizes["message"], 15.0, LIMITS.quotas)
    relay = sealed_pair()
    narrow = relay.channels["a"] = channel(offer("a"), offer("b").commit, polite=False, limits=limits)
    relay.channels["b"] = channel(offer("b"), offer("a").commit, polite=True)

    def said(filling: str) -> Text | Description:
        return Text(filling) if event == "message" else Description("offer", SDP + filling)

    with pytest.raises(TooLong) as too_long:
        narrow.send(said("x" * limit), relay.now)
    longest = "x" * (limit - too_long.value.over_bytes)
    narrow.send(said(longest), relay.now)
    with pytest.raises(TooLong) as too_long:
        narrow.send(said(longest + "x"), relay.now)
    assert too_long.value.over_bytes == 1
    before = len(relay.emitted["a"])
    relay.run(1)
    assert limit - 4 < max(len(emit.data) for emit in relay.emitted["a"][before:] if emit.event == event) <= limit
    assert relay.contents("b") == [said(longest)]


def test_the_hello_is_out_at_once() -> None:
    (hello,) = channel(offer("a"), offer("b").commit, polite=False).outputs()
    assert isinstance(hello, Emit)
    assert hello.event == "signal"
    assert is_hello(Packet("b", hello.event, hello.data))


def test_tokens_are_never_used_twice() -> None:
    relay = sealed_pair(lambda packet: [])
    relay.say("a", *"abc")
    relay.run(60)
    relay.part("a")
    relay.back("a")
    tokens = [emit.token for emit in relay.run(60).emitted["a"]]
    assert len(set(tokens)) == len(tokens) > 20


def test_an_answer_to_nothing_is_nothing() -> None:
    relay = sealed_pair()
    for token in (-1, 0, 10**9):
        relay.channels["a"].answered(token, "rate_limited", 5.0, relay.now)
    relay.say("a", "hi")
    assert relay.run(0.1).heard("b") == ["hi"]


def test_what_comes_too_early_is_kept_to_64_and_the_rest_comes_again() -> None:
    relay = pair(lambda packet: [] if is_hello(packet) and packet.to == "b" else [packet])
    for n in range(3 * KEPT_MAX):
        relay.put(Packet("b", "message", encode_frame(Frame(MESSAGE, n, bytes(100)))))
        relay.put(Packet("b", "signal", encode_frame(Frame(SIGNAL, n, bytes(100)))))
    relay.run(1)
    assert relay.faults("b") == []
    assert walk(relay.channels["b"]).counts[Frame] == KEPT_MAX
    texts = [str(number) for number in range(KEPT_MAX)]
    late = pair(lambda packet: [] if is_hello(packet) and packet.to == "b" else [packet])
    late.say("a", *texts)
    late.signal("a", *[Description("offer", SDP)] * KEPT_MAX)
    late.run(7)
    late.script = lambda packet: [packet]
    assert late.run(30).heard("b") == texts
    assert late.sealed()


def test_a_server_that_never_answers_does_not_fill_the_memory() -> None:
    relay = sealed_pair()
    relay.answers = False
    relay.signal("a", *[Description("offer", SDP)] * (UNANSWERED_MAX + 300))
    relay.run(60)
    assert len(relay.signals("b")) == UNANSWERED_MAX + 300
    assert walk(relay.channels["a"]).counts[Sent] == UNANSWERED_MAX


def test_nothing_is_kept_of_a_chat_that_is_closed() -> None:
    relay = sealed_pair(lambda packet: [])
    relay.say("a", "hi")
    relay.signal("a", Description("offer", SDP))
    relay.run(1)
    a = relay.channels["a"]
    assert {Keys, Item} <= walk(a).counts.keys()
    a.close()
    assert not {Keys, Offer, Item} & walk(a).counts.keys()
    assert a.outputs() == []
    assert a.wakes_at is None
    assert a.send(Text("ho"), relay.now) == -1
    a.resume(relay.now + 1)
    assert a.outputs() == []


def test_a_channel_has_no_room_for_more() -> None:
    assert not hasattr(channel(offer("a"), None, polite=True), "__dict__")


def test_a_server_that_tells_no_quotas() -> None:
    limits = Limits(10, 32, 5, LIMITS.signal_bytes, LIMITS.message_bytes, 15.0, {})
    relay = pair()
    relay.channels["a"] = Channel(chat="c", polite=False, offer=offer("a"), commit=offer("b").commit, next_commit=None,
                                  limits=limits, now=START_S)  # fmt: skip
    relay.channels["b"] = channel(offer("b"), offer("a").commit, polite=True, chat="c")
    relay.say("a", "hi")
    assert relay.run(1).heard("b") == ["hi"]
