"""The results of a run: a table in Markdown that a terminal of 80 columns shows, too, and JSON for programs."""

from collections.abc import Iterator
from textwrap import fill

import msgspec

from omefree.contract.codes import CODES, MESSAGES
from omefree.load.histogram import Histogram
from omefree.load.results import Results
from omefree.load.sizing import FULL, MANY, Sizing, sizing

SCHEMA = 1  # of --json (docs/load.md)
WIDTH = 79
BUSY = 0.9  # cores: from here on the load's own program is late
QUANTILES = (0.5, 0.9, 0.99)

_HEAD = ("step", "times", "median", "90 %", "99 %", "most", "0.1 ms ... 10 s")
_WIDTHS = (7, 7, 7, 7, 7, 7, 15)

# What went wrong, if the code is our own. Else it is one of the contract's, or why a chat ended.
MEANINGS = {
    "no_answer": "What was waited for did not come within 15 s.",
    "link_lost": "A connection broke in the middle of a visit.",
    "wrong_partner": "The server introduced two that do not belong together.",
    "left": "The partner's program saw a fault and left, or the server says so.",
    "skipped": "The server says that the partner went on, which it did not.",
    "lost": "The partner's connection broke, and it did not come back.",
    "seal_failed": "The two could not seal: what the server passed on is not what was sent.",
    "seal_broken": "What was sealed came altered.",
    "seal_gap": "A part of what was sent never came.",
    "refused": "Nobody listens there.",
    "silent": "The connection was not answered.",
    "unreachable": "The connection broke before the server said welcome.",
    "stranger": "What answers is not an OmeFree server.",
    "closed": "The server lets this program in no more.",
}
ENDS = {
    "done": "",
    "interrupted": "Interrupted: the figures are of the time until then.",
    "gone": "The server does not let anybody in any more, so the test ended early.",
}
CROWDED = (
    "The server counts visitors by address, and the load came from one address: see docs/load.md, "
    '"Many visitors from one address".'
)


def told(results: Results) -> str:
    """All for people, in lines of at most 79 columns."""
    parts = [heading(results), table(results), *notes(results)]
    return "\n\n".join(part for part in parts if part)


def heading(results: Results) -> str:
    """What was tested."""
    plan = results.plan
    return fill(
        f"{results.url}: {2 * plan.parties:,} chats at once ({plan.mode}, {plan.visitors:,} visitors, "
        f"{plan.polling:.0%} by polling), begun within {plan.ramp_s:g} s; {results.took_s:.1f} s in all. "
        f"Whole visits: {results.visits:,}; whole chats: {results.chats:,}; texts: {results.times['text'].total:,}.",
        WIDTH,
    )


def table(results: Results) -> str:
    """The times of each step."""
    rule = ("-" * _WIDTHS[0], *("-" * (width - 1) + ":" for width in _WIDTHS[1:-1]), "-" * _WIDTHS[-1])
    rows = [_row(step, times) for step, times in results.times.items() if times.total]
    return "\n".join(_line(cells) for cells in (_HEAD, rule, *rows))


def notes(results: Results) -> Iterator[str]:
    """Yields what else there is to say, a paragraph each."""
    yield errors(results)
    if results.errors[("connect", "rate_limited")]:
        yield fill(CROWDED, WIDTH)
    yield ENDS[results.end]
    yield usage(results)
    if results.own_cores > BUSY:
        own = f"The load's own program used {results.own_cores:.2f} of a core: the times are partly its own."
        yield fill(own, WIDTH)


def errors(results: Results) -> str:
    """What went wrong, by step and code; the most frequent first."""
    lines = [f"- {step}, {code}: {many:,}. {meaning(code)}" for (step, code), many in results.errors.most_common()]
    wrapped = [fill(line.rstrip(), WIDTH, subsequent_indent="  ") for line in lines]
    return "\n".join(["Errors, by step and code:", *wrapped]) if lines else "No errors."


def meaning(code: str) -> str:
    """A sentence for a code; empty if nobody knows it."""
    return next((MESSAGES[each] for each in CODES if each == code), MEANINGS.get(code, ""))


def usage(results: Results) -> str:
    """What the server used, and what that comes to; empty if nobody told its process."""
    before = results.memory_before_bytes
    if before is None or not results.samples:
        return ""
    most = max(sample.cores for sample in results.samples)
    used = (
        f"The server used {results.cores:.2f} of a core ({most:.2f} at most) for {results.present:,.0f} visitors, and "
        f"{results.memory_bytes / 1e6:,.1f} MB of memory, {before / 1e6:,.1f} MB before."
    )
    sizes = sizing(results)
    return fill(used, WIDTH) + (f"\n{machines(sizes)}" if sizes else "")


def machines(sizes: Sizing) -> str:
    """What machines such visitors need."""
    return fill(
        f"For each visitor that is {sizes.cpu_us:,.0f} us of CPU a second and {sizes.visitor_bytes / 1000:.1f} kB. "
        f"With visitors as busy as these one core, {FULL:.0%} full, carries {sizes.core_visitors:,}; 1 GB holds "
        f"{sizes.gb_visitors:,}; {MANY:,} need {sizes.many_cores:.2f} cores and {sizes.many_bytes / 1e6:,.0f} MB.",
        WIDTH,
    )


def as_json(results: Results) -> str:
    """The same for programs: milliseconds, bytes, cores (docs/load.md)."""
    return msgspec.json.format(msgspec.json.encode(_values(results))).decode()


def _values(results: Results) -> dict[str, object]:
    return {
        "schema": SCHEMA,
        "url": results.url,
        "plan": results.plan,
        "end": results.end,
        "took_s": results.took_s,
        "visits": results.visits,
        "chats": results.chats,
        "steps": {step: _times(times) for step, times in results.times.items()},
        "errors": [{"step": step, "code": code, "times": many} for (step, code), many in results.errors.most_common()],
        "load": {"cores": results.own_cores},
        "process": _process(results),
    }


def _times(times: Histogram) -> dict[str, object]:
    return {
        "times": times.total,
        **{f"p{share * 100:g}_ms": times.quantile_s(share) * 1000 for share in QUANTILES},
        "most_ms": times.most_s * 1000,
        "classes": [[upper * 1000, count] for upper, count in times.classes()],
    }


def _process(results: Results) -> dict[str, object] | None:
    if results.memory_before_bytes is None:
        return None
    return {
        "cores": results.cores,
        "visitors": results.present,
        "memory_before_bytes": results.memory_before_bytes,
        "memory_bytes": results.memory_bytes,
        "sizing": sizing(results),
        "samples": results.samples,
    }


def _row(step: str, times: Histogram) -> tuple[str, ...]:
    quantiles = (spelled(times.quantile_s(share)) for share in QUANTILES)
    return (step, f"{times.total:,}", *quantiles, spelled(times.most_s), times.bars())


def spelled(seconds: float) -> str:
    """A time with three digits: `123 us`, `1.23 ms`, `1.23 s`."""
    for unit, factor in (("us", 1e6), ("ms", 1e3)):
        if seconds * factor < 999.5:
            return f"{seconds * factor:.3g} {unit}"
    return f"{seconds:.3g} s"


def _line(cells: tuple[str, ...]) -> str:
    first, *middle, last = cells
    aligned = [f"{cell:>{width}}" for cell, width in zip(middle, _WIDTHS[1:-1], strict=True)]
    return f"| {' | '.join([f'{first:{_WIDTHS[0]}}', *aligned, f'{last:{_WIDTHS[-1]}}'])} |"
