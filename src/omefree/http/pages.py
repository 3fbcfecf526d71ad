"""/privacy, /terms, /safety, /legal, /status and the not-found page: HTML in each language, made when it is asked for.

Each is made once, and kept. What /status tells changes, so it is made anew after some seconds.
"""

import re
import time
from collections.abc import Callable
from functools import cached_property
from importlib.resources import files
from typing import NamedTuple

from jinja2 import DictLoader, Environment, StrictUndefined
from starlette.requests import Request
from starlette.responses import Response

from omefree import __version__
from omefree.clock import Fresh
from omefree.config import Config, help_service
from omefree.contract.limits import NEW_CONNECTIONS
from omefree.guard.quota import scaled
from omefree.guard.waits import BOUNDS_S
from omefree.http import arithmetic, static
from omefree.http.gate import REMEMBERED_S, connections_at_once
from omefree.http.headers import PAGE_POLICY
from omefree.http.status import FRESH_S, Figures, nothing_yet
from omefree.privacy.device import DEVICE_COLUMNS
from omefree.privacy.inventory import COLUMNS, GROUNDS
from omefree.privacy.policy import (
    ASSETS_JSON,
    DATED,
    PAGES,
    POLICY_JSON,
    STATUS,
    Here,
    HostFacts,
    Policy,
    commands,
)
from omefree.privacy.services import CHECKED, SERVICES
from omefree.seal.frame import VERSION as SEAL_VERSION
from omefree.words.catalogue import Catalogue, own_name
from omefree.words.negotiation import from_request

DEEPEST = 4  # folders of an address that is not found; a deeper one gets the page without its style
NAMES = {path: f"policy.name.{path[1:]}" for path in PAGES}
NOT_FOUND = "not_found"
PATHS = re.compile(rf"({'|'.join([*NAMES, ASSETS_JSON])})\b")


def named_paths(text: str) -> list[str]:
    """The text, cut where it names a page: every second part is such a path."""
    return PATHS.split(text)


def address(contact: str) -> str:
    """The target of a link to a contact: `mailto:` for a mail address, else the page's own address."""
    return contact if contact.startswith(("https://", "http://")) else f"mailto:{contact}"


def templates() -> dict[str, str]:
    """The templates by name, read now: an upgrade may replace the files while this server runs."""
    folder = files("omefree.http") / "templates"
    return {file.name: file.read_text("utf-8") for file in folder.iterdir()}


def environment() -> Environment:
    """The environment of the templates. Values are escaped, and a missing value is an error."""
    made = Environment(
        loader=DictLoader(templates()),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= {"named_paths": named_paths, "address": address, "commands": commands}
    made.globals |= {
        "names": NAMES,
        "columns": COLUMNS,
        "device_columns": DEVICE_COLUMNS,
        "grounds": GROUNDS,
        "dated": DATED,
        "services": SERVICES,
        "checked": CHECKED,
        "policy_json": POLICY_JSON,
        "assets_json": ASSETS_JSON,
        "longest_s": BOUNDS_S[-1],
    }
    return made


class Script(NamedTuple):
    """A script's path, and its hash as a page names it (Subresource Integrity)."""

    path: str
    integrity: str


class Status(NamedTuple):
    """The figures of /status, and its pages that show them, by language."""

    figures: Figures
    pages: dict[str, static.File]


class Pages:
    """Every page in every language.

    `style` is the path of the stylesheet, `early` the script before the first paint. Both may be missing. `figures`
    gives those of /status.
    """

    def __init__(
        self,
        policy: Policy,
        catalogue: Catalogue,
        style: str | None,
        early: Script | None = None,
        figures: Callable[[], Figures] = nothing_yet,
    ) -> None:
        self._catalogue = catalogue
        self._policy = policy
        self._templates = environment()
        self._templates.globals |= {"style": style, "early": early}
        self._pages: dict[tuple[str, str], static.File] = {}
        self._lost: dict[tuple[str, str], static.File] = {}
        self._status = Fresh(lambda: Status(figures(), {}), FRESH_S, time.monotonic)

    @cached_property
    def _languages(self) -> dict[str, str]:
        return {tag: own_name(tag) for tag in self._catalogue.languages}

    def respond(self, request: Request) -> Response:
        """The page, in the language that `?lang=` asks for, or else the browser."""
        lang = self._lang(request)
        path: str = request.scope["path"]
        page = self._status_page(lang) if path == STATUS else self._page(path[1:], lang)
        response = static.respond(page, request)
        response.headers["content-security-policy"] = PAGE_POLICY
        return in_language(response, lang)

    def not_found(self, request: Request) -> Response:
        """The page for a path where nothing is (404), in the visitor's language."""
        lang = self._lang(request)
        way = root(request.scope["raw_path"].decode("ascii"))
        if (way, lang) not in self._lost:
            self._lost[way, lang] = self._render(NOT_FOUND, lang, root=way)
        return in_language(static.respond(self._lost[way, lang], request, 404), lang)

    def _lang(self, request: Request) -> str:
        spoken = self._catalogue.languages
        return from_request(request.query_params.get("lang"), request.headers.get("accept-language", ""), spoken)

    def _page(self, name: str, lang: str) -> static.File:
        if (name, lang) not in self._pages:
            self._pages[name, lang] = self._render(name, lang)
        return self._pages[name, lang]

    def _status_page(self, lang: str) -> static.File:
        figures, pages = self._status.get()
        if lang not in pages:
            pages[lang] = self._render(STATUS[1:], lang, figures=figures)
        return pages[lang]

    def _render(self, name: str, lang: str, **given: object) -> static.File:
        """A page in one language. The values of all its texts' holes are those of the policy and of /terms."""
        words = self._catalogue.words(lang)
        values = {**self._policy.here.values, **arithmetic.shown(words)}

        def say(key: str, **more: object) -> str:
            return words.say(key, **values, **more)

        def paragraphs(key: str) -> list[str]:
            return words.paragraphs(key, **values)

        about = {"root": "./", "page": name, "path": f"/{name}", "policy": self._policy, "languages": self._languages}
        template = self._templates.get_template(f"{name}.html")
        html = template.render(about | given, words=words, say=say, paragraphs=paragraphs)
        return static.file_of(html.encode(), ".html")


def root(path: str) -> str:
    """The way from a page at this path to what lies beside `/`, as a relative address begins: `./`, `../`.

    A proxy may serve all of it below another path, which we need not know.
    """
    return "../" * min(path.count("/") - 1, DEEPEST) or "./"


def in_language(response: Response, lang: str) -> Response:
    """The same response, with headers for its language and for what caches must compare."""
    response.headers["content-language"] = lang
    response.headers["vary"] = "Accept-Language, Accept-Encoding"
    return response


def here(config: Config, host: HostFacts, as_built: bool | None) -> Here:
    """The settings and facts that the pages tell. `as_built` is None if the build left no listing."""
    at_once = connections_at_once(config)
    return Here(
        version=__version__,
        operator=config.operator,
        contact=config.contact,
        authority_contact=config.authority_contact or config.contact,
        hosting=config.hosting,
        accountable=config.accountable,
        youth_officer=config.youth_officer,
        help_services=tuple(map(help_service, config.help_services)),
        open_to_others=config.open_to_others,
        turn=bool(config.turn_url),
        exchange=config.exchange_address.kind if config.exchange else "",
        seal=SEAL_VERSION,
        connections=at_once.ipv4,
        connections_64=at_once.of_64,
        connections_48=at_once.of_48,
        connections_per_s=scaled(NEW_CONNECTIONS, config.quota_scale).rate_s,
        resume_s=config.resume_window_s,
        resume_chat_s=config.resume_window_chat_s,
        quota_ttl_s=REMEMBERED_S,
        as_built=as_built,
        host=host,
    )
