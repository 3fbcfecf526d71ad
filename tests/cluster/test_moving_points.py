"""A node dies at the worst moment of a move (design: test 2): no half chat stays, and what can go on does.

`make soak` runs all points; one is in `make test`.
"""

from __future__ import annotations

from itertools import cycle
from pathlib import Path

import pytest

from tests.cluster.run import GUARD_S, Run, running
from tests.cluster.talkers import ROUND, Talkers, talkers
from tests.until import until

OLD = [(when, what) for what in ("estate", "moves") for when in ("before", "after")]
NEW = [("heard", "estate"), ("before", "moved"), ("after", "moved"), ("before", "heir"), ("after", "heir")]
PARTNERS = [("heard", "moves"), ("before", "mark"), ("after", "mark"), ("heard", "moved")]
WINDOW = ("--resume-window-chat-s", "5")  # instead of 120: after it `ended` with `lost` is told
COUNTS = (1, 4, 7)  # at which of them
VISITORS = 24


async def dies(folder: Path, when: str, what: str, count: int) -> None:
    """Node a dies while all go round the nodes, and is started again."""
    async with running(folder, "abc", "valkey", *WINDOW) as run:
        await run.cluster.replace("a", "tests.cluster.dying", when, what, str(count))
        talking = await talkers(run, VISITORS)
        await go_round(run, talking)
        run.cluster.died("a")
        await until(lambda: run.judge.linked() == VISITORS, "all are back", GUARD_S)
        await run.cluster.start_node("a")
        await talking.talk(10)
        await run.ends_well(talking.crowd)


async def go_round(run: Run, talking: Talkers) -> None:
    """One after the other, until a node has died."""
    for guest in cycle(talking.crowd.guests):
        if run.cluster.nodes["a"].has_ended():
            return
        guest.move(ROUND[guest.node])
        await run.messages(4)


async def test_a_node_dies_when_a_visitor_has_been_given_to_it(tmp_path: Path) -> None:
    await dies(tmp_path, "heard", "estate", 4)


@pytest.mark.soak
@pytest.mark.parametrize("count", COUNTS)
@pytest.mark.parametrize(("when", "what"), [*OLD, *NEW, *PARTNERS])
async def test_a_node_dies_at_each_step_of_a_move(tmp_path: Path, when: str, what: str, count: int) -> None:
    await dies(tmp_path, when, what, count)


@pytest.mark.soak
async def test_the_node_of_the_partner_dies_while_both_others_are_busy_with_a_move(tmp_path: Path) -> None:
    async with running(tmp_path, "abc", "valkey", *WINDOW) as run:
        talking = await talkers(run, VISITORS)
        for guest in talking.crowd.guests:
            if guest.node == "a":
                guest.move("b")
        run.cluster.kill("c")
        await until(lambda: run.judge.linked() < VISITORS, "some have lost their links", GUARD_S)
        await until(lambda: run.judge.linked() == VISITORS, "all are back", GUARD_S)
        await talking.talk(10)
        await run.ends_well(talking.crowd)
