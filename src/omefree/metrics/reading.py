"""The values of /metrics, read from the running parts when somebody asks. Only lateness is measured for it alone."""

from collections.abc import Mapping
from typing import NamedTuple, Protocol, TypeAlias

from msgspec import Struct

from omefree import __version__, logs
from omefree.chat.presence import Presence
from omefree.engine.engine import Engine
from omefree.http.gate import HttpGate
from omefree.metrics.lateness import Lateness
from omefree.privacy.measurable import BUCKETS

Values: TypeAlias = Mapping[str, float]
"""The values of one metric, by its label; a metric without a label has one value, under ""."""


class Between(Struct, frozen=True):
    """How it is between this server and the others of its chat. The defaults are of a server that is alone."""

    peers: int = 0
    degraded: str = ""
    leads: Mapping[str, int] = {}  # pool -> epoch
    window_bytes: int = 0
    cuts: int = 0
    repairs: Mapping[str, int] = {}
    dropped: Mapping[str, int] = {}
    moves: Mapping[str, int] = {}


class Exchanging(Protocol):
    """This server as one of several."""

    def between(self) -> Between:
        """How it is now."""
        ...


class Parts(NamedTuple):
    """The parts of a running server that /metrics tells of."""

    presence: Presence
    engine: Engine
    gate: HttpGate
    lateness: Lateness
    node: Exchanging | None = None


def read(parts: Parts) -> dict[str, Values]:
    """The values of every metric but those of the process, exact, by the metric's name."""
    counters, visitors = parts.presence.safety.counters, parts.presence.visitors.values()
    searching = sum(visitor.ticket is not None for visitor in visitors)
    chatting = sum(visitor.half is not None for visitor in visitors)
    between = parts.node.between() if parts.node is not None else Between()
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
        "omefree_draining": {"": int(parts.presence.leaving)},
        "omefree_exchange_peers": {"": between.peers},
        "omefree_exchange_degraded": {between.degraded: 1},
        "omefree_exchange_epoch": between.leads,
        "omefree_exchange_window_bytes": {"": between.window_bytes},
        "omefree_exchange_cuts_total": {"": between.cuts},
        "omefree_exchange_repairs_total": between.repairs,
        "omefree_exchange_dropped_total": between.dropped,
        "omefree_moves_total": between.moves,
    }


def under(group: str, counts: Mapping[str, int]) -> Values:
    """The counts of a group, such as `reports`, by what comes after the point."""
    named = ((name.partition("."), count) for name, count in counts.items())
    return {name: count for (of, _, name), count in named if of == group}
