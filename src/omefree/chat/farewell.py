"""`moving`, to everybody who is connected: in batches, as `online`, so that words between partners need not wait."""

from collections.abc import Mapping

from omefree.chat.counter import BATCH, BETWEEN_BATCHES_S
from omefree.chat.frames import event_frame
from omefree.chat.visitor import VisitorRecord
from omefree.clock import Clock
from omefree.contract import events
from omefree.engine.alarms import Alarms


class Farewell:
    """Asks all visitors to move to another server. It is a timer of the engine's alarms."""

    def __init__(self, clock: Clock, alarms: Alarms, visitors: Mapping[str, VisitorRecord]) -> None:
        self.alarm = 0
        self._clock = clock
        self._alarms = alarms
        self._visitors = visitors
        self._to_tell: list[VisitorRecord] = []
        self._moved_at = 0.0

    def say(self, after_s: float) -> None:
        """Asks all who are connected now to move within so many seconds."""
        now = self._clock.time()
        self._to_tell, self._moved_at = list(self._visitors.values()), now + after_s
        self.wake(now)

    def say_to(self, visitor: VisitorRecord) -> None:
        """Asks one more to move until then."""
        visitor.send(self._frame(self._clock.time()))

    def wake(self, now: float) -> None:
        """Asks the next ones. Called by the alarms."""
        batch, self._to_tell = self._to_tell[:BATCH], self._to_tell[BATCH:]
        frame = self._frame(now)
        for visitor in batch:
            visitor.send(frame)
        if self._to_tell:
            self._alarms.set(self, now + BETWEEN_BATCHES_S)

    def _frame(self, now: float) -> bytes:
        return event_frame(events.Moving(events.MovingArgs(round(max(0.0, self._moved_at - now), 3))))
