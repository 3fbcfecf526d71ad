"""From what a run has measured to machines: what a core, a gigabyte, 10,000 visitors come to (docs/sizing.md).

The arithmetic is a straight line through one run. It holds for visitors as busy as those of the run.
"""

from msgspec import Struct

from omefree.load.results import Results

FULL = 0.7  # of a core: what is left is for the peaks of a minute. Arbitrary
CORES_MIN = 0.02  # at less, the ticks of 10 ms in which the kernel counts are too coarse
GB = 1_000_000_000
MANY = 10_000


class Sizing(Struct, frozen=True):
    """`core_visitors`: on one core that is used to 70 %. `gb_visitors`: in 1 GB for the server alone.

    `many_cores` and `many_bytes`: what 10,000 visitors need.
    """

    cpu_us: float  # of CPU in each second, for each visitor
    visitor_bytes: float
    core_visitors: int
    gb_visitors: int
    many_cores: float
    many_bytes: float


def sizing(results: Results) -> Sizing | None:
    """The sizes; None if the run says nothing of them: no process was watched, or it had too little to do."""
    most = max((sample.visitors for sample in results.samples), default=0)
    before = results.memory_before_bytes
    if before is None or results.cores < CORES_MIN or results.present < 1 or results.memory_bytes <= before:
        return None
    each_cores = results.cores / results.present
    each_bytes = (results.memory_bytes - before) / most
    return Sizing(
        cpu_us=each_cores * 1e6,
        visitor_bytes=each_bytes,
        core_visitors=int(FULL / each_cores),
        gb_visitors=int((GB - before) / each_bytes),
        many_cores=MANY * each_cores / FULL,
        many_bytes=before + MANY * each_bytes,
    )
