"""An engine for each test that asks for one."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from pathlib import Path

import pytest
import pytest_asyncio
import uvloop

from tests.exchange.engines import Engine, SentinelEngine, free_port
from tests.until import until


def pytest_asyncio_loop_factories(
    config: pytest.Config, item: pytest.Item
) -> Mapping[str, Callable[[], asyncio.AbstractEventLoop]]:
    """The server runs on uvloop."""
    return {"uvloop": uvloop.new_event_loop}


KINDS = ("valkey", "redis")
MakeEngine = Callable[..., Awaitable[Engine]]


@pytest_asyncio.fixture
async def start_engine(tmp_path: Path) -> AsyncIterator[MakeEngine]:
    """Starts servers: `await start_engine("valkey", "--maxmemory", "1mb")`."""
    engines: list[Engine] = []

    async def start(kind: str, *options: str) -> Engine:
        engines.append(Engine(kind, tmp_path, *options))
        await engines[-1].start()
        return engines[-1]

    yield start
    for engine in engines:
        await engine.close()


@pytest_asyncio.fixture(params=KINDS)
async def sentinel(
    request: pytest.FixtureRequest, start_engine: MakeEngine, tmp_path: Path
) -> AsyncIterator[tuple[Engine, Engine]]:
    """A primary with a replica, and a sentinel that watches both: the sentinel and the primary."""
    primary = await start_engine(request.param, "--repl-diskless-sync-delay", "0")
    await start_engine(request.param, "--replicaof", "127.0.0.1", str(primary.port))
    await until(lambda: has_replica(primary), "the primary has its replica")
    sentinel = SentinelEngine(request.param, tmp_path, primary.port)
    await sentinel.start()
    await until(lambda: knows_replica(sentinel), "the sentinel has found the replica")
    yield sentinel, primary
    await sentinel.close()


async def has_replica(engine: Engine) -> bool:
    found = await engine.ask("INFO", "replication")
    return bool(found.get("slave0", {}).get("state") == "online")


async def knows_replica(sentinel: Engine) -> bool:
    return len(await sentinel.ask("SENTINEL REPLICAS", "chat")) == 1


@pytest_asyncio.fixture(params=KINDS)
async def cluster(request: pytest.FixtureRequest, start_engine: MakeEngine) -> list[Engine]:
    """A Cluster of two primaries: the first has the lower half of the slots."""
    ports = [free_port(), free_port()]
    options = [("--cluster-enabled", "yes", "--cluster-port", str(port)) for port in ports]
    engines = [await start_engine(request.param, *its) for its in options]
    for engine, first in zip(engines, (0, 8192), strict=True):
        await engine.ask("CLUSTER", "ADDSLOTSRANGE", first, first + 8191)
    await engines[0].ask("CLUSTER", "MEET", "127.0.0.1", engines[1].port, ports[1])
    for engine in engines:
        await until(lambda engine=engine: is_cluster(engine), "the Cluster is there")  # type: ignore[misc]
    return engines


async def is_cluster(engine: Engine) -> bool:
    return "cluster_state:ok" in await engine.ask("CLUSTER", "INFO")


@pytest_asyncio.fixture(params=KINDS)
async def engine(request: pytest.FixtureRequest, start_engine: MakeEngine) -> Engine:
    """A Valkey, and then a Redis 7."""
    return await start_engine(request.param)
