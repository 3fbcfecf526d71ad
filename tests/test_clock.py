"""What is made at most once in a while."""

from itertools import count

import pytest

from omefree.clock import Fresh
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
