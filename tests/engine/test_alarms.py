"""One timer for all deadlines."""

import logging
from collections.abc import Callable
from typing import Any

import pytest

from omefree.engine.alarms import Alarms
from tests.clock import FakeClock, FakeHandle


class Timer:
    """Writes down when it was woken."""

    def __init__(self, name: str = "", diary: list[str] | None = None) -> None:
        self.alarm = 0
        self.name = name
        self.diary: list[str] = [] if diary is None else diary
        self.woken_s: list[float] = []

    def wake(self, now: float) -> None:
        self.woken_s.append(now)
        self.diary.append(self.name)


class Faulty(Timer):
    def wake(self, now: float) -> None:
        super().wake(now)
        raise RuntimeError("a bug")


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock(0.0)


@pytest.fixture
def alarms(clock: FakeClock) -> Alarms:
    return Alarms(clock)


def test_a_timer_is_woken_once_at_its_deadline(clock: FakeClock, alarms: Alarms) -> None:
    timer = Timer()
    alarms.set(timer, 25.0)
    clock.advance(24.98)
    assert timer.woken_s == []
    clock.advance(0.02)
    assert timer.woken_s == [25.0]
    clock.advance(100)
    assert len(timer.woken_s) == 1
    assert len(alarms) == 0


def test_timers_are_woken_in_the_order_of_their_deadlines(clock: FakeClock, alarms: Alarms) -> None:
    diary: list[str] = []
    for name, when in (("third", 3.0), ("first", 1.0), ("second", 2.0)):
        alarms.set(Timer(name, diary), when)
    clock.advance(5)
    assert diary == ["first", "second", "third"]


def test_a_thousand_timers_take_one_timer_of_the_loop(clock: FakeClock, alarms: Alarms) -> None:
    for number in range(1000):
        alarms.set(Timer(), 10.0 + number / 100)
    assert clock.planned() == 1
    assert len(alarms) == 1000


def test_an_earlier_deadline_is_not_kept_waiting_by_a_later_one(clock: FakeClock, alarms: Alarms) -> None:
    late, early = Timer(), Timer()
    alarms.set(late, 10.0)
    alarms.set(early, 1.0)
    clock.advance(1)
    assert early.woken_s == [1.0]
    clock.advance(9)
    assert late.woken_s == [10.0]


def test_one_that_cancels_is_not_woken(clock: FakeClock, alarms: Alarms) -> None:
    timer, other = Timer(), Timer()
    alarms.set(timer, 1.0)
    alarms.set(other, 1.0)
    alarms.cancel(timer)
    alarms.cancel(timer)
    clock.advance(2)
    assert timer.woken_s == []
    assert other.woken_s == [1.0]


def test_one_that_sets_again_has_only_its_last_deadline(clock: FakeClock, alarms: Alarms) -> None:
    timer = Timer()
    for when in (1.0, 5.0, 3.0, 3.0):
        alarms.set(timer, when)
    clock.advance(10)
    assert timer.woken_s == [3.0]


def test_one_may_set_again_while_it_is_woken(clock: FakeClock, alarms: Alarms) -> None:
    class Ticking(Timer):
        def wake(self, now: float) -> None:
            super().wake(now)
            alarms.set(self, now + 1)

    timer = Ticking()
    alarms.set(timer, 1.0)
    clock.advance(3)
    assert timer.woken_s == [1.0, 2.0, 3.0]


def test_one_may_cancel_another_of_the_same_moment(clock: FakeClock, alarms: Alarms) -> None:
    class Jealous(Timer):
        other: Timer

        def wake(self, now: float) -> None:
            super().wake(now)
            alarms.cancel(self.other)

    one, two = Jealous(), Jealous()
    one.other, two.other = two, one
    alarms.set(one, 1.0)
    alarms.set(two, 1.0)
    clock.advance(2)
    assert len(one.woken_s + two.woken_s) == 1


def test_an_exception_is_logged_and_stops_no_other(
    clock: FakeClock, alarms: Alarms, caplog: pytest.LogCaptureFixture
) -> None:
    timers = [Faulty(), Faulty(), Timer()]
    for timer in timers:
        alarms.set(timer, 1.0)
    later = Timer()
    alarms.set(later, 2.0)
    clock.advance(2)
    assert [len(timer.woken_s) for timer in [*timers, later]] == [1, 1, 1, 1]
    assert [record.levelno for record in caplog.records] == [logging.ERROR] * 2


def test_one_that_always_asks_for_now_does_not_hold_the_loop() -> None:
    class StandingClock(FakeClock):
        """A loop whose next turn is a call of `turn`."""

        turn: Callable[[], object]

        def call_at(self, when: float, callback: Callable[..., object], /, *args: Any) -> FakeHandle:
            self.turn = callback
            return super().call_at(when, lambda: None)

    clock = StandingClock(0.0)
    alarms = Alarms(clock)

    class Restless(Timer):
        def wake(self, now: float) -> None:
            super().wake(now)
            assert len(self.woken_s) < 100, "the loop would stand still"
            alarms.set(self, now)

    timer = Restless()
    alarms.set(timer, 0.0)
    clock.advance(0.01)
    clock.turn()
    assert len(timer.woken_s) == 1


class StallingClock(FakeClock):
    """A loop that may stand still."""

    def stall(self, seconds: float) -> None:
        self._now += seconds


def test_after_a_stall_what_came_meanwhile_is_read_before_deadlines_are_judged() -> None:
    clock = StallingClock(0.0)
    alarms = Alarms(clock)
    heard, silent = Timer(), Timer()
    alarms.set(heard, 1.0)
    alarms.set(silent, 1.0)
    clock.stall(30)
    clock.advance()
    assert heard.woken_s == silent.woken_s == []
    alarms.cancel(heard)  # its pong was waiting in the socket
    clock.advance(0.1)
    assert heard.woken_s == []
    assert len(silent.woken_s) == 1


def test_a_short_delay_is_no_stall() -> None:
    clock = StallingClock(0.0)
    alarms = Alarms(clock)
    timer = Timer()
    alarms.set(timer, 1.0)
    clock.stall(1.4)
    clock.advance()
    assert len(timer.woken_s) == 1
