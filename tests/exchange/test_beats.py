"""The beats of a bus: an answer belongs to the oldest beat that has none, and a lease begins with its beat."""

from collections.abc import Sequence

import pytest

from omefree.contract.nodes import AnyItem
from omefree.exchange.bus import Bus, BusOptions
from omefree.exchange.sealing import Sealing
from omefree.exchange.wire import Answer, Beat, Leader, Publication, WireListener
from omefree.nodes.leadership import LEADS_S
from omefree.nodes.roster import GRACE_S
from tests.clock import FakeClock


class Quiet:
    """A listener to whom nothing matters."""

    def on_item(self, tag: str, item: AnyItem) -> None: ...

    def on_deaf(self, tag: str) -> None: ...

    def on_heard(self, tag: str) -> None: ...

    def on_away(self, tag: str) -> None: ...

    def on_back(self, tag: str) -> None: ...

    def on_dead(self, tag: str) -> None: ...

    def on_reset(self, tag: str) -> None: ...

    def on_leading(self, pool: str, epoch: int) -> None: ...

    def on_following(self, pool: str) -> None: ...


class SlowWire:
    """A wire whose registry answers when the test says so."""

    is_full = False

    def listen(self, listener: WireListener) -> None:
        listener.on_up()

    def publish(self, publications: Sequence[Publication]) -> None: ...

    def beat(self, beat: Beat) -> None: ...

    def close(self, farewell: Sequence[Publication]) -> None: ...


class Beating:
    """A bus that beats each second, at which `visitors` are. Elsewhere are ten."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.visitors = 0
        options = BusOptions("a", "boot", ("text",))
        self.bus = Bus(SlowWire(), Sealing([b"s" * 32]), self.clock, options, lambda: self.visitors, lambda word: None)
        self.bus.start(Quiet())

    def answer(self, visitors: int) -> None:
        """To a beat that said that so many are here."""
        self.bus.on_answer(Answer({"a": "boot"}, 10 + visitors, {"text": Leader("a", 1)}, 100.0))


@pytest.fixture
def beating() -> Beating:
    return Beating()


def test_a_lease_begins_with_its_beat_and_not_with_the_answer(beating: Beating) -> None:
    beating.clock.advance(0.9)
    beating.answer(0)
    beating.clock.advance(LEADS_S - 0.9 - 0.01)
    assert beating.bus.leads("text") == 1
    beating.clock.advance(0.01)
    assert beating.bus.leads("text") is None


def test_of_two_beats_under_way_the_first_answer_is_the_older_ones(beating: Beating) -> None:
    beating.visitors = 3
    beating.clock.advance(1.5)  # a beat that told 0, and one that told 3
    beating.answer(0)
    assert beating.bus.online == 13
    beating.clock.advance(LEADS_S - 1.5)
    assert beating.bus.leads("text") is None
    beating.answer(3)
    assert beating.bus.leads("text") == 1
    assert beating.bus.online == 13


def test_a_beat_that_was_refused_takes_no_other_ones_answer(beating: Beating) -> None:
    beating.bus.on_refusal("full")
    beating.visitors = 3
    beating.clock.advance(1.0)
    beating.answer(3)
    assert beating.bus.online == 13
    beating.clock.advance(LEADS_S - 0.01)
    assert beating.bus.leads("text") == 1


def test_of_beats_from_before_a_cut_nothing_is_left(beating: Beating) -> None:
    beating.bus.on_down()
    beating.answer(0)  # read from the connection before it was seen to be lost
    assert beating.bus.leads("text") is None
    beating.visitors = 3
    beating.clock.advance(GRACE_S)
    beating.bus.on_up()
    beating.answer(3)
    assert beating.bus.online == 13
    beating.clock.advance(LEADS_S - 0.01)
    assert beating.bus.leads("text") == 1
