"""A node ends at the worst moment (design: tests 2 and 3): no half pair stays, and nobody is matched twice."""

from pathlib import Path

import pytest

from tests.cluster.crowd import Crowd, Pace
from tests.cluster.run import Run, running

WINDOW = ("--resume-window-chat-s", "5")  # instead of 120: after it `ended` with `lost` is told
LONG = Pace(life_s=(0.5, 8.0))
MOMENTS = ("before", "after")
POINTS = [(when, what) for what in ("yes", "matched") for when in MOMENTS]


async def test_a_node_is_killed_around_each_step_of_a_match(tmp_path: Path) -> None:
    async with running(tmp_path, "abc", "valkey", *WINDOW) as run:
        crowd = await run.crowd(24)
        for when, what in POINTS:
            _, victim = await run.cluster.led()
            await run.cluster.replace(victim, "tests.cluster.dying", when, what, "3")
            crowd.come(4)
            await run.dies(victim)
            await run.cluster.start_node(victim)
            await run.chats(6, across=True)
        await run.ends_well(crowd)


@pytest.mark.parametrize("when", MOMENTS)
async def test_all_leaders_after_each_other_are_killed_when_they_propose_a_pair(tmp_path: Path, when: str) -> None:
    async with running(tmp_path, "abc", "valkey", *WINDOW, module=f"tests.cluster.dying {when} pair 8") as run:
        crowd = await run.crowd(24)
        await all_leaders_die(run, crowd)
        await run.chats(8, across=True)
        await run.ends_well(crowd)


async def all_leaders_die(run: Run, crowd: Crowd) -> None:
    """One after the other, since whoever leads next dies, too. Each is started again."""
    first = await run.dies(*"abc")
    second = await run.dies(*{*"abc"} - {first})
    [third] = {*"abc"} - {first, second}
    await run.leads(third)
    for victim in (first, second):  # not before: else one of them would lead again
        await run.cluster.start_node(victim)
    crowd.come(8)
    await run.dies(third)
    await run.cluster.start_node(third)


async def test_the_leader_is_killed(tmp_path: Path) -> None:
    async with running(tmp_path, "abc", "valkey", *WINDOW) as run:
        crowd = await run.crowd(30, LONG)
        await run.chats(10, across=True)
        leader = await run.cluster.leader()
        run.cluster.kill(leader)
        await run.chats(20, across=True)
        assert await run.cluster.leader() != leader
        verdict = await run.ends_well(crowd)
        assert verdict.lost_chats > 0, "partners of the dead are told"


@pytest.mark.soak
async def test_two_of_three_nodes_are_killed(tmp_path: Path) -> None:
    async with running(tmp_path, "abc", "redis", *WINDOW) as run:
        crowd = await run.crowd(60, LONG)
        await run.chats(20, across=True)
        for tag in "ab":
            run.cluster.kill(tag)
        await run.chats(20)
        await run.cluster.start_node("a")
        crowd.come(20)
        await run.chats(10, across=True)
        await run.ends_well(crowd)
