"""Visitors move to another node while they talk (design: test 10): not a word is lost, doubled or out of order."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cluster.crowd import Pace
from tests.cluster.run import running
from tests.cluster.talkers import BACK, ROUND, Talkers, talkers

SHORT = Pace(life_s=(0.3, 2.0), every_s=0.08)


async def test_one_after_the_other_goes_round_the_nodes_while_its_link_stands(tmp_path: Path) -> None:
    async with running(tmp_path, "abc", "valkey") as run:
        talking = await talkers(run)
        for _ in range(3):
            for guest in talking.crowd.guests:
                talking.move(guest, ROUND[guest.node])
                await run.messages(8)
            await talking.arrive()
        await talking.end_unnoticed()


async def both_move(talking: Talkers) -> None:
    """The two of each chat at the same moment: to one node, to two, each to the other's; then one to its partner's."""
    for a, b in talking.pairs:
        a_goes = ROUND[a.node]
        talking.move(a, a_goes)
        talking.move(b, a_goes)
    await talking.arrive()
    for a, b in talking.pairs:
        talking.move(a, ROUND[a.node])
        talking.move(b, BACK[b.node])
    await talking.arrive()
    for a, b in talking.pairs:
        a_was, b_was = a.node, b.node
        talking.move(a, b_was)
        talking.move(b, a_was)
    await talking.arrive()
    for a, b in talking.pairs:
        talking.move(b, a.node)
    await talking.arrive()


async def test_both_partners_move_at_the_same_moment(tmp_path: Path) -> None:
    async with running(tmp_path, "abc", "valkey") as run:
        talking = await talkers(run)
        await both_move(talking)
        await talking.end_unnoticed()


@pytest.mark.soak
async def test_who_moves_may_move_on_before_it_has_arrived(tmp_path: Path) -> None:
    async with running(tmp_path, "abc", "valkey") as run:
        talking = await talkers(run)
        for step in (ROUND, ROUND, BACK, ROUND, BACK, BACK):
            for guest in talking.crowd.guests:
                guest.move(step[guest.node])
            await run.messages(2)
        await talking.talk()
        verdict = await talking.end_well()
        assert (verdict.lost, verdict.aways) == (0, 0)
        assert verdict.moves > 0


async def test_who_lost_its_connection_comes_back_to_its_chat_at_another_node(tmp_path: Path) -> None:
    async with running(tmp_path, "abc", "valkey") as run:
        talking = await talkers(run)
        for guest in talking.crowd.guests:
            talking.come_back_at(guest, ROUND[guest.node])
            await run.messages(8)
        await talking.arrive()
        for a, b in talking.pairs:
            talking.come_back_at(a, ROUND[a.node])
            talking.come_back_at(b, BACK[b.node])
        await talking.arrive()
        verdict = await talking.end_well()
        assert verdict.moves == talking.moved
        assert verdict.aways > 0


async def test_those_who_search_and_those_who_go_on_to_the_next_move_too(tmp_path: Path) -> None:
    async with running(tmp_path, "abc", "valkey") as run:
        crowd = await run.crowd(24, SHORT)
        for _ in range(4):
            for guest in crowd.guests:
                (guest.move if crowd.chance.random() < 0.7 else guest.come_back_at)(ROUND[guest.node])
                await run.messages(4)
        await run.chats(8, across=True)
        verdict = await run.ends_well(crowd)
        assert (verdict.lost_chats, verdict.halves) == (0, 0)
        assert verdict.moves > 60
