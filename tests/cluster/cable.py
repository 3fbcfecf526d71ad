"""The way between one node and its engine, which a test can cut: with an error, or silently in either direction."""

from __future__ import annotations

import asyncio

UP, DOWN = "up", "down"  # from the node to the engine, and back


class Cable:
    """A TCP proxy. `port`: where it listens, once it is open."""

    def __init__(self, to: int) -> None:
        self.port = 0
        self._to = to
        self._writers: set[asyncio.StreamWriter] = set()
        self._flows = {way: asyncio.Event() for way in (UP, DOWN)}
        self._server: asyncio.Server | None = None
        self.heal()

    async def open(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = int(self._server.sockets[0].getsockname()[1])

    def freeze(self, *ways: str) -> None:
        """Nothing passes these ways any more, and nobody is told. New connections are taken, as a full queue does."""
        for way in ways or (UP, DOWN):
            self._flows[way].clear()

    def heal(self) -> None:
        """What has waited passes, in order, as TCP repeats it."""
        for flow in self._flows.values():
            flow.set()

    def reset(self) -> None:
        """Every connection breaks (RST); new ones pass."""
        for writer in self._writers:
            writer.transport.abort()

    async def close(self) -> None:
        if self._server is not None:
            self._server.close()
        self.heal()
        self.reset()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self._to)
        except OSError:
            writer.transport.abort()
            return
        both = {writer, far_writer}
        self._writers |= both
        await asyncio.gather(self._pump(reader, far_writer, UP), self._pump(far_reader, writer, DOWN))
        self._writers -= both

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, way: str) -> None:
        try:
            while data := await reader.read(65_536):
                await self._flows[way].wait()
                writer.write(data)
                await writer.drain()
        except ConnectionError:
            pass
        writer.transport.abort()
