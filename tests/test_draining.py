"""How a server ends in its time, on a test's clock: the notice, the moving, and what ends it early."""

import pytest

from omefree.draining import ALONE_S, ASK_S, LINGER_S, LOOK_S, MOVING_MAX_S, Draining
from tests.clock import FakeClock

NOTICE_S, DRAIN_S = 3.0, 30.0
A_MOMENT_S = LOOK_S + 0.01


class FakeHouse:
    """A server with five visitors, and one other to move to. `told`: what was asked of it."""

    def __init__(self) -> None:
        self.here = 5
        self.passes = False
        self.others: int | None = 1
        self.told: list[str] = []

    def visitors(self) -> int:
        return self.here

    def is_passing(self) -> bool:
        return self.passes

    def refuges(self) -> int | None:
        return self.others

    def ask(self) -> None:
        self.told.append("ask")

    def announce(self) -> None:
        self.told.append("announce")

    def move(self, after_s: float) -> None:
        self.told.append(f"move {after_s:.2f}")

    def end(self) -> None:
        self.told.append("end")


class Ends:
    """A house that is to end."""

    def __init__(self, drain_s: float = DRAIN_S) -> None:
        self.clock = FakeClock()
        self.house = FakeHouse()
        self.draining = Draining(self.clock, self.house, drain_s)

    @property
    def told(self) -> list[str]:
        told, self.house.told = self.house.told, []
        return told


@pytest.fixture
def ends() -> Ends:
    return Ends()


def test_first_a_notice_then_all_are_asked_to_move_and_at_last_it_ends(ends: Ends) -> None:
    assert ends.draining.phase == "open"
    ends.draining.begin(NOTICE_S)
    assert (ends.told, ends.draining.phase) == (["ask", "announce"], "notice")
    ends.clock.advance(NOTICE_S - 0.01)
    assert ends.told == []
    ends.clock.advance(A_MOMENT_S)
    assert (ends.told, ends.draining.phase) == (["move 20.25"], "moving")
    ends.clock.advance(DRAIN_S - NOTICE_S - 2 * A_MOMENT_S)
    assert ends.told == []
    ends.clock.advance(2 * A_MOMENT_S)
    assert (ends.told, ends.draining.phase) == (["end"], "over")
    ends.clock.advance(100)
    assert ends.told == []
    assert ends.clock.planned() == 0


def test_without_a_notice_all_are_asked_at_once(ends: Ends) -> None:
    ends.draining.begin(0.0)
    assert ends.told == ["ask", "announce", "move 22.50"]


def test_nobody_is_given_longer_than_clients_accept() -> None:
    ends = Ends(300.0)
    ends.draining.begin(0.0)
    assert ends.told == ["ask", "announce", f"move {MOVING_MAX_S:.2f}"]


def test_with_nowhere_to_move_to_it_ends_at_once(ends: Ends) -> None:
    ends.house.others = 0
    ends.draining.begin(NOTICE_S)
    assert ends.told == ["ask", "end"]
    assert ends.clock.planned() == 0


def test_one_that_started_a_moment_ago_is_found_by_asking(ends: Ends) -> None:
    ends.house.others = None
    ends.draining.begin(NOTICE_S)
    ends.clock.advance(0.1)
    assert (ends.told, ends.draining.phase) == (["ask"], "asking")
    ends.house.others = 1
    ends.clock.advance(0.1)
    assert (ends.told, ends.draining.phase) == (["announce"], "notice")
    ends.clock.advance(NOTICE_S + A_MOMENT_S)
    assert ends.told == ["move 20.25"]


def test_without_an_answer_it_ends(ends: Ends) -> None:
    """The engine between the servers is gone already."""
    ends.house.others = None
    ends.draining.begin(NOTICE_S)
    ends.clock.advance(ASK_S + 0.1)
    assert ends.told == ["ask", "end"]
    assert ends.clock.planned() == 0


def test_without_time_it_ends_at_once() -> None:
    ends = Ends(0.0)
    ends.draining.begin(NOTICE_S)
    assert ends.told == ["end"]


def test_it_ends_a_moment_after_the_last_one_has_moved(ends: Ends) -> None:
    ends.draining.begin(NOTICE_S)
    ends.clock.advance(10)
    ends.house.here = 0
    assert ends.told == ["ask", "announce", "move 20.25"]
    ends.clock.advance(LINGER_S - A_MOMENT_S)
    assert ends.told == []
    ends.clock.advance(3 * A_MOMENT_S)
    assert ends.told == ["end"]


def test_it_stays_while_something_is_to_be_passed_on(ends: Ends) -> None:
    ends.draining.begin(NOTICE_S)
    ends.clock.advance(10)
    ends.house.here, ends.house.passes = 0, True
    ends.clock.advance(10)
    assert ends.told == ["ask", "announce", "move 20.25"]
    ends.house.passes = False
    ends.clock.advance(LINGER_S + 2 * A_MOMENT_S)
    assert ends.told == ["end"]


def test_an_empty_server_gives_balancers_their_time_and_no_more(ends: Ends) -> None:
    ends.house.here = 0
    ends.draining.begin(NOTICE_S)
    ends.clock.advance(NOTICE_S - 0.01)
    assert ends.told == ["ask", "announce"]
    ends.clock.advance(A_MOMENT_S)
    assert ends.told == ["move 20.25", "end"]


def test_whoever_arrives_during_the_notice_is_waited_for(ends: Ends) -> None:
    ends.house.here = 0
    ends.draining.begin(NOTICE_S)
    ends.clock.advance(NOTICE_S - 0.5)
    ends.house.here = 1
    ends.clock.advance(10)
    assert ends.told == ["ask", "announce", "move 20.25"]


def test_when_all_others_are_gone_for_good_nobody_waits(ends: Ends) -> None:
    ends.draining.begin(NOTICE_S)
    ends.clock.advance(10)
    ends.house.others = 0
    ends.clock.advance(ALONE_S - A_MOMENT_S)
    assert ends.told == ["ask", "announce", "move 20.25"]
    ends.clock.advance(3 * A_MOMENT_S)
    assert ends.told == ["end"]


def test_another_one_that_restarts_is_waited_for(ends: Ends) -> None:
    ends.draining.begin(NOTICE_S)
    for _ in range(4):
        ends.house.others = 0
        ends.clock.advance(ALONE_S - 2 * A_MOMENT_S)
        ends.house.others = 1
        ends.clock.advance(A_MOMENT_S)
    assert ends.told == ["ask", "announce", "move 20.25"]


def test_while_nobody_can_know_who_is_there_it_goes_on_to_its_end(ends: Ends) -> None:
    """The engine between the servers is gone: it may be back in time."""
    ends.draining.begin(NOTICE_S)
    ends.house.others = None
    ends.clock.advance(DRAIN_S - A_MOMENT_S)
    assert ends.told == ["ask", "announce", "move 20.25"]
    ends.clock.advance(2 * A_MOMENT_S)
    assert ends.told == ["end"]


@pytest.mark.parametrize("after_s", [0.0, 1.0, 10.0])
def test_it_can_be_finished_at_any_time_and_once(ends: Ends, after_s: float) -> None:
    ends.draining.begin(NOTICE_S)
    ends.clock.advance(after_s)
    for _ in range(2):
        ends.draining.finish()
    assert ends.told[-1] == "end"
    ends.clock.advance(100)
    assert ends.told == []
