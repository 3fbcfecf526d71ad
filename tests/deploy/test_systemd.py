"""The units of deploy/systemd: what systemd says of them, and their command started as systemd starts it."""

from __future__ import annotations

import asyncio
import re
import shlex
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.deploy.proxies import DEPLOY, edited
from tests.test_server import GUARD_S, environment, pair

PROGRAM, CONFIG = "/opt/omefree/bin/omefree", "/etc/omefree/omefree.toml"
PROGRAMS = {"omefree.service": PROGRAM, "omefree-valkey.service": "/usr/bin/valkey-server"}
UNITS = ("omefree.service", "omefree-valkey.service", "omefree.socket", "omefree-redirect.socket")
EXPOSED_MOST = "15"  # of 100, by systemd's own measure; a service without any hardening has 96


@pytest.fixture
def units(tmp_path: Path) -> list[Path]:
    """The units, with a program that exists."""
    for name in UNITS:
        program = {f"ExecStart={PROGRAMS[name]}": f"ExecStart={sys.executable}"} if name in PROGRAMS else {}
        (tmp_path / name).write_text(edited(f"systemd/{name}", program))
    return [tmp_path / name for name in UNITS]


def test_systemd_finds_no_fault(units: list[Path]) -> None:
    done = subprocess.run(["systemd-analyze", "verify", *units], capture_output=True, text=True, check=True)
    assert done.stderr == ""


@pytest.mark.parametrize("number", [0, 1], ids=UNITS[:2])
def test_systemd_finds_the_services_hardened(units: list[Path], number: int) -> None:
    command = ["systemd-analyze", "security", "--offline=true", f"--threshold={EXPOSED_MOST}", str(units[number])]
    subprocess.run(command, capture_output=True, check=True)


@pytest.mark.parametrize("name", PROGRAMS)
def test_nothing_of_a_service_s_memory_can_reach_a_disk(name: str) -> None:
    """Neither by swapping nor when it crashes (systemd.exec(5), systemd.resource-control(5))."""
    assert {"LimitCORE=0", "MemorySwapMax=0"} <= set((DEPLOY / "systemd" / name).read_text().splitlines())


def command_of_the_service(config: Path) -> list[str]:
    """`ExecStart=`, with this interpreter and another file of settings."""
    [line] = re.findall(r"^ExecStart=(.+)$", (DEPLOY / "systemd/omefree.service").read_text(), re.M)
    program, *args = shlex.split(line)
    assert program == PROGRAM
    return [sys.executable, "-m", "omefree", *(str(config) if each == CONFIG else each for each in args)]


@pytest.mark.parametrize("workers", ["", 'workers = 2\nexchange = "auto"'], ids=["one", "workers"])
async def test_the_service_takes_its_port_from_systemd_and_tells_it_how_it_does(tmp_path: Path, workers: str) -> None:
    page = tmp_path / "page"
    page.mkdir()
    (page / "index.html").write_text("<!doctype html><title>OmeFree</title>")
    config = tmp_path / "omefree.toml"
    state = {"/var/lib/omefree": str(tmp_path)}
    config.write_text(f'static_dir = "{page}"\nstun_port = 0\n{workers}\n{edited("omefree.toml", state)}')
    with socket.create_server(("127.0.0.1", 0)) as port, socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notify:
        notify.bind(str(tmp_path / "notify"))
        notify.setblocking(False)
        url = f"http://127.0.0.1:{port.getsockname()[1]}"
        process = activated(command_of_the_service(config), port, tmp_path / "notify")
        try:
            assert "READY=1" in await told(notify)
            a, b, chat = await pair(url, "websocket")
            process.send_signal(signal.SIGHUP)
            assert "RELOADING=1" in await told(notify)
            assert await told(notify) == ["READY=1"]
            process.send_signal(signal.SIGTERM)
            assert (await told(notify))[0] == "STOPPING=1", "the supervisor alone speaks to systemd"
            assert await b.hears("ended") == [chat, "drained"]
            for visitor in (a, b):
                await visitor.hears("disconnect")
            assert await asyncio.to_thread(process.wait, GUARD_S) == 0
            with pytest.raises(BlockingIOError):
                notify.recv(4_096)
        finally:
            process.kill()
            process.wait()


ACTIVATE = """
import os, sys
os.dup2(int(sys.argv[1]), 3)
os.environ |= {"LISTEN_PID": str(os.getpid()), "LISTEN_FDS": "1"}
os.execv(sys.argv[2], sys.argv[2:])
"""


def activated(command: list[str], port: socket.socket, notify: Path) -> subprocess.Popen[bytes]:
    """The program with this socket as its descriptor 3, as sd_listen_fds(3) has it."""
    environ = environment() | {"NOTIFY_SOCKET": str(notify)}
    descriptor = port.fileno()
    starter = [sys.executable, "-c", ACTIVATE, str(descriptor)]
    return subprocess.Popen([*starter, *command], env=environ, pass_fds=[descriptor])


async def told(notify: socket.socket) -> list[str]:
    """The lines of the next message to systemd (sd_notify(3))."""
    async with asyncio.timeout(GUARD_S):
        return (await asyncio.get_running_loop().sock_recv(notify, 4_096)).decode().splitlines()
