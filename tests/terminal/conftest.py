from tests.client.conftest import page, url

__all__ = ["page", "url"]
