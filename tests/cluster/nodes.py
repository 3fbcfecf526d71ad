"""Several `omefree serve`, each a process of its own, and the engine between them. What a test does is noted."""

from __future__ import annotations

import asyncio
import re
import secrets
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.cluster.cable import Cable
from tests.cluster.engines import ShippedEngine
from tests.cluster.history import History
from tests.test_server import environment
from tests.until import until

SERVING = re.compile(r"event=serving url=http://[^ ]*:(\d+)")
READY = "/readyz"
ENDS_S = 15.0
LEAVES_S = 60.0  # a node that visitors move away from


class Node:
    """A server. `port`: where it listens since it was started last."""

    def __init__(self, tag: str, folder: Path, options: Sequence[str]) -> None:
        self.tag = tag
        self.port = 0
        self.at: Sequence[str] = ()  # the beginning of a command that runs as this node is to run
        self._log = folder / f"{tag}.log"
        self._options = options
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    @property
    def lines(self) -> list[str]:
        """Its log, of all its lives."""
        return self._log.read_text().splitlines()

    async def start(self, module: Sequence[str], more: Sequence[str]) -> None:
        """Starts it with more options; returns when it is ready. `module`: what runs, with arguments of its own."""
        self._log.touch()
        before = len(self.lines)
        command = [*self.at, sys.executable, "-m", *module, "serve", "--port", "0", "--node", self.tag]
        self._process = spawned([*command, *self._options, *more], self._log)
        await until(lambda: self._has_begun(before), f"{self.tag} serves: {self._log}")
        await until(self.is_ready, f"{self.tag} is ready: {self._log}")

    async def is_ready(self) -> bool:
        status, _ = await self.get(READY)
        return status == 200

    async def takes_none(self) -> bool:
        """Whether a balancer sends it no newcomers: it says that it is about to leave, or it has left."""
        try:
            return (await self.get(READY))[0] == 503
        except OSError:
            return True

    async def get(self, path: str) -> tuple[int, str]:
        """Status and body of an answer."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        writer.write(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n".encode())
        answer = await reader.read()
        writer.close()
        head, _, body = answer.decode().partition("\r\n\r\n")
        return int(head.split(" ")[1]), body

    def send_signal(self, number: signal.Signals) -> None:
        assert self._process is not None
        self._process.send_signal(number)

    def has_ended(self) -> bool:
        return self._process is None or self._process.poll() is not None

    async def ended(self, guard_s: float = LEAVES_S) -> int:
        """Its exit code, once it has ended by itself."""
        await until(self.has_ended, f"{self.tag} ends: {self._log}", guard_s)
        assert self._process is not None
        return self._process.wait()

    def end(self, number: signal.Signals) -> int:
        """Its exit code after this signal."""
        assert self._process is not None
        self._process.send_signal(number)
        code = self._process.wait(ENDS_S)
        self._process = None
        return code

    def _has_begun(self, before: int) -> bool:
        assert not self.has_ended(), f"it ended: {self._log}"
        found = [match for line in self.lines[before:] if (match := SERVING.search(line))]
        if found:
            self.port = int(found[-1][1])
        return bool(found)


class Cluster:
    """`doors`: the nodes that a load balancer would send somebody to. `urls`: of the engine, for nodes that reach it
    in a way of their own; `engine` may be None if it is not ours to start.
    """

    def __init__(self, folder: Path, history: History, tags: str, engine: ShippedEngine | None, *options: str) -> None:
        self.engine = engine
        self.urls: Mapping[str, str] = {}
        self.cables: dict[str, Cable] = {}
        self.doors: dict[str, Node] = {}
        self.history = history
        options = (*PLAIN, "--static-dir", str(page(folder)), *options)
        self.secret = folder / "secret"
        self.secret.write_text(secrets.token_urlsafe(32))
        self.secret.chmod(0o600)
        self.nodes = {tag: Node(tag, folder, options) for tag in tags}

    async def start(self, cables: str = "", *module: str) -> None:
        """Starts all. `cables`: the nodes whose way to the engine can be cut. `module`: as in Node.start."""
        if self.engine is not None:
            await self.engine.start()
        for tag in cables:
            assert self.engine is not None
            self.cables[tag] = Cable(self.engine.port)
            await self.cables[tag].open()
        await asyncio.gather(*(self.start_node(tag, *module) for tag in self.nodes))

    async def start_node(self, tag: str, *module: str) -> None:
        node = self.nodes[tag]
        await node.start(module or ("omefree",), self._exchange(tag))
        self.history.fault("started", tag)
        self.doors[tag] = node

    async def replace(self, tag: str, *module: str) -> None:
        """Kills it, and starts what is to run in its place."""
        self.kill(tag)
        await self.start_node(tag, *module)

    async def drain(self, tag: str) -> None:
        """SIGTERM. Returns when the balancer has noticed, and sends no newcomers there."""
        self.history.fault("draining", tag)
        self.nodes[tag].send_signal(signal.SIGTERM)
        await until(self.nodes[tag].takes_none, f"{tag} takes no newcomers")
        self.doors.pop(tag, None)

    async def leaves(self, tag: str) -> int:
        """The exit code of a node that drains, once it has ended."""
        code = await self.nodes[tag].ended()
        self.history.fault("ended", tag)
        return code

    async def restart(self, tag: str) -> None:
        """A polite end, and the same node once more."""
        await self.drain(tag)
        assert await self.leaves(tag) == 0
        await self.start_node(tag)

    def kill(self, tag: str) -> None:
        """SIGKILL; nobody is sent there any more."""
        self.died(tag)
        self.nodes[tag].end(signal.SIGKILL)

    def stall(self, tag: str) -> None:
        self.history.fault("stalled", tag)
        self.nodes[tag].send_signal(signal.SIGSTOP)

    def wake(self, tag: str) -> None:
        self.nodes[tag].send_signal(signal.SIGCONT)
        self.history.fault("woken", tag)

    async def leader(self, pool: str = "text") -> str:
        """The tag of the node that the registry has as leader of this pool."""
        assert self.engine is not None
        [key] = await self.engine.ask("KEYS", "of:{r}:lead")
        return str((await self.engine.ask("HGET", key, pool)).split(" ")[2])

    async def led(self, pool: str = "text") -> tuple[str, str]:
        """Its leader, and one of the nodes that do not lead it."""
        leader = await self.leader(pool)
        return leader, next(tag for tag in self.doors if tag != leader)

    def died(self, tag: str) -> None:
        """It has killed itself; nobody is sent there any more."""
        self.doors.pop(tag, None)
        self.history.fault("killed", tag)

    async def close(self) -> None:
        """Ends all that runs, at once."""
        for node in self.nodes.values():
            if not node.has_ended():
                node.end(signal.SIGKILL)
        for cable in self.cables.values():
            await cable.close()
        if self.engine is not None:
            await self.engine.close()

    def _exchange(self, tag: str) -> list[str]:
        """The options of this node that concern the others."""
        cable, url = self.cables.get(tag), self.urls.get(tag, "")
        if self.engine is not None and not url:
            url = self.engine.url_at(cable.port if cable else self.engine.port)
        if not url:
            return []
        return ["--exchange", url, "--exchange-secret-file", str(self.secret)]


PLAIN = ("--host", "127.0.0.1", "--stun-port", "0", "--quota-scale", "100000", "--hesitation-s", "0")


def page(folder: Path) -> Path:
    """The folder of a web app."""
    static = folder / "page"
    static.mkdir(exist_ok=True)
    (static / "index.html").write_text("<!doctype html><title>OmeFree</title>")
    return static


def spawned(command: Sequence[str], log: Path) -> subprocess.Popen[bytes]:
    """A process that runs, with all that it says added to the log."""
    with log.open("ab") as file:
        return subprocess.Popen(command, env=environment(), stdout=file, stderr=file)
