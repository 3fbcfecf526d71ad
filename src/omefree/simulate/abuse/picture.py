"""The picture of the comparison as SVG, by matplotlib: whom each rule hinders, and what bots can still do."""

from collections.abc import Callable, Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from omefree.drawing import BLUE, INK, ORANGE, QUIET, RULE, as_svg, legend, style
from omefree.simulate.abuse.goals import Figures
from omefree.simulate.abuse.rules import CHATROULETTE, OMEGLE_LOL, OURS
from omefree.simulate.abuse.world import Scenario

TITLE = "What three rules against abuse do to the honest, and to bots"
_ROW_INCHES, _WIDTH_INCHES, _HEAD_INCHES, _FOOT_INCHES = 0.3, 9.0, 1.0, 0.9
_RULES = (
    (OURS, "ours: reports per chat", BLUE, "o"),
    (CHATROULETTE, "three in five minutes", ORANGE, "D"),
    (OMEGLE_LOL, "three in an hour", QUIET, "s"),
)


def drawn(found: Sequence[tuple[Scenario, dict[str, Figures]]]) -> str:
    """The picture, SVG: a row for each scenario, a mark for each rule."""
    height = _HEAD_INCHES + _ROW_INCHES * len(found) + _FOOT_INCHES
    with style():
        figure = Figure(figsize=(_WIDTH_INCHES, height))
        hindered, bots = figure.subplots(1, 2, sharey=True)
        figure.subplots_adjust(
            left=0.17, right=0.96, wspace=0.12, top=1 - _HEAD_INCHES / height, bottom=_FOOT_INCHES / height
        )
        _panel(hindered, found, lambda each: 100 * each.honest.mean)
        _panel(bots, found, lambda each: 100 * each.bots)
        hindered.set_xlabel("of 100 honest visitors, so many\nwere refused a search")
        bots.set_xlabel("of 100 chats that bots had with people\nwithout a rule, so many remain")
        hindered.set_yticks(range(len(found)), labels=[scenario.name for scenario, _ in found])
        hindered.set_ylim(len(found) - 0.5, -0.5)
        hindered.set_title(TITLE)
        legend(hindered)
        return as_svg(figure, TITLE)


def _panel(axes: Axes, found: Sequence[tuple[Scenario, dict[str, Figures]]], value: Callable[[Figures], float]) -> None:
    rows = range(len(found))
    for rule, label, colour, marker in _RULES:
        values = [value(by_rule[rule]) for _, by_rule in found]
        axes.plot(values, rows, color=colour, marker=marker, linestyle="", label=label, clip_on=False, zorder=3)
    axes.set_xlim(0, max(axes.get_xlim()[1], 10))
    axes.hlines(rows, 0, axes.get_xlim()[1], color=RULE, linewidth=1, zorder=1)
    axes.tick_params(length=0, labelcolor=INK)
    axes.tick_params(axis="y", pad=8)
