"""A house for each test, and no error logged in any."""

import logging
from collections.abc import Iterator

import pytest

from tests.chat.house import House


@pytest.fixture
def house() -> House:
    return House()


@pytest.fixture(autouse=True)
def _no_error(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """A handler that fails is a bug, whatever the answer. A test that makes one fail clears `caplog`."""
    yield
    assert [record for record in caplog.get_records("call") if record.levelno >= logging.ERROR] == []
