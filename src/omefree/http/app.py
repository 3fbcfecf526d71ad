"""The routes: page, policy, health. What is at SOCKET_IO does not come through here (engine/http_connection.py)."""

import re
from base64 import b64encode
from collections.abc import Callable, Mapping
from functools import lru_cache
from hashlib import sha256
from typing import Any, Literal

import msgspec
from msgspec import Struct, structs
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Scope

from omefree import __version__
from omefree.config import Config
from omefree.http import pages, static
from omefree.http.headers import SecurityHeaders
from omefree.http.proxies import Proxies
from omefree.http.status import Figures, nothing_yet
from omefree.logs import log
from omefree.privacy.policy import ASSETS_JSON, PAGES, POLICY_JSON, Here, HostFacts, as_json
from omefree.privacy.policy import policy as make_policy
from omefree.words.catalogue import catalogue

SOCKET_IO = "/socket.io/"
EARLY = re.compile(r"/assets/early-[A-Za-z0-9_-]+\.js")
STYLE = re.compile(r"/assets/policy-[A-Za-z0-9_-]+\.css")
NO_STORE = {"cache-control": "no-store"}
CHECK = {"/check": "/check.html"}
NOTHING_GRANTED = HostFacts()


class Readiness(Struct, frozen=True):
    """Whether a balancer should send visitors here. `degraded`: why a server of a cluster is on its own, or nearly so,
    in a word; it works all the same. Empty if all is well.
    """

    status: Literal["ok", "draining"] = "ok"
    degraded: str = ""


def build_app(
    config: Config,
    health: Callable[[], Mapping[str, Any]],
    host: HostFacts = NOTHING_GRANTED,
    figures: Callable[[], Figures] = nothing_yet,
    readiness: Callable[[], Readiness] = Readiness,
    processes: Callable[[], int] = lambda: 1,
) -> ASGIApp:
    """The ASGI application that serves everything over HTTP.

    `health` is called for each `/healthz`, `readiness` for each `/readyz`, `figures` for /status.
    Raises StartError if there is no built web app.
    """
    folder = static.folder_of(config.static_dir)
    files = static.load(folder)
    listing, built = static.listing(files, __version__), static.built_listing(folder)
    here = pages.here(config, host, None if built is None else built == listing)
    complain(here)
    policy = make_policy(here)
    rendered = pages.Pages(policy, catalogue(), style_of(files), early_of(files), figures)
    files[ASSETS_JSON] = json_file(listing)

    @lru_cache(maxsize=1)
    def policy_json(count: int) -> static.File:
        told = structs.replace(policy, here=structs.replace(here, processes=count))
        return json_file(as_json(told, catalogue()))

    async def healthz(_request: Request) -> Response:
        return JSONResponse(health(), headers=NO_STORE)

    async def readyz(_request: Request) -> Response:
        ready = readiness()
        return JSONResponse(structs.asdict(ready), 200 if ready.status == "ok" else 503, headers=NO_STORE)

    async def page(request: Request) -> Response:
        path: str = request.scope["path"]  # `request.url` would stay in a cache, with its query
        file = policy_json(processes()) if path == POLICY_JSON else files.get(CHECK.get(path, path))
        if file is not None:
            return static.respond(file, request)
        own = files.get(static.NOT_FOUND)
        return static.respond(own, request, 404) if own else rendered.not_found(request)

    async def policy_page(request: Request) -> Response:
        return rendered.respond(request)

    async def folder_itself(request: Request) -> Response:
        return RedirectResponse(folder_of(request.scope), 308)

    routes = [
        *([Route(config.root_path, folder_itself)] if config.root_path else []),
        Route("/healthz", healthz),
        Route("/readyz", readyz),
        *(Route(path, policy_page) for path in PAGES),
        Route("/check", page),
        Route("/{path:path}", page),
    ]
    app = Starlette(routes=routes)
    app.router.redirect_slashes = False
    return SecurityHeaders(app, Proxies(config.trusted_proxies).outer)


def folder_of(scope: Scope) -> str:
    """The address of the folder that a path names without its last slash, relative to it: addresses begin there."""
    query = scope["query_string"].decode("ascii")
    return f"{scope['path'].rpartition('/')[2]}/" + (f"?{query}" if query else "")


def complain(here: Here) -> None:
    """Warns the operator if no contact is set, or if the page is not the one that was built."""
    if here.unreachable:
        log.warning("no_contact")
    if here.as_built is False:
        log.warning("page_changed")


def style_of(files: Mapping[str, static.File]) -> str | None:
    """The path of the rendered pages' stylesheet, None if there is none: the build puts a hash into its name."""
    return next((path for path in files if STYLE.fullmatch(path)), None)


def early_of(files: Mapping[str, static.File]) -> pages.Script | None:
    """The script that each page begins with (web/src/early.ts), None if there is none."""
    for path, file in files.items():
        if EARLY.fullmatch(path):
            return pages.Script(path, f"sha256-{b64encode(sha256(file.body).digest()).decode()}")
    return None


def json_file(value: object) -> static.File:
    """A value as a JSON file to serve, indented for people to read."""
    return static.file_of(msgspec.json.format(msgspec.json.encode(value)), ".json")
