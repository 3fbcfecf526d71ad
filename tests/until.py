"""The one place where tests ask again and again.

What a browser paints or another process does has no event to wait for.
"""

import asyncio
import inspect
from collections.abc import Awaitable, Callable

AGAIN_S = 0.01
AGAIN_MAX_S = 0.1  # a browser that is asked more often has less time for what is waited for


async def until(holds: Callable[[], bool | Awaitable[bool]], what: str, guard_s: float = 60.0) -> None:
    """Asks again and again until it holds. Raises AssertionError with `what` after the guard time."""
    pause_s = AGAIN_S
    try:
        async with asyncio.timeout(guard_s):
            while not await answer(holds):
                await asyncio.sleep(pause_s)
                pause_s = min(2 * pause_s, AGAIN_MAX_S)
    except TimeoutError:
        raise AssertionError(f"never: {what}") from None


async def lasting(seconds: float) -> None:
    """A fault, or a pause of somebody who talks, that takes so long by itself. Nothing is waited for in it."""
    await asyncio.sleep(seconds)


async def answer(holds: Callable[[], bool | Awaitable[bool]]) -> bool:
    held = holds()
    return await held if inspect.isawaitable(held) else held
