"""What is made at most once in a while, and a call that is planned no later than was asked."""

from itertools import count

import pytest

from omefree.clock import Fresh, Timer
from tests.clock import FakeClock


def test_it_is_made_when_asked_and_again_when_it_is_old() -> None:
    clock, numbers = FakeClock(), count()
    fresh = Fresh(numbers.__next__, 10.0, clock.time)
    clock.advance(100)
    assert [fresh.get() for _ in range(1000)] == [0] * 1000
    clock.advance(9.9)
    assert fresh.get() == 0
    clock.advance(0.1)
    assert [fresh.get(), fresh.get()] == [1, 1]


def test_what_cannot_be_made_is_tried_again() -> None:
    numbers = iter([0, 4])
    fresh = Fresh(lambda: 8 // next(numbers), 10.0, FakeClock().time)
    with pytest.raises(ZeroDivisionError):
        fresh.get()
    assert fresh.get() == 2


def test_a_timer_rings_once_and_no_later_than_was_asked() -> None:
    clock = FakeClock()
    rung: list[float] = []
    timer = Timer(clock, lambda: rung.append(clock.time()))
    start = clock.time()
    for seconds in (5, 3, None, 4):
        timer.no_later_than(None if seconds is None else start + seconds)
    assert timer.when == start + 3
    clock.advance(10)
    assert rung == [start + 3]
    timer.no_later_than(start + 11)
    timer.cancel()
    clock.advance(10)
    assert rung == [start + 3]
    timer.no_later_than(start + 25)
    clock.advance(10)
    assert rung == [start + 3, start + 25]
    assert clock.planned() == 0
