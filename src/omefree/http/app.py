"""The routes: page, health, long-polling. The WebSocket does not pass here (engine/glue.py)."""

from collections.abc import Callable, Mapping
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from omefree.config import Config
from omefree.http import static
from omefree.http.headers import SecurityHeaders
from omefree.http.proxies import Proxies

SOCKET_IO = "/socket.io/"
NO_STORE = {"cache-control": "no-store"}


def build_app(config: Config, polling: ASGIApp, health: Callable[[], Mapping[str, Any]]) -> ASGIApp:
    """All that is served over HTTP. `health` is asked for each `/healthz`. Raises StartError without a web app."""
    files = static.load(static.folder_of(config.static_dir))

    async def healthz(_request: Request) -> Response:
        return JSONResponse(health(), headers=NO_STORE)

    async def page(request: Request) -> Response:
        file = files.get(request.url.path)
        return static.respond(file, request) if file else not_found(files, request)

    routes = [
        Route("/healthz", healthz),
        Route(SOCKET_IO, EveryMethod(polling)),
        Route("/{path:path}", page),
    ]
    app = Starlette(routes=routes)
    app.router.redirect_slashes = False
    return SecurityHeaders(app, Proxies(config.trusted_proxies).secure)


class EveryMethod:
    """An ASGI application as a route's end point: Starlette takes a function for a GET handler."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._app(scope, receive, send)


def not_found(files: Mapping[str, static.File], request: Request) -> Response:
    file = files.get(static.NOT_FOUND)
    return static.respond(file, request, 404) if file else PlainTextResponse("Not found", 404)
