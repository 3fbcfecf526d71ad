"""A crowd that somebody only feigns, and a table that somebody fills: the record of reports, pure."""

import pytest

from omefree.contract.limits import PAUSE_MAX_S
from omefree.guard import record as rules
from omefree.guard.record import FEW, LIMIT, SEASONED, UP, Record
from tests.guard.test_record import Night, Person, reported

CROWD = b"c" * 16


def seasoned(night: Night, key: bytes, visits: int) -> list[Person]:
    """So many visits of one address that have each had chats with strangers."""
    night.present[key] = visits
    crowd = [Person(key) for _ in range(visits)]
    for each in crowd:
        for _ in range(SEASONED):
            night.chat(each, Person(), 1.0)
    return crowd


@pytest.mark.parametrize(("visits", "votes"), [(1, 1), (3, 1), (5, 2), (8, 2), (12, 3), (300, 3)])
def test_a_crowd_has_a_second_vote_with_four_visits_that_chat_and_a_third_with_nine(visits: int, votes: int) -> None:
    night = Night()
    crowd = seasoned(night, CROWD, visits)
    target = Person()
    for each in crowd:
        night.report(each, target, lasted_s=1.0)
    assert (votes - 1) * UP < target.score <= votes * UP


def test_two_addresses_with_many_tabs_pause_nobody() -> None:
    night = Night()
    target = Person()
    for key in (b"1" * 16, b"2" * 16):
        night.present[key] = 40
        for _ in range(40):
            night.report(Person(key), target, lasted_s=1.5)
    assert target.score < 2 * UP
    assert night.paused == []


def test_whoever_was_forgiven_does_not_count_against_its_crowd() -> None:
    """Two of a crowd were paused and forgiven; a third one is the first again."""
    night = Night()
    crowd = seasoned(night, CROWD, FEW + 2)
    for number, each in enumerate(crowd[:4]):
        if number == 2:
            night.records.forgive()
        while not night.is_paused(each):
            night.report(Person(), each)
    assert [whose for _, whose in night.paused] == ["visit"] * 4


def test_sixteen_reported_addresses_do_not_close_a_full_table(monkeypatch: pytest.MonkeyPatch) -> None:
    """An attacker has them reported first, and fills the table with others then, which hold no score."""
    monkeypatch.setattr(rules, "KEYS_MAX", 100)
    night = Night()
    night.usual = 0
    target = Person()
    for _ in range(20):
        night.report(Person(), reported(night, 1))
    for _ in range(100):
        night.report(Person(), target)
    before = night.records.refused
    for _ in range(40):
        night.report(Person(), target)
    assert len(night.records) <= 100
    assert night.records.refused < before + 20, "there is room again, after a few looks"


def test_a_million_addresses_are_200_000_at_most_and_none_costs_more_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """A hundredth of it: each address reports once, and is gone. The work of one is counted, not timed."""
    monkeypatch.setattr(rules, "KEYS_MAX", 2_000)
    night = Night()
    night.usual = 0
    looks = []
    night.records.present = lambda key: looks.append(key) or 0  # type: ignore[func-returns-value]
    most = 0
    for _ in range(10_000):
        looks.clear()
        night.report(Person(), Person())
        most = max(most, len(looks))
        assert len(night.records) <= 2_000
    assert most < 80
    night.records.present = lambda key: 0
    night.now += 4 * 3600.0
    night.sweep_all()
    assert len(night.records) == 0


@pytest.mark.parametrize("left_s", [1e-9, 1e-5, 0.01, 59.9])
def test_a_pause_that_is_almost_over_never_tells_to_wait_for_nothing(left_s: float) -> None:
    night = Night()
    target = Person()
    target.record = Record()
    target.record.score = LIMIT
    target.record.pause(["spam"], night.now)
    pause = night.records.pause_of(target, target.record.until - left_s)
    assert pause is not None
    assert pause.retry_after_s == 60.0


@pytest.mark.parametrize("level", range(7))
def test_a_pause_is_a_minute_shorter_than_its_length_at_most_and_never_longer(level: int) -> None:
    length_s = min(600.0 * 2**level, PAUSE_MAX_S)
    for begins_s in (5000.0, 5017.25, 5039.999):
        record = Record(level=level, until=begins_s - 1)
        record.pause(["spam"], begins_s)
        assert length_s - 60 < record.until - begins_s <= length_s
        assert record.until % 60 == 0


def test_the_pause_of_a_crowd_begins_its_count_anew() -> None:
    night = Night()
    crowd = seasoned(night, CROWD, 8)
    for number, each in enumerate(crowd[:6]):
        while night.paused.count(("spam", "visit")) == number:
            night.report(Person(), each)
    assert night.paused.count(("spam", "address")) == 1


def test_a_report_takes_back_from_an_address_what_the_end_of_its_chat_gave() -> None:
    """Four reports that weigh 0.79 each are enough for a pause, and would not be if the chats had lowered the score."""
    night = Night()
    home = Person().key
    for _ in range(4):
        assert not night.is_paused(Person(home))
        reporter = night.proven()
        for number in range(14):
            other = Person()
            night.report(reporter, other) if number < 3 else night.chat(reporter, other)
        night.report(reporter, Person(home))
    assert night.is_paused(Person(home))
