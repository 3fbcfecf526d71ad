"""The picture of a load test as SVG, by matplotlib: how long each step took, and what the server used meanwhile."""

from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from omefree.drawing import BLUE, INK, ORANGE, QUIET, as_svg, legend, style
from omefree.load.histogram import Histogram
from omefree.load.results import Results

TITLE = "How long each step of a visit took"
_ROW_INCHES, _HEAD_INCHES, _USE_INCHES, _WIDTH_INCHES = 0.55, 1.6, 2.2, 8.0
_HEIGHT = 0.8  # of the highest bar of a row; rows are 1 apart


def drawn(results: Results) -> str:
    """The picture, SVG: a histogram for each step, and below it CPU and memory if the server's process was watched."""
    steps = [(step, times) for step, times in results.times.items() if times.total]
    watched = 2 if results.samples else 0
    heights = [_HEAD_INCHES + _ROW_INCHES * len(steps), *[_USE_INCHES] * watched]
    with style():
        figure = Figure(figsize=(_WIDTH_INCHES, sum(heights)), layout="constrained")
        first, *others = figure.subplots(len(heights), 1, height_ratios=heights, squeeze=False)[:, 0]
        _steps(first, steps)
        for axes, label, values in zip(others, ("cores", "memory in MB"), _used(results), strict=False):
            _line(axes, results, label, values)
        return as_svg(figure, TITLE)


def _steps(axes: Axes, steps: Sequence[tuple[str, Histogram]]) -> None:
    """Rows of bars from the first step down; each row is as high as its own highest bar."""
    for row, (_, times) in enumerate(steps):
        classes = times.classes()
        highest = max(count for _, count in classes)
        upper = [1000 * seconds for seconds, _ in classes]
        counts = [_HEIGHT * count / highest for _, count in classes]
        axes.bar(upper, counts, width=[-0.05 * each for each in upper], align="edge", bottom=-row, color=BLUE)
        _mark(axes, row, times)
    axes.set_xscale("log")
    axes.set_ylim(0.4 - len(steps), 1)
    axes.xaxis.set_major_formatter("{x:g}")
    axes.set_xlabel("milliseconds")
    axes.set_yticks([-row for row in range(len(steps))], labels=[step for step, _ in steps])
    axes.grid(axis="x")
    axes.minorticks_off()
    axes.tick_params(length=0)
    axes.set_title(TITLE)
    if steps:
        legend(axes)


def _mark(axes: Axes, row: int, times: Histogram) -> None:
    for share, label, colour in ((0.5, "median", INK), (0.99, "99 in 100 take no longer", ORANGE)):
        at = 1000 * times.quantile_s(share)
        axes.plot([at], [-row], color=colour, marker="^", linestyle="", label=label if row == 0 else None, zorder=3)


def _used(results: Results) -> tuple[list[float], list[float]]:
    return [each.cores for each in results.samples], [each.memory_bytes / 1e6 for each in results.samples]


def _line(axes: Axes, results: Results, label: str, values: Sequence[float]) -> None:
    axes.plot([each.at_s for each in results.samples], values, color=BLUE)
    axes.axvline(results.plan.ramp_s, color=QUIET, linewidth=1, linestyle=(0, (1, 3)))
    axes.annotate(
        "all are there", (results.plan.ramp_s, 1), xycoords=("data", "axes fraction"),
        xytext=(4, 4), textcoords="offset points", color=QUIET,
    )  # fmt: skip
    axes.set_ylim(0, max(*values, 0.1) * 1.1)
    axes.set_xlabel("seconds")
    axes.set_ylabel(label)
    axes.grid(axis="y")
    axes.tick_params(length=0)
