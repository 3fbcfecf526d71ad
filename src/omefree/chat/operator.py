"""What the operator's orders do to the visitors of this process (protocol.md, `paused`)."""

from __future__ import annotations

from collections.abc import Callable, Set
from typing import Protocol

from omefree.chat.frames import event_frame
from omefree.chat.orders import BLOCKED, ServerOrders
from omefree.chat.pairing import Pairing
from omefree.chat.visitor import VisitorRecord
from omefree.contract import events
from omefree.contract.events import Pause
from omefree.engine.gate import Admission
from omefree.guard.control import ServerState


class Visitors(Protocol):
    """Where the visitors are: Presence (presence.py)."""

    visitors: dict[str, VisitorRecord]
    pairing: Pairing
    orders: ServerOrders

    def pause_of(self, visitor: VisitorRecord) -> Pause | None:
        """What this visitor may not do at present, and why."""

    def expel(self, visitor: VisitorRecord) -> None:
        """Ends the visitor's session and its connection."""


class Operator:
    """Obeys: ends what an order ends, and tells everybody whom it concerns."""

    __slots__ = ("_here", "forgive_records")

    def __init__(self, here: Visitors, forgive_records: Callable[[], None]) -> None:
        self._here = here
        self.forgive_records = forgive_records  # lifts the pauses that reports have brought

    def set_state(self, state: ServerState) -> None:
        """Opens the server, closes it, or lets it serve text alone. Does nothing if that is its state already."""
        here = self._here
        if state == here.orders.state:
            return
        here.orders.state = state
        for visitor in list(here.visitors.values()):
            if state == "frozen":
                here.pairing.end(visitor, "moderated", tells_both=True)
            if visitor.ticket is not None and here.orders.pause_for(visitor.ticket.mode) is not None:
                here.pairing.withdraw(visitor)
        for visitor in list(here.visitors.values()):
            self._tell(visitor)

    def forgive(self) -> None:
        """Lifts all pauses that reports have brought; those who had one are told. An order for everybody stays."""
        paused = [visitor for visitor in self._here.visitors.values() if self._here.pause_of(visitor) is not None]
        self.forgive_records()
        for visitor in paused:
            self._tell(visitor)

    def shut_out(self, keys: Set[bytes]) -> None:
        """Ends the sessions under a new block, also of those who are away: their partners hear `moderated`."""
        for visitor in list(self._here.visitors.values()):
            if visitor.key in keys or visitor.network in keys:
                visitor.send(event_frame(events.Paused(BLOCKED)))
                self._here.expel(visitor)

    def _tell(self, visitor: VisitorRecord) -> None:
        visitor.send(event_frame(events.Paused(self._here.pause_of(visitor))))


def is_under(admission: Admission, keys: Set[bytes]) -> bool:
    """Whether the session's address, or the network around it, is one of these keys."""
    return admission.key in keys or admission.network in keys
