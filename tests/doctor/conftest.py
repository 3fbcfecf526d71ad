"""Servers for the doctor's tests: one behind proxies, which it trusts, on this machine alone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.certificates import Certificate, make_certificate
from tests.test_server import Process, running

BEHIND = (
    *("--host", "127.0.0.1", "--trusted-proxies", "127.0.0.1", "--stun-port", "0"),
    *("--operator", "Ada", "--contact", "ada@example.org", "--hosting", "Her cellar"),
)


@pytest.fixture(scope="session")
def server(page: Path) -> Iterator[Process]:
    with running(page, *BEHIND) as process:
        yield process
        assert process.stop() == 0


@pytest.fixture(scope="session")
def port(server: Process) -> int:
    return urlsplit(server.url).port or 0


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return make_certificate(tmp_path_factory.mktemp("certificate"))
