"""Strict headers on every answer. What Mozilla's Observatory says of them: tests/privacy/test_observatory.py."""

import base64
import gzip
import hashlib
import json
import re
from pathlib import Path

import pytest
from starlette.types import ASGIApp

from omefree.config import Config
from omefree.engine.gate import Head
from omefree.http import static
from omefree.http.app import build_app
from omefree.http.headers import ANSWER_HEADERS, security_headers
from omefree.http.static import BUILT_IN
from tests.http.asgi import Response as Raw
from tests.http.asgi import ask

RENDERED = ["/privacy", "/terms", "/safety", "/legal", "/status", "/privacy?lang=fr"]
EVERY = ["/", "/404", "/healthz", "/privacy.json", "/assets.json", "/favicon.svg", *RENDERED]


@pytest.fixture(scope="module")
def app() -> ASGIApp:
    return build_app(Config(), dict)


def rules(answer: Raw) -> dict[str, str]:
    policy = answer.get("content-security-policy") or ""
    return {name: value for name, _, value in (rule.partition(" ") for rule in policy.split("; "))}


@pytest.mark.parametrize("path", EVERY)
async def test_nothing_is_allowed_that_is_not_named(app: ASGIApp, path: str) -> None:
    policy = rules(await ask(app, path, scheme="https"))
    assert policy["default-src"] == policy["base-uri"] == policy["form-action"] == policy["frame-ancestors"] == "'none'"
    for name, sources in policy.items():
        assert not re.search(r"unsafe|data:|https?:|\*|nonce", sources), f"{name} {sources}"


@pytest.mark.parametrize("path", ["/", "/404", "/assets.json"])
async def test_scripts_are_this_servers_files_and_strings_are_none(app: ASGIApp, path: str) -> None:
    policy = rules(await ask(app, path))
    assert policy["script-src"] == "'self'"
    assert policy["require-trusted-types-for"] == "'script'"


def test_what_is_no_page_has_the_same_headers() -> None:
    of_a_page = dict(security_headers(Head("GET", "/", (), None, tls=False)))
    assert dict(ANSWER_HEADERS) == of_a_page


WORKER = next(f"/assets/{file.name}" for file in BUILT_IN.glob("assets/shield-*.js"))


@pytest.mark.parametrize("fresh", [True, False])
async def test_the_shields_worker_alone_may_compile_wasm(app: ASGIApp, fresh: bool) -> None:
    tag = (await ask(app, WORKER)).get("etag") or ""
    known = () if fresh else (("if-none-match", tag),)
    answer = await ask(app, WORKER, headers=(("host", "localhost:8000"), *known))
    assert answer.status == (200 if fresh else 304)
    assert rules(answer) == {
        "default-src": "'none'",
        "script-src": "'self' 'wasm-unsafe-eval'",
        "connect-src": "'self'",
        "base-uri": "'none'",
        "form-action": "'none'",
        "frame-ancestors": "'none'",
        "require-trusted-types-for": "'script'",
        "trusted-types": "'none'",
    }


async def test_no_other_answer_allows_wasm(app: ASGIApp) -> None:
    listed = json.loads((await ask(app, "/assets.json")).body)["files"]
    paths = {*EVERY, *(file["path"] for file in listed)} - {WORKER}
    assert any(path.endswith(".js") for path in paths)
    for path in paths:
        assert "wasm" not in ((await ask(app, path)).get("content-security-policy") or "wasm"), path


@pytest.mark.parametrize(
    "path", ["/assets/shield-x.js.js", "/shield-x.js", "/assets/shield-x.mjs", "/assets/x/shield-x.js"]
)
def test_only_its_own_place_gives_a_file_that_policy(tmp_path: Path, path: str) -> None:
    file = tmp_path / "file.js"
    file.write_text("1")
    assert static.read(path, file).policy is None


def test_nothing_in_the_workers_bundle_makes_code_of_strings() -> None:
    script = (BUILT_IN / WORKER[1:]).read_text()
    assert len(script) > 100_000
    assert not re.search(r"\beval\(|new Function|\bFunction\(", script)


@pytest.mark.parametrize(("suffix", "kind"), [("wasm", "application/wasm"), ("bin", "application/octet-stream")])
async def test_the_shields_files_have_their_types_and_are_kept(app: ASGIApp, suffix: str, kind: str) -> None:
    [file] = BUILT_IN.glob(f"assets/shield-*.{suffix}")
    answer = await ask(app, f"/assets/{file.name}")
    assert (answer.get("content-type"), answer.get("cache-control")) == (kind, static.IMMUTABLE)


async def test_the_shield_is_fetched_in_less_than_4_mb(app: ASGIApp) -> None:
    accepting = (("host", "localhost:8000"), ("accept-encoding", "gzip"))
    files = [f"/assets/{file.name}" for file in BUILT_IN.glob("assets/shield-*")]
    assert len(files) == 3
    packed = {path: (await ask(app, path, headers=accepting)).body for path in files}
    assert sum(map(len, packed.values())) <= 3_700_000
    assert {path: gzip.decompress(body) for path, body in packed.items()} == {
        path: (await ask(app, path)).body for path in files
    }


@pytest.mark.parametrize("path", RENDERED)
async def test_the_rendered_pages_have_one_script_and_it_is_a_file(app: ASGIApp, path: str) -> None:
    answer = await ask(app, path)
    allowed = rules(answer)
    assert (allowed["default-src"], allowed["script-src"], allowed["trusted-types"]) == ("'none'", "'self'", "'none'")
    scripts = re.findall(rb"<script[^>]*>", answer.body)
    for script in scripts:
        assert re.fullmatch(rb'<script src="\./assets/early-[\w-]+\.js" integrity="sha256-[\w+/=]+">', script)
    assert len(scripts) <= 1
    assert not re.search(rb"\s(on[a-z]+|style)=", answer.body)


@pytest.mark.parametrize("path", EVERY)
@pytest.mark.parametrize("scheme", ["http", "https"])
async def test_the_other_headers(app: ASGIApp, path: str, scheme: str) -> None:
    answer = await ask(app, path, scheme=scheme, headers=[("host", "chat.example")])
    assert answer.get("cross-origin-opener-policy") == "same-origin"
    assert answer.get("cross-origin-embedder-policy") == "require-corp"
    assert answer.get("cross-origin-resource-policy") == "same-origin"
    assert answer.get("referrer-policy") == "no-referrer"
    assert answer.get("x-content-type-options") == "nosniff"
    assert answer.get("x-frame-options") == "DENY"
    assert answer.get("strict-transport-security") == ("max-age=63072000" if scheme == "https" else None)
    assert answer.get("set-cookie") is None


@pytest.mark.parametrize("host", ["localhost", "localhost:8443", "LOCALHOST.", "chat.localhost:8443"])
async def test_localhost_is_not_kept_to_tls(app: ASGIApp, host: str) -> None:
    """For two years it would be, on every port: whatever else anybody serves on their machine."""
    answer = await ask(app, "/", scheme="https", headers=[("host", host)])
    assert answer.get("strict-transport-security") is None
    for name in ("localhost.example", "notlocalhost", "127.0.0.1", "[::1]"):
        assert (await ask(app, "/", scheme="https", headers=[("host", name)])).get("strict-transport-security")


async def test_camera_and_microphone_are_for_this_page_alone_and_all_else_is_off(app: ASGIApp) -> None:
    header = (await ask(app, "/")).get("permissions-policy") or ""
    allowed = dict(rule.split("=") for rule in header.split(", "))
    assert {name for name, who in allowed.items() if who != "()"} == {"camera", "microphone"}
    assert allowed["camera"] == allowed["microphone"] == "(self)"
    assert {"geolocation", "display-capture", "usb", "serial", "payment", "browsing-topics"} <= set(allowed)


def test_the_page_names_its_scripts_with_their_hash() -> None:
    assert "integrity=" in (Path(BUILT_IN) / "index.html").read_text()


async def test_the_service_worker_may_fetch_and_nothing_else_and_is_asked_for_each_time(app: ASGIApp) -> None:
    answer = await ask(app, "/sw.js")
    assert answer.get("cache-control") == static.REVALIDATE
    sources = {name: value for name, value in rules(answer).items() if name.endswith("-src")}
    assert sources == {"default-src": "'none'", "connect-src": "'self'"}


async def test_each_page_of_the_server_begins_with_the_script_for_its_colours_and_names_its_hash(app: ASGIApp) -> None:
    for path in (*RENDERED, "/404"):
        page = (await ask(app, path)).body.decode()
        [(script, integrity)] = re.findall(
            r'<script src="\.(/assets/early-[\w-]+\.js)" integrity="sha256-(.+?)">', page
        )
        body = (await ask(app, script)).body
        assert base64.b64encode(hashlib.sha256(body).digest()).decode() == integrity
        assert page.index("<script") < page.index('rel="stylesheet"')
