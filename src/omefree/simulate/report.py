"""The table of a simulation, in Markdown that a terminal of 80 columns shows, too."""

from collections.abc import Sequence
from textwrap import fill

from msgspec import structs

from omefree.simulate.crowd import Scene
from omefree.simulate.run import Outcome

LOADS = (0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0)  # arrivals a second, for the picture
ARRIVALS_MIN = 1000  # for each load: fewer say little of a 99th percentile
WIDTH = 79

LEGEND = fill(
    "shared: of the visitors with interests, the share that meets somebody who has one of them. bits: what each of "
    "them shares, by its rarity. mean, 1 s, 99 %: the mean wait of all, the share of all that waits no longer than a "
    "second, and what 99 in 100 do not exceed. most shared, best score: what who knows the future can have.",
    WIDTH,
)
_COLUMNS = ("policy", "shared", "of best", "bits", "of best", "mean", "1 s", "99 %")
_WIDTHS = (11, 6, 7, 5, 7, 6, 5, 7)


def table(outcomes: Sequence[Outcome]) -> str:
    """The outcomes as a table. Each is also given as a share of the best of all."""
    sharing = max(outcome.sharing for outcome in outcomes)
    score = max(outcome.score for outcome in outcomes)
    rows = [
        (
            *(one.policy, f"{one.sharing:.3f}", _share(one.sharing, sharing)),
            *(f"{one.score:.2f}", _share(one.score, score)),
            *(_told(one.mean_s, ".2f", " s"), _told(one.soon, ".2f"), _told(one.p99_s, ".2f", " s")),
        )
        for one in outcomes
    ]
    rule = ("-" * _WIDTHS[0], *("-" * (width - 1) + ":" for width in _WIDTHS[1:]))
    return "\n".join(_row(cells) for cells in (_COLUMNS, rule, *rows))


def heading(scene: Scene, arrivals: int) -> str:
    """What was simulated, as a sentence."""
    told = ", ".join(f"{name} {value:g}" for name, value in structs.asdict(scene).items())
    return fill(f"{arrivals:,} arrivals; {told}.", WIDTH)


def scenes(scene: Scene) -> list[Scene]:
    """The scenes of the picture: the same crowd, thinner and denser, each with enough arrivals."""
    arrivals = max(scene.duration_s * scene.rate_s, ARRIVALS_MIN)
    return [structs.replace(scene, rate_s=load, duration_s=arrivals / load) for load in LOADS]


def _row(cells: Sequence[str]) -> str:
    first, *others = cells
    aligned = [f"{first:{_WIDTHS[0]}}", *(f"{cell:>{width}}" for cell, width in zip(others, _WIDTHS[1:], strict=True))]
    return f"| {' | '.join(aligned)} |"


def _share(value: float, best: float) -> str:
    return f"{value / best:.3f}" if best else ""


def _told(value: float | None, form: str, unit: str = "") -> str:
    return "" if value is None else format(value, form) + unit
