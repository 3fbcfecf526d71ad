"""The values of several workers of one machine as one: Prometheus asks one port, and hears of all."""

from collections.abc import Mapping, Sequence

from omefree.metrics.reading import Values

# Of these, all workers have nearly the same, or the most of them tells what is to be known.
MOST = {
    "omefree_info",
    "omefree_draining",
    "omefree_exchange_peers",
    "omefree_exchange_degraded",
    "omefree_exchange_epoch",
    "omefree_exchange_window_bytes",
}
LEAST = {"omefree_connections_max", "process_start_time_seconds"}


def merged(each: Sequence[Mapping[str, Values]]) -> dict[str, Values]:
    """The values of all together, by the metric's name: sums, but of a few the most or the least."""
    names = dict.fromkeys(name for values in each for name in values)
    return {name: one(name, [values.get(name, {}) for values in each]) for name in names}


def one(name: str, each: Sequence[Values]) -> Values:
    """One metric of all, by its label."""
    join = max if name in MOST else min if name in LEAST else sum
    labels = dict.fromkeys(label for values in each for label in values)
    return {label: join([values[label] for values in each if label in values]) for label in labels}
