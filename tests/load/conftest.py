"""A server with the quotas that it is shipped with: the load must keep to them."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.test_server import Process, running


@pytest.fixture(scope="session")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a web app."""
    folder = tmp_path_factory.mktemp("page")
    (folder / "index.html").write_text("<!doctype html><title>OmeFree</title>")
    return folder


@pytest.fixture(scope="session")
def server(page: Path) -> Iterator[Process]:
    with running(page, "--stun-port", "0") as server:
        yield server
        assert server.stop() == 0
        assert [line for line in server.lines if "level=error" in line] == []
