"""The `online` event. It is encoded once a round, at most every 5 s, and sent to the visitors in batches."""

from __future__ import annotations

from collections.abc import Mapping

from omefree.chat.frames import event_frame
from omefree.chat.visitor import VisitorRecord
from omefree.clock import Clock
from omefree.contract import events, limits
from omefree.engine.alarms import Alarms
from omefree.guard.hours import Hours

BATCH = 250  # visitors that one turn of the event loop sends to: about a millisecond
BETWEEN_BATCHES_S = 0.02


class Counter:
    """Counts the connected visitors and tells them the number. It is a timer of the engine's alarms."""

    def __init__(self, clock: Clock, alarms: Alarms, visitors: Mapping[str, VisitorRecord], hours: Hours) -> None:
        self.count = 0
        self._elsewhere = 0
        self.alarm = 0
        self._hours = hours
        self._clock = clock
        self._alarms = alarms
        self._visitors = visitors
        self._is_news = False  # the count changed since the last round; a new visitor learns it from `welcome`
        self._next_at = 0.0
        self._to_tell: list[VisitorRecord] = []
        self._frame = b""

    @property
    def shown(self) -> int:
        """How many are connected to all servers that are one chat: what everybody is told."""
        return self.count + self._elsewhere

    def hear(self, elsewhere: int) -> None:
        """Takes over how many are connected to other servers of the same chat."""
        if elsewhere != self._elsewhere:
            self._elsewhere = elsewhere
            self._is_news = True
            self.changed(by=0)

    def changed(self, by: int) -> None:
        """Adds `by` to the count; if it has changed since the last round, the next round is set."""
        self.count += by
        self._hours.note(self.shown)
        self._is_news |= by != 0
        if self._is_news and not self.alarm:
            self._alarms.set(self, max(self._next_at, self._clock.time() + BETWEEN_BATCHES_S))

    def wake(self, now: float) -> None:
        """Begins a round, or sends the next batch of the round under way. Called by the alarms."""
        if not self._to_tell:
            self._is_news, self._next_at = False, now + limits.ONLINE_EVERY_S
            self._to_tell = list(self._visitors.values())
            self._frame = event_frame(events.Online(self.shown))
        batch, self._to_tell = self._to_tell[:BATCH], self._to_tell[BATCH:]
        for visitor in batch:
            visitor.send(self._frame)
        if self._to_tell:
            self._alarms.set(self, now + BETWEEN_BATCHES_S)
        elif self._is_news:
            self._alarms.set(self, self._next_at)
