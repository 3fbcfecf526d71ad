"""Measures `--workers` beside one process, and writes bench/WORKERS.md: `python -m bench.workers` (10 minutes).

Two workers on two cores do as much more than one process as their costs allow: twice the CPU of one, divided by what
all of two use for the same, Valkey included. So the costs are measured, on one core, with the load on another: of two
cores none would be left for the load otherwise. Figures are medians of rounds, one process and two workers in turn.

Two workers on two cores are as busy as one on one when each has as many visitors. So the crowd of two is twice that of
one, but where a row says otherwise: a turn of the loop that has more to do costs less for each (docs/scaling.md).
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import datetime
import json
import os
import platform
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Coroutine, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from bench.load import cpu_s
from bench.measure import LOAD_CORE, SERVER_CORE, on_core
from tests.engine.raw import RawConnection
from tests.workers.crowd import Told, of_javascript, of_python

HERE = Path(__file__).parent
ROUNDS = 5
HANDED = 500
POLLING = "/socket.io/?EIO=4&transport=polling"
MANY, WORKERS = 1_000, 4
Crowd = Callable[[str, int], Coroutine[Any, Any, Told]]


class Served(NamedTuple):
    port: int
    pid: int


@contextlib.contextmanager
def serving(workers: int, *, pinned: bool = True) -> Iterator[Served]:
    """A fresh server of one process, or of so many workers."""
    with tempfile.TemporaryDirectory() as static:
        Path(static, "index.html").write_text("<!doctype html><title>bench</title>")
        command = [
            sys.executable, "-m", "omefree", "serve", "--host", "127.0.0.1", "--port", "0", "--stun-port", "0",
            "--quota-scale", "1000000", "--hesitation-s", "0", "--static-dir", static,
        ]  # fmt: skip
        if workers > 1:
            command += ["--workers", str(workers), "--exchange", "auto"]
        if pinned:
            command = [*on_core(SERVER_CORE), *command]
        process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
        assert process.stderr is not None
        try:
            found = next(match for line in process.stderr if (match := re.search(r"event=serving .*:(\d+) ", line)))
            yield Served(int(found[1]), process.pid)
        finally:
            process.terminate()
            process.wait()
            process.stderr.close()


def load(workers: int, scenario: str, *args: str) -> dict[str, float]:
    """One run against a fresh server."""
    with serving(workers) as served:
        command = [sys.executable, "-m", "bench.load", scenario, str(served.port), str(served.pid), *args]
        done = subprocess.run(
            [*on_core(LOAD_CORE), *command], cwd=HERE.parent, stdout=subprocess.PIPE, text=True, check=True
        )
        figures: dict[str, float] = json.loads(done.stdout)
        return figures


def us_each(figures: dict[str, float]) -> float:
    """CPU for each, in microseconds."""
    return figures["us_each"] if "us_each" in figures else 1e6 / figures["per_cpu_s"]


def beside(title: str, goal: str, scenario: str, crowd: str, of_one: int, of_two: int) -> str:
    """A row: what one costs, what two cost, and how much more two do on two cores. `crowd` is how many there are."""
    one, two = [], []
    for _ in range(rounds()):
        one.append(us_each(load(1, scenario, crowd, str(of_one))))
        two.append(us_each(load(2, scenario, crowd, str(of_two))))
        sys.stderr.write(f"{title}: {one[-1]:.2f} {two[-1]:.2f}\n")
    alone, both = statistics.median(one), statistics.median(two)
    return f"| {title} | {alone:.1f} us | {both:.1f} us | **{2 * alone / both:.2f}x** | {goal} |"


class Costs(NamedTuple):
    """Seconds that a request took, medians; and CPU seconds of the server for each request."""

    handed_s: float
    straight_s: float
    handed_cpu_s: float
    straight_cpu_s: float


async def timed(connection: RawConnection, sid: str) -> float:
    """Seconds of a request for a session."""
    began = time.perf_counter()
    answer = await connection.ask("OPTIONS", f"{POLLING}&sid={sid}")
    assert answer.status == 204
    return time.perf_counter() - began


async def handing_over(served: Served) -> Costs:
    """One connection goes from worker to worker with each request; then it stays, with as many requests."""
    sids: dict[str, str] = {}
    while len(sids) < 2:
        connection = await RawConnection.open(served.port)
        sid = (await connection.ask("GET", POLLING)).sid
        sids[sid.partition(".")[0]] = sid
    to_and_fro = [list(sids.values())[turn % 2] for turn in range(HANDED)]
    before = cpu_s(served.pid)
    handed = [await timed(connection, sid) for sid in to_and_fro]
    between = cpu_s(served.pid)
    straight = [await timed(connection, to_and_fro[-1]) for _ in to_and_fro]
    after = cpu_s(served.pid)
    return Costs(
        statistics.median(handed),
        statistics.median(straight),
        (between - before) / HANDED,
        (after - between) / HANDED,
    )


def handed_over() -> list[str]:
    """Rows: a connection that is handed over."""
    found = []
    for _ in range(rounds()):
        with serving(2) as served:
            found.append(asyncio.run(handing_over(served)))
            sys.stderr.write(f"{found[-1]}\n")
    handed, straight, cpu, straight_cpu = (statistics.median(each) * 1e6 for each in zip(*found, strict=True))
    return [
        f"| a request whose connection is handed over, time | {straight:.0f} us | {handed:.0f} us | "
        f"**+{handed - straight:.0f} us** | <= 300 us, once |",
        f"| the same, CPU of all workers | {straight_cpu:.0f} us | {cpu:.0f} us | **+{cpu - straight_cpu:.0f} us** | |",
    ]


def crowd(title: str, of: Crowd) -> str:
    """A row: many official clients on four workers."""
    with serving(WORKERS, pinned=False) as served:
        told = asyncio.run(of(f"http://127.0.0.1:{served.port}", MANY))
    sys.stderr.write(f"{title}: {told.heard} {told.upgraded} {told.errors[:3]}\n")
    return (
        f"| {title}: {MANY:,} on {WORKERS} workers, poll then upgrade | | {told.heard:,} heard their partner, "
        f"{told.upgraded:,} upgraded | **{len(told.errors)} errors** | 0 |"
    )


def rounds() -> int:
    return int(os.environ.get("ROUNDS", ROUNDS))


ROWS: dict[str, Callable[[], list[str]]] = {
    "visits": lambda: [
        beside("a whole visit, 60 at once at each", ">= 1.6x", "visits", "--guests", 60, 120),
        beside("the same, 60 at once in all", "", "visits", "--guests", 60, 60),
    ],
    "connections": lambda: [beside("a connection up to `welcome`", ">= 1.8x", "connect", "--count", 2000, 2000)],
    "relays": lambda: [
        beside("a relay, 100 random pairs at each, 4 in flight, 32 B", ">= 1.4x", "relay", "--pairs", 100, 200),
        beside("the same, 100 pairs in all", "", "relay", "--pairs", 100, 100),
    ],
    "handover": handed_over,
    "clients": lambda: [crowd("`socket.io-client`", of_javascript), crowd("python-socketio", of_python)],
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", choices=ROWS, help="these rows alone; nothing is written then")
    args = parser.parse_args()
    lines = [line for name, make in ROWS.items() if args.only in (None, name) for line in make()]
    table = "\n".join(["| measure | one | two workers | ratio or figure | goal |", "|---|---|---|---|---|", *lines])
    sys.stdout.write(table + "\n")
    if args.only is None:
        (HERE / "WORKERS.md").write_text(
            f"""# Workers, measured

Written by `python -m bench.workers` on {datetime.date.today()}: medians of {rounds()} rounds, in turn,
{platform.machine()}, Linux {platform.release().split("-")[0]}, Python {platform.python_version()}. Costs are CPU of all
processes for each, Valkey or Redis included, from /proc, on one core, with the load on another. The ratio is what two
workers do on two cores beside one process on one: twice the cost of one, divided by that of two workers.

{table}
"""
        )


if __name__ == "__main__":
    main()
