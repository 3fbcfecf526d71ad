"""The exchange of one process: a lobby, driven by an event loop's clock.

`join` decides nothing. It asks the loop for a turn, and in that turn pairs are decided and told. Until its pair is
told, a visitor is known here: as pending, as waiting in the lobby, or as one of a pair just decided.
"""

import logging
from collections import OrderedDict, deque
from collections.abc import Callable

from omefree.clock import Clock, Handle, Timer
from omefree.exchange.interface import ExchangeListener
from omefree.exchange.introduction import Introduction, introduce
from omefree.matching.local import LocalLobby
from omefree.matching.ticket import Pair, Ticket, Widened

_BATCH = 64  # tickets decided in one turn of the loop, about 2 ms; after a restart all visitors come at once
_RETRY_S = 1.0  # pause after an exception of the lobby itself: such a bug must not make the loop spin

_log = logging.getLogger(__name__)


class MemoryExchange:
    """An Exchange (interface.py) for the visitors of one process alone."""

    def __init__(self, lobby: LocalLobby, clock: Clock) -> None:
        self._lobby = lobby
        self._clock = clock
        self._listener: ExchangeListener
        self._pending: OrderedDict[str, Ticket] = OrderedDict()  # joined, not yet decided
        self._decided: deque[Pair | Widened] = deque()  # not yet told; empty between two turns of the loop
        self._turn: Handle | None = None
        self._timer = Timer(clock, self._wake)

    def listen(self, listener: ExchangeListener) -> None:
        """Sets the one listener, which is called from the loop alone."""
        self._listener = listener

    def __len__(self) -> int:
        return len(self._lobby) + len(self._pending) + 2 * sum(isinstance(what, Pair) for what in self._decided)

    def __contains__(self, visitor: object) -> bool:
        return visitor in self._lobby or visitor in self._pending or any(_is_about(it, visitor) for it in self._decided)

    def join(self, ticket: Ticket) -> None:
        """Puts the ticket behind those that wait for the next turn of the loop."""
        self.leave(ticket.visitor)
        self._pend(ticket)

    def leave(self, visitor: str) -> None:
        """Takes the visitor out of the pending tickets, the lobby, and a pair that has not been told yet."""
        self._take_back(visitor)
        self._pending.pop(visitor, None)
        self._lobby.leave(visitor)

    def met(self, a: str, b: str) -> None:
        """Tells the lobby, and sets the timer anew: the lobby may want to be woken earlier."""
        self._lobby.met(a, b, self._clock.time())
        self._arm()

    def report(self, a: str, b: str) -> None:
        """Tells the lobby, and sets the timer anew: the lobby may want to be woken earlier."""
        self._lobby.report(a, b)
        self._arm()

    def reunite(self, a: Ticket, b: Ticket) -> Introduction:
        """Makes a pair at once, past the lobby. It has no common interests."""
        for ticket in (a, b):
            self.leave(ticket.visitor)
        self._lobby.allow(a.visitor, b.visitor)
        return introduce(Pair(a, b, ()))

    def forget(self, visitor: str) -> None:
        """Ends the visitor's search and lets the lobby forget it."""
        self.leave(visitor)
        self._lobby.forget(visitor)

    def close(self) -> None:
        """Cancels the planned turn and the timer."""
        self._timer.cancel()
        if self._turn is not None:
            self._turn.cancel()

    def _pend(self, ticket: Ticket) -> None:
        self._pending[ticket.visitor] = ticket
        if self._turn is None:
            self._turn = self._clock.call_soon(self._take_turn)

    def _take_back(self, visitor: str) -> None:
        """Undoes what was decided of a visitor but not yet told. A partner that loses its pair by this searches on."""
        for decided in self._decided:
            if _is_about(decided, visitor):
                self._decided.remove(decided)
                if isinstance(decided, Pair):
                    self._pend(decided.b if decided.a.visitor == visitor else decided.a)
                return

    def _take_turn(self) -> None:
        """Decides for the pending tickets, one after the other. Each result is told before the next is decided."""
        self._turn = None
        for _ in range(min(len(self._pending), _BATCH)):
            if self._pending:
                self._guard(self._decide, self._pending.popitem(last=False)[1])
        if self._pending and self._turn is None:
            self._turn = self._clock.call_soon(self._take_turn)
        self._arm()

    def _decide(self, ticket: Ticket) -> None:
        pair = self._lobby.join(ticket, self._clock.time())
        if pair is not None:
            self._listener.on_introduction(introduce(pair))

    def _wake(self) -> None:
        fine = self._guard(self._advance)
        while self._decided:
            self._guard(self._deliver, self._decided.popleft())
        self._arm(0.0 if fine else _RETRY_S)

    def _advance(self) -> None:
        self._decided.extend(self._lobby.advance(self._clock.time()))

    def _deliver(self, decided: Pair | Widened) -> None:
        if isinstance(decided, Pair):
            self._listener.on_introduction(introduce(decided))
        else:
            self._listener.on_widened(decided.visitor)

    def _arm(self, delay_s: float = 0.0) -> None:
        """Makes the timer run no later than the lobby's next wake-up. To run earlier does no harm."""
        wake = self._lobby.next_wake()
        if wake is not None:
            self._timer.no_later_than(max(wake, self._clock.time() + delay_s))

    def _guard(self, work: Callable[..., None], *args: object) -> bool:
        """Calls `work` and logs what it raises: one visitor's trouble must not stop all matching. True: no error."""
        try:
            work(*args)
        except Exception as error:
            _log.error("matching goes on after %s", type(error).__name__)
            return False
        return True


def _is_about(decided: Pair | Widened, visitor: object) -> bool:
    if isinstance(decided, Pair):
        return visitor in (decided.a.visitor, decided.b.visitor)
    return decided.visitor == visitor
