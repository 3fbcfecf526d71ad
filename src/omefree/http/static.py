"""The built web app, read once at start: some megabytes, served from memory."""

import hashlib
import re
import zlib
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path, PurePath

import msgspec
from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response

from omefree.errors import StartError
from omefree.http.headers import OFFLINE_POLICY, WORKER_POLICY

BUILT_IN = Path(__file__).parent.parent / "static"
NOT_FOUND = "/404.html"  # an operator's own; ours is rendered (pages.py)
LISTING = "/assets.json"  # written by the build (hatch_build.py); app.py serves one made from memory instead
SHIELD_WORKER = re.compile(r"/assets/shield-[A-Za-z0-9_-]+\.js")
SERVICE_WORKER = "/sw.js"  # its name never changes, so that browsers find the next one
ASSETS = "/assets/"  # the names of these files hold a hash of their content
IMMUTABLE = "public, max-age=31536000, immutable"
REVALIDATE = "no-cache"
SHORT = "public, max-age=3600"  # favicon and others whose names never change
TYPES = {
    ".bin": "application/octet-stream",
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".ico": "image/x-icon",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
    ".wasm": "application/wasm",
    ".webmanifest": "application/manifest+json",
    ".webp": "image/webp",
    ".woff2": "font/woff2",
}
GZIP = 31  # the window of 32 KB, and gzip's head and end instead of zlib's (zlib.h, deflateInit2)
LEVEL = 6  # of 9: 0.3 % larger, and done in two thirds of the time
COMPRESSED = {".bin", ".css", ".html", ".js", ".json", ".svg", ".txt", ".wasm", ".webmanifest"}


class Asset(Struct, frozen=True):
    """One served file in a listing. `sha256` is hex, as sha256sum prints it; `bytes` is the size of the plain file."""

    path: str
    sha256: str
    bytes: int


class Listing(Struct, frozen=True):
    """Every served file, by path, and the version that it belongs to: /assets.json."""

    version: str
    files: tuple[Asset, ...]


class File(Struct, frozen=True, dict=True):
    """A file as it is served. `suffix` (such as `.html`) decides its media type, `sha256` (hex) is that of the body.

    `policy` is its own content security policy, None if it has that of the page (headers.py).
    """

    body: bytes
    suffix: str
    sha256: str
    cache: str
    policy: str | None = None

    @property
    def tag(self) -> str:
        """What distinguishes it from its other versions (RFC 9110, section 8.8.3)."""
        return self.sha256[:24]

    @property
    def media_type(self) -> str:
        """The value of its Content-Type."""
        return TYPES.get(self.suffix, "application/octet-stream")

    @cached_property
    def gzipped(self) -> bytes | None:
        """The body, compressed when that is first asked for; None where it saves nothing."""
        if self.suffix not in COMPRESSED:
            return None
        gzipped = gzip(self.body, self.suffix)
        return gzipped if len(gzipped) < len(self.body) else None


def folder_of(named: str | None) -> Path:
    """The folder of the web app: `named`, or the package's own if None. Raises StartError if it holds no web app."""
    folder = Path(named) if named else BUILT_IN
    if not (folder / "index.html").is_file():
        raise StartError(f"no built web app in {folder}: build it with `make web`, or name another with --static-dir")
    return folder


def load(folder: Path) -> dict[str, File]:
    """Every file by its path, `index.html` also as `/`. Raises StartError if one cannot be read."""
    try:
        files = {f"/{path.relative_to(folder).as_posix()}": path for path in folder.rglob("*") if path.is_file()}
        loaded = {name: read(name, path) for name, path in files.items()}
    except OSError as error:
        raise StartError(f"cannot read the web app in {folder}: {error.strerror}") from None
    loaded["/"] = loaded["/index.html"]
    loaded.pop(LISTING, None)
    return loaded


def read(name: str, path: Path) -> File:
    """A file of the web app, with the cache rule of its kind. The two workers have policies of their own."""
    is_asked_each_time = path.suffix == ".html" or name == SERVICE_WORKER
    cache = IMMUTABLE if name.startswith(ASSETS) else REVALIDATE if is_asked_each_time else SHORT
    return file_of(path.read_bytes(), path.suffix, cache, policy_of(name))


def policy_of(name: str) -> str | None:
    """The content security policy of a worker's script; None for any other file."""
    if name == SERVICE_WORKER:
        return OFFLINE_POLICY
    return WORKER_POLICY if SHIELD_WORKER.fullmatch(name) else None


def file_of(body: bytes, suffix: str, cache: str = REVALIDATE, policy: str | None = None) -> File:
    """A body as it is served."""
    return File(body, suffix, hashlib.sha256(body).hexdigest(), cache, policy)


def gzip(body: bytes, suffix: str) -> bytes:
    """The body, compressed. A model's weights (`.bin`) repeat nothing: not to look for it saves 0.08 s, and 2 %."""
    strategy = zlib.Z_HUFFMAN_ONLY if suffix == ".bin" else zlib.Z_DEFAULT_STRATEGY
    packer = zlib.compressobj(LEVEL, zlib.DEFLATED, GZIP, strategy=strategy)
    return packer.compress(body) + packer.flush()


def listing(files: Mapping[str, File], version: str) -> Listing:
    """The listing of what is in memory, which is what is served."""
    return Listing(version, tuple(Asset(path, file.sha256, len(file.body)) for path, file in sorted(files.items())))


def built_listing(folder: Path) -> Listing | None:
    """The listing that the build wrote; None if there is none that can be read."""
    try:
        return msgspec.json.decode((folder / PurePath(LISTING).name).read_bytes(), type=Listing)
    except (OSError, msgspec.DecodeError):
        return None


def respond(file: File, request: Request, status: int = 200) -> Response:
    """The file, compressed if the browser accepts that; 304 if the browser has it already."""
    body, tag = file.body, f'"{file.tag}"'
    headers = {"cache-control": file.cache}
    if file.policy is not None:
        headers["content-security-policy"] = file.policy  # of a 304, too: browsers take its headers over
    if file.gzipped is not None:
        headers["vary"] = "Accept-Encoding"
        if accepts_gzip(request.headers.get("accept-encoding", "")):
            body, tag = file.gzipped, f'"{file.tag}-gz"'  # RFC 9110, section 8.8.3: each encoding has its own tag
            headers["content-encoding"] = "gzip"
    headers["etag"] = tag
    if status == 200 and has(request.headers.get("if-none-match", ""), tag):
        headers.pop("content-encoding", None)
        return Response(status_code=304, headers=headers)
    return Response(body, status, headers, file.media_type)


def accepts_gzip(accept_encoding: str) -> bool:
    """Whether gzip is listed and not refused by `q=0` (RFC 9110, section 12.5.3)."""
    for offer in accept_encoding.lower().split(","):
        coding, _, weight = offer.partition(";")
        if coding.strip() == "gzip":
            return weight.replace(" ", "").rstrip("0.") != "q="
    return False


def has(if_none_match: str, tag: str) -> bool:
    """Whether an If-None-Match header is `*` or names this tag, weak comparison (RFC 9110, section 13.1.2)."""
    tags = {listed.strip().removeprefix("W/") for listed in if_none_match.split(",")}
    return tag in tags or "*" in tags
