import asyncio
import contextlib
import os
import secrets
import shutil
import socket
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from omefree.contract.events import IceServer
from omefree.contract.limits import TURN_LIFE_S
from omefree.net.turn import credentials, stun_servers, turn_servers

SECRET = "north-star"
FLAGS = (
    *("-n", "--no-cli", "--no-tls", "--no-dtls", "--no-multicast-peers", "--no-rfc5780", "--allow-loopback-peers"),
    *("--listening-ip=127.0.0.1", "--relay-ip=127.0.0.1", "--min-port=49200", "--max-port=49300"),
    *("--use-auth-secret", "--realm=omefree.test", "--log-file=stdout", "--simple-log"),
)


def test_the_form_of_the_credentials() -> None:
    username, credential = credentials(SECRET, 1_000_000_000.9, 600, "abc")
    assert username == "1000000600:abc"
    assert credential == "ruFTH2/B+0pYZFAQy4rnIcUhPQs="  # openssl dgst -sha1 -hmac north-star -binary | base64


def test_what_a_browser_is_told() -> None:
    assert stun_servers("chat.example", 3478) == [IceServer(["stun:chat.example:3478"])]
    assert stun_servers("2001:db8::1", 3478) == [IceServer(["stun:[2001:db8::1]:3478"])]
    assert stun_servers("chat.example", 0) == []
    assert turn_servers((), "", 0, "abc") == []
    (server,) = turn_servers(("turn:a.example", "turns:b.example"), SECRET, 1000, "abc")
    assert server.urls == ["turn:a.example", "turns:b.example"]
    assert server.username == f"{1000 + TURN_LIFE_S}:abc"
    assert TURN_LIFE_S <= 600


STARTS, ANSWERS_S = 3, 10


def free_port() -> int:
    """By UDP and by TCP: coturn listens on both, and waits for long if one of them is taken."""
    while True:
        with socket.socket(type=socket.SOCK_DGRAM) as datagrams, socket.socket() as stream:
            datagrams.bind(("127.0.0.1", 0))
            port = int(datagrams.getsockname()[1])
            with contextlib.suppress(OSError):
                stream.bind(("127.0.0.1", port))
                return port


@pytest.fixture
async def coturn(tmp_path: Path) -> AsyncIterator[int]:
    async with answering(tmp_path) as port:
        yield port


@contextlib.asynccontextmanager
async def answering(folder: Path, *flags: str) -> AsyncIterator[int]:
    """The port of a real coturn on this machine. Once in many times one listens and answers nobody: then another."""
    assert shutil.which("turnserver"), "install the system's package coturn"
    for _ in range(STARTS):
        async with started(folder, *flags) as (process, port):
            if await comes(process, port):
                yield port
                return
    raise AssertionError("coturn answers nobody")


@contextlib.asynccontextmanager
async def started(folder: Path, *flags: str) -> AsyncIterator[tuple[asyncio.subprocess.Process, int]]:
    port = free_port()
    own = (f"--listening-port={port}", f"--static-auth-secret={SECRET}", f"--userdb={folder}/db", *flags)
    process = await asyncio.create_subprocess_exec(
        "turnserver",
        *(*FLAGS, *own, f"--pidfile={folder}/pid"),
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
        env={"PATH": os.environ["PATH"], "HOME": str(folder)},
    )
    try:
        yield process, port
    finally:
        process.terminate()
        await process.wait()


async def comes(process: asyncio.subprocess.Process, port: int) -> bool:
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(ANSWERS_S):
            while not await answers(port):
                assert process.returncode is None, "coturn ended"
            return True
    return False


async def answers(port: int) -> bool:
    return "reflexive" in await output_of("turnutils_stunclient", "-p", str(port), "127.0.0.1", seconds=2)


async def output_of(*command: str, seconds: float) -> str:
    """What a program prints in that time; it is killed then."""
    process = await asyncio.create_subprocess_exec(
        *command,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        env={"PATH": os.environ["PATH"]},
    )
    try:
        output, _ = await asyncio.wait_for(process.communicate(), seconds)
    except TimeoutError:
        process.kill()
        await process.wait()
        return ""
    return output.decode(errors="replace")


async def relayed(port: int, username: str, credential: str) -> str:
    flags = ("-y", "-u", username, "-w", credential, "-p", str(port), "-n", "3", "-m", "1")
    return await output_of("turnutils_uclient", *flags, "127.0.0.1", seconds=20)


async def test_coturn_takes_them(coturn: int) -> None:
    (server,) = turn_servers((f"turn:127.0.0.1:{coturn}",), SECRET, time.time(), secrets.token_urlsafe(9))
    assert server.username
    assert server.credential
    assert "Total lost packets 0 (0.000000%)" in await relayed(coturn, server.username, server.credential)


async def test_coturn_refuses_another_secret_and_an_expired_name(coturn: int) -> None:
    now = time.time()
    for username, credential in (
        credentials("another", now, 600, "abc"),
        credentials(SECRET, now - 700, 600, "abc"),
    ):
        assert "Cannot complete Allocation" in await relayed(coturn, username, credential)
