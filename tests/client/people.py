"""Visitors of a real server, and helpers that wait for what happens to them."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
from collections.abc import AsyncIterator
from typing import TypeVar

from omefree.client import Event, Matched, Sealed, Text, Visitor

GUARD_S = 20.0  # no test measures time: this only ends one that hangs
E = TypeVar("E", bound=Event)


async def hears(visitor: Visitor, kind: type[E]) -> E:
    """The next event of that kind; those before it are passed over."""
    async with asyncio.timeout(GUARD_S):
        while not isinstance(event := await visitor.next_event(), kind):
            pass
        return event


async def hears_texts(visitor: Visitor, count: int) -> list[str]:
    return [(await hears(visitor, Text)).text for _ in range(count)]


def topic() -> str:
    """Nobody else likes it, so that tests do not meet each other's visitors."""
    return secrets.token_hex(8)


async def look(visitor: Visitor, about: str) -> None:
    async with asyncio.timeout(GUARD_S):
        await visitor.find(interests=[about], patience_s=None)


async def meet(a: Visitor, b: Visitor) -> tuple[Matched, Matched]:
    """Both are in one chat, told of it and not yet sealed."""
    about = topic()
    await look(a, about)
    await look(b, about)
    return await hears(a, Matched), await hears(b, Matched)


async def sealed(a: Visitor, b: Visitor) -> tuple[Sealed, Sealed]:
    """Both are in one sealed chat."""
    await meet(a, b)
    return await hears(a, Sealed), await hears(b, Sealed)


@contextlib.asynccontextmanager
async def two(url: str, other: str | None = None) -> AsyncIterator[tuple[Visitor, Visitor]]:
    async with Visitor(url) as a, Visitor(other or url) as b:
        yield a, b


async def talks_with_somebody(visitor: Visitor, url: str) -> None:
    """Finds a partner whom it has not met, and they understand each other."""
    async with Visitor(url) as stranger:
        mine, theirs = await sealed(visitor, stranger)
        assert mine.emoji == theirs.emoji
        visitor.say("hello")
        stranger.say("hello to you")
        assert (await hears(stranger, Text)).text == "hello"
        assert (await hears(visitor, Text)).text == "hello to you"
