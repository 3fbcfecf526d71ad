"""One of two nodes behind each proxy is stopped, or killed, while people talk: nobody who comes is refused.

Long-polling works to the end, and chats go on at the other node.
"""

from __future__ import annotations

import asyncio
import contextlib
import signal
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import NamedTuple

import aiohttp
import pytest

from omefree.client import Ended, LinkBack, LinkLost, Matched, Partner, Text, Visitor
from tests.client.people import hears, sealed
from tests.cluster.engines import ShippedEngine
from tests.cluster.history import History
from tests.cluster.nodes import Cluster, Node
from tests.deploy.proxies import PROXIES, Place, started
from tests.deploy.test_proxies import browser, joined, opened
from tests.deploy.test_two_nodes import node_of
from tests.test_server import GUARD_S, POLL, ServerClient
from tests.until import until

pytestmark = pytest.mark.asyncio(loop_scope="module")  # what TLS has to say at the end is heard

DRAINING = ("--trusted-proxies", "127.0.0.1", "--drain-notice-s", "3", "--drain-s", "7")
NOTICED = (Ended, LinkLost, LinkBack, Matched, Partner)  # what nobody is to hear


def some_in_soak(now: str) -> list[object]:
    """All proxies; `make test` has time for this one."""
    return [pytest.param(name, marks=[] if name == now else [pytest.mark.soak]) for name in PROXIES]


class World(NamedTuple):
    cluster: Cluster
    place: Place
    http: aiohttp.ClientSession

    @property
    def a(self) -> Node:
        return self.cluster.nodes["a"]


@contextlib.asynccontextmanager
async def world(name: str, folder: Path) -> AsyncIterator[World]:
    """Two nodes behind this proxy, and a browser."""
    cluster = Cluster(folder, History(time.monotonic), "ab", ShippedEngine("valkey", folder), *DRAINING)
    try:
        await cluster.start()
        servers = (f"127.0.0.1:{node.port}" for node in cluster.nodes.values())
        async with started(name, folder / "proxy", *servers) as place, browser(place) as http:
            yield World(cluster, place, http)
    finally:
        await cluster.close()


@contextlib.asynccontextmanager
async def talking(world: World) -> AsyncIterator[tuple[Visitor, Visitor]]:
    """Two in a sealed chat, each at another node."""
    trusted, url = world.place.certificate.trusted(), world.place.https
    async with Visitor(url, ssl_context=trusted) as one, Visitor(url, ssl_context=trusted) as other:
        await sealed(one, other)
        yield one, other


async def polling_pair(world: World) -> tuple[ServerClient, ServerClient, str]:
    """Two official clients that only poll and do not know `moving`; the first is at node a."""
    clients = []
    for _ in range(2):
        clients.append(ServerClient(world.http))
        await clients[-1].arrive(world.place.https, "polling")
    clients.sort(key=lambda client: node_of(client.welcome))
    assert node_of(clients[0].welcome) == "a"
    for client in clients:
        assert await client.client.call("find", {"mode": "text"}, timeout=GUARD_S) == {"ok": True}
    [matched], _ = await clients[0].hears("matched"), await clients[1].hears("matched")
    return clients[0], clients[1], matched["chat"]


class Counter:
    """What one says to the other, a number each time, and that every number has come, in order."""

    def __init__(self, one: Visitor, other: Visitor) -> None:
        self.one, self.other = one, other
        self._numbers: Iterator[int] = iter(range(10_000))

    async def say(self) -> None:
        number = str(next(self._numbers))
        self.one.say(number)
        async with asyncio.timeout(GUARD_S):
            while not isinstance(event := await self.other.next_event(), Text):
                assert not isinstance(event, NOTICED), event
        assert event.text == number


async def newcomer(world: World) -> str:
    """The node that lets somebody in who has just come. It leaves again."""
    sid = await opened(world.http, world.place)
    assert '"welcome"' in await joined(world.http, world.place, sid)
    async with world.http.post(f"{world.place.https}{POLL}&sid={sid}", data="41") as answer:
        assert answer.status == 200
    return sid.partition(".")[0]


@pytest.mark.parametrize("name", some_in_soak("caddy"))
async def test_a_node_is_stopped_and_nobody_notices(name: str, tmp_path: Path) -> None:
    async with world(name, tmp_path) as here, talking(here) as (one, other):
        polls, partner, chat = await polling_pair(here)
        there, back = Counter(one, other), Counter(other, one)
        here.a.send_signal(signal.SIGTERM)
        arrived = []
        while not here.a.has_ended():
            await there.say()
            await back.say()
            arrived.append(await newcomer(here))
            if any("event=moving" in line for line in here.a.lines) and polls.client.connected:
                assert await polls.client.call("message", (chat, "still here"), timeout=GUARD_S) == {"ok": True}
                assert await partner.hears("message") == [chat, "still here"]
                await polls.client.disconnect()
        assert here.a.end(signal.SIGTERM) == 0
        assert set(arrived[-4:]) == {"b"}
        assert any("event=stopping" in line and "count=0" in line for line in here.a.lines), "it was empty"
        await there.say()
        await back.say()
        await partner.client.disconnect()


@pytest.mark.parametrize("name", some_in_soak("haproxy"))
async def test_a_node_is_killed_and_the_chat_goes_on(name: str, tmp_path: Path) -> None:
    async with world(name, tmp_path) as here, talking(here) as (one, other):
        here.cluster.kill("a")
        assert {await newcomer(here) for _ in range(4)} == {"b"}
        for speaker, listener in ((one, other), (other, one)):
            speaker.say("still here?")
            assert (await hears(listener, Text)).text == "still here?"
        await until(lambda: one.chat is not None and one.chat == other.chat, "it is the chat of before")
