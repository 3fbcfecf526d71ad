"""`--workers` as an operator runs it: real processes, a private Valkey or Redis, official clients."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import aiohttp
import pytest

from omefree import cli
from tests.certificates import make_certificate
from tests.engine.raw import RawConnection
from tests.net.test_stun import mapped, request
from tests.operator.test_operating import Operator
from tests.test_server import GUARD_S, POLL, Process, ServerClient, environment, free_udp_port, pair, running
from tests.workers.crowd import of_javascript, of_python

PLAIN = ("--host", "127.0.0.1", "--stun-port", "0", "--quota-scale", "100000", "--hesitation-s", "0")
AUTO = ("--exchange", "auto")
UPGRADE = ("polling", "websocket")


@contextlib.contextmanager
def workers(page: Path, *args: str, count: int = 2) -> Iterator[Process]:
    with running(page, *PLAIN, "--workers", str(count), *AUTO, *args) as server:
        yield server


def children(server: Process) -> dict[int, str]:
    """The processes that it has started, with what runs in each."""
    pid = server.process.pid
    found = {}
    for child in map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split()):
        with contextlib.suppress(OSError):
            found[child] = Path(f"/proc/{child}/cmdline").read_bytes().replace(b"\0", b" ").decode()
    return found


def worker_pids(server: Process) -> set[int]:
    return {pid for pid, command in children(server).items() if "omefree serve" in command}


def engine_pid(server: Process) -> int:
    [pid] = [pid for pid, command in children(server).items() if re.search("(redis|valkey)-server", command)]
    return pid


def runs(pid: int) -> bool:
    with contextlib.suppress(OSError):
        return "State:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    return False


def port_of(server: Process) -> int:
    return int(server.url.rpartition(":")[2])


async def pairs(url: str, count: int) -> list[tuple[ServerClient, ServerClient, str]]:
    """So many pairs: some of them of one worker, some of two."""
    return [await pair(url, *UPGRADE) for _ in range(count)]


async def talk(a: ServerClient, b: ServerClient, chat: str, text: str) -> None:
    assert await a.client.call("message", (chat, text), timeout=GUARD_S) == {"ok": True}
    assert await b.hears("message") == [chat, text]


async def leave(*visitors: ServerClient) -> None:
    for visitor in visitors:
        await visitor.client.disconnect()


async def get(url: str) -> tuple[int, str]:
    async with aiohttp.ClientSession() as http, http.get(url) as answer:
        return answer.status, await answer.text()


async def test_visitors_of_all_workers_meet_by_every_transport_and_nothing_is_left(page: Path) -> None:
    with workers(page, count=3) as server:
        engine = engine_pid(server)
        for transports in (["polling"], ["websocket"], ["polling", "websocket"]):
            for _ in range(4):
                a, b, chat = await pair(server.url, *transports)
                await talk(a, b, chat, "hello")
                await leave(a, b)
        pids = worker_pids(server)
        assert len(pids) == 3
        assert server.stop() == 0
        assert not [pid for pid in (*pids, engine) if runs(pid)]
        assert "level=error" not in "".join(server.lines)


async def test_over_tls_too(page: Path, tmp_path: Path) -> None:
    made = make_certificate(tmp_path)
    with workers(page, "--tls-cert", str(made.cert), "--tls-key", str(made.key)) as server:
        connector = aiohttp.TCPConnector(ssl=made.trusted())
        async with aiohttp.ClientSession(connector=connector) as http:
            url = f"https://localhost:{port_of(server)}"
            for transports in (["polling"], ["polling", "websocket"]):
                for _ in range(4):
                    a, b = ServerClient(http), ServerClient(http)
                    for visitor in (a, b):
                        await visitor.arrive(url, *transports)
                        assert visitor.client.transport() == transports[-1]
                        assert await visitor.client.call("find", {"mode": "text"}, timeout=GUARD_S) == {"ok": True}
                    [[matched], _] = await a.hears("matched"), await b.hears("matched")
                    await talk(a, b, matched["chat"], "hello")
                    await leave(a, b)
        assert server.stop() == 0


async def test_a_crowd_of_official_javascript_clients(page: Path) -> None:
    with workers(page) as server:
        told = await of_javascript(server.url, 40)
        assert told == (40, 40, [])
        assert server.stop() == 0


@pytest.mark.soak
@pytest.mark.parametrize("is_tls", [False, True], ids=["http", "https"])
@pytest.mark.parametrize("crowd", [of_javascript, of_python])
async def test_a_thousand_on_four_workers(page: Path, tmp_path: Path, crowd: object, is_tls: bool) -> None:
    made = make_certificate(tmp_path) if is_tls else None
    options = ("--tls-cert", str(made.cert), "--tls-key", str(made.key)) if made else ()
    with workers(page, *options, count=4) as server:
        assert callable(crowd)
        told = await crowd(f"https://localhost:{port_of(server)}" if made else server.url, 1000, made)
        assert told == (1000, 1000, [])
        assert server.stop() == 0


async def test_one_port_of_metrics_one_desk_and_one_stun_for_all(page: Path, tmp_path: Path) -> None:
    control, stun = tmp_path / "control.toml", free_udp_port()
    options = ("--metrics-port", "0", "--control-file", str(control), "--stun-port", str(stun))
    with workers(page, *options) as server:
        metrics = next(found[1] for line in server.lines if (found := re.search(r"metrics_serving port=(\d+)", line)))
        talking = await pairs(server.url, 6)
        status, text = await get(f"http://127.0.0.1:{metrics}/metrics")
        assert status == 200
        assert "omefree_visitors_online 12.0" in text.splitlines()
        assert "omefree_chats_total 5.0" in text.splitlines(), "six, in fives"
        operator = Operator(control)
        told = json.loads((await asyncio.to_thread(operator.run, "safety", "--json"))[1])
        assert told["counters"]["chats"] == 6
        assert "12 sessions" in (await asyncio.to_thread(operator.run, "freeze", "--dry-run"))[1]
        assert "end 6 chats" in (await asyncio.to_thread(operator.run, "freeze", "--dry-run"))[1]
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as browser:
            browser.settimeout(GUARD_S)
            browser.connect(("127.0.0.1", stun))
            for _ in range(8):
                browser.send(request())
                assert mapped(browser.recv(100)) == browser.getsockname()
        assert (await asyncio.to_thread(operator.run, "freeze"))[0] == 0
        for a, b, chat in talking:
            for visitor in (a, b):
                assert (await visitor.hears("ended"))[0] == chat
        for a, b, _ in talking:
            await leave(a, b)
        assert server.stop() == 0
        assert not (tmp_path / "control.toml.sock").exists()


async def test_one_limit_of_connections_for_all(page: Path) -> None:
    with workers(page, "--max-connections", "16") as server:
        statuses = [(await get(server.url + POLL))[0] for _ in range(24)]
        assert statuses == [200] * 17 + [503] * 7, "one place more is for those who come back"
        assert server.stop() == 0


async def test_a_signal_to_all_processes_at_once_ends_them_politely_too(page: Path) -> None:
    """As systemd does (KillMode=control-group, systemd.kill(5))."""
    with workers(page) as server:
        talking = await pairs(server.url, 3)
        for pid in (*worker_pids(server), engine_pid(server), server.process.pid):
            os.kill(pid, signal.SIGTERM)
        for a, b, chat in talking:
            for visitor in (a, b):
                assert (await visitor.hears("ended"))[0] == chat
        assert await asyncio.to_thread(server.wait) == 0


async def requests(url: str, until_set: asyncio.Event) -> AsyncIterator[int]:
    while not until_set.is_set():
        yield (await get(url + "/healthz"))[0]


async def test_workers_are_renewed_on_the_same_sockets_and_nobody_is_refused(page: Path) -> None:
    with workers(page) as server:
        before, done = worker_pids(server), asyncio.Event()

        async def ask() -> list[int]:
            return [status async for status in requests(server.url, done)]

        asking = asyncio.create_task(ask())
        server.process.send_signal(signal.SIGUSR2)
        await asyncio.to_thread(server.wait_for, "event=(workers_renewed)")
        done.set()
        assert set(await asking) == {200}
        after = worker_pids(server)
        assert len(after) == 2
        assert not after & before
        a, b, chat = await pair(server.url, *UPGRADE)
        await talk(a, b, chat, "hello")
        await leave(a, b)
        assert server.stop() == 0


async def test_settings_that_are_wrong_by_then_leave_the_workers_that_run(page: Path, tmp_path: Path) -> None:
    settings = tmp_path / "omefree.toml"
    settings.write_text("# as it is without\n")
    with workers(page, "--config", str(settings)) as server:
        before = worker_pids(server)
        settings.write_text("nonsense = 1")
        server.process.send_signal(signal.SIGUSR2)
        await asyncio.to_thread(server.wait_for, "event=(renewing_given_up)")
        assert worker_pids(server) == before
        a, b, chat = await pair(server.url, *UPGRADE)
        await talk(a, b, chat, "still here")
        await leave(a, b)
        assert server.stop() == 0


async def test_a_reload_reaches_every_worker_and_ends_no_chat(page: Path) -> None:
    with workers(page) as server:
        a, b, chat = await pair(server.url, *UPGRADE)
        server.process.send_signal(signal.SIGHUP)
        for _ in range(2):
            await asyncio.to_thread(server.wait_for, "event=(reloaded)")
        await talk(a, b, chat, "still here")
        await leave(a, b)
        assert server.stop() == 0


async def test_a_unix_socket_is_shared(page: Path, tmp_path: Path) -> None:
    path = tmp_path / "socket"
    with workers(page, "--unix-socket", str(path)) as server:
        for _ in range(6):
            reader, writer = await asyncio.open_unix_connection(str(path))
            connection = RawConnection(reader, writer)
            assert (await connection.ask("GET", "/healthz")).status == 200
            writer.close()
        assert server.stop() == 0
    assert not path.exists()


def ends(page: Path, *args: str, **variables: str) -> tuple[int, str]:
    """Exit code and stderr of a server that does not start."""
    command = [sys.executable, "-m", "omefree", "serve", "--port", "0", "--static-dir", str(page), *PLAIN, *args]
    done = subprocess.run(
        command, env=environment() | variables, stderr=subprocess.PIPE, text=True, timeout=60, check=False
    )
    return done.returncode, done.stderr


@pytest.mark.parametrize(
    ("args", "says"),
    [
        (["--workers", "2"], "workers: more than one need exchange"),
        (["--workers", "0"], "--workers: expected a whole number from 1 to 64"),
        (["--exchange", "auto"], "exchange: auto is for several workers"),
        (["--workers", "2", "--exchange", "auto", "--exchange-secret", "x" * 32], "exchange auto needs none"),
    ],
)
def test_what_cannot_be_is_refused_in_a_sentence(page: Path, args: list[str], says: str) -> None:
    code, said = ends(page, *args)
    assert code == 2
    assert says in said
    assert said.count("\n") == 1


def test_without_the_program_it_says_how_to_install_it(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, page: Path
) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.setattr("omefree.workers.private.MORE_PATHS", "/nowhere")
    for name in [name for name in os.environ if name.startswith("OMEFREE_")]:
        monkeypatch.delenv(name)
    assert cli.run(["serve", "--check-config", "--workers", "2", "--exchange", "auto", "--static-dir", str(page)]) == 2
    assert "apt install valkey-server" in capsys.readouterr().err


def test_what_is_wrong_with_the_engine_is_said_once(page: Path) -> None:
    nowhere = ("--exchange", "valkey://127.0.0.1:1", "--exchange-secret", "s" * 32)
    code, said = ends(page, "--workers", "3", *nowhere)
    assert code == 2
    assert said.count("127.0.0.1:1") == 1


def test_a_port_that_another_server_has_is_refused(page: Path) -> None:
    with workers(page) as server:
        code, said = ends(page, "--port", str(port_of(server)), "--workers", "2", *AUTO)
        assert code == 2
        assert "is in use" in said
        assert server.stop() == 0
