"""Two honest servers for the audit's tests, over http and over TLS. Their page has all that the audit looks at."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from omefree import __version__
from tests.certificates import Certificate, make_certificate
from tests.test_server import running

SCRIPT = "document.title = 'OmeFree';"
WORKER = "postMessage({});"  # its name says that it is the shield's, so the server gives it the worker's policy
STYLE = "body { background: url(/favicon.svg); }"
PAGE = """<!doctype html><html lang="en"><head><title>OmeFree</title><link rel="icon" href="/favicon.svg">
<link rel="stylesheet" href="/assets/app.css"><script type="module" src="/assets/app.js"
integrity="sha256-%s"></script></head><body><main></main></body></html>"""
FLAGS = ("--stun-port", "0", "--quota-scale", "100")


@pytest.fixture(scope="session")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a built web app."""
    folder = tmp_path_factory.mktemp("page")
    (folder / "assets").mkdir()
    (folder / "assets/app.js").write_text(SCRIPT)
    (folder / "assets/shield-x.js").write_text(WORKER)
    (folder / "assets/app.css").write_text(STYLE)
    (folder / "assets/policy-x.css").write_text("main { margin: 0; }")
    (folder / "favicon.svg").write_text('<svg xmlns="http://www.w3.org/2000/svg"/>')
    (folder / "404.html").write_text('<!doctype html><html lang="en"><title>Not here</title></html>')
    (folder / "index.html").write_text(PAGE % hashlib.sha256(SCRIPT.encode()).hexdigest())
    (folder / "assets.json").write_text(listing(folder))
    return folder


def listing(folder: Path) -> str:
    """As the build writes it."""
    files = {f"/{path.relative_to(folder).as_posix()}": path.read_bytes() for path in folder.rglob("*.*")}
    files["/"] = files["/index.html"]
    rows = [
        {"path": path, "sha256": hashlib.sha256(body).hexdigest(), "bytes": len(body)}
        for path, body in sorted(files.items())
    ]
    return json.dumps({"version": __version__, "files": rows})


@pytest.fixture(scope="session")
def url(page: Path) -> Iterator[str]:
    with running(page, *FLAGS) as server:
        yield server.url
        assert server.stop() == 0
        assert [line for line in server.lines if "level=error" in line] == []


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return make_certificate(tmp_path_factory.mktemp("certificate"))


@pytest.fixture(scope="session")
def tls_url(page: Path, certificate: Certificate) -> Iterator[str]:
    files = ("--tls-cert", str(certificate.cert), "--tls-key", str(certificate.key))
    with running(page, *FLAGS, *files) as server:
        yield server.url
        assert server.stop() == 0
