"""The clock that every layer is given: an asyncio event loop, or a test's clock (tests/clock.py)."""

from collections.abc import Callable
from typing import Any, Generic, Protocol, TypeVar

T = TypeVar("T")


class Handle(Protocol):
    """A planned call, which can be cancelled."""

    def cancel(self) -> None:
        """Cancels the call. Harmless if it has been made."""
        ...


class Clock(Protocol):
    """The one source of time: monotonic seconds, whose start means nothing."""

    def time(self) -> float:
        """The time now, in seconds."""
        ...

    def call_at(self, when: float, callback: Callable[..., object], /, *args: Any) -> Handle:
        """Plans a call for the time `when`, in seconds."""
        ...

    def call_soon(self, callback: Callable[..., object], /, *args: Any) -> Handle:
        """Plans a call for the next turn of the loop."""
        ...


class Timer:
    """Plans one call of `work`, no later than was asked for. `when`: for when it is planned; infinity if it is not."""

    def __init__(self, clock: Clock, work: Callable[[], object]) -> None:
        self._clock = clock
        self._work = work
        self._handle: Handle | None = None
        self.when = float("inf")

    def no_later_than(self, when: float | None) -> None:
        """Plans the call for the time `when`, unless it is planned for an earlier one. None: it is not needed."""
        if when is not None and when < self.when:
            self.cancel()
            self.when = when
            self._handle = self._clock.call_at(when, self._ring)

    def cancel(self) -> None:
        """Plans nothing."""
        if self._handle is not None:
            self._handle.cancel()
        self._handle, self.when = None, float("inf")

    def _ring(self) -> None:
        self._handle, self.when = None, float("inf")
        self._work()


class Fresh(Generic[T]):
    """What `make` gives, made when it is asked for and at most once every `every_s` seconds of the clock."""

    def __init__(self, make: Callable[[], T], every_s: float, clock: Callable[[], float]) -> None:
        self._make = make
        self._every_s = every_s
        self._clock = clock
        self._made: tuple[float, T] | None = None

    def get(self) -> T:
        """The last one made, if it is fresh; else a new one."""
        now = self._clock()
        if self._made is None or now - self._made[0] >= self._every_s:
            self._made = (now, self._make())
        return self._made[1]
