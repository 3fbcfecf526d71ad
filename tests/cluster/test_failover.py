"""An engine of several servers, of which one dies or a part moves (design: test 6). `make soak` runs these."""

from __future__ import annotations

from pathlib import Path

import pytest
from redis.crc import key_slot

from omefree.exchange.registry import KEYS
from omefree.exchange.wire import channel_of
from tests.cluster.crowd import Pace
from tests.cluster.run import Run, running
from tests.exchange.conftest import MakeEngine
from tests.exchange.engines import Engine, free_port
from tests.until import until

pytestmark = pytest.mark.soak
TAGS = "abc"
LONG = Pace(life_s=(2.0, 15.0))


def urls(url: str) -> dict[str, str]:
    return dict.fromkeys(TAGS, url)


def of_both(cluster: list[Engine]) -> dict[str, str]:
    return urls("valkey+cluster://" + ",".join(f"127.0.0.1:{engine.port}" for engine in cluster))


async def ends_without_a_loss(run: Run, crowd: object) -> None:
    verdict = await run.ends_well(crowd)  # type: ignore[arg-type]
    assert (verdict.lost, verdict.lost_chats) == (0, 0)


async def test_sentinels_put_the_replica_in_the_place_of_a_dead_primary(
    tmp_path: Path, sentinel: tuple[Engine, Engine]
) -> None:
    watcher, primary = sentinel
    async with running(tmp_path, TAGS, None, urls=urls(watcher.url)) as run:
        crowd = await run.crowd(36, LONG)
        await run.chats(10, across=True)
        run.history.fault("primary killed")
        primary.kill()
        await run.chats(30, across=True)
        await ends_without_a_loss(run, crowd)


async def test_sentinels_change_the_two_while_both_live(tmp_path: Path, sentinel: tuple[Engine, Engine]) -> None:
    """The old primary goes on, as a replica that takes no writes."""
    watcher, primary = sentinel
    async with running(tmp_path, TAGS, None, urls=urls(watcher.url)) as run:
        crowd = await run.crowd(36, LONG)
        await run.chats(10, across=True)
        run.history.fault("failover")
        await watcher.ask("SENTINEL FAILOVER", "chat")
        await until(lambda: has_another_primary(watcher, primary), "the two have changed")
        await primary.ask("REPLICAOF", *await primary_of(watcher))  # the sentinel says so, too: on a busy machine, late
        await run.chats(30, across=True)
        await ends_without_a_loss(run, crowd)


async def test_the_slots_of_all_nodes_move_to_the_other_primary(tmp_path: Path, cluster: list[Engine]) -> None:
    for engine in cluster:
        await engine.ask("CONFIG", "SET", "cluster-allow-pubsubshard-when-down", "yes")
    async with running(tmp_path, TAGS, None, urls=of_both(cluster)) as run:
        crowd = await run.crowd(36, LONG)
        for tag in TAGS:
            await run.chats(10, across=True)
            run.history.fault("slot moved", tag)
            slot = key_slot(channel_of(tag).encode())
            here, there = cluster if slot < 8192 else reversed(cluster)
            to = await there.ask("CLUSTER", "MYID")
            await there.ask("CLUSTER", "SETSLOT", slot, "NODE", to)
            await here.ask("CLUSTER", "SETSLOT", slot, "NODE", to)
        await run.chats(20, across=True)
        await ends_without_a_loss(run, crowd)


async def test_a_replica_takes_the_place_of_the_primary_that_has_the_registry(
    tmp_path: Path, cluster: list[Engine], start_engine: MakeEngine
) -> None:
    primary = cluster[key_slot(KEYS[0].encode()) >= 8192]
    replica = await joined(start_engine, primary)
    async with running(tmp_path, TAGS, None, urls=of_both([*cluster, replica])) as run:
        crowd = await run.crowd(36, LONG)
        await run.chats(10, across=True)
        run.history.fault("primary killed")
        primary.kill()
        await replica.ask("CLUSTER", "FAILOVER", "TAKEOVER")  # of two primaries no majority is left that could vote
        await run.chats(30, across=True)
        await ends_without_a_loss(run, crowd)


async def joined(start_engine: MakeEngine, primary: Engine) -> Engine:
    """A replica of this primary of a Cluster."""
    port = free_port()
    replica = await start_engine(primary.kind, "--cluster-enabled", "yes", "--cluster-port", str(port))
    await replica.ask("CONFIG", "SET", "repl-diskless-sync-delay", 0)
    its_id = await primary.ask("CLUSTER", "MYID")
    await primary.ask("CONFIG", "SET", "repl-diskless-sync-delay", 0)
    await primary.ask("CLUSTER", "MEET", "127.0.0.1", replica.port, port)
    await until(lambda: knows(replica, its_id), "it has met the primary")
    await replica.ask("CLUSTER", "REPLICATE", its_id)
    await until(lambda: is_in_step(replica), "it has what the primary has")
    return replica


async def knows(engine: Engine, other: str) -> bool:
    return other in str(await engine.ask("CLUSTER", "NODES"))


async def is_in_step(replica: Engine) -> bool:
    found = await replica.ask("INFO", "replication")
    return bool(found.get("master_link_status") == "up")


async def primary_of(watcher: Engine) -> tuple[str, int]:
    host, port = await watcher.ask("SENTINEL", "GET-MASTER-ADDR-BY-NAME", "chat")
    return host, int(port)


async def has_another_primary(watcher: Engine, primary: Engine) -> bool:
    return (await primary_of(watcher))[1] != primary.port
