"""The values of /metrics, read from the running parts when somebody asks. Only lateness is measured for it alone."""

from collections.abc import Mapping
from typing import NamedTuple, TypeAlias

from omefree import __version__, logs
from omefree.chat.presence import Presence
from omefree.engine.engine import Engine
from omefree.http.gate import HttpGate
from omefree.metrics.lateness import Lateness
from omefree.privacy.measurable import BUCKETS

Values: TypeAlias = Mapping[str, float]
"""The values of one metric, by its label; a metric without a label has one value, under ""."""


class Parts(NamedTuple):
    """The parts of a running server that /metrics tells of."""

    presence: Presence
    engine: Engine
    gate: HttpGate
    lateness: Lateness


def read(parts: Parts) -> dict[str, Values]:
    """The values of every metric but those of the process, exact, by the metric's name."""
    counters, visitors = parts.presence.safety.counters, parts.presence.visitors.values()
    searching = sum(visitor.ticket is not None for visitor in visitors)
    chatting = sum(visitor.half is not None for visitor in visitors)
    return {
        "omefree_info": {__version__: 1},
        "omefree_visitors_online": {"": parts.presence.counter.count},
        "omefree_visitors": {
            "idle": len(visitors) - searching - chatting,
            "searching": searching,
            "chatting": chatting,
        },
        "omefree_visitors_away": {"": sum(visitor.socket is None for visitor in visitors)},
        "omefree_connections": {"": parts.gate.connected},
        "omefree_connections_max": {"": parts.gate.places},
        "omefree_chats_total": {"": counters.total["chats"]},
        "omefree_search_seconds": dict(zip(BUCKETS, counters.total_waits.within(), strict=True)),
        "omefree_reports_total": under("reports", counters.total),
        "omefree_pauses_total": under("pauses", counters.total),
        "omefree_refused_total": parts.engine.denials,
        "omefree_log_lines_total": logs.counted,
        "omefree_loop_late_seconds_total": {"": parts.lateness.seconds},
    }


def under(group: str, counts: Mapping[str, int]) -> Values:
    """The counts of a group, such as `reports`, by what comes after the point."""
    named = ((name.partition("."), count) for name, count in counts.items())
    return {name: count for (of, _, name), count in named if of == group}
