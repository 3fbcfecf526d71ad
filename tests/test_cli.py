import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from omefree import __version__, launch

WEB_APP = Path(__file__).parent.parent / "web"  # any folder with an index.html


def omefree(*args: str, **environ: str) -> subprocess.CompletedProcess[str]:
    env = {name: value for name, value in os.environ.items() if not name.startswith("OMEFREE_")}
    command = [sys.executable, "-m", "omefree", *args]
    return subprocess.run(command, env=env | environ, capture_output=True, text=True, timeout=60, check=False)


def refused(*args: str, **environ: str) -> str:
    """The one line on stderr, with exit code 2 and nothing else."""
    done = omefree(*args, **environ)
    assert (done.returncode, done.stdout) == (2, "")
    line, *rest = done.stderr.splitlines()
    assert not rest
    return line


@pytest.mark.parametrize("args", [["--version"], ["serve", "--version"]])
def test_version(args: list[str]) -> None:
    done = omefree(*args)
    assert (done.returncode, done.stdout) == (0, f"omefree {__version__}\n")


def test_help_names_every_setting() -> None:
    shown = omefree("serve", "--help").stdout
    for flag in ("--port", "--tls-cert", "--trusted-proxies", "--turn-secret-file", "--quota-scale", "--check-config"):
        assert flag in shown


@pytest.mark.parametrize("args", [["--check-config"], ["serve", "--check-config"], ["--port", "0", "--check-config"]])
def test_good_settings(args: list[str]) -> None:
    done = omefree(*args, OMEFREE_MAX_CONNECTIONS="100")
    assert (done.returncode, done.stdout, done.stderr) == (0, "The settings are good.\n", "")


def test_lists_can_be_repeated_or_joined() -> None:
    origins = ["--allowed-origins", "https://a.example", "--allowed-origins", "https://b.example,https://c.example"]
    assert omefree("--check-config", *origins).returncode == 0


@pytest.mark.parametrize(
    ("args", "named"),
    [
        (["--prot", "5"], "--prot"),
        (["serve", "--port", "x"], "--port: expected a whole number"),
        (["--port"], "--port"),
        (["--config", "/none.toml"], "/none.toml"),
        (["sevre"], "sevre"),
        (["serve", "more"], "more"),
        (["--static-dir", "/none"], "no built web app in /none"),
    ],
)
def test_a_mistake_is_one_line_and_status_2(args: list[str], named: str) -> None:
    assert named in refused(*args)


@pytest.mark.parametrize(
    "args",
    [["--check-config"], ["serve", "--version"], ["--help"], ["serve", "--help"], ["simulate", "--duration", "1"]],
)
def test_what_cannot_be_printed_is_said(args: list[str]) -> None:
    """/dev/full is a full disk (full(4))."""
    with Path("/dev/full").open("w") as full:
        command = [sys.executable, "-m", "omefree", *args]
        limit = {"OMEFREE_MAX_CONNECTIONS": "100"}
        done = subprocess.run(
            command, env=os.environ | limit, stdout=full, stderr=subprocess.PIPE, text=True, timeout=60, check=False
        )
    said = "omefree: cannot write to standard output: No space left on device"
    assert (done.returncode, done.stderr.splitlines()[-1]) == (2, said)
    assert "Traceback" not in done.stderr


def test_a_port_in_use() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        assert f"port {port} of localhost is in use" in refused("--port", port, "--static-dir", str(WEB_APP))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", 0))
        port = str(taken.getsockname()[1])
        args = ["--port", "0", "--stun-port", port, "--static-dir", str(WEB_APP)]
        assert f"UDP port {port}" in refused(*args)


def test_an_unknown_variable() -> None:
    assert "did you mean OMEFREE_PORT?" in refused("--check-config", OMEFREE_PROT="1")


def test_a_missing_file_named_in_the_environment(tmp_path: Path) -> None:
    assert "cannot read" in refused("--check-config", OMEFREE_CONFIG=str(tmp_path / "none.toml"))


def test_a_folder_without_a_web_app_is_no_good_setting(tmp_path: Path) -> None:
    assert "no built web app" in refused("--check-config", "--static-dir", str(tmp_path))


def test_flags_alone_mean_serve() -> None:
    assert launch.with_command([]) == ["serve"]
    assert launch.with_command(["--port", "1"]) == ["serve", "--port", "1"]
    assert launch.with_command(["--help"]) == ["--help"]
    assert launch.with_command(["serve", "--port", "1"]) == ["serve", "--port", "1"]
