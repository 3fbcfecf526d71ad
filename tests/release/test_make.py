"""`make release` as a whole, from a repository and a wheel."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from omefree import __version__
from release.__main__ import make
from release.errors import NotReady
from release.packages import build, unpack

ROOT = Path(__file__).parents[2]
HEADING = f"## [{__version__}] - "


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A clone with one commit, the page as it is built here, and a changelog that is ready."""
    folder = tmp_path / "clone"
    listing = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    files = subprocess.run(listing, cwd=ROOT, check=True, capture_output=True, text=True).stdout.split("\0")
    for name in filter(None, files):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, folder / name)
    shutil.copytree(ROOT / "src/omefree/static", folder / "src/omefree/static")
    (folder / "web/node_modules").mkdir()
    shutil.copy(ROOT / "web/node_modules/.omefree-build", folder / "web/node_modules")
    dated(folder, "2026-12-01")
    commit(folder)
    return folder


def dated(folder: Path, day: str) -> None:
    log = folder / "CHANGELOG.md"
    before, heading, after = log.read_text().partition(HEADING)
    assert heading
    log.write_text(f"{before}{heading}{day}\n{after.partition(chr(10))[2]}")


def commit(folder: Path) -> None:
    git = ["git", "-c", "user.name=t", "-c", "user.email=t@localhost", "-c", "commit.gpgsign=false"]
    subprocess.run(["git", "init", "--quiet"], cwd=folder, check=True)
    subprocess.run(["git", "add", "--all"], cwd=folder, check=True)
    subprocess.run([*git, "commit", "--quiet", "--message", "All"], cwd=folder, check=True)


def test_a_release(repository: Path, tmp_path: Path) -> None:
    dist = repository / "dist"
    wheel = build("wheel", repository, dist)
    names = {file.name for file in make(repository, dist, draft=False)}
    name = f"omefree-{__version__}"
    endings = ("requirements.lock", "cdx.json", "licences.txt", "notes.txt", "tar.gz")
    assert names == {"SHA256SUMS", wheel.name, *(f"{name}.{ending}" for ending in endings)}
    subprocess.run(["sha256sum", "--check", "--quiet", "SHA256SUMS"], cwd=dist, check=True)
    bill = json.loads((dist / f"{name}.cdx.json").read_text())
    assert {"uvicorn", "svelte"} <= {component["name"] for component in bill["components"]}
    assert "Socket.IO" in (dist / f"{name}.notes.txt").read_text()
    sdist = unpack(dist / f"{name}.tar.gz", tmp_path)
    assert (sdist / "requirements.lock").read_bytes() == (ROOT / "requirements.lock").read_bytes()


def test_what_is_not_ready_is_not_released(repository: Path) -> None:
    dist = repository / "dist"
    with pytest.raises(NotReady, match="there is no omefree-"):
        make(repository, dist, draft=False)
    dated(repository, "unreleased")
    with pytest.raises(NotReady, match="write the day"):
        make(repository, dist, draft=False)
    dated(repository, "2026-12-02")
    with pytest.raises(NotReady, match="1 files are not as committed"):
        make(repository, dist, draft=False)
    with pytest.raises(NotReady, match="there is no omefree-"):
        make(repository, dist, draft=True)
    build("wheel", repository, dist)
    (repository / "README.md").write_text("Other words.\n")
    with pytest.raises(NotReady, match="another wheel"):
        make(repository, dist, draft=True)
