"""The load across nodes: one visitor of each pair at one port, the other at another. Prints one JSON line.

    python -m bench.across relay PORT PORT PID,PID,.. --pairs 100 --flight 4 --bytes 32 [--acks]
    python -m bench.across latency PORT PORT PID,PID,.. --pairs 100 --rate 1000
    python -m bench.across find PORT PORT PID,PID,.. --pairs 500
    python -m bench.across visits PORTS.. PID,PID,.. --guests 60 [--count 3000]

The same port twice: all at one node. `us` is the CPU of each process in microseconds: for a message, a pair, a visit.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import sys
import time
from collections.abc import Awaitable, Callable
from functools import partial

import uvloop

from bench.guests import TEXT_CHAT, Guest, Target, masked
from bench.load import GUARD_S, WARM_UP_S, Count, arrive, note_wait, play, visit
from omefree.engine.gather import Gather
from omefree.load.usage import allow_files, cpu_s

Figures = dict[str, float | list[float]]


async def pair(ports: tuple[int, int], gather: Gather) -> tuple[Guest, Guest, float]:
    """Two visitors in a chat, and the seconds from the second one's search until both knew."""
    one, two = await arrive(ports[0], gather), await arrive(ports[1], gather)
    first = asyncio.ensure_future(one.meet(TEXT_CHAT))
    await asyncio.sleep(0.005)  # its ticket is with the leader
    began = time.perf_counter()
    await asyncio.gather(first, two.meet(TEXT_CHAT))
    return one, two, time.perf_counter() - began


async def pairs(args: argparse.Namespace) -> tuple[list[Guest], list[float]]:
    """Visitors who are all in a chat, and how long each pair had waited."""
    visitors, waits, gather = [], [], Gather()
    for _ in range(args.pairs):
        one, two, wait = await pair(args.ports, gather)
        visitors += [one, two]
        waits.append(wait)
    return visitors, waits


def used(args: argparse.Namespace) -> list[float]:
    return [cpu_s(pid) for pid in args.pids]


def spent(before: list[float], after: list[float], count: int) -> list[float]:
    """Microseconds for each of so many."""
    return [(end - start) / count * 1e6 for start, end in zip(before, after, strict=True)]


async def relay(args: argparse.Namespace) -> Figures:
    """Closed loop: so many messages in flight each way, always."""
    visitors, _ = await pairs(args)
    count, write = Count(), Gather().add
    for visitor in visitors:
        start = play(visitor, count, b"x" * args.bytes, args.acks, write)
        for _ in range(args.flight):
            start()
    await asyncio.sleep(WARM_UP_S)
    messages, before, began = count.messages, used(args), time.perf_counter()
    await asyncio.sleep(args.seconds)
    messages, took = count.messages - messages, time.perf_counter() - began
    return {"us": spent(before, used(args), messages), "per_s": messages / took}


async def latency(args: argparse.Namespace) -> Figures:
    """Open loop: messages leave by the clock, each by itself; each carries the time it was due."""
    visitors, _ = await pairs(args)
    waits: list[float] = []
    heads = [b'42["message","%b","' % visitor.chat for visitor in visitors]
    for visitor, head in zip(visitors, heads, strict=True):
        visitor.on_message = partial(note_wait, waits, len(head))
    began, sent, before = time.perf_counter(), 0, used(args)
    while (now := time.perf_counter()) - began < args.seconds + WARM_UP_S:
        while (due := began + sent / args.rate) <= now:
            one = sent % len(visitors)
            visitors[one].transport.write(masked(heads[one] + b"%020.9f" % due + b'xxxxxxxxxxxx"]'))
            sent += 1
        await asyncio.sleep(0)
    await asyncio.sleep(0.5)
    return {"us": spent(before, used(args), sent), **quantiles(waits[int(args.rate * WARM_UP_S) :])}


async def find(args: argparse.Namespace) -> Figures:
    """One pair after the other, nobody else searching."""
    before = used(args)
    _, waits = await pairs(args)
    return {"us": spent(before, used(args), args.pairs), **quantiles(waits)}


async def visits(args: argparse.Namespace) -> Figures:
    """Whole visits (bench/load.py) at all nodes in turn, for some seconds or until `--count` are over."""
    count, gather = Count(), Gather()

    async def seat(number: int) -> None:
        where = Target(args.ports[number % len(args.ports)])
        while True:
            await visit(args, where, gather, number)
            count.messages += 1

    seats = [asyncio.ensure_future(seat(number)) for number in range(args.guests)]
    await asyncio.sleep(WARM_UP_S)
    done, before, began = count.messages, used(args), time.perf_counter()
    while count.messages < args.count if args.count else time.perf_counter() - began < args.seconds:
        over, _ = await asyncio.wait(seats, timeout=0.05, return_when=asyncio.FIRST_EXCEPTION)
        for one in over:
            one.result()
    after, done, took = used(args), count.messages - done, time.perf_counter() - began
    for one in seats:
        one.cancel()
    await asyncio.wait(seats)
    await asyncio.sleep(0.1)  # their goodbyes leave
    return {"us": spent(before, after, done), "per_s": done / took}


def quantiles(waits: list[float]) -> dict[str, float]:
    waits = sorted(waits)
    return {"p50_ms": waits[len(waits) // 2] * 1000, "p99_ms": waits[int(len(waits) * 0.99)] * 1000}


SCENARIOS: dict[str, Callable[[argparse.Namespace], Awaitable[Figures]]] = {
    "relay": relay,
    "latency": latency,
    "find": find,
    "visits": visits,
}


COUNTS = (
    ("pairs", 100), ("flight", 4), ("bytes", 32), ("rate", 1_000), ("guests", 60), ("interests", 0), ("count", 0),
)  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("scenario", choices=SCENARIOS)
    parser.add_argument("ports", type=int, nargs="+")
    parser.add_argument("pids", type=lambda text: [int(pid) for pid in text.split(",")])
    for name, default in COUNTS:
        parser.add_argument(f"--{name}", type=int, default=default)
    parser.add_argument("--seconds", type=float, default=3.0)
    parser.add_argument("--acks", action="store_true")
    args = parser.parse_args()
    allow_files(max(2 * args.pairs, 2 * args.guests))

    async def run() -> Figures:
        async with asyncio.timeout(GUARD_S):
            return await SCENARIOS[args.scenario](args)

    sys.stdout.write(json.dumps(uvloop.run(run())) + "\n")
    sys.stdout.flush()
    os._exit(0)  # nobody says goodbye


if __name__ == "__main__":
    main()
