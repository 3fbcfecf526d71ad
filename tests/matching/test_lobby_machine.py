"""The lobby against the naive one, event by event, with a chat layer around it that forgets nothing."""

import pickle
from collections.abc import Sequence
from functools import partial
from itertools import product
from operator import mod

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from omefree.contract.codes import Mode
from omefree.matching.exclusions import COOLDOWN_S, Exclusions
from omefree.matching.lobby import Lobby
from omefree.matching.local import LocalLobby
from omefree.matching.rarity import HALF_LIFE_S
from omefree.matching.ticket import Pair, Ticket, Widened
from tests.matching.naive import NaiveLobby
from tests.matching.tickets import HESITATION_S, ticket

VISITORS = "abcdefghijk"  # more than a visitor remembers partners
VISITOR = st.sampled_from(VISITORS)
INTERESTS = st.lists(st.sampled_from(["art", "jazz", "go"]), unique=True, max_size=2)
BUSY = [["art"], ["art", "jazz"], ["art"], ["go", "jazz"]] * 30
LANGUAGES = st.sampled_from(["", "", "fr", "en", "fr en"])


class Both:
    """The lobby and the naive one side by side, and who chats with whom.

    `before`: the interests of those who came before, so that the lobby expects more of them and hesitates.
    """

    def __init__(self, visitors: str, seed: int = 0, before: Sequence[Sequence[str]] = ()) -> None:
        self.visitors = visitors
        self.lobby = LocalLobby(Lobby(partial(mod, seed), HESITATION_S), Exclusions())
        self.naive = NaiveLobby(partial(mod, seed), HESITATION_S)
        self.now = 0.0
        self.state: dict[str, str] = {}  # "searching", or the partner's name; absent: idle
        self.last: dict[str, tuple[str, float]] = {}  # of each the last partner, and until when they stay apart
        for interests in before:
            self.join(ticket("before", *interests))
            self.forget("before")

    def take(self, done: list[Pair | Widened], expected: list[Pair | Widened]) -> None:
        assert done == expected
        for what in done:
            if isinstance(what, Pair):
                a, b = what.a.visitor, what.b.visitor
                assert self.state[a] == self.state[b] == "searching"  # nobody is in two chats, nor with itself
                assert a != b
                for one, other in ((a, b), (b, a)):  # nor with whom it has just left
                    assert self.last.get(one, ("", 0.0))[0] != other or self.last[one][1] <= self.now
                self.state[a], self.state[b] = b, a
            else:
                assert self.state[what.visitor] == "searching"

    def join(self, searching: Ticket) -> None:
        self.state[searching.visitor] = "searching"
        found, expected = self.lobby.join(searching, self.now), self.naive.join(searching, self.now)
        self.take([found] if found else [], [expected] if expected else [])

    def leave(self, visitor: str) -> None:
        assert self.lobby.leave(visitor) == self.naive.leave(visitor)
        if self.state.get(visitor) == "searching":
            del self.state[visitor]

    def end_chat(self, visitor: str) -> str:
        partner = self.state.pop(visitor)
        del self.state[partner]
        self.met(visitor, partner)
        return partner

    def met(self, a: str, b: str) -> None:
        if a != b and {a, b} <= self.naive.met_until.keys():
            self.last |= {a: (b, self.now + COOLDOWN_S), b: (a, self.now + COOLDOWN_S)}
        self.lobby.met(a, b, self.now)
        self.naive.met(a, b, self.now)

    def report(self, a: str, b: str) -> None:
        self.lobby.report(a, b)
        self.naive.report(a, b)

    def allow(self, a: str, b: str) -> None:
        for one, other in ((a, b), (b, a)):
            if self.last.get(one, ("", 0.0))[0] == other:
                del self.last[one]
        self.lobby.allow(a, b)
        self.naive.allow(a, b)

    def forget(self, visitor: str) -> None:
        partner = self.state.pop(visitor, "searching")
        if partner != "searching":
            del self.state[partner]
        self.last = {one: last for one, last in self.last.items() if visitor not in (one, last[0])}
        self.lobby.forget(visitor)
        self.naive.forget(visitor)

    def wait(self, seconds: float) -> None:
        end = self.now + seconds
        self.settle()
        while (wake := self.lobby.next_wake()) is not None and wake <= end:
            self.now = wake
            self.settle()
        self.now = end

    def settle(self) -> None:
        """Do what is due, as the exchange does after each event."""
        while True:
            wake = self.lobby.next_wake()
            assert wake == self.naive.next_wake()
            if wake is None or wake > self.now:
                return
            self.take(self.advance(), self.naive.advance(self.now))

    def advance(self) -> list[Pair | Widened]:
        """All that is due: the lobby does 64 steps a call, the naive one everything at once."""
        done: list[Pair | Widened] = []
        while (wake := self.lobby.next_wake()) is not None and wake <= self.now:
            done += self.lobby.advance(self.now)
        return [what for what in done if isinstance(what, Pair) or what.visitor in self.lobby]

    def check(self) -> None:
        searching = {visitor for visitor, state in self.state.items() if state == "searching"}
        assert {visitor for visitor in self.visitors if visitor in self.lobby} == searching
        assert len(self.lobby) == len(searching)
        assert self.naive.stranded_pairs(self.now) == []  # nobody waits for whom it could have
        for waiting in self.naive.tickets:  # and to hesitate has an end
            if self.naive.hesitates_until(waiting) > self.now:
                assert self.naive.looks[waiting.visitor][0] <= self.naive.hesitates_until(waiting)
        for visitor, partner in self.state.items():
            assert partner == "searching" or self.state[partner] == visitor

    def end(self) -> None:
        for visitor in self.visitors:
            self.forget(visitor)
        self.settle()
        assert self.lobby.is_empty()
        self.wait(20 * HALF_LIFE_S)
        assert self.lobby.next_wake() is None


class LobbyMachine(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.both = Both(VISITORS, seed=1)

    @initialize(busy=st.booleans())
    def begin(self, busy: bool) -> None:
        self.both = Both(VISITORS, seed=1, before=BUSY if busy else ())

    @rule(visitor=VISITOR, interests=INTERESTS, languages=LANGUAGES, patience=st.sampled_from([None, 0, 5, 5, 30]),
          video=st.booleans(), seal=st.sampled_from([None, None, None, 1]))  # fmt: skip
    def find(self, visitor: str, interests: list[str], languages: str, patience: float | None, video: bool,
             seal: int | None) -> None:  # fmt: skip
        waiting = self.both.naive.waiting(visitor)
        if self.both.state.get(visitor, "searching") != "searching":
            self.both.end_chat(visitor)
        since = waiting.since if waiting else self.both.now
        mode: Mode = "video" if video and interests else "text"
        self.both.join(ticket(visitor, *interests, since=since, mode=mode, languages=languages, patience_s=patience,
                              seal=seal))  # fmt: skip
        self.both.settle()

    @rule(visitor=VISITOR)
    def find_anyone(self, visitor: str) -> None:
        self.find(visitor, [], "", None, False, None)

    @rule(visitor=VISITOR)
    def next_for_both(self, visitor: str) -> None:
        if self.both.state.get(visitor, "searching") != "searching":
            partner = self.both.end_chat(visitor)
            self.find_anyone(visitor)
            self.find_anyone(partner)

    @rule(visitor=VISITOR)
    def leave(self, visitor: str) -> None:
        if self.both.state.get(visitor, "searching") != "searching":
            self.both.end_chat(visitor)
        else:
            self.both.leave(visitor)
        self.both.settle()

    @rule(visitor=VISITOR)
    def link_breaks_and_comes_back(self, visitor: str) -> None:
        waiting = self.both.naive.waiting(visitor)
        if waiting:
            self.both.leave(visitor)
            self.both.wait(1)
            self.both.join(waiting)
            self.both.settle()

    @rule(a=VISITOR, b=VISITOR)
    def met(self, a: str, b: str) -> None:
        self.both.met(a, b)
        self.both.settle()

    @rule(visitor=VISITOR)
    def met_all(self, visitor: str) -> None:
        for other in VISITORS:
            self.both.met(visitor, other)
            self.both.settle()

    @rule(a=VISITOR, b=VISITOR)
    def report(self, a: str, b: str) -> None:
        self.both.report(a, b)
        self.both.settle()

    @rule(a=VISITOR, b=VISITOR)
    def again(self, a: str, b: str) -> None:
        self.both.allow(a, b)
        self.both.settle()

    @rule(visitor=VISITOR)
    def session_over(self, visitor: str) -> None:
        self.both.forget(visitor)
        self.both.settle()

    @rule(seconds=st.sampled_from([0.0, 0.5, 4.5, 5.0, 30.0, 60.0]))
    def wait(self, seconds: float) -> None:
        self.both.wait(seconds)

    @precondition(lambda self: len(self.both.lobby) > 1)
    @rule()
    def sleep_too_long(self) -> None:
        """Let the timer come late: more is due at once."""
        self.both.now += 61.0
        self.both.settle()

    @invariant()
    def holds(self) -> None:
        self.both.check()

    def teardown(self) -> None:
        self.both.end()


TestLobbyMachine = LobbyMachine.TestCase
TestLobbyMachine.settings = settings(
    max_examples=150, stateful_step_count=40, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)


EVENTS: list[tuple[str, str]] = [
    *product(("find anyone", "find jazz for 5 s", "leave or next"), "abc"),
    ("wait", "5"),
    ("wait", "60"),
    ("report", "ab"),
]


def do(both: Both, event: str, whom: str) -> None:
    """Do one event of the small alphabet; `next` is the end of a chat after which both search for anyone."""
    if event == "wait":
        return both.wait(float(whom))
    if event == "report":
        return both.report(*whom)
    chatting = both.state.get(whom, "searching") != "searching"
    if event == "leave or next" and not chatting:
        return both.leave(whom)
    searchers = [whom, both.end_chat(whom)] if chatting else [whom]
    for visitor in searchers[: 2 if event == "leave or next" else 1]:
        interests = [word for word in event.split() if word in ("art", "jazz")]
        both.join(ticket(visitor, *interests, since=both.now, patience_s=5))
    return None


# Who begins: a, or c whom the report is not about; b is as a. What else could come first changes nothing but the time.
BEGINNINGS = list(product(("find anyone", "find jazz for 5 s"), "ac"))


@pytest.mark.parametrize("begin", BEGINNINGS, ids=" ".join)
def test_every_sequence_of_five_events_of_three_visitors(begin: tuple[str, str]) -> None:
    """12 events: 4 * 20,736 sequences, with each shorter one as the beginning of some, done once."""
    explore(pickle.dumps(Both("abc")), [], [begin], 5)


HESITANT: list[tuple[str, str]] = [
    *(("find art for 5 s", whom) for whom in "abc"),
    *(("find art and jazz for 5 s", whom) for whom in "bc"),
    *(("leave or next", whom) for whom in "ab"),
    ("wait", "1"),
    ("wait", "5"),
]


@pytest.mark.parametrize("begin", [("find art and jazz for 5 s", "a"), ("find art for 5 s", "a")], ids=" ".join)
def test_every_sequence_of_five_events_of_three_who_may_hesitate(begin: tuple[str, str]) -> None:
    """9 events after a busy half minute: 2 * 6,561 sequences."""
    explore(pickle.dumps(Both("abc", before=BUSY)), [], [begin], 5, HESITANT)


def explore(
    state: bytes,
    so_far: list[tuple[str, str]],
    events: list[tuple[str, str]],
    depth: int,
    alphabet: list[tuple[str, str]] = EVENTS,
) -> None:
    """Let each of the events happen to a copy of the state, and all of the alphabet after it."""
    for event in events:
        both: Both = pickle.loads(state)
        try:
            do(both, *event)
            both.settle()
            both.check()
        except AssertionError as error:
            raise AssertionError(f"after {so_far}, {event}") from error
        if depth > 1:
            explore(pickle.dumps(both), [*so_far, event], alphabet, depth - 1, alphabet)
        if depth == 3:
            both.end()
