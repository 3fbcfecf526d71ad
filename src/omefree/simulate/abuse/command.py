"""The work of `omefree simulate abuse`: each evening under each rule, on all processors, with progress on stderr."""

import os
import sys
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import TypeAlias

import typer
from msgspec import Struct

from omefree.drawing import needs_matplotlib
from omefree.errors import UnknownScenario
from omefree.simulate.abuse import report
from omefree.simulate.abuse.goals import Figures, all_goals, figures
from omefree.simulate.abuse.rules import NONE, OURS, PUBLISHED
from omefree.simulate.abuse.run import Tally, evening
from omefree.simulate.abuse.world import SCENARIOS, Scenario, World

PUBLISHED_SEEDS = 1  # they are a contrast, and have no goals

Job: TypeAlias = tuple[World, str, float, int]
Found: TypeAlias = list[tuple[Scenario, dict[str, Figures]]]
Artist: TypeAlias = Callable[[Found], str]


def named(names: Sequence[str]) -> list[Scenario]:
    """The scenarios of these names; all, if there are none. Raises UnknownScenario."""
    known = {scenario.name: scenario for scenario in SCENARIOS}
    for name in names:
        if name not in known:
            raise UnknownScenario(f"no scenario is called {name!r}: {', '.join(known)}")
    return [known[name] for name in names] or list(SCENARIOS)


class Outcome(Struct):
    """The figures, the report, and whether a goal is missed."""

    found: Found
    text: str
    missed: bool


def compare(scenarios: Sequence[Scenario], hours: float, seeds: int) -> Outcome:
    """Simulates each scenario under each rule."""
    found = _figures(scenarios, hours, seeds)
    goals = all_goals([(scenario, by_rule[OURS]) for scenario, by_rule in found])
    text = report.told(found, hours, seeds, published_seeds(seeds))
    return Outcome(found, text, not all(goal.met for goal in goals))


def _figures(scenarios: Sequence[Scenario], hours: float, seeds: int) -> Found:
    tallies = _done(
        dict.fromkeys(job for each in scenarios for rule in _rules() for job in _jobs(each, rule, hours, seeds))
    )

    def of(scenario: Scenario, rule: str) -> Figures:
        jobs = _jobs(scenario, rule, hours, seeds)
        before = _jobs(scenario, NONE, hours, len(jobs))
        return figures([tallies[job] for job in jobs], [tallies[job] for job in before])

    return [(each, {rule: of(each, rule) for rule in (OURS, *PUBLISHED)}) for each in scenarios]


def published_seeds(seeds: int) -> int:
    """With how many seeds the published rules run."""
    return min(seeds, PUBLISHED_SEEDS)


def artist() -> Artist:
    """The function that draws the picture, with matplotlib. Raises MissingPackage."""
    with needs_matplotlib():
        from omefree.simulate.abuse.picture import drawn
    return drawn


def _rules() -> tuple[str, ...]:
    return (NONE, OURS, *PUBLISHED)


def _jobs(scenario: Scenario, rule: str, hours: float, seeds: int) -> list[Job]:
    """Without a rule many scenarios are the same evening, which is simulated once."""
    world = scenario.world.without_rules() if rule == NONE else scenario.world
    number = published_seeds(seeds) if rule in PUBLISHED else seeds
    return [(world, rule, hours, seed) for seed in range(1, number + 1)]


def _done(jobs: Iterable[Job]) -> dict[Job, Tally]:
    todo = list(jobs)
    with (
        # Not forked: whoever calls this may have threads.
        ProcessPoolExecutor(min(os.cpu_count() or 1, len(todo)), mp_context=get_context("spawn")) as pool,
        typer.progressbar(length=len(todo), label="Simulating", file=sys.stderr) as bar,
    ):
        done: dict[Job, Tally] = {}
        for job, tally in zip(todo, pool.map(_evening, todo), strict=True):
            done[job] = tally
            bar.update(1)
    return done


def _evening(job: Job) -> Tally:
    return evening(*job)
