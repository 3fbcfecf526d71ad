"""An engine for each test that asks for one."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from pathlib import Path

import pytest
import pytest_asyncio
import uvloop

from tests.exchange.engines import Engine


def pytest_asyncio_loop_factories(
    config: pytest.Config, item: pytest.Item
) -> Mapping[str, Callable[[], asyncio.AbstractEventLoop]]:
    """The server runs on uvloop."""
    return {"uvloop": uvloop.new_event_loop}


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


@pytest_asyncio.fixture(params=["valkey", "redis"])
async def engine(request: pytest.FixtureRequest, start_engine: MakeEngine) -> Engine:
    """A Valkey, and then a Redis 7."""
    return await start_engine(request.param)
