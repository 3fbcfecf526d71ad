"""Checks of what the web server answers: cookies, headers, files, routes."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable
from itertools import product
from pathlib import Path

import msgspec
from msgspec import Struct

from omefree.audit import markup
from omefree.audit.check import Verdict, failed, missing, not_applicable, passed, some
from omefree.audit.contact import is_plain_http_served
from omefree.audit.headers import STRICT, WASM, allows_wasm, is_kept_to_tls, is_policed, weak
from omefree.audit.web import Response, Site, Web
from omefree.errors import NotChecked
from omefree.privacy.inventory import ROUTES
from omefree.privacy.policy import ASSETS_JSON, POLICY_JSON
from omefree.privacy.policy import PAGES as RENDERED
from omefree.wire.hosts import is_localhost

PAGES = ("/", *RENDERED)
POLLING = "/socket.io/?EIO=4&transport=polling"
UPGRADE = {
    "Connection": "Upgrade",
    "Upgrade": "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",  # the example of RFC 6455, section 1.3: it is no secret
}
HANDSHAKE = "/socket.io/?EIO=4&transport=websocket"
POLICY = "content-security-policy"
ON_EVERY_ANSWER = (POLICY, "permissions-policy", *STRICT)
OTHER_SITE = "https://other.example"
# Paths where servers often have more than they say. None of them is in the inventory's list of routes.
UNLISTED = (
    "/admin", "/api", "/metrics", "/stats", "/debug", "/docs", "/openapi.json", "/logs", "/users", "/visitors",
    "/chats",    "/.env", "/.git/config", "/server-status",
)  # fmt: skip
WRITING = ("PUT", "DELETE", "PATCH")
FILES_MAX, ALL_BYTES_MAX = 500, 67_108_864  # of a list of files: no page has more


class Asset(Struct, frozen=True):
    """A row of the list of files. `bytes` is the file's size."""

    path: str
    sha256: str
    bytes: int


class Listing(Struct, frozen=True):
    """The list of files, /assets.json (docs/privacy.md)."""

    version: str
    files: list[Asset]


# --- cookies ---


async def cookies(web: Web) -> Verdict:
    """The check `cookies`: no answer sets one.

    Answers are pages, files, long-polling and the WebSocket's handshake.
    """
    opened = await web.ask(POLLING)
    await web.ask(HANDSHAKE, UPGRADE, most=0)
    if sid := sid_of(opened):
        await web.ask(f"{POLLING}&sid={sid}", method="POST", body=b"1")  # closes the session at once
    for path in (*PAGES, POLICY_JSON, ASSETS_JSON):
        await web.page(path)
    found = [
        f"{answer.path}: {value.partition('=')[0]}" for answer in web.answers for value in answer.all("set-cookie")
    ]
    return failed("cookies", what=some(found)) if found else passed("no_cookies", count=len(web.answers))


def sid_of(opened: Response) -> str:
    """The sid in the answer that opens a long-polling session; empty if there is none."""
    try:
        return str(msgspec.json.decode(opened.body[1:], type=dict[str, object]).get("sid", ""))
    except msgspec.DecodeError:
        return ""


# --- headers ---


async def headers(web: Web) -> Verdict:
    """The check `headers`: none is weaker than ours, and no answer is without them."""
    page = await web.page("/")
    for_a_stranger = await web.ask("/", {"Origin": OTHER_SITE}, method="OPTIONS")
    referrers = markup.Page(page.text).referrers
    if found := [*weak(page.headers, referrers, for_a_stranger.headers, OTHER_SITE), *lax(web.answers)]:
        return failed("weak", what=some(found))
    if bare := sorted({name for answer in web.answers for name in lacking(answer)}):
        return failed("bare", what=some(bare))
    return passed("headers", count=sum(answer.status != 101 for answer in web.answers))


def lax(answers: Iterable[Response]) -> Iterable[str]:
    """Yields a line for each file whose own policy for content is not strict. A worker has that of its own script.

    One script, the shield's worker, may compile wasm; a page may not, and no second script.
    """
    files = {each.path: each.headers for each in answers if each.status == 200 and each.first(POLICY)}
    yield from (
        f"{path}: {POLICY}"
        for path, named in files.items()
        if path != "/" and not is_policed(named, wasm=path.endswith(".js"))
    )
    compiling = [path for path, named in files.items() if allows_wasm(named)]
    yield from (f"{path}: {WASM}" for path in compiling[1:])


def lacking(answer: Response) -> Iterable[str]:
    """Yields a line for each header that an answer lacks. The answer to an upgrade needs none."""
    if answer.status != 101:
        for name in ON_EVERY_ANSWER:
            if not answer.first(name):
                yield f"{answer.method} {answer.path}: {name}"


async def https(web: Web) -> Verdict:
    """The check `https`: browsers come back over TLS, and plain http serves nobody.

    `localhost` need not keep browsers to TLS: they would keep all of the machine's other ports to it, too.
    """
    if not web.site.secure:
        return not_applicable("no_tls")
    is_here = is_localhost(web.site.host)
    if not is_here and not is_kept_to_tls((await web.page("/")).headers):
        return failed("weak", what="strict-transport-security")
    if await is_plain_http_served(web.site):
        return failed("plain_http")
    return passed("https_here" if is_here else "https")


# --- what the page names ---


async def references(web: Web) -> Verdict:
    """The check `references`: pages and styles fetch from their own host alone.

    The policy for content must allow no other host either, nor that of any file that the checks before have fetched: a
    worker has the policy of its script.
    """
    away: list[str] = []
    for path in PAGES:
        answer = await web.page(path)
        where = web.site.base + path
        away += markup.elsewhere(markup.Page(answer.text).fetched, where)
    for answer in web.answers:
        away += [source for source in sources(answer.all(POLICY)) if not is_own(source, web)]
    for style in await styles(web):
        away += markup.elsewhere(markup.styled(style.text), web.site.base + style.path)
    return failed("elsewhere", what=some(dict.fromkeys(away))) if away else passed("nothing_elsewhere")


async def styles(web: Web) -> list[Response]:
    """The stylesheets of the pages, as far as they are on the site's own host. Raises NotChecked."""
    fetched: dict[str, None] = {}
    for path in PAGES:
        page = markup.Page((await web.page(path)).text)
        fetched |= dict.fromkeys(fetched_by(page, web.site, path))
    return [await web.page(path) for path in fetched if path.endswith(".css")]


def fetched_by(page: markup.Page, site: Site, path: str) -> list[str]:
    """The paths on the site's own host, below its root, from which the page at `path` fetches something."""
    return [each.removeprefix(site.root) for each in markup.paths(page.fetched, site.base + path)]


def sources(policies: list[str]) -> Iterable[str]:
    """Yields the hosts and schemes that policies for content name."""
    for policy in policies:
        for rule in policy.split(";"):
            name, *given = rule.split() or [""]
            if "-src" in name:  # script-src-elem, too
                yield from (source for source in given if not source.startswith("'"))


def is_own(source: str, web: Web) -> bool:
    """Whether a source of a policy for content leads to no other host."""
    return source in ("blob:", "data:") or source.partition("://")[2] == web.site.authority


async def scripts(web: Web) -> Verdict:
    """The check `scripts`: no script is within a page, and all that a page fetches is in the list of files."""
    listing = await listed(web)
    names = {asset.path for asset in listing.files}
    strange: list[str] = []
    for path in PAGES:
        page, where = markup.Page((await web.page(path)).text), web.site.base + path
        strange += [f"{path}: {what}" for what in page.inline]
        strange += markup.elsewhere(page.scripts, where)
        strange += [each for each in fetched_by(page, web.site, path) if each not in names]
    return failed("strange_scripts", what=some(dict.fromkeys(strange))) if strange else passed("scripts")


async def asks(web: Web) -> list[str]:
    """The types of the pages' input fields that an account would need. Raises NotChecked."""
    return [kind for path in PAGES for kind in markup.Page((await web.page(path)).text).asks]


# --- files ---


async def listed(web: Web) -> Listing:
    """The server's list of files. Raises NotChecked if there is none that can be read."""
    answer = await web.page(ASSETS_JSON)
    try:
        listing = msgspec.json.decode(answer.body, type=Listing)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise missing("no_list") from None
    return listing


async def assets(web: Web) -> Verdict:
    """The check `assets`: every file in the list has the hash and the size that the list gives."""
    try:
        listing = await listed(web)
    except NotChecked as error:
        if error.broken:
            raise
        return failed("no_list")
    if len(listing.files) > FILES_MAX or sum(asset.bytes for asset in listing.files) > ALL_BYTES_MAX:
        return failed("list_without_end")
    wrong = [asset.path for asset in listing.files if not await is_as_listed(web, asset)]
    return failed("changed_files", what=some(wrong)) if wrong else passed("files", count=len(listing.files))


async def is_as_listed(web: Web, asset: Asset) -> bool:
    """Whether the server gives the file with the hash and the size of the list. Raises NotChecked."""
    answer = await web.page(asset.path)
    return answer.status == 200 and (len(answer.body), sha256(answer.body)) == (asset.bytes, asset.sha256)


def sha256(body: bytes) -> str:
    """The SHA-256 of a body, in hex."""
    return hashlib.sha256(body).hexdigest()


def own_listing(path: Path) -> Listing | None:
    """The list of files at `path`: that of the package installed here. None if there is none that can be read."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=Listing)
    except (OSError, msgspec.DecodeError):
        return None


async def build(web: Web, mine: Listing | None, as_built: bool | None) -> Verdict:
    """The check `build`: the server's list of files is our own, if both are of one version.

    `as_built` is what the server says of itself. If it does not claim to have the build's files, others are no fault.
    """
    listing = await listed(web)
    if mine is None:
        raise missing("no_build")
    if mine.version != listing.version:
        raise missing("other_build", theirs=listing.version, ours=mine.version)
    other = sorted({asset.path for asset in set(mine.files) ^ set(listing.files)})
    if not other:
        return passed("same_build", version=mine.version)
    if not as_built:
        return not_applicable("own_page", what=some(other))
    return failed("other_files", what=some(other))


# --- routes ---


def readable() -> list[str]:
    """The paths that one can read from, but not write to."""
    return [POLICY_JSON, *("/" if "{" in route.path else route.path for route in ROUTES if "POST" not in route.methods)]


async def routes(web: Web) -> Verdict:
    """The check `routes`: what is not listed is not there, and nothing can be written to."""
    for path in (f"/{secrets.token_hex(8)}", *UNLISTED):
        if (answer := await web.ask(path)).status != 404:
            return failed("route", method="GET", path=path, status=answer.status)
    for method, path in [*product(["POST"], readable()), *product(WRITING, ["/"])]:
        if (answer := await web.ask(path, method=method)).status not in (404, 405):
            return failed("route", method=method, path=path, status=answer.status)
    return passed("routes", count=1 + len(UNLISTED))
