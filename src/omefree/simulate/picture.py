"""The picture of a simulation, SVG: waiting time against load, both by their logarithms."""

from collections.abc import Sequence
from math import log

from omefree.simulate.run import Outcome

_WIDTH, _HEIGHT = 720, 420
_LEFT, _RIGHT, _TOP, _BOTTOM = 64, 24, 84, 56
_TICKS_S = (0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0, 300.0)
_KEYS = ((64, "p99", "99 in 100 wait no longer"), (286, "mean", "mean wait"), (412, "once", "mean wait, no hesitation"))
# Colours that keep their contrast (4.5 : 1 on both grounds for words), and differ in lightness and dash too.
_STYLE = """<style>
.ground { fill: #ffffff } text { fill: #1f2328; font: 13px system-ui, sans-serif } .quiet { fill: #59636e }
.title { font-size: 16px; font-weight: 600 } .rule { stroke: #d1d9e0 } .mark { stroke: #59636e; stroke-dasharray: 2 4 }
.line { fill: none; stroke-width: 2.5; stroke-linejoin: round; stroke-linecap: round }
.p99 { stroke: #b35900 } .mean { stroke: #0a5cc2 } .once { stroke: #0a5cc2; stroke-dasharray: 5 6; stroke-width: 2 }
.dots circle { stroke: none } .dots .p99 { fill: #b35900 } .dots .mean { fill: #0a5cc2 }
@media (prefers-color-scheme: dark) {
.ground { fill: #0d1117 } text { fill: #f0f6fc } .quiet { fill: #9198a1 } .rule { stroke: #2a313c }
.mark { stroke: #9198a1 } .p99 { stroke: #f0a04b } .mean, .once { stroke: #6cb0ff }
.dots .p99 { fill: #f0a04b } .dots .mean { fill: #6cb0ff }
}
</style>"""


def drawn(loads: Sequence[float], outcomes: Sequence[tuple[Outcome, Outcome]], patience_s: float) -> str:
    """Return the picture; of each load our outcome, and the one without hesitation."""
    p99 = [ours.p99_s or 0.0 for ours, _ in outcomes]
    mean = [ours.mean_s or 0.0 for ours, _ in outcomes]
    once = [at_once.mean_s or 0.0 for _, at_once in outcomes]
    frame = _Frame(loads, [wait for wait in (*p99, *mean, *once) if wait > 0] or [1.0])
    lines = ((p99, "p99"), (mean, "mean"), (once, "once"))
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img">',
            "<title>Waiting time against load</title>",
            _STYLE,
            f'<rect class="ground" width="{_WIDTH}" height="{_HEIGHT}" rx="8"/>',
            _text(_LEFT, 30, "How long visitors wait for a partner", "start", "title"),
            *(_key(x, kind, name) for x, kind, name in _KEYS),
            *frame.axes(),
            *frame.patience(patience_s),
            *(frame.line(waits, kind) for waits, kind in lines),
            "</svg>\n",
        ]
    )


class _Frame:
    """Where a load and a wait are in the picture."""

    def __init__(self, loads: Sequence[float], waits: Sequence[float]) -> None:
        self.loads = loads
        self.low = max([tick for tick in _TICKS_S if tick <= min(waits)], default=_TICKS_S[0])
        self.high = min([tick for tick in _TICKS_S if tick >= max(waits)], default=_TICKS_S[-1])

    def x(self, load: float) -> float:
        return _LEFT + _part(load, self.loads[0], self.loads[-1]) * (_WIDTH - _LEFT - _RIGHT)

    def y(self, wait_s: float) -> float:
        part = _part(min(max(wait_s, self.low), self.high), self.low, self.high)
        return _HEIGHT - _BOTTOM - part * (_HEIGHT - _BOTTOM - _TOP)

    def axes(self) -> list[str]:
        ticks = [tick for tick in _TICKS_S if self.low <= tick <= self.high]
        return [
            *(self.rule(tick, "rule") + _text(_LEFT - 8, self.y(tick) + 4, f"{tick:g} s", "end") for tick in ticks),
            *(_text(self.x(load), _HEIGHT - _BOTTOM + 20, f"{load:g}", "middle") for load in self.loads),
            _text((_LEFT + _WIDTH - _RIGHT) / 2, _HEIGHT - 12, "arrivals a second", "middle", "quiet"),
        ]

    def patience(self, patience_s: float) -> list[str]:
        if not self.low < patience_s < self.high:
            return []
        words = _text(_LEFT + 4, self.y(patience_s) + 15, f"patience {patience_s:g} s", "start", "quiet")
        return [self.rule(patience_s, "mark"), words]

    def rule(self, wait_s: float, kind: str) -> str:
        y = f"{self.y(wait_s):.1f}"
        return f'<line class="{kind}" x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{y}" y2="{y}"/>'

    def line(self, waits: Sequence[float], kind: str) -> str:
        points = [(self.x(load), self.y(wait)) for load, wait in zip(self.loads, waits, strict=True)]
        told = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        dots = "".join(f'<circle class="{kind}" cx="{x:.1f}" cy="{y:.1f}" r="3.5"/>' for x, y in points)
        return f'<polyline class="line {kind}" points="{told}"/>' + (f'<g class="dots">{dots}</g>' * (kind != "once"))


def _part(value: float, low: float, high: float) -> float:
    return log(value / low) / log(high / low) if high > low else 0.0


def _key(x: float, kind: str, name: str) -> str:
    return f'<line class="line {kind}" x1="{x}" x2="{x + 26}" y1="54" y2="54"/>' + _text(x + 34, 58, name, "start")


def _text(x: float, y: float, text: str, anchor: str, kind: str = "") -> str:
    named = f' class="{kind}"' if kind else ""
    return f'<text{named} x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{text}</text>'
