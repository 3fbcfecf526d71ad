"""The numbered stream over a channel that drops, doubles, delays and replays: exactly once, in order, or told."""

import random
from itertools import count

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from omefree.contract.batches import BATCH_BYTES, BATCH_ITEMS, SYNC, Sealable, decode_batch, encode_batch
from omefree.contract.nodes import AnyItem, No
from omefree.nodes.stream import ACK_S, RETRY_S, WINDOW_BATCHES, WINDOW_BYTES, Stream
from tests.nodes.profile import schedules

ENDS = st.sampled_from("ab")


class End:
    """One end of a stream, as a node uses it. It forgets the other when it starts again."""

    def __init__(self, tag: str, chance: random.Random) -> None:
        self.tag = tag
        self.chance = chance
        self.heard: list[int] = []
        self.owed: list[int] = []  # what was put since the stream has begun: the other must hear all of it
        self.anew = 0
        self.start()

    def start(self) -> None:
        self.owed.clear()
        self.stream = Stream(self.tag, lambda: self.chance.getrandbits(63) | 1)

    def put(self, number: int) -> None:
        self.owed.append(number)
        self.stream.put(No(str(number)))

    def receive(self, data: bytes, now: float) -> None:
        received = self.stream.receive(decode_batch(data).batch, len(data), now)
        if received.is_anew:
            self.anew += 1
            self.owed.clear()
        self.heard += [int(item.chat) for item in received.items if isinstance(item, No)]


class Channel:
    """Two ends, and what is under way from each."""

    def __init__(self, seed: int = 1) -> None:
        chance = random.Random(seed)
        self.now = 0.0
        self.ends = {tag: End(tag, chance) for tag in "ab"}
        self.way: dict[str, list[bytes]] = {"a": [], "b": []}  # by sender
        self.past: dict[str, list[bytes]] = {"a": [], "b": []}
        self.numbers = count(1)

    def put(self, tag: str, amount: int = 1) -> None:
        for _ in range(amount):
            self.ends[tag].put(next(self.numbers))

    def take(self, tag: str) -> None:
        sent = [encode_batch(batch) for batch in self.ends[tag].stream.take(self.now)]
        self.way[tag] += sent
        self.past[tag] += sent

    def deliver(self, tag: str, data: bytes) -> None:
        """Gives the other end what this one has sent."""
        self.ends["b" if tag == "a" else "a"].receive(data, self.now)

    def turn(self) -> None:
        """Both ends send, and all arrives in order."""
        for tag in "ab":
            self.take(tag)
        for tag in "ab":
            way, self.way[tag] = self.way[tag], []
            for data in way:
                self.deliver(tag, data)

    def heal(self) -> None:
        """Nothing is lost from now on. Runs until both ends have nothing to do."""
        for end in self.ends.values():
            end.stream.release(self.now)
        for _ in range(200):
            self.turn()
            wakes = [wake for end in self.ends.values() if (wake := end.stream.next_wake()) is not None]
            if not wakes:
                return
            self.now = max(self.now, min(wakes))
        raise AssertionError("the stream does not come to rest")

    def check(self) -> None:
        for end in self.ends.values():
            assert end.heard == sorted(set(end.heard)), "doubled, or out of order"

    def check_all_heard(self) -> None:
        for tag, other in ("ab", "ba"):
            missing = set(self.ends[tag].owed) - set(self.ends[other].heard)
            assert not missing, "lost, and nobody was told"


class StreamMachine(RuleBasedStateMachine):
    @initialize(seed=st.integers(0, 99), items=st.integers(0, 3))
    def begin(self, seed: int, items: int) -> None:
        self.channel = Channel(seed)
        self.channel.put("a", items)

    @rule(tag=ENDS, amount=st.integers(1, 3))
    def put(self, tag: str, amount: int) -> None:
        self.channel.put(tag, amount)
        self.channel.take(tag)

    @rule(tag=ENDS)
    def take(self, tag: str) -> None:
        self.channel.take(tag)

    @rule(tag=ENDS, index=st.integers(0, 3))
    def deliver(self, tag: str, index: int) -> None:
        """In order, or something overtakes."""
        if way := self.channel.way[tag]:
            self.channel.deliver(tag, way.pop(min(index, len(way) - 1)))

    @rule()
    def turn(self) -> None:
        self.channel.turn()

    @rule(tag=ENDS, amount=st.integers(1, 5))
    def lose(self, tag: str, amount: int) -> None:
        del self.channel.way[tag][:amount]

    @rule(tag=ENDS, back=st.integers(1, 60))
    def replay(self, tag: str, back: int) -> None:
        """Something old comes once more, perhaps from a stream that is no longer."""
        if past := self.channel.past[tag][-back:]:
            self.channel.deliver(tag, past[0])

    @rule(tag=ENDS)
    def replay_all(self, tag: str) -> None:
        for data in self.channel.past[tag]:
            self.channel.deliver(tag, data)

    @rule(tag=ENDS)
    def start_again(self, tag: str) -> None:
        self.channel.ends[tag].start()

    @rule(tag=ENDS)
    def hold(self, tag: str) -> None:
        self.channel.ends[tag].stream.hold()

    @rule(tag=ENDS)
    def release(self, tag: str) -> None:
        self.channel.ends[tag].stream.release(self.channel.now)

    @rule(seconds=st.sampled_from([0.01, 0.06, 0.25, 0.35, 3.0]))
    def wait(self, seconds: float) -> None:
        self.channel.now += seconds
        for tag in "ab":
            self.channel.take(tag)

    @invariant()
    def nothing_is_doubled_or_out_of_order(self) -> None:
        self.channel.check()

    def teardown(self) -> None:
        self.channel.heal()
        self.channel.check()
        self.channel.check_all_heard()


TestStream = StreamMachine.TestCase
TestStream.settings = schedules(few=400, many=20_000, steps=40)


def items_of(batch: Sealable) -> list[AnyItem]:
    return decode_batch(encode_batch(batch)).batch.items


@pytest.fixture
def channel() -> Channel:
    """Two ends that know each other."""
    channel = Channel()
    channel.put("a")
    channel.heal()
    return channel


def test_the_first_items_arrive_in_one_go() -> None:
    channel = Channel()
    channel.put("a", 3)
    for _ in range(4):
        channel.turn()
    assert channel.ends["b"].heard == [1, 2, 3]
    assert channel.now == 0.0


def test_what_is_lost_comes_after_the_first_retry(channel: Channel) -> None:
    channel.put("a", 2)
    channel.take("a")
    channel.way["a"].clear()
    channel.now += RETRY_S[0]
    channel.turn()
    channel.turn()
    channel.turn()
    assert channel.ends["b"].heard == [1, 2, 3]


def test_a_gap_is_noticed_at_once(channel: Channel) -> None:
    channel.put("a")
    channel.take("a")
    channel.way["a"].clear()
    channel.put("a")
    for _ in range(3):
        channel.turn()
    assert channel.ends["b"].heard == [1, 2, 3]
    assert channel.now < RETRY_S[0]


def test_acknowledgements_ride_along_or_come_late(channel: Channel) -> None:
    channel.put("a")
    channel.turn()
    assert channel.ends["b"].stream.take(channel.now) == []
    channel.now += ACK_S
    (batch,) = channel.ends["b"].stream.take(channel.now)
    assert items_of(batch) == []
    channel.put("a")
    channel.turn()
    channel.put("b")
    channel.turn()
    assert channel.ends["a"].stream.window_bytes == 0


def test_the_window_fills_and_empties_between_turns(channel: Channel) -> None:
    stream = channel.ends["a"].stream
    item = No("x" * 10_000)
    for _ in range(WINDOW_BYTES // 10_000):
        stream.put(item)
    assert not stream.is_full  # within the turn nothing that was taken is too much
    channel.take("a")
    assert stream.is_full
    assert stream.is_crowded
    for data in channel.way["a"]:
        channel.ends["b"].stream.receive(decode_batch(data).batch, len(data), channel.now)
    channel.take("b")
    channel.deliver("b", channel.way["b"].pop())
    channel.take("a")
    assert not stream.is_full
    assert not stream.is_crowded


def test_many_small_batches_fill_the_window_as_well(channel: Channel) -> None:
    stream = channel.ends["a"].stream
    for _ in range(WINDOW_BATCHES):
        stream.put(No("x"))
        stream.take(channel.now)
    assert stream.is_full


def test_a_batch_is_bounded(channel: Channel) -> None:
    stream = channel.ends["a"].stream
    for size in [1] * (BATCH_ITEMS + 1) + [BATCH_BYTES // 2] * 3 + [2 * BATCH_BYTES]:
        stream.put(No("x" * size))
    batches = stream.take(channel.now)
    assert [len(items_of(batch)) for batch in batches] == [BATCH_ITEMS, 2, 1, 1, 1]


def test_nothing_is_repeated_to_a_node_that_cannot_hear(channel: Channel) -> None:
    stream = channel.ends["a"].stream
    channel.put("a")
    channel.take("a")
    channel.way["a"].clear()
    stream.hold()
    channel.put("a")
    channel.now += 60.0
    assert stream.take(channel.now) == []
    assert stream.next_wake() is None
    channel.deliver("a", encode_batch(stream.probe()))
    assert len(channel.ends["b"].stream.take(channel.now)) == 1  # it lives, and says what it lacks
    stream.release(channel.now)
    assert SYNC in [batch.flag for batch in stream.take(channel.now)]
    channel.heal()
    assert channel.ends["b"].heard == [1, 2, 3]


def test_an_old_stream_that_is_replayed_from_its_beginning_brings_nothing(channel: Channel) -> None:
    channel.put("a", 2)
    channel.heal()
    old = list(channel.past["a"])
    channel.ends["b"].start()
    channel.put("a")
    channel.heal()
    assert channel.ends["a"].anew == 1
    for data in old:
        channel.deliver("a", data)
    channel.heal()
    channel.put("a")
    channel.heal()
    assert channel.ends["b"].heard == [1, 2, 3, 5]  # 4 was under way: told
    assert channel.ends["a"].anew == 1


def test_an_old_answer_does_not_bring_an_old_stream_back(channel: Channel) -> None:
    a, b = channel.ends.values()
    channel.put("b", 2)
    channel.heal()
    old = list(channel.past["b"])
    b.start()
    channel.put("a")
    channel.heal()
    b.start()
    channel.now += 1.0
    channel.put("a")
    for tag in "ab":  # our item, and the question of whoever does not know us any more
        channel.take(tag)
        for data in channel.way[tag]:
            channel.deliver(tag, data)
        channel.way[tag].clear()
    channel.take("a")  # our answer, and our question: now an answer is awaited
    for data in 2 * old:
        channel.deliver("b", data)
    assert a.heard == [2, 3]
    channel.heal()
    channel.check()


def test_what_is_acknowledged_meanwhile_is_not_repeated_nor_asked_for(channel: Channel) -> None:
    for _ in range(2):
        channel.put("a")
        channel.take("a")
    first, second = channel.way["a"]
    channel.deliver("a", second)
    channel.take("b")  # AGAIN, for the gap
    channel.deliver("a", first)
    channel.deliver("a", second)
    channel.now += ACK_S
    channel.take("b")
    for data in channel.way["b"]:
        channel.deliver("b", data)
    assert channel.ends["a"].stream.take(channel.now) == []
    assert channel.ends["a"].stream.next_wake() is None
