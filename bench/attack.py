"""Attacks the server on loopback and prints what the attacks cost it. `make attack`; it takes some minutes.

    python -m bench.attack [slow] [handshakes] [flood]

    slow        slowhttptest (Debian): slow heads, bodies, reads, ranges, beside a prober and a pair of visitors
    handshakes  10,000 that never CONNECT, from as many addresses as the gate asks for: all are gone at the deadline
    flood       peers that send and never read: pings, polls never fetched, a partner that is written to

Every server is the real one, with its own limits. One machine is many clients by using many loopback addresses.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from functools import partial
from pathlib import Path
from typing import NamedTuple

import msgspec
import uvloop

from omefree.load.usage import allow_files, memory_bytes
from tests.engine.raw import PING, TEXT, UPGRADE, RawConnection, WebSocket, frame

POLL = "/socket.io/?EIO=4&transport=polling"
SOCKET = "/socket.io/?EIO=4&transport=websocket"

SLOW_S = 60
CONNECTIONS = 500
MODES = {  # of slowhttptest; more data every 3 s, which never resets our deadlines
    "slow heads": ["-H", "-x", "24"],
    "slow bodies": ["-B", "-s", "60000", "-x", "10"],
    "slow reads": ["-X", "-w", "1", "-y", "64", "-z", "5", "-n", "5", "-k", "3"],
    "ranges": ["-R"],
}

HANDSHAKES = 10_000
SOURCE_CONNECTIONS = 50  # of one address: the gate's burst

FLOOD_S = 5.0
TEXT_BYTES = 16_000


class Server:
    """The real server, in a process of its own."""

    def __init__(self, pid: int, port: int) -> None:
        self.pid = pid
        self.port = port
        self.start_bytes = 0
        self.mark()

    def mark(self) -> None:
        """From here on growth is counted, and its peak (proc(5), clear_refs)."""
        self.start_bytes = memory_bytes(self.pid)
        Path(f"/proc/{self.pid}/clear_refs").write_text("5")

    def grown_mb(self) -> float:
        return (memory_bytes(self.pid) - self.start_bytes) / 1e6

    def most_mb(self) -> float:
        """At its peak, however short."""
        status = Path(f"/proc/{self.pid}/status").read_text()
        return (int(re.findall(r"VmHWM:\s+(\d+) kB", status)[0]) * 1024 - self.start_bytes) / 1e6

    def files(self) -> int:
        return len(os.listdir(f"/proc/{self.pid}/fd"))  # noqa: PTH208


@contextlib.contextmanager
def serving() -> Iterator[Server]:
    with tempfile.TemporaryDirectory() as page:
        Path(page, "index.html").write_text(f"<!doctype html><title>attack</title>{'x' * 100_000}")
        command = [sys.executable, "-m", "omefree", "serve", "--host", "127.0.0.1", "--port", "0", "--stun-port", "0"]
        with subprocess.Popen([*command, "--static-dir", page], stderr=subprocess.PIPE, text=True) as process:
            assert process.stderr is not None
            found = next(filter(None, (re.search(r"serving url=http://[^:]+:(\d+)", line) for line in process.stderr)))
            try:
                yield Server(process.pid, int(found[1]))
            finally:
                process.terminate()
                said = process.stderr.read()
                tell(f"its log: {re.findall('event=([a-z]+)', said)}")


def tell(text: str) -> None:
    sys.stdout.write(f"    {text}\n")
    sys.stdout.flush()


# Those who want nothing bad


class Prober:
    """Asks for /healthz ten times a second, each time on a new connection, while something else happens."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self.waits_s: list[float] = []
        self.failed = 0
        self.files: list[int] = []  # open in the server, at each look

    async def run(self) -> None:
        while True:
            begun = time.perf_counter()
            try:
                async with asyncio.timeout(5):
                    connection = await RawConnection.open(self._server.port)
                    assert (await connection.ask("GET", "/healthz")).status == 200
                    connection.drop()
                self.waits_s.append(time.perf_counter() - begun)
            except (OSError, AssertionError, asyncio.IncompleteReadError, TimeoutError):
                self.failed += 1
            self.files.append(self._server.files())
            await asyncio.sleep(0.1)

    def report(self) -> str:
        waits = sorted(wait * 1000 for wait in self.waits_s)
        figures = (statistics.median(waits), waits[int(len(waits) * 0.99)], waits[-1])
        rest = "median {:.1f} ms, 99 % {:.1f} ms, most {:.1f} ms".format(*figures)
        return f"{len(waits)} probes answered, {self.failed} not: {rest}"


@contextlib.asynccontextmanager
async def probing(server: Server) -> AsyncIterator[Prober]:
    prober = Prober(server)
    task = asyncio.create_task(prober.run())
    try:
        yield prober
    finally:
        task.cancel()


class AttackClient:
    """A visitor by WebSocket that answers pings."""

    def __init__(self, socket: WebSocket) -> None:
        self._socket = socket
        self._heard: asyncio.Queue[list[object]] = asyncio.Queue()
        self._task = asyncio.create_task(self._listen())

    @classmethod
    async def arrive(cls, port: int) -> AttackClient:
        visitor = cls(await connected(port))
        await visitor.hears("welcome")
        return visitor

    async def emit(self, *event: object) -> None:
        await self._socket.send("42" + msgspec.json.encode(event).decode())

    async def hears(self, name: str) -> list[object]:
        async with asyncio.timeout(30):
            while (event := await self._heard.get())[0] != name:
                pass
        return event[1:]

    async def _listen(self) -> None:
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                with contextlib.suppress(TimeoutError):
                    text = await self._socket.text()
                    if text == "2":
                        await self._socket.send("3")
                    elif text.startswith("42"):
                        self._heard.put_nowait(msgspec.json.decode(text[2:]))

    def leave(self) -> None:
        self._task.cancel()
        self._socket.connection.drop()


async def connected(port: int, receive_buffer: int | None = None) -> WebSocket:
    connection = await RawConnection.open(port, receive_buffer=receive_buffer)
    assert (await connection.ask("GET", SOCKET, UPGRADE)).status == 101
    socket = WebSocket(connection)
    await socket.text()
    await socket.send('40{"v":1}')
    return socket


async def pair(a: AttackClient, b: AttackClient) -> str:
    """The id of their chat."""
    for visitor in (a, b):
        await visitor.emit("find", {"mode": "text"})
    await b.hears("matched")
    return await matched(a)


async def matched(visitor: AttackClient) -> str:
    """The id of its chat."""
    (found,) = await visitor.hears("matched")
    assert isinstance(found, dict)
    return str(found["chat"])


# Slow on purpose


async def slow() -> None:
    if not shutil.which("slowhttptest"):
        raise SystemExit("slowhttptest is missing: apt-get install slowhttptest")
    for title, flags in MODES.items():
        with serving() as server:
            a, b = await AttackClient.arrive(server.port), await AttackClient.arrive(server.port)
            chat, files = await pair(a, b), server.files()
            async with probing(server) as prober:
                said = await slowhttptest(server, flags)
                await a.emit("message", chat, "still here?")
                assert await b.hears("message") == [chat, "still here?"]
            tell(f"{title}, {CONNECTIONS} connections for {SLOW_S} s: {said}")
            tell(prober.report())
            most, last = max(prober.files) - files, prober.files[-1] - files
            tell(f"a pair went on; {most} connections at most, {last} at the end; memory {server.grown_mb():+.1f} MB")
            a.leave()
            b.leave()


async def slowhttptest(server: Server, flags: list[str]) -> str:
    """What it says at the end."""
    url = f"http://127.0.0.1:{server.port}/"
    limits = ["-c", str(CONNECTIONS), "-r", "200", "-l", str(SLOW_S), "-i", "3", "-p", "3", "-u", url]
    process = await asyncio.create_subprocess_exec("slowhttptest", *flags, *limits, stdout=subprocess.PIPE)
    out, _ = await process.communicate()
    text = re.sub(r"\x1b\[[0-9;]*[A-Za-z]", "", out.decode(errors="replace"))
    last = {name: value.strip() for name, value in re.findall(r"^([a-z ]+[a-z]):\s+(\S.*)$", text, re.MULTILINE)}
    ended = re.findall(r"(?:Exit status|Test ended).*", text)
    states = (f"{name} {last[name]}" for name in ("connected", "error", "closed", "service available") if name in last)
    return f"{', '.join(states)}; {' '.join(ended[-1:])}"


# Handshakes that never CONNECT


async def handshakes() -> None:
    for title, shake, is_gone in (("polling", by_polling, poll_is_gone), ("WebSocket", by_websocket, socket_is_gone)):
        with serving() as server:
            async with probing(server) as prober:
                begun = time.monotonic()
                opened = [each async for each in many(server, shake)]
                took, grown = time.monotonic() - begun, server.grown_mb()
                tell(f"{len(opened):,} handshakes by {title} in {took:.1f} s: memory {grown:+.1f} MB")
                while not await is_gone(*opened[-1]):
                    pass
                after = time.monotonic() - begun - took
                tell(f"the last of them was gone {after:.1f} s later: memory {server.grown_mb():+.1f} MB")
                for connection, _ in opened:
                    connection.drop()
            tell(prober.report())


async def many(
    server: Server, shake: Callable[[RawConnection], Awaitable[str]]
) -> AsyncIterator[tuple[RawConnection, str]]:
    for number in range(HANDSHAKES // SOURCE_CONNECTIONS):
        source = f"127.{1 + number // 250}.0.{1 + number % 250}"
        connections = [await RawConnection.open(server.port, source=source) for _ in range(SOURCE_CONNECTIONS)]
        for connection, sid in zip(connections, await asyncio.gather(*map(shake, connections)), strict=True):
            yield connection, sid


async def by_polling(connection: RawConnection) -> str:
    return (await connection.ask("GET", POLL)).sid


async def by_websocket(connection: RawConnection) -> str:
    assert (await connection.ask("GET", SOCKET, UPGRADE)).status == 101
    return ""


async def poll_is_gone(connection: RawConnection, sid: str) -> bool:
    port = connection.writer.get_extra_info("peername")[1]
    other = await RawConnection.open(port)
    answer = await other.ask("POST", f"{POLL}&sid={sid}", body=b"3")
    other.drop()
    await asyncio.sleep(0.1)
    return answer.status == 400


async def socket_is_gone(connection: RawConnection, _: str) -> bool:
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(connection.reader.read(1_000), 0.1)
    return connection.reader.at_eof()


# Those who send and never read


class Deaf(NamedTuple):
    """A visitor in a chat that reads nothing."""

    socket: WebSocket | None  # None: by long-polling
    chat: str


async def flood() -> None:
    for title, attack in (
        ("PING frames", partial(frames, data=frame(PING, bytes(125)) * 200)),
        ("events that are refused", partial(frames, data=frame(TEXT, b'429["nonsense"]') * 1_000)),
        ("texts for one on WebSocket", partial(texts, by_polling=False)),
        ("texts for one on polling", partial(texts, by_polling=True)),
    ):
        with serving() as server:
            partner = await AttackClient.arrive(server.port)
            await attack(server, partner)
            tell(f"{title}, never read: memory at most {server.most_mb():+.2f} MB; a queue holds 0.26 MB")
            partner.leave()


async def frames(server: Server, partner: AttackClient, *, data: bytes) -> None:
    """A peer in a chat sends the same for as long as it can."""
    deaf = await deaf_partner(server, partner, by_polling=False)
    assert deaf.socket is not None
    until = time.monotonic() + FLOOD_S
    with contextlib.suppress(ConnectionError, TimeoutError):
        while time.monotonic() < until:
            await deaf.socket.raw(data)
    tell(f"the partner was told {await partner.hears('partner')}")


async def texts(server: Server, partner: AttackClient, *, by_polling: bool) -> None:
    """A peer that never reads is written to as fast as the quota lets."""
    deaf = await deaf_partner(server, partner, by_polling=by_polling)
    told, sent = asyncio.create_task(partner.hears("partner")), 0
    while not told.done():
        await partner.emit("message", deaf.chat, "x" * TEXT_BYTES)
        sent += 1
        await asyncio.sleep(0.11)  # ten a second
    tell(f"after {sent} texts of {TEXT_BYTES:,} bytes the partner was told {await told}")


async def deaf_partner(server: Server, partner: AttackClient, *, by_polling: bool) -> Deaf:
    socket, packets = None, [b'40{"v":1}', b'42["find",{"mode":"text"}]']
    if by_polling:
        connection = await RawConnection.open(server.port)
        sid = (await connection.ask("GET", POLL)).sid
        await connection.ask("POST", f"{POLL}&sid={sid}", body=b"\x1e".join(packets))
    else:
        socket = await connected(server.port, receive_buffer=4_096)
        await socket.send(packets[1].decode())
    await partner.emit("find", {"mode": "text"})
    chat = await matched(partner)
    if socket is not None:
        socket.connection.writer.transport.pause_reading()  # type: ignore[attr-defined]
    server.mark()
    return Deaf(socket, chat)


ATTACKS = {attack.__name__: attack for attack in (slow, handshakes, flood)}


async def main(names: list[str]) -> None:
    for name in names:
        sys.stdout.write(f"{name}\n")
        await ATTACKS[name]()


if __name__ == "__main__":
    allow_files(HANDSHAKES)
    uvloop.run(main(sys.argv[1:] or list(ATTACKS)))
