"""The first step of a start: short, and it leaves compiled modules for all later ones."""

import itertools
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
    assert loaded & {"typer", "click", "msgspec", "babel", "starlette", "uvicorn", "asyncio", "ssl", "pathlib"} == set()


def test_a_server_loads_only_what_it_needs(tmp_path: Path) -> None:
    """The others are for other commands, or for a developer's screen; each would be a part of every start."""
    (tmp_path / "index.html").write_text("<p>Here")
    flags = ["--host", "127.0.0.1", "--port", "0", "--stun-port", "0", "--static-dir", str(tmp_path)]
    command = [sys.executable, "-X", "importtime", "-m", "omefree", "serve", *flags]
    with subprocess.Popen(command, env=environment(), stderr=subprocess.PIPE, text=True) as server:
        assert server.stderr is not None
        lines = list(itertools.takewhile(lambda line: "event=serving" not in line, server.stderr))
        server.terminate()
    loaded = {line.rpartition("|")[2].strip() for line in lines if line.startswith("import time:")}
    assert {"omefree", "structlog", "uvicorn"} <= loaded, lines
    others = {"typer", "pydantic", "rich.console", "aioice", "dns", "cryptography", "h11", "prompt_toolkit"}
    assert loaded & others == set()


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
    for module in ("server.py", "serving.py", "chat/presence.py", "http/pages.py"):
        assert cache_from_source(str(installed / module)) in made
    start(installed, PYTHONDONTWRITEBYTECODE="")
    assert compiled(installed) == made


def test_whoever_wants_no_compiled_files_gets_none(installed: Path) -> None:
    start(installed, PYTHONDONTWRITEBYTECODE="1")
    assert compiled(installed) == {}
