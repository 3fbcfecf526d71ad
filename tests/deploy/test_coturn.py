"""`omefree deploy coturn`. A real coturn with its configuration: tests/doctor/test_network.py."""

from __future__ import annotations

import stat
from pathlib import Path
from typing import Any

import pytest

from omefree.deploy.coturn import configuration, relay_of
from omefree.errors import StartError
from omefree.net.peers import DENIED
from tests.doctor.network import settings
from tests.test_cli import omefree, refused

SECRET = "0123456789abcdef" * 4
URLS = ("turn:turn.example:3479", "turn:turn.example:3479?transport=tcp")


def lines(*urls: str, **more: Any) -> list[str]:
    return configuration(relay_of(urls or URLS, SECRET, **more)).splitlines()


def test_the_secret_is_that_of_the_settings_and_is_made_once(tmp_path: Path) -> None:
    config = settings(tmp_path, turn_url=list(URLS), turn_secret_file=str(tmp_path / "secret"))
    first, second = (omefree("deploy", "coturn", "--config", config) for _ in range(2))
    assert (first.returncode, first.stderr) == (0, "")
    secret = (tmp_path / "secret").read_text().strip()
    assert len(secret) == 64
    assert stat.S_IMODE((tmp_path / "secret").stat().st_mode) & 0o137 == 0
    assert f"static-auth-secret={secret}" in first.stdout.splitlines()
    assert second.stdout == first.stdout
    assert omefree("serve", "--check-config", "--config", config).returncode == 0


def test_flags_do_as_well(tmp_path: Path) -> None:
    given = ("--turn-url", URLS[0], "--turn-secret-file", str(tmp_path / "secret"))
    done = omefree("deploy", "coturn", *given, "--external-ip", "9.0.0.1/10.0.0.1", "--listening-ip", "10.0.0.1")
    told = done.stdout.splitlines()
    assert {"external-ip=9.0.0.1/10.0.0.1", "listening-ip=10.0.0.1"} <= set(told)
    assert {"no-cli", "no-tls", "no-dtls", "no-tcp", "listening-port=3479", "realm=turn.example"} <= set(told)


def test_every_network_is_denied_once() -> None:
    denied = [line for line in lines() if line.startswith("denied-peer-ip=")]
    assert len(denied) == len(set(denied)) == len(DENIED)
    assert "denied-peer-ip=169.254.0.0-169.254.255.255" in denied
    assert "denied-peer-ip=::1-::ffff:ffff" in denied


def test_ports_and_transports() -> None:
    assert "no-tcp" not in lines()
    told = set(lines("turns:turn.example:443", cert="cert.pem", key="key.pem"))
    assert {"tls-listening-port=443", "cert=cert.pem", "pkey=key.pem", "no-udp", "no-tcp", "no-dtls"} <= told
    assert "no-tls" not in told


@pytest.mark.parametrize(
    ("urls", "more", "says"),
    [
        ((), {}, "set turn_url and turn_secret_file"),
        (("turn:a:1", "turn:a:2"), {}, "one port, not on 1 and 2"),
        (("turns:a",), {}, "--cert and --key"),
        (("turns:a?transport=udp",), {"cert": "a", "key": "b"}, "no browser"),
        (URLS, {"external": ["chat.example"]}, "chat.example is not an address"),
        (URLS, {"listening": ["9.0.0.1/10.0.0.1"]}, "is not an address"),
    ],
)
def test_what_no_coturn_could_serve(urls: tuple[str, ...], more: dict[str, Any], says: str) -> None:
    with pytest.raises(StartError, match=says):
        relay_of(urls, SECRET, **more)


@pytest.mark.parametrize("secret", ["", "short", "a" * 31, "é" * 40, "a b" * 20, "a#" * 20, "a\nno-auth" * 8])
def test_a_weak_or_strange_secret(secret: str) -> None:
    with pytest.raises(StartError, match="32 letters and digits"):
        relay_of(URLS, secret)


def test_a_mistake_is_one_line_and_status_2(tmp_path: Path) -> None:
    assert "turn_secret_file" in refused("deploy", "coturn")
    assert "cannot make" in refused("deploy", "coturn", "--turn-secret-file", str(tmp_path / "none/secret"))
    assert "apache" in refused("deploy", "apache")
