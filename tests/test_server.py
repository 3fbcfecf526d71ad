"""The whole server as a process of its own, as an operator starts and stops it."""

import asyncio
import contextlib
import gzip
import json
import os
import re
import signal
import socket
import ssl
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import socketio  # type: ignore[import-untyped]
from aioice import stun

import omefree
from omefree.config import Config
from omefree.listening import listen_stun
from tests.engine.raw import PING, TEXT, RawConnection, WebSocket, frame
from tests.privacy.planted import quiet

GUARD_S = 20  # no test measures time: this only ends one that hangs
POLL = "/socket.io/?EIO=4&transport=polling"
UPGRADE = {
    "Connection": "Upgrade",
    "Upgrade": "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
}
SOCKET = "/socket.io/?EIO=4&transport=websocket"


class Process:
    """A server that has said where it serves."""

    def __init__(self, static_dir: Path, *args: str, before: str = "", fds: tuple[int, ...] = ()) -> None:
        command = [sys.executable, "-m", "omefree", "serve", "--port", "0", "--static-dir", str(static_dir), *args]
        self.process = subprocess.Popen(
            ["sh", "-c", f'{before} exec "$@"', "sh", *command],
            env=environment(),
            stderr=subprocess.PIPE,
            text=True,
            pass_fds=fds,
        )
        self.lines: list[str] = []
        self.url = self.wait_for(r"event=serving url=(\S+)")

    def wait_for(self, pattern: str) -> str:
        """The first group of the next line of the log that has this pattern."""
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self.lines.append(line)
            if found := re.search(pattern, line):
                return found[1]
        raise AssertionError(f"it ended: {self.lines}")

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        """The exit code. Anything slower than 10 s is a failure to stop."""
        self.process.send_signal(number)
        return self.wait()

    def wait(self) -> int:
        assert self.process.stderr is not None
        code = self.process.wait(timeout=10)
        self.lines += self.process.stderr.readlines()
        self.process.stderr.close()
        return code


def environment() -> dict[str, str]:
    env = {name: value for name, value in os.environ.items() if not name.startswith("OMEFREE_")}
    return env | {"PYTHONPATH": str(Path(omefree.__file__).parents[1])}


def running(page: Path, *args: str, before: str = "", fds: tuple[int, ...] = ()) -> AbstractContextManager[Process]:
    return ending(Process(page, *args, before=before, fds=fds))


@contextlib.contextmanager
def ending(server: Process) -> Iterator[Process]:
    """Sees to it that the server has ended afterwards."""
    try:
        yield server
    finally:
        if server.process.returncode is None:
            server.process.kill()
            server.wait()


@pytest.fixture(scope="module")
def server(page: Path) -> Iterator[Process]:
    """One for all tests that only look."""
    with running(page, "--stun-port", "0") as process:
        yield process
        assert process.stop() == 0


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=GUARD_S)) as session:
        yield session


class ServerClient:
    """An official client."""

    def __init__(self, http: aiohttp.ClientSession | None = None) -> None:
        self.client = socketio.AsyncClient(reconnection=False, http_session=http)
        self.welcome: Any = None
        self._heard: asyncio.Queue[list[Any]] = asyncio.Queue()
        self.client.on("*", self._hear)
        self.client.on("disconnect", self._gone)

    async def _hear(self, *event: Any) -> None:
        await self._heard.put(list(event))

    async def _gone(self, reason: str) -> None:
        await self._heard.put(["disconnect", reason])

    async def hears(self, name: str) -> list[Any]:
        """The next event with this name."""
        async with asyncio.timeout(GUARD_S):
            while (event := await self._heard.get())[0] != name:
                pass
            return event[1:]

    async def arrive(self, url: str, *transports: str) -> None:
        await self.client.connect(url, transports=list(transports))
        [self.welcome] = await self.hears("welcome")


async def pair(url: str, *transports: str) -> tuple[ServerClient, ServerClient, str]:
    """Two official clients in one chat, and its id."""
    a, b = ServerClient(), ServerClient()
    for visitor in (a, b):
        await visitor.arrive(url, *transports)
        assert await visitor.client.call("find", {"mode": "text"}, timeout=GUARD_S) == {"ok": True}
    [matched], [same] = await a.hears("matched"), await b.hears("matched")
    assert matched["chat"] == same["chat"]
    return a, b, matched["chat"]


async def test_health_tells_status_version_and_how_many_are_here(server: Process, http: aiohttp.ClientSession) -> None:
    async with http.get(server.url + "/healthz") as answer:
        assert answer.status == 200
        assert await answer.json() == {"status": "ok", "version": omefree.__version__, "online": 0}


@pytest.mark.parametrize("transports", [["websocket"], ["polling"], ["polling", "websocket"]], ids="-".join)
async def test_two_official_clients_chat(server: Process, transports: list[str]) -> None:
    a, b, chat = await pair(server.url, *transports)
    assert await a.client.call("message", (chat, "hello, é🙂"), timeout=GUARD_S) == {"ok": True}
    assert await b.hears("message") == [chat, "hello, é🙂"]
    await a.client.disconnect()
    assert await b.hears("ended") == [chat, "left"]
    await b.client.disconnect()


@pytest.mark.parametrize("path", ["/", "/nothing-here", POLL, "/healthz", "/socket.io/?EIO=3"])
async def test_security_headers_are_on_every_answer(server: Process, http: aiohttp.ClientSession, path: str) -> None:
    async with http.get(server.url + path) as answer:
        assert answer.headers["content-security-policy"].startswith("default-src 'none'; script-src 'self'")
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert answer.headers["x-frame-options"] == "DENY"
        assert "geolocation=()" in answer.headers["permissions-policy"]
        assert "server" not in answer.headers


async def test_a_refused_upgrade_carries_them_too(server: Process, http: aiohttp.ClientSession) -> None:
    async with http.get(server.url + SOCKET, headers=UPGRADE | {"Origin": "https://evil.example"}) as answer:
        assert answer.status == 403
        assert answer.headers["content-security-policy"].startswith("default-src 'none'")
        assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://localhost:1"])
async def test_another_site_s_page_is_refused_on_both_transports(
    server: Process, http: aiohttp.ClientSession, origin: str
) -> None:
    async with http.get(server.url + POLL, headers={"origin": origin}) as answer:
        assert answer.status == 403
        assert "access-control-allow-origin" not in answer.headers
        assert (await answer.json())["reason"] == "origin"
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        await http.ws_connect(server.url + SOCKET, headers={"origin": origin})
    assert refused.value.status == 403


async def test_the_own_page_is_let_in_on_both_transports(server: Process, http: aiohttp.ClientSession) -> None:
    headers = {"origin": server.url}
    async with http.get(server.url + POLL, headers=headers) as answer:
        assert answer.status == 200
        sid = json.loads((await answer.text())[1:])["sid"]
    async with http.post(f"{server.url}{POLL}&sid={sid}", data="1", headers=headers) as answer:
        assert answer.status == 200
    async with http.ws_connect(server.url + SOCKET, headers=headers) as connection:
        assert (await connection.receive_str(timeout=GUARD_S)).startswith('0{"sid":')


async def test_a_packet_over_max_payload_is_closed_with_1009_or_413(
    server: Process, http: aiohttp.ClientSession
) -> None:
    async with http.ws_connect(server.url + SOCKET) as connection:
        await connection.receive_str(timeout=GUARD_S)
        await connection.send_str("4" + "x" * 65_536)
        assert (await connection.receive(timeout=GUARD_S)).type == aiohttp.WSMsgType.CLOSE
        assert connection.close_code == 1009
    async with http.get(server.url + POLL) as answer:
        sid = json.loads((await answer.text())[1:])["sid"]
    async with http.post(f"{server.url}{POLL}&sid={sid}", data="4" + "x" * 65_536) as answer:
        assert answer.status == 413


async def deaf_partner(server: Process, victim: ServerClient) -> tuple[WebSocket, str]:
    """Somebody in a chat with an official client, that reads nothing from now on; and the chat."""
    connection = await RawConnection.open(int(server.url.rpartition(":")[2]), receive_buffer=4_096)
    assert (await connection.ask("GET", SOCKET, UPGRADE)).status == 101
    deaf = WebSocket(connection)
    await deaf.raw(frame(TEXT, b"40"), frame(TEXT, b'42["find",{"mode":"text"}]'))
    await victim.arrive(server.url, "websocket")
    assert await victim.client.call("find", {"mode": "text"}, timeout=GUARD_S) == {"ok": True}
    [matched] = await victim.hears("matched")
    connection.writer.transport.pause_reading()  # type: ignore[attr-defined]
    return deaf, matched["chat"]


def peak_bytes(server: Process) -> int:
    """The most memory that it ever had resident (proc(5))."""
    status = Path(f"/proc/{server.process.pid}/status").read_text()
    return int(re.findall(r"VmHWM:\s+(\d+) kB", status)[0]) * 1024


FLOODS = {
    "pings": frame(PING, bytes(125)) * 400,
    "events that are refused": frame(TEXT, b'429["nonsense"]') * 400,
}


@pytest.mark.parametrize("flood", FLOODS.values(), ids=FLOODS)
async def test_who_floods_and_never_reads_is_closed_and_its_partner_told(page: Path, flood: bytes) -> None:
    with running(page, "--host", "127.0.0.1", "--stun-port", "0") as server:
        victim = ServerClient()
        deaf, chat = await deaf_partner(server, victim)
        before = peak_bytes(server)
        async with asyncio.timeout(GUARD_S):
            with pytest.raises(ConnectionError):
                while True:
                    await deaf.raw(flood)
        assert await victim.hears("partner") == [chat, "away"]
        deaf.connection.drop()
        assert peak_bytes(server) - before < 4_000_000  # a queue is 256 KiB; a prototype took 1.2 GB
        await victim.client.disconnect()


async def test_who_never_reads_is_closed_and_its_partner_told(page: Path) -> None:
    with running(page, "--host", "127.0.0.1", "--stun-port", "0", "--quota-scale", "100") as server:
        victim = ServerClient()
        deaf, chat = await deaf_partner(server, victim)
        before = peak_bytes(server)
        answers: list[Any] = []
        while not answers or answers[-1]["ok"]:
            answers.append(await victim.client.call("message", (chat, "x" * 16_000), timeout=GUARD_S))
        assert answers[-1]["code"] == "partner_away"
        assert len(answers) < 60  # of 16 KB: 256 KiB of ours, as much of the kernel's, and what it read before
        assert await victim.hears("partner") == [chat, "away"]
        deaf.connection.drop()
        assert peak_bytes(server) - before < 4_000_000
        await victim.client.disconnect()


@pytest.mark.parametrize(
    ("packets", "code"),
    [
        ([b"\0"], 1003),
        (["40", b"\0"], 1003),
        (["40", '451-["message",{"_placeholder":true,"num":0}]', b"\0"], 1002),
        (["40", '461-1[{"_placeholder":true,"num":0}]'], 1002),
    ],
    ids=str,
)
async def test_binary_is_refused(
    server: Process, http: aiohttp.ClientSession, packets: list[str | bytes], code: int
) -> None:
    async with http.ws_connect(server.url + SOCKET) as connection:
        for packet in packets:
            await (connection.send_str(packet) if isinstance(packet, str) else connection.send_bytes(packet))
        while (await connection.receive(timeout=GUARD_S)).type == aiohttp.WSMsgType.TEXT:
            pass
        assert connection.close_code == code


async def test_binary_by_polling_is_refused(server: Process, http: aiohttp.ClientSession) -> None:
    async with http.get(server.url + POLL) as answer:
        sid = json.loads((await answer.text())[1:])["sid"]
    async with http.post(f"{server.url}{POLL}&sid={sid}", data="40\x1ebAAAA") as answer:
        assert answer.status == 400
    async with http.get(f"{server.url}{POLL}&sid={sid}") as answer:
        assert answer.status == 400


async def test_compression_is_refused(server: Process, http: aiohttp.ClientSession) -> None:
    """Of frames and of polls. What is sealed does not shrink, and 100 MB of zeros come as 97 KB."""
    async with http.ws_connect(server.url + SOCKET, compress=15) as connection:
        assert connection.compress == 0  # what was agreed on
        await connection.receive_str(timeout=GUARD_S)
        await connection.send_str("40", compress=15)  # sent all the same
        assert (await connection.receive(timeout=GUARD_S)).type == aiohttp.WSMsgType.CLOSE
        assert connection.close_code == 1002
    async with http.get(server.url + POLL, headers={"accept-encoding": "gzip, deflate, br"}) as answer:
        assert "content-encoding" not in answer.headers
        sid = json.loads((await answer.text())[1:])["sid"]
    packed = {"content-encoding": "gzip"}
    async with http.post(f"{server.url}{POLL}&sid={sid}", data=gzip.compress(b"40"), headers=packed) as answer:
        assert answer.status == 400  # as the bytes that it is


async def test_sigterm_drains_and_ends_with_0(page: Path) -> None:
    with running(page, "--stun-port", "0") as server:
        a, b, chat = await pair(server.url, "websocket")
        polls = ServerClient()
        await polls.arrive(server.url, "polling")
        server.process.send_signal(signal.SIGTERM)
        for visitor in (a, b):
            assert await visitor.hears("ended") == [chat, "drained"]
        for visitor in (a, b, polls):
            await visitor.hears("disconnect")
        assert await asyncio.to_thread(server.wait) == 0
        assert [line for line in server.lines if "level=error" in line or "crash" in line] == []


def test_a_port_in_use_ends_with_2_and_one_line(page: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        command = [sys.executable, "-m", "omefree", "--host", "127.0.0.1", "--port", port, "--static-dir", str(page)]
        done = subprocess.run(command, env=environment(), capture_output=True, text=True, timeout=GUARD_S, check=False)
    assert done.returncode == 2
    assert done.stdout == ""
    [line] = done.stderr.splitlines()
    assert f"port {port}" in line
    assert "in use" in line


def test_the_file_limit_is_raised_to_the_hard_one(page: Path) -> None:
    with running(page, "--stun-port", "0", before="ulimit -Sn 256;") as server:
        limits = Path(f"/proc/{server.process.pid}/limits").read_text()
        soft, hard = re.findall(r"Max open files\s+(\d+)\s+(\d+)", limits)[0]
        assert soft == hard
        assert int(soft) > 256
        assert server.stop(signal.SIGINT) == 0


def free_udp_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


async def test_stun_tells_a_browser_its_address(page: Path) -> None:
    port = free_udp_port()
    with running(page, "--host", "127.0.0.1", "--stun-port", str(port)) as server:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as browser:
            browser.settimeout(GUARD_S)
            browser.bind(("127.0.0.1", 0))
            request = stun.Message(message_method=stun.Method.BINDING, message_class=stun.Class.REQUEST)
            browser.sendto(bytes(request), ("127.0.0.1", port))
            answer = stun.parse_message(browser.recv(1_000))
            assert answer.transaction_id == request.transaction_id
            assert answer.attributes["XOR-MAPPED-ADDRESS"] == browser.getsockname()
        visitor = ServerClient()
        await visitor.client.connect(server.url, transports=["websocket"])
        [welcome] = await visitor.hears("welcome")
        assert welcome["ice_servers"] == [{"urls": [f"stun:127.0.0.1:{port}"]}]
        await visitor.client.disconnect()
        assert server.stop() == 0


async def test_why_there_is_no_stun_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken, quiet() as log:
        taken.bind(("127.0.0.1", 0))
        monkeypatch.setattr("omefree.net.stun.DEFAULT_PORT", taken.getsockname()[1])
        assert await listen_stun(Config(), "127.0.0.1") is None
        assert f"level=warning event=stun_off port={taken.getsockname()[1]} reason=in_use" in log.getvalue()


def make_certificate(cert: Path, key: Path) -> None:
    """For `localhost`, signed by itself."""
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "1",
         "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-keyout", str(key), "-out", str(cert)],
        check=True, capture_output=True, timeout=GUARD_S,
    )  # fmt: skip


async def test_tls(page: Path, tmp_path: Path) -> None:
    cert, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    make_certificate(cert, key)
    trust = ssl.create_default_context(cafile=cert)
    args = ["--tls-cert", str(cert), "--tls-key", str(key), "--stun-port", "0"]
    with running(page, *args) as server:
        assert server.url.startswith("https://localhost:")
        async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=trust)) as http:
            async with http.get(server.url + "/healthz") as answer:
                assert (await answer.json())["status"] == "ok"
                assert "strict-transport-security" not in answer.headers, "it would hold for all of localhost"
            async with http.get(server.url + "/healthz", headers={"Host": "chat.example"}) as answer:
                assert "strict-transport-security" in answer.headers
            async with http.ws_connect(server.url + SOCKET, headers={"origin": server.url}) as connection:
                assert (await connection.receive_str(timeout=GUARD_S)).startswith('0{"sid":')
        assert server.stop() == 0


async def test_every_setting_reaches_what_it_is_about(page: Path) -> None:
    flags = ["--public-host", "chat.example", "--stun-port", "0", "--quota-scale", "10"]
    turn = ["--turn-url", "turn:turn.example:3478", "--turn-secret", "a secret"]
    with running(page, *flags, *turn) as server:
        a, b, _ = await pair(server.url, "websocket")
        assert a.welcome["limits"]["quotas"]["message"]["burst"] == 400
        answer = await a.client.call("find", {"mode": "video", "hide": True})
        assert answer == {"ok": True}
        granted = await a.client.call("ice", ())
        assert granted["ice_servers"][-1]["urls"] == ["turn:turn.example:3478"]
        for visitor in (a, b):
            await visitor.client.disconnect()


async def test_without_turn_nobody_can_hide(page: Path) -> None:
    with running(page, "--public-host", "chat.example", "--stun-port", str(free_udp_port())) as server:
        a, b, _ = await pair(server.url, "websocket")
        assert a.welcome["ice_servers"][0]["urls"][0].startswith("stun:chat.example:")
        assert (await a.client.call("find", {"mode": "video", "hide": True}))["code"] == "no_turn"
        for visitor in (a, b):
            await visitor.client.disconnect()


def test_a_host_that_is_none_ends_with_2_and_one_line(page: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "omefree", "serve", "--static-dir", str(page), "--host", "..a"],
        capture_output=True, text=True, env=environment(), check=False,
    )  # fmt: skip
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1
