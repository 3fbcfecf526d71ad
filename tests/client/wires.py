"""Transports whose other end is the test: it carries the packets, and so decides what comes when."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable

from omefree.client import Online, Visitor
from omefree.client.address import Address
from omefree.errors import ConnectError
from tests.client.people import GUARD_S, hears
from tests.client.scripted_server import CONNECTED, OPEN, welcome

OK = '[{"ok":true}]'


class Wire:
    """A Transport of packets.py. `is_closed`: the client has closed it; `is_read`: it reads on."""

    def __init__(self, heard: Callable[[bytes], None], gone: Callable[[Exception | None], None]) -> None:
        self.gone = gone
        self.sent: asyncio.Queue[str] = asyncio.Queue()
        self.is_closed = False
        self.is_read = True
        self.refusal: ConnectError | None = None  # a server that lets nobody in
        self._heard = heard

    def hears(self, *packets: str) -> None:
        """They come at once: no task of the client runs between two of them."""
        for packet in packets:
            self._heard(packet.encode())

    async def says(self, begin: str) -> str:
        """The next packet of the client that begins so."""
        async with asyncio.timeout(GUARD_S):
            while not (packet := await self.sent.get()).startswith(begin):
                pass
            return packet

    def said(self) -> list[str]:
        """All that the client has sent and nobody has read yet."""
        return [self.sent.get_nowait() for _ in range(self.sent.qsize())]

    async def asked_in(self) -> str:
        """The client's CONNECT, after the handshake."""
        self.hears(OPEN % (10_000, 8_000))
        return await self.says("40")

    async def greets(self, *packets: str) -> None:
        """All that comes before the first event, and these packets with it."""
        await self.asked_in()
        self.hears(CONNECTED, *packets)

    # --- Transport

    async def open(self, address: Address, ssl_context: ssl.SSLContext | None) -> None:
        if self.refusal is not None:
            raise self.refusal

    def send(self, packet: bytes) -> None:
        self.sent.put_nowait(packet.decode())

    def close(self) -> None:
        self.is_closed = True

    def abort(self) -> None:
        self.is_closed = True

    async def ended(self) -> None:
        pass

    def pause_reading(self) -> None:
        self.is_read = False

    def resume_reading(self) -> None:
        self.is_read = True


class Wires:
    """Makes the transport of each connection, and hands it to the test. `refusal`: of those made from now on."""

    def __init__(self) -> None:
        self.count = 0
        self.refusal: ConnectError | None = None
        self._made: asyncio.Queue[Wire] = asyncio.Queue()

    def make(self, heard: Callable[[bytes], None], gone: Callable[[Exception | None], None]) -> Wire:
        wire = Wire(heard, gone)
        wire.refusal = self.refusal
        self.count += 1
        self._made.put_nowait(wire)
        return wire

    async def next(self) -> Wire:
        async with asyncio.timeout(GUARD_S):
            return await self._made.get()


async def enter(wires: Wires) -> tuple[Visitor, Wire]:
    visitor = Visitor("http://127.0.0.1", make_transport=wires.make)
    entering = asyncio.create_task(visitor.__aenter__())
    wire = await wires.next()
    await wire.greets(welcome())
    await entering
    await hears(visitor, Online)
    return visitor, wire


async def searches(visitor: Visitor, wire: Wire) -> None:
    finding = asyncio.create_task(visitor.find())
    find = await wire.says("42")
    wire.hears(f"43{number(find)}{OK}")
    await finding


def number(event: str) -> str:
    """The number with which an event asks for its reply."""
    return event[2 : event.index("[")]
