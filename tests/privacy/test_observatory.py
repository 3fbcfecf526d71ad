"""Mozilla's HTTP Observatory itself (npm's @mdn/mdn-http-observatory) grades the real server, over TLS."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from hatch_build import install
from omefree.http.static import BUILT_IN
from tests.audit.liar import lying
from tests.audit.lies import Header
from tests.certificates import Certificate, make_certificate
from tests.clients.official import NODE
from tests.test_server import running

GRADER = Path(__file__).with_name("grader")
PACKAGE = GRADER / "node_modules/@mdn/mdn-http-observatory"
HOST = "127.0.0.1"  # `localhost` is not kept to TLS
GUARD_S = 30  # no test measures time: this only ends one that hangs


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return make_certificate(tmp_path_factory.mktemp("certificate"), HOST)


@pytest.fixture(scope="module")
def url(certificate: Certificate) -> Iterator[str]:
    install(GRADER)
    # The package would fetch the browsers' list of hosts that are https only; no address is in it.
    (PACKAGE / "conf/hsts-preload.json").write_text("{}")
    files = ("--tls-cert", str(certificate.cert), "--tls-key", str(certificate.key))
    with running(Path(BUILT_IN), "--host", HOST, "--stun-port", "0", *files) as server:
        yield server.url
        assert server.stop() == 0


async def graded(url: str, certificate: Certificate) -> dict[str, Any]:
    host = url.removeprefix("https://")
    env = {"NODE_EXTRA_CA_CERTS": str(certificate.cert)}
    command = [str(NODE), str(PACKAGE / "src/scan.js"), host]
    process = await asyncio.create_subprocess_exec(*command, env=env, stdout=asyncio.subprocess.PIPE)
    async with asyncio.timeout(GUARD_S):
        told, _ = await process.communicate()
    return msgspec.json.decode(told, type=dict[str, Any])


def failures(found: dict[str, Any]) -> list[str]:
    return [name for name, test in found["tests"].items() if not test["pass"]]


async def test_it_gives_its_best_grade_and_every_test_passes(url: str, certificate: Certificate) -> None:
    found = await graded(url, certificate)
    assert failures(found) == []
    assert (found["scan"]["grade"], found["scan"]["error"]) == ("A+", None)
    results = {name: test["result"] for name, test in found["tests"].items()}
    assert results["content-security-policy"] == "csp-implemented-with-no-unsafe-default-src-none"
    assert results["cookies"] == "cookies-not-found"
    assert results["strict-transport-security"] == "hsts-implemented-max-age-at-least-six-months"
    assert results["subresource-integrity"] == "sri-implemented-and-all-scripts-loaded-securely"


async def test_it_looks_at_what_was_sent(url: str, certificate: Certificate) -> None:
    lie = Header("content-security-policy", None)
    async with lying(url, lie, certificate.for_server(), certificate.trusted()) as liar:
        found = await graded(liar.replace("localhost", HOST), certificate)
    assert failures(found) == ["content-security-policy"]
    assert found["scan"]["grade"] != "A+"
