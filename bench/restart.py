"""Measures what restarts and moves cost visitors, and writes bench/RESTART.md: `python -m bench.restart` (4 minutes).

A crowd searches and talks meanwhile, half of it sealed, a third by long-polling, and one observer counts what is lost
(tests/cluster/). Nodes, engine and crowd share the machine, but for the cost of a move.
"""

from __future__ import annotations

import argparse
import datetime
import os
import platform
import signal
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import uvloop

from bench.cluster import cluster, pids
from bench.load import cpu_s
from omefree.contract import events
from tests.cluster.call import People
from tests.cluster.checker import Verdict
from tests.cluster.crowd import Crowd, Pace
from tests.cluster.nodes import Cluster
from tests.cluster.run import GUARD_S, Run, running
from tests.until import until

HERE = Path(__file__).parent
VISITORS = 90
CHATS = Pace(life_s=(5.0, 30.0), every_s=0.15)
WORKERS = ("--workers", "3", "--exchange", "auto", "--drain-s", "10", "--drain-notice-s", "1")
KILLS = 3  # rounds
MOVERS, ROUNDS = 20, 25  # pairs, and how often one of each moves


class Row:
    """A line of the table."""

    def __init__(self, what: str, figure: str, goal: str = "") -> None:
        self.line = f"| {what} | {figure} | {goal} |"
        sys.stderr.write(self.line + "\n")


# --- what a crowd notices


async def crowd_of(run: Run) -> Crowd:
    crowd = await run.crowd(VISITORS, CHATS)
    await run.chats(VISITORS // 4)
    await run.messages(10 * VISITORS)
    return crowd


def noticed(title: str, verdict: Verdict, took_s: float) -> list[Row]:
    lost = verdict.lost + len(verdict.violations)
    return [
        Row(
            f"{title}: chats lost, `away` seen, words lost, doubled or out of order",
            f"**{verdict.lost_chats}, {verdict.aways}, {lost}** "
            f"of {verdict.chats} chats and {verdict.messages:,} words",
            "0, 0, 0",
        ),
        Row(f"{title}: moves to another process; newcomers instead", f"{verdict.moves}; {verdict.strangers}", "; 0"),
        Row(f"{title}: how long it took", f"{took_s:.0f} s"),
    ]


async def nodes_restarted() -> list[Row]:
    with tempfile.TemporaryDirectory() as folder:
        async with running(Path(folder), "abc", "valkey") as run:
            crowd = await crowd_of(run)
            began = time.monotonic()
            for tag in "abc":
                await run.cluster.restart(tag)
            took_s = time.monotonic() - began
            return noticed("rolling restart of 3 nodes", await verdict_of(run, crowd), took_s)


async def workers_renewed() -> list[Row]:
    with tempfile.TemporaryDirectory() as folder:
        async with running(Path(folder), "a", None, *WORKERS) as run:
            crowd = await crowd_of(run)
            began = time.monotonic()
            node = run.cluster.nodes["a"]
            node.send_signal(signal.SIGUSR2)
            await until(lambda: any("event=workers_renewed" in line for line in node.lines), "they are new", GUARD_S)
            took_s = time.monotonic() - began
            return noticed("3 workers of one machine renewed", await verdict_of(run, crowd), took_s)


async def verdict_of(run: Run, crowd: Crowd) -> Verdict:
    await run.messages(10 * VISITORS)
    return await run.ends_well(crowd)


async def nodes_killed() -> list[Row]:
    orphans = inherited = 0
    for _ in range(KILLS):
        with tempfile.TemporaryDirectory() as folder:
            async with running(Path(folder), "abc", "valkey") as run:
                crowd = await crowd_of(run)
                await run.kill("a")
                verdict = await verdict_of(run, crowd)
                orphans += verdict.orphans
                inherited += verdict.inherited
    share = f"**{inherited / max(orphans, 1):.1%}**: {inherited} of {orphans}"
    return [
        Row("a node killed: chats with a partner elsewhere that go on, of those back in 10 s", share, ">= 99 %"),
    ]


# --- what a move costs


async def moves() -> list[Row]:
    """Two nodes and their engine on one core. One of each pair goes to and fro, with nothing else under way."""
    async with cluster("ab") as made:
        people = People(made.nodes)
        pairs = [await people.pair("a", "b") for _ in range(MOVERS)]
        before = costs(made)
        took_s: list[float] = []
        movers = [mover for mover, _, _ in pairs]
        for n in range(ROUNDS):
            for at, (_, partner, chat) in enumerate(pairs):
                began = time.perf_counter()
                movers[at] = await people.come("ba"[n % 2], movers[at].token)
                await movers[at].hears(events.Matched)
                took_s.append(time.perf_counter() - began)
                assert await movers[at].asks(events.Message(chat, f"{n}")) == ""
                assert not partner.is_over
        moved = [(after - cost) / len(took_s) for cost, after in zip(before, costs(made), strict=True)]
        fresh_s, fresh = await newcomers(made, people)
    cpu = "{:,.0f} us of both nodes, engine {:,.0f} us"
    return [
        Row("a move, from the new connection to `matched`: median, 99 %", of_times(took_s)),
        Row("a newcomer, from the connection to `welcome`, beside it", of_times(fresh_s)),
        Row("CPU of a move, with its connection and a word", cpu.format(*(1e6 * cost for cost in moved))),
        Row("CPU of a newcomer that leaves again, beside it", cpu.format(*(1e6 * cost for cost in fresh))),
    ]


async def newcomers(made: Cluster, people: People) -> tuple[list[float], list[float]]:
    """Seconds until `welcome` of each, and CPU of nodes and engine for each."""
    before, took_s = costs(made), []
    for n in range(MOVERS * ROUNDS):
        began = time.perf_counter()
        call = await people.come("ab"[n % 2])
        took_s.append(time.perf_counter() - began)
        await call.leave()
    return took_s, [(after - cost) / len(took_s) for cost, after in zip(before, costs(made), strict=True)]


def costs(made: Cluster) -> tuple[float, float]:
    """CPU seconds of the nodes so far, and of the engine."""
    *nodes, engine = pids(made)
    return sum(map(cpu_s, nodes)), cpu_s(engine)


def of_times(took_s: list[float]) -> str:
    return f"{1e3 * statistics.median(took_s):.2f}, {1e3 * statistics.quantiles(took_s, n=100)[98]:.2f} ms"


PARTS: dict[str, Callable[[], Awaitable[list[Row]]]] = {
    "nodes": nodes_restarted,
    "workers": workers_renewed,
    "killed": nodes_killed,
    "moves": moves,
}


async def measure(only: str | None) -> list[Row]:
    return [row for name, part in PARTS.items() if only in (None, name) for row in await part()]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", choices=PARTS, help="this part alone; nothing is written then")
    args = parser.parse_args()
    rows = uvloop.run(measure(args.only))
    table = "\n".join(["| measure | figure | goal |", "|---|---|---|", *(row.line for row in rows)])
    sys.stdout.write(table + "\n")
    if args.only is None:
        load = os.getloadavg()[0]
        (HERE / "RESTART.md").write_text(
            f"""# Restarts and moves, measured

Written by `python -m bench.restart` on {datetime.date.today()}, {platform.machine()}, {os.cpu_count()} cores (load at
the end {load:.1f}), Linux {platform.release().split("-")[0]}, Python {platform.python_version()}. {VISITORS} visitors
search, talk and go on meanwhile; half of them are sealed, a third uses long-polling. Nodes have the default `drain_s`
and `drain_notice_s`, workers 10 s and 1 s.

{table}
"""
        )


if __name__ == "__main__":
    main()
