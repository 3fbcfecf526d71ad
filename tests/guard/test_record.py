"""The record of reports, pure: a sequential test per chat (guard/record.py)."""

from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from omefree.contract.codes import ReportReason
from omefree.contract.limits import PAUSE_MAX_S
from omefree.guard import record as rules
from omefree.guard.record import DOWN, LIMIT, NO_CREDIT, PAUSE_S, PROVES_S, UP, VOTE_S, Credit, Gone, Record, Records

START_S = 5_000.0
LONG_S = PROVES_S + 5
FOUR_H = 4 * 3600.0


class Person:
    """A visit, in a household of its own unless others have the same address."""

    numbers = count(1)

    def __init__(self, key: bytes = b"", network: bytes = b"") -> None:
        self.key = key or next(self.numbers).to_bytes(16, "little")
        self.network = network or self.key
        self.record: Record | None = None

    @property
    def score(self) -> float:
        return 0.0 if self.record is None else self.record.score


class Night:
    """Records, a clock that goes on by itself, and how many are at each address."""

    def __init__(self) -> None:
        self.now = START_S
        self.present: dict[bytes, int] = {}  # of other addresses: `usual`
        self.usual = 1
        self.paused: list[tuple[str, str]] = []
        self.records = Records(lambda key: self.present.get(key, self.usual), lambda *pause: self.paused.append(pause))

    def chat(self, one: Person, two: Person, lasted_s: float = 5.0) -> tuple[Credit, Credit]:
        self.now += lasted_s
        return self.records.chat_ended(one, two, lasted_s, self.now)

    def report(self, by: Person, about: Person | Gone, reason: ReportReason = "spam", lasted_s: float = 5.0) -> bool:
        """A chat, and a report of it."""
        credit, _ = self.chat(by, about, lasted_s) if isinstance(about, Person) else (NO_CREDIT, NO_CREDIT)
        return self.records.reported(by, about, reason, lasted_s=lasted_s, credit=credit, now=self.now)

    def is_paused(self, person: Person) -> bool:
        return self.records.pause_of(person, self.now) is not None

    def proven(self) -> Person:
        person = Person()
        self.chat(person, Person(), LONG_S)
        return person

    def sweep_all(self) -> None:
        for _ in range(len(self.records) // rules.SWEPT + 2):
            self.records.sweep(self.now)


# --- the test itself ---


steps = st.lists(
    st.tuples(
        st.integers(0, 5),
        st.integers(0, 5),
        st.sampled_from(["ends", "one", "two", "both"]),
        st.sampled_from([0.0, 0.5, 1.0, 3.0, 25.0, 900.0]),
        st.sampled_from([0.0, 1.0, 59.0, 700.0, 8000.0]),
    ),
    max_size=80,
)


@given(steps, st.integers(1, 6))
def test_no_order_of_chats_and_reports_breaks_a_record(
    steps: list[tuple[int, int, str, float, float]], homes: int
) -> None:
    night = Night()
    people = [Person(bytes([number % homes] * 16)) for number in range(6)]
    for each in people:
        night.present[each.key] = sum(other.key == each.key for other in people)
    for one, two, what, lasted_s, then_s in steps:
        if one == two:
            continue
        a, b = people[one], people[two]
        given_by_a, given_by_b = night.chat(a, b, lasted_s)
        if what in ("one", "both"):
            night.records.reported(a, b, "hate", lasted_s=lasted_s, credit=given_by_a, now=night.now)
        if what in ("two", "both"):
            night.records.reported(b, a, "nudity", lasted_s=lasted_s, credit=given_by_b, now=night.now)
        for each in people:
            assert each.record is None or 0 <= each.record.score < LIMIT + DOWN
            assert each.record is None or each.record.good >= 0
            pause = night.records.pause_of(each, night.now)
            assert pause is None or 0 < (pause.retry_after_s or 0) <= PAUSE_MAX_S
        night.now += then_s
    night.present.clear()
    night.usual = 0
    night.now += FOUR_H
    night.sweep_all()
    assert len(night.records) == 0


@given(st.lists(st.integers(0, 2), max_size=40), st.lists(st.booleans(), max_size=40))
def test_fewer_than_four_networks_pause_nobody_however_often_they_report(who: list[int], apart: list[bool]) -> None:
    night = Night()
    target = Person()
    networks = [bytes([200 + number] * 16) for number in range(3)]
    for number, newcomer in zip(who, [*apart, *[True] * len(who)], strict=False):
        key = Person().key if newcomer else networks[number]
        night.report(Person(key, networks[number]), target, lasted_s=5.0)
        assert night.now - START_S < VOTE_S
    assert not night.is_paused(target)
    assert night.paused == []


@given(st.floats(0, LIMIT - UP - 0.001), st.integers(0, 10))
def test_a_report_weighs_the_same_at_once_or_after_other_chats(before: float, others: int) -> None:
    """But for what the floor at 0 has swallowed: less than one clean chat."""
    scores = []
    for waits in (False, True):
        night = Night()
        target, reporter = Person(), night.proven()
        target.record = Record(score=before)
        friends = [night.proven() for _ in range(others)]
        credit, _ = night.chat(reporter, target)
        if waits:
            for friend in friends:
                night.chat(friend, target)
        night.records.reported(reporter, target, "spam", lasted_s=5.0, credit=credit, now=night.now)
        if not waits:
            for friend in friends:
                night.chat(friend, target)
        scores.append(target.score)
    assert abs(scores[0] - scores[1]) <= others * DOWN + 1e-9
    if before > (others + 1) * DOWN:
        assert scores[0] == pytest.approx(scores[1])


def test_it_compares_reports_with_chats() -> None:
    """Whoever is reported in 2 % of its chats talks all night; in 12 %, not for long."""
    for every, is_stopped in ((50, False), (8, True)):
        night = Night()
        target = Person()
        for number in range(400):
            partner = night.proven()
            if number % every == every - 1:
                night.report(partner, target)
            else:
                night.chat(partner, target)
        assert bool(night.paused) is is_stopped


def test_lengths_double_up_to_the_longest_and_are_forgotten() -> None:
    night = Night()
    target = Person()
    lengths = []
    for _ in range(6):
        while not night.is_paused(target):
            night.report(Person(), target)
        pause = night.records.pause_of(target, night.now)
        assert pause is not None
        lengths.append(pause.retry_after_s)
        assert target.record is not None
        night.now = target.record.until
        assert not night.is_paused(target)
    assert lengths == [600, 1200, 2400, 4800, 7200, 7200]


# --- who reports ---


@given(st.lists(st.booleans(), min_size=1, max_size=60))
def test_a_weight_is_between_none_and_one(reports: list[bool]) -> None:
    night = Night()
    reporter = Person()
    for reports_it in reports:
        partner = Person()
        if reports_it:
            night.report(reporter, partner)
            assert 0 < partner.score <= UP
        else:
            night.chat(reporter, partner)


def test_the_weight_of_who_reports_everybody_falls_and_that_of_who_seldom_does_is_whole() -> None:
    night = Night()
    everybody, seldom = Person(), Person()
    weights = []
    for _ in range(12):
        night.report(everybody, partner := Person())
        weights.append(partner.score / UP)
        for _ in range(10):
            night.chat(seldom, Person())
        night.report(seldom, partner := Person())
        assert partner.score == pytest.approx(UP)
    assert weights == sorted(weights, reverse=True)
    assert weights[0] == pytest.approx(0.9)
    assert weights[-1] < 0.25


def test_a_new_page_does_not_make_a_mass_reporter_new() -> None:
    night = Night()
    for _ in range(12):
        night.report(Person(b"k" * 16), partner := Person())
        night.now += 20
    assert partner.score < 0.3 * UP


# --- keys ---


def reported(night: Night, times: int) -> Gone:
    """The address of somebody who has left and was reported so often."""
    gone = Gone(key := Person().key, key)
    for _ in range(times):
        night.chat(reporter := Person(), Person())
        night.report(reporter, gone)
    return gone


def test_nothing_is_kept_of_an_address_without_reports() -> None:
    night = Night()
    a, b = Person(), Person()
    night.chat(a, b, LONG_S)
    assert len(night.records) == 2
    night.records.left(a.key)
    assert len(night.records) == 2, "somebody is still there"
    night.present |= {a.key: 0, b.key: 0}
    for each in (a, b):
        night.records.left(each.key)
    assert len(night.records) == 0


@pytest.mark.parametrize("times", [1, 4, 20])
def test_a_reported_address_is_forgotten_within_four_hours_of_the_last_report(times: int) -> None:
    """Though four reports bring a pause, and twenty the longest one."""
    night = Night()
    gone = reported(night, times)
    last = night.now
    night.usual = 0
    night.sweep_all()
    assert len(night.records) == 1 + times, "the reported one and the reporters"
    while len(night.records) and night.now < last + FOUR_H:
        night.now += 60
        night.sweep_all()
    assert len(night.records) == 0
    assert night.now > last + 3600, "but not at once"
    assert not night.is_paused(Person(gone.key))


def test_an_address_where_somebody_is_still_there_is_forgiven_and_then_forgotten_with_the_last_one() -> None:
    night = Night()
    gone = reported(night, 3)
    night.now += FOUR_H
    night.sweep_all()
    for _ in range(3):
        night.report(Person(), gone)
    assert night.paused == [], "the three of before no longer count"
    night.now += FOUR_H
    night.sweep_all()
    before = len(night.records)
    night.present[gone.key] = 0
    night.records.left(gone.key)
    assert len(night.records) == before - 1


def test_the_table_is_bounded_and_the_oldest_without_a_score_goes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rules, "KEYS_MAX", 1_000)
    night = Night()
    night.present = dict.fromkeys((number.to_bytes(16, "big") for number in range(30_000)), 0)
    bad = reported(night, 4)
    for number in range(0, 30_000, 2):
        one, two = Person(number.to_bytes(16, "big")), Person((number + 1).to_bytes(16, "big"))
        night.records.chat_ended(one, two, 5.0, night.now)
        assert len(night.records) <= 1_000
    fresh = Person(bad.key)
    assert night.is_paused(fresh), "who is paused stays so"
    assert night.records.refused == 0


def test_a_table_full_of_reported_addresses_takes_no_new_ones_and_does_not_fail(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(rules, "KEYS_MAX", 50)
    night = Night()
    for _ in range(200):
        reported(night, 1)
        assert len(night.records) <= 50
    assert night.records.refused > 0
    target = Person()
    for _ in range(4):
        night.report(Person(), target)
    assert night.is_paused(target), "a visit's own record needs no room there"


def test_a_crowd_is_paused_when_a_third_of_its_visits_were() -> None:
    night = Night()
    crowd = [Person(b"c" * 16) for _ in range(9)]
    night.present[b"c" * 16] = 9
    for each in crowd:
        for _ in range(5):
            night.chat(each, Person())
    newcomer = Person(b"c" * 16)
    for number, each in enumerate(crowd[:4]):
        assert night.is_paused(newcomer) is (number > 3)
        while not night.is_paused(each):
            night.report(Person(), each)
        night.now += 1
    assert ("spam", "address") in night.paused
    assert night.is_paused(newcomer)


def test_counts_of_long_ago_weigh_half_after_half_an_hour_and_never_overflow() -> None:
    night = Night()
    for _ in range(3):
        night.now += 400 * 24 * 3600.0
        target = Person(b"t" * 16)
        for _ in range(4):
            night.report(Person(), target)
        assert night.is_paused(target)
        pause = night.records.pause_of(target, night.now)
        assert pause is not None
        assert pause.retry_after_s == PAUSE_S


def test_a_record_that_moves_to_another_clock_says_the_same_there() -> None:
    """By way of ages, as nodes tell them: the clocks of two machines have nothing to do with each other."""
    here = Record(chats=4.0, good=1)
    for number in range(4):
        here.vote(bytes([number]) * 8, "hate", 1.0, 5_000.0 + number)
    there = here.moved(-5_010.0).moved(70_010.0)
    assert there.until - 70_010.0 == here.until - 5_010.0
    assert (there.reason, there.open, there.level, there.chats, there.good) == ("hate", (), 1, 4.0, 1)
    for now, then in ((5_010.0, 70_010.0), (5_602.5, 70_602.5)):
        assert [here.votes_of(bytes([number]) * 8, now) for number in range(4)] == [
            there.votes_of(bytes([number]) * 8, then) for number in range(4)
        ]


def test_a_record_that_was_never_reported_moves_as_such() -> None:
    assert Record().moved(-9.0).moved(3.0) == Record()
