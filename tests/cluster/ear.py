"""Hears what nodes say to all, as one of them would: it has their secret."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from omefree.contract.batches import decode_batch
from omefree.exchange.sealing import Sealing
from omefree.exchange.wire import ALL
from tests.cluster.nodes import Cluster


@asynccontextmanager
async def ear(cluster: Cluster) -> AsyncIterator[Counter[str]]:
    """The names of all items said to all since then, and how many of each."""
    said: Counter[str] = Counter()
    sealing = Sealing([cluster.secret.read_bytes().strip()])
    assert cluster.engine is not None
    async with cluster.engine.own_client() as client, client.pubsub() as pubsub:
        await pubsub.subscribe(ALL)

        async def listen() -> None:
            async for heard in pubsub.listen():
                if heard["type"] != "message":
                    continue
                plain = sealing.open(ALL, heard["data"])
                assert isinstance(plain, bytes), plain
                said.update(str(type(item).__struct_config__.tag) for item in decode_batch(plain).batch.items)

        listening = asyncio.create_task(listen())
        try:
            yield said
        finally:
            listening.cancel()
            [mistake] = await asyncio.gather(listening, return_exceptions=True)
            assert isinstance(mistake, asyncio.CancelledError), mistake
