"""Homes, leaders and buses under all faults at once: no double match, no half pair that stays, nobody left waiting."""

from collections.abc import Callable
from functools import partial

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from tests.nodes.profile import schedules
from tests.nodes.world import LOST_S, POOLS, WAY_S, Person, Weather, World

TAGS = "abc"
TAG = st.sampled_from(TAGS)
WHO = st.integers(0, 11)
INTERESTS = st.sampled_from([(), (), ("art",), ("art", "jazz"), ("go",)])
MOMENTS = st.sampled_from([WAY_S / 2, WAY_S, WAY_S, 1.5 * WAY_S, 2 * WAY_S, 3 * WAY_S])  # something is under way
SECONDS = st.sampled_from([0.01, 0.1, 0.3, 0.7, 1.0, 2.0, 4.0])
WEATHER = st.sampled_from([Weather(0.4), Weather(0.1, 0.3, 0.01), Weather(0.0, 0.0, 0.4), Weather(0.0, 0.5)])
# A leader is found in a lease, a beat and a moment; then all is announced, promised, or given up after a second.
REST_S = 3.0 + 1.0 + 3.0


class ClusterMachine(RuleBasedStateMachine):
    @initialize(seed=st.integers(0, 999), early=st.integers(3, 9))
    def begin(self, seed: int, early: int) -> None:
        self.world = World(seed, TAGS)
        self.registry: Callable[[], None] | None = None
        self.world.wait(1.0)
        for i in range(early):
            self.come(TAGS[i % len(TAGS)], ())

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

    @rule(forgiven=st.booleans())
    def all_find(self, forgiven: bool) -> None:
        """Everybody goes on. `forgiven`: as if a minute had passed, so that they may meet again."""
        for person in list(self.world.people()):
            if self.runs(person.home):
                if forgiven:
                    person.apart.clear()
                self.world.nodes[person.home].find(person, ())

    @rule(seconds=MOMENTS)
    def all_meet(self, seconds: float) -> None:
        self.all_find(forgiven=True)
        self.world.wait(seconds)

    @rule(who=WHO, departs=st.booleans())
    def leave(self, who: int, departs: bool) -> None:
        if person := self.awake(who):
            if departs:
                self.world.depart(person)
            else:
                self.world.nodes[person.home].leave(person)

    @rule(who=WHO, seconds=SECONDS | MOMENTS)
    def lose_link(self, who: int, seconds: float) -> None:
        if person := self.awake(who):
            self.world.nodes[person.home].lose_link(person)
            self.world.later(seconds, person.home, lambda: self.world.nodes[person.home].find_link(person))

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

    @rule(times=st.integers(1, 3))
    def all_say(self, times: int) -> None:
        for person in times * list(self.world.people()):
            if self.runs(person.home):
                self.world.nodes[person.home].say(person)

    # --- faults; most of them pass ---

    @rule(tag=TAG, seconds=SECONDS)
    def kill(self, tag: str, seconds: float) -> None:
        if len(self.world.nodes) > 1 and tag in self.world.nodes:
            self.world.kill(tag)
            self.world.clock.call_later(4.0 + seconds, self.world.start, tag)

    @rule(tag=TAG, seconds=SECONDS)
    def stop(self, tag: str, seconds: float) -> None:
        if tag in self.world.nodes:
            self.world.stop(tag)
            self.world.later(seconds, tag, partial(self.world.go_on, tag))

    @rule(tag=TAG, seconds=SECONDS, is_noticed=st.booleans())
    def cut(self, tag: str, seconds: float, is_noticed: bool) -> None:
        """The way to the engine is cut; or it is a partition: nothing arrives, and nobody says so."""
        if self.runs(tag):
            if is_noticed:
                self.world.nodes[tag].wire.cut()
            else:
                self.world.nodes[tag].wire.is_lost = True
            self.world.later(seconds, tag, partial(self.world.join, tag))

    @rule(what=st.sampled_from(["flush", "remember", "fail over"]))
    def registry_fails(self, what: str) -> None:
        if what == "flush":
            self.world.engine.registry.flush()
        elif what == "remember":
            self.registry = self.world.remember()
        elif self.registry:
            self.registry()

    @rule(tag=TAG, ahead=st.integers(-2, 2))
    def ghost(self, tag: str, ahead: int) -> None:
        self.world.ghost(POOLS[0], tag, ahead)

    @rule(weather=WEATHER, seconds=SECONDS)
    def bad_weather(self, weather: Weather, seconds: float) -> None:
        self.world.engine.weather = weather
        self.world.clock.call_later(seconds, setattr, self.world.engine, "weather", Weather())

    # --- time ---

    @rule(seconds=SECONDS)
    def wait(self, seconds: float) -> None:
        self.world.wait(seconds)

    @rule(seconds=MOMENTS)
    def wait_a_moment(self, seconds: float) -> None:
        self.world.wait(seconds)

    @rule(seconds=MOMENTS)
    def wait_another(self, seconds: float) -> None:
        self.world.wait(seconds)

    def teardown(self) -> None:
        self.world.settle()
        self.world.wait(REST_S)
        self.world.check_nobody_is_stranded()
        self.world.wait(LOST_S)
        self.world.check_at_rest()


TestCluster = ClusterMachine.TestCase
TestCluster.settings = schedules(few=200, many=5_000, steps=60)
