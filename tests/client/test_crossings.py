"""What the client and the server say at the same time. A test carries the packets, and so decides what comes when."""

from __future__ import annotations

import asyncio

import pytest

from omefree.client import LinkBack, Matched
from omefree.client import retry as retrying
from tests.client.people import GUARD_S, hears
from tests.client.scripted_server import welcome
from tests.client.test_link import matched
from tests.client.wires import OK, Wires, enter, number, searches


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retrying, "FIRST_S", 0.01)


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
