"""What the client and the server say at the same time. A test carries the packets, and so decides what comes when."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable

import pytest

from omefree.client import LinkBack, Matched, Online, Visitor
from omefree.client import retry as retrying
from omefree.client.address import Address
from tests.client.people import GUARD_S, hears
from tests.client.scripted_server import CONNECTED, OPEN, welcome
from tests.client.test_link import matched, number

OK = '[{"ok":true}]'


class Wire:
    """A Transport of packets.py whose other end is the test."""

    def __init__(self, heard: Callable[[bytes], None], gone: Callable[[Exception | None], None]) -> None:
        self.gone = gone
        self.sent: asyncio.Queue[str] = asyncio.Queue()
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

    async def greets(self, *packets: str) -> None:
        """All that comes before the first event, and these packets with it."""
        self.hears(OPEN % (10_000, 8_000))
        await self.says("40")
        self.hears(CONNECTED, *packets)

    # --- Transport

    async def open(self, address: Address, ssl_context: ssl.SSLContext | None) -> None:
        pass

    def send(self, packet: bytes) -> None:
        self.sent.put_nowait(packet.decode())

    def close(self) -> None:
        pass

    def abort(self) -> None:
        pass

    async def ended(self) -> None:
        pass

    def pause_reading(self) -> None:
        pass

    def resume_reading(self) -> None:
        pass


class Wires:
    """Makes the transport of each connection, and hands it to the test."""

    def __init__(self) -> None:
        self._made: asyncio.Queue[Wire] = asyncio.Queue()

    def make(self, heard: Callable[[bytes], None], gone: Callable[[Exception | None], None]) -> Wire:
        wire = Wire(heard, gone)
        self._made.put_nowait(wire)
        return wire

    async def next(self) -> Wire:
        async with asyncio.timeout(GUARD_S):
            return await self._made.get()


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retrying, "FIRST_S", 0.01)


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


async def test_a_find_that_waited_for_a_link_is_not_sent_after_the_match_that_crossed_it() -> None:
    """It would end the chat that has only just begun."""
    wires = Wires()
    visitor, wire = await enter(wires)
    await searches(visitor, wire)
    wire.gone(None)
    finding = asyncio.create_task(visitor.find())
    wire = await wires.next()
    await wire.greets(welcome(resumed='{"state":"chatting","chat":"x","partner":"here"}'), matched("x"))
    async with asyncio.timeout(GUARD_S):
        await finding
    assert (await hears(visitor, Matched)).chat == visitor.chat == "x"
    assert not any("find" in wire.sent.get_nowait() for _ in range(wire.sent.qsize()))
    await visitor.close()


async def test_of_two_finds_that_waited_for_a_link_the_last_is_sent() -> None:
    wires = Wires()
    visitor, wire = await enter(wires)
    wire.gone(None)
    findings = [asyncio.create_task(visitor.find(patience_s=patience)) for patience in (1, 2)]
    wire = await wires.next()
    await wire.greets(welcome())
    await hears(visitor, LinkBack)
    find = await wire.says("42")
    assert '"patience_s":2' in find
    wire.hears(f"43{number(find)}{OK}")
    async with asyncio.timeout(GUARD_S):
        await asyncio.gather(*findings)
    assert wire.sent.empty()
    await visitor.close()


async def test_a_match_that_crosses_a_leave_is_over() -> None:
    """The server ends that chat when it hears the leave, and says no more of it: what we find then is another one."""
    wires = Wires()
    visitor, wire = await enter(wires)
    await searches(visitor, wire)
    leaving = asyncio.create_task(visitor.leave())
    leave = await wire.says("42")
    finding = asyncio.create_task(visitor.find())
    find = await wire.says("42")
    wire.hears(matched("x"), f"43{number(leave)}{OK}", f"43{number(find)}{OK}")
    wire.hears('42["searching",{"since_s":0,"widened":false}]', matched("y"))
    async with asyncio.timeout(GUARD_S):
        await asyncio.gather(leaving, finding)
    assert (await hears(visitor, Matched)).chat == visitor.chat == "y"
    assert not any("leave" in wire.sent.get_nowait() for _ in range(wire.sent.qsize()))
    await visitor.close()
