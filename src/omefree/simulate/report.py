"""The table and the picture of a simulation."""

from collections.abc import Sequence
from math import log10

from msgspec import structs

from omefree.simulate.crowd import Scene
from omefree.simulate.run import Outcome

LOADS = (0.1, 0.3, 1.0, 3.0, 10.0, 30.0)  # arrivals a second, for the picture
ARRIVALS_MIN = 1000  # for each of them: fewer say little of a 99th percentile

_WIDTH, _HEIGHT, _LEFT, _BOTTOM, _TOP, _RIGHT = 640, 360, 60, 50, 30, 20
_HEAD = (
    "| policy | get a shared interest | of the optimum | score, bits | of the optimum | mean wait | 99 % wait at most |"
)


def table(outcomes: Sequence[Outcome]) -> str:
    """Return the outcomes as Markdown, each beside the best of all."""
    sharing = max(outcome.sharing for outcome in outcomes)
    score = max(outcome.score for outcome in outcomes)
    rows = [
        f"| {one.policy} | {one.sharing:.3f} | {one.sharing / sharing:.3f} | {one.score:.2f} | {one.score / score:.3f} "
        f"| {_seconds(one.mean_s)} | {_seconds(one.p99_s)} |"
        for one in outcomes
    ]
    return "\n".join([_HEAD, "|---|---|---|---|---|---|---|", *rows])


def heading(scene: Scene, arrivals: int) -> str:
    """Return what was simulated, as one line."""
    told = ", ".join(f"{name} {value:g}" for name, value in structs.asdict(scene).items())
    return f"{arrivals:,} arrivals; {told}."


def scenes(scene: Scene) -> list[Scene]:
    """Return the scenes of the picture: the same crowd, thinner and denser."""
    return [
        structs.replace(scene, rate_s=load, duration_s=max(scene.duration_s, ARRIVALS_MIN / load)) for load in LOADS
    ]


def picture(loads: Sequence[float], outcomes: Sequence[Outcome]) -> str:
    """Return an SVG of waiting time against load."""
    top = max(outcome.p99_s or 0.0 for outcome in outcomes) * 1.1 or 1.0

    def x(load: float) -> float:
        return _LEFT + (log10(load / loads[0]) / log10(loads[-1] / loads[0])) * (_WIDTH - _LEFT - _RIGHT)

    def y(wait: float) -> float:
        return _HEIGHT - _BOTTOM - wait / top * (_HEIGHT - _BOTTOM - _TOP)

    def line(waits: Sequence[float], colour: str, name: str) -> str:
        points = " ".join(f"{x(load):.1f},{y(wait):.1f}" for load, wait in zip(loads, waits, strict=True))
        label = _text(x(loads[-1]), y(waits[-1]) - 8, name, "end", colour)
        return f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2"/>{label}'

    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" font-family="sans-serif">',
            f'<rect width="{_WIDTH}" height="{_HEIGHT}" fill="#fff"/>',
            *(_text(x(load), _HEIGHT - _BOTTOM + 20, f"{load:g}", "middle") for load in loads),
            *(_rule(y(top * step / 4), f"{top * step / 4:.1f} s") for step in range(5)),
            _text((_LEFT + _WIDTH) / 2, _HEIGHT - 10, "arrivals a second", "middle"),
            line([outcome.p99_s or 0.0 for outcome in outcomes], "#b3261e", "99 % wait at most"),
            line([outcome.mean_s or 0.0 for outcome in outcomes], "#1a56b0", "mean wait"),
            "</svg>\n",
        ]
    )


def _seconds(wait_s: float | None) -> str:
    return "" if wait_s is None else f"{wait_s:.2f} s"


def _text(x: float, y: float, text: str, anchor: str, colour: str = "#333") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" font-size="13" text-anchor="{anchor}" fill="{colour}">{text}</text>'


def _rule(y: float, text: str) -> str:
    rule = f'<line x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{y:.1f}" y2="{y:.1f}" stroke="#ddd"/>'
    return rule + _text(_LEFT - 6, y + 4, text, "end")
