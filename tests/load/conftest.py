"""A server with the quotas that it is shipped with: the load must keep to them."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.test_server import Process, running


@pytest.fixture(scope="session")
def server(page: Path) -> Iterator[Process]:
    with running(page, "--stun-port", "0") as server:
        yield server
        assert server.stop() == 0
        assert [line for line in server.lines if "level=error" in line] == []
