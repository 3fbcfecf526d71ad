"""The server as a process: its signals, its standard error, its certificate, and what systemd is told of it."""

import asyncio
import contextlib
import os
import signal
import socket
import ssl
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from omefree.audit import proc
from tests.certificates import Certificate, make_certificate
from tests.test_outlet import closed_pipe, full_disk, full_pipe, stopped_terminal
from tests.test_server import (
    GUARD_S,
    Process,
    environment,
    pair,
    running,
)
from tests.until import until

TERM = 1 << (signal.SIGTERM - 1)


def command(page: Path, *args: str) -> list[str]:
    return [
        sys.executable, "-m", "omefree", "serve", "--host", "127.0.0.1", "--port", "0", "--stun-port", "0",
        "--static-dir", str(page), *args,
    ]  # fmt: skip


@contextlib.contextmanager
def started(command: Sequence[str], stderr: int | None = None, **variables: str) -> Iterator[subprocess.Popen[bytes]]:
    """A process, which is ended at last."""
    process = subprocess.Popen(command, env=environment() | variables, stderr=stderr)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


async def url_of(process: subprocess.Popen[bytes]) -> str:
    """Where a server serves that cannot say so."""
    found: list[proc.OpenSocket] = []

    def listens() -> bool:
        assert process.poll() is None, "it ended"
        with contextlib.suppress(OSError):  # it is just starting itself again
            found[:] = [each for each in proc.sockets(process.pid) if each.kind == "tcp" and each.listens]
        return bool(found)

    await until(listens, "it listens")
    return f"http://127.0.0.1:{found[0].port}"


async def ends_politely(process: subprocess.Popen[bytes]) -> None:
    """Whoever is in a chat hears of the end, and the exit code is 0."""
    a, b, chat = await pair(await url_of(process), "websocket")
    process.send_signal(signal.SIGTERM)
    for visitor in (a, b):
        assert await visitor.hears("ended") == [chat, "drained"]
        await visitor.hears("disconnect")
    assert await asyncio.to_thread(process.wait, GUARD_S) == 0


# --- standard error ---

NOT_WRITABLE: dict[str, Callable[[], int]] = {
    "a pipe that is closed": closed_pipe,
    "a pipe that nobody reads": lambda: full_pipe()[1],
    "a full disk": full_disk,
    "a stopped terminal": stopped_terminal,
}


@pytest.mark.parametrize("kind", NOT_WRITABLE)
async def test_a_log_that_takes_nothing_changes_nothing(page: Path, kind: str) -> None:
    with started(command(page, "--log-level", "debug"), NOT_WRITABLE[kind]()) as process:
        await ends_politely(process)


@pytest.mark.parametrize("missing", [">&- 2>&-", "<&- >&- 2>&-", "<&-"])
async def test_standard_descriptors_that_are_closed_are_no_sockets(page: Path, missing: str) -> None:
    shell = ["sh", "-c", f'exec "$@" {missing}', "sh"]
    with started([*shell, *command(page)]) as process:
        await url_of(process)
        standard = {each.number: each.path for each in proc.open_files(process.pid) if each.number < 3}
        assert not [path for path in standard.values() if path.startswith(("socket:", "anon_inode:"))]
        await ends_politely(process)


@pytest.mark.parametrize("kind", NOT_WRITABLE)
def test_a_start_that_fails_ends_with_2_though_it_cannot_say_why(page: Path, kind: str) -> None:
    with started(command(page, "--port", "nonsense"), NOT_WRITABLE[kind]()) as process:
        assert process.wait(GUARD_S) == 2


# --- SIGTERM ---


def catches(pid: int) -> bool:
    """Whether a process has a handler for SIGTERM, or keeps it for later."""
    masks = [int(proc.status(pid, name), 16) for name in ("SigCgt", "SigBlk")]
    return any(mask & TERM for mask in masks)


@pytest.fixture
def starting(tmp_path: Path) -> Iterator[list[str]]:
    """The command of a server that never gets past its settings: nothing comes from the pipe that should have them."""
    pipe = tmp_path / "settings"
    os.mkfifo(pipe)
    holder = os.open(pipe, os.O_RDWR)
    yield [sys.executable, "-m", "omefree", "--config", str(pipe)]
    os.close(holder)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_server_that_is_only_starting_ends_with_0(starting: list[str], number: signal.Signals) -> None:
    with started(starting) as process:
        await until(lambda: catches(process.pid), "it heeds signals")
        process.send_signal(number)
        assert await asyncio.to_thread(process.wait, GUARD_S) == 0


async def test_sighup_does_not_end_a_server_that_is_only_starting(starting: list[str]) -> None:
    with started(starting) as process:
        await until(lambda: catches(process.pid), "it heeds signals")
        process.send_signal(signal.SIGHUP)
        process.send_signal(signal.SIGTERM)
        assert await asyncio.to_thread(process.wait, GUARD_S) == 0


async def test_as_process_1_of_a_container_it_hears_sigterm_from_the_start(starting: list[str]) -> None:
    """The kernel spares process 1 whatever it has no handler for (pid_namespaces(7))."""
    with started(["unshare", "--pid", "--fork", "--kill-child", *starting]) as container:
        await until(lambda: bool(children(container.pid)), "process 1 is there")
        [first] = children(container.pid)
        await until(lambda: catches(first), "it heeds signals")
        os.kill(first, signal.SIGTERM)
        assert await asyncio.to_thread(container.wait, GUARD_S) == 0


def children(pid: int) -> list[int]:
    """The processes that a process has started."""
    numbers = [int(path.name) for path in Path("/proc").iterdir() if path.name.isdigit()]
    return [number for number in numbers if parent(number) == pid]


def parent(pid: int) -> int | None:
    with contextlib.suppress(OSError):  # it has ended meanwhile
        return int(proc.status(pid, "PPid"))
    return None


# --- SIGHUP, and a certificate that is renewed ---


def tls_flags(certificate: Certificate) -> list[str]:
    return ["--tls-cert", str(certificate.cert), "--tls-key", str(certificate.key)]


def put_in_place(new: Certificate, old: Certificate) -> None:
    """Gives the old files the contents of new ones, as a program does that renews: the key first."""
    new.key.replace(old.key)
    new.cert.replace(old.cert)


@pytest.fixture
def served(tmp_path: Path) -> Certificate:
    return make_certificate(tmp_path)


@pytest.fixture
def renewed(tmp_path: Path) -> Certificate:
    (tmp_path / "renewed").mkdir()
    return make_certificate(tmp_path / "renewed", days_left=90)


def shown_by(server: Process) -> str:
    """The certificate that a new connection gets."""
    return ssl.get_server_certificate(("localhost", int(server.url.rpartition(":")[2])), timeout=GUARD_S)


def text_of(certificate: Certificate) -> str:
    return certificate.cert.read_text()


async def said(server: Process, pattern: str) -> str:
    return await asyncio.to_thread(server.wait_for, pattern)


async def test_sighup_serves_the_renewed_certificate_and_ends_no_chat(
    page: Path,
    served: Certificate,
    renewed: Certificate,
) -> None:
    old, new = text_of(served), text_of(renewed)
    with running(page, "--stun-port", "0", *tls_flags(served)) as server:
        before = await connection_to(server, served)
        assert await asyncio.to_thread(shown_by, server) == old
        put_in_place(renewed, served)
        server.process.send_signal(signal.SIGHUP)
        assert await said(server, r"event=certificate_served days=(\d+)") in ("89", "90")
        await said(server, r"event=(reloaded)")
        assert await asyncio.to_thread(shown_by, server) == new
        await before.ask()
        before.writer.transport.abort()
        assert server.stop() == 0


async def test_a_renewed_certificate_is_noticed_and_a_bad_one_refused(
    page: Path,
    served: Certificate,
    renewed: Certificate,
) -> None:
    old, new = text_of(served), text_of(renewed)
    with running(page, "--stun-port", "0", *tls_flags(served)) as server:
        served.cert.write_text(new)  # beside the old key
        assert await said(server, r"event=certificate_kept reason=(\S+)") == "wrong_key"
        assert await asyncio.to_thread(shown_by, server) == old
        served.cert.unlink()
        assert await said(server, r"event=certificate_kept reason=(\S+)") == "unreadable_certificate"
        assert await asyncio.to_thread(shown_by, server) == old
        put_in_place(renewed, served)
        await said(server, r"event=certificate_served days=(\d+)")
        assert await asyncio.to_thread(shown_by, server) == new
        assert server.stop() == 0


class Kept:
    """A TLS connection that stays open."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    async def ask(self) -> None:
        """Gets an answer over it."""
        self.writer.write(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
        async with asyncio.timeout(GUARD_S):
            head = await self.reader.readuntil(b"\r\n\r\n")
            assert head.startswith(b"HTTP/1.1 200")
            length = int(head.lower().partition(b"content-length: ")[2].split()[0])
            await self.reader.readexactly(length)


async def connection_to(server: Process, certificate: Certificate) -> Kept:
    port = int(server.url.rpartition(":")[2])
    kept = Kept(*await asyncio.open_connection("localhost", port, ssl=certificate.trusted()))
    await kept.ask()
    return kept


async def test_sighup_reads_the_control_file_and_opens_the_log_again(tmp_path: Path, page: Path) -> None:
    log, orders = tmp_path / "log", tmp_path / "control.toml"
    orders.write_text("nonsense\n")
    with log.open("ab") as out, started(command(page, "--control-file", str(orders)), out.fileno()) as server:
        a, b, chat = await pair(await url_of(server), "websocket")
        await until(lambda: "event=control_kept reason=not_toml" in log.read_text(), "it has read the file")
        log.rename(tmp_path / "log.1")
        server.send_signal(signal.SIGHUP)
        await until(lambda: log.exists() and "event=reloaded" in log.read_text(), "it writes to a new file")
        assert "event=control_kept reason=not_toml" in log.read_text(), "what is wrong is said again"
        assert log.stat().st_mode & 0o077 == 0
        assert await a.client.call("message", (chat, "still here"), timeout=GUARD_S) == {"ok": True}
        assert await b.hears("message") == [chat, "still here"]
        for visitor in (a, b):
            await visitor.client.disconnect()
        server.send_signal(signal.SIGTERM)
        assert await asyncio.to_thread(server.wait, GUARD_S) == 0
        assert "event=stopping" in log.read_text()


# --- systemd ---


async def test_systemd_hears_of_ready_reloading_and_stopping(tmp_path: Path, page: Path) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(tmp_path / "notify"))
        manager.settimeout(GUARD_S)
        ours, theirs = socket.socketpair()
        status = os.fstat(theirs.fileno())
        journal = {"JOURNAL_STREAM": f"{status.st_dev}:{status.st_ino}"}
        with started(command(page), theirs.fileno(), NOTIFY_SOCKET=str(tmp_path / "notify"), **journal) as process:
            theirs.close()
            assert manager.recv(1_000) == b"READY=1"
            process.send_signal(signal.SIGHUP)
            assert manager.recv(1_000).startswith(b"RELOADING=1\nMONOTONIC_USEC=")
            assert manager.recv(1_000) == b"READY=1"
            process.send_signal(signal.SIGTERM)
            assert manager.recv(1_000) == b"STOPPING=1"
            assert await asyncio.to_thread(process.wait, GUARD_S) == 0
        with ours, ours.makefile() as lines:
            written = lines.read().splitlines()
    assert all(line.startswith("<") for line in written), "each line has its priority, for the journal"
    assert any(line.startswith("<6>time=") and "level=info event=stopping" in line for line in written)
