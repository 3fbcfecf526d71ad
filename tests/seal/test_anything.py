"""Whatever happens, in any order: once the relay is honest again, every text is there, once, in order."""

from collections.abc import Iterable

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from omefree.contract.codes import Code
from omefree.seal.frame import decode_frame
from omefree.seal.outputs import Emit
from tests.seal.relay import OTHER, SIDES, Packet, Side, candidate, honest, pair, willing

SIDE = st.sampled_from(SIDES)
CODES: list[Code] = ["rate_limited", "partner_away", "internal"]


class ChannelMachine(RuleBasedStateMachine):
    """No loss lasts, and after each the relay is honest for a while: else ten seconds would end it."""

    def __init__(self) -> None:
        super().__init__()
        self.relay = pair()
        self.said: dict[Side, list[str]] = {"a": [], "b": []}
        self.signalled = {"a": 0, "b": 0}
        self.frames: dict[tuple[Side, int, int], str] = {}

    @initialize(seconds=st.sampled_from([0.0, 0.05, 0.1, 1.0]))
    def begin(self, seconds: float) -> None:
        self.relay.run(seconds)

    @rule(side=SIDE, count=st.integers(1, 12))
    def say(self, side: Side, count: int) -> None:
        texts = [f"{len(self.said[side]) + number}" for number in range(count)]
        assert self.relay.say(side, *texts) == [int(text) for text in texts]
        self.said[side] += texts

    @rule(side=SIDE, count=st.sampled_from([1, 5, 80]))
    def signal(self, side: Side, count: int) -> None:
        numbers = range(self.signalled[side], self.signalled[side] + count)
        self.relay.signal(side, *map(candidate, numbers))
        self.signalled[side] += count

    @rule(seconds=st.sampled_from([0.0, 0.01, 0.05, 0.2, 1.0, 4.0]))
    def time_passes(self, seconds: float) -> None:
        self.relay.run(seconds)

    @precondition(lambda self: not self.relay.away)
    @rule(every=st.integers(1, 4), what=st.sampled_from(["lose", "double", "delay"]), data=st.data())
    def relay_lies(self, every: int, what: str, data: st.DataObject) -> None:
        count = 0

        def script(packet: Packet) -> Iterable[Packet]:
            nonlocal count
            count += 1
            if count % every:
                return [packet]
            late = Packet(packet.to, packet.event, packet.data, delay_s=0.3)
            return {"lose": [], "double": [packet, packet, late], "delay": [late]}[what]

        self.relay.script = script
        self.relay.run(data.draw(st.sampled_from([0.1, 0.5, 1.0])))
        self.relay.script = honest
        self.relay.run(4.0)  # a gap is asked for again after two seconds

    @precondition(lambda self: not self.relay.away)
    @rule(code=st.sampled_from(CODES), every=st.integers(1, 3), seconds=st.sampled_from([0.1, 1.0, 2.0]))
    def server_refuses(self, code: Code, every: int, seconds: float) -> None:
        count = 0

        def refuse(side: Side, emit: Emit) -> Code | None:
            nonlocal count
            count += 1
            return None if count % every else code

        self.relay.refuse = refuse
        self.relay.run(seconds)
        self.relay.refuse = willing
        self.relay.run(4.0)

    @rule(answers=st.booleans())
    def answers_are_lost(self, answers: bool) -> None:
        self.relay.answers = answers

    @rule(side=SIDE, unnoticed_s=st.sampled_from([0.0, 0.03, 0.5, 2.0]))
    def link_breaks(self, side: Side, unnoticed_s: float) -> None:
        if side not in self.relay.away:
            self.relay.die(side)
            self.relay.run(unnoticed_s)
            self.relay.part(side)

    @precondition(lambda self: self.relay.away)
    @rule(side=SIDE, seconds=st.sampled_from([0.0, 1.0, 14.0]))
    def link_comes_back(self, side: Side, seconds: float) -> None:
        self.relay.run(seconds)
        if side in self.relay.away:
            self.relay.back(side)
            self.relay.run(0.3 if self.relay.away else 4.0)

    @rule(side=SIDE)
    def told_twice(self, side: Side) -> None:
        if self.relay.away:
            self.relay.channels[side].pause(self.relay.now)

    @invariant()
    def nothing_is_doubled_or_out_of_order(self) -> None:
        for side in SIDES:
            assert self.relay.faults(side) == []
            heard = self.relay.heard(side)
            assert heard == self.said[OTHER[side]][: len(heard)]
            signals = self.relay.signals(side)
            assert signals == [*map(candidate, range(len(signals)))]

    @invariant()
    def a_number_is_sealed_once(self) -> None:
        for side in SIDES:
            for emit in self.relay.emitted[side]:
                frame = decode_frame(emit.data)
                assert self.frames.setdefault((side, frame.kind, frame.n), emit.data) == emit.data

    def teardown(self) -> None:
        for side in SIDES:
            if side in self.relay.away:
                self.relay.back(side)
        self.relay.run(90)
        self.nothing_is_doubled_or_out_of_order()
        assert self.relay.refused == 0
        for side in SIDES:
            assert self.relay.heard(side) == self.said[OTHER[side]]
            assert len(self.relay.signals(side)) == self.signalled[OTHER[side]]
            assert self.relay.channels[side].wakes_at is None, "it does not come to rest"
            assert all(self.relay.states(side, n)[-1] == "delivered" for n in range(len(self.said[side])))


TestChannelMachine = ChannelMachine.TestCase
TestChannelMachine.settings = settings(
    max_examples=60, stateful_step_count=25, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
