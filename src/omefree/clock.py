"""Time, as every layer is given it: an asyncio event loop, or a test's clock (tests/clock.py)."""

from collections.abc import Callable
from typing import Any, Protocol


class Handle(Protocol):
    """A planned call."""

    def cancel(self) -> None: ...


class Clock(Protocol):
    """The one source of time, in seconds, monotonic."""

    def time(self) -> float: ...

    def call_at(self, when: float, callback: Callable[..., object], /, *args: Any) -> Handle: ...

    def call_soon(self, callback: Callable[..., object], /, *args: Any) -> Handle: ...
