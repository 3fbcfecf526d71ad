"""The deadlines of all sessions on one timer: no task and no timer for each connection.

Deadlines are kept in slots of 10 ms. Setting and cancelling cost O(1), whatever the number of timers.
"""

import heapq
import logging
from typing import Protocol

from omefree.clock import Clock, Handle

SLOT_S = 0.01
STALL_S = 0.5  # after a longer standstill of the loop, what peers sent meanwhile is read before deadlines count
GRACE_S = 0.05

log = logging.getLogger(__name__)


class Timer(Protocol):
    """An object that has at most one deadline. `alarm` belongs to Alarms and begins as 0."""

    alarm: int

    def wake(self, now: float) -> None:
        """Called when the deadline has come, up to 10 ms early. `now` is in the clock's seconds."""
        ...


class Alarms:
    """Wakes timers at their deadlines, never more than 10 ms early."""

    __slots__ = ("_clock", "_handle", "_order", "_slots", "_wakes_at")

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._slots: dict[int, set[Timer]] = {}
        self._order: list[int] = []
        self._handle: Handle | None = None
        self._wakes_at = float("inf")

    def __len__(self) -> int:
        return sum(map(len, self._slots.values()))

    def set(self, timer: Timer, when: float) -> None:
        """Sets the timer's only deadline, in the clock's seconds. An earlier one is dropped."""
        number = max(1, int(when / SLOT_S))
        if timer.alarm == number:
            return
        self.cancel(timer)
        slot = self._slots.get(number)
        if slot is None:
            slot = self._slots[number] = set()
            heapq.heappush(self._order, number)
            self._arm()
        slot.add(timer)
        timer.alarm = number

    def cancel(self, timer: Timer) -> None:
        """Drops the timer's deadline, if it has one."""
        slot = self._slots.get(timer.alarm)
        if slot is not None:
            slot.discard(timer)
        timer.alarm = 0

    def _arm(self) -> None:
        when = self._order[0] * SLOT_S if self._order else float("inf")
        if when < self._wakes_at:
            self._schedule(when)

    def _schedule(self, when: float) -> None:
        if self._handle is not None:
            self._handle.cancel()
        self._wakes_at = when
        self._handle = self._clock.call_at(when, self._run)

    def _run(self) -> None:
        now = self._clock.time()
        if now - self._wakes_at > STALL_S:
            self._schedule(now + GRACE_S)
            return
        due = []
        while self._order and self._order[0] * SLOT_S <= now:
            due.append(heapq.heappop(self._order))
        for number in due:  # a past deadline that is set meanwhile waits for the next turn of the loop
            for timer in self._slots.pop(number):
                if timer.alarm == number:  # otherwise a timer woken before has cancelled or moved it
                    timer.alarm = 0
                    self._wake(timer, now)
        self._handle, self._wakes_at = None, float("inf")
        self._arm()

    def _wake(self, timer: Timer, now: float) -> None:
        try:
            timer.wake(now)
        except Exception:
            log.exception("a timer failed")
