"""The configuration that is shipped, in both engines: the one user may do what nodes need, and nothing is written."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from redis.asyncio import Redis
from redis.exceptions import AuthenticationError, NoPermissionError

from omefree.exchange.faults import RIGHTS
from tests.cluster.engines import ENGINES, ShippedEngine

FORBIDDEN = [
    "FLUSHALL",
    "KEYS *",
    "GET other",
    "MONITOR",
    "CONFIG SET save 1",
    "SAVE",
    "CLIENT LIST",
    "PUBLISH other x",
]


@pytest.fixture(params=ENGINES)
async def engine(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[ShippedEngine]:
    engine = ShippedEngine(request.param, tmp_path)
    await engine.start()
    yield engine
    await engine.close()


async def test_the_user_of_the_nodes_may_do_what_they_need(engine: ShippedEngine) -> None:
    shipped = await engine.ask("ACL", "GETUSER", "omefree")
    await engine.ask("ACL", "SETUSER", "needed", *RIGHTS.split(" "))
    needed = await engine.ask("ACL", "GETUSER", "needed")
    for what in ("commands", "keys", "channels"):
        assert shipped[what] == needed[what]


@pytest.mark.parametrize("command", FORBIDDEN)
async def test_the_user_of_the_nodes_may_do_nothing_else(engine: ShippedEngine, command: str) -> None:
    async with Redis.from_url(engine.url.replace("valkey:", "redis:")) as client:
        assert await client.ping()
        with pytest.raises(NoPermissionError):
            await client.execute_command(*command.split(" "))  # type: ignore[no-untyped-call]


async def test_nobody_comes_in_without_the_password(engine: ShippedEngine) -> None:
    async with Redis(port=engine.port) as client:
        with pytest.raises(AuthenticationError):
            await client.ping()
