"""Builds the wheel twice, in two folders under two environments, and compares the two. `make reproducible`."""

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[1]
LOOSE = ("__pycache__", "static", "node_modules")  # made again by each build
PARTS = ("hatch_build.py", "pyproject.toml", "README.md", "LICENSE", "CHANGELOG.md", "src", "web")


class Place(NamedTuple):
    """A folder and an environment for a build. Neither must make a difference."""

    folder: str
    umask: int
    env: dict[str, str]


PLACES = (
    Place("a", 0o022, {"TZ": "UTC", "LC_ALL": "C.UTF-8", "PYTHONHASHSEED": "1"}),
    Place("elsewhere/with a space/b", 0o077, {"TZ": "Asia/Tokyo", "LC_ALL": "C", "PYTHONHASHSEED": "2", "USER": "x"}),
)


def build(place: Place, root: Path) -> Path:
    """Copies the source and builds; the wheel. Raises CalledProcessError, with what the build said."""
    folder = root / place.folder
    copy(folder)
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", "out"]
    env = {name: value for name, value in os.environ.items() if not name.startswith(("OMEFREE_", "SOURCE_DATE"))}
    subprocess.run(
        command, cwd=folder, env=env | place.env, umask=place.umask, check=True, capture_output=True, text=True
    )
    [wheel] = (folder / "out").iterdir()
    return wheel


def copy(folder: Path) -> None:
    folder.mkdir(parents=True)
    for part in PARTS:
        if (ROOT / part).is_dir():
            shutil.copytree(
                ROOT / part, folder / part, ignore=shutil.ignore_patterns(*LOOSE), copy_function=shutil.copy
            )
        else:
            shutil.copy(ROOT / part, folder / part)
    # Of its own, so that its path is another, too; links where the disk allows it, for it has 2,300 files.
    shutil.copytree(ROOT / "web/node_modules", folder / "web/node_modules", symlinks=True, copy_function=link)
    (folder / "web/node_modules/.omefree-build").unlink(missing_ok=True)


def link(source: str, target: str) -> None:
    try:
        os.link(source, target)
    except OSError:  # another disk
        shutil.copy(source, target)


def sha256(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


def main() -> int:
    """Prints both hashes, and keeps the first wheel in dist/; 1 if they differ."""
    with tempfile.TemporaryDirectory() as root:
        wheels = [build(place, Path(root)) for place in PLACES]
        for wheel in wheels:
            sys.stdout.write(f"{sha256(wheel)}  {wheel.name}\n")
        (ROOT / "dist").mkdir(exist_ok=True)
        shutil.copy(wheels[0], ROOT / "dist")
        return int(sha256(wheels[0]) != sha256(wheels[1]))


if __name__ == "__main__":
    sys.exit(main())
