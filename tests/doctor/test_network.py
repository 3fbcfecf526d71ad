"""`omefree doctor` as an operator types it, on a machine with public addresses: proxies, STUN, a real coturn."""

from __future__ import annotations

import contextlib
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from omefree.doctor.finding import Finding
from tests.certificates import Certificate, make_certificate
from tests.doctor.network import IPV4, PRIVATE, Network, coturn, public_network, settings, written
from tests.doctor.proxy import Habits
from tests.net.test_turn import free_port
from tests.test_server import Process, environment, running

NAMED = {"operator": "Ada", "contact": "ada@example.org", "hosting": "Her cellar", "max_connections": 100}


@pytest.fixture(scope="module")
def network() -> Iterator[Network]:
    with public_network() as made:
        yield made


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return make_certificate(tmp_path_factory.mktemp("certificate"), IPV4)


@contextlib.contextmanager
def serving(network: Network, page: Path, config: str) -> Iterator[Process]:
    """The server in that network."""
    with running(page, "--config", config, before=f'set -- {" ".join(network.at)} "$@";') as process:
        yield process
        assert process.stop() == 0


@contextlib.contextmanager
def proxy(network: Network, habits: Habits, port: int, certificate: Certificate) -> Iterator[str]:
    """The public address of a proxy in that network."""
    command = (sys.executable, "-m", "tests.doctor.proxy", msgspec.json.encode(habits).decode(), str(port), IPV4)
    process = subprocess.Popen(
        [*network.at, *command, str(certificate.cert), str(certificate.key)],
        env=environment(), stderr=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2],
    )  # fmt: skip
    assert process.stderr is not None
    try:
        yield process.stderr.readline().strip()
    finally:
        process.terminate()
        process.wait()
        process.stderr.close()


def relay(folder: Path, port: int) -> dict[str, Any]:
    """The settings for a relay on this port."""
    return {
        "turn_url": [f"turn:{IPV4}:{port}", f"turn:{IPV4}:{port}?transport=tcp"],
        "turn_secret_file": str(folder / "secret"),
        "stun_port": 0,
    }


def configured(network: Network, config: str, *args: str) -> str:
    done = network.omefree("deploy", "coturn", "--config", config, *args)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def not_good(found: dict[str, list[Finding]]) -> dict[str, str]:
    """What there is to mend or to look at; whatever depends on the machine that runs the tests is left out."""
    return {
        each.check: each.says
        for several in found.values()
        for each in several
        if each.result != "good" and each.check not in ("time", "logs", "python")
    }


async def test_a_good_set_up_is_all_green(
    network: Network, page: Path, certificate: Certificate, tmp_path: Path
) -> None:
    turn_port, stun_port = free_port(), free_port()
    behind = {"host": "127.0.0.1", "trusted_proxies": ["127.0.0.1"], "control_file": str(tmp_path / "control.toml")}
    config = settings(tmp_path, **{**NAMED, **behind, **relay(tmp_path, turn_port), "stun_port": stun_port})
    conf = configured(network, config, "--external-ip", IPV4)
    async with coturn(network, tmp_path, conf, turn_port):
        with (
            serving(network, page, config) as server,
            proxy(network, Habits(), int(server.url.rpartition(":")[2]), certificate) as url,
        ):
            pid = ("--pid", str(server.process.pid))
            code, found = network.doctor(url, "--config", config, *pid, SSL_CERT_FILE=str(certificate.cert))
    assert not_good(found) == {}
    assert code == 0
    assert IPV4 not in written(tmp_path)
    assert [len(found[check]) for check in ("tls", "stun", "turn", "turn-peers", "visitors", "files")] == [
        *(1, 1, 2, 1, 1, 1)
    ]


@pytest.mark.parametrize(
    ("habits", "says"),
    [
        (Habits(tells_address=False), "all visitors are counted as one"),
        (Habits(believes=True), "a visitor can choose the address"),
    ],
    ids=["one-for-all", "as-claimed"],
)
def test_who_is_counted(
    network: Network, page: Path, certificate: Certificate, tmp_path: Path, habits: Habits, says: str
) -> None:
    behind = {"host": "127.0.0.1", "trusted_proxies": ["127.0.0.1"], "stun_port": 0}
    config = settings(tmp_path, **NAMED, **behind, control_file=str(tmp_path / "control.toml"))
    with (
        serving(network, page, config) as server,
        proxy(network, habits, int(server.url.rpartition(":")[2]), certificate) as url,
    ):
        code, found = network.doctor(url, "--config", config, SSL_CERT_FILE=str(certificate.cert))
    [visitors] = found["visitors"]
    assert code == 1
    assert says in visitors.says
    assert "X-Forwarded-For $remote_addr" in visitors.mend


def test_stun_that_listens_on_the_loopback_alone(network: Network, tmp_path: Path, page: Path) -> None:
    port = free_port()
    config = settings(tmp_path, **NAMED, host="127.0.0.1", stun_port=port, trusted_proxies=["127.0.0.1"])
    with serving(network, page, settings(tmp_path, **NAMED, host="127.0.0.1", stun_port=port)):
        _, found = network.doctor("--config", config, OMEFREE_PUBLIC_HOST=IPV4)
    assert found["stun"][0].result == "bad"
    assert f"ufw allow {port}/udp" in found["stun"][0].mend


# --- a real coturn, and no server beside it ---


async def asked(network: Network, folder: Path, conf: str, port: int, config: str) -> dict[str, list[Finding]]:
    async with coturn(network, folder, conf, port):
        _, found = network.doctor("--config", config)
    return found


def without(conf: str, *beginnings: str) -> str:
    return "\n".join(line for line in conf.splitlines() if not line.startswith(beginnings))


@pytest.mark.parametrize(
    ("beginnings", "granted", "more"),
    [
        (("denied-peer-ip",), "10.0.0.1", ""),
        (tuple(f"denied-peer-ip={each}" for each in ("::", "64", "100::", "2", "3", "5", "f")), "::ffff:127.0.0.1", ""),
        (("denied-peer-ip=169",), "169.254.169.254", ""),
        (("denied-peer-ip=127",), "127.0.0.1", "allow-loopback-peers"),
    ],
    ids=["none", "ipv4-alone", "metadata", "loopback"],
)
async def test_a_relay_that_reaches_into_private_networks(
    network: Network, tmp_path: Path, beginnings: tuple[str, ...], granted: str, more: str
) -> None:
    port = free_port()
    config = settings(tmp_path, **relay(tmp_path, port))
    conf = without(configured(network, config), *beginnings) + f"\n{more}\n"
    found = await asked(network, tmp_path, conf, port, config)
    [peers] = found["turn-peers"]
    assert peers.result == "bad"
    assert granted in peers.says
    assert "denied-peer-ip=" in peers.mend
    assert "omefree deploy coturn" in peers.mend


async def test_another_secret(network: Network, tmp_path: Path) -> None:
    port = free_port()
    config = settings(tmp_path, **relay(tmp_path, port))
    conf = configured(network, config)
    (tmp_path / "secret").write_text("f" * 64)
    found = await asked(network, tmp_path, conf, port, config)
    assert {each.result for each in found["turn"]} == {"bad"}
    assert "secrets" in found["turn"][0].says
    assert found["turn-peers"][0].result == "not looked at"


async def test_a_relay_for_everybody(network: Network, tmp_path: Path) -> None:
    port = free_port()
    config = settings(tmp_path, **relay(tmp_path, port))
    conf = without(configured(network, config), "use-auth-secret", "static-auth-secret") + "\nno-auth\n"
    found = await asked(network, tmp_path, conf, port, config)
    assert "whoever comes" in found["turn"][0].says


async def test_a_relay_that_tells_its_private_address(network: Network, tmp_path: Path) -> None:
    port = free_port()
    config = settings(tmp_path, **relay(tmp_path, port))
    found = await asked(network, tmp_path, configured(network, config, "--external-ip", PRIVATE), port, config)
    assert f"--external-ip PUBLIC/{PRIVATE}" in found["turn"][0].mend


async def test_a_relay_behind_nat_carries_between_two_that_hide(network: Network, tmp_path: Path) -> None:
    """Its own address is private and denied, and the public one is another: two who hide meet all the same."""
    port = free_port()
    config = settings(tmp_path, **relay(tmp_path, port))
    more = ("--external-ip", f"{IPV4}/{PRIVATE}", "--listening-ip", PRIVATE)
    conf = configured(network, config, *more).replace(f"listening-ip={PRIVATE}", f"listening-ip={IPV4}")
    found = await asked(network, tmp_path, conf, port, config)
    assert {each.result for each in (*found["turn"], *found["turn-peers"])} == {"good"}


async def test_a_relay_without_ports(network: Network, tmp_path: Path) -> None:
    port = free_port()
    config = settings(tmp_path, **relay(tmp_path, port))
    conf = without(configured(network, config), "min-port", "max-port") + "\nmin-port=50000\nmax-port=50000\n"
    found = await asked(network, tmp_path, conf, port, config)
    assert {each.result for each in found["turn"]} == {"bad"}
    assert "min-port" in found["turn"][0].mend


async def test_nobody_relays(network: Network, tmp_path: Path) -> None:
    config = settings(tmp_path, **relay(tmp_path, free_port()))
    configured(network, config)  # it makes the secret
    _, found = network.doctor("--config", config)
    assert {each.result for each in found["turn"]} == {"bad"}
    assert "systemctl status coturn" in found["turn"][0].mend


async def test_a_relay_over_tls_alone(network: Network, tmp_path: Path) -> None:
    port = free_port()
    certificate = make_certificate(tmp_path, IPV4)
    given = {"turn_url": [f"turns:{IPV4}:{port}"], "turn_secret_file": str(tmp_path / "secret")}
    config = settings(tmp_path, **given)
    conf = configured(network, config, "--cert", str(certificate.cert), "--key", str(certificate.key))
    async with coturn(network, tmp_path, conf, port, by_tcp=True):
        _, found = network.doctor("--config", config, SSL_CERT_FILE=str(certificate.cert))
        _, strange = network.doctor("--config", config)
    assert [each.result for each in (*found["turn"], *found["turn-peers"])] == ["good", "good"]
    assert strange["turn"][0].result == "bad"
