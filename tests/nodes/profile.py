"""How deep the properties of this folder look: the same schedules on each run; for `make soak` new ones, and many."""

import os

from hypothesis import HealthCheck, settings

SOAKS = "OMEFREE_SOAK" in os.environ


def schedules(few: int, many: int, steps: int) -> settings:
    """Settings for a property: `few` examples in `make test`, `many` in `make soak`, of so many steps."""
    return settings(
        max_examples=many if SOAKS else few,
        stateful_step_count=steps,
        derandomize=not SOAKS,
        deadline=None,
        print_blob=True,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large],
    )
