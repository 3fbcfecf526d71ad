"""/metrics of a whole server: off if nobody asked for it, on a port of its own, and no burden to those who chat."""

import asyncio
import contextlib
import re
import socket
import subprocess
import sys
from pathlib import Path

from omefree.audit.process import audit_process
from omefree.metrics.endpoint import CONNECTIONS_MAX
from omefree.privacy.measurable import SERIES
from tests.engine.raw import RawConnection
from tests.metrics.test_endpoint import end
from tests.privacy.leavers import AS_NOBODY
from tests.privacy.leavers import running as running_as
from tests.test_server import Process, environment, pair, running
from tests.words.speak import english

GUARD_S = 60.0  # only ends a test that hangs
SCRAPES = 1000
REQUEST = b"GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n"


def port_of(server: Process) -> int:
    [port] = [found[1] for line in server.lines if (found := re.search(r"event=metrics_serving port=(\d+)", line))]
    return int(port)


async def scrape(port: int) -> bytes:
    """All that comes; nothing if the server ends the connection before."""
    answer = b""
    async with asyncio.timeout(GUARD_S):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        with contextlib.suppress(ConnectionError):
            writer.write(REQUEST)
            while data := await reader.read(65_536):
                answer += data
    await end(RawConnection(reader, writer))
    return answer


def series(answer: bytes) -> set[str]:
    head, _, body = answer.decode().partition("\r\n\r\n")
    assert head.startswith("HTTP/1.1 200 ")
    return {line.rpartition(" ")[0] for line in body.splitlines() if not line.startswith("#")}


async def test_a_thousand_scrapes_at_once_harm_no_chat(page: Path) -> None:
    with running(page, "--stun-port", "0", "--metrics-port", "0", "--quota-scale", "100") as server:
        port = port_of(server)
        a, b, chat = await pair(server.url, "websocket")
        scrapes = asyncio.gather(*(scrape(port) for _ in range(SCRAPES)))
        for number in range(50):
            assert await a.client.call("message", (chat, f"text {number}"), timeout=GUARD_S) == {"ok": True}
            assert await b.hears("message") == [chat, f"text {number}"]
        answers = await scrapes
        assert len(answers) == SCRAPES
        served = [answer for answer in answers if answer.startswith(b"HTTP/1.1 200 ")]
        assert served
        assert all(answer[:12] in (b"HTTP/1.1 200", b"HTTP/1.1 503", b"") for answer in answers)
        assert series(served[0]) == series(await scrape(port)) == SERIES
        for visitor in (a, b):
            await visitor.client.disconnect()
        assert server.stop() == 0
        assert [line for line in server.lines if "level=error" in line or "foreign" in line] == []


async def test_connections_that_say_nothing_cost_a_few_and_the_server_stops_all_the_same(page: Path) -> None:
    with running(page, "--stun-port", "0", "--metrics-port", "0") as server:
        silent = [await RawConnection.open(port_of(server)) for _ in range(2 * CONNECTIONS_MAX)]
        ended = await asyncio.gather(*(each.rest() for each in silent[CONNECTIONS_MAX:]))
        assert [answer[:12] for answer in ended] == [b"HTTP/1.1 503"] * CONNECTIONS_MAX
        for each in silent[CONNECTIONS_MAX:]:
            await end(each)
        page_port = await RawConnection.open(int(server.url.rpartition(":")[2]))
        assert (await page_port.ask("GET", "/metrics")).status == 404
        await end(page_port)
        assert await asyncio.to_thread(server.stop) == 0
        for each in silent[:CONNECTIONS_MAX]:
            await end(each)


def test_a_port_in_use_ends_with_2_and_one_line(page: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        flags = ["--port", "0", "--stun-port", "0", "--metrics-host", "127.0.0.1", "--metrics-port", port]
        command = [sys.executable, "-m", "omefree", "serve", "--static-dir", str(page), *flags]
        done = subprocess.run(command, env=environment(), capture_output=True, text=True, timeout=GUARD_S, check=False)
    assert done.returncode == 2
    assert done.stderr.splitlines() == [
        f"omefree: port {port} of 127.0.0.1 is in use: stop what uses it, or choose another with --metrics-port"
    ]


async def test_the_audit_knows_this_one_more_port(tmp_path: Path) -> None:
    async with running_as(tmp_path, "--metrics-port", "0", before=AS_NOBODY) as server:
        checks = {check.name: check for check in await audit_process(server.pid)}
    assert checks["media-direct"].result == "passed", english(checks["media-direct"].detail)
    assert checks["ram-only"].result == checks["text-unread"].result == "passed", "and it found the page's port"
