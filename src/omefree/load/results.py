"""All that a run has measured so far. It may be read at any moment."""

from collections import Counter
from typing import Literal, TypeAlias

from msgspec import Struct

from omefree.load.histogram import Histogram
from omefree.load.schedule import Plan

Step: TypeAlias = Literal["connect", "find", "next", "seal", "signals", "text", "leave"]
STEPS: tuple[Step, ...] = ("connect", "find", "next", "seal", "signals", "text", "leave")

End: TypeAlias = Literal["done", "interrupted", "gone"]


class Sample(Struct, frozen=True):
    """The server at one moment: seconds from the beginning, cores used since the sample before, bytes, visitors."""

    at_s: float
    cores: float
    memory_bytes: int
    visitors: int


class Results:
    """`end` says why the run ended. `took_s`: how long it took. `own_cores`: what the load itself used."""

    def __init__(self, url: str, plan: Plan) -> None:
        self.url = url
        self.plan = plan
        self.end: End = "done"
        self.took_s = 0.0
        self.own_cores = 0.0
        self.visitors = 0  # there now
        self.visits = 0  # that were whole
        self.chats = 0  # that were whole
        self.times: dict[Step, Histogram] = {step: Histogram() for step in STEPS}
        self.errors: Counter[tuple[str, str]] = Counter()  # by step and code
        self.memory_before_bytes: int | None = None  # of the server; None: nobody told its process
        self.samples: list[Sample] = []

    @property
    def steady(self) -> list[Sample]:
        """The samples of the time after the ramp; all, if the run did not come so far."""
        late = [sample for sample in self.samples if self.plan.ramp_s < sample.at_s <= self.plan.total_s]
        return late or self.samples

    @property
    def cores(self) -> float:
        """What the server used on average after the ramp, in cores."""
        return mean([sample.cores for sample in self.steady])

    @property
    def present(self) -> float:
        """How many visitors there were on average after the ramp."""
        return mean([sample.visitors for sample in self.steady])

    @property
    def memory_bytes(self) -> int:
        """The most memory that the server was seen to have."""
        return max((sample.memory_bytes for sample in self.samples), default=0)


def mean(values: list[float] | list[int]) -> float:
    """The mean; 0 of nothing."""
    return sum(values) / len(values) if values else 0.0
