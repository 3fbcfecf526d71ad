"""A chat for each test; no test may cause an error in the log."""

import logging
from collections.abc import Iterator

import pytest

from tests.chat.fake_chat import FakeChat


@pytest.fixture
def fake_chat() -> FakeChat:
    return FakeChat()


@pytest.fixture(autouse=True)
def _no_error(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """A handler that fails is a bug, whatever the answer. A test that makes one fail clears `caplog`."""
    yield
    assert [record for record in caplog.get_records("call") if record.levelno >= logging.ERROR] == []
