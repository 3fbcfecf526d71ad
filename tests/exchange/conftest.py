"""An engine for each test that asks for one."""

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest
import pytest_asyncio

from tests.exchange.engines import Engine

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
