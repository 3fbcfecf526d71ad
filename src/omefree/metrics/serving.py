"""Puts the parts of /metrics together."""

import asyncio
import socket
import time
from collections.abc import Awaitable, Callable
from functools import partial
from typing import TypeAlias

import msgspec

from omefree.clock import Fresh
from omefree.metrics.endpoint import Endpoint
from omefree.metrics.exposition import CONTENT_TYPE, Listed, of_process, text
from omefree.metrics.merging import merged
from omefree.metrics.reading import Parts, Values, read

FRESH_S = 5.0  # Prometheus asks every 15 s. With 50,000 visitors a text takes 0.1 s: their open files are counted

AskAll: TypeAlias = Callable[[], Awaitable[list[bytes]]]
"""What all other workers of this machine answer, each with `told`."""


async def start(parts: Parts, bound: list[socket.socket], ask: AskAll | None = None) -> Endpoint:
    """Answers on these sockets from now on; closing the endpoint closes them. Raises OSError.

    `ask`: the answer is for all workers together.
    """
    loop = asyncio.get_running_loop()

    def make() -> asyncio.Task[bytes]:
        return loop.create_task(everything(parts, ask))

    fresh = Fresh(make, FRESH_S, time.monotonic)

    async def made() -> bytes:
        return await asyncio.shield(fresh.get())  # whoever asks may go away: others wait for the same text

    endpoint = Endpoint(made, CONTENT_TYPE)
    await endpoint.listen(bound)
    return endpoint


async def everything(parts: Parts, ask: AskAll | None) -> bytes:
    """The whole text."""
    if ask is None:
        return text(Listed(partial(read, parts)))
    others = [msgspec.json.decode(answer, type=dict[str, dict[str, float]]) for answer in await ask()]
    return text(Listed(partial(merged, [own(parts), *others])))


def own(parts: Parts) -> dict[str, Values]:
    """The values of this worker, exact, those of its process included."""
    return read(parts) | of_process()


def told(parts: Parts) -> bytes:
    """The same for a sibling, JSON."""
    return msgspec.json.encode(own(parts))
