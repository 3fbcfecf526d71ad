"""The engine is on another machine, and packets between it and one node are lost (design: test 7). For `make soak`."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tests.cluster.crowd import Pace
from tests.cluster.distance import BACK, OUT, Distance, distance
from tests.cluster.engines import ENGINES, ShippedEngine
from tests.cluster.run import Run, running
from tests.until import lasting

pytestmark = pytest.mark.soak
LONG = Pace(life_s=(2.0, 15.0))


@asynccontextmanager
async def far(folder: Path, kind: str) -> AsyncIterator[tuple[Run, Distance]]:
    """A cluster whose engine is far from node `c`, and near to the others."""
    with distance(7) as between:
        engine = ShippedEngine(kind, folder, "--bind", "127.0.0.1", between.there)
        engine.at = between.at
        await engine.start()
        try:
            near = engine.url_by_socket
            async with running(
                folder, "abc", None, urls={"a": near, "b": near, "c": engine.url_at(host=between.there)}
            ) as run:
                run.history.fault("far", "c")  # all its packets wait for this busy process
                yield run, between
        finally:
            await engine.close()


@pytest.mark.parametrize("kind", ENGINES)
async def test_a_fifth_of_all_packets_is_lost(tmp_path: Path, kind: str) -> None:
    async with far(tmp_path, kind) as (run, between):
        crowd = await run.crowd(36, LONG)
        await run.chats(10, across=True)
        run.history.fault("loses", "c")
        between.loss = 0.2
        await lasting(20.0)
        await run.chats(10, across=True)
        between.heal()
        run.history.fault("healed", "c")
        verdict = await run.ends_well(crowd)
        assert (verdict.lost, verdict.lost_chats) == (0, 0)
        assert between.lost > 100


@pytest.mark.parametrize("seconds", [1.0, 8.0, 30.0])
@pytest.mark.parametrize("ways", [{OUT, BACK}, {OUT}, {BACK}], ids=["both", "out", "back"])
async def test_no_packet_passes(tmp_path: Path, ways: set[str], seconds: float) -> None:
    async with far(tmp_path, "valkey") as (run, between):
        crowd = await run.crowd(36, LONG)
        await run.chats(10, across=True)
        run.history.fault("cut", "c")
        between.cut |= ways
        await lasting(seconds)
        between.heal()
        run.history.fault("healed", "c")
        await run.chats(20, across=True)
        verdict = await run.ends_well(crowd)
        assert (verdict.lost, verdict.lost_chats) == (0, 0)
