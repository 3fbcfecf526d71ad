"""The exchange of one process, as the chat layer uses it."""

import asyncio
import logging

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from omefree.exchange.memory import MemoryExchange
from omefree.matching.lobby import Lobby
from omefree.matching.ticket import Pair
from tests.clock import FakeClock
from tests.matching.tickets import HESITATION_S, first, names, ticket


class Hall:
    """An exchange, its clock, and what came out of it so far. `raises` and `then` are what the callbacks do."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.lobby = Lobby(first, HESITATION_S)
        self.exchange = MemoryExchange(self.lobby, self.clock, self.on_pair, self.on_widened)
        self.heard: list[str] = []
        self.raises = False
        self.then_leaves = ""

    def on_pair(self, pair: Pair) -> None:
        self.hear(names(pair))

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


@pytest.fixture
def hall() -> Hall:
    return Hall()


def test_a_pair_arrives_after_join_has_returned(hall: Hall) -> None:
    hall.join("a")
    hall.join("b")
    assert hall.heard == []
    assert len(hall.exchange) == 2
    assert hall.told() == ["ba"]
    assert len(hall.exchange) == 0


def test_leaving_before_the_turn_leaves_the_other_searching(hall: Hall) -> None:
    hall.join("a")
    hall.join("b")
    assert hall.exchange.leave("a") == hall.clock.time()
    assert hall.exchange.leave("a") is None
    assert hall.told() == []
    assert "b" in hall.exchange
    hall.join("c")
    assert hall.told() == ["cb"]


def test_a_session_over_before_the_turn_leaves_nothing(hall: Hall) -> None:
    hall.join("a")
    hall.exchange.forget("a")
    assert hall.told() == []
    assert hall.lobby.is_empty()


def test_new_criteria_count_from_the_moment_they_are_given(hall: Hall) -> None:
    hall.join("a", "jazz")
    assert hall.told() == []
    hall.join("b", "jazz")  # decided before a's second ticket, were the first still in the lobby
    hall.join("a", "chess")
    assert hall.told() == []
    assert len(hall.exchange) == 2


def test_the_timer_widens_and_pairs(hall: Hall) -> None:
    hall.join("a", "jazz", patience_s=5)
    assert hall.told(4.9) == []
    assert hall.told(0.1) == ["a+"]
    hall.join("b")
    assert hall.told() == ["ba"]


def test_an_earlier_wake_up_moves_the_timer(hall: Hall) -> None:
    hall.join("a", "jazz", patience_s=60)
    hall.join("b", "chess", patience_s=5)
    assert hall.told(5) == ["b+"]
    hall.exchange.leave("b")
    assert hall.told(55) == ["a+"]


def test_after_next_the_two_meet_again_when_the_cooldown_ends(hall: Hall) -> None:
    hall.join("a")
    hall.join("b")
    assert hall.told() == ["ba"]
    hall.exchange.met("a", "b")
    hall.join("a")
    hall.join("b")
    assert hall.told(59.9) == []
    assert hall.told(0.1) == ["ab"]


def test_again_pairs_two_who_wait_for_the_cooldown_and_not_within_the_call(hall: Hall) -> None:
    hall.join("a")
    hall.join("b")
    hall.told()
    hall.exchange.met("a", "b")
    hall.exchange.report("a", "b")
    hall.join("a")
    hall.join("b")
    assert hall.told(100) == []
    hall.exchange.allow("a", "b")
    assert hall.heard == []
    assert hall.told() == ["ab"]


def test_an_exception_in_a_callback_does_not_stop_the_matching(hall: Hall, caplog: pytest.LogCaptureFixture) -> None:
    hall.raises = True
    for visitor in "abcdef":
        hall.join(visitor)
    with caplog.at_level(logging.DEBUG):
        assert hall.told() == ["ba", "dc", "fe"]
        hall.join("g", "jazz", patience_s=5)
        hall.join("h", "chess", patience_s=10)
        assert hall.told(5) == ["g+"]
        assert hall.told(5) == ["hg"]
    assert {record.getMessage() for record in caplog.records} == {"matching goes on after RuntimeError"}
    assert not any(record.exc_info for record in caplog.records)


def two_pairs_at_once(hall: Hall) -> None:
    """Plan `ab` and `cd` for the same moment, five seconds on."""
    for visitor, language in (("a", "fr"), ("b", "fr"), ("c", "en"), ("d", "en")):
        hall.join(visitor, "own " + visitor, patience_s=5, languages=language)
    assert hall.told(4.9) == []


def test_leaving_between_decision_and_delivery_sets_the_partner_free(hall: Hall) -> None:
    two_pairs_at_once(hall)
    hall.then_leaves = "c"
    assert hall.told(1) == ["ba"]
    assert "c" not in hall.exchange
    assert "d" in hall.exchange
    hall.join("e")
    assert hall.told() == ["ed"]


def test_who_leaves_is_not_told_that_it_is_widened(hall: Hall) -> None:
    hall.join("a", "jazz", patience_s=5, languages="fr")
    hall.join("b", "jazz", patience_s=5, languages="en")
    hall.then_leaves = "b"
    assert hall.told(5) == ["a+"]
    assert "b" not in hall.exchange


def test_a_storm_of_patience_is_done_bit_by_bit_and_the_loop_turns_between(hall: Hall) -> None:
    for number in range(1000):
        hall.join(f"x{number}", f"own {number}", patience_s=5)
    assert hall.told(4.9) == []
    between: list[int] = []
    hall.clock.call_at(hall.clock.time() + 0.1, hall.clock.call_soon, lambda: between.append(len(hall.exchange)))
    assert len(hall.told(0.1)) >= 500
    assert len(hall.exchange) == 0
    assert 0 < between[0] < 1000


def test_a_storm_of_joins_is_decided_in_several_turns_and_none_is_lost(hall: Hall) -> None:
    for number in range(1001):
        hall.join(f"x{number}")
    assert len(hall.told()) == 500
    assert len(hall.exchange) == 1


def test_after_close_nothing_is_called(hall: Hall) -> None:
    hall.join("a", "jazz", patience_s=5)
    hall.told()
    hall.join("b", "jazz")
    hall.exchange.close()
    assert hall.told(1000) == []
    assert hall.clock.planned() == 0


def test_when_all_have_gone_the_clock_comes_to_rest(hall: Hall) -> None:
    for visitor in "abc":
        hall.join(visitor, "jazz", patience_s=5)
    hall.told()
    hall.exchange.met("a", "b")
    for visitor in "abc":
        hall.exchange.forget(visitor)
    assert hall.lobby.is_empty()
    hall.told(7200)
    assert hall.clock.planned() == 0


async def test_it_runs_on_an_event_loop() -> None:
    loop = asyncio.get_running_loop()
    met: asyncio.Future[Pair] = loop.create_future()
    exchange = MemoryExchange(Lobby(first, HESITATION_S), loop, met.set_result, lambda _: None)
    exchange.join(ticket("a", "jazz", since=loop.time(), patience_s=0.01))
    exchange.join(ticket("b", since=loop.time()))
    assert names(await met) in ("ab", "ba")
    exchange.close()


class ExchangeMachine(RuleBasedStateMachine):
    """Joins, leaves and ends in any order, between any two turns of the clock: nobody is lost, nobody is met twice."""

    VISITOR = st.sampled_from("abcdef")

    def __init__(self) -> None:
        super().__init__()
        self.hall = Hall()
        self.searching: set[str] = set()
        self.partner: dict[str, str] = {}

    @rule(visitor=VISITOR, interests=st.sampled_from([(), ("jazz",), ("go",)]), patience=st.sampled_from([None, 5, 30]))
    def find(self, visitor: str, interests: tuple[str, ...], patience: float | None) -> None:
        self.leave(visitor)
        self.hall.join(visitor, *interests, patience_s=patience)
        self.searching.add(visitor)

    @rule(visitor=VISITOR)
    def leave(self, visitor: str) -> None:
        assert (self.hall.exchange.leave(visitor) is not None) == (visitor in self.searching)
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
        self.hall.exchange.allow(a, b)

    @rule(visitor=VISITOR)
    def leave_at_the_next_callback(self, visitor: str) -> None:
        self.hall.then_leaves = visitor

    @rule(seconds=st.sampled_from([0.0, 1.0, 5.0, 60.0]))
    def wait(self, seconds: float) -> None:
        leaving = self.hall.then_leaves
        for heard in self.hall.told(seconds):
            if heard[1] == "+":
                assert heard[0] in self.searching
            else:
                assert set(heard) <= self.searching
                self.searching -= set(heard)
                self.partner |= {heard[0]: heard[1], heard[1]: heard[0]}
            if leaving not in self.partner:  # the callback was told so, and is over
                self.searching.discard(leaving)
            leaving = ""

    @invariant()
    def everybody_is_where_it_says(self) -> None:
        assert {visitor for visitor in "abcdef" if visitor in self.hall.exchange} == self.searching
        assert len(self.hall.exchange) == len(self.searching)

    def teardown(self) -> None:
        for visitor in "abcdef":
            self.session_over(visitor)
        assert self.hall.lobby.is_empty()


TestExchangeMachine = ExchangeMachine.TestCase
TestExchangeMachine.settings = settings(max_examples=100, stateful_step_count=30, deadline=None)
