"""The picture of a simulation as SVG, by matplotlib: waiting time against load, both on logarithmic scales."""

from collections.abc import Sequence
from math import nan

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator

from omefree.drawing import BLUE, ORANGE, QUIET, as_svg, legend, style
from omefree.simulate.run import Outcome

TITLE = "How long visitors wait for a partner"
_SIZE_INCHES = (8.0, 4.5)


def drawn(loads: Sequence[float], outcomes: Sequence[tuple[Outcome, Outcome]], patience_s: float) -> str:
    """The picture, SVG. Each load has two outcomes: ours, and the one without hesitation."""
    with style():
        figure = Figure(figsize=_SIZE_INCHES, layout="constrained")
        axes = figure.add_subplot()
        _scale(axes, loads)
        _lines(axes, loads, outcomes)
        _patience(axes, patience_s)
        axes.set_title(TITLE)
        legend(axes)
        return as_svg(figure, TITLE)


def _scale(axes: Axes, loads: Sequence[float]) -> None:
    axes.set_xscale("log")
    axes.set_xticks(loads, labels=[f"{load:g}" for load in loads])
    axes.set_xlabel("arrivals a second")
    axes.set_yscale("log")
    axes.yaxis.set_major_locator(LogLocator(subs=(1, 3)))
    axes.yaxis.set_major_formatter("{x:g}")
    axes.set_ylabel("waiting time in seconds")
    axes.grid(axis="y")
    axes.minorticks_off()
    axes.tick_params(length=0)


def _lines(axes: Axes, loads: Sequence[float], outcomes: Sequence[tuple[Outcome, Outcome]]) -> None:
    """Draws the lines. There is no point where nobody waited, as a logarithm has no zero."""
    p99 = [ours.p99_s or nan for ours, _ in outcomes]
    mean = [ours.mean_s or nan for ours, _ in outcomes]
    at_once = [other.mean_s or nan for _, other in outcomes]
    axes.plot(loads, p99, color=ORANGE, marker="o", label="99 in 100 wait no longer")
    axes.plot(loads, mean, color=BLUE, marker="o", label="mean wait")
    axes.plot(loads, at_once, color=BLUE, linestyle=(0, (2.5, 2)), label="mean wait, no hesitation")


def _patience(axes: Axes, patience_s: float) -> None:
    low, high = axes.get_ylim()
    if not low < patience_s < high:
        return
    axes.axhline(patience_s, color=QUIET, linewidth=1, linestyle=(0, (1, 3)))
    axes.annotate(
        f"patience {patience_s:g} s", (0, patience_s), xycoords=("axes fraction", "data"),
        xytext=(4, -4), textcoords="offset points", va="top", color=QUIET,
    )  # fmt: skip
