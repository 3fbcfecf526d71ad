"""A node is stopped: it waits until its visitors have moved, whatever happens meanwhile.

Whether they move well is tried elsewhere: here they are official clients, which hear `moving` and do nothing.
"""

from __future__ import annotations

import asyncio
import json
import re
import signal
from pathlib import Path

from tests.cluster.nodes import Node
from tests.cluster.run import Run, running
from tests.test_server import GUARD_S, ServerClient, pair
from tests.test_signals import catches
from tests.until import until

SLOW = ("--drain-s", "60", "--drain-notice-s", "2")  # whoever waits for the end of it fails
QUICK = ("--drain-s", "4", "--drain-notice-s", "0.5")


def url(node: Node) -> str:
    return f"http://127.0.0.1:{node.port}"


async def arrives(node: Node, *transports: str) -> ServerClient:
    visitor = ServerClient()
    await visitor.arrive(url(node), *(transports or ["websocket"]))
    return visitor


async def is_draining(node: Node) -> bool:
    return await node.get("/readyz") == (503, '{"status":"draining","degraded":""}')


async def ends(node: Node) -> int:
    """Its exit code."""
    await until(node.has_ended, "it has ended")
    return node.end(signal.SIGTERM)


async def says(a: ServerClient, b: ServerClient, chat: str, text: str) -> None:
    assert await a.client.call("message", (chat, text), timeout=GUARD_S) == {"ok": True}
    assert await b.hears("message") == [chat, text]


async def test_all_goes_on_until_the_last_visitor_has_gone(tmp_path: Path) -> None:
    async with running(tmp_path, "ab", "valkey", *SLOW) as run:
        leader, led = await run.cluster.led()
        node, other = run.cluster.nodes[leader], run.cluster.nodes[led]
        a, b, chat = await pair(url(node), "websocket")
        polls = await arrives(node, "polling")
        node.send_signal(signal.SIGTERM)
        await until(lambda: is_draining(node), "balancers see it")
        late = await arrives(node)
        assert '"status":"draining"' in (await node.get("/healthz"))[1]
        await until(lambda: leads(run, led), "the other one leads")
        for visitor in (a, b, polls, late):
            [told] = await visitor.hears("moving")
            assert 0 < told["after_s"] <= 0.75 * 58
        status, body = await node.get("/socket.io/?EIO=4&transport=polling")
        assert (status, json.loads(body)["reason"]) == (503, "draining"), "a proxy without health checks sees it"
        node.send_signal(signal.SIGHUP)
        await says(a, b, chat, "still here")
        there = await arrives(other)
        for visitor in (late, there):
            assert await visitor.client.call("find", {"mode": "text"}, timeout=GUARD_S) == {"ok": True}
        [matched], [same] = await late.hears("matched"), await there.hears("matched")
        assert matched["chat"] == same["chat"], "a search that has begun goes on"
        for visitor in (a, b, polls, late, there):
            await visitor.client.disconnect()
        assert await ends(node) == 0
        said = "\n".join(node.lines)
        for event in ("draining", "leads_no_longer", "moving", "reloaded", "stopping"):
            assert re.search(rf"event={event}\b", said)
        assert "level=error" not in said


async def leads(run: Run, tag: str) -> bool:
    return {await run.cluster.leader(pool) for pool in ("text", "video")} == {tag}


async def test_a_second_signal_ends_it_at_once(tmp_path: Path) -> None:
    async with running(tmp_path, "ab", "valkey", *SLOW) as run:
        node = run.cluster.nodes["a"]
        a, b, chat = await pair(url(node), "websocket")
        node.send_signal(signal.SIGTERM)
        await until(lambda: is_draining(node), "it drains")
        node.send_signal(signal.SIGTERM)
        for visitor in (a, b):
            assert await visitor.hears("ended") == [chat, "drained"]
            await visitor.hears("disconnect")
        assert await ends(node) == 0


async def test_who_cannot_move_because_the_engine_is_gone_hears_drained_in_time(tmp_path: Path) -> None:
    async with running(tmp_path, "ab", "valkey", *QUICK) as run:
        node = run.cluster.nodes["a"]
        a, b, chat = await pair(url(node), "websocket")
        node.send_signal(signal.SIGTERM)
        await a.hears("moving")
        run.engine.kill()
        await says(a, b, chat, "still here")
        for visitor in (a, b):
            assert await visitor.hears("ended") == [chat, "drained"]
        assert await ends(node) == 0


async def test_the_last_node_ends_at_once_and_of_two_that_end_together_neither_waits_for_the_other(
    tmp_path: Path,
) -> None:
    async with running(tmp_path, "ab", "valkey", *SLOW) as run:
        nodes = run.cluster.nodes.values()
        pairs = [await pair(url(node), "websocket") for node in nodes]
        for node in nodes:
            node.send_signal(signal.SIGTERM)
        for a, b, chat in pairs:
            for visitor in (a, b):
                assert await visitor.hears("ended") == [chat, "drained"]
        assert [await ends(node) for node in nodes] == [0, 0]
        await run.cluster.start_node("a")
        node = run.cluster.nodes["a"]
        a, b, chat = await pair(url(node), "websocket")
        node.send_signal(signal.SIGTERM)
        for visitor in (a, b):
            assert await visitor.hears("ended") == [chat, "drained"]
        assert await ends(node) == 0
        assert sum("event=draining" in line for line in node.lines) <= 1, "it had no time to, the second time"


async def test_a_signal_while_it_starts_ends_it(tmp_path: Path) -> None:
    async with running(tmp_path, "ab", "valkey", *QUICK) as run:
        node = run.cluster.nodes["a"]
        assert node.end(signal.SIGTERM) == 0
        starting = asyncio.create_task(run.cluster.start_node("a"))
        await until(lambda: not node.has_ended(), "its process is there")
        await until(lambda: catches(node.pid), "it heeds signals")
        node.send_signal(signal.SIGTERM)
        await asyncio.wait([starting])
        assert await ends(node) == 0
