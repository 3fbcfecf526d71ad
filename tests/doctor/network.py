"""A network with public addresses of its own, where nothing is loopback: a namespace of Linux, which root can make."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from omefree.doctor.finding import Finding
from tests.privacy.networks import ip
from tests.test_server import environment
from tests.until import until

# Public addresses, which nobody has in here: those for documentation are private to a relay.
IPV4, IPV6 = "9.0.0.1", "2a09::1"
PRIVATE = "10.9.0.1"
STARTS, GUARD_S = 3, 60


class Network(NamedTuple):
    """The namespace. `at` is the prefix of a command that runs there."""

    name: str

    @property
    def at(self) -> list[str]:
        return ["ip", "netns", "exec", self.name]

    def omefree(self, *args: str, **environ: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*self.at, sys.executable, "-m", "omefree", *args],
            env=environment() | environ, capture_output=True, text=True, timeout=GUARD_S, check=False,
        )  # fmt: skip

    def doctor(self, *args: str, **environ: str) -> tuple[int, dict[str, list[Finding]]]:
        """The exit code, and what the doctor found, by check."""
        done = self.omefree("doctor", "--json", *args, **environ)
        assert not done.stderr, done.stderr
        found: dict[str, list[Finding]] = {}
        for each in json.loads(done.stdout)["checks"]:
            found.setdefault(each["check"], []).append(Finding(**each))
        return done.returncode, found


@contextlib.contextmanager
def public_network() -> Iterator[Network]:
    made = Network(f"omd{os.getpid()}")
    ip("netns", "add", made.name)
    try:
        ip("-n", made.name, "link", "add", "eth0", "type", "veth", "peer", "name", "far")
        for address in (f"{IPV4}/24", f"{IPV6}/64", f"{PRIVATE}/24"):
            ip("-n", made.name, "address", "add", address, "dev", "eth0", *(["nodad"] if ":" in address else []))
        for device in ("lo", "eth0", "far"):
            ip("-n", made.name, "link", "set", device, "up")
        yield made
    finally:
        ip("netns", "del", made.name)


@contextlib.asynccontextmanager
async def coturn(
    network: Network, folder: Path, configuration: str, port: int, *, by_tcp: bool = False
) -> AsyncIterator[None]:
    """A real coturn with this configuration. Once in many times one listens and answers nobody: then another."""
    comes = listens if by_tcp else answers
    assert shutil.which("turnserver"), "install the system's package coturn"
    (folder / "turnserver.conf").write_text(configuration)
    command = (*network.at, "turnserver", "-c", str(folder / "turnserver.conf"))
    own = (f"--userdb={folder}/db", f"--pidfile={folder}/pid")
    for _ in range(STARTS):
        with (folder / "coturn.log").open("wb") as log:
            process = await asyncio.create_subprocess_exec(*command, *own, stdout=log, stderr=log, cwd=folder)
        try:
            with contextlib.suppress(AssertionError):
                await until(lambda: comes(network, port), "coturn answers", 10.0)
                yield
                return
        finally:
            process.terminate()
            await process.wait()
    raise AssertionError("coturn answers nobody")


async def answers(network: Network, port: int) -> bool:
    process = await asyncio.create_subprocess_exec(
        *(*network.at, "turnutils_stunclient", "-p", str(port), IPV4),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        said, _ = await asyncio.wait_for(process.communicate(), 0.5)
    except TimeoutError:
        process.kill()
        await process.wait()
        return False
    return b"reflexive" in said


def written(folder: Path) -> str:
    """What coturn has written: its output, and files of its own making."""
    return "".join(path.read_text(errors="replace") for path in folder.iterdir() if path.name.endswith(".log"))


async def listens(network: Network, port: int) -> bool:
    command = (*network.at, "bash", "-c", f"</dev/tcp/{IPV4}/{port}")
    process = await asyncio.create_subprocess_exec(*command, stderr=asyncio.subprocess.DEVNULL)
    return await process.wait() == 0


def settings(folder: Path, **given: Any) -> str:
    """The path of a file of settings."""
    lines = [f"{name} = {json.dumps(value)}" for name, value in given.items()]
    (folder / "omefree.toml").write_text("\n".join(lines) + "\n")
    return str(folder / "omefree.toml")
