"""Sends a request to an ASGI application without a server, and makes ours for a folder that holds the page."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from msgspec import Struct
from starlette.types import ASGIApp, Message

from omefree.config import Config
from omefree.http.app import build_app


class Response(Struct):
    """The application's HTTP response."""

    status: int
    headers: list[tuple[bytes, bytes]]
    body: bytes

    def get(self, name: str) -> str | None:
        """The only value of a header. Raises AssertionError if it was sent twice."""
        values = [value.decode() for key, value in self.headers if key == name.encode()]
        assert len(values) <= 1, f"{name} was sent {len(values)} times"
        return values[0] if values else None


def served(folder: Path, **settings: object) -> ASGIApp:
    return build_app(Config(static_dir=str(folder), **settings), dict)  # type: ignore[arg-type]


async def ask(
    app: ASGIApp,
    path: str,
    *,
    method: str = "GET",
    scheme: str = "http",
    peer: str = "192.0.2.1",
    headers: Iterable[tuple[str, str]] = (("host", "localhost:8000"),),
) -> Response:
    path, _, query = path.partition("?")
    scope: dict[str, Any] = {
        "type": "http",
        "http_version": "1.1",
        "method": method,
        "scheme": scheme,
        "path": path,
        "raw_path": path.encode(),
        "query_string": query.encode(),
        "root_path": "",
        "headers": [(name.encode(), value.encode()) for name, value in headers],
        "client": (peer, 50_000),
        "server": ("localhost", 8000),
    }
    answer = Response(0, [], b"")

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Message) -> None:
        if message["type"] == "http.response.start":
            answer.status, answer.headers = message["status"], list(message["headers"])
        else:
            answer.body += message.get("body", b"")

    await app(scope, receive, send)
    return answer
