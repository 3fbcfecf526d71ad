"""Time for tests: a clock with those methods of an asyncio loop that OmeFree uses."""

from collections.abc import Callable
from heapq import heappop, heappush
from typing import Any


class FakeHandle:
    """The handle that `call_at` and `call_soon` return."""

    def __init__(self, callback: Callable[..., object], args: tuple[Any, ...]) -> None:
        self._callback = callback
        self._args = args
        self._cancelled = False

    def cancel(self) -> None:
        self._cancelled = True

    def cancelled(self) -> bool:
        return self._cancelled

    def run(self) -> None:
        if not self._cancelled:
            self._callback(*self._args)


class FakeClock:
    """A clock whose `time()` moves by `advance` only.

    `advance` runs what is due, in order of time, then of planning. An exception of a callback goes to the test.
    """

    def __init__(self, start_s: float = 1000.0) -> None:
        self._now = start_s
        self._planned: list[tuple[float, int, FakeHandle]] = []
        self._count = 0

    def time(self) -> float:
        return self._now

    def call_at(self, when: float, callback: Callable[..., object], /, *args: Any) -> FakeHandle:
        handle = FakeHandle(callback, args)
        self._count += 1
        heappush(self._planned, (when, self._count, handle))
        return handle

    def call_later(self, delay_s: float, callback: Callable[..., object], /, *args: Any) -> FakeHandle:
        return self.call_at(self._now + delay_s, callback, *args)

    def call_soon(self, callback: Callable[..., object], /, *args: Any) -> FakeHandle:
        return self.call_at(self._now, callback, *args)

    def advance(self, seconds: float = 0.0) -> None:
        """Go forward. `advance()` runs what is due now, and what that plans for now, as a few turns of a loop would."""
        end = self._now + seconds
        while self._planned and self._planned[0][0] <= end:
            when, _, handle = heappop(self._planned)
            self._now = max(self._now, when)
            handle.run()
        self._now = end

    def planned(self) -> int:
        """How many callbacks are waiting that nobody cancelled."""
        return sum(not handle.cancelled() for _, _, handle in self._planned)
