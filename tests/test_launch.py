"""The first step of a start: short, and it leaves compiled modules for all later ones."""

import json
import shutil
import subprocess
import sys
from importlib.util import cache_from_source
from pathlib import Path

import pytest

import omefree
from tests.privacy.leavers import environment

LOADED = "import json, sys; import omefree.launch; print(json.dumps(sorted(sys.modules)))"


def test_the_first_step_imports_no_package_of_others() -> None:
    """What it imported would be imported twice: the server is another process in its place."""
    done = subprocess.run([sys.executable, "-I", "-c", LOADED], capture_output=True, text=True, check=True)
    loaded = {name.partition(".")[0] for name in json.loads(done.stdout)}
    assert "omefree" in loaded
    assert loaded & {"typer", "click", "msgspec", "babel", "starlette", "uvicorn", "asyncio", "ssl"} == set()


@pytest.fixture
def installed(tmp_path: Path) -> Path:
    """The package as uv installs it: nothing is compiled."""
    package = Path(omefree.__file__).parent
    uncompiled = shutil.ignore_patterns("__pycache__", "static")
    return Path(shutil.copytree(package, tmp_path / "site/omefree", ignore=uncompiled))


def start(package: Path, **variables: str) -> None:
    """Starts a server that ends at once: its settings are not good."""
    command = [sys.executable, "-m", "omefree", "serve", "--port", "none"]
    given = environment(PYTHONPATH=str(package.parent), **variables)
    done = subprocess.run(command, env=given, capture_output=True, text=True, check=False)
    assert done.returncode == 2, done.stderr
    assert "--port" in done.stderr


def compiled(package: Path) -> dict[str, int]:
    return {str(path): path.stat().st_mtime_ns for path in package.rglob("*.pyc")}


def test_the_first_start_compiles_and_later_ones_need_not(installed: Path) -> None:
    start(installed, PYTHONDONTWRITEBYTECODE="")
    made = compiled(installed)
    for module in ("server.py", "cli.py", "chat/presence.py", "http/pages.py"):
        assert cache_from_source(str(installed / module)) in made
    start(installed, PYTHONDONTWRITEBYTECODE="")
    assert compiled(installed) == made


def test_whoever_wants_no_compiled_files_gets_none(installed: Path) -> None:
    start(installed, PYTHONDONTWRITEBYTECODE="1")
    assert compiled(installed) == {}
