import gzip
import json
from pathlib import Path

import pytest
from starlette.types import ASGIApp

from omefree.config import Config
from omefree.errors import StartError
from omefree.http.app import build_app
from omefree.http.headers import ALWAYS
from tests.http.asgi import Response, ask, served

SCRIPT = "console.log('a');" * 200


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    built = tmp_path / "static"
    (built / "assets").mkdir(parents=True)
    (built / "index.html").write_text("<!doctype html>" + "<p>page" * 100)
    (built / "404.html").write_text("<p>nothing here")
    (built / "favicon.svg").write_text("<svg/>")
    (built / "robots.txt").write_text("User-agent: *\n")
    (built / "app.webmanifest").write_text("{}")
    (built / "assets" / "app-1a2b.js").write_text(SCRIPT)
    (tmp_path / "secret.txt").write_text("secret")
    return built


@pytest.fixture
def app(folder: Path) -> ASGIApp:
    config = Config(static_dir=str(folder), trusted_proxies=("10.0.0.0/8",))
    return build_app(config, lambda: {"status": "ok", "online": 3})


@pytest.mark.parametrize("path", ["/", "/index.html"])
async def test_the_page_is_asked_for_again_each_time(app: ASGIApp, path: str) -> None:
    answer = await ask(app, path)
    assert (answer.status, answer.get("cache-control")) == (200, "no-cache")
    assert answer.get("content-type") == "text/html; charset=utf-8"
    assert answer.body.startswith(b"<!doctype html>")


async def test_hashed_assets_never_change(app: ASGIApp) -> None:
    answer = await ask(app, "/assets/app-1a2b.js")
    assert answer.get("cache-control") == "public, max-age=31536000, immutable"
    assert answer.get("content-type") == "text/javascript; charset=utf-8"


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/favicon.svg", "image/svg+xml"),
        ("/robots.txt", "text/plain; charset=utf-8"),
        ("/app.webmanifest", "application/manifest+json"),
    ],
)
async def test_other_files(app: ASGIApp, path: str, kind: str) -> None:
    answer = await ask(app, path)
    assert (answer.status, answer.get("content-type")) == (200, kind)
    assert answer.get("cache-control") == "public, max-age=3600"


async def test_health(app: ASGIApp) -> None:
    answer = await ask(app, "/healthz")
    assert (answer.status, answer.get("content-type")) == (200, "application/json")
    assert json.loads(answer.body) == {"status": "ok", "online": 3}
    assert answer.get("cache-control") == "no-store"


@pytest.mark.parametrize(
    "path",
    [
        "/nothing",
        "/assets/",
        "/assets",
        "/../secret.txt",
        "//etc/passwd",
        "/assets/../../secret.txt",
        "/healthz/",
        "/x\0",
    ],
)
async def test_unknown_paths(app: ASGIApp, path: str) -> None:
    answer = await ask(app, path)
    assert (answer.status, answer.body) == (404, b"<p>nothing here")
    assert answer.get("cache-control") == "no-cache"


async def test_without_a_404_page(folder: Path) -> None:
    (folder / "404.html").unlink()
    answer = await ask(build_app(Config(static_dir=str(folder)), dict), "/nothing")
    assert answer.status == 404
    assert b"Nobody here" in answer.body


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "TRACE", "PATCH", "CONNECT"])
@pytest.mark.parametrize("path", ["/", "/healthz", "/nothing", "/assets/app-1a2b.js"])
async def test_files_can_only_be_read(app: ASGIApp, method: str, path: str) -> None:
    answer = await ask(app, path, method=method)
    assert answer.status == 405
    assert set((answer.get("allow") or "").split(", ")) == {"GET", "HEAD"}


async def test_compression(app: ASGIApp) -> None:
    plain = await ask(app, "/assets/app-1a2b.js")
    packed = await ask(app, "/assets/app-1a2b.js", headers=[("accept-encoding", "br, GZIP;q=0.5")])
    assert (plain.get("content-encoding"), packed.get("content-encoding")) == (None, "gzip")
    assert plain.get("vary") == packed.get("vary") == "Accept-Encoding"
    assert gzip.decompress(packed.body) == plain.body == SCRIPT.encode()
    assert len(packed.body) < len(plain.body)
    assert packed.get("content-length") == str(len(packed.body))
    assert plain.get("etag") != packed.get("etag")


@pytest.mark.parametrize("accept", ["gzip;q=0", "gzip; q=0.0", "br", "", "x-gzip"])
async def test_no_compression_for_who_refuses_it(app: ASGIApp, accept: str) -> None:
    answer = await ask(app, "/", headers=[("accept-encoding", accept)])
    assert answer.get("content-encoding") is None


async def test_what_compression_does_not_shrink_is_left(app: ASGIApp) -> None:
    answer = await ask(app, "/favicon.svg", headers=[("accept-encoding", "gzip")])
    assert (answer.get("content-encoding"), answer.get("vary")) == (None, None)


async def revalidate(app: ASGIApp, template: str) -> Response:
    tag = (await ask(app, "/")).get("etag")
    return await ask(app, "/", headers=[("if-none-match", template.replace("TAG", tag or ""))])


@pytest.mark.parametrize("template", ["TAG", "W/TAG", '"x", TAG', "*"])
async def test_what_the_browser_has_is_not_sent_again(app: ASGIApp, template: str) -> None:
    answer = await revalidate(app, template)
    assert (answer.status, answer.body) == (304, b"")
    assert answer.get("etag")
    assert answer.get("content-security-policy")


@pytest.mark.parametrize("template", ['"x"', "", "TAGx"])
async def test_what_it_has_not_is_sent(app: ASGIApp, template: str) -> None:
    assert (await revalidate(app, template)).status == 200


@pytest.mark.parametrize("path", ["/", "/healthz", "/nothing", "/socket.io/", "/assets/app-1a2b.js"])
@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_every_answer_has_the_security_headers(app: ASGIApp, path: str, method: str) -> None:
    answer = await ask(app, path, method=method)
    for name, value in ALWAYS:
        assert answer.get(name.decode()) == value.decode()
    assert answer.get("set-cookie") is None


def broken() -> dict[str, str]:
    raise RuntimeError("a bug")


async def test_what_breaks_is_the_servers_to_log(folder: Path) -> None:
    with pytest.raises(RuntimeError):  # Starlette answers, then raises
        await ask(build_app(Config(static_dir=str(folder)), broken), "/healthz")


async def test_the_policy(app: ASGIApp) -> None:
    policy = (await ask(app, "/")).get("content-security-policy") or ""
    rules = dict(rule.split(" ", 1) for rule in policy.split("; "))
    assert rules == {
        "default-src": "'none'",
        "script-src": "'self'",
        "style-src": "'self'",
        "img-src": "'self'",
        "connect-src": "'self' ws://localhost:8000",
        "media-src": "'self' blob:",
        "manifest-src": "'self'",
        "base-uri": "'none'",
        "form-action": "'none'",
        "frame-ancestors": "'none'",
        "require-trusted-types-for": "'script'",
        "trusted-types": "svelte-trusted-html omefree-worker omefree-offline",
    }


@pytest.mark.parametrize("host", ["x; script-src *", "a b", "x,y", "'unsafe-inline'", "a/b", "*", "[::1", "x:999999"])
async def test_a_host_header_cannot_write_the_policy(app: ASGIApp, host: str) -> None:
    policy = (await ask(app, "/", headers=[("host", host)])).get("content-security-policy") or ""
    assert "connect-src 'self';" in policy


async def test_tls(app: ASGIApp) -> None:
    plain, tls = await ask(app, "/"), await ask(app, "/", scheme="https", headers=[("host", "[::1]:443")])
    assert plain.get("strict-transport-security") is None
    assert tls.get("strict-transport-security") == "max-age=63072000"
    assert "connect-src 'self' wss://[::1]:443;" in (tls.get("content-security-policy") or "")


async def test_tls_at_a_trusted_proxy(app: ASGIApp) -> None:
    told = [("host", "chat.example"), ("x-forwarded-proto", "https")]
    assert (await ask(app, "/", peer="10.0.0.1", headers=told)).get("strict-transport-security")
    assert (await ask(app, "/", peer="192.0.2.1", headers=told)).get("strict-transport-security") is None


def test_no_web_app_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(StartError, match="no built web app"):
        build_app(Config(static_dir=str(tmp_path / "none")), dict)


@pytest.mark.parametrize(
    ("path", "leads"), [("/a/chat", "chat/"), ("/a/chat?lang=fr&x=%20", "chat/?lang=fr&x=%20"), ("/a/chatter", None)]
)
async def test_the_root_without_its_slash_leads_to_it(folder: Path, path: str, leads: str | None) -> None:
    """Relative addresses begin behind the last slash."""
    answer = await ask(served(folder, root_path="/a/chat"), path)
    assert answer.get("location") == leads
    assert answer.status == (308 if leads else 404)
