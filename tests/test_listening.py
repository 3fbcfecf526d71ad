"""What a process listens on, as an operator or systemd gives it: real sockets, and a process where that matters."""

import asyncio
import errno
import os
import re
import shlex
import socket
import stat
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from omefree.config import Config
from omefree.engine import tcp
from omefree.errors import StartError
from omefree.listening import Sockets, listen, refusal
from tests.certificates import make_certificate
from tests.net.test_sockets import WithoutIpv6
from tests.net.test_stun import mapped, request
from tests.privacy.planted import quiet
from tests.test_server import GUARD_S, POLL, SOCKET, free_udp_port, running

FORWARDED = {"Host": "chat.example", "X-Forwarded-For": "192.0.2.1", "X-Forwarded-Proto": "https"}


@asynccontextmanager
async def listening(**settings: Any) -> AsyncIterator[Sockets]:
    made = await listen(Config(**{"port": 0, "stun_port": 0} | settings))
    try:
        yield made
    finally:
        made.close()


async def asked(port: int, host: str) -> bool:
    """Whether STUN at `host` tells a browser its address."""
    loop = asyncio.get_running_loop()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as browser:
        browser.setblocking(False)
        browser.connect((host, port))
        try:
            await loop.sock_sendall(browser, request())
            response = await asyncio.wait_for(loop.sock_recv(browser, 100), GUARD_S)
        except ConnectionRefusedError:
            return False
        return bool(mapped(response) == browser.getsockname())


def is_there(path: str) -> bool:
    return Path(path).exists()


# 127.0.0.2 stands for any address but the one that a proxy on this machine asks.


@pytest.mark.parametrize(
    "settings",
    [
        {"trusted_proxies": ("127.0.0.1",)},
        {"trusted_proxies": ("10.0.0.0/8",), "host": "127.0.0.1"},
        {"stun_host": "0.0.0.0"},
        {"stun_host": "127.0.0.2"},
    ],
    ids=str,
)
async def test_stun_is_reached_past_a_proxy(settings: dict[str, Any]) -> None:
    port = free_udp_port()
    async with listening(stun_port=port, **settings):
        assert await asked(port, "127.0.0.2")


async def test_a_unix_socket_is_a_proxys_too(tmp_path: Path) -> None:
    port = free_udp_port()
    async with listening(stun_port=port, unix_socket=str(tmp_path / "page")):
        assert await asked(port, "127.0.0.2")


async def test_without_a_proxy_stun_listens_where_the_page_does() -> None:
    port = free_udp_port()
    async with listening(stun_port=port):
        assert await asked(port, "127.0.0.1")
        assert not await asked(port, "127.0.0.2")


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"stun_host": "127.0.0.1", "trusted_proxies": ("127.0.0.1",)}, ["stun_unreachable"]),
        ({"stun_host": "localhost", "host": "0.0.0.0"}, ["stun_unreachable"]),
        ({"stun_host": "localhost"}, []),
        ({"trusted_proxies": ("127.0.0.1",)}, []),
        ({"host": "0.0.0.0"}, []),
    ],
    ids=str,
)
async def test_the_start_says_that_nobody_can_reach_stun(settings: dict[str, Any], said: list[str]) -> None:
    with quiet("text", "warning") as log:
        async with listening(stun_port=free_udp_port(), **settings):
            assert re.findall(r"event=(\w+)", log.getvalue()) == said


async def test_a_machine_without_ipv6_is_served_and_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "socket", WithoutIpv6)
    with quiet("text", "warning") as log:
        async with listening(host="::") as sockets:
            assert [sock.getsockname()[0] for sock in sockets.page] == ["0.0.0.0"]
    assert re.findall(r"event=(\w+)", log.getvalue()) == ["ipv6_absent"]


async def test_a_unix_socket_is_for_its_owner_and_group_and_goes_with_the_server(tmp_path: Path) -> None:
    path = tmp_path / "page"
    async with listening(unix_socket=str(path)):
        assert stat.S_IMODE(path.lstat().st_mode) == 0o660
        with pytest.raises(StartError, match="in use"):
            await listen(Config(unix_socket=str(path), stun_port=0))
    assert not path.exists()


async def test_a_unix_socket_takes_the_place_of_a_dead_servers(tmp_path: Path) -> None:
    path = tmp_path / "page"
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(path))
    async with listening(unix_socket=str(path)):
        with socket.socket(socket.AF_UNIX) as proxy:
            proxy.connect(str(path))


@pytest.mark.parametrize("path", ["file", "no/such/folder/page", "x" * 200])
async def test_a_path_that_is_no_place_for_a_socket(tmp_path: Path, path: str) -> None:
    (tmp_path / "file").write_text("somebody's")
    with pytest.raises(StartError, match="unix_socket"):
        await listen(Config(unix_socket=str(tmp_path / path), stun_port=0))
    assert (tmp_path / "file").read_text() == "somebody's"


async def test_page_and_both_transports_over_a_unix_socket(page: Path, tmp_path: Path) -> None:
    path = str(tmp_path / "page")
    with running(page, "--unix-socket", path, "--stun-port", "0") as server:
        assert server.url.startswith("unix:/")
        async with aiohttp.ClientSession(connector=aiohttp.UnixConnector(path)) as proxy:
            async with proxy.get("http://x/healthz", headers=FORWARDED) as answer:
                assert answer.headers["strict-transport-security"]
                assert "wss://chat.example;" in answer.headers["content-security-policy"]
            for origin, status in (("https://chat.example", 200), ("http://chat.example", 403)):
                async with proxy.get(f"http://x{POLL}", headers=FORWARDED | {"Origin": origin}) as answer:
                    assert answer.status == status
            own = FORWARDED | {"Origin": "https://chat.example"}
            async with proxy.ws_connect(f"http://x{SOCKET}", headers=own) as connection:
                assert (await connection.receive_str(timeout=GUARD_S)).startswith("0{")
                await connection.send_str("40")
                assert (await connection.receive_str(timeout=GUARD_S)).startswith("40{")
        assert server.stop() == 0
    assert not is_there(path)


async def test_what_a_program_at_a_unix_socket_does_not_read_is_unsent(tmp_path: Path) -> None:
    """The ioctl of TCP does not know UNIX sockets, and a slow peer is judged by it."""
    ready: asyncio.Future[asyncio.Transport] = asyncio.get_running_loop().create_future()

    class Server(asyncio.Protocol):
        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            assert isinstance(transport, asyncio.Transport)
            ready.set_result(transport)

    server = await asyncio.get_running_loop().create_unix_server(Server, str(tmp_path / "page"))
    with socket.socket(socket.AF_UNIX) as slow:
        slow.connect(str(tmp_path / "page"))
        transport = await ready
        assert tcp.unsent(transport) == 0
        transport.write(bytes(1_000))
        assert tcp.unsent(transport) >= 1_000
        slow.recv(1_000)
        assert tcp.unsent(transport) == 0
    transport.abort()
    server.close()


# Starts a program as systemd does (sd_listen_fds(3)); first to numbers that are nobody's.
ACTIVATE = """
import os, sys
pid, names, fds, *program = sys.argv[1:]
given = [os.dup2(int(fd), 100 + at) for at, fd in enumerate(fds.split(","))]
for at, fd in enumerate(given):
    os.dup2(fd, 3 + at)
    os.close(fd)
os.environ.update(LISTEN_PID=pid or str(os.getpid()), LISTEN_FDS=str(len(given)), LISTEN_FDNAMES=names)
os.execvp(program[0], program)
"""


def activation(*sockets: socket.socket, names: str = "", pid: str = "") -> dict[str, Any]:
    """The arguments of `running` for a process that is given these sockets."""
    fds = tuple(sock.fileno() for sock in sockets)
    words = [sys.executable, "-c", ACTIVATE, pid, names, ",".join(map(str, fds))]
    return {"before": f'exec {shlex.join(words)} "$@";', "fds": fds}


async def test_systemd_opens_the_sockets(page: Path, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as tcp4, socket.socket(type=socket.SOCK_DGRAM) as udp:
        udp.bind(("0.0.0.0", 0))
        with running(page, **activation(tcp4, udp, names="omefree.socket:stun")) as server:
            assert server.url.endswith(f":{tcp4.getsockname()[1]}")
            assert await asked(udp.getsockname()[1], "127.0.0.2")
            async with aiohttp.ClientSession() as http, http.get(f"{server.url}/healthz") as answer:
                assert (await answer.json())["status"] == "ok"
            assert server.stop() == 0


async def test_plain_http_is_led_to_https(page: Path, tmp_path: Path) -> None:
    pair = make_certificate(tmp_path)
    with socket.create_server(("127.0.0.1", 0)) as https, socket.create_server(("127.0.0.1", 0)) as plain:
        port = https.getsockname()[1]
        args = ("--stun-port", "0", "--tls-cert", str(pair.cert), "--tls-key", str(pair.key))
        with running(page, *args, **activation(https, plain, names="page:redirect")) as server:
            async with aiohttp.ClientSession() as http:
                for asked_at in (port, plain.getsockname()[1]):
                    url = f"http://localhost:{asked_at}/check?lang=fr"
                    async with http.get(url, allow_redirects=False) as answer:
                        assert answer.status == 308
                        assert answer.headers["location"] == f"https://localhost:{port}/check?lang=fr"
            assert server.stop() == 0


async def test_the_redirects_port_is_bound_beside_the_page(tmp_path: Path) -> None:
    pair = make_certificate(tmp_path)
    async with listening(redirect_port=0, tls_cert=str(pair.cert), tls_key=str(pair.key)) as sockets:
        ports = {sock.getsockname()[1] for sock in sockets.redirect}
        assert len(ports) == 1
        assert ports.isdisjoint({sock.getsockname()[1] for sock in sockets.page})
        taken = Config(port=ports.pop(), stun_port=0)
        with pytest.raises(StartError, match="in use"):
            await listen(taken)


async def test_systemds_unix_socket_stays_systemds(page: Path, tmp_path: Path) -> None:
    path = str(tmp_path / "page")
    with socket.socket(socket.AF_UNIX) as given:
        given.bind(path)
        given.listen()
        with running(page, "--stun-port", "0", **activation(given)) as server:
            proxy = aiohttp.ClientSession(connector=aiohttp.UnixConnector(path))
            async with proxy, proxy.get("http://x/healthz") as answer:
                assert answer.status == 200
            assert server.stop() == 0
        assert is_there(path)


async def test_sockets_for_another_process_are_left_alone(page: Path) -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as given,
        running(page, "--stun-port", "0", **activation(given, pid="1")) as server,
    ):
        assert not server.url.endswith(f":{given.getsockname()[1]}")
        assert server.stop() == 0


@pytest.mark.parametrize(("pid", "count"), [("x", "1"), ("", "1"), ("ours", "-1"), ("ours", "1000"), ("ours", "x")])
async def test_an_activation_that_is_none(monkeypatch: pytest.MonkeyPatch, pid: str, count: str) -> None:
    monkeypatch.setenv("LISTEN_PID", str(os.getpid()) if pid == "ours" else pid)
    monkeypatch.setenv("LISTEN_FDS", count)
    with pytest.raises(StartError, match="systemd"):
        await listen(Config(port=0, stun_port=0))


def test_a_port_that_needs_a_right_says_how() -> None:
    told = refusal("::", 443, "--port", OSError(errno.EACCES, "Permission denied"))
    assert "port 443" in told
    assert "CAP_NET_BIND_SERVICE" in told
    assert "--port" in told
