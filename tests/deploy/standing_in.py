"""Programs that stand in for two nodes: they answer what a balancer asks, and say who answered everybody else."""

from __future__ import annotations

import asyncio
import re
from types import TracebackType

REQUEST, SID = re.compile(rb"GET (\S+) HTTP"), re.compile(rb"sid=(\w+)")


class StandIn:
    """Answers `/readyz` as a node does, requests of its sessions with its name, and newcomers if it takes any."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.is_ready = self.takes_newcomers = True
        self._port = 0
        self._server: asyncio.Server | None = None

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self._port}"

    async def listen(self) -> None:
        """Listens, at the port where it was before."""
        self._server = await asyncio.start_server(self._answer, "127.0.0.1", self._port)
        self._port = self._server.sockets[0].getsockname()[1]

    async def die(self) -> None:
        """Nobody listens there any more."""
        assert self._server is not None
        self._server.close()
        await self._server.wait_closed()

    async def __aenter__(self) -> StandIn:
        await self.listen()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.die()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked = REQUEST.match(await reader.readuntil(b"\r\n\r\n"))
        assert asked is not None
        writer.write(f"HTTP/1.1 {self._status(asked[1])}\r\nContent-Length: 1\r\nConnection: close\r\n\r\n".encode())
        writer.write(self.name.encode())
        writer.close()

    def _status(self, target: bytes) -> str:
        if (sid := SID.search(target)) is not None:
            return "200 OK" if sid[1].decode() == self.name else "400 Bad Request"
        welcome = self.is_ready if target.endswith(b"/readyz") else self.takes_newcomers
        return "200 OK" if welcome else "503 Service Unavailable"
