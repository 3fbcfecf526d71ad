"""`omefree doctor` as somebody types it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from omefree import __version__
from omefree.doctor import report
from omefree.doctor.finding import Finding, bad, good, unseen, warning
from tests.doctor.network import settings
from tests.doctor.test_network import NAMED
from tests.test_cli import omefree, refused
from tests.test_server import Process, running


def test_a_table_and_the_exit_code(server: Process) -> None:
    done = omefree("doctor", server.url)
    assert (done.returncode, done.stderr) == (1, "")
    assert done.stdout.startswith(f"omefree doctor {__version__}  {server.url}\n\n")
    assert "\n  ✗ stun        the server names none" in done.stdout
    assert "\nWhat to do\n  ✗ stun        stun_port = 3478" in done.stdout
    assert "\x1b" not in done.stdout
    assert max(map(len, done.stdout.splitlines())) <= 80


def test_a_server_here_with_its_settings(page: Path, tmp_path: Path) -> None:
    config = settings(tmp_path, **NAMED, static_dir=str(page))
    with running(page, "--config", config, "--stun-port", "0") as server:
        port = server.url.rpartition(":")[2]
        done = omefree("doctor", "--config", config, "--json", OMEFREE_PORT=port, OMEFREE_STUN_PORT="0")
        assert server.stop() == 0
    told = json.loads(done.stdout)
    checks = {each["check"]: each["result"] for each in told["checks"]}
    assert (told["schema"], told["doctor"], told["url"]) == (1, __version__, None)
    assert {name: checks[name] for name in ("page", "version", "legal", "files", "core")} == dict.fromkeys(
        ("page", "version", "legal", "files", "core"), "good"
    )


def test_a_server_on_a_unix_socket(page: Path, tmp_path: Path) -> None:
    config = settings(tmp_path, static_dir=str(page), unix_socket=str(tmp_path / "socket"), stun_port=0)
    done = omefree("doctor", "--config", config, "--json")
    [first, *_] = json.loads(done.stdout)["checks"]
    assert (first["check"], first["result"]) == ("page", "not looked at")


def test_nobody_is_there() -> None:
    done = omefree("doctor", "http://127.0.0.1:1", "--json")
    [page, *_] = json.loads(done.stdout)["checks"]
    assert done.returncode == 1
    assert page["result"] == "bad"
    assert page["mend"].startswith("systemctl start omefree")


@pytest.mark.parametrize(
    ("args", "says"),
    [
        (("https://",), "is not a server's address"),
        (("--config", "/none.toml"), "/none.toml"),
        (("--pid", "0"), "--pid"),
        (("a", "b"), "b"),
    ],
)
def test_misuse_is_one_line_and_2(args: tuple[str, ...], says: str) -> None:
    assert says in refused("doctor", *args)


def test_wrong_settings_are_one_line_and_2(tmp_path: Path) -> None:
    assert "turn_secret" in refused("doctor", "--config", settings(tmp_path, turn_url=["turn:a.example"]))


FOUND = [
    good("tls", "fine"),
    warning("turn", "none", "a `command --with-a-hyphen-that-is-quite-long` and then more words that do not fit"),
    bad("stun", "a server's own words: \x1b[2J\u202e", "do this"),
    unseen("clock", "nobody knows"),
]


def test_the_table_is_for_80_columns_and_needs_no_colours() -> None:
    told = report.table("title", FOUND)
    assert told.splitlines() == [
        "title",
        "",
        "  ✓ tls         fine",
        "  ! turn        none",
        "  ✗ stun        a server's own words: [2J‹RLO›",
        "  ? clock       nobody knows",
        "",
        "What to do",
        "  ✗ stun        do this",
        "  ! turn        a `command --with-a-hyphen-that-is-quite-long` and then more",
        "                words that do not fit",
        "",
        "good 1, warnings 1, to mend 1, not looked at 1",
    ]
    assert "\x1b[1;31m  ✗\x1b[0m stun" in report.table("title", FOUND, colours=True)


@pytest.mark.parametrize(("found", "code"), [(FOUND, 1), ([FOUND[0], FOUND[1], FOUND[3]], 0), ([], 0)])
def test_only_what_is_to_mend_counts(found: list[Finding], code: int) -> None:
    assert report.exit_code(found) == code
