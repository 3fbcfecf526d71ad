"""A node stands still for a while (design: test 4): its partners hear away and back, and no chat is lost."""

from pathlib import Path

import pytest

from tests.cluster.crowd import Pace
from tests.cluster.run import GUARD_S, running
from tests.until import lasting, until

LONG = Pace(life_s=(12.0, 16.0))  # longer than it takes until a partner hears of the silence of a node


async def stalls(tmp_path: Path, kind: str, seconds: float, *, is_leader: bool) -> None:
    """`seconds`: 0.0 for until somebody has heard that its partner is away."""
    async with running(tmp_path, "abc", kind) as run:
        crowd = await run.crowd(30, LONG)
        await until(lambda: run.judge.chats(across=True) >= 8, "they have met", GUARD_S)
        leader, other = await run.cluster.led()
        tag = leader if is_leader else other
        run.cluster.stall(tag)
        if seconds:
            await lasting(seconds)
        else:
            await until(lambda: run.judge.verdict().aways > 0, "a partner is away", GUARD_S)
        run.cluster.wake(tag)
        await run.chats(6, across=True)
        verdict = await run.ends_well(crowd)
        assert verdict.lost_chats == 0


async def test_the_leader_stalls(tmp_path: Path) -> None:
    await stalls(tmp_path, "valkey", 0.0, is_leader=True)


@pytest.mark.soak
@pytest.mark.parametrize("is_leader", [True, False])
@pytest.mark.parametrize("seconds", [2.0, 0.0])
async def test_a_node_stalls(tmp_path: Path, seconds: float, is_leader: bool) -> None:
    await stalls(tmp_path, "redis", seconds, is_leader=is_leader)


@pytest.mark.soak
@pytest.mark.parametrize("is_leader", [True, False])
async def test_a_node_stalls_for_longer_than_a_heartbeat(tmp_path: Path, is_leader: bool) -> None:
    """Its visitors have lost their connection by then, and come back to it and to their chats."""
    await stalls(tmp_path, "valkey", 20.0, is_leader=is_leader)
