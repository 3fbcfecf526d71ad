"""The interface of an exchange. The tests in `tests/exchange/contract.py` hold every implementation to it."""

from typing import Protocol

from omefree.exchange.introduction import Introduction
from omefree.matching.ticket import Ticket


class ExchangeListener(Protocol):
    """Is told what an exchange decides. If it raises, only the exception's class is logged; matching goes on."""

    def on_introduction(self, introduction: Introduction) -> None:
        """These two are a pair and no longer search. If one cannot talk after all, the listener must handle that."""

    def on_widened(self, visitor: str) -> None:
        """The patience of this visitor's ticket has run out: it still waits, and is open to anyone now."""


class Exchange(Protocol):
    """Where the visitors of this process find partners. A visitor is known by its id and has at most one ticket.

    The listener is called in a later turn of the loop, never inside a method of this class. It may call any of these
    methods. So a caller can reply to a `find` before anything comes of it (protocol.md, `find`). A visitor is known
    here until its introduction is told, so a `leave` is never too late.
    """

    def listen(self, listener: ExchangeListener) -> None:
        """Tells this listener from now on. Must be called once, before any visitor joins."""

    def __len__(self) -> int:
        """How many visitors are searching."""

    def __contains__(self, visitor: object) -> bool: ...

    def join(self, ticket: Ticket) -> None:
        """Starts a search with this ticket. It replaces the ticket that its visitor has here, if any."""

    def leave(self, visitor: str) -> None:
        """Ends the visitor's search at once, if there is one. A partner that loses its pair by this searches on."""

    def met(self, a: str, b: str) -> None:
        """Keeps these two apart for 60 s: a chat of theirs has ended."""

    def report(self, a: str, b: str) -> None:
        """Keeps `a` and `b` apart while both sessions last: `a` has reported `b`."""

    def reunite(self, a: Ticket, b: Ticket) -> Introduction:
        """Introduces two visitors that asked for each other. Ends their searches and lifts what keeps them apart."""

    def forget(self, visitor: str) -> None:
        """Drops all that is held of a visitor whose session is over, and its id from what is held of others."""

    def close(self) -> None:
        """Stops: the listener is told nothing any more."""
