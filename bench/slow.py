"""Slow networks on loopback, for bench/sealing.py. Nothing is lost, and nothing overtakes.

(`tc netem` could do it in the kernel, but it needs a module that not every machine has.)
"""

from __future__ import annotations

import asyncio
import contextlib
import tempfile
from collections.abc import AsyncIterator, Callable
from functools import partial
from pathlib import Path
from typing import TypeAlias

from tests.e2e.people import TcpProxy
from tests.net.test_turn import SECRET, answering

DELAY_S = 0.05  # each way: a mobile network, or a server some 5,000 km away
CHUNK_BYTES = 65_536
HOST = "127.0.0.1"
# Many: a page that is closed in a call leaves its ports taken until they time out, after 10 minutes.
PORTS = ("--min-port=20000", "--max-port=30000")
Address: TypeAlias = tuple[str, int]


class SlowProxy(TcpProxy):
    """A TCP proxy. Each chunk arrives late, and in order."""

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        now = asyncio.get_running_loop().time
        network: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue()
        arriving = asyncio.create_task(self._arrive(network, writer))
        with contextlib.suppress(ConnectionError):
            while data := await reader.read(CHUNK_BYTES):
                network.put_nowait((now() + DELAY_S, data))
        network.put_nowait((now() + DELAY_S, b""))
        await arriving

    async def _arrive(self, network: asyncio.Queue[tuple[float, bytes]], writer: asyncio.StreamWriter) -> None:
        now = asyncio.get_running_loop().time
        while True:
            due, data = await network.get()
            await asyncio.sleep(due - now())
            if not data or writer.is_closing():
                return writer.transport.abort()
            writer.write(data)


class Near(asyncio.DatagramProtocol):
    """The side of a UDP proxy that the browsers see. Each of their ports gets one of its own towards the server."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._far: dict[Address, asyncio.Task[asyncio.DatagramTransport]] = {}
        self._wire: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: asyncio.DatagramTransport) -> None:  # type: ignore[override]
        self._wire = transport

    def datagram_received(self, data: bytes, addr: Address) -> None:
        if addr not in self._far:
            self._far[addr] = asyncio.create_task(self._reach(addr))
        later(self._pass_on, data, addr)

    def close(self) -> None:
        for far in self._far.values():
            if far.done():
                far.result().close()
        if self._wire is not None:
            self._wire.close()

    def _pass_on(self, data: bytes, addr: Address) -> None:
        self._far[addr].result().sendto(data)  # made in far less than the delay

    async def _reach(self, addr: Address) -> asyncio.DatagramTransport:
        assert self._wire is not None
        far = partial(Far, partial(self._wire.sendto, addr=addr))
        transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(far, remote_addr=(HOST, self._port))
        return transport


class Far(asyncio.DatagramProtocol):
    """The side of a UDP proxy that the server sees, for one of the browsers' ports."""

    def __init__(self, answer: Callable[[bytes], None]) -> None:
        self._answer = answer

    def datagram_received(self, data: bytes, addr: Address) -> None:
        later(self._answer, data)


def later(act: Callable[..., object], *args: object) -> None:
    asyncio.get_running_loop().call_later(DELAY_S, act, *args)


@contextlib.asynccontextmanager
async def slow_turn() -> AsyncIterator[tuple[str, ...]]:
    """A coturn that is far away; yields the flags that tell a server of it."""
    with tempfile.TemporaryDirectory() as folder:
        async with answering(Path(folder), *PORTS) as port:
            near = Near(port)
            here, _ = await asyncio.get_running_loop().create_datagram_endpoint(lambda: near, local_addr=(HOST, 0))
            yield "--turn-url", f"turn:{HOST}:{here.get_extra_info('sockname')[1]}", "--turn-secret", SECRET
            near.close()
