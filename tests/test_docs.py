"""What is written for people agrees with the program."""

import ast
import re
import subprocess
from pathlib import Path

import pytest

from omefree import settings

ROOT = Path(__file__).parent.parent


def test_the_table_of_settings_is_current() -> None:
    assert (ROOT / "docs/settings.md").read_text() == settings.document(), "run `make contract`"


def test_the_locks_name_every_hash_and_no_host() -> None:
    for lock in ROOT.glob("requirements*.lock"):
        text = lock.read_text()
        pins = re.findall(r"^([a-z0-9-]+)==", text, re.M)
        assert len(pins) == len(re.findall(r"^[a-z0-9-]+==.*\\\n    --hash=sha256:", text, re.M)), lock
        assert not re.search(r"https?:|file:|//|^-", text, re.M), lock


def test_the_locks_agree() -> None:
    dev = set(pins("requirements-dev.lock"))
    assert set(pins("requirements.lock")) | set(pins("requirements-build.lock")) <= dev


def pins(lock: str) -> list[str]:
    return [line.rstrip(" \\") for line in (ROOT / lock).read_text().splitlines() if line and not line.startswith(" ")]


def test_the_changelog_knows_this_version() -> None:
    from omefree import __version__

    assert f"## [{__version__}]" in (ROOT / "CHANGELOG.md").read_text()


@pytest.mark.parametrize("breach", sorted((ROOT / "tests/mutants").glob("*.patch")), ids=lambda breach: breach.stem)
def test_each_breach_can_still_be_made(breach: Path) -> None:
    """`make mutants` makes it, and looks whether its proof turns red."""
    subprocess.run(["git", "apply", "--check", breach], cwd=ROOT, check=True)


def test_every_file_that_is_named_exists() -> None:
    listing = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    files = subprocess.run(listing, cwd=ROOT, check=True, capture_output=True, text=True).stdout.split()
    named = re.compile(r"(?:\b(?:src|tests|docs|web|bench)/|(?<=`))[\w./-]+\.(?:py|ts|md|patch)\b")
    documents = [*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md"), ROOT / "pyproject.toml"]
    found = {(path.name, name) for path in documents for name in named.findall(path.read_text())}
    assert len(found) > 100
    assert [each for each in found if not any(f"/{path}".endswith(f"/{each[1]}") for path in files)] == []


def packages() -> list[Path]:
    return sorted(path.parent for path in (ROOT / "src/omefree").rglob("__init__.py"))


@pytest.mark.parametrize("folder", packages(), ids=lambda folder: folder.name)
def test_a_docstring_that_lists_files_lists_all_of_them(folder: Path) -> None:
    docstring = ast.get_docstring(ast.parse((folder / "__init__.py").read_text())) or ""
    listed = re.findall(r"^(\w+\.py) ", docstring, re.M)
    files = sorted(path.name for path in folder.glob("*.py") if path.stem != "__init__")
    assert listed == [] or sorted(listed) == files


def test_tests_never_sleep() -> None:
    """They wait for events. What has none is asked again in tests/until.py; `sleep(0)` lets a loop turn."""
    found = []
    for path in (ROOT / "tests").rglob("*.py"):
        calls = [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)]
        for call in calls:
            name = getattr(call.func, "attr", getattr(call.func, "id", ""))
            lets_turn = [getattr(arg, "value", None) for arg in call.args] == [0]
            if name in ("sleep", "wait_for_timeout") and not lets_turn and path.name != "until.py":
                found.append(f"{path.name}:{call.lineno}")
    assert found == []
