"""What an exchange does. `tests/exchange/contract.py` holds any implementation to it."""

from typing import Protocol

from omefree.exchange.introduction import Introduction
from omefree.matching.ticket import Ticket


class Listener(Protocol):
    """Whom an exchange tells. What it raises is logged by its class alone, and matching goes on."""

    def on_introduction(self, introduction: Introduction) -> None:
        """Two have been taken out. Whoever of them cannot talk after all is the listener's to see to."""

    def on_widened(self, visitor: str) -> None:
        """The patience of this visitor's ticket has run out: it is open to anyone now, and still waits."""


class Exchange(Protocol):
    """Where the visitors of this process find partners. A visitor is known by its id, and has one ticket at most.

    The listener is told in a later turn of the loop, never within a method of this class, and may call any of its
    methods. So a caller can acknowledge a `find` before anything comes of it (protocol.md, `find`). Until its
    introduction is told a visitor is known here: a `leave` is never too late.
    """

    def listen(self, listener: Listener) -> None:
        """Tells this listener from now on. To be called once, before anybody joins."""

    def __len__(self) -> int:
        """How many visitors are searching."""

    def __contains__(self, visitor: object) -> bool: ...

    def join(self, ticket: Ticket) -> None:
        """Searches with this ticket, in the place of one that its visitor has here."""

    def leave(self, visitor: str) -> None:
        """Ends the visitor's search at once, if there is one. A partner that is thus free searches on in its place."""

    def met(self, a: str, b: str) -> None:
        """A chat of these two has ended: they do not meet again for 60 s."""

    def report(self, a: str, b: str) -> None:
        """`a` reported `b`: they do not meet again while both sessions last."""

    def reunite(self, a: Ticket, b: Ticket) -> Introduction:
        """These two have asked for each other. Ends their searches and lifts what keeps them apart."""

    def forget(self, visitor: str) -> None:
        """Drops all that is held of a visitor whose session is over, and its id from what is held of others."""

    def close(self) -> None:
        """Tells the listener nothing any more."""
