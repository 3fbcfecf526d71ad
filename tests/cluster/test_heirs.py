"""A node is killed: chats of its visitors with those of other nodes go on (design: 6.3)."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cluster.crowd import Pace
from tests.cluster.run import running
from tests.cluster.talkers import talkers

CHATS = Pace(life_s=(4.0, 20.0), every_s=0.1)


async def test_a_node_is_killed_and_chats_of_two_nodes_go_on(tmp_path: Path) -> None:
    async with running(tmp_path, "abc", "valkey") as run:
        talking = await talkers(run, 30)
        across = [(a, b) for a, b in talking.pairs if a.node != b.node and "a" in (a.node, b.node)]
        await run.kill("a")
        await talking.talk()
        verdict = await run.ends_well(talking.crowd)
        assert (verdict.orphans, verdict.inherited) == (len(across), len(across))


@pytest.mark.soak
async def test_nodes_are_killed_one_after_the_other_while_ninety_search_and_talk(tmp_path: Path) -> None:
    async with running(tmp_path, "abc", "valkey") as run:
        crowd = await run.crowd(90, CHATS)
        await run.chats(30, across=True)
        for tag in "abc":
            await run.kill(tag)
            await run.chats(10, across=True)
            await run.cluster.start_node(tag)
            await run.chats(10, across=True)
        verdict = await run.ends_well(crowd)
        assert verdict.orphans > 20
        assert verdict.inherited == verdict.orphans
