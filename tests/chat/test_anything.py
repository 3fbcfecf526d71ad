"""Whatever a crowd does, in whatever order: nobody is in two chats, no word reaches a third, nothing is left over."""

from collections.abc import Callable
from random import Random
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from tests.chat.world import Person, World

CRITERIA: list[dict[str, Any]] = [
    {"mode": "text"},
    {"mode": "video"},
    {"mode": "text", "interests": ["jazz"]},
    {"mode": "text", "interests": ["jazz", "cats"], "patience_s": 0.5},
    {"mode": "text", "interests": ["dogs"], "patience_s": None},
]
SAYINGS = ["message", "signal", "typing"]
WAITS_S = [0, 0.3, 4, 6, 14, 20, 61]
PEOPLE = 7

someone = st.integers(0, PEOPLE - 1)


class Anything(RuleBasedStateMachine):
    """Hypothesis chooses the steps; `World` checks after each."""

    def __init__(self) -> None:
        super().__init__()
        self.world = World()

    def person(self, number: int) -> Person:
        return self.world.people[number % len(self.world.people)]

    @initialize(count=st.integers(2, 4))
    def open(self, count: int) -> None:
        for _ in range(count):
            self.world.arrive()

    @precondition(lambda self: len(self.world.people) < PEOPLE)
    @rule()
    def arrive(self) -> None:
        self.world.arrive()

    @rule(who=someone, criteria=st.sampled_from(CRITERIA))
    def find(self, who: int, criteria: dict[str, Any]) -> None:
        self.world.find(self.person(who), criteria)

    @rule(who=someone, criteria=st.sampled_from(CRITERIA[:2]))
    def all_search(self, who: int, criteria: dict[str, Any]) -> None:
        for person in list(self.world.people):
            self.world.find(person, criteria)

    @rule(who=someone, other=someone, criteria=st.sampled_from(CRITERIA))
    def find_and_vanish(self, who: int, other: int, criteria: dict[str, Any]) -> None:
        self.world.find_and_vanish(self.person(who), self.person(other), criteria)

    @rule(who=someone)
    def leave(self, who: int) -> None:
        self.world.leave(self.person(who))

    @rule(who=someone, last=st.booleans())
    def report(self, who: int, last: bool) -> None:
        self.world.report(self.person(who), last)

    @rule(who=someone)
    def again(self, who: int) -> None:
        self.world.again(self.person(who))

    @rule(who=someone, name=st.sampled_from(SAYINGS))
    def say(self, who: int, name: str) -> None:
        self.world.say(self.person(who), name)

    @rule(who=someone, how=st.sampled_from(["cut", "fall_silent", "stop_reading", "come_back"]))
    def link(self, who: int, how: str) -> None:
        getattr(self.world, how)(self.person(who))

    @precondition(lambda self: len(self.world.people) > 2)
    @rule(who=someone)
    def go(self, who: int) -> None:
        self.world.go(self.person(who))

    @rule(seconds=st.sampled_from(WAITS_S))
    def wait(self, seconds: float) -> None:
        self.world.wait(seconds)

    def teardown(self) -> None:
        self.world.everybody_goes()


TestAnything = Anything.TestCase
TestAnything.settings = settings(
    max_examples=150, stateful_step_count=50, deadline=None, database=None, report_multiple_bugs=False
)


def step(world: World, chance: Random) -> None:
    """Somebody does something."""
    person = chance.choice(world.people)
    steps: list[tuple[int, Callable[[], None]]] = [
        (4, lambda: world.find(person, chance.choice(CRITERIA))),
        (1, lambda: world.leave(person)),
        (1, lambda: world.report(person, chance.random() < 0.5)),
        (1, lambda: world.again(person)),
        (3, lambda: world.say(person, chance.choice(SAYINGS))),
        (1, lambda: chance.choice([world.cut, world.fall_silent, world.stop_reading])(person)),
        (2, lambda: world.come_back(person)),
        (1, lambda: world.wait(chance.choice(WAITS_S))),
        (2, lambda: world.go(person)),
    ]
    [act] = chance.choices([act for _, act in steps], [weight for weight, _ in steps])
    act()


def test_nothing_is_left_after_1000_random_visits() -> None:
    """As above, but long: a crowd of up to 12 in which each stays a while and goes."""
    world, chance = World(), Random(1)
    for _ in range(1_000):
        world.arrive()
        while len(world.people) == 12 or (len(world.people) > 3 and chance.random() < 0.85):
            step(world, chance)
    assert world.matches > 1_000
    world.everybody_goes()
