"""`omefree chat` on the command line: every failure is one line and status 2."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from omefree.errors import ConnectError
from omefree.terminal.command import explained
from tests.test_cli import omefree, refused
from tests.words.speak import EN


def test_without_a_terminal() -> None:
    assert refused("chat", "localhost", LC_ALL="C") == "omefree: the chat needs a terminal"
    assert (
        refused("chat", "localhost", LANG="fr_FR.UTF-8", LC_ALL="")
        == "omefree: il faut un terminal pour la conversation"
    )


@pytest.mark.parametrize("args", [["chat"], ["chat", "a", "b"], ["chat", "localhost", "--langs", "fr"]])
def test_a_mistake(args: list[str]) -> None:
    assert refused(*args)


def test_help() -> None:
    shown = omefree("chat", "--help").stdout
    assert all(flag in shown for flag in ("--interest", "--language", "--lang"))


@pytest.mark.parametrize("missing", ["cryptography", "prompt_toolkit"])
def test_without_the_extra_packages(missing: str, tmp_path: Path) -> None:
    (tmp_path / missing).mkdir()
    (tmp_path / missing / "__init__.py").write_text(f"raise ModuleNotFoundError('no', name='{missing}')")
    source = str(Path(sys.modules["omefree"].__file__ or "").parents[1])
    done = subprocess.run(
        [sys.executable, "-m", "omefree", "chat", "localhost"],
        env=os.environ | {"PYTHONPATH": os.pathsep.join([str(tmp_path), source])},
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "omefree: the chat needs two more packages: pip install 'omefree[chat]'\n"


BLOCKED = ConnectError("busy", "", code="paused")
FULL = ConnectError("busy", "", code="full")
EXPIRED = ConnectError("certificate", "", detail="expired")


@pytest.mark.parametrize(
    ("error", "url", "line"),
    [
        (
            BLOCKED,
            "a.example",
            "a.example lets nobody in from this address; a.example/legal says how to write to its operator",
        ),
        (ConnectError("refused", ""), "localhost:1", "localhost:1 lets nobody in: is the server running?"),
        (
            ConnectError("address", ""),
            "ftp://\x1b[2Jx",
            "ftp://[2Jx is not a server’s address: try https://chat.example",
        ),
        (FULL, "chat.example", "chat.example is full: try again in a moment"),
        (ConnectError("busy", ""), "chat.example", "chat.example lets nobody in just now: try again in a moment"),
        (EXPIRED, "https://chat.example/x", "the certificate of chat.example is not valid: expired"),
    ],
)
def test_a_failure_in_words(error: ConnectError, url: str, line: str) -> None:
    assert explained(error, url, EN) == line
