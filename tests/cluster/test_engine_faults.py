"""The engine fails (design: tests 5 and 8): chats go on, each node pairs its own, and no chat is lost."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from omefree.exchange.sealing import Sealing
from omefree.exchange.wire import ALL, channel_of
from tests.cluster.crowd import Pace
from tests.cluster.engines import ShippedEngine
from tests.cluster.run import running

DROPPED = re.compile(r"event=exchange_dropped reason=(\w+)")
SQUAWKS = 1_000  # of a parrot: more would be a load, and not what is tried here
LONG = Pace(life_s=(2.0, 15.0))


async def test_the_engine_is_killed_and_comes_back_empty(tmp_path: Path) -> None:
    async with running(tmp_path, "abc", "valkey") as run:
        crowd = await run.crowd(36, LONG)
        await run.chats(10, across=True)
        assert run.cluster.engine is not None
        run.history.fault("engine killed")
        run.cluster.engine.kill()
        await run.chats(8)  # each node pairs its own
        run.history.fault("engine started")
        await run.cluster.engine.start()
        await run.chats(10, across=True)
        verdict = await run.ends_well(crowd)
        assert (verdict.lost, verdict.lost_chats) == (0, 0)


async def test_all_that_the_engine_holds_is_lost(tmp_path: Path) -> None:
    async with running(tmp_path, "abc", "redis") as run:
        crowd = await run.crowd(30, LONG)
        await run.chats(10, across=True)
        run.history.fault("flushed")
        assert run.cluster.engine is not None
        await run.cluster.engine.ask("FLUSHALL")
        await run.chats(10, across=True)
        verdict = await run.ends_well(crowd)
        assert (verdict.lost, verdict.lost_chats) == (0, 0)


async def test_the_connections_that_carry_the_batches_break_ten_times(tmp_path: Path) -> None:
    async with running(tmp_path, "abc", "valkey") as run:
        crowd = await run.crowd(30)
        await run.chats(10, across=True)
        assert run.cluster.engine is not None
        for _ in range(10):
            run.history.fault("pubsub killed")
            await run.cluster.engine.cut()
            await run.messages(60)
        verdict = await run.ends_well(crowd)
        assert (verdict.lost, verdict.lost_chats) == (0, 0)


async def test_somebody_at_the_engine_repeats_all_that_nodes_say_and_adds_to_it(tmp_path: Path) -> None:
    """Replayed batches, also on other channels, batches under another secret, garbage: none is taken for a word."""
    async with running(tmp_path, "abc", "valkey") as run:
        crowd = await run.crowd(30)
        assert run.cluster.engine is not None
        async with parrot(run.cluster.engine, "abc"):
            await run.chats(10, across=True)
            await run.messages(600)
        verdict = await run.ends_well(crowd)
        assert (verdict.lost, verdict.lost_chats) == (0, 0)
        for node in run.cluster.nodes.values():
            assert set(DROPPED.findall("\n".join(node.lines))) == {"replayed", "undecipherable", "unreadable"}


@asynccontextmanager
async def parrot(engine: ShippedEngine, tags: str) -> AsyncIterator[None]:
    """Hears what nodes say, and says it again, to everybody, with more."""
    channels = [channel_of(tag) for tag in tags]
    stranger = Sealing([b"x" * 32])
    said: set[bytes] = set()  # which it hears itself
    async with engine.own_client() as client, client.pubsub() as pubsub:
        await pubsub.subscribe(ALL)
        await pubsub.ssubscribe(*channels)

        async def squawk() -> None:
            async for heard in pubsub.listen():
                if heard["type"] not in ("message", "smessage") or heard["data"] in said:
                    continue
                if len(said) > SQUAWKS:
                    return
                if heard["channel"].decode() == ALL:
                    await client.publish(ALL, heard["data"])
                for channel in channels:
                    for data in (heard["data"], b"garbage", stranger.seal(channel, b"hello")):
                        said.add(data)
                        await client.spublish(channel, data)

        squawking = asyncio.create_task(squawk())
        try:
            yield
        finally:
            squawking.cancel()
            await asyncio.wait([squawking])
