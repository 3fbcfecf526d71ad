"""A rolling restart (design: test 11): each node or worker ends politely and is there again, and nobody notices."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from tests.cluster.checker import Verdict
from tests.cluster.crowd import Pace
from tests.cluster.run import GUARD_S, Run, running
from tests.cluster.talkers import talkers
from tests.until import lasting, until

QUICK = ("--drain-s", "4", "--drain-notice-s", "0.5")  # instead of 30 and 3
WORKERS = ("--workers", "3", "--exchange", "auto", *QUICK)
CHATS = Pace(life_s=(2.0, 15.0), every_s=0.1)
GONE_S = 5.0  # the engine: longer than the grace
RENEWED = "event=workers_renewed"


async def restarted(run: Run) -> None:
    """One node after the other."""
    for tag in tuple(run.cluster.nodes):
        await run.cluster.restart(tag)


async def renewed(run: Run) -> None:
    """All workers of one machine."""
    node = run.cluster.nodes["a"]
    run.history.fault("renewing", "a")
    node.send_signal(signal.SIGUSR2)
    await until(lambda: any(RENEWED in line for line in node.lines), "the workers are new", GUARD_S)


def unnoticed(verdict: Verdict) -> None:
    assert (verdict.lost, verdict.lost_chats, verdict.aways, verdict.strangers) == (0, 0, 0, 0)


async def test_three_nodes_are_restarted_and_those_who_talk_do_not_notice(tmp_path: Path) -> None:
    async with running(tmp_path, "abc", "valkey", *QUICK) as run:
        talking = await talkers(run, 30)
        await restarted(run)
        verdict = await talking.end_well()
        unnoticed(verdict)
        assert verdict.moves >= 40


async def test_three_workers_are_renewed_and_those_who_talk_do_not_notice(tmp_path: Path) -> None:
    async with running(tmp_path, "a", None, *WORKERS) as run:
        talking = await talkers(run, 30)
        await renewed(run)
        unnoticed(await talking.end_well())


@pytest.mark.soak
@pytest.mark.parametrize("kind", ["valkey", "redis"])
async def test_three_nodes_are_restarted_while_ninety_search_talk_and_go_on(tmp_path: Path, kind: str) -> None:
    async with running(tmp_path, "abc", kind) as run:
        crowd = await run.crowd(90, CHATS)
        await run.chats(20, across=True)
        await restarted(run)
        await run.chats(20, across=True)
        unnoticed(await run.ends_well(crowd))


@pytest.mark.soak
async def test_three_workers_are_renewed_while_ninety_search_talk_and_go_on(tmp_path: Path) -> None:
    async with running(tmp_path, "a", None, *WORKERS) as run:
        crowd = await run.crowd(90, CHATS)
        await run.chats(20, across=True)
        await renewed(run)
        await run.chats(20, across=True)
        unnoticed(await run.ends_well(crowd))


@pytest.mark.soak
@pytest.mark.parametrize("how", ["killed", "stopped"])
async def test_the_engine_is_gone_for_some_seconds_while_a_node_drains(tmp_path: Path, how: str) -> None:
    """Whoever cannot move yet stays, and moves when it is back. No chat is lost."""
    async with running(tmp_path, "abc", "valkey", "--drain-s", "20", "--drain-notice-s", "0.5") as run:
        talking = await talkers(run, 24)
        await run.cluster.drain("a")
        await run.moves(2)
        run.history.fault(f"engine {how}")
        run.engine.kill() if how == "killed" else run.engine.pause()
        await lasting(GONE_S)
        run.history.fault("engine back")
        await run.engine.start() if how == "killed" else run.engine.resume()
        assert await run.cluster.leaves("a") == 0
        await talking.end_well()


@pytest.mark.soak
@pytest.mark.parametrize("how", ["killed", "stopped"])
async def test_the_engine_is_gone_for_good_while_a_node_drains(tmp_path: Path, how: str) -> None:
    """It ends in time, and whoever has not moved is told that the chat is over."""
    async with running(tmp_path, "ab", "valkey", "--drain-s", "8", "--drain-notice-s", "0.5") as run:
        talking = await talkers(run, 24)
        run.history.fault(f"engine {how}")
        run.engine.kill() if how == "killed" else run.engine.pause()
        await run.cluster.drain("a")
        assert await run.cluster.leaves("a") == 0
        run.history.fault("engine back")
        await run.engine.start() if how == "killed" else run.engine.resume()
        await run.chats(6)
        await run.calms_down(talking.crowd)
        await run.leaves(talking.crowd)
