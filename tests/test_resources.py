"""At the limits of the system: what is too little is said, and whoever is here stays."""

import asyncio
import resource
from pathlib import Path

import pytest

from omefree.audit import proc
from omefree.process.resources import MARGIN_BYTES, Memory, margin
from tests.engine.raw import TEXT, UPGRADE, RawConnection, WebSocket, frame
from tests.test_cli import omefree
from tests.test_server import GUARD_S, SOCKET, Process, pair, running
from tests.until import until

MB = 1_048_576
FLAGS = ("--host", "127.0.0.1", "--stun-port", "0", "--quota-scale", "1000")


def test_too_few_descriptors_are_said(page: Path) -> None:
    with running(page, "--stun-port", "0", before="ulimit -n 300;") as server:
        assert "event=few_descriptors descriptors=300 needed=53189" in "".join(server.lines)
    with running(page, "--stun-port", "0", "--max-connections", "100", before="ulimit -n 300;") as server:
        assert "few_descriptors" not in "".join(server.lines)


def test_check_config_says_it_too() -> None:
    done = omefree("--check-config", "--max-connections", "10000000")
    assert "need 10625064 open files" in done.stderr
    assert (done.returncode, done.stdout) == (0, "The settings can be used, but see the warnings.\n")


@pytest.mark.parametrize(("limit", "kept"), [(64 * MB, MARGIN_BYTES), (1_024 * MB, 64 * MB)])
def test_a_part_of_the_memory_is_kept_for_those_who_are_here(limit: int, kept: int) -> None:
    assert margin(limit) == kept


def test_without_a_limit_memory_is_never_short() -> None:
    assert not Memory(lambda: 0.0).is_short()


def limit_memory(server: Process, spare_bytes: int) -> None:
    """Leaves the server so much room until it takes nobody new."""
    used = proc.kilobytes(server.process.pid, "VmSize") * 1024 + spare_bytes
    limit = max(used * 16 // 15, used + MARGIN_BYTES)
    resource.prlimit(server.process.pid, resource.RLIMIT_AS, (limit, resource.RLIM_INFINITY))


async def come(server: Process) -> WebSocket | None:
    """A newcomer; None if it was not let in."""
    connection = await RawConnection.open(int(server.url.rpartition(":")[2]))
    visitor = WebSocket(connection)
    if (await connection.ask("GET", SOCKET, UPGRADE)).status == 101:
        assert (await visitor.text()).startswith("0{")
        await visitor.raw(frame(TEXT, b"40"))
        if (await visitor.text()).startswith("40"):
            return visitor
    connection.drop()
    return None


async def online(server: Process) -> int:
    connection = await RawConnection.open(int(server.url.rpartition(":")[2]))
    count = int((await connection.ask("GET", "/healthz", {"Connection": "close"})).json["online"])
    connection.drop()
    return count


async def test_at_a_limit_of_memory_newcomers_are_refused_and_nobody_is_lost(page: Path) -> None:
    with running(page, *FLAGS) as server:
        a, b, chat = await pair(server.url, "websocket")
        limit_memory(server, 4 * MB)
        crowd: list[WebSocket] = []
        while visitor := await come(server):
            crowd.append(visitor)
            assert len(crowd) < 20_000
        assert await asyncio.to_thread(server.wait_for, r"event=memory_short count=(\d+)")
        assert await a.client.call("message", (chat, "still here"), timeout=GUARD_S) == {"ok": True}
        assert await b.hears("message") == [chat, "still here"]
        assert await online(server) == 2 + len(crowd), "nobody was lost"
        resource.prlimit(server.process.pid, resource.RLIMIT_AS, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        await until(lambda: lets_in(server), "there is room again")
        for each in crowd:
            each.connection.drop()
        assert server.stop() == 0


async def lets_in(server: Process) -> bool:
    visitor = await come(server)
    if visitor is not None:
        visitor.connection.drop()
    return visitor is not None
