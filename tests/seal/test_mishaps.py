"""What happens to honest people: nothing of it may end a chat, or lose, double or reorder a text."""

from collections.abc import Iterable

import pytest

from omefree.contract.codes import Code
from omefree.contract.events import Limits
from omefree.contract.limits import MESSAGE_BYTES, QUOTAS, SIGNAL_BYTES, Quota
from omefree.seal.content import Media
from omefree.seal.frame import HELLO, MESSAGE, RECEIPT, SIGNAL, decode_frame
from omefree.seal.outputs import Emit
from tests.seal.relay import (
    LATENCY_S,
    SIDES,
    START_S,
    Packet,
    Relay,
    Side,
    candidate,
    channel,
    description,
    offer,
    pair,
    sealed_pair,
)

ALPHABET = [*"abcdefghijklmnopqrstuvwxyz"]


def settled(relay: Relay, seconds: float = 60.0) -> Relay:
    """After a while everything is there, and nothing more happens."""
    relay.run(seconds)
    assert relay.sealed(), relay.out
    assert relay.refused == 0
    for side in SIDES:
        emitted = len(relay.emitted[side])
        relay.run(120)
        assert len(relay.emitted[side]) == emitted, "it does not come to rest"
        assert relay.channels[side].wakes_at is None
    return relay


# --- an ordinary chat -------------------------------------------------------------------------------------------------


def test_the_chat_is_sealed_in_one_trip() -> None:
    """And what was said before arrives with `ready`."""
    relay = pair()
    relay.say("a", "hi")
    relay.signal("a", description())
    relay.run(2 * LATENCY_S + 0.001)
    a, b = relay.opened("a"), relay.opened("b")
    assert a is not None
    assert b is not None
    assert a.emoji == b.emoji
    assert (a.partner_commit, b.partner_commit) == (offer("b again").commit, offer("a again").commit)
    assert relay.heard("b") == ["hi"]
    assert relay.signals("b") == [description()]


def test_an_ordinary_chat() -> None:
    relay = sealed_pair()
    assert relay.say("a", "one", "two") == [0, 1]
    assert relay.signal("a", Media(True, False), description()) == [1, 2]
    assert relay.say("b", "three") == [0]
    settled(relay)
    assert relay.heard("b") == ["one", "two"]
    assert relay.heard("a") == ["three"]
    assert relay.signals("b") == [Media(True, False), description()]
    assert relay.states("a", 0) == relay.states("a", 1) == relay.states("b", 0) == ["sent", "delivered"]


def test_one_receipt_for_a_burst_within_a_quarter_of_a_second() -> None:
    relay = sealed_pair()
    before = len(relay.emitted["b"])
    relay.say("a", *ALPHABET[:15])
    relay.run(LATENCY_S + 0.26)
    assert [decode_frame(emit.data).kind for emit in relay.emitted["b"][before:]] == [RECEIPT]


def test_a_silent_chat_says_nothing() -> None:
    relay = settled(sealed_pair())
    assert len(relay.emitted["a"]) <= 3  # hello, ready, a receipt of the partner's


# --- refusals ---------------------------------------------------------------------------------------------------------


def refusing(relay: Relay, times: int, code: Code, *, kind: int, n: int | None = None) -> None:
    left = [times]

    def refuse(side: Side, emit: Emit) -> Code | None:
        frame = decode_frame(emit.data)
        if frame.kind == kind and n in (None, frame.n) and left[0]:
            left[0] -= 1
            return code
        return None

    relay.refuse = refuse


@pytest.mark.parametrize("code", ["rate_limited", "partner_away", "internal", "draining", "bad_args"])
@pytest.mark.parametrize("kind", [MESSAGE, SIGNAL, RECEIPT])
@pytest.mark.parametrize("times", [1, 4])
def test_refused_for_now(code: Code, kind: int, times: int) -> None:
    relay = sealed_pair()
    refusing(relay, times, code, kind=kind)
    relay.say("a", "one")
    relay.signal("a", candidate(1))
    relay.run(0.01)
    relay.say("a", "two", "three")
    settled(relay)
    assert relay.heard("b") == ["one", "two", "three"]
    assert relay.signals("b") == [candidate(1)]
    assert [relay.states("a", n) for n in range(3)] == [["sent", "delivered"]] * 3


def test_a_text_is_rate_limited_and_a_candidate_follows() -> None:
    relay = sealed_pair()
    refusing(relay, 1, "rate_limited", kind=MESSAGE)
    relay.say("a", "hi")
    relay.signal("a", candidate(1))
    relay.run(0.1)
    relay.signal("a", candidate(2))
    settled(relay)
    assert relay.heard("b") == ["hi"]
    assert relay.signals("b") == [candidate(1), candidate(2)]


@pytest.mark.parametrize("n", range(4))
def test_one_of_many_in_flight_is_refused(n: int) -> None:
    relay = sealed_pair()
    refusing(relay, 2, "internal", kind=MESSAGE, n=n)
    relay.say("a", *"abcd")
    settled(relay)
    assert relay.heard("b") == [*"abcd"]


@pytest.mark.parametrize("code", ["rate_limited", "internal"])
def test_hello_and_ready_are_refused(code: Code) -> None:
    relay = pair()
    refusing(relay, 2, code, kind=HELLO)
    relay.run(1.5)
    refusing(relay, 2, code, kind=SIGNAL)
    settled(relay)


def test_the_server_says_when() -> None:
    relay = sealed_pair(lambda packet: [])
    relay.answers = False
    relay.say("a", "hi")
    relay.run(0.1)
    token = relay.emitted["a"][-1].token
    relay.channels["a"].answered(token, "rate_limited", 0.5, relay.now)
    assert relay.channels["a"].wakes_at == pytest.approx(relay.now + 0.5)


def test_the_chat_is_over() -> None:
    """`ended` is on its way: until it comes, nothing more is said."""
    relay = sealed_pair()
    refusing(relay, 1000, "chat_over", kind=MESSAGE)
    relay.say("a", "hi", "ho")
    relay.run(60)
    assert len([emit for emit in relay.emitted["a"] if emit.event == "message"]) == 2
    assert relay.channels["a"].wakes_at is None
    assert relay.faults("a") == []


# --- quotas -----------------------------------------------------------------------------------------------------------


def test_a_thousand_candidates() -> None:
    relay = sealed_pair()
    relay.signal("a", *map(candidate, range(1000)))
    relay.say("a", *ALPHABET)
    relay.run(2)
    assert relay.heard("b") == ALPHABET[: len(relay.heard("b"))]
    assert len(relay.heard("b")) >= 20
    settled(relay)
    assert relay.signals("b") == [*map(candidate, range(1000))]
    assert len([emit for emit in relay.emitted["a"] if emit.event == "signal"]) < 1100


def test_a_thousand_candidates_both_ways_before_the_handshake_with_losses() -> None:
    lost: set[str] = set()

    def lose(packet: Packet) -> Iterable[Packet]:
        """Each once that is one of seven."""
        if hash_of(packet) % 7 or packet.data in lost:
            yield packet
        lost.add(packet.data)

    relay = pair(lose)
    for side in SIDES:
        relay.signal(side, *map(candidate, range(1000)))
    settled(relay, 400)
    for side in SIDES:
        assert relay.signals(side) == [*map(candidate, range(1000))]


def hash_of(packet: Packet) -> int:
    return sum(packet.data.encode())


def test_a_hundred_texts_at_once() -> None:
    relay = sealed_pair()
    texts = [f"{number}" for number in range(100)]
    relay.say("a", *texts)
    relay.say("b", *texts)
    settled(relay)
    assert relay.heard("b") == relay.heard("a") == texts


# --- links ------------------------------------------------------------------------------------------------------------


def test_acknowledgements_are_lost() -> None:
    relay = sealed_pair()
    relay.answers = False
    relay.say("a", *ALPHABET)
    relay.signal("a", candidate(1))
    settled(relay)
    assert relay.heard("b") == ALPHABET
    assert [relay.states("a", n) for n in range(26)] == [["delivered"]] * 26


def test_data_and_acknowledgements_are_lost() -> None:
    relay = sealed_pair(lambda packet: [])
    relay.answers = False
    relay.say("a", *ALPHABET)
    relay.run(20)
    relay.answers, relay.script = True, lambda packet: [packet]
    settled(relay)
    assert relay.heard("b") == ALPHABET


@pytest.mark.parametrize("unnoticed_s", [0.0, 0.02, 0.05, 0.1, 5.0, 18.0])
@pytest.mark.parametrize("away_s", [0.0, 1.0, 14.0])
@pytest.mark.parametrize("side", SIDES)
def test_a_link_breaks_with_data_in_flight_both_ways(side: Side, unnoticed_s: float, away_s: float) -> None:
    relay = sealed_pair()
    relay.say("a", *"abc")
    relay.say("b", *"abc")
    relay.signal("a", candidate(1), candidate(2))
    relay.run(0.05)
    relay.say("a", *"de")
    relay.say("b", *"de")
    relay.die(side)
    relay.run(unnoticed_s / 2)
    relay.say("a", "f")
    relay.say("b", "f")
    relay.run(unnoticed_s / 2)
    relay.part(side)
    relay.say("a", "g")
    relay.say("b", "g")
    relay.run(away_s)
    relay.back(side)
    relay.say("a", "h")
    relay.say("b", "h")
    settled(relay)
    assert relay.heard("a") == relay.heard("b") == [*"abcdefgh"]
    assert relay.signals("b") == [candidate(1), candidate(2)]
    assert [relay.states(each, n)[-1] for each in SIDES for n in range(8)] == ["delivered"] * 16


STEPS_S = [0.0, 0.5 * LATENCY_S, 1.5 * LATENCY_S, 2.5 * LATENCY_S, 3.5 * LATENCY_S]


@pytest.mark.parametrize("after_s", STEPS_S)
@pytest.mark.parametrize("unnoticed_s", [0.0, 0.05, 8.0])
def test_both_are_away_at_once(after_s: float, unnoticed_s: float) -> None:
    """Before the hellos, between hello and ready, and after."""
    relay = pair()
    relay.say("a", "one")
    relay.say("b", "two")
    relay.run(after_s)
    relay.die("a")
    relay.die("b")
    relay.run(unnoticed_s)
    relay.part("a")
    relay.run(1)
    relay.part("b")
    relay.run(8)
    relay.back("a")
    relay.run(4)
    relay.back("b")
    settled(relay)
    assert relay.heard("b") == ["one"]
    assert relay.heard("a") == ["two"]


@pytest.mark.parametrize("after_s", STEPS_S)
@pytest.mark.parametrize("side", SIDES)
def test_one_is_away_during_the_handshake(side: Side, after_s: float) -> None:
    relay = pair()
    relay.say("a", "one")
    relay.run(after_s)
    for _ in range(4):
        relay.part(side)
        relay.run(14)  # four times as long as the handshake may take: time away does not count
        relay.back(side)
        relay.run(LATENCY_S / 2)
    settled(relay)
    assert relay.heard("b") == ["one"]


def test_the_hello_is_lost_with_the_link() -> None:
    relay = pair()
    relay.die("a")
    relay.run(5)
    assert relay.opened("b") is None
    relay.part("a")
    relay.run(10)
    relay.back("a")
    relay.run(2 * LATENCY_S + 0.001)
    assert relay.sealed()
    settled(relay)


@pytest.mark.parametrize("to", SIDES)
def test_a_hello_is_lost_and_the_link_lives(to: Side) -> None:
    gone: list[Packet] = []

    def lose(packet: Packet) -> Iterable[Packet]:
        if packet.to == to and len(gone) < 3:
            gone.append(packet)
        else:
            yield packet

    relay = pair(lose)
    relay.say("a", "hi")
    relay.say("b", "ho")
    settled(relay)
    assert relay.heard("b") == ["hi"]
    assert relay.heard("a") == ["ho"]


TRIP_S = 3 * LATENCY_S + 0.01  # a question and its answer


def kinds(relay: Relay, side: Side, since: int = 0) -> list[int]:
    return [decode_frame(emit.data).kind for emit in relay.emitted[side][since:]]


@pytest.mark.parametrize("swallowed", [RECEIPT, None])
def test_after_a_break_what_was_lost_is_there_at_once(swallowed: int | None) -> None:
    """Either way: the sender sends again by itself, and the receiver asks."""
    relay = sealed_pair(lambda packet: [])
    relay.say("a", "hi")
    relay.run(0.1)
    relay.script = lambda packet: [packet] if packet.frame.kind != swallowed else []
    relay.part("b")
    relay.run(1)
    before = len(relay.emitted["a"])
    relay.back("b")
    relay.run(TRIP_S)
    assert relay.heard("b") == ["hi"]
    assert kinds(relay, "a", before)[:2] == [RECEIPT, MESSAGE]
    assert RECEIPT in kinds(relay, "b")


def test_one_that_is_lost_is_asked_for_and_there_at_once() -> None:
    gone: list[Packet] = []

    def lose_first(packet: Packet) -> Iterable[Packet]:
        if gone:
            yield packet
        else:
            gone.append(packet)

    relay = sealed_pair(lose_first)
    relay.say("a", "one", "two")
    assert relay.run(TRIP_S).heard("b") == ["one", "two"]


def test_a_refused_receipt_is_made_again() -> None:
    relay = sealed_pair().run(1)
    refusing(relay, 1, "rate_limited", kind=RECEIPT)
    relay.say("a", "hi")
    relay.run(1.5)
    assert relay.states("a", 0) == ["sent", "delivered"]
    settled(relay)
    assert len([emit for emit in relay.emitted["a"] if decode_frame(emit.data).kind == MESSAGE]) == 1


def test_a_refused_hello_does_not_wait_for_its_next_turn() -> None:
    relay = pair()
    relay.refuse = lambda side, emit: "internal" if relay.now < START_S + 0.5 else None
    assert relay.run(1.5).sealed()


def test_an_answer_from_before_the_break_says_nothing_after_it() -> None:
    relay = sealed_pair()
    relay.answers = False
    relay.say("a", "hi")
    token = relay.run(0).emitted["a"][-1].token
    relay.back("a")
    relay.run(0.5)
    relay.channels["a"].answered(token, "rate_limited", 60.0, relay.now)
    relay.say("a", "ho")
    assert relay.run(0.1).heard("b") == ["hi", "ho"]


def test_nothing_is_sealed_before_ready_however_narrow_the_quota() -> None:
    """The hello has taken the only token, and receipts are due before the next."""
    quotas = QUOTAS | {"signal": Quota(0.5, 2)}
    limits = Limits(10, 32, 5, SIGNAL_BYTES, MESSAGE_BYTES, 15.0, quotas)
    relay = pair()
    relay.channels["a"] = channel(offer("a"), offer("b").commit, polite=False, limits=limits)
    relay.say("a", "hi")
    relay.signal("b", candidate(1))
    settled(relay)
    sealed = [kind for kind in kinds(relay, "a") if kind != HELLO]
    assert sealed[0] == SIGNAL
    assert relay.heard("b") == ["hi"]


def test_away_told_twice_is_away_since_the_first() -> None:
    relay = pair(lambda packet: [])
    for pause_s in (0, 14, 15):
        relay.run(pause_s)
        relay.channels["a"].pause(relay.now)
        relay.channels["b"].pause(relay.now)
    relay.script = lambda packet: [packet]
    relay.back("a")
    assert relay.run(1).sealed()


def test_time_away_does_not_count_for_a_gap() -> None:
    relay = sealed_pair(lambda packet: [] if packet.frame.kind == MESSAGE and packet.frame.n == 0 else [packet])
    relay.say("a", *"ab")
    relay.run(6)
    relay.part("a")
    relay.run(14)
    relay.back("a")
    relay.run(1)
    assert relay.faults("b") == []
    relay.script = lambda packet: [packet]
    settled(relay)
    assert relay.heard("b") == [*"ab"]


def test_a_break_that_nobody_was_told_of() -> None:
    """`resume` without `pause` is a break too."""
    relay = sealed_pair(lambda packet: [])
    relay.say("a", "hi")
    relay.run(0.1)
    relay.script = lambda packet: [packet]
    relay.back("a")
    assert relay.run(0.1).heard("b") == ["hi"]


def test_while_away_nothing_goes_out() -> None:
    relay = sealed_pair()
    relay.part("b")
    emitted = len(relay.emitted["a"])
    relay.say("a", "hi")
    relay.run(14)
    assert len(relay.emitted["a"]) == emitted
    relay.channels["a"].pause(relay.now)  # told twice
    relay.run(1)
    relay.back("b")
    assert settled(relay).heard("b") == ["hi"]


def test_what_is_sent_again_is_the_same_to_the_byte() -> None:
    """And nothing else was ever sealed with that number: no nonce is used twice."""
    relay = sealed_pair(lambda packet: [] if packet.to == "b" else [packet])
    relay.say("a", *"abcde")
    relay.signal("a", candidate(1))
    relay.run(20)
    relay.part("a")
    relay.back("a")
    relay.run(20)
    relay.script = lambda packet: [packet]
    settled(relay)
    for side in SIDES:
        sealed: dict[tuple[int, int], set[str]] = {}
        for emit in relay.emitted[side]:
            frame = decode_frame(emit.data)
            sealed.setdefault((frame.kind, frame.n), set()).add(emit.data)
        assert all(len(frames) == 1 for frames in sealed.values())
    assert len([emit for emit in relay.emitted["a"] if decode_frame(emit.data).kind == MESSAGE]) > 10
