"""deploy/prometheus and deploy/grafana, tried with Prometheus itself and with real scrapes of a real server."""

import asyncio
import json
import re
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from omefree.audit import proc
from omefree.privacy.measurable import METRICS, SERIES
from tests.metrics.test_scraped import port_of, scrape
from tests.test_server import Process, pair, running
from tests.until import until

DEPLOY = Path(__file__).parents[2] / "deploy"
PROMETHEUS = DEPLOY / "prometheus"
DASHBOARD = json.loads((DEPLOY / "grafana/omefree.json").read_text())
EXPRESSIONS = [target["expr"] for panel in DASHBOARD["panels"] for target in panel["targets"]]
NAME = re.compile(r"\b(?:omefree|process)_\w+")


def promtool(*args: str, **options: Any) -> str:
    done = subprocess.run(["promtool", *args], cwd=PROMETHEUS, capture_output=True, text=True, check=False, **options)
    assert done.returncode == 0, done.stdout + done.stderr
    return str(done.stdout + done.stderr)


def test_the_configuration_and_the_rules_are_good() -> None:
    assert "6 rules found" in promtool("check", "config", "prometheus.yml")


def test_each_alert_fires_when_it_should_and_only_then() -> None:
    assert "SUCCESS" in promtool("test", "rules", "alerts_test.yml")


def test_each_alert_is_tried_both_ways() -> None:
    alerts = re.findall(r"- alert: (\w+)", (PROMETHEUS / "alerts.yml").read_text())
    tried = (PROMETHEUS / "alerts_test.yml").read_text()
    assert len(alerts) == 6
    assert set(re.findall(r"- alertname: (\w+)\n.*\n +exp_alerts:", tried)) == set(alerts), "fires"
    assert set(re.findall(r"- \{alertname: (\w+), eval_time", tried)) == set(alerts), "does not fire"


def names() -> set[str]:
    return {name.partition("{")[0] for name in SERIES}


@pytest.mark.parametrize("text", [*EXPRESSIONS, (PROMETHEUS / "alerts.yml").read_text()])
def test_every_metric_that_is_named_exists(text: str) -> None:
    assert set(NAME.findall(text)) - names() == set()


def test_the_dashboard_shows_every_metric_but_the_limits_of_others() -> None:
    assert {name for expression in EXPRESSIONS for name in NAME.findall(expression)} == names()


class Prometheus:
    """A running Prometheus."""

    def __init__(self, port: int) -> None:
        self.port = port

    async def values(self, expression: str) -> list[float]:
        """What an expression gives now, one value for each series."""
        url = f"http://127.0.0.1:{self.port}/api/v1/query"
        async with aiohttp.ClientSession() as http, http.get(url, params={"query": expression}) as answer:
            assert answer.status == 200, await answer.text()
            return [float(each["value"][1]) for each in (await answer.json())["data"]["result"]]

    async def gives(self, expression: str) -> bool:
        return bool(await self.values(expression))


@asynccontextmanager
async def prometheus(folder: Path, target: int) -> AsyncIterator[Prometheus]:
    """Prometheus with our configuration; but it scrapes this port, and each second."""
    config = (PROMETHEUS / "prometheus.yml").read_text()
    own = config.replace("15s", "1s").replace("localhost:9464", f"127.0.0.1:{target}")
    own = own.replace("alerts.yml", str(PROMETHEUS / "alerts.yml"))
    (folder / "prometheus.yml").write_text(own)
    process = await asyncio.create_subprocess_exec(
        "prometheus", f"--config.file={folder / 'prometheus.yml'}", f"--storage.tsdb.path={folder / 'data'}",
        "--web.listen-address=127.0.0.1:0", "--log.level=error", stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        await until(partial(any_port, process.pid), "Prometheus listens")
        yield Prometheus(next(ports(process.pid)))
    finally:
        process.kill()
        await process.wait()


def ports(pid: int) -> Iterator[int]:
    return (each.port for each in proc.sockets(pid) if each.kind == "tcp" and each.listens)


def any_port(pid: int) -> bool:
    return any(True for _ in ports(pid))


@pytest.fixture
def server(page: Path) -> Iterator[Process]:
    with running(page, "--stun-port", "0", "--metrics-port", "0") as process:
        yield process


async def test_every_expression_of_the_dashboard_gives_something_of_a_real_server(
    server: Process, tmp_path: Path
) -> None:
    a, b, _ = await pair(server.url, "websocket")
    async with prometheus(tmp_path, port_of(server)) as watching:
        for expression in EXPRESSIONS:  # a rate needs two scrapes
            await until(partial(watching.gives, expression), expression)
        assert await watching.values('up{job="omefree"}') == [1]
        assert await watching.values("omefree_visitors_online") == [2]
        assert await watching.values("ALERTS") == []
    for visitor in (a, b):
        await visitor.client.disconnect()


async def test_the_text_is_as_prometheus_likes_it(server: Process) -> None:
    """Its linter has nothing to say: names, units, help, types."""
    text = (await scrape(port_of(server))).partition(b"\r\n\r\n")[2].decode()
    assert await asyncio.to_thread(promtool, "check", "metrics", input=text) == ""
    assert {line.split()[2] for line in text.splitlines() if line.startswith("# TYPE")} == {it.name for it in METRICS}
