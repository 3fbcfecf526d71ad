"""The tests that every exchange must pass.

    class TestMine(ExchangeContract):
        make = MyExchange.for_tests

`make(clock)` returns a Subject: the exchange with hesitation HESITATION_S, and whether it holds nothing of any visitor.
A state machine for the same implementation: `TestMachine = machine(make)`.
"""

import asyncio
import logging
from collections.abc import Callable, Set
from typing import Any, NamedTuple

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from omefree.clock import Clock
from omefree.exchange.interface import Exchange
from omefree.exchange.introduction import Introduction
from tests.clock import FakeClock
from tests.matching.tickets import ticket


class Subject(NamedTuple):
    exchange: Exchange
    is_empty: Callable[[], bool]


Make = Callable[[Clock], Subject]


class Hall:
    """An exchange, its clock, and what it told: `ab` when two are introduced, `a+` when one is widened.

    `raises` and `then_leaves` say what the listener does when it is told.
    """

    def __init__(self, make: Make) -> None:
        self.clock = FakeClock()
        self.exchange, self.is_empty = make(self.clock)
        self.exchange.listen(self)
        self.heard: list[str] = []
        self.introductions: list[Introduction] = []
        self.raises = False
        self.then_leaves = ""

    def on_introduction(self, introduction: Introduction) -> None:
        self.introductions.append(introduction)
        self.hear("".join(sorted((introduction.pair.a.visitor, introduction.pair.b.visitor))))

    def on_widened(self, visitor: str) -> None:
        self.hear(visitor + "+")

    def hear(self, what: str) -> None:
        self.heard.append(what)
        leaving, self.then_leaves = self.then_leaves, ""
        if leaving:
            self.exchange.leave(leaving)
        if self.raises:
            raise RuntimeError("with a visitor's secret")

    def join(self, visitor: str, *interests: str, patience_s: float | None = None, languages: str = "") -> None:
        searching = ticket(visitor, *interests, since=self.clock.time(), patience_s=patience_s, languages=languages)
        self.exchange.join(searching)

    def told(self, seconds: float = 0.0) -> list[str]:
        """Let time pass; return what was heard in it."""
        self.clock.advance(seconds)
        heard, self.heard = self.heard, []
        return heard


class ExchangeContract:
    """Subclass it as `Test...` and set `make`."""

    make: Make

    @pytest.fixture
    def hall(self) -> Hall:
        return Hall(type(self).make)

    def test_an_introduction_is_told_after_join_has_returned(self, hall: Hall) -> None:
        hall.join("a")
        hall.join("b")
        assert hall.heard == []
        assert len(hall.exchange) == 2
        assert hall.told() == ["ab"]
        assert len(hall.exchange) == 0

    def test_each_introduction_has_a_chat_of_its_own_and_one_polite_peer(self, hall: Hall) -> None:
        for number in range(40):
            hall.join(f"x{number}")
        hall.told()
        assert len({each.chat for each in hall.introductions}) == len(hall.introductions) == 20
        assert all(len(each.chat) >= 12 for each in hall.introductions)  # 72 bits or more (protocol.md, rule 1)
        looked = [each.polite == each.pair.a.visitor for each in hall.introductions]
        assert all(each.polite in (each.pair.a.visitor, each.pair.b.visitor) for each in hall.introductions)
        assert set(looked) == {True, False}  # by chance, and not by who came first (fails once in 500,000 runs)

    def test_each_finds_its_own_ticket_in_an_introduction(self, hall: Hall) -> None:
        hall.join("a", "jazz", "go")
        hall.join("b", "jazz")
        hall.told(10)
        [introduction] = hall.introductions
        for visitor, partner in ("ab", "ba"):
            own, other = introduction.tickets(visitor)
            assert (own.visitor, other.visitor) == (visitor, partner)
        assert introduction.pair.common == ("jazz",)

    def test_leaving_before_the_turn_leaves_the_other_searching(self, hall: Hall) -> None:
        hall.join("a")
        hall.join("b")
        hall.exchange.leave("a")
        hall.exchange.leave("a")
        assert hall.told() == []
        assert "a" not in hall.exchange
        assert "b" in hall.exchange
        hall.join("c")
        assert hall.told() == ["bc"]

    def test_a_session_over_before_the_turn_leaves_nothing(self, hall: Hall) -> None:
        hall.join("a")
        hall.exchange.forget("a")
        assert hall.told() == []
        assert hall.is_empty()

    def test_new_criteria_count_from_the_moment_they_are_given(self, hall: Hall) -> None:
        hall.join("a", "jazz")
        assert hall.told() == []
        hall.join("b", "jazz")  # decided before a's second ticket, were the first still in the lobby
        hall.join("a", "chess")
        assert hall.told() == []
        assert len(hall.exchange) == 2

    def test_time_widens_and_pairs(self, hall: Hall) -> None:
        hall.join("a", "jazz", patience_s=5)
        assert hall.told(4.9) == []
        assert hall.told(0.1) == ["a+"]
        hall.join("b")
        assert hall.told() == ["ab"]

    def test_an_earlier_wake_up_moves_the_timer(self, hall: Hall) -> None:
        hall.join("a", "jazz", patience_s=60)
        hall.join("b", "chess", patience_s=5)
        assert hall.told(5) == ["b+"]
        hall.exchange.leave("b")
        assert hall.told(55) == ["a+"]

    def test_after_next_the_two_meet_again_when_the_cooldown_ends(self, hall: Hall) -> None:
        hall.join("a")
        hall.join("b")
        assert hall.told() == ["ab"]
        hall.exchange.met("a", "b")
        hall.join("a")
        hall.join("b")
        assert hall.told(59.9) == []
        assert hall.told(0.1) == ["ab"]

    def test_who_met_is_kept_apart_with_tickets_that_join_again(self, hall: Hall) -> None:
        hall.join("a")
        hall.join("b")
        hall.told()
        hall.exchange.met("a", "b")
        for _ in range(3):
            for visitor in "ab":
                hall.join(visitor)
            assert hall.told(10) == []

    def test_a_report_keeps_two_apart_who_wait_already(self, hall: Hall) -> None:
        hall.join("a", "jazz", patience_s=5)
        hall.join("b", "chess", patience_s=5)
        hall.told()
        hall.exchange.report("a", "b")
        assert sorted(hall.told(1000)) == ["a+", "b+"]

    def test_two_who_ask_for_each_other_are_reunited_whatever_kept_them_apart(self, hall: Hall) -> None:
        hall.join("a")
        hall.join("b")
        hall.told()
        hall.exchange.met("a", "b")
        hall.exchange.report("a", "b")
        hall.join("a")
        hall.join("b")
        assert hall.told(100) == []
        introduction = hall.exchange.reunite(ticket("a"), ticket("b"))
        assert {ticket.visitor for ticket in introduction.tickets("a")} == {"a", "b"}
        assert introduction.polite in ("a", "b")
        assert len(hall.exchange) == 0
        assert hall.told(1000) == []
        hall.join("a")
        hall.join("b")
        assert hall.told() == ["ab"]

    def test_an_exception_of_the_listener_does_not_stop_the_matching(
        self, hall: Hall, caplog: pytest.LogCaptureFixture
    ) -> None:
        hall.raises = True
        for visitor in "abcdef":
            hall.join(visitor)
        with caplog.at_level(logging.DEBUG):
            assert hall.told() == ["ab", "cd", "ef"]
            hall.join("g", "jazz", patience_s=5)
            hall.join("h", "chess", patience_s=10)
            assert hall.told(5) == ["g+"]
            assert hall.told(5) == ["gh"]
        assert {record.getMessage() for record in caplog.records} == {"matching goes on after RuntimeError"}
        assert not any(record.exc_info for record in caplog.records)

    def test_leaving_between_decision_and_telling_sets_the_partner_free(self, hall: Hall) -> None:
        for visitor, language in (("a", "fr"), ("b", "fr"), ("c", "en"), ("d", "en")):  # two pairs for one moment
            hall.join(visitor, "own " + visitor, patience_s=5, languages=language)
        assert hall.told(4.9) == []
        hall.then_leaves = "c"
        assert hall.told(1) == ["ab"]
        assert "c" not in hall.exchange
        assert "d" in hall.exchange
        hall.join("e")
        assert hall.told() == ["de"]

    def test_who_leaves_is_not_told_that_it_is_widened(self, hall: Hall) -> None:
        hall.join("a", "jazz", patience_s=5, languages="fr")
        hall.join("b", "jazz", patience_s=5, languages="en")
        hall.then_leaves = "b"
        assert hall.told(5) == ["a+"]
        assert "b" not in hall.exchange

    def test_after_close_nothing_is_told(self, hall: Hall) -> None:
        hall.join("a", "jazz", patience_s=5)
        hall.told()
        hall.join("b", "jazz")
        hall.exchange.close()
        assert hall.told(1000) == []
        assert hall.clock.planned() == 0

    def test_when_all_have_gone_nothing_is_planned_for_them(self, hall: Hall) -> None:
        for visitor in "abc":
            hall.join(visitor, "jazz", patience_s=5)
        hall.told()
        hall.exchange.met("a", "b")
        for visitor in "abc":
            hall.exchange.forget(visitor)
        assert hall.is_empty()
        nobody = Hall(type(self).make)
        for each in (hall, nobody):
            each.told(7200)
        assert hall.clock.planned() == nobody.clock.planned()

    async def test_it_runs_on_an_event_loop(self) -> None:
        loop = asyncio.get_running_loop()
        listener = Future(loop)
        exchange, _ = type(self).make(loop)
        exchange.listen(listener)
        exchange.join(ticket("a", "jazz", since=loop.time(), patience_s=0.01))
        exchange.join(ticket("b", since=loop.time()))
        introduction = await listener.met
        assert {ticket.visitor for ticket in introduction.tickets("a")} == {"a", "b"}
        exchange.close()


class Future:
    """A listener that waits for one introduction."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.met: asyncio.Future[Introduction] = loop.create_future()

    def on_introduction(self, introduction: Introduction) -> None:
        self.met.set_result(introduction)

    def on_widened(self, visitor: str) -> None:
        """One waits for it only because the other was not yet there."""


class ExchangeMachine(RuleBasedStateMachine):
    """Joins, leaves and ends chats in any order, between any two turns of the clock. Nobody is lost or met twice."""

    make: Make
    VISITORS = "abcdef"
    VISITOR = st.sampled_from(VISITORS)

    def __init__(self) -> None:
        super().__init__()
        self.hall = Hall(type(self).make)
        self.searching: set[str] = set()
        self.partner: dict[str, str] = {}

    @rule(visitor=VISITOR, interests=st.sampled_from([(), ("jazz",), ("go",)]), patience=st.sampled_from([None, 5, 30]))
    def find(self, visitor: str, interests: tuple[str, ...], patience: float | None) -> None:
        self.leave(visitor)
        self.hall.join(visitor, *interests, patience_s=patience)
        self.searching.add(visitor)

    @rule(visitor=VISITOR)
    def leave(self, visitor: str) -> None:
        self.hall.exchange.leave(visitor)
        self.searching.discard(visitor)
        self.end_chat(visitor)

    @rule(visitor=VISITOR)
    def session_over(self, visitor: str) -> None:
        self.end_chat(visitor)
        self.hall.exchange.forget(visitor)
        self.searching.discard(visitor)

    def end_chat(self, visitor: str) -> None:
        partner = self.partner.pop(visitor, None)
        if partner is not None:
            del self.partner[partner]
            self.hall.exchange.met(visitor, partner)

    @rule(a=VISITOR, b=VISITOR)
    def report(self, a: str, b: str) -> None:
        self.hall.exchange.report(a, b)

    @rule(a=VISITOR, b=VISITOR)
    def again(self, a: str, b: str) -> None:
        if a != b and not {a, b} & self.partner.keys():
            self.hall.exchange.reunite(ticket(a), ticket(b))
            self.meet(a, b)

    @rule(visitor=VISITOR)
    def leave_when_told_next(self, visitor: str) -> None:
        self.hall.then_leaves = visitor

    @rule(seconds=st.sampled_from([0.0, 1.0, 5.0, 60.0]))
    def wait(self, seconds: float) -> None:
        leaving = self.hall.then_leaves
        for heard in self.hall.told(seconds):
            if heard[1] == "+":
                assert heard[0] in self.searching
            else:
                assert set(heard) <= self.searching
                self.meet(*heard)
            if leaving not in self.partner:  # the listener was told so, and is over
                self.searching.discard(leaving)
            leaving = ""

    def meet(self, a: str, b: str) -> None:
        self.searching -= {a, b}
        self.partner |= {a: b, b: a}

    @invariant()
    def everybody_is_where_it_says(self) -> None:
        searching: Set[str] = {visitor for visitor in self.VISITORS if visitor in self.hall.exchange}
        assert searching == self.searching
        assert len(self.hall.exchange) == len(self.searching)

    def teardown(self) -> None:
        for visitor in self.VISITORS:
            self.session_over(visitor)
        assert self.hall.is_empty()


def machine(of: Make) -> Any:
    """The test case of a state machine for one implementation."""
    subclass: Any = type("Machine", (ExchangeMachine,), {"make": staticmethod(of)})
    case = subclass.TestCase
    case.settings = settings(max_examples=100, stateful_step_count=30, deadline=None)
    return case
