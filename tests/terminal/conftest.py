"""The fixtures of the client's tests, for the terminal's tests."""

from tests.client.conftest import page, url

__all__ = ["page", "url"]
