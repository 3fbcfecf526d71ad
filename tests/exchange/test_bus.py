"""The bus between nodes, over an engine in memory and a clock of the test's."""

from itertools import count

import pytest
from msgspec import Raw

from omefree.contract.batches import DATA, VERSION, Batch, encode_batch, encode_items
from omefree.contract.nodes import AnyItem, Gone, Lead, No, Quit, Say
from omefree.exchange.bus import Bus, BusOptions, first_beat
from omefree.exchange.sealing import Sealing
from omefree.exchange.wire import ALL, Publication, channel_of
from omefree.nodes.roster import GRACE_S
from omefree.nodes.stream import WINDOW_BYTES
from tests.clock import FakeClock
from tests.exchange.memory_wire import MemoryEngine, MemoryWire, ProcessClock

SECRET = b"s" * 32
boots = count()


class Node:
    """A node: its bus, and all that it was told, in order."""

    def __init__(
        self, engine: MemoryEngine, tag: str, secret: bytes = SECRET, *, may_lead: bool = True, pace_s: float = 0.0
    ) -> None:
        self.tag = tag
        self.visitors = 0
        self.told: list[tuple[object, ...]] = []
        self.notices: list[str] = []
        self.raises = False
        self.wire = MemoryWire(engine, tag)
        self.options = BusOptions(tag, f"boot{next(boots)}", ("video", "text"), may_lead, pace_s=pace_s)
        self.sealing = Sealing([secret])
        self.clock = ProcessClock(engine.clock)
        self.bus = Bus(self.wire, self.sealing, self.clock, self.options, lambda: self.visitors, self.notices.append)
        self.bus.start(self)

    def stop(self) -> None:
        """As SIGSTOP does."""
        self.clock.stop()
        self.wire.stall()

    def go_on(self) -> None:
        """As SIGCONT does: what has come is read before the timers."""
        self.wire.go_on()
        self.clock.go_on()

    def items(self) -> list[object]:
        return [what[2] for what in self.told if what[0] == "item"]

    def changes(self, *but: str) -> list[str]:
        """What it was told but items and leaderships: `away b`."""
        names = ("deaf", "heard", "away", "back", "dead", "reset")
        return [f"{what[0]} {what[1]}" for what in self.told if what[0] in names and what[0] not in but]

    def clear(self) -> None:
        self.told.clear()
        self.notices.clear()

    def on_item(self, tag: str, item: AnyItem) -> None:
        self.told.append(("item", tag, item))
        if self.raises:
            raise ZeroDivisionError

    def on_deaf(self, tag: str) -> None:
        self.told.append(("deaf", tag))

    def on_heard(self, tag: str) -> None:
        self.told.append(("heard", tag))

    def on_away(self, tag: str) -> None:
        self.told.append(("away", tag))

    def on_back(self, tag: str) -> None:
        self.told.append(("back", tag))

    def on_dead(self, tag: str) -> None:
        self.told.append(("dead", tag))

    def on_reset(self, tag: str) -> None:
        self.told.append(("reset", tag))

    def on_leading(self, pool: str, epoch: int) -> None:
        self.told.append(("leading", pool, epoch))

    def on_following(self, pool: str) -> None:
        self.told.append(("following", pool))


class World:
    """Some nodes that have met."""

    def __init__(self, tags: str = "ab", pace_s: float = 0.0) -> None:
        self.clock = FakeClock()
        self.engine = MemoryEngine(self.clock)
        self.nodes = {tag: Node(self.engine, tag, pace_s=pace_s) for tag in tags}
        self.run(4)  # the registry is older than a lease
        for node in self.nodes.values():
            node.clear()

    def __getitem__(self, tag: str) -> Node:
        return self.nodes[tag]

    def run(self, seconds: float = 0.5) -> None:
        for _ in range(round(seconds / 0.01)):
            self.clock.advance(0.01)


@pytest.fixture
def world() -> World:
    return World()


def says(*frames: str) -> list[Say]:
    return [Say("chat", True, frame.encode()) for frame in frames]


def test_items_arrive_once_and_in_order(world: World) -> None:
    for frame in "12345":
        world["a"].bus.send("b", Say("chat", True, frame.encode()))
    world["b"].bus.send("a", No("chat"))
    world.run()
    assert world["b"].items() == says(*"12345")
    assert world["a"].items() == [No("chat")]


def test_what_is_sent_in_one_turn_is_one_batch(world: World) -> None:
    world["a"].bus.send("b", No("1"))
    world.run()
    world.engine.history.clear()
    for frame in "123":
        world["a"].bus.send("b", No(frame))
    world.clock.advance()
    assert [it.channel for it in world.engine.history] == [channel_of("b")]


def test_what_is_sent_soon_after_a_batch_shares_the_next_and_what_comes_alone_does_not_wait() -> None:
    world = World(pace_s=0.05)
    world["a"].bus.send("b", No("1"))
    world.run()
    world.engine.history.clear()
    world["a"].bus.send("b", No("2"))
    world.clock.advance()
    assert world["b"].items() == [No("1"), No("2")], "at once"
    for frame in "345":
        world.clock.advance(0.01)
        world["a"].bus.send("b", No(frame))
    world.clock.advance()
    assert world["b"].items() == [No("1"), No("2")]
    world.clock.advance(0.025)
    assert world["b"].items() == [No(frame) for frame in "12345"]
    assert len(world.engine.history) == 2


def test_what_a_node_sends_to_itself_comes_in_a_later_turn(world: World) -> None:
    world["a"].bus.send("a", No("chat"))
    assert world["a"].items() == []
    world.clock.advance()
    assert world["a"].items() == [No("chat")]


def test_a_broadcast_comes_to_all_others() -> None:
    world = World("abc")
    world["a"].bus.broadcast(Lead("video", 3))
    world.run()
    assert [world[tag].items() for tag in "abc"] == [[], [Lead("video", 3)], [Lead("video", 3)]]


def test_nothing_of_what_nodes_say_is_seen_by_the_engine(world: World) -> None:
    world["a"].bus.send("b", Say("the chat", True, b"the frame"))
    world["a"].bus.broadcast(Gone(["the visitor"]))
    world.run()
    carried = b"".join(it.data for it in world.engine.history)
    for word in (b"the chat", b"the frame", b"the visitor", b"say", b"gone"):
        assert word not in carried


def test_the_registry_tells_who_is_there_and_how_many_visitors(world: World) -> None:
    world["a"].visitors, world["b"].visitors = 3, 4
    world.run(2.1)
    assert world["a"].bus.peers == {"b"}
    assert [world[tag].bus.online for tag in "ab"] == [7, 7]
    world["a"].visitors = 5
    assert world["a"].bus.online == 9


def test_one_node_leads_each_pool_and_another_one_after_it() -> None:
    world = World("abc")
    leaders = {pool: leader.tag for pool, leader in world["a"].bus.leaders.items()}
    assert leaders.keys() == {"video", "text"}
    [first] = set(leaders.values())
    assert world[first].bus.leads("video") == 1
    world[first].wire.die()
    world.run(4.1)
    others = [world[tag] for tag in "abc" if tag != first]
    leading = [node for node in others if ("leading", "video", 2) in node.told]
    assert len(leading) == 1
    assert world[first].bus.leads("video") is None
    assert ("following", "video") in world[first].told


def test_who_leads_next_has_a_higher_epoch_than_any_that_was_seen(world: World) -> None:
    [leader] = {it.tag for it in world["a"].bus.leaders.values()}
    world[leader].bus.see("video", 40)
    world.run(1.1)
    assert world[leader].bus.leads("video") == 41
    assert world[leader].bus.leads("text") == 1


def test_whoever_leads_again_does_so_in_a_new_epoch(world: World) -> None:
    """Its lobby is empty: the homes must announce again who waits."""
    [leader] = {it.tag for it in world["a"].bus.leaders.values()}
    for tag in ("b" if leader == "a" else "a", leader):  # a registry that has lost writes, and has them again
        world.engine.registry.crown("video", tag, 0)
        world.run(2.1)
    assert (world[leader].bus.leads("video") or 0) > 1
    assert world[leader].bus.leads("text") == 1


def test_a_node_that_leaves_gives_its_leaderships_to_another_at_once(world: World) -> None:
    [leader] = {it.tag for it in world["a"].bus.leaders.values()}
    other = "b" if leader == "a" else "a"
    world[leader].bus.close()
    world.run(0.05)
    assert world[other].bus.leads("video") == 2
    assert world[other].bus.peers == set()


def test_a_node_that_is_about_to_leave_leads_no_longer_at_once_and_is_no_refuge() -> None:
    world = World("abc")
    [leader] = {it.tag for it in world["a"].bus.leaders.values()}
    others = [world[tag] for tag in "abc" if tag != leader]
    assert world[leader].bus.refuges == {node.tag for node in others}
    world.clock.advance(0.5)  # no beat is due
    world[leader].bus.begin_to_leave()
    world.run(0.02)
    for pool in ("video", "text"):
        assert ("following", pool) in world[leader].told
        assert [node.bus.leads(pool) for node in others].count(2) == 1
    world.run(1.1)
    assert [node.bus.refuges for node in others] == [{others[1].tag}, {others[0].tag}]
    assert world[leader].bus.refuges == {node.tag for node in others}
    assert leader in others[0].bus.peers
    others[0].bus.send(leader, No("1"))
    world[leader].bus.send(others[0].tag, No("2"))
    world.run()
    assert (world[leader].items(), others[0].items()) == ([No("1")], [No("2")]), "all else goes on"


def test_what_is_said_to_all_beside_a_farewell_is_heard(world: World) -> None:
    [leader] = {it.tag for it in world["a"].bus.leaders.values()}
    other = "b" if leader == "a" else "a"
    world[leader].bus.begin_to_leave()
    world.clock.advance()  # the registry has taken it
    world[leader].bus.broadcast(Gone(["visitor"]))
    world.run(0.02)
    assert Gone(["visitor"]) in world[other].items()
    assert world[other].bus.leads("video") == 2


def test_a_node_that_is_about_to_leave_while_it_is_cut_off_says_so_when_it_is_back(world: World) -> None:
    [leader] = {it.tag for it in world["a"].bus.leaders.values()}
    other = "b" if leader == "a" else "a"
    world[leader].wire.cut()
    world.run(0.1)
    world[leader].bus.begin_to_leave()
    world.run(0.1)
    world[leader].wire.join()
    world.run(0.1)
    assert world[other].bus.leads("video") == 2
    assert world[other].bus.refuges == set()


def test_nobody_is_a_refuge_who_does_not_hear_and_none_is_known_while_we_are_cut_off(world: World) -> None:
    assert world["a"].bus.refuges == {"b"}
    world["b"].wire.die()
    world["a"].bus.send("b", No("chat"))
    world.run(0.1)
    assert world["a"].bus.refuges == set()
    world["a"].wire.cut()
    world.run(GRACE_S + 0.1)
    assert world["a"].bus.refuges is None


def test_a_leader_whose_loop_was_stopped_does_nothing_of_its_old_lease(world: World) -> None:
    [leader] = {it.tag for it in world["a"].bus.leaders.values()}
    other = world["b" if leader == "a" else "a"]
    other.bus.send(leader, No("1"))
    world.run()
    world[leader].stop()
    other.bus.send(leader, Quit("video", 1, "visitor", 1))
    world.run(6)
    assert other.bus.leads("video") == 2
    world[leader].go_on()
    world.clock.advance()
    told = world[leader].told
    assert told.index(("following", "video")) < told.index(("item", other.tag, Quit("video", 1, "visitor", 1)))
    world.run(1)
    assert other.changes("deaf", "heard") == [f"away {leader}", f"back {leader}"]
    assert world[leader].changes() == []


def test_a_node_that_died_is_deaf_at_once_away_after_the_grace_and_dead_after_the_window(world: World) -> None:
    world["b"].wire.die()
    world["a"].bus.send("b", No("chat"))
    world.run(0.1)
    assert world["a"].changes() == ["deaf b"]
    assert "b" not in world["a"].bus.takers
    world.run(1.8)
    assert world["a"].changes() == ["deaf b"]
    world.run(0.3)
    assert world["a"].changes() == ["deaf b", "away b"]
    world.run(117)
    assert world["a"].changes() == ["deaf b", "away b"]
    world.run(2)
    assert world["a"].changes() == ["deaf b", "away b", "dead b"]


def test_a_short_cut_is_nobodys_concern_and_loses_nothing(world: World) -> None:
    for number in range(10):
        world["a"].bus.send("b", No(f"{number}"))
        world["b"].wire.cut()
        world["a"].bus.send("b", No(f"{number}+"))
        world.run(0.03)
        world["b"].wire.join()
        world.run(0.2)
    assert world["b"].items() == [No(f"{number}{plus}") for number in range(10) for plus in ("", "+")]
    for one, other in ("ab", "ba"):
        assert world[one].changes("deaf", "heard") == []
        assert other in world[one].bus.takers


@pytest.mark.parametrize(("tag", "other"), ["ab", "ba"])
def test_a_node_that_is_cut_off_buries_nobody_and_says_away_after_the_grace(world: World, tag: str, other: str) -> None:
    node = world[tag]
    node.visitors, world[other].visitors = 3, 4
    world.run(1.1)
    node.wire.cut()
    world.run(1.9)
    assert node.changes() == []
    assert (node.bus.online, node.bus.peers) == (7, {other})
    assert other in node.bus.takers
    assert node.bus.degraded == "down"
    world.run(0.2)
    assert node.changes() == [f"away {other}"]
    world.run(200)
    assert node.changes() == [f"away {other}"]
    assert other not in node.bus.takers
    assert (node.bus.online, node.bus.peers) == (3, set())
    node.wire.join()
    world.run(1)
    assert node.changes() == [f"away {other}", f"back {other}"]
    assert node.bus.degraded == ""


def test_the_log_tells_of_a_cut_that_is_longer_than_the_grace(world: World) -> None:
    for seconds in (0.5, 1.9, 2.1, 0.5):
        world["a"].wire.cut()
        world.run(seconds)
        world["a"].wire.join()
        world.run(0.1)
    assert world["a"].notices == ["down", "up"]
    assert world["a"].bus.figures().cuts == 4


def test_a_node_that_starts_again_under_its_tag_begins_anew(world: World) -> None:
    world["a"].bus.send("b", No("1"))
    world.run()
    world["b"].wire.die()
    world.run(4)
    again = world.nodes["b"] = Node(world.engine, "b")
    world["a"].clear()
    world.run(1.5)
    assert "reset b" in world["a"].changes()
    world["a"].bus.send("b", No("2"))
    again.bus.send("a", No("3"))
    world.run()
    assert again.items() == [No("2")]
    assert world["a"].items() == [No("3")]


def test_a_node_that_starts_again_at_once_begins_anew_though_nobody_says_anything(world: World) -> None:
    world["a"].bus.send("b", No("1"))
    world.run()
    world["b"].bus.close()
    world.nodes["b"] = Node(world.engine, "b")
    world.run(2)
    assert world["a"].changes() == ["reset b"]


def test_an_emptied_registry_accuses_nobody(world: World) -> None:
    world.run(0.5)
    world.engine.registry.flush()
    world.run(10)
    assert [world[tag].changes() for tag in "ab"] == [[], []]
    epochs = {world[tag].bus.leads("video") for tag in "ab"}
    assert epochs == {None, 2}


def test_a_slow_node_fills_its_window_and_no_memory(world: World) -> None:
    world["b"].stop()
    frame = Say("chat", True, bytes(10_000))
    taken = 0
    while "b" in world["a"].bus.takers:
        world["a"].bus.send("b", frame)
        taken += 1
        world.clock.advance(0.001)
    assert WINDOW_BYTES // 10_000 <= taken <= WINDOW_BYTES // 10_000 + 1
    assert "b" in world["a"].bus.crowded
    assert world["a"].bus.figures().window_bytes >= WINDOW_BYTES
    world["b"].go_on()
    world.run(1)
    assert "b" in world["a"].bus.takers
    assert len(world["b"].items()) == taken


def test_a_full_wire_takes_nothing_of_visitors(world: World) -> None:
    world["a"].wire.fill(is_full=True)
    assert "b" not in world["a"].bus.takers
    assert "b" in world["a"].bus.crowded
    assert world["a"].bus.degraded == "slow"
    world["a"].wire.fill(is_full=False)
    assert "b" in world["a"].bus.takers
    assert "b" not in world["a"].bus.crowded


@pytest.mark.parametrize(
    ("why", "garbage"),
    [
        ("unreadable", lambda node, _: b""),
        ("undecipherable", lambda node, _: bytes(200)),
        ("undecipherable", lambda node, _: Sealing([b"x" * 32]).seal(channel_of("b"), b"hello")),
        ("undecipherable", lambda node, last: node.sealing.seal(channel_of("c"), b"hello")),
        ("malformed", lambda node, _: node.sealing.seal(channel_of("b"), b"hello")),
        ("malformed", lambda node, _: node.sealing.seal(channel_of("b"), b"\x90")),
        ("version", lambda node, _: node.sealing.seal(channel_of("b"), bare(VERSION + 2, "a"))),
        ("own_tag", lambda node, _: node.sealing.seal(channel_of("b"), bare(VERSION, "b"))),
        ("replayed", lambda node, last: last),
    ],
)
def test_what_is_no_batch_is_counted_and_said_once(why: str, garbage: object, world: World) -> None:
    world["a"].bus.send("b", No("1"))
    world.run()
    [*_, last] = [it.data for it in world.engine.history if it.channel == channel_of("b")]
    assert callable(garbage)
    for _ in range(3):
        world.engine.publish(Publication(channel_of("b"), garbage(world["a"], last)))
        world.clock.advance()
    assert world["b"].bus.figures().dropped == {why: 3}
    assert world["b"].notices == [why]
    world["a"].bus.send("b", No("2"))
    world.run()
    assert world["b"].items() == [No("1"), No("2")]


def bare(version: int, sender: str, *items: AnyItem) -> bytes:
    return encode_batch(Batch(version, sender, 0, 0, 0, 0, DATA, Raw(encode_items(items))))


def test_a_node_of_the_version_before_or_after_is_understood(world: World) -> None:
    for version in (VERSION - 1, VERSION + 1):
        data = world["a"].sealing.seal(ALL, bare(version, "a", No(f"{version}")))
        world.engine.publish(Publication(ALL, data))
    data = world["a"].sealing.seal(ALL, bare(VERSION, "a", No("1")).replace(b"no", b"nu"))
    world.engine.publish(Publication(ALL, data))
    world.run()
    assert world["b"].items() == [No(f"{VERSION - 1}"), No(f"{VERSION + 1}")]
    assert world["b"].bus.figures().dropped == {"unknown_item": 1}


def test_a_batch_for_all_is_not_taken_for_one_of_a_stream(world: World) -> None:
    world["a"].bus.broadcast(Lead("video", 9))
    world.clock.advance()
    [data] = [it.data for it in world.engine.history if it.channel == ALL]
    world.engine.publish(Publication(channel_of("b"), data))
    world.run()
    assert world["b"].items() == [Lead("video", 9)]
    assert world["b"].bus.figures().dropped == {"undecipherable": 1}


def test_nodes_with_other_secrets_do_not_mix(world: World) -> None:
    stranger = Node(world.engine, "x", secret=b"x" * 32)
    world.run(1)
    assert stranger.notices == ["up", "secret"]
    assert stranger.bus.degraded == "secret"
    assert stranger.bus.leads("video") is None
    stranger.bus.send("a", No("chat"))
    stranger.bus.broadcast(Lead("video", 99))
    world.run(1)
    assert world["a"].items() == world["b"].items() == []
    assert world["a"].bus.figures().dropped["undecipherable"] > 0


def test_two_nodes_of_one_tag_are_told(world: World) -> None:
    second = Node(world.engine, "a")
    world.run(1)
    assert second.bus.degraded == "taken"
    assert second.bus.leads("video") is None


def test_a_fault_of_one_item_stops_no_other(world: World, caplog: pytest.LogCaptureFixture) -> None:
    world["b"].raises = True
    world["a"].bus.send("b", No("1"))
    world["a"].bus.send("b", No("2"))
    world.run()
    assert world["b"].items() == [No("1"), No("2")]
    assert "ZeroDivisionError" in caplog.text


def test_the_first_beat_says_who_we_are() -> None:
    beat = first_beat(BusOptions("a", "boot", ("video",)), Sealing([SECRET, b"x" * 32]))
    assert (beat.tag, beat.boot, beat.may_lead, beat.seen) == ("a", "boot", True, {"video": 0})
    assert len(beat.secrets) == 2
