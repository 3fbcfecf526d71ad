"""Rarity: integers, bounded, fading."""

from math import log2

import pytest
from hypothesis import given
from hypothesis import strategies as st

from omefree.matching.rarity import BIT, COUNTERS, HALF_LIFE_S, QUIET_S, Rarity, counter_ids_of, log2_256


def arrive(rarity: Rarity, *keys: str, now: float = 0.0) -> None:
    rarity.arrive(counter_ids_of(keys), now)


def weight(rarity: Rarity, key: str) -> int:
    return rarity.weight(*counter_ids_of([key]))


@given(st.integers(1, 2**36))
def test_log2_is_right_to_a_128th(number: int) -> None:
    assert 0 <= log2(number) * 256 - log2_256(number) < 2


def test_log2_never_falls_and_is_exact_for_powers_of_two() -> None:
    values = [log2_256(number) for number in range(1, 5000)]
    assert values == sorted(values)
    assert [log2_256(2**power) for power in range(37)] == [256 * power for power in range(37)]


def by_squaring(mantissa: int) -> int:
    """The fraction in 1/256 as a Lua script would work it out: each squaring of 16 bits doubles the logarithm."""
    fraction = 0
    for _ in range(8):
        mantissa = mantissa * mantissa >> 16
        fraction *= 2
        if mantissa >= 1 << 17:
            mantissa, fraction = mantissa >> 1, fraction + 1
    return fraction


def test_log2_is_that_of_16_bit_squaring() -> None:
    """Where the fraction changes, it is exact: a mantissa more or less is another number."""
    mantissas = range(1 << 16, 1 << 17)
    assert [log2_256(mantissa) - 16 * BIT for mantissa in mantissas] == list(map(by_squaring, mantissas))


def test_the_weight_is_the_information_of_the_interest() -> None:
    rarity = Rarity()
    for number in range(16):
        arrive(rarity, "music", *(["chess"] if number < 4 else []), *(["falconry"] if number == 0 else []))
    assert weight(rarity, "music") == 1  # shared by all, and still better than nothing
    assert weight(rarity, "chess") == 2 * BIT + 1
    assert weight(rarity, "falconry") == 4 * BIT + 1
    assert weight(rarity, "never seen") > weight(rarity, "falconry")


def test_without_arrivals_everything_weighs_as_little() -> None:
    assert weight(Rarity(), "music") == 1


def test_recent_arrivals_outweigh_old_ones() -> None:
    rarity = Rarity()
    for _ in range(8):
        arrive(rarity, "old")
    rarity.advance(2 * HALF_LIFE_S)
    for _ in range(8):
        arrive(rarity, "new", now=2 * HALF_LIFE_S)
    assert weight(rarity, "old") == pytest.approx(weight(rarity, "new") + 2 * BIT, abs=2)


def test_counters_are_bounded_and_fade_though_nobody_comes() -> None:
    rarity = Rarity()
    for number in range(20_000):
        arrive(rarity, f"flood {number}", now=5.0)
    assert len(rarity) <= COUNTERS
    wakes = 0
    while (wake := rarity.next_wake()) is not None:
        rarity.advance(wake)
        wakes += 1
    assert len(rarity) == 0
    assert wakes <= 20


def test_one_arrival_is_gone_after_twenty_minutes() -> None:
    rarity = Rarity()
    arrive(rarity, "falconry", now=100.0)
    rarity.advance(100.0 + 3 * HALF_LIFE_S)
    assert len(rarity) == 1
    rarity.advance(100.0 + 4 * HALF_LIFE_S)
    assert (len(rarity), rarity.next_wake()) == (0, None)


def rate(rarity: Rarity, key: str, now: float) -> float:
    """Arrivals of others a second: what they are worth is divided out."""
    return rarity.gain(counter_ids_of([key]), 0) / weight(rarity, key) / rarity.counted(now)


def test_the_gain_is_the_rate_of_others_times_what_each_would_be_better() -> None:
    rarity = Rarity()
    for number in range(8):
        arrive(rarity, "music", *(["chess"] if number < 4 else []))
    assert (weight(rarity, "music"), weight(rarity, "chess")) == (1, BIT + 1)
    assert rarity.gain(counter_ids_of(["chess"]), 1) == BIT * 3 * 8  # three others; a counter counts 8 for each
    assert rarity.gain(counter_ids_of(["chess"]), BIT + 1) == 0
    assert rarity.gain(counter_ids_of(["music", "chess", "never seen"]), 1) == BIT * 3 * 8
    assert rarity.counted(0.0) == 8 * QUIET_S


@pytest.mark.parametrize("minutes", [1, 4, 7, 30, 90])
def test_the_rate_is_right_from_the_start_but_for_a_quiet_half_minute_before(minutes: int) -> None:
    rarity, now = Rarity(), 0.0
    while now < minutes * 60:
        rarity.advance(now)
        arrive(rarity, "chess", now=now)
        now += 0.5
    expected = 2.0 if minutes > 10 else 2.0 * minutes / (minutes + 0.5)
    assert rate(rarity, "chess", now) == pytest.approx(expected, rel=0.15)


def test_a_storm_after_a_restart_is_no_rate() -> None:
    rarity = Rarity()
    for _ in range(600):
        arrive(rarity, "chess")
    assert rate(rarity, "chess", 0.0) == pytest.approx(20, rel=0.01)
