"""Nodes over real servers: Valkey 9 and Redis 7."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from itertools import count
from pathlib import Path

import pytest
import pytest_asyncio
from redis.crc import key_slot

from omefree.contract.nodes import AnyItem, Gone, No, Say
from omefree.errors import StartError
from omefree.exchange.address import Address, address_of, parse_url
from omefree.exchange.bus import Bus, BusOptions, first_beat
from omefree.exchange.faults import RIGHTS
from omefree.exchange.registry import KEYS
from omefree.exchange.sealing import Sealing
from omefree.exchange.valkey import check, connect
from omefree.exchange.wire import ALL, channel_of
from tests.certificates import make_certificate
from tests.exchange.conftest import MakeEngine
from tests.exchange.engines import Engine, SentinelEngine, free_port
from tests.until import until

SECRET = b"s" * 32
boots = count()


class Node:
    """A node on the loop of the test."""

    def __init__(self, tag: str, boot: str = "", secrets: Sequence[bytes] = (SECRET,)) -> None:
        self.tag = tag
        self.options = BusOptions(tag, boot or f"boot{next(boots)}", ("video", "text"))
        self.sealing = Sealing(secrets)
        self.items: list[AnyItem] = []
        self.told: list[str] = []
        self.notices: list[str] = []

    async def start(self, url: str | Address) -> "Node":
        address = parse_url(url) if isinstance(url, str) else url
        self.wire = await connect(address, first_beat(self.options, self.sealing))
        loop = asyncio.get_running_loop()
        self.bus = Bus(self.wire, self.sealing, loop, self.options, lambda: 1, self.notices.append)
        self.bus.start(self)
        return self

    async def close(self) -> None:
        self.bus.close()
        await self.wire.wait_closed()

    async def meets(self, *others: str) -> None:
        await until(lambda: self.bus.peers >= set(others), f"{self.tag} has heard of {others}")

    async def hears(self, *items: AnyItem) -> None:
        await until(lambda: len(self.items) >= len(items), f"{self.tag} has heard {len(items)} items")
        assert self.items == list(items)

    async def is_told(self, what: str) -> None:
        await until(lambda: what in self.told, f"{self.tag} is told: {what}")

    async def is_degraded(self, why: str) -> None:
        await until(lambda: self.bus.degraded == why, f"{self.tag} is {why or 'well'}")

    def on_item(self, tag: str, item: AnyItem) -> None:
        self.items.append(item)

    def on_deaf(self, tag: str) -> None:
        self.told.append(f"deaf {tag}")

    def on_heard(self, tag: str) -> None:
        self.told.append(f"heard {tag}")

    def on_away(self, tag: str) -> None:
        self.told.append(f"away {tag}")

    def on_back(self, tag: str) -> None:
        self.told.append(f"back {tag}")

    def on_dead(self, tag: str) -> None:
        self.told.append(f"dead {tag}")

    def on_reset(self, tag: str) -> None:
        self.told.append(f"reset {tag}")

    def on_leading(self, pool: str, epoch: int) -> None:
        self.told.append(f"leading {pool} {epoch}")

    def on_following(self, pool: str) -> None:
        self.told.append(f"following {pool}")


StartNode = Callable[..., Awaitable[Node]]


@pytest_asyncio.fixture
async def start_node() -> AsyncIterator[StartNode]:
    """Starts nodes: `await start_node(engine.url, "a")`."""
    nodes: list[Node] = []

    async def start(url: str | Address, tag: str, **how: object) -> Node:
        node = await Node(tag, **how).start(url)  # type: ignore[arg-type]
        nodes.append(node)
        return node

    yield start
    for node in nodes:
        await node.close()


async def pair(start_node: StartNode, url: str | Address) -> tuple[Node, Node]:
    a, b = await start_node(url, "a"), await start_node(url, "b")
    await a.meets("b")
    await b.meets("a")
    return a, b


def numbered(start: int, stop: int) -> list[AnyItem]:
    return [No(f"{number}") for number in range(start, stop)]


async def test_two_nodes_speak_to_each_other(engine: Engine, start_node: StartNode) -> None:
    a, b = await pair(start_node, engine.url)
    for item in numbered(0, 1000):
        a.bus.send("b", item)
    b.bus.broadcast(Gone(["visitor"]))
    await b.hears(*numbered(0, 1000))
    await a.hears(Gone(["visitor"]))
    assert a.bus.online == b.bus.online == 2
    assert a.bus.leads("video") == 1


async def test_a_big_item_arrives_whole(engine: Engine, start_node: StartNode) -> None:
    a, b = await pair(start_node, engine.url)
    big = Say("chat", True, bytes(range(256)) * 1000)
    a.bus.send("b", big)
    await b.hears(big)


async def test_a_node_that_stops_is_gone_at_once_and_another_leads(engine: Engine, start_node: StartNode) -> None:
    a, b = await pair(start_node, engine.url)
    await a.close()
    await until(lambda: b.bus.peers == set(), "b is alone")
    await b.is_told("leading video 2")
    b.bus.send("a", No("1"))
    await b.is_told("deaf a")


async def test_nothing_of_a_visitor_stays_in_the_engine(engine: Engine, start_node: StartNode) -> None:
    a, b = await pair(start_node, engine.url)
    for item in numbered(0, 100):
        a.bus.send("b", item)
    await b.hears(*numbered(0, 100))
    keys = await engine.ask("KEYS", "*")
    assert sorted(keys) == sorted(KEYS)
    held = str([await engine.ask("HGETALL", KEYS[0]), await engine.ask("HGETALL", KEYS[1])])
    assert "100" not in held
    for key in keys:
        assert 0 < await engine.ask("PTTL", key) <= 60_000


async def test_pubsub_cut_ten_times_loses_nothing(engine: Engine, start_node: StartNode) -> None:
    a, b = await pair(start_node, engine.url)
    for cut in range(10):
        a.bus.send("b", No(f"{2 * cut}"))
        await engine.cut()
        a.bus.send("b", No(f"{2 * cut + 1}"))
        await until(lambda expected=2 * cut + 2: len(b.items) >= expected, "both have come")  # type: ignore[misc]
    await b.hears(*numbered(0, 20))
    assert [told for told in a.told if "away" in told] == []


async def test_an_emptied_engine_changes_nothing_but_the_epoch(engine: Engine, start_node: StartNode) -> None:
    a, b = await pair(start_node, engine.url)
    await engine.ask("FLUSHALL")
    await until(lambda: max(a.bus.leads("video") or 0, b.bus.leads("video") or 0) == 2, "there is a leader again")
    await a.meets("b")
    await b.meets("a")
    a.bus.send("b", No("0"))
    await b.hears(No("0"))
    assert [told for told in (*a.told, *b.told) if "deaf" in told or "away" in told] == []


async def test_an_engine_that_comes_back_empty(engine: Engine, start_node: StartNode) -> None:
    a, b = await pair(start_node, engine.url)
    engine.kill()
    await a.is_degraded("down")
    await b.is_degraded("down")
    a.bus.send("b", No("0"))
    await a.is_told("away b")
    assert "b" not in a.bus.takers
    await engine.start()
    await b.hears(No("0"))
    await a.is_told("back b")
    await a.is_degraded("")
    await until(lambda: max(a.bus.leads("video") or 0, b.bus.leads("video") or 0) > 1, "there is a leader again")


async def test_an_engine_that_answers_nothing_is_left(engine: Engine, start_node: StartNode) -> None:
    a, b = await pair(start_node, engine.url)
    engine.pause()
    await a.is_degraded("down")
    a.bus.send("b", No("0"))
    engine.resume()
    await b.hears(No("0"))
    await a.is_degraded("")


async def test_a_full_engine_still_carries_batches(engine: Engine, start_node: StartNode) -> None:
    a, b = await pair(start_node, engine.url)
    await engine.ask("CONFIG", "SET", "maxmemory", "1")
    await a.is_degraded("full")
    assert "full" in a.notices
    a.bus.send("b", No("0"))
    await b.hears(No("0"))
    await a.is_told("following video")
    await engine.ask("CONFIG", "SET", "maxmemory", "0")
    await a.is_degraded("")
    a.bus.send("b", No("1"))
    await b.hears(No("0"), No("1"))
    assert [told for told in (*a.told, *b.told) if "away" in told] == []


async def test_rights_that_are_taken_away_and_given_back(engine: Engine, start_node: StartNode) -> None:
    await engine.ask("ACL", "SETUSER", "omefree", "on", ">secret", *RIGHTS.split())
    a, b = await pair(start_node, engine.url.replace("//", "//omefree:secret@"))
    await engine.ask("ACL", "SETUSER", "omefree", "-eval")
    await a.is_degraded("no_rights")
    assert "no_rights" in a.notices
    a.bus.send("b", No("0"))
    await b.hears(No("0"))
    await engine.ask("ACL", "SETUSER", "omefree", "+eval")
    await a.is_degraded("")
    a.bus.send("b", No("1"))
    await b.hears(No("0"), No("1"))


async def test_an_engine_that_becomes_a_replica_is_left_until_it_is_none(engine: Engine, start_node: StartNode) -> None:
    a, b = await pair(start_node, engine.url)
    await engine.ask("REPLICAOF", "127.0.0.1", free_port())
    await a.is_degraded("down")
    await engine.ask("REPLICAOF", "NO", "ONE")
    await a.is_degraded("")
    a.bus.send("b", No("0"))
    await b.hears(No("0"))


async def test_a_node_whose_name_another_has_taken_is_silent_until_it_is_free(
    engine: Engine, start_node: StartNode
) -> None:
    """As when it was stopped for longer than its lease, and another one was started in its place."""
    a, b = await pair(start_node, engine.url)
    await engine.ask("HDEL", KEYS[0], "a")
    ends = int((await engine.ask("TIME"))[0]) * 1000 + 2900
    await engine.ask("HSET", KEYS[0], "a", f"{ends} another 1 1 0 {a.sealing.names[0]}")
    await a.is_degraded("taken")
    assert "taken" in a.notices
    await until(lambda: engine.listens_to(channel_of("a"), 0), "a does not listen")
    a.bus.send("b", No("0"))
    await a.is_degraded("")
    await b.hears(No("0"))


async def test_whoever_reaches_the_engine_can_say_nothing(engine: Engine, start_node: StartNode) -> None:
    """Garbage, the batches of another cluster, and old ones of this."""
    a, b = await pair(start_node, engine.url)
    pubsub = engine.raw.pubsub()
    await pubsub.subscribe(ALL)
    await pubsub.ssubscribe(channel_of("b"))
    for _ in range(2):
        await pubsub.parse_response()
    a.bus.send("b", No("0"))
    a.bus.broadcast(Gone(["1"]))
    heard = [await pubsub.parse_response() for _ in range(2)]
    await pubsub.aclose()
    await b.hears(*b.items[:2])
    for data in (b"", b"x", bytes(1000), Sealing([b"x" * 32]).seal(channel_of("b"), b"hello")):
        await engine.raw.execute_command("SPUBLISH", channel_of("b"), data)
    for kind, channel, data in heard:
        verb = "SPUBLISH" if kind == b"smessage" else "PUBLISH"
        await engine.raw.execute_command(verb, channel, data)
    a.bus.send("b", No("2"))
    await until(lambda: No("2") in b.items, "b hears what is said next")
    assert sorted(map(str, b.items)) == sorted(map(str, [No("0"), Gone(["1"]), No("2")]))
    dropped = dict(b.bus.figures().dropped)
    assert dropped == {"unreadable": 2, "undecipherable": 2, "replayed": 2}
    assert {"unreadable", "undecipherable", "replayed"} <= set(b.notices)


# --- at the start: a sentence each ---


async def refused(url: str | Address, tag: str = "b", **how: object) -> str:
    with pytest.raises(StartError) as error:
        await Node(tag, **how).start(url)  # type: ignore[arg-type]
    sentence = str(error.value)
    assert sentence.startswith("exchange: 127.0.0.1:")
    assert "\n" not in sentence
    return sentence


async def checked(url: str, secrets: Sequence[bytes] = (SECRET,)) -> list[str]:
    return await check(parse_url(url), first_beat(BusOptions("check", "boot", ()), Sealing(secrets)))


async def test_nothing_answers() -> None:
    assert "nothing answers" in await refused(f"valkey://127.0.0.1:{free_port()}")


async def test_another_secret(engine: Engine, start_node: StartNode) -> None:
    a = await start_node(engine.url, "a")
    assert "exchange_secret" in await refused(engine.url, secrets=[b"x" * 32])
    with pytest.raises(StartError, match="exchange_secret"):
        await checked(engine.url, [b"x" * 32])
    b = await start_node(engine.url, "b", secrets=[SECRET, b"x" * 32])
    await a.meets("b")
    assert b.bus.degraded == ""


async def test_a_second_node_of_one_name(engine: Engine, start_node: StartNode) -> None:
    a = await start_node(engine.url, "a")
    await start_node(engine.url, "b")
    assert "another node of the name a" in await refused(engine.url, "a")
    await a.meets("b")
    assert a.bus.degraded == ""


async def test_a_node_may_come_back_under_its_name(engine: Engine, start_node: StartNode) -> None:
    a, b = await pair(start_node, engine.url)
    a.bus.send("b", No("0"))
    await b.hears(No("0"))
    died = Node("a")
    await a.close()
    again = await start_node(engine.url, "a")
    again.bus.send("b", No("1"))
    await b.hears(No("0"), No("1"))
    assert died.items == []


async def test_a_wrong_password(engine: Engine) -> None:
    await engine.ask("CONFIG", "SET", "requirepass", "right")
    for url in (engine.url, engine.url.replace("//", "//:wrong@"), engine.url.replace("//", "//user:right@")):
        assert "user and password" in await refused(url)
    assert await checked(engine.url.replace("//", "//:right@")) == []


async def test_the_rights_that_nodes_need_are_enough_and_all_needed(engine: Engine, start_node: StartNode) -> None:
    rules = RIGHTS.split()
    await engine.ask("ACL", "SETUSER", "omefree", "on", ">secret", *rules)
    url = engine.url.replace("//", "//omefree:secret@")
    a, b = await pair(start_node, url)
    a.bus.send("b", No("0"))
    a.bus.broadcast(No("1"))
    await until(lambda: len(b.items) == 2, "both have come")
    assert await checked(url) == []
    for each in ("+spublish", "+publish", "+eval", "+ssubscribe", "&of:*", "~of:*", "+hset"):
        await engine.ask("ACL", "SETUSER", "less", "reset", "on", ">secret", *(rule for rule in rules if rule != each))
        assert "ACL SETUSER" in await refused(engine.url.replace("//", "//less:secret@"), "c"), each


async def test_without_the_right_to_ask_for_settings_it_is_said(engine: Engine) -> None:
    await engine.ask("ACL", "SETUSER", "omefree", "on", ">secret", *RIGHTS.split(), "-config|get")
    [warning] = await checked(engine.url.replace("//", "//omefree:secret@"))
    assert "not known" in warning


@pytest.mark.parametrize("option", [("save", "3600 1"), ("appendonly", "yes")])
async def test_persistence_is_warned_of(engine: Engine, option: tuple[str, str]) -> None:
    assert await checked(engine.url) == []
    await engine.ask("CONFIG", "SET", *option)
    [warning] = await checked(engine.url)
    assert "writes to its disk" in warning


async def test_a_full_engine(start_engine: MakeEngine) -> None:
    engine = await start_engine("valkey", "--maxmemory", "1")
    assert "memory is full" in await refused(engine.url)
    with pytest.raises(StartError, match="memory is full"):
        await checked(engine.url)


async def test_a_replica(engine: Engine, start_engine: MakeEngine) -> None:
    replica = await start_engine(
        "valkey" if engine.kind == "valkey" else "redis", "--replicaof", "127.0.0.1", str(engine.port)
    )
    assert "replica" in await refused(replica.url)


async def test_version_6(start_engine: MakeEngine) -> None:
    engine = await start_engine("redis6")
    assert "Redis 6.2.14 is too old" in await refused(engine.url)
    with pytest.raises(StartError, match="too old"):
        await checked(engine.url)


async def test_one_of_a_cluster(start_engine: MakeEngine) -> None:
    engine = await start_engine("valkey", "--cluster-enabled", "yes", "--cluster-port", str(free_port()))
    assert "valkey+cluster://" in await refused(engine.url)


async def test_no_cluster(engine: Engine) -> None:
    assert "no Cluster" in await refused(engine.url.replace("valkey://", "valkey+cluster://"))


async def test_over_a_unix_socket(engine: Engine, start_node: StartNode) -> None:
    a, b = await pair(start_node, f"unix://{engine.socket}")
    a.bus.send("b", No("0"))
    await b.hears(No("0"))


async def test_over_tls(
    start_engine: MakeEngine, start_node: StartNode, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made, port = make_certificate(tmp_path, "127.0.0.1"), free_port()
    files = ("--tls-cert-file", str(made.cert), "--tls-key-file", str(made.key), "--tls-auth-clients", "no")
    await start_engine("redis", "--tls-port", str(port), *files)
    assert "certificate" in await refused(f"valkeys://127.0.0.1:{port}")
    monkeypatch.setenv("SSL_CERT_FILE", str(made.cert))
    a, b = await pair(start_node, f"valkeys://127.0.0.1:{port}")
    a.bus.send("b", No("0"))
    await b.hears(No("0"))


async def test_an_engine_that_asks_for_a_certificate_is_shown_ours(
    start_engine: MakeEngine, start_node: StartNode, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    its, port = make_certificate(tmp_path, "127.0.0.1"), free_port()
    ours, other = make_certificate(tmp_path, "ours"), make_certificate(tmp_path, "other")
    files = ("--tls-cert-file", str(its.cert), "--tls-key-file", str(its.key), "--tls-ca-cert-file", str(ours.cert))
    await start_engine("redis", "--tls-port", str(port), *files)
    monkeypatch.setenv("SSL_CERT_FILE", str(its.cert))
    url = f"valkeys://127.0.0.1:{port}"
    assert "exchange_cert" in await refused(url)
    assert "exchange_cert" in await refused(address_of(url, cert=str(other.cert), key=str(other.key)))
    a, b = await pair(start_node, address_of(url, cert=str(ours.cert), key=str(ours.key)))
    a.bus.send("b", No("0"))
    await b.hears(No("0"))


async def test_sentinels_may_have_a_password_of_their_own(
    sentinel: tuple[Engine, Engine], start_node: StartNode
) -> None:
    watcher, primary = sentinel
    await primary.ask("CONFIG", "SET", "requirepass", "its")
    await watcher.ask("SENTINEL SET", "chat", "auth-pass", "its")
    await watcher.ask("ACL", "SETUSER", "default", "resetpass", ">the sentinels'")
    url = watcher.url.replace("//", "//:its@")
    for wrong in ("", ":its", "user:its"):
        assert "exchange_sentinel" in await refused(address_of(url, wrong))
    a, b = await pair(start_node, address_of(url, ":the%20sentinels'"))
    a.bus.send("b", No("0"))
    await b.hears(No("0"))


async def test_sentinels_that_do_not_answer() -> None:
    assert "nothing answers" in await refused(f"valkey+sentinel://127.0.0.1:{free_port()}/chat")


async def test_sentinels_over_tls(
    start_engine: MakeEngine, start_node: StartNode, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They and the primary ask for a certificate of ours."""
    its, ours = make_certificate(tmp_path, "127.0.0.1"), make_certificate(tmp_path, "ours")
    files = ("--tls-cert-file", str(its.cert), "--tls-key-file", str(its.key), "--tls-ca-cert-file", str(ours.cert))
    port, watching = free_port(), free_port()
    await start_engine("redis", "--tls-port", str(port), *files)
    monkeypatch.setenv("SSL_CERT_FILE", str(its.cert))
    watcher = SentinelEngine("redis", tmp_path, port, "--tls-port", str(watching), "--tls-replication", "yes", *files)
    await watcher.start()
    url = f"valkeys+sentinel://127.0.0.1:{watching}/chat"
    a, b = await pair(start_node, address_of(url, cert=str(ours.cert), key=str(ours.key)))
    a.bus.send("b", No("0"))
    await b.hears(No("0"))
    await watcher.close()


async def test_sentinels_name_the_primary_before_and_after_a_failover(
    sentinel: tuple[Engine, Engine], start_node: StartNode
) -> None:
    watcher, primary = sentinel
    a, b = await pair(start_node, watcher.url)
    a.bus.send("b", No("0"))
    await b.hears(No("0"))
    primary.kill()
    a.bus.send("b", No("1"))
    await b.hears(No("0"), No("1"))
    await a.meets("b")
    assert a.bus.degraded == ""


async def test_sentinels_that_do_not_know_the_name(sentinel: tuple[Engine, Engine]) -> None:
    watcher, _ = sentinel
    assert "no primary of the name other" in await refused(watcher.url.replace("/chat", "/other"))


def tag_at(first: int) -> str:
    """A tag whose channel is in the half of the slots that begins with this one."""
    return next(tag for tag in "abcdefghijk" if first <= key_slot(channel_of(tag).encode()) < first + 8192)


async def test_a_cluster_of_two_primaries_and_a_slot_that_moves(cluster: list[Engine], start_node: StartNode) -> None:
    low, high = tag_at(0), tag_at(8192)
    for engine in cluster:
        await engine.ask("ACL", "SETUSER", "omefree", "on", ">secret", *RIGHTS.split())
    url = f"valkey+cluster://omefree:secret@127.0.0.1:{cluster[0].port},127.0.0.1:{cluster[1].port}"
    a, b = await start_node(url, low), await start_node(url, high)
    await a.meets(high)
    await b.meets(low)
    a.bus.send(high, No("0"))
    a.bus.broadcast(Gone(["visitor"]))
    b.bus.send(low, No("1"))
    await until(lambda: len(b.items) == 2 and len(a.items) == 1, "all have come")
    b.items.clear()
    slot, [here, there] = key_slot(channel_of(high).encode()), [cluster[1], cluster[0]]
    to = await there.ask("CLUSTER", "MYID")
    for number in range(20):
        a.bus.send(high, No(f"{number}"))
        if number == 10:
            await there.ask("CLUSTER", "SETSLOT", slot, "NODE", to)
            await here.ask("CLUSTER", "SETSLOT", slot, "NODE", to)
    await b.hears(*numbered(0, 20))
    b.bus.send(low, No("2"))
    await a.hears(No("1"), No("2"))
    assert [told for told in (*a.told, *b.told) if "away" in told] == []
