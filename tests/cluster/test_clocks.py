"""Somebody sets the clock of a node or of the engine by an hour (design: test 16): nobody notices. For `make soak`."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cluster.crowd import Pace
from tests.cluster.engines import ENGINES
from tests.cluster.run import running
from tests.cluster.wall_clock import WallClock
from tests.until import lasting

pytestmark = pytest.mark.soak
LONG = Pace(life_s=(2.0, 15.0))
LEASES_S = 4.0  # a lease and a beat: who is struck for good is missed by then


@pytest.mark.parametrize("whose", ["a", "abc", *ENGINES])
async def test_a_clock_is_set_an_hour_ahead_and_two_back(tmp_path: Path, whose: str) -> None:
    """`whose`: a node's, all nodes', or that of an engine."""
    clock = WallClock(tmp_path)
    kind = whose if whose in ENGINES else "valkey"
    its = ["engine"] if whose in ENGINES else [*whose]
    async with running(tmp_path, "abc", kind, at=dict.fromkeys(its, clock.at)) as run:
        crowd = await run.crowd(36, LONG)
        await run.chats(10, across=True)
        for hours in (1, -1):
            run.history.fault(f"clock {hours:+} h")
            clock.add(hours)
            await lasting(LEASES_S)
            await run.chats(10, across=True)
        verdict = await run.ends_well(crowd)
        assert (verdict.lost, verdict.lost_chats, verdict.aways) == (0, 0, 0)
