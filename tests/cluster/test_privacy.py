"""What the engine could tell of visitors: nothing (design: test 14). Its memory is searched, and all that passes it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from omefree.exchange.registry import KEYS
from tests.cluster.engines import ENGINES, ShippedEngine
from tests.cluster.run import GUARD_S, running
from tests.privacy.leavers import Leaver, Server, arrive, chat, interest, remains, sockets
from tests.until import until

VISITORS = 12
HELD = {"address", "sid", "socket", "chat"}  # of those who chat; what they search for is dropped at a match


@pytest.mark.parametrize("kind", ENGINES)
async def test_nothing_of_a_visitor_is_in_the_engine_nor_in_what_passes_it(tmp_path: Path, kind: str) -> None:
    async with running(tmp_path, "ab", kind, "--trusted-proxies", "127.0.0.0/8") as run:
        engine = run.cluster.engine
        assert engine is not None
        nodes = [Server(node.pid, node.port, sockets(node.pid)) for node in run.cluster.nodes.values()]
        outside = Server(engine.pid, nodes[0].port, 0)
        async with monitored(engine) as seen:
            leavers = await of_both(nodes)
            for leaver in leavers:
                await leaver.find(interest())
            assert await remains(outside, leavers) == {}, "while they search"
            await chat(leavers)
            assert await remains(outside, leavers) == {}, "while they chat"
            await engine.ask("SAVE")
            kept = await here(nodes, leavers)
        assert kept >= HELD, "the search bites"
        assert b'"spublish"' in bytes(seen).lower(), "all that passes is seen"
        assert {word for leaver in leavers for word in plain(leaver) if word in seen} == set()
        assert {word for leaver in leavers for word in plain(leaver) if word in engine.dump()} == set()
        assert set(await engine.ask("KEYS", "*")) <= set(KEYS)
        for leaver in leavers:
            await leaver.leave()
        await until(lambda: nothing_is_left(nodes, leavers), "nothing is left in the nodes", GUARD_S)
        assert await remains(outside, leavers) == {}, "when they have left"


async def of_both(nodes: list[Server]) -> list[Leaver]:
    """Visitors of both nodes by turns: each will meet one of the other node."""
    each = [await arrive(node, VISITORS // 2, polls=2) for node in nodes]
    return [leaver for pair in zip(*each, strict=True) for leaver in pair]


async def here(nodes: list[Server], leavers: list[Leaver]) -> set[str]:
    """The kinds of words that some node holds."""
    return {kind for node in nodes for kind in await remains(node, leavers)}


async def nothing_is_left(nodes: list[Server], leavers: list[Leaver]) -> bool:
    return not await here(nodes, leavers)


def plain(leaver: Leaver) -> list[bytes]:
    return [word for words in leaver.words.values() for word in words]


@asynccontextmanager
async def monitored(engine: ShippedEngine) -> AsyncIterator[bytearray]:
    """All commands that the engine is asked, as MONITOR shows them."""
    reader, writer = await asyncio.open_unix_connection(str(engine.socket))
    writer.write(f"AUTH test {engine.own_password}\r\nMONITOR\r\n".encode())
    seen = bytearray()

    async def listen() -> None:
        while data := await reader.read(65_536):
            seen.extend(data)

    listening = asyncio.create_task(listen())
    yield seen
    writer.close()
    await listening
