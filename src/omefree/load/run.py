"""A whole load test: parties that come along the ramp and come again, a look at the server twice a second, an end."""

from __future__ import annotations

import asyncio
import itertools
import random
import secrets
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from omefree.load.results import End, Results, Sample
from omefree.load.schedule import Plan
from omefree.load.target import Target
from omefree.load.usage import Usage
from omefree.load.visit import Visits

LOOK_S = 0.5
AGAIN_S = 1.0  # before a party whose visit failed comes again
GONE_S = 5.0  # after so long in which nobody was let in, there is no server any more
GOODBYE_S = 20.0  # for the last steps and goodbyes; what takes longer is cut off
STOPPERS = (signal.SIGINT, signal.SIGTERM)


class LoadTest:
    """`usage` watches the server's process, if it is known."""

    def __init__(self, target: Target, plan: Plan, results: Results, usage: Usage | None) -> None:
        self._plan = plan
        self._results = results
        self._usage = usage
        self._numbers = itertools.count(1)
        self._visits = Visits(target, plan, results, secrets.token_hex(6), random.Random())
        self._begun = 0.0

    async def try_one(self) -> None:
        """Lets one visitor come and go. Raises ConnectError if it cannot."""
        async with self._visits.visitor(0):
            pass

    async def run(self, tick: Callable[[float], None]) -> None:
        """Runs the test to its end: by the clock, by a signal, or because the server is gone.

        `tick` is called at each look with the seconds since the last one.
        """
        self._begun, used_s = time.monotonic(), time.process_time()
        if self._usage is not None:
            self._results.memory_before_bytes = self._usage.memory_before_bytes
        parties = [asyncio.create_task(self._party(number)) for number in range(self._plan.parties)]
        with self._stopped_by_signals():
            await self._watch(tick)
            await finished(parties)
        self._results.took_s = self._elapsed_s()
        self._results.own_cores = (time.process_time() - used_s) / self._results.took_s

    async def _party(self, number: int) -> None:
        """Visits again and again."""
        await self._visits.until_over(self._plan.begins_s(number))
        while not self._visits.over.is_set():
            if not await self._visits.visit(next(self._numbers)):
                await self._visits.until_over(AGAIN_S)

    async def _watch(self, tick: Callable[[float], None]) -> None:
        """Looks at the server until the end, and says so to the visits."""
        seen_s = 0.0
        while not self._visits.over.is_set():
            await self._visits.until_over(LOOK_S)
            now_s = self._elapsed_s()
            tick(min(now_s, self._plan.total_s) - seen_s)
            seen_s = min(now_s, self._plan.total_s)
            self._look(now_s)
            if self._is_gone():
                self._stop("gone")
            elif now_s >= self._plan.total_s:
                self._stop("done")

    def _look(self, now_s: float) -> None:
        seen = self._usage.look() if self._usage is not None else None
        if seen is not None:
            cores, memory_bytes = seen
            self._results.samples.append(Sample(now_s, cores, memory_bytes, self._results.visitors))

    def _is_gone(self) -> bool:
        since = self._visits.failing_since
        return since is not None and time.monotonic() - since > GONE_S

    def _stop(self, why: End) -> None:
        if not self._visits.over.is_set():
            self._results.end = why
            self._visits.over.set()

    @contextmanager
    def _stopped_by_signals(self) -> Iterator[None]:
        """The first signal ends the test in good order; a second one ends the program."""
        loop = asyncio.get_running_loop()

        def first() -> None:
            self._stop("interrupted")
            for each in STOPPERS:
                loop.remove_signal_handler(each)

        for each in STOPPERS:
            loop.add_signal_handler(each, first)
        try:
            yield
        finally:
            for each in STOPPERS:
                loop.remove_signal_handler(each)

    def _elapsed_s(self) -> float:
        return time.monotonic() - self._begun


async def finished(tasks: list[asyncio.Task[None]]) -> None:
    """Waits for all tasks, and cuts off those that take too long. Raises what one of them raised."""
    _, late = await asyncio.wait(tasks, timeout=GOODBYE_S)
    for task in late:
        task.cancel()
    await asyncio.gather(*late, return_exceptions=True)
    for task in tasks:
        if not task.cancelled():
            task.result()
