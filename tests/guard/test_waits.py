"""How long people searched, as counts."""

import math

from omefree.guard.waits import BOUNDS_S, Waits


def waits(*seconds: float) -> Waits:
    made = Waits()
    for each in seconds:
        made.add(each)
    return made


def test_each_count_has_all_that_ended_within_its_bound() -> None:
    assert waits(0.0, 0.5, 0.51, 300, 301).within() == [2, *[3] * (len(BOUNDS_S) - 2), 4, 5]


def test_half_of_them_waited_no_longer_than_the_median() -> None:
    assert waits(0.1, 0.1, 50, 50).median_s() == 0.5
    assert waits(0.1, 50, 50).median_s() == 60
    assert waits(0.1, 1000, 1000).median_s() == math.inf
