"""The fixtures of the client's tests, for the terminal's tests."""

from tests.client.conftest import url

__all__ = ["url"]
