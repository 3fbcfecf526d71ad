"""Rarer and longer faults (design: tests 5 to 9, 15). `make soak` runs them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cluster.cable import DOWN, UP
from tests.cluster.crowd import Pace
from tests.cluster.engines import ENGINES
from tests.cluster.run import Run, running
from tests.until import lasting

pytestmark = pytest.mark.soak
LONG = Pace(life_s=(2.0, 15.0))
CHATTY = Pace(life_s=(4.0, 20.0), every_s=0.02, letters=2_000)


async def ends_without_a_loss(run: Run, crowd: object) -> None:
    verdict = await run.ends_well(crowd)  # type: ignore[arg-type]
    assert (verdict.lost, verdict.lost_chats) == (0, 0)


@pytest.mark.parametrize("kind", ENGINES)
async def test_two_hundred_visitors_for_a_minute(tmp_path: Path, kind: str) -> None:
    async with running(tmp_path, "abc", kind) as run:
        crowd = await run.crowd(200)
        await lasting(60.0)
        verdict = await run.ends_well(crowd)
        assert verdict.across > verdict.chats / 3
        assert (verdict.lost, verdict.lost_chats) == (0, 0)


@pytest.mark.parametrize("how", ["paused", "stopped"])
async def test_the_engine_answers_nothing_for_ten_seconds(tmp_path: Path, how: str) -> None:
    async with running(tmp_path, "abc", "valkey") as run:
        crowd = await run.crowd(40, LONG)
        await run.chats(10, across=True)
        run.history.fault(how)
        if how == "paused":
            await run.engine.ask("CLIENT", "PAUSE", 10_000)
            await lasting(10.0)
        else:
            run.engine.pause()
            await lasting(10.0)
            run.engine.resume()
        await run.chats(20, across=True)
        await ends_without_a_loss(run, crowd)


async def test_a_registry_of_long_ago_names_a_leader_that_is_no_more(tmp_path: Path) -> None:
    async with running(tmp_path, "abc", "valkey") as run:
        crowd = await run.crowd(40, LONG)
        await run.chats(10, across=True)
        engine = run.engine
        run.history.fault("ghost")
        [seconds, micros] = await engine.ask("TIME")
        ends = int(seconds) * 1000 + int(micros) // 1000 + 2900
        nodes = await engine.ask("HGETALL", "of:{r}:nodes")
        names = next(iter(nodes.values())).split(" ")[-1]
        await engine.ask("FLUSHALL")
        await engine.ask("HSET", "of:{r}:nodes", "ghost", f"{ends} 0123 1 1 5 {names}")
        for pool in ("text", "video"):
            await engine.ask("HSET", "of:{r}:lead", pool, "1 0123 ghost")
        await run.chats(20, across=True)
        assert await run.cluster.leader() != "ghost"
        await ends_without_a_loss(run, crowd)


@pytest.mark.parametrize("seconds", [1.0, 8.0, 30.0])
@pytest.mark.parametrize("ways", [(UP, DOWN), (UP,), (DOWN,)], ids=["both", "up", "down"])
async def test_a_node_is_cut_off_from_the_engine_and_nobody_tells(
    tmp_path: Path, ways: tuple[str, ...], seconds: float
) -> None:
    async with running(tmp_path, "abc", "valkey", cables="c") as run:
        crowd = await run.crowd(40, LONG)
        await run.chats(10, across=True)
        run.history.fault("cut", "c")
        run.cluster.cables["c"].freeze(*ways)
        await lasting(seconds)
        run.cluster.cables["c"].heal()
        run.history.fault("healed", "c")
        await run.chats(30, across=True)
        await ends_without_a_loss(run, crowd)


async def test_the_connections_of_a_node_are_reset_again_and_again(tmp_path: Path) -> None:
    async with running(tmp_path, "abc", "redis", cables="c") as run:
        crowd = await run.crowd(40)
        await run.chats(10, across=True)
        for _ in range(10):
            run.history.fault("reset", "c")
            run.cluster.cables["c"].reset()
            await run.messages(60)
        await ends_without_a_loss(run, crowd)


async def test_a_node_that_reads_nothing_is_cut_off_by_the_engine(tmp_path: Path) -> None:
    """Its buffer there is full: who writes to its visitors is refused, and nothing that was taken is lost."""
    async with running(tmp_path, "abc", "valkey") as run:
        await run.engine.ask("CONFIG", "SET", "client-output-buffer-limit", "pubsub 500kb 200kb 1")
        crowd = await run.crowd(30, CHATTY)
        await run.chats(10, across=True)
        _, other = await run.cluster.led()
        run.cluster.stall(other)
        await lasting(6.0)
        run.cluster.wake(other)
        await run.chats(10, across=True)
        verdict = await run.ends_well(crowd)
        assert verdict.lost_chats == 0


async def test_two_thousand_reconnects(tmp_path: Path) -> None:
    async with running(tmp_path, "abc", "valkey") as run:
        crowd = await run.crowd(200, LONG)
        for _ in range(10):
            await run.messages(500)
            crowd.break_links(200)
        verdict = await run.ends_well(crowd)
        assert verdict.lost_chats == 0


async def test_a_node_of_the_next_version_speaks_with_those_of_this_one(tmp_path: Path) -> None:
    async with running(tmp_path, "abc", "valkey") as run:
        crowd = await run.crowd(40)
        await run.cluster.replace("b", "tests.cluster.newer")
        await run.chats(60, across=True)
        await run.ends_well(crowd)
