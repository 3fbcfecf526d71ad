"""A node stands still for a while (design: test 4): its partners hear away and back, and no chat is lost."""

from pathlib import Path

import pytest

from omefree.nodes.roster import GRACE_S
from tests.cluster.crowd import Pace
from tests.cluster.run import running
from tests.until import lasting

LONG = Pace(life_s=(2.0, 15.0))


async def stalls(tmp_path: Path, kind: str, seconds: float, *, is_leader: bool) -> None:
    async with running(tmp_path, "abc", kind) as run:
        crowd = await run.crowd(30, LONG)
        await run.chats(10, across=True)
        leader, other = await run.cluster.led()
        tag = leader if is_leader else other
        run.cluster.stall(tag)
        await lasting(seconds)
        run.cluster.wake(tag)
        await run.chats(10, across=True)
        verdict = await run.ends_well(crowd)
        assert verdict.lost_chats == 0
        assert verdict.aways > 0 or seconds <= GRACE_S


async def test_the_leader_stalls(tmp_path: Path) -> None:
    await stalls(tmp_path, "valkey", 6.0, is_leader=True)


@pytest.mark.soak
@pytest.mark.parametrize("is_leader", [True, False])
@pytest.mark.parametrize("seconds", [2.0, 6.0])
async def test_a_node_stalls(tmp_path: Path, seconds: float, is_leader: bool) -> None:
    await stalls(tmp_path, "redis", seconds, is_leader=is_leader)


@pytest.mark.soak
@pytest.mark.parametrize("is_leader", [True, False])
async def test_a_node_stalls_for_longer_than_a_heartbeat(tmp_path: Path, is_leader: bool) -> None:
    """Its visitors have lost their connection by then, and come back to it and to their chats."""
    await stalls(tmp_path, "valkey", 20.0, is_leader=is_leader)
