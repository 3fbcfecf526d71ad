"""The engine fails (design: tests 5 and 8): chats go on, each node pairs its own, and no chat is lost."""

from pathlib import Path

from tests.cluster.crowd import Pace
from tests.cluster.run import running

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
