"""The text of /metrics: what was read, as far as the list allows it (privacy/measurable.py)."""

from collections.abc import Callable, Iterator, Mapping

from prometheus_client import CollectorRegistry, Metric, ProcessCollector, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily

from omefree.guard.counters import in_fives
from omefree.metrics.reading import Values
from omefree.privacy import measurable

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"  # what `generate_latest` writes


class Listed:
    """A collector for `prometheus_client`: it gives each metric of the list, with each of its label's values."""

    def __init__(self, read: Callable[[], Mapping[str, Values]]) -> None:
        self._read = read
        self._process = ProcessCollector(registry=None)

    def collect(self) -> Iterator[Metric]:
        """Yields the metrics in the order of the list. Called once for each text."""
        values, process = self._read(), {family_name(it): it for it in self._process.collect()}
        for metric in measurable.METRICS:
            if metric.name in values:
                yield family(metric, values[metric.name])
            elif metric.name in process:
                yield process[metric.name]


def of_process() -> dict[str, Values]:
    """The values of the process's own metrics, by their names."""
    return {family_name(it): {"": it.samples[0].value} for it in ProcessCollector(registry=None).collect()}


def text(listed: Listed) -> bytes:
    """The whole text, in Prometheus's text format 0.0.4."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(listed)
    return generate_latest(registry)


def family_name(family: Metric) -> str:
    """The name of a family as it is scraped: the library leaves out what all counters end in."""
    return f"{family.name}_total" if family.type == "counter" else family.name


def family(metric: measurable.Metric, values: Values) -> Metric:
    """One metric with its values. A value of the label that has none is 0; one that is not listed is not told."""
    told = {value: in_fives(each) if metric.in_fives else each for value, each in values.items()}
    if metric.kind == "histogram":
        buckets = [(value, told.get(value, 0)) for value in metric.values]
        # No sum and no count: the sum would tell the wait of the one visitor who came between two readings.
        return HistogramMetricFamily(metric.name, metric.help, buckets=buckets, sum_value=None)
    make = CounterMetricFamily if metric.kind == "counter" else GaugeMetricFamily
    if not metric.label:
        return make(metric.name, metric.help, value=told[""])
    made = make(metric.name, metric.help, labels=[metric.label])
    for value in metric.values:
        made.add_metric([value], told.get(value, 0))
    return made
