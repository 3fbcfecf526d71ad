"""A node whose client of Valkey is redis-py: `python -m bench.redis_py serve ..`, for what that costs.

Beside it stands ours (exchange/line.py). All that waits is one pipeline, as redis-py's users write it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from typing import Any

from redis.asyncio import Redis

from omefree.exchange import connection
from omefree.exchange.address import Address
from omefree.exchange.line import OnArrival, OnListeners
from omefree.exchange.wire import ALL, Publication
from omefree.launch import main


class RedisPyLine:
    """As `Line`. It is for a measurement: what goes wrong ends it, and has no name."""

    def __init__(self, client: Redis, on_arrival: OnArrival, on_listeners: OnListeners) -> None:
        loop = asyncio.get_running_loop()
        self._client: Any = client
        self._pubsub: Any = client.pubsub()
        self._on_arrival, self._on_listeners = on_arrival, on_listeners
        self._waiting: list[Publication] = []
        self._some = asyncio.Event()
        self._tasks = [loop.create_task(self._publish())]
        self.is_full = False
        self.lost: asyncio.Future[None] = loop.create_future()
        self._tasks[0].add_done_callback(self._end)

    @classmethod
    async def open(
        cls,
        address: Address,
        place: tuple[str, int],
        on_arrival: OnArrival,
        on_listeners: OnListeners,
        on_full: Callable[[], None],
    ) -> RedisPyLine:
        """As `Line.open`."""
        client = Redis(
            host=place[0], port=place[1], username=address.user, password=address.password, protocol=3
        )  # fmt: skip
        return cls(client, on_arrival, on_listeners)

    async def greet(self, user: str | None, password: str | None) -> Any:
        """What the server tells of itself."""
        return await self._client.execute_command("HELLO", "3")

    def ask(self, *command: Any) -> asyncio.Future[Any]:
        """The future of a reply. A subscription goes to redis-py's own connection for these."""
        if command[0] in ("SSUBSCRIBE", "SUBSCRIBE"):
            return asyncio.ensure_future(self._subscribe(*command))
        reply: asyncio.Future[Any] = asyncio.ensure_future(self._client.execute_command(*command))
        return reply

    def publish(self, publications: Iterable[Publication]) -> None:
        """Leaves these for the next pipeline."""
        self._waiting += publications
        self._some.set()

    def cut(self) -> None:
        """Ends it."""
        for task in self._tasks:
            task.cancel()

    async def _subscribe(self, verb: str, channel: str) -> None:
        await (self._pubsub.ssubscribe if verb == "SSUBSCRIBE" else self._pubsub.subscribe)(channel)
        if len(self._tasks) == 1:
            self._tasks.append(asyncio.ensure_future(self._listen()))

    async def _publish(self) -> None:
        while await self._some.wait():
            self._some.clear()
            publications, self._waiting = self._waiting, []
            pipeline = self._client.pipeline(transaction=False)
            for channel, data in publications:
                pipeline.execute_command("PUBLISH" if channel == ALL else "SPUBLISH", channel, data)
            for (channel, _), count in zip(publications, await pipeline.execute(), strict=True):
                if channel != ALL:
                    self._on_listeners(channel, count)

    async def _listen(self) -> None:
        async for message in self._pubsub.listen():
            if message["type"] in ("message", "smessage"):
                self._on_arrival(message["channel"].decode(), message["data"])

    def _end(self, task: asyncio.Task[None]) -> None:
        if not self.lost.done():
            self.lost.set_result(None)


if __name__ == "__main__":
    connection.Line = RedisPyLine  # type: ignore[attr-defined, assignment]
    main()
