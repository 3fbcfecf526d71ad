"""/privacy, /terms, /safety, /legal and the not-found page: HTML in each language, made when the server starts."""

import re
from collections.abc import Mapping
from typing import NamedTuple

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import Response

from omefree import __version__
from omefree.config import Config, help_service
from omefree.contract.limits import NEW_CONNECTIONS
from omefree.guard.quota import scaled
from omefree.http import arithmetic, static
from omefree.http.gate import REMEMBERED_S, connections_at_once
from omefree.http.headers import PAGE_POLICY
from omefree.privacy.device import DEVICE_COLUMNS
from omefree.privacy.inventory import COLUMNS, GROUNDS
from omefree.privacy.policy import (
    ASSETS_JSON,
    DATED,
    PAGES,
    POLICY_JSON,
    Here,
    HostFacts,
    Policy,
    commands,
)
from omefree.privacy.services import CHECKED, SERVICES
from omefree.seal.frame import VERSION as SEAL_VERSION
from omefree.words.catalogue import Catalogue, Words
from omefree.words.negotiation import from_request

NAMES = {path: f"policy.name.{path[1:]}" for path in PAGES}
PATHS = re.compile(rf"({'|'.join([*NAMES, ASSETS_JSON])})\b")


def named_paths(text: str) -> list[str]:
    """The text, cut where it names a page: every second part is such a path."""
    return PATHS.split(text)


def address(contact: str) -> str:
    """The target of a link to a contact: `mailto:` for a mail address, else the page's own address."""
    return contact if contact.startswith(("https://", "http://")) else f"mailto:{contact}"


def environment() -> Environment:
    """The environment of the templates. Values are escaped, and a missing value is an error."""
    made = Environment(
        loader=PackageLoader("omefree.http"),
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
    }
    return made


class Script(NamedTuple):
    """A script's path, and its hash as a page names it (Subresource Integrity)."""

    path: str
    integrity: str


class Pages:
    """Every page in every language, ready to serve.

    `style` is the path of the stylesheet, `early` the script before the first paint. Both may be missing.
    """

    def __init__(self, policy: Policy, catalogue: Catalogue, style: str | None, early: Script | None = None) -> None:
        self._spoken = catalogue.languages
        templates = environment()
        templates.globals |= {"style": style, "early": early}
        languages = [catalogue.words(tag) for tag in catalogue.languages]
        self._pages: dict[tuple[str, str], static.File] = {}
        self._lost: dict[str, static.File] = {}
        for words in languages:
            values = {**policy.here.values, **arithmetic.shown(words)}
            for path in NAMES:
                given = {"page": path[1:], "path": path, "policy": policy, "languages": languages}
                self._pages[path, words.tag] = render(templates, f"{path[1:]}.html", words, values, given)
            self._lost[words.tag] = render(templates, "not_found.html", words, {}, {})

    def respond(self, request: Request) -> Response:
        """The page, in the language that `?lang=` asks for, or else the browser."""
        lang = self._lang(request)
        response = static.respond(self._pages[request.scope["path"], lang], request)
        response.headers["content-security-policy"] = PAGE_POLICY
        return in_language(response, lang)

    def not_found(self, request: Request) -> Response:
        """The page for a path where nothing is (404), in the visitor's language."""
        lang = self._lang(request)
        return in_language(static.respond(self._lost[lang], request, 404), lang)

    def _lang(self, request: Request) -> str:
        return from_request(request.query_params.get("lang"), request.headers.get("accept-language", ""), self._spoken)


def render(
    templates: Environment, name: str, words: Words, values: Mapping[str, str], given: Mapping[str, object]
) -> static.File:
    """A page in one language. `values` fill the holes of all its texts, `given` is for the template."""

    def say(key: str, **more: object) -> str:
        return words.say(key, **values, **more)

    def paragraphs(key: str) -> list[str]:
        return words.paragraphs(key, **values)

    html = templates.get_template(name).render(given, words=words, say=say, paragraphs=paragraphs)
    return static.file_of(html.encode(), ".html")


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
