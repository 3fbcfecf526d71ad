"""One run: a cluster, a crowd, one observer and its verdict. What is needed to understand a failure is kept."""

from __future__ import annotations

import contextlib
import os
import secrets
import time
from collections.abc import AsyncIterator
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

    def crowd(self, count: int, pace: Pace | None = None) -> Crowd:
        return Crowd(self.cluster.doors, self.history, self.seed, count, pace or Pace())

    async def messages(self, more: int) -> None:
        """Returns when so many more messages have come: a measure of time that a slow machine stretches."""
        begun = self.judge.messages()
        await until(lambda: self.judge.messages() >= begun + more, f"{more} messages came", GUARD_S)

    async def ends_well(self, crowd: Crowd) -> Verdict:
        """The verdict after a calm moment, which was no violation. The crowd has left then."""
        crowd.is_calm = True
        with contextlib.suppress(AssertionError):  # the verdict says why
            await until(self.judge.is_calm, "all is calm", GUARD_S)
        verdict = self.judge.verdict()
        await crowd.leave()
        assert not verdict.violations, str(verdict)
        return verdict


@contextlib.asynccontextmanager
async def running(folder: Path, tags: str, kind: str | None, *options: str) -> AsyncIterator[Run]:
    """A cluster that is ready. `kind`: of its engine (engines.py); None: one node by itself."""
    run = Run(folder, tags, kind, *options)
    try:
        await run.cluster.start()
        yield run
    except BaseException as error:
        write(run.kept, run.history.records)
        error.add_note(f"seed {run.seed}; the history is in {run.kept}, the logs beside it")
        raise
    finally:
        await run.cluster.close()
