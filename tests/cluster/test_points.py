"""A node is killed before, or just after, each thing that it can say in a match and in a chat (design: test 2).

Twenty points, three times each. `make soak` runs them; four are in test_killed.py.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cluster.run import running
from tests.cluster.test_killed import LONG, MOMENTS, WINDOW, all_leaders_die

pytestmark = pytest.mark.soak
OF_HOMES = ("join", "quit", "yes", "matched", "say", "here", "over")  # what a home says; `matched` to its own visitor
OF_LEADERS = ("pair", "pair2", "widened")
COUNTS = ("1", "5", "12")  # at which of them


@pytest.mark.parametrize("what", OF_HOMES)
@pytest.mark.parametrize("when", MOMENTS)
async def test_a_home_is_killed(tmp_path: Path, when: str, what: str) -> None:
    async with running(tmp_path, "abc", "valkey", *WINDOW) as run:
        crowd = await run.crowd(24)
        for count in COUNTS:
            _, victim = await run.cluster.led()
            await run.cluster.replace(victim, "tests.cluster.dying", when, what, count)
            crowd.come(4)
            while not run.cluster.nodes[victim].has_ended():
                crowd.break_links(2)  # so that there is something to say of `here`
                crowd.lose_patience()  # and of `quit`
                await run.messages(40)
            run.cluster.died(victim)
            await run.cluster.start_node(victim)
            await run.chats(6, across=True)
        await run.ends_well(crowd)


@pytest.mark.parametrize("what", OF_LEADERS)
@pytest.mark.parametrize("when", MOMENTS)
async def test_every_leader_is_killed(tmp_path: Path, when: str, what: str) -> None:
    """One after the other, as in test_killed.py: whoever leads next will die, too."""
    async with running(tmp_path, "abc", "redis", *WINDOW, module=f"tests.cluster.dying {when} {what} 5") as run:
        crowd = await run.crowd(24, LONG)
        await all_leaders_die(run, crowd)
        await run.chats(8, across=True)
        await run.ends_well(crowd)
