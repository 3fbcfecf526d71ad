"""The exchange of one process."""

import pytest

from omefree.clock import Clock
from omefree.exchange.memory import MemoryExchange
from omefree.matching.exclusions import Exclusions
from omefree.matching.lobby import Lobby
from omefree.matching.local import LocalLobby
from tests.exchange.contract import ExchangeContract, Hall, Subject, machine
from tests.matching.tickets import HESITATION_S, first


def make(clock: Clock) -> Subject:
    lobby = LocalLobby(Lobby(first, HESITATION_S), Exclusions())
    return Subject(MemoryExchange(lobby, clock), lobby.is_empty)


class TestMemoryExchange(ExchangeContract):
    make = staticmethod(make)


TestMemoryMachine = machine(make)


@pytest.fixture
def hall() -> Hall:
    return Hall(make)


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


def test_of_an_exchange_without_visitors_nothing_is_planned(hall: Hall) -> None:
    hall.join("a", patience_s=5)
    hall.told(1)
    hall.exchange.forget("a")
    hall.told(7200)
    assert hall.clock.planned() == 0
