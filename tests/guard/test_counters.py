"""The operator's counters: of everybody, of one UTC day, and never one visitor's."""

from omefree.guard.counters import DAY_S, Counters, few, in_fives
from tests.clock import FakeClock

NOON_S = 20_000 * DAY_S + DAY_S / 2


def at_noon() -> tuple[Counters, FakeClock]:
    clock = FakeClock(NOON_S)
    return Counters(clock.time), clock


def test_a_day_without_anybody_is_empty() -> None:
    assert at_noon()[0].shown() == {}


def test_few_are_not_told_apart() -> None:
    counters, _ = at_noon()
    told = set()
    for _ in range(4):
        counters.chat()
        told.add(counters.shown()["chats"])
    assert told == {"<5"}
    counters.chat()
    assert counters.shown() == {"chats": 5}


def test_reports_and_pauses_are_counted_in_each_way() -> None:
    counters, _ = at_noon()
    for number in range(12):
        counters.report("spam", counted=number < 7)
    counters.report("nudity", counted=True)
    for _ in range(6):
        counters.pause("mixed", "address")
    counters.pause("spam", "visit")
    assert counters.shown() == {
        "pauses.mixed": 6,
        "pauses.of address": 6,
        "pauses.of visit": "<5",
        "pauses.spam": "<5",
        "reports.counted": 8,
        "reports.not counted": 5,
        "reports.nudity": "<5",
        "reports.spam": 12,
    }


def test_midnight_in_utc_forgets_the_day_even_if_nobody_asked() -> None:
    counters, clock = at_noon()
    for _ in range(9):
        counters.chat()
    clock.advance(DAY_S / 2 - 1)
    assert counters.shown() == {"chats": 9}
    clock.advance(1)
    assert counters.shown() == {}
    counters.chat()
    clock.advance(40 * DAY_S)
    counters.chat()
    assert counters.shown() == {"chats": "<5"}


def test_the_sums_since_the_start_outlive_midnight() -> None:
    counters, clock = at_noon()
    counters.chat()
    clock.advance(DAY_S)
    counters.chat()
    counters.report("spam", counted=True)
    assert counters.total == {"chats": 2, "reports.spam": 1, "reports.counted": 1}


def test_the_usual_wait_is_told_once_five_have_met_today() -> None:
    counters, clock = at_noon()
    for _ in range(4):
        counters.waited(1.5)
    assert counters.usual_wait_s() is None
    counters.waited(90)
    assert counters.usual_wait_s() == 2
    clock.advance(DAY_S)
    assert counters.usual_wait_s() is None
    assert counters.total_waits.within()[-1] == 5


def test_of_few_chats_not_even_none_is_told() -> None:
    counters, _ = at_noon()
    told = {counters.chats()}
    for _ in range(4):
        counters.chat()
        told.add(counters.chats())
    assert told == {"<5"}
    counters.chat()
    assert counters.chats() == 5


def test_small_numbers_are_never_exact() -> None:
    assert [few(count) for count in (0, 4, 5, 6)] == ["<5", "<5", 5, 6]
    assert [in_fives(count) for count in (0, 4, 5, 9, 10, 1234)] == [0, 0, 5, 5, 10, 1230]
