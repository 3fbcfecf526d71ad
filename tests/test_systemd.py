"""What systemd hears of a service, and how the journal gets its lines."""

import os
import socket
from pathlib import Path

import pytest

from omefree.process import systemd


def listening(address: str) -> socket.socket:
    heard = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    heard.bind(address)
    return heard


def test_states_come_at_a_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = str(tmp_path / "notify")
    monkeypatch.setenv("NOTIFY_SOCKET", path)
    with listening(path) as systems_end:
        systemd.notify("READY=1", "STATUS=well")
        assert systems_end.recv(100) == b"READY=1\nSTATUS=well"


def test_states_come_at_an_abstract_address(monkeypatch: pytest.MonkeyPatch) -> None:
    with listening("") as systems_end:  # Linux chooses one (unix(7))
        monkeypatch.setenv("NOTIFY_SOCKET", "@" + systems_end.getsockname()[1:].decode())
        systemd.reloading()
        first, second = systems_end.recv(100).decode().splitlines()
    assert first == "RELOADING=1"
    assert int(second.removeprefix("MONOTONIC_USEC=")) > 0


@pytest.mark.parametrize("address", ["", "/nobody/is/here", "vsock:2:1234", "@", "/" + "x" * 200])
def test_nobody_to_tell_is_no_trouble(monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    monkeypatch.setenv("NOTIFY_SOCKET", address)
    systemd.notify("READY=1")


def test_a_full_queue_is_not_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = str(tmp_path / "notify")
    monkeypatch.setenv("NOTIFY_SOCKET", path)
    with listening(path):
        for _ in range(1_000):
            systemd.notify("x" * 1_000)


def test_the_journal_is_known_by_device_and_inode(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with (tmp_path / "journal").open("w") as file:
        status = os.fstat(file.fileno())
        monkeypatch.setenv("JOURNAL_STREAM", f"{status.st_dev}:{status.st_ino}")
        assert systemd.is_journal(file.fileno())
        monkeypatch.setenv("JOURNAL_STREAM", f"{status.st_dev}:{status.st_ino + 1}")
        assert not systemd.is_journal(file.fileno())
    assert not systemd.is_journal(99_999), "which is not open"
