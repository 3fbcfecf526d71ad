"""Homes, leaders and buses under all faults at once: no double match, no half pair that stays, nobody left waiting."""

from collections.abc import Callable

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from tests.nodes.profile import schedules
from tests.nodes.world import LOST_S, POOLS, Person, Weather, World

TAGS = "abc"
TAG = st.sampled_from(TAGS)
WHO = st.integers(0, 11)
INTERESTS = st.sampled_from([(), (), ("art",), ("art", "jazz"), ("go",)])
SECONDS = st.sampled_from([0.001, 0.01, 0.1, 0.3, 0.7, 1.0, 2.0, 4.0])
# A leader is found in a lease, a beat and a moment; then all is announced, promised, or given up after a second.
REST_S = 3.0 + 1.0 + 3.0


class ClusterMachine(RuleBasedStateMachine):
    @initialize(seed=st.integers(0, 999), early=st.integers(0, 6))
    def begin(self, seed: int, early: int) -> None:
        self.world = World(seed, TAGS)
        self.then: Callable[[], None] | None = None
        for i in range(early):
            self.come(TAGS[i % len(TAGS)], ())
        self.world.wait(1.0)

    def awake(self, who: int) -> Person | None:
        """One of the visitors whose node is not stopped."""
        people = [person for person in self.world.people() if not self.world.nodes[person.home].is_stopped]
        return people[who % len(people)] if people else None

    def runs(self, tag: str) -> bool:
        return tag in self.world.nodes and not self.world.nodes[tag].is_stopped

    # --- visitors ---

    @rule(tag=TAG, interests=INTERESTS)
    def come(self, tag: str, interests: tuple[str, ...]) -> None:
        if self.runs(tag):
            self.world.nodes[tag].find(self.world.arrive(tag), interests)

    @rule(who=WHO, interests=INTERESTS)
    def find(self, who: int, interests: tuple[str, ...]) -> None:
        if person := self.awake(who):
            person.is_paused = False
            self.world.nodes[person.home].find(person, interests)

    @rule()
    def all_find(self) -> None:
        for person in list(self.world.people()):
            if self.runs(person.home):
                self.world.nodes[person.home].find(person, ())

    @rule(who=WHO)
    def leave(self, who: int) -> None:
        if person := self.awake(who):
            self.world.nodes[person.home].leave(person)

    @rule(who=WHO)
    def depart(self, who: int) -> None:
        if person := self.awake(who):
            self.world.depart(person)

    @rule(who=WHO)
    def lose_link(self, who: int) -> None:
        if person := self.awake(who):
            self.world.nodes[person.home].lose_link(person)

    @rule(who=WHO)
    def find_link(self, who: int) -> None:
        if person := self.awake(who):
            self.world.nodes[person.home].find_link(person)

    @rule(who=WHO, whom=WHO)
    def report(self, who: int, whom: int) -> None:
        one, two = self.awake(who), self.awake(whom)
        if one and two and one is not two and one.ticket is not None:
            self.world.nodes[one.home].report(one, two.id)

    @rule(who=WHO)
    def pause(self, who: int) -> None:
        """It is found out when it is proposed."""
        if person := self.awake(who):
            person.is_paused = True

    @rule(who=WHO, times=st.integers(1, 3))
    def say(self, who: int, times: int) -> None:
        for _ in range(times):
            if person := self.awake(who):
                self.world.nodes[person.home].say(person)

    @rule()
    def all_say(self) -> None:
        for person in self.world.people():
            if self.runs(person.home):
                self.world.nodes[person.home].say(person)

    # --- faults ---

    @precondition(lambda self: len(self.world.nodes) > 1)
    @rule(tag=TAG)
    def kill(self, tag: str) -> None:
        if tag in self.world.nodes:
            self.world.kill(tag)

    @rule(tag=TAG)
    def start(self, tag: str) -> None:
        self.world.start(tag)

    @rule(tag=TAG)
    def stop(self, tag: str) -> None:
        if tag in self.world.nodes:
            self.world.stop(tag)

    @rule(tag=TAG)
    def go_on(self, tag: str) -> None:
        if tag in self.world.nodes:
            self.world.go_on(tag)

    @rule(tag=TAG)
    def cut(self, tag: str) -> None:
        if self.runs(tag):
            self.world.nodes[tag].wire.cut()

    @rule(tag=TAG)
    def lose_wire(self, tag: str) -> None:
        """A partition: nothing arrives, and nobody says so."""
        if self.runs(tag):
            self.world.nodes[tag].wire.is_lost = True

    @rule(tag=TAG)
    def join(self, tag: str) -> None:
        if self.runs(tag):
            self.world.join(tag)

    @rule()
    def flush(self) -> None:
        self.world.engine.registry.flush()

    @rule()
    def remember(self) -> None:
        self.then = self.world.remember()

    @rule()
    def fail_over(self) -> None:
        if self.then:
            self.then()

    @rule(tag=TAG, ahead=st.integers(-2, 2))
    def ghost(self, tag: str, ahead: int) -> None:
        self.world.ghost(POOLS[0], tag, ahead)

    @rule(lost=st.sampled_from([0.0, 0.1, 0.4]), doubled=st.sampled_from([0.0, 0.3]),
          late_s=st.sampled_from([0.0, 0.01, 0.4]))  # fmt: skip
    def weather(self, lost: float, doubled: float, late_s: float) -> None:
        self.world.engine.weather = Weather(lost, doubled, late_s)

    @rule(seconds=SECONDS)
    def wait(self, seconds: float) -> None:
        self.world.wait(seconds)

    @rule(seconds=SECONDS)
    def wait_more(self, seconds: float) -> None:
        self.world.wait(seconds)

    def teardown(self) -> None:
        self.world.settle()
        self.world.wait(REST_S)
        self.world.check_nobody_is_stranded()
        self.world.wait(LOST_S)
        self.world.check_at_rest()


TestCluster = ClusterMachine.TestCase
TestCluster.settings = schedules(few=150, many=5_000, steps=40)
