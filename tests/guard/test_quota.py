"""Quotas: those of protocol.md, rule 5, and how they are granted."""

import re
from functools import partial
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from omefree.contract.limits import NEW_CONNECTIONS, QUOTAS, REPORTS_OF_KEY, Quota, QuotaName
from omefree.guard.quota import Bucket, KeyBuckets, Refusals, scaled

NOW_S = 12_345.678
PROTOCOL = Path(__file__).parents[2] / "docs/protocol.md"
SECONDS = {"s": 1, "min": 60}


def documented() -> dict[str, tuple[float, float]]:
    """Rate a second and burst of each quota in the table of rule 5, by the first word of its name."""
    rows = re.findall(r"^ +\| ([^|]+) \| (\d+)/(s|min) \| (\d+) \|$", PROTOCOL.read_text(), re.M)
    return {
        name.split()[0].removesuffix("s"): (int(rate) / SECONDS[per], int(burst))
        for names, rate, per, burst in rows
        for name in names.partition(" (")[0].split(", ")
    }


def test_the_quotas_are_those_of_the_protocol() -> None:
    quotas = (*QUOTAS.items(), ("new", NEW_CONNECTIONS), ("all", REPORTS_OF_KEY))
    assert documented() == {name: (quota.rate_s, quota.burst) for name, quota in quotas}


@pytest.mark.parametrize("name", QUOTAS)
@pytest.mark.parametrize("scale", [1.0, 0.5, 20.0])
def test_the_burst_is_granted_then_the_rate(name: QuotaName, scale: float) -> None:
    rate_s, burst = QUOTAS[name].rate_s, QUOTAS[name].burst
    take = partial(Bucket().take, scaled(QUOTAS[name], scale))
    granted = int(burst * scale)
    left_over = burst * scale - granted
    assert [take(NOW_S) for _ in range(granted)] == [0.0] * granted
    retry_after_s = take(NOW_S)
    assert retry_after_s == pytest.approx((1 - left_over) / (rate_s * scale))
    assert take(NOW_S + retry_after_s * 0.99) > 0
    assert take(NOW_S + retry_after_s) == 0.0
    assert take(NOW_S + retry_after_s) > 0
    refilled = NOW_S + retry_after_s + burst / rate_s
    assert [take(refilled) for _ in range(granted)] == [0.0] * granted
    assert take(refilled) > 0


def test_however_small_the_scale_one_is_granted() -> None:
    take = partial(Bucket().take, scaled(QUOTAS["report"], 0.001))
    assert take(NOW_S) == 0.0
    assert take(NOW_S) == pytest.approx(10_000.0)


def test_a_long_rest_saves_no_more_than_the_burst() -> None:
    bucket, quota = Bucket(), Quota(rate_s=1, burst=2)
    assert bucket.take(quota, NOW_S) == 0.0
    later = NOW_S + 3600
    assert [bucket.take(quota, later) for _ in range(3)] == [0.0, 0.0, pytest.approx(1.0)]


@given(st.floats(0.1, 100), st.integers(1, 300), st.floats(0, 1e7), st.lists(st.floats(0, 30), min_size=1, max_size=60))
def test_who_waits_as_long_as_told_is_granted(rate_s: float, burst: int, start: float, pauses: list[float]) -> None:
    bucket, quota, now, granted = Bucket(), Quota(rate_s, burst), start, 0
    for pause in pauses:
        now += pause
        retry_after_s = bucket.take(quota, now)
        if retry_after_s:
            now += retry_after_s
            assert bucket.take(quota, now) == 0.0
        granted += 1
    assert granted <= burst + (now - start) * rate_s + 0.001


def test_the_twentieth_refusal_within_ten_seconds_closes() -> None:
    refusals = Refusals()
    assert [refusals.note(NOW_S + 0.5 * number) for number in range(20)] == [False] * 19 + [True]


def test_refusals_spread_over_more_than_ten_seconds_do_not_close() -> None:
    refusals = Refusals()
    assert not any(refusals.note(NOW_S + 0.53 * number) for number in range(200))
    quiet = NOW_S + 1000
    assert [refusals.note(quiet) for _ in range(20)] == [False] * 19 + [True]


def test_the_buckets_of_keys_are_apart_and_forgotten_once_full() -> None:
    buckets = KeyBuckets(REPORTS_OF_KEY)
    assert [buckets.take(b"a", 1.0, NOW_S) for _ in range(4)] == [0.0, 0.0, 0.0, pytest.approx(10.0)]
    assert buckets.take(b"b", 1.0, NOW_S + 29) == 0.0
    buckets.prune(NOW_S + 29.9)
    assert len(buckets) == 2
    buckets.prune(NOW_S + 30)
    assert len(buckets) == 1
    assert [buckets.take(b"a", 1.0, NOW_S + 30) for _ in range(3)] == [0.0] * 3


def test_a_share_multiplies_the_rate_of_a_key_and_not_its_burst() -> None:
    buckets = KeyBuckets(REPORTS_OF_KEY)
    assert [buckets.take(b"a", 10.0, NOW_S) for _ in range(4)] == [0.0, 0.0, 0.0, pytest.approx(1.0)]
