"""How a server of several ends: it stays until its visitors have moved to the others. Times alone, no signals.

The phases:

    open --begin--> asking --there is another server--> notice --notice_s--> moving
                      |                                   |                    |
                      | there is none                     | drain_s is over, or all others are gone
                      +------------> over <---------------+                    | or nobody is left
                                      ^----------------------------------------+
"""

from typing import Literal, Protocol, TypeAlias

from omefree.clock import Clock, Timer

MOVING_SHARE = 0.75  # of the time that is left: the rest is for those whose first attempt led here again
MOVING_MAX_S = 60.0  # the longest `moving` that clients accept (client/connection.py)
LINGER_S = 1.0  # after the last visitor: what is on its way to it is passed on for as long (docs/protocol.md, `moving`)
ASK_S = 1.0  # for the answer; a second is what the engine between the servers has for each (exchange/wire.py)
ASK_AGAIN_S = 0.02
ALONE_S = 5.0  # without anywhere to move to; a node that restarts at once is back by then
LOOK_S = 0.25

Phase: TypeAlias = Literal["open", "asking", "notice", "moving", "over"]


class House(Protocol):
    """The server that is to end, and the others of its chat."""

    def visitors(self) -> int:
        """How many have their place here, connected or away."""
        ...

    def is_passing(self) -> bool:
        """Whether anybody has moved, or anything was passed on for whoever has, since the last look."""
        ...

    def refuges(self) -> int | None:
        """How many servers they can move to; None if nobody can know at present, or not yet."""
        ...

    def ask(self) -> None:
        """Lets the other servers know that this one is to end, and asks who they are."""
        ...

    def announce(self) -> None:
        """Lets balancers know that nobody is to come here any more."""
        ...

    def move(self, after_s: float) -> None:
        """Lets nobody in any more, and asks all visitors to move within so many seconds."""
        ...

    def end(self) -> None:
        """Ends what is left."""
        ...


class Draining:
    """The end of a server, at most `drain_s` after `begin`."""

    def __init__(self, clock: Clock, house: House, drain_s: float) -> None:
        self.phase: Phase = "open"
        self._clock = clock
        self._house = house
        self._drain_s = drain_s
        self._notice_s = 0.0
        self._asked_at = self._moves_at = self._ends_at = 0.0
        self._inhabited_at = self._refuge_at = 0.0  # when somebody was here last, and somebody else to move to
        self._timer = Timer(clock, self._work)

    def begin(self, notice_s: float) -> None:
        """Begins if there is somewhere to move to, else ends at once. All goes on as before for `notice_s` seconds."""
        if not self._drain_s:
            self.finish()
            return
        self.phase, self._notice_s, self._asked_at = "asking", notice_s, self._clock.time()
        self._house.ask()
        self._await_answer()

    def finish(self) -> None:
        """Ends at once. A second call does nothing."""
        if self.phase != "over":
            self.phase = "over"
            self._timer.cancel()
            self._house.end()

    def _work(self) -> None:
        self._await_answer() if self.phase == "asking" else self._look()

    def _await_answer(self) -> None:
        """Goes on once it is known whether there is another server: one may have started a moment ago."""
        now, refuges = self._clock.time(), self._house.refuges()
        if refuges:
            self._give_notice(now)
        elif refuges == 0 or now >= self._asked_at + ASK_S:
            self.finish()
        else:
            self._timer.no_later_than(now + ASK_AGAIN_S)

    def _give_notice(self, now: float) -> None:
        self.phase = "notice"
        self._moves_at, self._ends_at = now + self._notice_s, now + self._drain_s
        self._inhabited_at = self._refuge_at = now
        self._house.announce()
        self._look()

    def _look(self) -> None:
        now = self._clock.time()
        if self._house.visitors() or self._house.is_passing():
            self._inhabited_at = now
        if self._house.refuges() != 0:
            self._refuge_at = now
        if self.phase == "notice" and now >= self._moves_at:
            self.phase = "moving"
            self._house.move(min(MOVING_SHARE * (self._ends_at - now), MOVING_MAX_S))
        if self._is_over(now):
            self.finish()
        else:
            self._timer.no_later_than(now + LOOK_S)

    def _is_over(self, now: float) -> bool:
        is_empty = self.phase == "moving" and now >= self._inhabited_at + LINGER_S
        return is_empty or now >= self._refuge_at + ALONE_S or now >= self._ends_at
