"""One run: a cluster, a crowd, one observer and its verdict. What is needed to understand a failure is kept."""

from __future__ import annotations

import asyncio
import contextlib
import os
import secrets
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from pathlib import Path

from tests.cluster.checker import Judge, Verdict
from tests.cluster.crowd import Crowd, Pace
from tests.cluster.engines import ShippedEngine
from tests.cluster.history import History, write
from tests.cluster.nodes import Cluster
from tests.until import until

GUARD_S = 90.0  # no test measures time: this only ends one that hangs


class Run:
    """`seed` decides what the crowd does; when it happens is left to the machines."""

    def __init__(self, folder: Path, tags: str, kind: str | None, *options: str) -> None:
        self.seed = int(os.environ.get("CLUSTER_SEED", secrets.randbelow(1_000_000)))
        self.history = History(time.monotonic)
        engine = ShippedEngine(kind, folder) if kind else None
        self.cluster = Cluster(folder, self.history, tags, engine, *options)
        self.judge = Judge(self.history.records)
        self.kept = folder / "history.jsonl"

    @property
    def engine(self) -> ShippedEngine:
        """The engine of a cluster that has one."""
        assert self.cluster.engine is not None
        return self.cluster.engine

    async def crowd(self, count: int, pace: Pace | None = None) -> Crowd:
        """So many visitors, who are all there."""
        crowd = Crowd(self.cluster.doors, self.history, self.seed, pace or Pace())
        crowd.come(count)
        await until(lambda: self.judge.linked() >= count, f"{count} are there", GUARD_S)
        return crowd

    async def messages(self, more: int) -> None:
        """Returns when so many more messages have come: a measure of time that a slow machine stretches."""
        begun = self.judge.messages()
        await until(lambda: self.judge.messages() >= begun + more, f"{more} messages came", GUARD_S)

    async def chats(self, more: int, *, across: bool = False) -> None:
        """Returns when so many more chats have begun; `across`: between visitors of two nodes."""
        begun = self.judge.chats(across=across)
        await until(lambda: self.judge.chats(across=across) >= begun + more, f"{more} chats began", GUARD_S)

    async def moves(self, more: int) -> None:
        """Returns when so many more moves of a visitor to another node are over."""
        begun = self.judge.moves()
        await until(lambda: self.judge.moves() >= begun + more, f"{more} moved", GUARD_S)

    async def kill(self, tag: str) -> None:
        """Returns when those who were at this node are back, at others."""
        before = self.judge.linked()
        self.cluster.kill(tag)
        await until(lambda: self.judge.linked() < before, f"the links to {tag} break", GUARD_S)
        await until(lambda: self.judge.linked() == before, "all are back", GUARD_S)

    async def dies(self, *tags: str) -> str:
        """The first of these nodes that has killed itself."""
        nodes = [self.cluster.nodes[tag] for tag in tags]
        await until(lambda: any(node.has_ended() for node in nodes), f"one of {tags} has died", GUARD_S)
        tag = next(node.tag for node in nodes if node.has_ended())
        self.cluster.died(tag)
        return tag

    async def leads(self, tag: str) -> None:
        """Returns when this node leads, as the registry says."""
        async with asyncio.timeout(GUARD_S):
            while await self.cluster.leader() != tag:
                pass

    async def ends_well(self, crowd: Crowd) -> Verdict:
        """The verdict on the whole run, in which nothing was that must never be. The crowd has left then."""
        verdict = await self.calms_down(crowd)
        await self.leaves(crowd)
        return verdict

    async def calms_down(self, crowd: Crowd) -> Verdict:
        """The verdict after a calm moment."""
        crowd.is_calm = True
        with contextlib.suppress(AssertionError):  # the verdict says why
            await until(self.judge.is_calm, "all is calm", GUARD_S)
        crowd.complain()
        verdict = self.judge.verdict()
        assert not verdict.violations, str(verdict)
        return verdict

    async def leaves(self, crowd: Crowd) -> None:
        """All have left, and no node has anything to complain of."""
        await crowd.leave()
        for node in self.cluster.nodes.values():
            assert [line for line in node.lines if "level=error" in line or "Traceback" in line] == []


@contextlib.asynccontextmanager
async def running(
    folder: Path,
    tags: str,
    kind: str | None,
    *options: str,
    cables: str = "",
    module: str = "",
    urls: Mapping[str, str] | None = None,
    at: Mapping[str, Sequence[str]] | None = None,
) -> AsyncIterator[Run]:
    """A cluster that is ready. `kind`: of its engine; None: the engine of `urls`, or one node by itself.

    `urls`: of the engine, by node, if the test has one of its own. `at`: the beginning of the command of a node, or of
    the `engine`. The rest: as in `start`.
    """
    run = Run(folder, tags, kind, *options)
    run.cluster.urls = urls or {}
    for name, command in (at or {}).items():
        (run.cluster.engine if name == "engine" and run.cluster.engine else run.cluster.nodes[name]).at = command
    try:
        await run.cluster.start(cables, *module.split())
        yield run
    except BaseException as error:
        write(run.kept, run.history.records)
        error.add_note(f"seed {run.seed}; the history is in {run.kept}, the logs beside it")
        raise
    finally:
        await run.cluster.close()
