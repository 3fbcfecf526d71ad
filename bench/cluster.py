"""Measures several nodes beside one, and writes bench/CLUSTER.md: `python -m bench.cluster` (10 minutes).

All nodes and the engine share core 0, the load has core 1. Figures are medians of rounds, one node and two in turn.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import datetime
import json
import os
import platform
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import uvloop

from bench.guests import Guest
from bench.load import arrive
from bench.measure import LOAD_CORE, SERVER_CORE, on_core
from omefree.engine.gather import Gather
from omefree.load.usage import memory_bytes
from tests.cluster.engines import ShippedEngine
from tests.cluster.history import History
from tests.cluster.nodes import Cluster
from tests.until import until

HERE = Path(__file__).parent
ROUNDS = 4
VISITS = 3_400  # three times of which are 10,000

Figures = dict[str, Any]


@contextlib.asynccontextmanager
async def cluster(tags: str, *module: str, kind: str | None = "valkey") -> AsyncIterator[Cluster]:
    """Nodes that are ready, and their engine, all on one core. The first node leads; `kind` None: it is alone.

    `module`: what runs in place of `omefree`.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        engine = ShippedEngine(kind, folder) if kind else None
        made = Cluster(folder, History(time.monotonic), tags, engine)
        try:
            if engine is not None:
                await engine.start()
            for tag in tags:
                await made.start_node(tag, *module)
            pin(pids(made))
            yield made
        finally:
            await made.close()


def pids(made: Cluster) -> list[int]:
    """The nodes' and the engine's."""
    return [node.pid for node in made.nodes.values()] + ([made.engine.pid] if made.engine else [])


def open_files(pid: int) -> int:
    return len(list(Path(f"/proc/{pid}/fd").iterdir()))


def pin(processes: Sequence[int]) -> None:
    for pid in processes:
        for task in Path(f"/proc/{pid}/task").iterdir():
            os.sched_setaffinity(int(task.name), {SERVER_CORE})


async def load(module: str, *args: str) -> Figures:
    """The figures of a load, which runs on the other core."""
    command = [*on_core(LOAD_CORE), sys.executable, "-m", module, *args]
    process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
    out, _ = await process.communicate()
    assert process.returncode == 0, f"{module} {args} failed"
    figures: Figures = json.loads(out)
    return figures


async def across(made: Cluster, scenario: str, *args: str) -> Figures:
    """A load between the first node and the last one."""
    nodes = list(made.nodes.values())
    ports = str(nodes[0].port), str(nodes[-1].port)
    return await load("bench.across", scenario, *ports, ",".join(map(str, pids(made))), *args)


# --- rows: each gives lines of the table


async def both(scenario: str, *args: str) -> tuple[list[Figures], list[Figures]]:
    """The figures of rounds against one node and against two, in turn."""
    one, two = [], []
    for _ in range(rounds()):
        async with cluster("a", kind=None) as made:
            one.append(await across(made, scenario, *args))
        async with cluster("ab") as made:
            two.append(await across(made, scenario, *args))
        say(f"{scenario} {' '.join(args)}: {one[-1]} {two[-1]}")
    return one, two


async def relay(title: str, goal: str, *args: str) -> str:
    one, two = await both("relay", *args)
    alone = statistics.median(figures["us"][0] for figures in one)
    nodes = [statistics.median(figures["us"][n] for figures in two) for n in range(3)]
    ratio = (nodes[0] + nodes[1]) / alone
    two_nodes = f"{nodes[0]:.1f} + {nodes[1]:.1f} us, engine {nodes[2]:.1f}"
    return f"| {title} | {alone:.1f} us | {two_nodes} | **{ratio:.2f}** | {goal} |"


async def latency(title: str, goal: str, *args: str) -> str:
    one, two = await both("latency", *args)
    (p50, p50_two), (p99, p99_two) = (
        [statistics.median(figures[name] for figures in each) for each in (one, two)] for name in ("p50_ms", "p99_ms")
    )
    added = f"{p50_two - p50:+.2f} / {p99_two - p99:+.2f} ms"
    return f"| {title} | {p50:.2f} / {p99:.2f} ms | {p50_two:.2f} / {p99_two:.2f} ms | **{added}** | {goal} |"


async def find(title: str, goal: str) -> str:
    one, two = await both("find", "--pairs", "300")
    p50, p50_two = (statistics.median(figures["p50_ms"] for figures in each) for each in (one, two))
    p99_two = statistics.median(figures["p99_ms"] for figures in two)
    return f"| {title} | {p50:.2f} ms | {p50_two:.2f} ms, 99 % {p99_two:.2f} | | {goal} |"


async def whole(title: str, goal: str) -> str:
    one, two = await both("visits")
    alone = statistics.median(figures["us"][0] for figures in one)
    nodes = [statistics.median(figures["us"][n] for figures in two) for n in range(3)]
    two_nodes = f"{nodes[0]:,.0f} + {nodes[1]:,.0f} us, engine {nodes[2]:,.0f}"
    return f"| {title} | {alone:,.0f} us | {two_nodes} | **{(nodes[0] + nodes[1]) / alone:.2f}** | {goal} |"


async def matches(title: str, goal: str) -> str:
    found = []
    for _ in range(rounds()):
        async with cluster("a") as made:
            assert made.engine is not None
            found.append(await load("bench.homes", made.engine.url, str(made.secret), ",".join(map(str, pids(made)))))
            say(f"matches: {found[-1]}")
    per_s, per_cpu_s, engine = (
        statistics.median(each[name] for each in found) for name in ("per_s", "per_cpu_s", "engine_us")
    )
    return f"| {title} | | {per_s:,.0f}, engine {engine:.1f} us each | **{per_cpu_s:,.0f}** | {goal} |"


async def redis_py(title: str, goal: str) -> str:
    """A whole visit with our client of the engine, and with redis-py, in turn: what the client costs."""
    ours: list[float] = []
    theirs: list[float] = []
    clients: list[tuple[list[float], tuple[str, ...]]] = [(ours, ()), (theirs, ("bench.redis_py",))]
    for _ in range(rounds()):
        for found, module in clients:
            async with cluster("ab", *module) as made:
                found.append(sum((await across(made, "visits"))["us"][:2]))
        say(f"redis-py: {ours[-1]:.0f} {theirs[-1]:.0f}")
    a, b = statistics.median(ours), statistics.median(theirs)
    return f"| {title} | | {a:,.0f} us, redis-py {b:,.0f} us | **{b / a:.2f}** | {goal} |"


async def kept(title: str, goal: str) -> str:
    """What three nodes hold when so many visits are over, three times: megabytes, and open files beyond the first."""
    held: list[float] = []
    files: list[int] = []
    async with cluster("abc") as made:
        ports = [str(node.port) for node in made.nodes.values()]
        nodes = pids(made)[:3]
        for _ in range(3):
            await load("bench.across", "visits", *ports, ",".join(map(str, pids(made))), "--count", str(VISITS))
            await asyncio.sleep(2.0)  # until closed connections are off the books
            held.append(sum(memory_bytes(pid) for pid in nodes) / 1e6)
            files.append(sum(map(open_files, nodes)))
            say(f"kept: {held[-1]:.1f} MB, {files[-1]} files")
    each = ", ".join(f"{megabytes:.1f}" for megabytes in held)
    return f"| {title} | | {each} MB, {files} files | **{held[2] / held[1]:.3f}** | {goal} |"


async def leader_killed(title: str, goal: str) -> str:
    """Seconds until two visitors of one node meet again, and until two of two nodes do."""
    own, all_ = [], []
    for _ in range(rounds()):
        async with cluster("abc") as made:
            await until(lambda: leads(made, "a"), "the first node leads")
            gather = Gather()
            people = [await arrive(made.nodes[tag].port, gather) for tag in "bbbc"]
            made.kill("a")
            began = time.perf_counter()
            modes = (b"video", b"video", b"text", b"text")
            times = await asyncio.gather(*(met(*each, began) for each in zip(people, modes, strict=True)))
            own.append(max(times[:2]))
            all_.append(max(times[2:]))
            say(f"leader killed: {own[-1]:.2f} {all_[-1]:.2f}")
    return f"| {title} | | {statistics.median(own):.1f} / {statistics.median(all_):.1f} s | | {goal} |"


async def leads(made: Cluster, tag: str) -> bool:
    return {await made.leader("text"), await made.leader("video")} == {tag}


async def met(visitor: Guest, mode: bytes, began: float) -> float:
    await asyncio.wait_for(visitor.meet(b'{"mode":"%b"}' % mode), 30)
    return time.perf_counter() - began


def rounds() -> int:
    return int(os.environ.get("ROUNDS", ROUNDS))


def say(line: str) -> None:
    sys.stderr.write(line + "\n")


async def measure(only: str) -> list[str]:
    rows = [
        ("relay, 100 pairs, 4 in flight, 32 B", relay, "<= 2.0", ("--pairs", "100")),
        ("the same with acknowledgements", relay, "", ("--pairs", "100", "--acks")),
        ("500 pairs, 1 in flight", relay, "", ("--pairs", "500", "--flight", "1")),
        ("latency at 1,000 a second, median / 99th", latency, "<= +0.4 / +2 ms", ("--pairs", "100")),
        ("from the second search to `matched`, median", find, "<= 3 ms", ()),
        ("matches for a CPU-second of the leader", matches, ">= 10,000", ()),
        ("a whole visit, 60 at once", whole, "", ()),
        ("the same, beside redis-py as the client of Valkey", redis_py, "> 1.33: ours is needed", ()),
        (f"held after {VISITS:,} visits at three nodes, three times", kept, "flat: <= 1.02", ()),
        ("leader killed: own visitors meet again / all", leader_killed, "<= 2 / 4 s", ()),
    ]
    return [await how(title, goal, *args) for title, how, goal, args in rows if only in title]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default="", help="rows whose title contains this; nothing is written then")
    args = parser.parse_args()
    rows = uvloop.run(measure(args.only))
    table = "\n".join(["| measure | one node | two nodes | ratio or figure | goal |", "|---|---|---|---|---|", *rows])
    sys.stdout.write(table + "\n")
    if not args.only:
        (HERE / "CLUSTER.md").write_text(
            f"""# Several nodes, measured

Written by `python -m bench.cluster` on {datetime.date.today()}: medians of {rounds()} rounds, all nodes and the engine
(Valkey) on one core, the load on another, {platform.machine()}, Linux {platform.release().split("-")[0]}, Python
{platform.python_version()}. What travels between nodes is sealed. Costs are CPU for each message, from /proc.

{table}
"""
        )


if __name__ == "__main__":
    main()
