"""What the doctor finds behind the real proxies with the files of deploy/, whole and with a line spoiled."""

from __future__ import annotations

from pathlib import Path

import pytest

from omefree.doctor import public
from omefree.doctor.finding import Finding
from omefree.doctor.visit import visit
from tests.deploy.proxies import PROXIES, started

SHORT_HSTS = "add_header Strict-Transport-Security max-age=300;"


async def found(name: str, folder: Path, port: int, changes: dict[str, str]) -> dict[str, Finding]:
    async with started(name, folder, f"127.0.0.1:{port}", changes=changes) as place:
        seen = await visit(place.https, trust=place.certificate.trusted())
    return {each.check: each for each in public.findings(seen.facts)}


@pytest.mark.parametrize("name", PROXIES)
async def test_the_shipped_file_is_all_green(name: str, port: int, tmp_path: Path) -> None:
    told = await found(name, tmp_path, port, {})
    assert {each.check: each.says for each in told.values() if each.result in ("bad", "warning")} == {}


@pytest.mark.parametrize(
    ("name", "line", "instead", "wrong", "mend"),
    [
        ("nginx", "proxy_set_header Upgrade           $http_upgrade;", "", {"websocket"}, "$http_upgrade"),
        ("nginx", "proxy_set_header Host              $http_host;", "", {"polling", "websocket"}, "Host $http_host"),
        ("nginx", "proxy_set_header X-Forwarded-Proto $scheme;", "", {"polling", "websocket", "headers"}, "$scheme"),
        ("nginx", "location / {", "location / { add_header Referrer-Policy unsafe-url;", {"headers"}, "add_header"),
        ("nginx", "location / {", f"location / {{ {SHORT_HSTS}", {"headers"}, "add_header"),
        ("apache", " upgrade=websocket", "", {"websocket"}, "upgrade=websocket"),
        ("haproxy", "set-header X-Forwarded-Proto https", "del-header X", {"polling", "websocket", "headers"}, "docs/"),
        ("caddy", "handle {", "handle /chat {", {"page"}, "docs/proxies.md"),
    ],
)
async def test_a_spoiled_file(
    name: str, line: str, instead: str, wrong: set[str], mend: str, port: int, tmp_path: Path
) -> None:
    told = await found(name, tmp_path, port, {line: instead})
    assert {each.check for each in told.values() if each.result == "bad"} == wrong
    assert [check for check in wrong if mend not in told[check].mend] == []
