"""Three nodes and an engine are one chat to everybody (design: test 1, short)."""

from pathlib import Path

import pytest

from tests.cluster.engines import ENGINES
from tests.cluster.run import GUARD_S, running
from tests.until import until


@pytest.mark.parametrize("kind", ENGINES)
async def test_visitors_of_three_nodes_meet_talk_and_go_on(tmp_path: Path, kind: str) -> None:
    async with running(tmp_path, "abc", kind) as run:
        crowd = await run.crowd(36)
        await run.messages(2000)
        verdict = await run.calms_down(crowd)
        await until(lambda: all(guest.online == 36 for guest in crowd.guests), "all know how many they are", GUARD_S)
        await run.leaves(crowd)
        assert verdict.across > verdict.chats / 3
        assert (verdict.lost, verdict.lost_chats, verdict.aways) == (0, 0, 0)
