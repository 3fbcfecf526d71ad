"""A second exchange passes the contract, too: one over the naive lobby, which decides and tells one thing a turn."""

import logging

from omefree.clock import Clock, Handle
from omefree.exchange.interface import ExchangeListener
from omefree.exchange.introduction import Introduction, introduce
from omefree.matching.ticket import Pair, Ticket, Widened
from tests.exchange.contract import ExchangeContract, Subject, machine
from tests.matching.naive import NaiveLobby
from tests.matching.tickets import HESITATION_S, first

log = logging.getLogger(__name__)


class NaiveExchange:
    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.lobby = NaiveLobby(first, HESITATION_S)
        self.joining: list[Ticket] = []
        self.to_tell: list[Pair | Widened] = []
        self.planned: Handle | None = None
        self.listener: ExchangeListener

    def listen(self, listener: ExchangeListener) -> None:
        self.listener = listener

    def searching(self) -> set[str]:
        tickets = [*self.joining, *self.lobby.tickets]
        for pair in self.to_tell:
            tickets += [pair.a, pair.b] if isinstance(pair, Pair) else []
        return {ticket.visitor for ticket in tickets}

    def __len__(self) -> int:
        return len(self.searching())

    def __contains__(self, visitor: object) -> bool:
        return visitor in self.searching()

    def join(self, ticket: Ticket) -> None:
        self.leave(ticket.visitor)
        self.joining.append(ticket)
        self.plan()

    def leave(self, visitor: str) -> None:
        self.joining = [ticket for ticket in self.joining if ticket.visitor != visitor]
        self.lobby.leave(visitor)
        for told in list(self.to_tell):
            if isinstance(told, Pair) and visitor in (told.a.visitor, told.b.visitor):
                self.to_tell.remove(told)
                self.joining.append(told.b if told.a.visitor == visitor else told.a)
            elif isinstance(told, Widened) and told.visitor == visitor:
                self.to_tell.remove(told)
        self.plan()

    def met(self, a: str, b: str) -> None:
        self.lobby.met(a, b, self.clock.time())
        self.plan()

    def report(self, a: str, b: str) -> None:
        self.lobby.report(a, b)
        self.plan()

    def reunite(self, a: Ticket, b: Ticket) -> Introduction:
        for ticket in (a, b):
            self.leave(ticket.visitor)
        self.lobby.allow(a.visitor, b.visitor)
        return introduce(Pair(a, b, ()))

    def forget(self, visitor: str) -> None:
        self.leave(visitor)
        self.lobby.forget(visitor)

    def close(self) -> None:
        if self.planned is not None:
            self.planned.cancel()

    def is_empty(self) -> bool:
        return not (self.searching() or self.lobby.met_until or self.lobby.reported)

    def plan(self) -> None:
        self.close()
        self.planned = None
        wake = self.lobby.next_wake()
        if self.joining or self.to_tell:
            self.planned = self.clock.call_soon(self.turn)
        elif wake is not None:
            self.planned = self.clock.call_at(wake, self.turn)

    def turn(self) -> None:
        now = self.clock.time()
        if self.to_tell:
            self.tell(self.to_tell.pop(0))
        elif self.joining:
            pair = self.lobby.join(self.joining.pop(0), now)
            self.to_tell += [pair] if pair else []
        else:
            self.to_tell += self.lobby.advance(now)
        self.plan()

    def tell(self, what: Pair | Widened) -> None:
        try:
            if isinstance(what, Pair):
                self.listener.on_introduction(introduce(what))
            else:
                self.listener.on_widened(what.visitor)
        except Exception as error:
            log.error("matching goes on after %s", type(error).__name__)


def make(clock: Clock) -> Subject:
    exchange = NaiveExchange(clock)
    return Subject(exchange, exchange.is_empty)


class TestNaiveExchange(ExchangeContract):
    make = staticmethod(make)


TestNaiveMachine = machine(make)
