"""Two thousand visitors lose their connections at the same moment (design: test 9). For `make soak`."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cluster.crowd import Pace
from tests.cluster.run import running

VISITORS = 2_000
SLOW = Pace(life_s=(20.0, 60.0), every_s=6.0)


@pytest.mark.soak
async def test_two_thousand_come_back_at_once(tmp_path: Path) -> None:
    async with running(tmp_path, "abc", "valkey") as run:
        crowd = await run.crowd(VISITORS, SLOW)
        for _ in range(3):
            await run.messages(VISITORS // 2)
            crowd.break_links(VISITORS)
        await run.messages(VISITORS)
        verdict = await run.ends_well(crowd)
        assert verdict.lost_chats == 0
