"""Workers are renewed, and a whole machine ends, while visitors are here: official clients, which hear `moving`."""

from __future__ import annotations

import asyncio
import contextlib
import os
import secrets
import signal
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.exchange.conftest import MakeEngine, start_engine
from tests.test_server import GUARD_S, Process, ServerClient, pair, running
from tests.until import until
from tests.workers.test_workers import PLAIN, get, leave, pairs, talk, worker_pids, workers

__all__ = ["start_engine"]

SLOW = ("--drain-s", "60", "--drain-notice-s", "2")  # whoever waits for the end of it fails
DRAINING = (503, '{"status":"draining","degraded":""}')


async def all_hear(talking: list[tuple[ServerClient, ServerClient, str]], event: str) -> None:
    for a, b, _ in talking:
        for visitor in (a, b):
            await visitor.hears(event)


def asked(visitor: ServerClient) -> asyncio.Event:
    """Set once it has heard `moving`, whatever else it hears."""
    heard = asyncio.Event()

    async def hear(_told: object) -> None:
        heard.set()

    visitor.client.on("moving", hear)
    return heard


async def moves(visitor: ServerClient, is_asked: asyncio.Event) -> None:
    """Goes when it is asked to move: to whoever counts visitors it is the same."""
    async with asyncio.timeout(GUARD_S):
        await is_asked.wait()
    await visitor.client.disconnect()


async def says(server: Process, event: str) -> None:
    await asyncio.to_thread(server.wait_for, f"event=({event})")


async def test_a_worker_that_is_renewed_stays_until_its_visitors_have_moved(page: Path) -> None:
    with workers(page, *SLOW) as server:
        before = worker_pids(server)
        talking = await pairs(server.url, 6)
        visitors = [visitor for a, b, _ in talking for visitor in (a, b)]
        moving = [moves(visitor, asked(visitor)) for visitor in visitors]
        server.process.send_signal(signal.SIGUSR2)
        await says(server, "moving")
        for a, b, chat in talking:
            await talk(a, b, chat, "still here")
        assert {(await get(f"{server.url}/readyz"))[0] for _ in range(8)} == {200}, "the machine takes visitors"
        for a, b, chat in await pairs(server.url, 2):
            await talk(a, b, chat, "hello")
            await leave(a, b)
        await asyncio.gather(*moving)
        await says(server, "workers_renewed")
        assert not worker_pids(server) & before
        assert server.stop() == 0
        assert "level=error" not in "".join(server.lines)


async def test_a_signal_in_the_middle_of_it_ends_all_at_once_for_there_is_no_other_machine(page: Path) -> None:
    with workers(page, *SLOW) as server:
        talking = await pairs(server.url, 4)
        server.process.send_signal(signal.SIGUSR2)
        await says(server, "moving")
        server.process.send_signal(signal.SIGTERM)
        await all_hear(talking, "ended")
        assert await asyncio.to_thread(server.wait) == 0


@pytest.mark.soak
async def test_a_worker_that_does_not_end_is_killed_in_the_end_and_the_others_are_renewed(page: Path) -> None:
    with workers(page, "--drain-s", "1", "--drain-notice-s", "0") as server:
        before = worker_pids(server)
        for pid in before:
            os.kill(pid, signal.SIGSTOP)
        server.process.send_signal(signal.SIGUSR2)
        await until(lambda: not worker_pids(server) & before, "the old ones are gone", 120.0)
        await says(server, "workers_renewed")
        a, b, chat = await pair(server.url, "websocket")
        await talk(a, b, chat, "hello")
        await leave(a, b)
        assert server.stop() == 0


class Machines:
    """One with two workers, and one with a single process: they are one chat."""

    def __init__(self, page: Path, url: str, secret: str) -> None:
        self._page = page
        self._options = (*PLAIN, *SLOW, "--exchange", url, "--exchange-secret-file", secret)

    def start(self, *options: str) -> contextlib.AbstractContextManager[Process]:
        return running(self._page, *self._options, *options)


@pytest.fixture
async def machines(page: Path, start_engine: MakeEngine, tmp_path: Path) -> AsyncIterator[Machines]:
    engine = await start_engine("valkey")
    secret = tmp_path / "secret"
    secret.write_text(secrets.token_urlsafe(32))
    yield Machines(page, engine.url, str(secret))


@pytest.fixture
def both(machines: Machines) -> Iterator[tuple[Process, Process]]:
    with machines.start("--node", "b") as other, machines.start("--node", "a", "--workers", "2") as server:
        yield server, other


@pytest.mark.parametrize("who", ["supervisor", "all"])
async def test_a_machine_that_ends_waits_until_its_visitors_have_moved_to_another_one(
    both: tuple[Process, Process], who: str
) -> None:
    """`all`: as systemd does (KillMode=control-group, systemd.kill(5))."""
    server, other = both
    talking = await pairs(server.url, 4)
    pids = [*worker_pids(server)] if who == "all" else []
    for pid in (*pids, server.process.pid):
        os.kill(pid, signal.SIGTERM)

    async def is_draining() -> bool:
        return all([await get(f"{server.url}/readyz") == DRAINING for _ in range(6)])

    await until(is_draining, "balancers see it, whoever answers")
    late = ServerClient()
    await late.arrive(server.url, "websocket")
    await all_hear(talking, "moving")
    await late.hears("moving")
    for a, b, chat in talking:
        await talk(a, b, chat, "still here")
        await leave(a, b)
    await leave(late)
    assert await asyncio.to_thread(server.wait) == 0
    assert (await get(f"{other.url}/readyz"))[0] == 200
    assert "level=error" not in "".join((*server.lines, *other.lines))


async def test_a_second_signal_to_the_supervisor_ends_all_at_once(both: tuple[Process, Process]) -> None:
    server, _ = both
    talking = [await pair(server.url, "websocket") for _ in range(4)]
    server.process.send_signal(signal.SIGTERM)
    await all_hear(talking, "moving")
    server.process.send_signal(signal.SIGTERM)
    await all_hear(talking, "ended")
    assert await asyncio.to_thread(server.wait) == 0
