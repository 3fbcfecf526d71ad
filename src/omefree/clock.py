"""The clock that every layer is given: an asyncio event loop, or a test's clock (tests/clock.py)."""

from collections.abc import Callable
from typing import Any, Protocol


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
