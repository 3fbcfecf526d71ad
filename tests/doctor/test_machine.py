"""The machine as the doctor reads it: real processes, files and folders; and what its rules say."""

from __future__ import annotations

import ssl
import subprocess
from pathlib import Path

import msgspec
import pytest

from omefree.config import Config
from omefree.doctor import host, machine
from omefree.doctor.finding import Finding
from omefree.doctor.machine import Disk, Key, MachineFacts
from omefree.privacy.policy import HostFacts
from tests.certificates import make_certificate
from tests.test_server import Process, running

HARD = HostFacts(core_dumps_off=True, not_dumpable=True, memory_locked=True)
UNLOCKED = HostFacts(core_dumps_off=True, not_dumpable=True)
GOOD = MachineFacts(
    files_needed=1_000,
    files=2_000,
    hardened=HARD,
    synchronised=True,
    disk=Disk("/var/log", 10**10),
    key=Key("key.pem", open=False),
    renewed=False,
    secret_chars=64,
    python=(3, 14),
    openssl=(3, 5),
    month=(2026, 11),
)


def found(facts: MachineFacts) -> dict[str, Finding]:
    return {each.check: each for each in machine.findings(facts)}


def test_a_good_machine_is_all_green() -> None:
    assert {each.result for each in found(GOOD).values()} == {"good"}
    assert set(found(GOOD)) == {*("files", "memory", "core", "time", "logs", "python", "openssl", "key", "secret")}


@pytest.mark.parametrize(
    ("wrong", "check", "result", "mend"),
    [
        (
            {"files": 999, "unit": "omefree.service"},
            "files",
            "bad",
            "LimitNOFILE=1000 under [Service] of omefree.service",
        ),
        ({"files": 999}, "files", "bad", "--ulimit nofile=1000"),
        ({"files": None}, "files", "not looked at", "--pid"),
        ({"hardened": None}, "memory", "not looked at", ""),
        ({"hardened": UNLOCKED, "swap": ("/dev/sda2",)}, "memory", "bad", "LimitMEMLOCK=infinity"),
        ({"hardened": HostFacts(memory_locked=True)}, "core", "bad", "LimitCORE=0"),
        ({"synchronised": False}, "time", "warning", "set-ntp true"),
        ({"synchronised": None}, "time", "not looked at", ""),
        ({"disk": Disk("/var/log", 10**8)}, "logs", "bad", "--vacuum-size"),
        ({"disk": Disk("/var/log", 5 * 10**8)}, "logs", "warning", "--vacuum-size"),
        ({"python": (3, 11), "month": (2027, 11)}, "python", "warning", "pipx reinstall"),
        ({"openssl": (1, 1)}, "openssl", "warning", "upgrade"),
        ({"key": Key("key.pem", open=True)}, "key", "bad", "chmod 640 key.pem"),
        ({"renewed": True}, "key", "bad", "reload"),
        ({"dates": "it expires"}, "key", "warning", "certbot renew"),
        ({"secret_chars": 8}, "secret", "bad", "omefree deploy coturn"),
    ],
)
def test_what_is_wrong(wrong: dict[str, object], check: str, result: str, mend: str) -> None:
    told = found(msgspec.structs.replace(GOOD, **wrong))
    assert told[check].result == result
    assert mend in told[check].mend
    assert [each.check for each in told.values() if each.result == "bad" and each.check != check] == []


def test_a_machine_without_swap_needs_no_lock() -> None:
    facts = msgspec.structs.replace(GOOD, hardened=UNLOCKED)
    assert found(facts)["memory"].result == "good"


def test_a_server_with_few_files(page: Path) -> None:
    """The limit of the running server counts, not the doctor's."""
    with running(page, "--stun-port", "0", before="ulimit -n 300;") as server:
        facts = host.look(Config(max_connections=1_000), server.process.pid, None, b"")
        assert server.stop() == 0
    assert facts.files == 300
    assert found(facts)["files"].result == "bad"


def test_the_server_is_found_by_its_port(server: Process, port: int) -> None:
    assert host.server(port) == server.process.pid


@pytest.mark.parametrize(
    ("arguments", "does"),
    [
        (["/usr/bin/python3", "-m", "omefree", "serve", "--port", "1"], True),
        (["/usr/bin/python3", "/usr/bin/omefree"], True),
        (["/usr/bin/python3", "/usr/bin/omefree", "--port", "1"], True),
        (["omefree", "serve"], True),
        (["/usr/bin/python3", "-m", "omefree", "doctor"], False),
        (["vi", "omefree"], False),
        ([""], False),
        ([], False),
    ],
)
def test_what_a_server_s_command_line_is(arguments: list[str], does: bool) -> None:
    assert host.serves(arguments) is does


def test_swap_as_linux_lists_it(tmp_path: Path) -> None:
    listed = tmp_path / "swaps"
    listed.write_text(
        "Filename\tType\tSize\tUsed\tPriority\n/dev/zram0 partition 1 0 100\n/dev/sda2 partition 1 0 -2\n"
    )
    assert list(host.swap(listed)) == ["/dev/sda2"]
    assert list(host.swap(tmp_path / "none")) == []


def test_a_key_that_everybody_may_read(tmp_path: Path) -> None:
    certificate = make_certificate(tmp_path)
    certificate.key.chmod(0o644)
    assert host.key(str(certificate.key)) == Key(str(certificate.key), open=True)
    certificate.key.chmod(0o640)
    assert host.key(str(certificate.key)) == Key(str(certificate.key), open=False)
    assert host.key(str(tmp_path / "none")) is None


@pytest.mark.parametrize(("days", "says"), [(-1, "expired on"), (10, "expires on"), (30, "")])
def test_the_dates_of_the_certificate_s_file(tmp_path: Path, days: int, says: str) -> None:
    made = make_certificate(tmp_path, days_left=days)
    told = host.dates(Config(tls_cert=str(made.cert), tls_key=str(made.key)))
    assert says in told
    assert bool(told) is bool(says)


def test_a_certificate_that_was_renewed(tmp_path: Path) -> None:
    old, new = make_certificate(tmp_path), make_certificate(tmp_path, days_left=90)
    served = ssl.PEM_cert_to_DER_cert(old.cert.read_text())
    assert host.renewed(str(old.cert), served) is False
    assert host.renewed(str(new.cert), served) is True
    assert host.renewed(None, served) is host.renewed(str(new.cert), b"") is None
    new.cert.write_text("no certificate")
    assert host.renewed(str(new.cert), served) is None


def test_the_log_is_the_server_s_own_file(tmp_path: Path) -> None:
    log = tmp_path / "log"
    with log.open("w") as file, subprocess.Popen(["cat"], stdin=subprocess.PIPE, stderr=file) as process:
        told = host.disk(process.pid)
        process.communicate()
    assert told is not None
    assert told.path == str(log)
    elsewhere = host.disk(None)
    assert elsewhere is not None
    assert elsewhere.path.endswith(("journal", "log"))


def test_an_engine_between_several_servers_that_does_what_they_need() -> None:
    """One that does not: tests/deploy/test_valkey.py."""
    assert machine.exchange("10.0.0.1:6379", "", ()).result == "good"
