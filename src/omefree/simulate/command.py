"""What `omefree simulate` does: several policies over one crowd, with a progress bar on stderr."""

import sys
from collections.abc import Sequence

import typer

from omefree.simulate import optimum, report
from omefree.simulate.crowd import Scene, arrivals
from omefree.simulate.run import Outcome, optima, policy_named, scorer, simulate

OPTIMUM = "optimum"
POLICIES = ("ours", "first come", "chance", "batch 0.05", "batch 0.5", "batch 4.5", OPTIMUM)


def compare(scene: Scene, policies: Sequence[str]) -> str:
    """Return the table. Raises UnknownPolicy, MissingSolver."""
    crowd = arrivals(scene)
    score = scorer(crowd)
    plain = [name for name in policies if name != OPTIMUM]
    for name in plain:
        policy_named(name, scene, score)  # what is misspelled is said before the work
    if len(plain) < len(policies) or any(name.startswith("batch") for name in plain):
        optimum.solver()
    outcomes: list[Outcome] = []
    with typer.progressbar(length=len(crowd) * len(policies), label="Simulating", file=sys.stderr) as bar:
        outcomes += [simulate(name, scene, crowd, score, lambda: bar.update(1)) for name in plain]
        if len(plain) < len(policies):
            outcomes += optima(scene, crowd, score)
            bar.update(len(crowd))
    return f"{report.heading(scene, len(crowd))}\n\n{report.table(outcomes)}"


def draw(scene: Scene) -> str:
    """Return the picture: our own waiting time against load."""
    scenes = report.scenes(scene)
    outcomes: list[Outcome] = []
    with typer.progressbar(scenes, label="Drawing", file=sys.stderr) as bar:
        outcomes += [_ours(each) for each in bar]
    return report.picture([each.rate_s for each in scenes], outcomes)


def _ours(scene: Scene) -> Outcome:
    crowd = arrivals(scene)
    return simulate("ours", scene, crowd, scorer(crowd), lambda: None)
