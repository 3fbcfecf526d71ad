"""One server for all tests of the client and the terminal that do not stop it. Every test has a topic of its own."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.test_server import running


@pytest.fixture(scope="session")
def url(page: Path) -> Iterator[str]:
    with running(page, "--stun-port", "0", "--quota-scale", "100") as server:
        yield server.url
        assert server.stop() == 0
        assert [line for line in server.lines if "level=error" in line] == []
