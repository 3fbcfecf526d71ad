"""Within the server's quota, with half its burst."""

from omefree.contract.limits import Quota
from omefree.seal.pace import Pace

START_S = 100.0


def taken(pace: Pace, now: float) -> int:
    count = 0
    while pace.take(now):
        count += 1
    return count


def test_half_the_burst_then_the_rate() -> None:
    pace = Pace(Quota(rate_s=10, burst=40))
    assert taken(pace, START_S) == 20
    assert taken(pace, START_S + 0.05) == 0
    assert taken(pace, START_S + 0.1) == 1
    assert taken(pace, START_S + 1000) == 20


def test_it_says_when() -> None:
    pace = Pace(Quota(rate_s=7, burst=40))
    for _ in range(1000):
        while pace.take(now := max(START_S, pace.ready_at)):
            pass
        assert pace.ready_at > now
        assert pace.take(pace.ready_at)


def test_a_refusal_is_waited_for_and_a_break_ends_it() -> None:
    pace = Pace(Quota(rate_s=10, burst=40))
    assert pace.take(START_S)
    pace.hush(START_S + 5)
    pace.hush(START_S + 1)
    assert not pace.take(START_S + 4.9)
    assert pace.take(START_S + 5)
    pace.hush(START_S + 50)
    pace.resume(START_S + 6)
    assert pace.take(START_S + 6)


def test_whatever_the_server_tells_something_goes_out() -> None:
    for quota in (Quota(0, 0), Quota(-5, -5), Quota(0.001, 0.5)):
        pace = Pace(quota)
        assert taken(pace, START_S) == 1
        assert taken(pace, START_S + 10.001) == 1
