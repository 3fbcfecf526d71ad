from hypothesis import given
from hypothesis import strategies as some

from omefree.client.retry import FIRST_S, LONGEST_S, retry_delay_s

randoms = some.floats(0, 1, exclude_max=True)


@given(some.integers(0, 10_000), randoms)
def test_the_wait_grows_to_a_bound_and_is_spread(attempt: int, random: float) -> None:
    delay_s = retry_delay_s(attempt, random, 0.0)
    base = min(FIRST_S * 2 ** min(attempt, 20), LONGEST_S)
    assert base / 2 <= delay_s <= base * 1.5


@given(some.integers(0, 50), randoms, some.floats(0, 3600))
def test_never_sooner_than_the_server_asked(attempt: int, random: float, asked_s: float) -> None:
    assert retry_delay_s(attempt, random, asked_s) >= asked_s
