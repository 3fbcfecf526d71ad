"""Quantiles are what sorting would give, but for the width of a class."""

import random

import pytest

from omefree.load.histogram import GROWTH, Histogram


def of(*seconds: float) -> Histogram:
    times = Histogram()
    for each in seconds:
        times.add(each)
    return times


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("share", [0.01, 0.5, 0.9, 0.99, 1.0])
def test_a_quantile_is_at_most_a_class_too_high(seed: int, share: float) -> None:
    chance = random.Random(seed)
    values = sorted(chance.lognormvariate(-6, 1.5) for _ in range(1000))
    exact = values[int(share * 1000) - 1]
    assert exact <= of(*values).quantile_s(share) * (1 + 1e-9)
    assert of(*values).quantile_s(share) <= exact * GROWTH


def test_of_nothing_there_is_nothing() -> None:
    times = Histogram()
    assert (times.quantile_s(0.99), times.most_s, times.classes(), times.bars().strip()) == (0.0, 0.0, [], "")


def test_the_most_is_exact_and_no_quantile_exceeds_it() -> None:
    times = of(0.1, 0.2, 1.234567)
    assert times.most_s == times.quantile_s(1.0) == 1.234567


def test_what_takes_no_time_counts() -> None:
    assert of(0.0, -1e-9).total == 2


def test_bars_are_on_a_logarithmic_scale_from_a_tenth_of_a_millisecond_to_ten_seconds() -> None:
    width = len(Histogram().bars())
    assert of(1e-5).bars() == "█" + " " * (width - 1)
    assert of(1000.0).bars() == " " * (width - 1) + "█"
    assert of(*[0.00105] * 10, 1.05).bars() == "   █" + " " * 8 + "▁" + " " * (width - 13)
