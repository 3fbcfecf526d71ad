"""All that /metrics may say: the names, and for each its label and every value that this may have.

`omefree.metrics` writes nothing else, and `omefree audit --pid` holds a server against this list. No label is about a
visitor, since the values are written down here. Of the numbers, those that everybody is told are exact (`online`). All
others that count people, or what people do, are rounded down to fives: else two readings would tell what one visitor
did between them.
"""

from collections.abc import Iterator
from typing import Literal, TypeAlias, get_args

from msgspec import Struct

from omefree import __version__
from omefree.contract.codes import Code, Mode, PauseReason, ReportReason
from omefree.guard.waits import BOUNDS_S
from omefree.privacy import loggable

Kind: TypeAlias = Literal["gauge", "counter", "histogram"]
Refusal: TypeAlias = Literal[
    "full", "rate_limited", "origin", "draining"
]  # of the codes: those of a gate (http/gate.py)
REFUSALS: tuple[Code, ...] = get_args(Refusal)
DEGRADED = ("down", "slow", *loggable.REFUSES)
MOVES = ("heirs", "in", "out")
REPAIRS = ("repeated", "gaps", "doubles", "strangers", "anew")  # nodes/stream.py
BUCKETS = (*map(str, BOUNDS_S), "+Inf")  # the labels of a histogram's buckets, as Prometheus writes them


class Metric(Struct, frozen=True, kw_only=True):
    """One metric. `datum`: the id of the inventory's datum that it tells; None if it tells of no visitor."""

    name: str  # as it is scraped; of a histogram without `_bucket`
    kind: Kind
    help: str
    label: str = ""
    values: tuple[str, ...] = ()  # all that the label may have
    datum: str | None = None

    @property
    def in_fives(self) -> bool:
        """Whether it is rounded down to fives: it counts people, and not everybody is told."""
        return self.datum not in (None, "online")

    def series(self) -> Iterator[str]:
        """Every time series of this metric, as a line of the exposition begins."""
        name = f"{self.name}_bucket" if self.kind == "histogram" else self.name
        yield from (f'{name}{{{self.label}="{value}"}}' for value in self.values) if self.label else (name,)


METRICS: tuple[Metric, ...] = (
    Metric(name="omefree_info", kind="gauge", label="version", values=(__version__,), help="Always 1."),
    Metric(name="omefree_visitors_online", kind="gauge", datum="online", help="Visitors who are connected."),
    Metric(
        name="omefree_visitors",
        kind="gauge",
        label="state",
        values=("idle", "searching", "chatting"),
        datum="session",
        help="Visitors by what they do, with those who are away; in fives.",
    ),
    Metric(
        name="omefree_visitors_away",
        kind="gauge",
        datum="session",
        help="Visitors whose connection broke and who may come back; in fives.",
    ),
    Metric(
        name="omefree_connections",
        kind="gauge",
        datum="online",
        help="What counts towards max_connections: sessions, and visitors who are away.",
    ),
    Metric(
        name="omefree_connections_max",
        kind="gauge",
        help="How many there may be: max_connections, or fewer while memory is short.",
    ),
    Metric(name="omefree_chats_total", kind="counter", datum="counters", help="Chats that began; in fives."),
    Metric(
        name="omefree_search_seconds",
        kind="histogram",
        label="le",
        values=BUCKETS,
        datum="counters",
        help="How long those who met had searched; in fives.",
    ),
    Metric(
        name="omefree_reports_total",
        kind="counter",
        label="reason",
        values=get_args(ReportReason),
        datum="counters",
        help="Reports that were accepted; in fives.",
    ),
    Metric(
        name="omefree_pauses_total",
        kind="counter",
        label="reason",
        values=get_args(PauseReason),
        datum="counters",
        help="Pauses that began because of reports; in fives.",
    ),
    Metric(
        name="omefree_refused_total",
        kind="counter",
        label="code",
        values=REFUSALS,
        datum="counters",
        help="Requests that the connection's rules refused; in fives.",
    ),
    Metric(
        name="omefree_log_lines_total",
        kind="counter",
        label="event",
        values=(*loggable.EVENTS, loggable.UNLISTED),
        help="Lines that were logged, by event (docs/running.md).",
    ),
    Metric(
        name="omefree_loop_late_seconds_total",
        kind="counter",
        help="How late a timer of 1 s was, in sum: near 0 as long as the process keeps up.",
    ),
    # Between several servers that are one chat (docs/scaling.md); all 0 for a server that is alone.
    Metric(
        name="omefree_draining",
        kind="gauge",
        help="1 while visitors move from this server to the others, as it is about to stop.",
    ),
    Metric(name="omefree_exchange_peers", kind="gauge", help="Other servers of this chat."),
    Metric(
        name="omefree_exchange_degraded",
        kind="gauge",
        label="reason",
        values=DEGRADED,
        help="1 while this server is on its own, or nearly so, for this reason.",
    ),
    Metric(
        name="omefree_exchange_epoch",
        kind="gauge",
        label="pool",
        values=get_args(Mode),
        help="While this server leads those who search in a mode: how often their leader has changed. Else 0.",
    ),
    Metric(
        name="omefree_exchange_window_bytes",
        kind="gauge",
        help="What waits for the server for which most does; with 1 MB it is given no more.",
    ),
    Metric(
        name="omefree_exchange_cuts_total",
        kind="counter",
        help="How often the connection to Valkey was lost.",
    ),
    Metric(
        name="omefree_exchange_repairs_total",
        kind="counter",
        label="kind",
        values=REPAIRS,
        help="What the streams between servers had to set right.",
    ),
    Metric(
        name="omefree_exchange_dropped_total",
        kind="counter",
        label="reason",
        values=loggable.DROPPED,
        help="Batches and items of other servers that could not be taken.",
    ),
    Metric(
        name="omefree_moves_total",
        kind="counter",
        datum="counters",
        label="way",
        values=MOVES,
        help="Visitors who came from another server (in), went to one (out), or whose chat went on without theirs (heirs).",
    ),
    # The process, as all Prometheus clients name it.
    Metric(name="process_cpu_seconds_total", kind="counter", help="CPU time."),
    Metric(name="process_max_fds", kind="gauge", help="File descriptors that the process may have."),
    Metric(name="process_open_fds", kind="gauge", datum="online", help="File descriptors that the process has."),
    Metric(name="process_resident_memory_bytes", kind="gauge", help="Memory in RAM."),
    Metric(name="process_start_time_seconds", kind="gauge", help="Start, in seconds since 1970."),
    Metric(name="process_virtual_memory_bytes", kind="gauge", help="Address space."),
)
SERIES: frozenset[str] = frozenset(series for metric in METRICS for series in metric.series())
