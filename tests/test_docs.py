"""What is written for people agrees with the program."""

import ast
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

from omefree import cli, launch, settings

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


LINK = re.compile(r"\]\(([^)\s]+)\)|<(?:img|source)[^>]* src(?:set)?=\"([^\"]+)\"")
CODE = re.compile(r"^```.*?^```|`[^`\n]*`", re.M | re.S)


def documents() -> list[Path]:
    listing = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "*.md"]
    files = subprocess.run(listing, cwd=ROOT, check=True, capture_output=True, text=True).stdout.split("\0")
    return [ROOT / name for name in sorted(filter(None, files)) if (ROOT / name).exists()]


def anchors(document: Path) -> set[str]:
    """The anchors that GitHub gives to a document's headings: lower case, no punctuation, a hyphen for each blank."""
    text = CODE.sub(lambda code: "" if code[0].startswith("```") else code[0].strip("`"), document.read_text())
    found: list[str] = []
    for heading in re.findall(r"^#+ (.+?) *#*$", text, re.M):
        shown = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).lower()
        found.append(re.sub(r"[^\w\- ]", "", shown).replace(" ", "-"))
    return {f"{each}-{found[:at].count(each)}" if each in found[:at] else each for at, each in enumerate(found)}


def dead_links(document: Path) -> list[str]:
    """The links to files and headings of the repository that lead nowhere. Addresses of others are not asked."""
    dead = []
    for found in LINK.finditer(CODE.sub("", document.read_text())):
        link = found[1] or found[2]
        path, _, anchor = link.partition("#")
        if re.match(r"[a-z]+:", link):
            continue
        target = document.parent / path if path else document
        if not target.exists() or (anchor and anchor not in anchors(target)):
            dead.append(link)
    return dead


@pytest.mark.parametrize("document", documents(), ids=lambda path: str(path.relative_to(ROOT)))
def test_every_link_leads_somewhere(document: Path) -> None:
    assert dead_links(document) == []


def test_a_dead_link_is_found(tmp_path: Path) -> None:
    here = tmp_path / "here.md"
    (tmp_path / "there.md").write_text("# Who `may` do *this*?\n\n```sh\n# no heading\n```\n\n## Twice\n\n## Twice\n")
    alive = ["there.md", "#here", "there.md#who-may-do-this", "there.md#twice-1", "https://example.org/#x", "."]
    dead = ["their.md", "#there", "there.md#who", "there.md#no-heading", "there.md#twice-2", "../there.md"]
    here.write_text("# Here\n\n" + "\n".join(f"[x]({link})" for link in alive + dead) + "\n`[x](in-code.md)`\n")
    assert dead_links(here) == dead


def test_the_readme_is_short_and_leads_to_every_document() -> None:
    readme = (ROOT / "README.md").read_text()
    assert len(readme.splitlines()) < 120
    assert [path.name for path in (ROOT / "docs").glob("*.md") if f"(docs/{path.name}" not in readme] == []


SHOWN = re.compile(r"(?:^ *|[|&;(] *|sudo +|/bin/)omefree((?: +[^\s|>&;#)]+)*)", re.M)  # where a shell has a command
SNIPPET = re.compile(r"^```sh\n(.*?)^```|`([^`\n]+)`", re.M | re.S)


def shown_commands(document: Path) -> Iterator[list[str]]:
    """The arguments of each `omefree ..` that a document shows in a shell or between backquotes."""
    for snippet in SNIPPET.finditer(document.read_text()):
        code = (snippet[1] or snippet[2]).replace("\\\n", " ")
        yield from (found[1].split() for found in SHOWN.finditer(code) if found[1])


def unknown(command: Any, args: list[str]) -> list[str]:
    """Those of the arguments that the program does not know: commands and flags, not their values."""
    named, *rest = [*args, ""]
    if named in getattr(command, "commands", {}):
        return unknown(command.commands[named], rest)
    flags = {flag for parameter in command.params for flag in parameter.opts} | {"--help"}
    return [arg for arg in args if arg.startswith("--") and arg.partition("=")[0] not in flags]


@pytest.mark.parametrize("document", documents(), ids=lambda path: str(path.relative_to(ROOT)))
def test_every_command_that_is_shown_exists(document: Path) -> None:
    program = typer.main.get_command(cli.app)
    shown = [launch.with_command(args) for args in shown_commands(document)]
    assert [args for args in shown if args[0] not in program.commands and args[0] not in launch.OF_GROUP] == []  # type: ignore[attr-defined]
    assert [args for args in shown if unknown(program, args)] == []


def test_a_command_that_does_not_exist_is_found(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    shell = "sudo /opt/bin/omefree serve --port 1 --prot 2 | cat --number\nomefree --config x\nchown omefree file\n"
    page.write_text(f"```sh\n{shell}```\n`omefree deploy coturn --ip 1`\n")
    program = typer.main.get_command(cli.app)
    assert [unknown(program, launch.with_command(args)) for args in shown_commands(page)] == [["--prot"], [], ["--ip"]]


def test_every_file_to_deploy_that_is_named_exists() -> None:
    named = {name for path in documents() for name in re.findall(r"\bdeploy/[a-z][\w./-]*\w", path.read_text())}
    assert "deploy/caddy/Caddyfile" in named
    found = [ROOT, ROOT / "tests", ROOT / "src/omefree"]
    assert [name for name in named if not any((folder / name).exists() for folder in found)] == []


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
