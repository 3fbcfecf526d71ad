"""deploy/valkey.conf in both engines, started as its head says: what nodes ask of it, and that it keeps nothing."""

from __future__ import annotations

import json
import re
import resource
import signal
import subprocess
import time
from pathlib import Path

import pytest
from redis.asyncio import Redis
from redis.exceptions import ConnectionError as NotConnected

from omefree.exchange.faults import RIGHTS
from omefree.preflight import SHIPPED_PASSWORD
from tests.client.people import hears_texts, sealed, two
from tests.cluster.engines import ENGINES, ShippedEngine
from tests.cluster.history import History
from tests.cluster.nodes import Cluster
from tests.deploy.proxies import edited
from tests.doctor.network import settings
from tests.exchange.engines import free_port, program
from tests.test_cli import omefree
from tests.test_server import GUARD_S
from tests.until import until

OF_CLUSTERS = {"auth", "cluster|slots", "command"}  # asked where there is a Cluster or a Sentinel
OWN = {"client|setinfo", "info"}  # asked by the test
PASSWORD = "the-password"


@pytest.mark.parametrize("kind", ENGINES)
async def test_the_user_may_ask_all_that_nodes_ask_and_no_more(kind: str, tmp_path: Path) -> None:
    engine = ShippedEngine(kind, tmp_path)
    cluster = Cluster(tmp_path, History(time.monotonic), "ab", engine, "--drain-s", "0")
    try:
        await cluster.start()
        a, b = (f"http://127.0.0.1:{node.port}" for node in cluster.nodes.values())
        async with two(a, b) as (one, other):
            await sealed(one, other)
            one.say("hello")
            assert await hears_texts(other, 1) == ["hello"]
        secret = str(cluster.secret)
        assert warned(engine.url, "--exchange-secret-file", secret, "--node", "c") == set()
        assert cluster.nodes["a"].end(signal.SIGTERM) == 0
        asked = {name.removeprefix("cmdstat_") for name in await engine.ask("INFO", "commandstats")} - OWN
    finally:
        await cluster.close()
    allowed = {rule[1:] for rule in RIGHTS.split() if rule.startswith("+")}
    assert asked - allowed == set()
    assert allowed - asked <= OF_CLUSTERS


def warned(exchange: str, *args: str) -> set[str]:
    """The settings that are warned of before the start."""
    done = omefree("serve", "--check-config", "--max-connections", "100", "--exchange", exchange, *args)
    assert done.returncode == 0
    return set(re.findall(r"^omefree: warning: (\w+):", done.stderr, re.M))


def found(folder: Path, exchange: str, **more: str) -> tuple[str, str]:
    """What the doctor finds of the engine, and what would mend it."""
    (folder / "doctor").mkdir()
    config = settings(folder / "doctor", exchange=exchange, exchange_secret_file=str(folder / "secret"), **more)
    checks = json.loads(omefree("doctor", "--json", "--config", config).stdout)["checks"]
    [one] = [each for each in checks if each["check"] == "exchange"]
    return one["result"], one["mend"]


def test_the_doctor_says_that_no_engine_answers(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("x" * 32)
    result, mend = found(tmp_path, f"valkey://127.0.0.1:{free_port()}", node="a")
    assert (result, mend.partition(";")[0]) == ("bad", "systemctl start omefree-valkey")


class Started:
    """A server with the shipped file and nothing else, in an empty folder."""

    def __init__(self, kind: str, folder: Path, password: str = PASSWORD) -> None:
        port = free_port()
        self.url = f"valkey://omefree:{password}@127.0.0.1:{port}"
        conf = edited("valkey.conf", {"port 6379": f"port {port}", "change-me": password})
        self.folder, self.output = folder / "empty", folder / "output"
        self.folder.mkdir()
        (folder / "valkey.conf").write_text(conf)
        with self.output.open("wb") as output:
            self.process = subprocess.Popen(
                [program(kind), str(folder / "valkey.conf")],
                cwd=self.folder,
                stdout=output,
                stderr=output,
                preexec_fn=limit_core,  # noqa: PLW1509 (as the unit does; there are no threads)
            )
        self.client = Redis(port=port, username="omefree", password=password, socket_timeout=GUARD_S)

    async def answers(self) -> bool:
        try:
            return bool(await self.client.ping())
        except NotConnected:
            return False

    async def work(self) -> None:
        """What would make others save: many keys and messages."""
        for number in range(2_000):
            await self.client.hset("of:{r}:nodes", f"node{number}", "x" * 100)
        await self.client.publish("of:all", "x" * 10_000)

    def end(self, number: signal.Signals) -> None:
        self.process.send_signal(number)
        self.process.wait(GUARD_S)

    def files(self) -> list[str]:
        """The regular files that it has open, but for its output."""
        descriptors = Path(f"/proc/{self.process.pid}/fd")
        opened = {str(each.readlink()) for each in descriptors.iterdir()} - {str(self.output)}
        return [path for path in opened if path.startswith("/") and not path.startswith("/dev/")]


def limit_core() -> None:
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


async def test_the_operator_is_told_of_the_password_that_all_know_and_of_a_node_without_a_name(tmp_path: Path) -> None:
    started = Started("valkey", tmp_path, SHIPPED_PASSWORD)
    (tmp_path / "secret").write_text("x" * 32)
    secret = ("--exchange-secret-file", str(tmp_path / "secret"))
    try:
        await until(started.answers, "it answers")
        assert warned(started.url, *secret) == {"exchange", "node"}
        assert found(tmp_path, started.url)[0] == "warning"
    finally:
        await started.client.aclose()
        started.end(signal.SIGTERM)


@pytest.mark.parametrize("kind", ENGINES)
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL, signal.SIGSEGV])
async def test_it_writes_no_file_however_it_ends(kind: str, number: signal.Signals, tmp_path: Path) -> None:
    """Nor does it describe its memory in the log when it crashes."""
    started = Started(kind, tmp_path)
    try:
        await until(started.answers, "it answers")
        await started.work()
        assert [path for path in started.files() if path.startswith(str(tmp_path))] == []
    finally:
        await started.client.aclose()
        started.end(number)
    assert list(started.folder.iterdir()) == []
    said = started.output.read_text()
    assert "BUG REPORT" not in said
    assert "node1999" not in said
