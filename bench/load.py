"""The load: visitors of any of the measured servers over WebSocket, in one process. Prints one JSON line.

    python load.py relay PORT PID --pairs 100 --flight 4 --bytes 32 [--acks] [--apart]
    python load.py latency PORT PID --pairs 100 --rate 20000 --bytes 32
    python load.py bare PORT PID --pairs 100 --flight 4 --bytes 32
    python load.py connect PORT PID --count 4000
    python load.py idle PORT PID --count 8000 [--seconds 20]
    python load.py visits PORT PID --guests 60 [--polling] [--tls CERTIFICATE]
    python load.py introductions PORT PID --guests 60 [--polling] [--tls CERTIFICATE]

Figures are per CPU-second of the server (PID), read from /proc. The load writes all that one turn of its loop has for a
connection at once. With a system call for each message (`--apart`) the load is slower than our server, and measures
itself.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import ssl
import sys
import time
from collections.abc import Awaitable, Callable, Coroutine
from functools import partial
from pathlib import Path
from typing import cast

import uvloop

from bench.guests import TEXT_CHAT, Guest, Target, criteria, masked, words
from omefree.engine.gather import Gather, WriteTransport
from omefree.load import usage
from omefree.load.usage import allow_files, memory_bytes

WARM_UP_S = 1.0
GUARD_S = 120.0
CHATS, SIGNALS, TEXTS = 3, 20, 5  # of a whole visit


async def arrive(port: int, gather: Gather) -> Guest:
    """A visitor by WebSocket."""
    guest = Guest()
    await guest.arrive(Target(port), gather)
    return guest


async def crowd(port: int, count: int, at_once: int = 50) -> list[Guest]:
    """Visitors, some at a time."""
    came: list[Guest] = []
    gather = Gather()
    while len(came) < count:
        came += await asyncio.gather(*(arrive(port, gather) for _ in range(min(at_once, count - len(came)))))
    return came


async def pairs(port: int, count: int) -> list[Guest]:
    """Visitors who are all in a chat."""
    visitors = await crowd(port, 2 * count)
    await asyncio.gather(*(visitor.meet(TEXT_CHAT) for visitor in visitors))
    return visitors


class Count:
    """Messages that have arrived."""

    def __init__(self) -> None:
        self.messages = 0


Write = Callable[[WriteTransport, bytes], None]


def apart(transport: WriteTransport, frame: bytes) -> None:
    transport.write(frame)


def play(visitor: Guest, count: Count, payload: bytes, acks: bool, write: Write) -> Callable[[], None]:
    """Answers each message with one; returns what sends the first."""
    body = b'["message","%b","%b"]' % (visitor.chat, payload)
    packets = [b"42%d%b" % (number, body) for number in range(10)] if acks else [b"42" + body]
    frames = [masked(packet) for packet in packets]
    transport, sent = visitor.transport, 0

    def one() -> None:
        nonlocal sent
        sent += 1
        write(transport, frames[sent % len(frames)])

    def answer(data: bytes) -> None:
        count.messages += 1
        one()

    visitor.on_message = answer
    return one


async def relay(args: argparse.Namespace) -> dict[str, float]:
    """Closed loop: so many messages in flight each way, always."""
    count, write = Count(), apart if args.apart else Gather().add
    for visitor in await pairs(args.port, args.pairs):
        start = play(visitor, count, b"x" * args.bytes, args.acks, write)
        for _ in range(args.flight):
            start()
    return await spell(args, count)


class Raw(asyncio.Protocol):
    """A client of the bare relay (bare.c): answers each frame with one."""

    def __init__(self, frame: bytes, count: Count) -> None:
        self._frame = frame
        self._count = count
        self._came = 0
        self.transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        self._came += len(data)
        frames, self._came = divmod(self._came, len(self._frame))
        self._count.messages += frames
        self.transport.write(self._frame * frames)


async def bare(args: argparse.Namespace) -> dict[str, float]:
    """As `relay`, past a relay that knows no protocol."""
    count, frame = Count(), masked(b'42["message","%b","%b"]' % (b"x" * 16, b"x" * args.bytes))
    clients = []
    for _ in range(2 * args.pairs):
        _, client = await asyncio.get_running_loop().create_connection(
            partial(Raw, frame, count), "127.0.0.1", args.port
        )
        clients.append(client)
    for client in clients:
        client.transport.write(frame * args.flight)
    return await spell(args, count)


def cpu_s(pid: int) -> float:
    """CPU seconds of a server, with those of the processes that it has started: workers, and their engine."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return usage.cpu_s(pid) + sum(usage.cpu_s(int(child)) for child in children)


async def spell(args: argparse.Namespace, count: Count) -> dict[str, float]:
    """What is counted from the end of the warm-up on."""
    await asyncio.sleep(WARM_UP_S)
    messages, used, began = count.messages, cpu_s(args.pid), time.perf_counter()
    await asyncio.sleep(args.seconds)
    messages, used, took = count.messages - messages, cpu_s(args.pid) - used, time.perf_counter() - began
    return {"per_cpu_s": messages / used, "per_s": messages / took, "cpu": used / took}


def note_wait(waits: list[float], at: int, data: bytes) -> None:
    waits.append(time.perf_counter() - float(data[at : at + 20]))


async def latency(args: argparse.Namespace) -> dict[str, float]:
    """Open loop: messages leave by the clock, whatever has come back; each carries the time it was due."""
    visitors = await pairs(args.port, args.pairs)
    waits: list[float] = []
    heads = [b'42["message","%b","' % visitor.chat for visitor in visitors]
    for visitor, head in zip(visitors, heads, strict=True):
        visitor.on_message = partial(note_wait, waits, len(head))
    began, sent = time.perf_counter(), 0
    filler = b"x" * max(0, args.bytes - 20)
    used = cpu_s(args.pid)
    while (now := time.perf_counter()) - began < args.seconds + WARM_UP_S:
        while (due := began + sent / args.rate) <= now:
            one = sent % len(visitors)
            visitors[one].transport.write(masked(heads[one] + b"%020.9f" % due + filler + b'"]'))
            sent += 1
        await asyncio.sleep(0)
    await asyncio.sleep(0.5)
    waits = sorted(waits[int(args.rate * WARM_UP_S) :])
    return {
        "p50_ms": waits[len(waits) // 2] * 1000,
        "p99_ms": waits[int(len(waits) * 0.99)] * 1000,
        "per_cpu_s": sent / (cpu_s(args.pid) - used),
    }


async def connect(args: argparse.Namespace) -> dict[str, float]:
    """From the TCP connection to `welcome`."""
    used, began = cpu_s(args.pid), time.perf_counter()
    await crowd(args.port, args.count)
    return {"per_cpu_s": args.count / (cpu_s(args.pid) - used), "per_s": args.count / (time.perf_counter() - began)}


async def visits(args: argparse.Namespace) -> dict[str, float]:
    """Whole visits: connect, three chats of 20 signals and 5 texts each way, leave. Another follows."""
    return await in_turn(args, partial(visit, args, target(args), Gather()))


async def introductions(args: argparse.Namespace) -> dict[str, float]:
    """One chat after the other, of one text each way: find, matched, two words, next."""
    where, gather, count = target(args), Gather(), Count()
    guests = [Guest() for _ in range(args.guests)]
    await asyncio.gather(*(guest.arrive(where, gather) for guest in guests))
    return await rate(args, count, [meet_on(args, guest, number, count) for number, guest in enumerate(guests)])


async def visit(args: argparse.Namespace, where: Target, gather: Gather, number: int) -> None:
    guest = Guest()
    await guest.arrive(where, gather)
    try:
        for turn in range(CHATS):
            chat = await guest.meet(criteria(number + turn, args.interests))
            await guest.talk(words(chat, SIGNALS, TEXTS), SIGNALS + TEXTS)
    finally:
        guest.leave()


async def meet_on(args: argparse.Namespace, guest: Guest, number: int, count: Count) -> None:
    while True:
        chat = await guest.meet(criteria(number + count.messages, args.interests))
        await guest.talk(words(chat, 0, 1), 1)
        count.messages += 1


async def in_turn(args: argparse.Namespace, one: Callable[[int], Awaitable[None]]) -> dict[str, float]:
    """So many at a time, one after the other, until the time is over."""
    count = Count()

    async def seat(number: int) -> None:
        while True:
            await one(number)
            count.messages += 1

    return await rate(args, count, [seat(number) for number in range(args.guests)])


async def rate(args: argparse.Namespace, count: Count, work: list[Coroutine[None, None, None]]) -> dict[str, float]:
    """What is counted while all this goes on, after a warm-up."""
    tasks = [asyncio.ensure_future(each) for each in work]
    await asyncio.sleep(WARM_UP_S)
    done, used, own, began = count.messages, cpu_s(args.pid), time.process_time(), time.perf_counter()
    await asyncio.wait(tasks, timeout=args.seconds, return_when=asyncio.FIRST_EXCEPTION)
    for task in tasks:
        if task.done():
            task.result()
    done, used, took = count.messages - done, cpu_s(args.pid) - used, time.perf_counter() - began
    return {
        "us_each": used / done * 1e6,
        "per_s": done / took,
        "cpu": used / took,
        "load_cpu": (time.process_time() - own) / took,
    }


def target(args: argparse.Namespace) -> Target:
    """The server, trusted if it has the certificate that is given."""
    return Target(args.port, args.polling, ssl.create_default_context(cafile=args.tls) if args.tls else None)


async def idle(args: argparse.Namespace) -> dict[str, float]:
    """What connections cost that do nothing."""
    before = memory_bytes(args.pid)
    visitors = await crowd(args.port, args.count)
    await asyncio.sleep(WARM_UP_S)
    after = memory_bytes(args.pid)
    used = cpu_s(args.pid)
    await asyncio.sleep(args.seconds)
    share = (cpu_s(args.pid) - used) / args.seconds
    return {"kb_each": (after - before) / len(visitors) / 1024, "cpu": share}


SCENARIOS: dict[str, Callable[[argparse.Namespace], Awaitable[dict[str, float]]]] = {
    "relay": relay,
    "bare": bare,
    "latency": latency,
    "connect": connect,
    "idle": idle,
    "visits": visits,
    "introductions": introductions,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("scenario", choices=SCENARIOS)
    parser.add_argument("port", type=int)
    parser.add_argument("pid", type=int)
    for name, default in (
        ("pairs", 100),
        ("flight", 4),
        ("bytes", 32),
        ("rate", 20_000),
        ("count", 4_000),
        ("guests", 60),
        ("interests", 0),
    ):
        parser.add_argument(f"--{name}", type=int, default=default)
    parser.add_argument("--seconds", type=float, default=2.0)
    parser.add_argument("--acks", action="store_true")
    parser.add_argument("--apart", action="store_true")
    parser.add_argument("--polling", action="store_true")
    parser.add_argument("--tls", help="the server's certificate")
    args = parser.parse_args()
    allow_files(max(args.count, 2 * args.pairs))

    async def run() -> None:
        async with asyncio.timeout(GUARD_S):
            sys.stdout.write(json.dumps(await SCENARIOS[args.scenario](args)) + "\n")
        sys.stdout.flush()
        os._exit(0)  # closing ten thousand connections politely would take longer than the measurement

    uvloop.run(run())


if __name__ == "__main__":
    main()
