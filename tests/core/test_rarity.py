"""Rarity: integers, bounded, fading."""

from math import log2

import pytest
from hypothesis import given
from hypothesis import strategies as st

from omefree.core.rarity import BIT, COUNTERS, HALF_LIFE_S, Rarity, log2_256


@given(st.integers(1, 2**36))
def test_log2_is_right_to_a_128th(number: int) -> None:
    assert 0 <= log2(number) * 256 - log2_256(number) < 2


def test_log2_never_falls_and_is_exact_for_powers_of_two() -> None:
    values = [log2_256(number) for number in range(1, 5000)]
    assert values == sorted(values)
    assert [log2_256(2**power) for power in range(37)] == [256 * power for power in range(37)]


def test_the_weight_is_the_information_of_the_interest() -> None:
    rarity = Rarity()
    for number in range(16):
        rarity.arrive(["music", *(["chess"] if number < 4 else []), *(["falconry"] if number == 0 else [])], 0.0)
    assert rarity.weight("music") == 1  # shared by all, and still better than nothing
    assert rarity.weight("chess") == 2 * BIT + 1
    assert rarity.weight("falconry") == 4 * BIT + 1
    assert rarity.weight("never seen") > rarity.weight("falconry")


def test_without_arrivals_everything_weighs_as_little() -> None:
    assert Rarity().weight("music") == 1


def test_recent_arrivals_outweigh_old_ones() -> None:
    rarity = Rarity()
    for _ in range(8):
        rarity.arrive(["old"], 0.0)
    rarity.advance(2 * HALF_LIFE_S)
    for _ in range(8):
        rarity.arrive(["new"], 2 * HALF_LIFE_S)
    assert rarity.weight("old") == pytest.approx(rarity.weight("new") + 2 * BIT, abs=2)


def test_counters_are_bounded_and_fade_though_nobody_comes() -> None:
    rarity = Rarity()
    for number in range(20_000):
        rarity.arrive([f"flood {number}"], 5.0)
    assert len(rarity) <= COUNTERS
    wakes = 0
    while (wake := rarity.next_wake()) is not None:
        rarity.advance(wake)
        wakes += 1
    assert len(rarity) == 0
    assert wakes <= 20


def test_one_arrival_is_gone_after_twenty_minutes() -> None:
    rarity = Rarity()
    rarity.arrive(["falconry"], 100.0)
    rarity.advance(100.0 + 3 * HALF_LIFE_S)
    assert len(rarity) == 1
    rarity.advance(100.0 + 4 * HALF_LIFE_S)
    assert (len(rarity), rarity.next_wake()) == (0, None)
