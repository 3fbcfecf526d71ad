"""Strict headers on every answer. What Mozilla's Observatory says of them: tests/privacy/test_observatory.py."""

import re
from pathlib import Path

import pytest
from starlette.types import ASGIApp, Receive, Scope, Send

from omefree.config import Config
from omefree.http.app import build_app
from omefree.http.static import BUILT_IN
from tests.http.asgi import Response as Raw
from tests.http.asgi import ask

RENDERED = ["/privacy", "/terms", "/legal", "/privacy?lang=fr"]
EVERY = ["/", "/404", "/healthz", "/privacy.json", "/assets.json", "/socket.io/", "/favicon.svg", *RENDERED]


async def polling(scope: Scope, receive: Receive, send: Send) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b""})


@pytest.fixture(scope="module")
def app() -> ASGIApp:
    return build_app(Config(), polling, dict)


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


@pytest.mark.parametrize("path", RENDERED)
async def test_the_rendered_pages_have_no_script_at_all(app: ASGIApp, path: str) -> None:
    answer = await ask(app, path)
    assert set(rules(answer)) == {"default-src", "style-src", "img-src", "base-uri", "form-action", "frame-ancestors"}
    assert b"<script" not in answer.body
    assert not re.search(rb"\s(on[a-z]+|style)=", answer.body)


@pytest.mark.parametrize("path", EVERY)
@pytest.mark.parametrize("scheme", ["http", "https"])
async def test_the_other_headers(app: ASGIApp, path: str, scheme: str) -> None:
    answer = await ask(app, path, scheme=scheme)
    assert answer.get("cross-origin-opener-policy") == "same-origin"
    assert answer.get("cross-origin-embedder-policy") == "require-corp"
    assert answer.get("cross-origin-resource-policy") == "same-origin"
    assert answer.get("referrer-policy") == "no-referrer"
    assert answer.get("x-content-type-options") == "nosniff"
    assert answer.get("x-frame-options") == "DENY"
    assert answer.get("strict-transport-security") == ("max-age=63072000" if scheme == "https" else None)
    assert answer.get("set-cookie") is None


async def test_camera_and_microphone_are_for_this_page_alone_and_all_else_is_off(app: ASGIApp) -> None:
    header = (await ask(app, "/")).get("permissions-policy") or ""
    allowed = dict(rule.split("=") for rule in header.split(", "))
    assert {name for name, who in allowed.items() if who != "()"} == {"camera", "microphone"}
    assert allowed["camera"] == allowed["microphone"] == "(self)"
    assert {"geolocation", "display-capture", "usb", "serial", "payment", "browsing-topics"} <= set(allowed)


def test_the_page_names_its_scripts_with_their_hash() -> None:
    assert "integrity=" in (Path(BUILT_IN) / "index.html").read_text()
