"""Faults by chance, several at once: whatever they do together, nothing is that must never be. `make soak` runs it."""

from __future__ import annotations

import asyncio
import random
from pathlib import Path

import pytest

from tests.cluster.cable import DOWN, UP
from tests.cluster.crowd import Crowd, Pace
from tests.cluster.engines import ENGINES
from tests.cluster.run import Run, running
from tests.until import lasting

pytestmark = pytest.mark.soak
LONG = Pace(life_s=(2.0, 15.0))
WINDOW = ("--resume-window-chat-s", "20")  # instead of 120: what a kill has ended is told within the calm moment
FAULTS = 30
PAUSE_S = (0.2, 2.5)  # from one fault to the next
LASTS_S = (0.2, 4.0)  # a fault; longer than the grace, shorter than what a visitor has to come back


class Chance:
    """Does one fault after the other; each ends by itself. `seed` is that of the run."""

    def __init__(self, run: Run, crowd: Crowd) -> None:
        self._run = run
        self._crowd = crowd
        self._chance = random.Random(run.seed)
        self._engine = asyncio.Lock()  # it is killed, or must not be: a node begins
        self._busy: set[str] = set()  # nodes with a fault

    async def happens(self, count: int) -> None:
        """Returns when so many have begun, and all have ended."""
        kinds = (self.kill, self.stall, self.cut, self.reset, self.flush, self.restart_engine, self.break_links)
        async with asyncio.TaskGroup() as faults:
            for _ in range(count):
                faults.create_task(self._chance.choice(kinds)())
                await lasting(self._chance.uniform(*PAUSE_S))

    async def kill(self) -> None:
        if len(self._busy) > 1:
            return  # somebody must be there for the visitors
        if tag := self._one():
            self._run.cluster.kill(tag)
            await self._lasts()
            async with self._engine:
                await self._run.cluster.start_node(tag)
            self._crowd.come(4)  # those who were there are elsewhere now
            self._busy.discard(tag)

    async def stall(self) -> None:
        if tag := self._one():
            self._run.cluster.stall(tag)
            await self._lasts()
            self._run.cluster.wake(tag)
            self._busy.discard(tag)

    async def cut(self) -> None:
        if tag := self._one():
            cable = self._run.cluster.cables[tag]
            self._run.history.fault("cut", tag)
            cable.freeze(*self._chance.choice(((), (UP,), (DOWN,))))
            await self._lasts()
            cable.heal()
            self._run.history.fault("healed", tag)
            self._busy.discard(tag)

    async def reset(self) -> None:
        if tag := self._one():
            self._run.history.fault("reset", tag)
            self._run.cluster.cables[tag].reset()
            self._busy.discard(tag)

    async def flush(self) -> None:
        async with self._engine:
            self._run.history.fault("flushed")
            await self._run.engine.ask("FLUSHALL")

    async def restart_engine(self) -> None:
        async with self._engine:
            self._run.history.fault("engine killed")
            self._run.engine.kill()
            await self._lasts()
            self._run.history.fault("engine started")
            await self._run.engine.start()

    async def break_links(self) -> None:
        self._crowd.break_links(10)

    def _one(self) -> str | None:
        """A node without a fault, which has one now."""
        free = sorted(self._run.cluster.nodes.keys() - self._busy)
        tag = self._chance.choice(free) if free else None
        if tag:
            self._busy.add(tag)
        return tag

    async def _lasts(self) -> None:
        await lasting(self._chance.uniform(*LASTS_S))


@pytest.mark.parametrize("kind", ENGINES)
async def test_faults_by_chance(tmp_path: Path, kind: str) -> None:
    async with running(tmp_path, "abc", kind, *WINDOW, cables="abc") as run:
        crowd = await run.crowd(60, LONG)
        await run.chats(10, across=True)
        await Chance(run, crowd).happens(FAULTS)
        crowd.come(12)
        await run.chats(10, across=True)
        await run.ends_well(crowd)
