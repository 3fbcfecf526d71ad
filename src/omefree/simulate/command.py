"""The work of `omefree simulate`: it runs several policies over one crowd, with a progress bar on stderr."""

import sys
from collections.abc import Callable, Sequence

import typer

from omefree.drawing import needs_matplotlib
from omefree.simulate import optimum, report
from omefree.simulate.crowd import Scene, arrivals
from omefree.simulate.run import Outcome, optima, policy_named, scorer, simulate

Artist = Callable[[Sequence[float], Sequence[tuple[Outcome, Outcome]], float], str]

OPTIMUM = "optimum"
POLICIES = (
    *("ours", "ours 5", "ours 0", "first come", "chance", "batch 0.05", "batch 0.5", "batch 4.5"),
    *("patient 2", "patient 5", "falling 9", "rolling 1", "rolling 5", OPTIMUM),
)


def compare(scene: Scene, policies: Sequence[str]) -> str:
    """The table of several policies over one crowd. Raises UnknownPairingPolicy, MissingPackage."""
    crowd = arrivals(scene)
    score = scorer(crowd)
    plain = [name for name in policies if name != OPTIMUM]
    for name in plain:
        policy_named(name, scene, score)  # raises for a misspelled name before the long work
    if len(plain) < len(policies) or any(name.startswith(("batch", "rolling")) for name in plain):
        optimum.solver()
    outcomes: list[Outcome] = []
    with typer.progressbar(length=len(crowd) * len(policies), label="Simulating", file=sys.stderr) as bar:
        outcomes += [simulate(name, scene, crowd, score, lambda: bar.update(1)) for name in plain]
        if len(plain) < len(policies):
            outcomes += optima(scene, crowd, score)
            bar.update(len(crowd))
    return "\n\n".join([report.heading(scene, len(crowd)), report.table(outcomes), report.LEGEND])


def draw(scene: Scene) -> str:
    """The picture, SVG: our own waiting time against load, with and without hesitation. Raises MissingPackage."""
    drawn = artist()
    scenes = report.scenes(scene)
    outcomes: list[tuple[Outcome, Outcome]] = []
    with typer.progressbar(scenes, label="Drawing", file=sys.stderr) as bar:
        outcomes += [(_simulated("ours", each), _simulated("ours 0", each)) for each in bar]
    return drawn([each.rate_s for each in scenes], outcomes, scene.patience_s)


def artist() -> Artist:
    """The function that draws the picture, with matplotlib. Raises MissingPackage."""
    with needs_matplotlib():
        from omefree.simulate.picture import drawn
    return drawn


def _simulated(name: str, scene: Scene) -> Outcome:
    crowd = arrivals(scene)
    return simulate(name, scene, crowd, scorer(crowd), lambda: None)
