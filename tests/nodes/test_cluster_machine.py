"""Homes, leaders and buses under all faults at once: no double match, no half pair that stays, nobody left waiting."""

from hypothesis import strategies as st
from hypothesis.stateful import initialize, rule

from tests.nodes.faults import MOMENTS, REST_S, SECONDS, TAG, TAGS, Faults
from tests.nodes.network import LOST_S
from tests.nodes.node import Node, Person
from tests.nodes.profile import schedules
from tests.nodes.world import World

WHO = st.integers(0, 11)
INTERESTS = st.sampled_from([(), (), ("art",), ("art", "jazz"), ("go",)])


class ClusterMachine(Faults[Node]):
    world: World

    @initialize(seed=st.integers(0, 999), early=st.integers(3, 9))
    def begin(self, seed: int, early: int) -> None:
        self.world = World(seed, TAGS)
        self.world.wait(1.0)
        for i in range(early):
            self.come(TAGS[i % len(TAGS)], ())

    def awake(self, who: int) -> Person | None:
        """One of the visitors whose node is not stopped."""
        people = [person for person in self.world.people() if not self.world.nodes[person.home].is_stopped]
        return people[who % len(people)] if people else None

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

    def teardown(self) -> None:
        self.world.settle()
        self.world.wait(REST_S)
        self.world.check_nobody_is_stranded()
        self.world.wait(LOST_S)
        self.world.check_at_rest()


TestCluster = ClusterMachine.TestCase
TestCluster.settings = schedules(few=200, many=5_000, steps=60)
