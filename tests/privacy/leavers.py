"""Visitors of a server in a process of its own. Each has words that nobody else has, which tests search for."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import re
import secrets
import socket
import ssl
import subprocess
import sys
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from ipaddress import ip_address
from pathlib import Path
from typing import Any, NamedTuple

import omefree
from omefree.audit import proc
from omefree.audit.memory import scan
from tests.engine.raw import CLOSE, CONTINUATION, TEXT, UPGRADE, RawConnection, Response, WebSocket, frame, head
from tests.until import until

PATH = "/socket.io/?EIO=4"
GUARD_S = 60.0  # only ends a test that hangs
AT_ONCE = 10
TIMES = 150  # a signal's word: about the size of a session description
LONG_BYTES = 2_000
# With the right to read all files: the interpreter may lie in somebody's home.
FILES = "+dac_override,+dac_read_search"
AS_NOBODY = (
    "setpriv",
    "--reuid=65534",
    "--regid=65534",
    "--clear-groups",
    f"--inh-caps={FILES}",
    f"--ambient-caps={FILES}",
)
MARK_BYTES = 12  # of chance in a word: it is nobody else's


class Server(NamedTuple):
    """A running `omefree serve`, and what its clients need to know."""

    pid: int
    port: int
    sockets: int  # as long as nobody is connected
    tls: ssl.SSLContext | None = None


def command(page: Path, *flags: str) -> list[str]:
    """It believes what proxies say of addresses: more of those get in."""
    return [
        sys.executable, "-m", "omefree", "serve", "--host", "127.0.0.1", "--port", "0", "--stun-port", "0",
        "--static-dir", str(page), "--trusted-proxies", "127.0.0.0/8", "--quota-scale", "1000", *flags,
    ]  # fmt: skip


def environment(**variables: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("OMEFREE_", "PYTHONMALLOC"))}
    return {**kept, "PYTHONPATH": str(Path(omefree.__file__).parents[1]), **variables}


@asynccontextmanager
async def running(
    page: Path, *flags: str, before: Sequence[str] = (), tls: ssl.SSLContext | None = None, **variables: str
) -> AsyncIterator[Server]:
    """A server of its own. `before`: a command that ends in running another one, in its own place."""
    furnish(page)
    process = await asyncio.create_subprocess_exec(
        *before, *command(page, *flags), stderr=subprocess.PIPE, env=environment(**variables)
    )
    assert process.stderr is not None
    said = b""
    try:
        async with asyncio.timeout(GUARD_S):
            while not (found := re.search(rb"event=serving url=\S+:(\d+)", said)):
                line = await process.stderr.readline()
                assert line, said.decode()
                said += line
        yield Server(process.pid, int(found[1]), sockets(process.pid), tls)
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()


def furnish(page: Path) -> None:
    """A page for all to read."""
    (page / "index.html").write_text("<!doctype html><title>OmeFree</title>")
    for folder in (page, *page.parents):
        if "pytest" in folder.name:
            folder.chmod(0o755)
    for path in page.iterdir():
        path.chmod(0o666)


def sockets(pid: int) -> int:
    return sum(each.path.startswith("socket:") for each in proc.open_files(pid))


async def is_alone(server: Server) -> None:
    """Until every connection has ended."""
    await until(lambda: sockets(server.pid) <= server.sockets, "every connection has ended")
    assert await online(server) == 0


async def online(server: Server) -> int:
    """How many are there, it says. Meanwhile its loop has turned: what has been closed is freed, too."""
    connection = await RawConnection.open(server.port, server.tls)
    answer = await connection.ask("GET", "/healthz", {"Connection": "close"})
    await end(connection)
    return int(answer.json["online"])


async def end(connection: RawConnection) -> None:
    """The server closes first."""
    await connection.rest()
    connection.drop()
    with contextlib.suppress(OSError):
        await connection.writer.wait_closed()


def word(kind: str) -> str:
    return f"planted-{kind}-{secrets.token_hex(MARK_BYTES)}"


def interest() -> str:
    return f"planted {secrets.token_hex(6)}"


class Leaver:
    """One visitor, by WebSocket or long-polling. `words`: all that is about this visitor alone, by kind."""

    def __init__(self, server: Server, *, polls: bool) -> None:
        self.server = server
        self.polls = polls
        self.address = "127." + ".".join(str(100 + secrets.randbelow(150)) for _ in range(3))  # all are this machine
        self.forwarded = str(ip_address(secrets.token_bytes(16)))
        self.interest = interest()
        self.language = "pl" + "".join(secrets.choice("abcdef") for _ in range(6))
        self.commit = (word("commit") + secrets.token_urlsafe(9))[:43].ljust(43, "x")
        self.agent, self.query, self.text, self.signal = map(word, ("agent", "query", "text", "signal"))
        self.given: dict[str, str] = {}  # by the server
        self._websocket: WebSocket
        self._target = ""
        self._heard: list[list[Any]] = []
        self._news = asyncio.Event()
        self._listening: asyncio.Task[None]

    @property
    def words(self) -> dict[str, list[bytes]]:
        chosen = {
            "address": self.address, "forwarded": self.forwarded, "interest": self.interest, "agent": self.agent,
            "language": self.language, "commit": self.commit, "query": self.query,
        }  # fmt: skip
        packed = {"packed": [ip_address(self.forwarded).packed]}
        said = {"text": halves(self.text), "signal": halves(self.signal)}
        return {kind: [text.encode()] for kind, text in (chosen | self.given).items()} | packed | said

    @property
    def head(self) -> dict[str, str]:
        return {"Host": "localhost", "User-Agent": self.agent, "X-Forwarded-For": self.forwarded}

    async def arrive(self) -> None:
        target = f"{PATH}&q={self.query}&transport="
        if self.polls:
            opened = (await self._ask("GET", target + "polling")).body.decode()
        else:
            connection = await self._connect()
            assert (await connection.ask("GET", target + "websocket", self.head | UPGRADE)).status == 101
            self._websocket = WebSocket(connection)
            opened = await self._websocket.text()
        self.given["sid"] = json.loads(opened[1:])["sid"]
        self._target = f"{target}polling&sid={self.given['sid']}"
        self._listening = asyncio.create_task(self._listen())
        await self._send('40{"v":1}')
        self.given["socket"] = (await self.hears("40"))["sid"]
        self.given["token"] = (await self.hears("welcome"))["resume"]

    async def find(self, *common: str) -> None:
        self.given |= {f"common {number}": word for number, word in enumerate(common)}
        criteria = {"mode": "text", "interests": [self.interest, *common], "languages": [self.language, "fr"]}
        await self.emit("find", criteria | {"patience_s": None, "seal": {"v": 1, "commit": self.commit}})
        await self.hears("searching")

    async def emit(self, name: str, *args: Any) -> None:
        await self._send("42" + json.dumps([name, *args]))

    async def hears(self, name: str) -> Any:
        """The last argument of the next event with this name."""
        async with asyncio.timeout(GUARD_S):
            while not (found := [event for event in self._heard if event[0] == name]):
                self._news.clear()
                await self._news.wait()
        self._heard.remove(found[0])
        return found[0][-1]

    async def leave(self) -> None:
        """As the page does: a DISCONNECT, and the connection ends."""
        if self.polls:
            await self._send("41")
            await self._listening
        else:
            await self._websocket.raw(frame(TEXT, b"41"), frame(CLOSE, b"\x03\xe8"))
            await self._listening
            await end(self._websocket.connection)

    async def _listen(self) -> None:
        """Until there is nothing more to hear; pings are answered meanwhile, however slow the machine is."""
        while packets := await self._packets():
            for packet in packets:
                if packet == "2":
                    await self._send("3")
                elif packet.startswith(("40", "42")):
                    event = json.loads(packet[2:])
                    self._heard.append(event if packet.startswith("42") else ["40", event])
                    self._news.set()

    async def _packets(self) -> list[str]:
        if self.polls:
            answer = await self._ask("GET", self._target)
            return answer.body.decode().split("\x1e") if answer.status == 200 else []
        with contextlib.suppress(TimeoutError):  # nothing came for a while
            got = await self._websocket.receive()
            return [] if got.opcode == CLOSE else [got.data.decode()]
        return [""]

    async def _send(self, packet: str) -> None:
        """What is long goes in three fragments over a WebSocket."""
        data = packet.encode()
        if self.polls:
            await self._ask("POST", self._target, data)
        elif len(data) < LONG_BYTES:
            await self._websocket.send(packet)
        else:
            first, second, third = data[:LONG_BYTES], data[LONG_BYTES : 2 * LONG_BYTES], data[2 * LONG_BYTES :]
            await self._websocket.raw(
                frame(TEXT, first, fin=False), frame(CONTINUATION, second, fin=False), frame(CONTINUATION, third)
            )

    async def _ask(self, method: str, target: str, body: bytes = b"") -> Response:
        """A poll hangs until there is something to say: the connection's end is the answer's."""
        connection = await self._connect()
        await connection.send(head(method, target, self.head | {"Connection": "close"}, body))
        async with asyncio.timeout(GUARD_S):
            first, _, rest = (await connection.reader.read()).partition(b"\r\n\r\n")
        await end(connection)
        return Response(int(first.split()[1]), {}, rest)

    async def _connect(self) -> RawConnection:
        sock = socket.socket()
        sock.setblocking(False)
        sock.bind((self.address, 0))
        async with asyncio.timeout(GUARD_S):
            await asyncio.get_running_loop().sock_connect(sock, ("127.0.0.1", self.server.port))
            tls = self.server.tls
            name = "localhost" if tls else None
            return RawConnection(*await asyncio.open_connection(sock=sock, ssl=tls, server_hostname=name))


def halves(text: str) -> list[bytes]:
    """Freed memory may have been used again in part."""
    raw = text.encode()
    return [raw[: len(raw) // 2], raw[len(raw) // 2 :]]


async def arrive(server: Server, count: int, *, polls: int) -> list[Leaver]:
    came = [Leaver(server, polls=number % count < polls) for number in range(count)]
    for first in range(0, count, AT_ONCE):
        await asyncio.gather(*(leaver.arrive() for leaver in came[first : first + AT_ONCE]))
    return came


async def chat(leavers: list[Leaver], shared: int = 1) -> None:
    """Each with the next, by `shared` interests: both say a text and a signal, and hear the other's."""
    for a, b in zip(leavers[::2], leavers[1::2], strict=True):
        common = [interest() for _ in range(shared)]
        for leaver in (a, b):
            await leaver.find(*common)
        for leaver in (a, b):
            leaver.given["chat"] = (await leaver.hears("matched"))["chat"]
            await leaver.emit("message", leaver.given["chat"], leaver.text)
            await leaver.emit("signal", leaver.given["chat"], leaver.signal * TIMES)
        for leaver, other in ((a, b), (b, a)):
            assert await leaver.hears("message") == other.text
            assert await leaver.hears("signal") == other.signal * TIMES


async def remains(server: Server, leavers: Iterable[Leaver]) -> dict[str, int]:
    """Of how many of them something is in the memory of the server, by kind."""
    await online(server)
    words = [leaver.words for leaver in leavers]
    found = await asyncio.to_thread(scan, server.pid, [each for one in words for kind in one.values() for each in kind])
    return dict(Counter(kind for one in words for kind, forms in one.items() if any(form in found for form in forms)))
