"""How many were here in each hour: of one UTC day, whoever asks or not."""

from omefree.guard.hours import HOUR_S, Hours
from tests.clock import FakeClock

DAY_S = 24 * HOUR_S
NINE_S = 20_000 * DAY_S + 9 * HOUR_S


def at_nine() -> tuple[Hours, FakeClock]:
    clock = FakeClock(NINE_S)
    return Hours(clock.time), clock


def test_the_first_hour_is_that_of_the_start() -> None:
    assert at_nine()[0].most() == {9: 0}


def test_an_hour_tells_the_most_at_once() -> None:
    hours, _ = at_nine()
    for count in (1, 2, 3, 2, 1, 2):
        hours.note(count)
    assert hours.most() == {9: 3}


def test_an_hour_in_which_nobody_came_or_went_has_those_who_stayed() -> None:
    hours, clock = at_nine()
    hours.note(7)
    hours.note(4)
    clock.advance(3 * HOUR_S)
    assert hours.most() == {9: 7, 10: 4, 11: 4, 12: 4}
    hours.note(6)
    assert hours.most() == {9: 7, 10: 4, 11: 4, 12: 6}


def test_midnight_in_utc_forgets_the_day_but_not_who_is_here() -> None:
    hours, clock = at_nine()
    hours.note(7)
    clock.advance(15 * HOUR_S - 1)
    assert list(hours.most()) == list(range(9, 24))
    clock.advance(1)
    assert hours.most() == {0: 7}
    clock.advance(400 * DAY_S + 2 * HOUR_S)
    assert hours.most() == {0: 7, 1: 7, 2: 7}


def test_a_clock_that_is_set_back_forgets_the_hours_that_have_not_come() -> None:
    now = [float(NINE_S)]
    hours = Hours(lambda: now[0])
    hours.note(3)
    now[0] += 2 * HOUR_S
    hours.note(8)
    now[0] -= HOUR_S
    assert hours.most() == {9: 3, 10: 8}
    now[0] -= DAY_S
    assert hours.most() == {10: 8}
