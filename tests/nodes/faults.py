"""A Hypothesis machine of all that can happen to nodes, the way between them, and the registry. Others add visitors."""

from collections.abc import Callable
from typing import Generic, TypeVar

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule

from tests.nodes.network import WAY_S, BadNode, Network, Weather

TAGS = "abc"
TAG = st.sampled_from(TAGS)
MOMENTS = st.sampled_from([WAY_S / 2, WAY_S, WAY_S, 1.5 * WAY_S, 2 * WAY_S, 3 * WAY_S])  # something is under way
SECONDS = st.sampled_from([0.01, 0.1, 0.3, 0.7, 1.0, 2.0, 4.0])
WEATHER = st.sampled_from([Weather(0.4), Weather(0.1, 0.3, 0.01), Weather(0.0, 0.0, 0.4), Weather(0.0, 0.5)])
# A leader is found in a lease, a beat and a moment; then all is announced, promised, or given up after a second.
REST_S = 3.0 + 1.0 + 3.0

N = TypeVar("N", bound=BadNode)


class Faults(RuleBasedStateMachine, Generic[N]):
    """Most faults pass by themselves."""

    world: Network[N]

    def __init__(self) -> None:
        super().__init__()
        self.registry: Callable[[], None] | None = None

    def runs(self, tag: str) -> bool:
        return tag in self.world.nodes and not self.world.nodes[tag].is_stopped

    @rule(tag=TAG, seconds=SECONDS)
    def kill(self, tag: str, seconds: float) -> None:
        if len(self.world.nodes) > 1 and tag in self.world.nodes:
            self.world.kill(tag)
            self.world.clock.call_later(4.0 + seconds, self.world.start, tag)

    @rule(tag=TAG, seconds=SECONDS)
    def stop(self, tag: str, seconds: float) -> None:
        if tag in self.world.nodes:
            self.world.nodes[tag].stop()
            self.world.later(seconds, tag, self.world.nodes[tag].go_on)

    @rule(tag=TAG, seconds=SECONDS, is_noticed=st.booleans())
    def cut(self, tag: str, seconds: float, is_noticed: bool) -> None:
        """The way to the engine is cut; or it is a partition: nothing arrives, and nobody says so."""
        if self.runs(tag):
            if is_noticed:
                self.world.nodes[tag].wire.cut()
            else:
                self.world.nodes[tag].wire.is_lost = True
            self.world.later(seconds, tag, self.world.nodes[tag].join)

    @rule(tag=st.sampled_from(TAGS[1:]))
    def begin_to_leave(self, tag: str) -> None:
        """The first node stays, so that somebody can lead in the end."""
        if self.runs(tag):
            self.world.nodes[tag].bus.begin_to_leave()

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
        self.world.ghost(tag, ahead)

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
