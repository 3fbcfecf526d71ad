"""`omefree load` as an operator types it, against servers that are there, are none, lie, and die."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

from omefree.cli import run
from omefree.client import Online, Visitor
from tests.certificates import make_certificate
from tests.client.liar import Args, Lie, Side, lying
from tests.client.people import hears
from tests.client.scripted_server import scripted_server
from tests.load.loading import GUARD_S, load, loading
from tests.test_cli import omefree
from tests.test_server import Process, environment, running

QUICK = ("--ramp", "0.2", "--pause", "0.5")


# --- a server that is there ---


def test_many_visitors_by_both_transports_under_the_quotas_of_the_server(server: Process, tmp_path: Path) -> None:
    """Sixty visitors: of one address only fifty could come at once."""
    picture, pid = tmp_path / "load.svg", str(server.process.pid)
    flags = ("--chats", "30", "--ramp", "2", "--duration", "4", "--pause", "0.7", "--texts", "1", "--polling", "0.3")
    done = omefree("load", server.url, *flags, "--pid", pid, "--picture", str(picture))
    assert (done.returncode, "No errors." in done.stdout) == (0, True), done.stdout
    rows = {line.split()[1]: line for line in done.stdout.splitlines() if line.startswith("| ")}
    assert {"connect", "find", "next", "seal", "signals", "text", "leave"} <= rows.keys()
    assert "60 visitors, 30% by polling" in done.stdout
    assert "The server used" in done.stdout
    assert max(map(len, done.stdout.splitlines())) < 80
    assert "How long each step of a visit took" in "".join(ElementTree.fromstring(picture.read_text()).itertext())


async def test_text_chats_for_programs(server: Process) -> None:
    done = await load(server.url, "--mode", "text", "--chats", "2", "--duration", "2", *QUICK, "--json")
    assert (done.code, done.error.strip()) == (0, "Loading")
    steps = done.json["steps"]
    assert steps["signals"]["times"] == 0
    assert steps["text"]["times"] > 0
    assert steps["text"]["p50_ms"] <= steps["text"]["p99_ms"] <= steps["text"]["most_ms"]
    assert done.json["process"] is None


def test_a_terminal_that_knows_only_ascii(server: Process) -> None:
    flags = ("--chats", "2", "--duration", "1", *QUICK)
    done = omefree("load", server.url, *flags, PYTHONIOENCODING="ascii", PYTHONUTF8="0")
    assert (done.returncode, "| connect |" in done.stdout) == (0, True)


def test_over_tls_by_both_transports(page: Path, tmp_path: Path) -> None:
    certificate = make_certificate(tmp_path)
    files = ("--tls-cert", str(certificate.cert), "--tls-key", str(certificate.key))
    flags = ("--chats", "2", "--duration", "1", *QUICK, "--polling", "0.5")
    with running(page, "--stun-port", "0", *files) as server:
        done = omefree("load", server.url, *flags, SSL_CERT_FILE=str(certificate.cert))
        untrusted = omefree("load", server.url, *flags)
    assert (done.returncode, "No errors." in done.stdout) == (0, True), done.stdout
    assert (untrusted.returncode, untrusted.stdout, "certificate" in untrusted.stderr) == (2, "", True)


async def test_a_server_that_lets_nobody_search(page: Path, tmp_path: Path) -> None:
    control = tmp_path / "control.toml"
    control.write_text('forgiven = 0\nblocked = []\nstate = "frozen"\n')
    with running(page, "--stun-port", "0", "--control-file", str(control)) as frozen:
        done = await load(frozen.url, "--chats", "2", "--duration", "1", *QUICK, "--json")
    assert (done.code, done.errors) == (1, {"find": "paused"})


async def test_a_server_that_is_full(page: Path) -> None:
    with running(page, "--stun-port", "0", "--max-connections", "6") as small:
        done = await load(small.url, "--chats", "20", "--duration", "1", *QUICK, "--polling", "0.5", "--json")
    assert (done.code, done.errors) == (1, {"connect": "full"})


# --- the end before the end ---


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_a_signal_ends_it_with_the_table_of_what_was_measured(server: Process, number: signal.Signals) -> None:
    async with loading(server.url, "--chats", "2", "--duration", "600", *QUICK, "--json") as test:
        await busy(server)
        test.process.send_signal(number)
        done = await test.ends()
    assert (done.code, done.json["end"]) == (130, "interrupted")
    assert done.json["steps"]["connect"]["times"] > 0
    assert done.json["errors"] == []


async def test_a_second_signal_ends_it_at_once(page: Path) -> None:
    """The server hangs, so that each goodbye by long-polling takes the 2 s that it may take."""
    with running(page, "--stun-port", "0") as server:
        async with loading(server.url, "--chats", "2", "--duration", "600", *QUICK, "--polling", "1") as test:
            await busy(server)
            server.process.send_signal(signal.SIGSTOP)
            while test.process.returncode is None:
                with contextlib.suppress(ProcessLookupError):  # `send_signal` would take its exit code from asyncio
                    os.kill(test.process.pid, signal.SIGINT)
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(0.2):
                        await test.process.wait()
            done = await test.ends()
    assert done.code in (130, -signal.SIGINT)  # a third one may meet it on its way out
    assert done.out == ""


async def test_a_server_that_dies_under_it_costs_nothing_that_was_measured(page: Path) -> None:
    with running(page, "--stun-port", "0") as victim:
        flags = ("--chats", "4", "--duration", "600", "--polling", "0.5", "--pid", str(victim.process.pid))
        async with loading(victim.url, *flags, *QUICK) as test:
            await busy(victim)
            victim.process.kill()
            done = await test.ends()
    assert done.code == 1
    assert "The server does not let anybody in any more, so the test ended early." in done.out
    assert "- connect, refused:" in done.out
    assert "| connect |" in done.out


async def busy(server: Process) -> None:
    """Returns when visitors of the load are there."""
    async with asyncio.timeout(GUARD_S), Visitor(server.url) as visitor:
        while (await hears(visitor, Online)).count < 3:
            pass


# --- servers that are none ---


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("127.0.0.1:1", "is the server running?"),
        ("nowhere.invalid", "there is no host called nowhere.invalid"),
        ("ftp://localhost", "is not a server's address"),
        ("192.0.2.7", "--yes-this-is-mine"),
        ("", "is not a server's address"),
    ],
)
def test_nobody_to_try_is_one_line(url: str, said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert said in one_line(capsys, url)


def one_line(capsys: pytest.CaptureFixture[str], *args: str) -> str:
    """The one line on stderr, with exit code 2 and nothing else."""
    assert run(["load", *args]) == 2
    out, error = capsys.readouterr()
    assert (out, len(error.splitlines())) == ("", 1)
    return error


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (("--chats", "0"), "--chats"),
        (("--chats", "many"), "--chats"),
        (("--polling", "1.5"), "--polling"),
        (("--duration", "0"), "--duration"),
        (("--mode", "audio"), "--mode"),
        (("--pid", "4194304"), "there is no process 4194304"),
        (("--picture", "/nowhere/load.svg"), "/nowhere/load.svg cannot be written"),
    ],
)
def test_a_flag_that_is_not_good_is_one_line_before_anything_is_sent(
    flags: tuple[str, str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert said in one_line(capsys, "127.0.0.1:1", *flags)


def test_of_a_picture_that_was_not_drawn_nothing_is_left(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    one_line(capsys, "127.0.0.1:1", "--picture", str(tmp_path / "load.svg"))
    assert list(tmp_path.iterdir()) == []


def test_too_few_open_files_are_said_before_the_work() -> None:
    done = subprocess.run(
        ["sh", "-c", 'ulimit -n 100; exec "$@"', "sh", sys.executable, "-m", "omefree", "load", "localhost:1"],
        env=environment(), capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert (done.returncode, "ulimit -Hn" in done.stderr, len(done.stderr.splitlines())) == (2, True, 1)


def test_without_the_packages_of_the_chat(tmp_path: Path) -> None:
    (tmp_path / "cryptography.py").write_text("raise ModuleNotFoundError('no', name='cryptography')")
    env = environment()
    env["PYTHONPATH"] = os.pathsep.join([str(tmp_path), env["PYTHONPATH"]])
    command = [sys.executable, "-m", "omefree", "load", "localhost"]
    done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "omefree: the load test needs two more packages: pip install 'omefree[chat]'\n"


# --- servers that lie ---


class Swaps(Lie):
    """Everybody is told of a chat of their own."""

    async def down(self, side: Side, args: Args) -> None:
        if args[0] == "matched":
            args[1]["chat"] += str(self.sides.index(side))
        await side.down(args)


class Alters(Lie):
    """A letter of each sealed text is another."""

    async def down(self, side: Side, args: Args) -> None:
        if args[0] == "message":
            args[2] = args[2][:-4] + ("AAAA" if args[2][-4:] != "AAAA" else "BBBB")
        await side.down(args)


class EndsIt(Lie):
    """Whoever writes is told that the other one has left."""

    async def down(self, side: Side, args: Args) -> None:
        if args[0] == "message":
            await side.down(["ended", args[1], "left"])
        else:
            await side.down(args)


class NoSeal(Lie):
    """The commitment of a partner is another."""

    async def down(self, side: Side, args: Args) -> None:
        if args[0] == "matched":
            args[1]["seal"]["commit"] = "A" * len(args[1]["seal"]["commit"])
        await side.down(args)


class Refuses(Lie):
    """No search is good enough, with a code that only a later version has."""

    async def up(self, side: Side, ack: str, args: Args) -> None:
        if args[0] == "find":
            await side.near.send_str(f'43{ack}[{{"ok":false,"code":"full_moon"}}]')
        else:
            await super().up(side, ack, args)


@pytest.mark.parametrize(
    ("lie", "step", "codes"),
    [
        (Swaps, "find", {"wrong_partner"}),
        (Alters, "text", {"seal_broken"}),
        (EndsIt, "text", {"left"}),
        (NoSeal, "seal", {"seal_failed", "left"}),
        (Refuses, "find", {"internal"}),
    ],
)
async def test_a_lie_is_an_error_with_a_code(server: Process, lie: type[Lie], step: str, codes: set[str]) -> None:
    async with lying(server.url, lie()) as liar:
        done = await load(liar.url, "--chats", "2", "--duration", "1", *QUICK, "--polling", "0", "--json")
    assert done.code == 1
    assert done.errors[step] in codes
    assert done.json["steps"]["connect"]["times"] > 0


async def test_a_server_that_takes_the_connection_and_breaks_it_is_one_line() -> None:
    async with scripted_server() as silent, loading(silent.url, "--polling", "0") as test:
        connection = await silent.comes()
        await connection.say("no handshake")
        done = await test.ends()
    assert (done.code, done.out) == (2, "")
    assert done.error.startswith("omefree: ")
    assert len(done.error.splitlines()) == 1
