"""A new version installed over the one that runs, with pip in an environment of its own: what pipx does."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path
from typing import NamedTuple

import aiohttp
import pytest

from omefree import __version__
from tests.reproducible import ROOT
from tests.test_server import GUARD_S, Process, ending, pair

NEXT = f"{__version__}.post1"
PARTS = ("hatch_build.py", "pyproject.toml", "README.md", "LICENSE", "CHANGELOG.md")
PAGES = ("/", "/privacy", "/privacy.json", "/legal?lang=fr", "/terms", "/safety", "/nothing-here")


class Environment(NamedTuple):
    """A virtual environment. What OmeFree needs is found in that of the tests, so no index is asked."""

    folder: Path

    @property
    def packages(self) -> Path:
        return Path(sysconfig.get_path("purelib", "venv", {"base": str(self.folder)}))

    def make(self) -> None:
        subprocess.run([sys.executable, "-m", "venv", "--without-pip", self.folder], check=True)
        (self.packages / "needed.pth").write_text(sysconfig.get_path("purelib"))

    def install(self, wheel: Path) -> None:
        command: list[str | Path] = [sys.executable, "-m", "pip", "--disable-pip-version-check"]
        command += ["--python", self.folder / "bin/python", "install", "--upgrade", "--no-index", "--no-deps", wheel]
        subprocess.run(command, check=True, capture_output=True)

    def files(self) -> set[str]:
        """The files of the package, without compiled ones."""
        found = (file for file in (self.packages / "omefree").rglob("*") if file.is_file())
        return {str(file.relative_to(self.packages)) for file in found if file.suffix != ".pyc"}


class Installed(Process):
    """The installed server, with the page that came along."""

    def __init__(self, environment: Environment) -> None:
        command: list[str | Path] = [environment.folder / "bin/omefree", "serve", "--port", "0", "--stun-port", "0"]
        ours = ("OMEFREE_", "PYTHONPATH")
        env = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
        self.process = subprocess.Popen(command, env=env, stderr=subprocess.PIPE, text=True)
        self.lines: list[str] = []
        self.url = self.wait_for(r"event=serving url=(\S+)")


def build(folder: Path, version: str, only_here: str) -> Path:
    """A wheel of the source, with this version and one module that no other version has."""
    folder.mkdir()
    for part in PARTS:
        shutil.copy(ROOT / part, folder)
    shutil.copytree(ROOT / "src", folder / "src", ignore=shutil.ignore_patterns("__pycache__"))
    package = folder / "src/omefree"
    for file in (package / "__init__.py", package / "static/assets.json"):
        file.write_text(file.read_text().replace(f'"{__version__}"', f'"{version}"', 1))
    (package / only_here).write_text("")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", "."]
    env = os.environ | {"OMEFREE_SKIP_FRONTEND": "1"}
    subprocess.run(command, cwd=folder, env=env, check=True, capture_output=True)
    [wheel] = folder.glob("*.whl")
    return wheel


def contents(wheel: Path) -> set[str]:
    with zipfile.ZipFile(wheel) as archive:
        return {name for name in archive.namelist() if name.startswith("omefree/")}


async def pages(url: str) -> dict[str, tuple[int, bytes]]:
    timeout = aiohttp.ClientTimeout(total=GUARD_S)
    async with aiohttp.ClientSession(timeout=timeout) as http:
        return {path: await fetched(http, url + path) for path in PAGES}


async def fetched(http: aiohttp.ClientSession, url: str) -> tuple[int, bytes]:
    async with http.get(url) as answer:
        return answer.status, await answer.read()


async def version(url: str) -> str:
    async with aiohttp.ClientSession() as http, http.get(url + "/healthz") as answer:
        return str((await answer.json())["version"])


@pytest.fixture(scope="module")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    root = tmp_path_factory.mktemp("wheels")
    return build(root / "now", __version__, "only_now.py"), build(root / "next", NEXT, "only_next.py")


async def test_a_chat_goes_on_while_a_new_version_is_installed(wheels: tuple[Path, Path], tmp_path: Path) -> None:
    environment = Environment(tmp_path / "venv")
    environment.make()
    environment.install(wheels[0])
    with ending(Installed(environment)) as server:
        a, b, chat = await pair(server.url, "websocket")
        before = await pages(server.url)
        environment.install(wheels[1])
        assert await a.client.call("message", (chat, "still here?"), timeout=GUARD_S) == {"ok": True}
        assert await b.hears("message") == [chat, "still here?"]
        assert await pages(server.url) == before
        c, d, _ = await pair(server.url, "polling")
        assert await version(server.url) == __version__
        for visitor in (a, b, c, d):
            await visitor.client.disconnect()
        assert server.stop() == 0
        assert [line for line in server.lines if "level=error" in line] == []
    assert environment.files() == contents(wheels[1])
    with ending(Installed(environment)) as server:
        assert await version(server.url) == NEXT
        assert server.stop() == 0
