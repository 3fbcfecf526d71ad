"""The exchange of one process: a lobby, driven by an event loop's clock.

Joining decides nothing: it asks the loop for a turn, and pairs are decided and delivered in that turn, so that the
caller can send its acknowledgement and `searching` first (protocol.md, `find`). Until its pair is delivered a visitor
is known here, as pending, as waiting or as one of a pair decided a moment ago: a `leave` is never too late.
"""

import logging
from collections import OrderedDict, deque
from collections.abc import Callable
from typing import Any, Protocol

from omefree.matching.lobby import Lobby
from omefree.matching.ticket import Pair, Ticket, Widened

_BATCH = 64  # tickets decided in one turn of the loop, about 2 ms: after a restart all come at once
_RETRY_S = 1.0  # after an exception of the lobby itself, which would be a bug: not at once for ever

_log = logging.getLogger(__name__)


class Handle(Protocol):
    """A planned call."""

    def cancel(self) -> None: ...


class Clock(Protocol):
    """What is used of an asyncio event loop; `tests/clock.py` has the other implementation."""

    def time(self) -> float: ...

    def call_at(self, when: float, callback: Callable[..., object], /, *args: Any) -> Handle: ...

    def call_soon(self, callback: Callable[..., object], /, *args: Any) -> Handle: ...


class MemoryExchange:
    """A lobby whose pairs arrive by `on_pair`, and whose visitors out of patience by `on_widened` (with their id).

    The callbacks are called from the loop, never within a method of this class, and may call any of its methods.
    What they raise is logged by its class alone, and matching goes on.
    """

    def __init__(
        self, lobby: Lobby, clock: Clock, on_pair: Callable[[Pair], None], on_widened: Callable[[str], None]
    ) -> None:
        self._lobby = lobby
        self._clock = clock
        self._on_pair = on_pair
        self._on_widened = on_widened
        self._pending: OrderedDict[str, Ticket] = OrderedDict()  # joined, not yet decided
        self._decided: deque[Pair | Widened] = deque()  # not yet delivered; empty between two turns of the loop
        self._turn: Handle | None = None
        self._timer: Handle | None = None
        self._timer_at = 0.0

    def __len__(self) -> int:
        """How many visitors are searching."""
        return len(self._lobby) + len(self._pending) + 2 * sum(isinstance(what, Pair) for what in self._decided)

    def __contains__(self, visitor: object) -> bool:
        return visitor in self._lobby or visitor in self._pending or any(_is_about(it, visitor) for it in self._decided)

    def join(self, ticket: Ticket) -> None:
        """Search with this ticket, in the place of one that its visitor has here."""
        self.leave(ticket.visitor)
        self._pend(ticket)

    def leave(self, visitor: str) -> float | None:
        """End the search at once; return when it began, None if there was none."""
        undone = self._take_back(visitor)
        ticket = self._pending.pop(visitor, None) or self._lobby.leave(visitor) or undone
        return None if ticket is None else ticket.since

    def met(self, a: str, b: str) -> None:
        """Note that a chat of these two has ended: they do not meet again for 60 s."""
        self._lobby.met(a, b, self._clock.time())
        self._arm()

    def report(self, a: str, b: str) -> None:
        """Note that `a` reported `b`: they do not meet again while both sessions last."""
        self._lobby.report(a, b)
        self._arm()

    def allow(self, a: str, b: str) -> None:
        """Let these two meet again."""
        self._lobby.allow(a, b)
        self._arm()

    def forget(self, visitor: str) -> None:
        """Drop all that is held of a visitor whose session is over."""
        self.leave(visitor)
        self._lobby.forget(visitor)

    def close(self) -> None:
        """Cancel what is planned: nothing is called any more."""
        for handle in (self._turn, self._timer):
            if handle is not None:
                handle.cancel()

    def _pend(self, ticket: Ticket) -> None:
        self._pending[ticket.visitor] = ticket
        if self._turn is None:
            self._turn = self._clock.call_soon(self._take_turn)

    def _take_back(self, visitor: str) -> Ticket | None:
        """Undo what was decided of a visitor a moment ago; a partner that is thus free goes on searching."""
        for decided in self._decided:
            if _is_about(decided, visitor):
                self._decided.remove(decided)
                return self._separate(decided, visitor) if isinstance(decided, Pair) else None
        return None

    def _separate(self, pair: Pair, visitor: str) -> Ticket:
        gone, other = (pair.a, pair.b) if pair.a.visitor == visitor else (pair.b, pair.a)
        self._pend(other)
        return gone

    def _take_turn(self) -> None:
        """Decide for those who joined, one after the other, each delivered before the next."""
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
            self._on_pair(pair)

    def _wake(self) -> None:
        self._timer = None
        fine = self._guard(self._advance)
        while self._decided:
            self._guard(self._deliver, self._decided.popleft())
        self._arm(0.0 if fine else _RETRY_S)

    def _advance(self) -> None:
        self._decided.extend(self._lobby.advance(self._clock.time()))

    def _deliver(self, decided: Pair | Widened) -> None:
        if isinstance(decided, Pair):
            self._on_pair(decided)
        else:
            self._on_widened(decided.visitor)

    def _arm(self, delay_s: float = 0.0) -> None:
        """See to it that the timer runs no later than the lobby's next wake-up; earlier does no harm."""
        wake = self._lobby.next_wake()
        if wake is None:
            return
        when = max(wake, self._clock.time() + delay_s)
        if self._timer is not None:
            if self._timer_at <= when:
                return
            self._timer.cancel()
        self._timer_at = when
        self._timer = self._clock.call_at(when, self._wake)

    def _guard(self, work: Callable[..., None], *args: object) -> bool:
        """Do it whatever it raises: one visitor's trouble must not stop the matching of all. True if it went well."""
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
