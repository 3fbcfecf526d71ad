"""The exchange of many processes passes the contract, whether it leads its pools itself or is on its own."""

from __future__ import annotations

from functools import partial

from omefree.clock import Clock
from omefree.contract import nodes
from omefree.contract.nodes import AnyItem, Say
from omefree.exchange.bus import Bus, BusOptions
from omefree.exchange.cluster import POOLS, Cluster
from omefree.exchange.meeting import Meeting
from omefree.exchange.sealing import Sealing
from omefree.matching.lobby import Lobby
from omefree.matching.ticket import Ticket
from tests.clock import FakeClock
from tests.exchange.contract import ExchangeContract, Subject, machine
from tests.exchange.memory_wire import MemoryEngine, MemoryWire
from tests.matching.tickets import HESITATION_S, first

SECRET = b"s" * 32


class NoChats:
    """The chats of a node that is alone: nobody chats with another."""

    def is_ready(self, ticket: Ticket) -> bool:
        return True

    def yes(self, chat: str, ticket: Ticket) -> nodes.Yes:
        raise NotImplementedError

    def begin(self, meeting: Meeting) -> None:
        raise NotImplementedError

    def refused(self, tag: str, chat: str) -> None: ...

    def say(self, tag: str, item: Say) -> None: ...

    def item(self, tag: str, item: AnyItem) -> None: ...

    def gone(self, tag: str, visitor: str) -> bool:
        return True

    def deaf(self, tag: str) -> None: ...

    def away(self, tag: str) -> None: ...

    def back(self, tag: str) -> None: ...

    def compare(self, tag: str) -> None: ...

    def dead(self, tag: str) -> list[str]:
        return []


def make(clock: Clock, *, leads: bool) -> Subject:
    wire = MemoryWire(MemoryEngine(clock), "one")
    options = BusOptions("one", "boot", POOLS, may_lead=leads)
    bus = Bus(wire, Sealing([SECRET]), clock, options, lambda: 0, lambda word: None)
    cluster = Cluster("one", bus, clock, partial(Lobby, first, HESITATION_S))
    cluster.start(NoChats())
    return Subject(cluster, partial(is_empty, cluster, clock))


def is_empty(cluster: Cluster, clock: Clock) -> bool:
    """Whether it holds nothing of any visitor, once the leader has heard who has gone."""
    if isinstance(clock, FakeClock):
        clock.advance()
    return cluster.is_empty()


class TestLeader(ExchangeContract):
    make = staticmethod(partial(make, leads=True))


class TestAlone(ExchangeContract):
    make = staticmethod(partial(make, leads=False))


TestLeaderMachine = machine(partial(make, leads=True))
TestAloneMachine = machine(partial(make, leads=False))
