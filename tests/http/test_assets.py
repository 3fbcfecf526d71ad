"""Every file with its hash: what is served, what the build wrote down, and what the page loads."""

import base64
import hashlib
import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest
from starlette.types import ASGIApp

import hatch_build
from omefree import __version__
from omefree.config import Config
from omefree.http.app import build_app
from omefree.http.static import BUILT_IN
from tests.http.asgi import ask


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the built page."""
    return shutil.copytree(BUILT_IN, tmp_path / "static")


def served_from(folder: Path) -> ASGIApp:
    return build_app(Config(static_dir=str(folder)), dict)


async def told(app: ASGIApp, path: str) -> Any:
    answer = await ask(app, path)
    assert (answer.status, answer.get("content-type")) == (200, "application/json")
    return json.loads(answer.body)


async def test_the_list_is_what_is_served(folder: Path) -> None:
    app = served_from(folder)
    listed = await told(app, "/assets.json")
    assert listed["version"] == __version__
    for file in listed["files"]:
        body = (await ask(app, file["path"])).body
        assert (hashlib.sha256(body).hexdigest(), len(body)) == (file["sha256"], file["bytes"]), file["path"]


def lying_in(folder: Path) -> set[str]:
    return {f"/{path.relative_to(folder).as_posix()}" for path in folder.rglob("*") if path.is_file()}


async def test_the_list_is_whole(folder: Path) -> None:
    paths = [file["path"] for file in (await told(served_from(folder), "/assets.json"))["files"]]
    assert paths == sorted(paths)
    assert set(paths) == lying_in(folder) - {"/assets.json"} | {"/"}


async def test_it_is_the_list_that_the_build_wrote(folder: Path) -> None:
    written = (folder / "assets.json").read_bytes()
    app = served_from(folder)
    assert (await ask(app, "/assets.json")).body == written == hatch_build.listing(folder).encode()
    assert (await told(app, "/privacy.json"))["settings"]["as_built"] is True


async def test_a_changed_file_is_seen_and_told(folder: Path) -> None:
    with (folder / "index.html").open("a") as page:
        page.write("<!-- -->")
    app = served_from(folder)
    assert (await told(app, "/privacy.json"))["settings"]["as_built"] is False
    listed = {file["path"]: file["sha256"] for file in (await told(app, "/assets.json"))["files"]}
    assert listed["/"] == listed["/index.html"] == hashlib.sha256((folder / "index.html").read_bytes()).hexdigest()
    assert b"changed after the build" in (await ask(app, "/privacy")).body


@pytest.mark.parametrize("change", ["added", "gone", "other version"])
async def test_so_is_a_file_too_many_or_too_few(folder: Path, change: str) -> None:
    if change == "added":
        (folder / "extra.txt").write_text("x")
    elif change == "gone":
        (folder / "robots.txt").unlink()
    else:
        written = (folder / "assets.json").read_text()
        (folder / "assets.json").write_text(written.replace(__version__, "0.0.1"))
    assert (await told(served_from(folder), "/privacy.json"))["settings"]["as_built"] is False


@pytest.mark.parametrize("written", [None, "", "[]", "{}", '{"version": 1, "files": []}', "\xff"])
async def test_a_page_without_a_list_is_told_as_such(folder: Path, written: str | None) -> None:
    (folder / "assets.json").unlink()
    if written is not None:
        (folder / "assets.json").write_text(written, encoding="latin-1")
    app = served_from(folder)
    assert (await told(app, "/privacy.json"))["settings"]["as_built"] is None
    assert len((await told(app, "/assets.json"))["files"]) > 5


LOADED = re.compile(r'<(?:script|link)\b[^>]*?(?:src|href)="(?:\./)?(assets/[^"]+)"[^>]*>')


@pytest.mark.parametrize("page", ["index.html"])
def test_the_page_names_what_it_loads_with_its_hash(page: str) -> None:
    tags = list(LOADED.finditer((BUILT_IN / page).read_text()))
    assert tags
    for tag in tags:
        digest = hashlib.sha256((BUILT_IN / tag[1]).read_bytes()).digest()
        assert f'integrity="sha256-{base64.b64encode(digest).decode()}"' in tag[0]


@pytest.mark.parametrize("page", ["index.html"])
def test_there_is_no_script_or_style_inside_the_page(page: str) -> None:
    text = (BUILT_IN / page).read_text()
    assert not re.search(r"<style|\s(on[a-z]+|style)=|javascript:", text)
    assert all(re.fullmatch(r"<script[^>]* src=\"\./assets/[^>]*></script>", tag) for tag in re.findall(r"<script.*?</script>", text, re.S))  # fmt: skip  # noqa: E501
