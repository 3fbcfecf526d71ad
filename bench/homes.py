"""What a leader costs: two homes that only announce tickets. `python -m bench.homes URL SECRET_FILE PID,PID`.

They have no visitors; always so many tickets wait for a proposal. Prints one JSON line: matches a second, and for each
match the CPU of the leader's process (PID) and of the engine's.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import secrets
import sys
import time
from pathlib import Path

import uvloop

from omefree.contract import nodes
from omefree.exchange import valkey
from omefree.exchange.address import parse_url
from omefree.exchange.bus import Bus, BusOptions, first_beat
from omefree.exchange.sealing import Sealing
from omefree.load.usage import cpu_s
from tests.until import until

POOL = "text"
WAITING = 20_000  # tickets of both homes: the leader is never without work
KINDS = 5_000
WARM_UP_S, SECONDS = 2.0, 6.0


def kinds() -> list[tuple[list[str], list[str]]]:
    """Interests and languages of searches: a third has no interest, the others a few, by Zipf's law."""
    chance = random.Random(1)
    topics = [f"topic{number}" for number in range(500)]
    weights = [1 / (number + 1) for number in range(500)]
    made = []
    for _ in range(KINDS):
        keys = dict.fromkeys(chance.choices(topics, weights, k=chance.choice((0, 1, 2, 3))))
        made.append((list(keys), chance.choice(([], ["fr"], ["en"], ["en", "fr"]))))
    return made


class Announcer:
    """A home: a BusListener that announces a ticket for each one that was proposed."""

    def __init__(self, kinds: list[tuple[list[str], list[str]]]) -> None:
        self.bus: Bus
        self.matches = 0
        self.waits: list[float] = []
        self._kinds = kinds
        self._leader: tuple[str, int] | None = None
        self._since: dict[str, float] = {}
        self._count = 0

    def on_item(self, tag: str, item: object) -> None:
        match item:
            case nodes.Lead(pool, epoch) if pool == POOL and self._leader != (tag, epoch):
                self._leader = tag, epoch
                self._since.clear()
                self.bus.send(tag, nodes.Announce(POOL, epoch))
                for _ in range(WAITING // 2):
                    self._announce()
            case nodes.Pair(visitor=visitor, polite=polite):
                self.matches += polite
                self._proposed(visitor)
            case nodes.Pair2(a=a, b=b):
                self.matches += 1
                self._proposed(a)
                self._proposed(b)
            case _:
                pass

    def _proposed(self, visitor: str) -> None:
        began = self._since.pop(visitor, None)
        if began is not None:
            self.waits.append(time.perf_counter() - began)
            self._announce()

    def _announce(self) -> None:
        assert self._leader is not None
        tag, epoch = self._leader
        self._count += 1
        keys, languages = self._kinds[self._count % KINDS]
        visitor, patience = secrets.token_urlsafe(12), 2.0 if keys else 0.0
        apart: list[tuple[str, float | None]] = [(secrets.token_urlsafe(12), 30.0) for _ in range(self._count % 4)]
        self._since[visitor] = time.perf_counter()
        self.bus.send(
            tag,
            nodes.Join(POOL, epoch, visitor, self._count, keys, languages, patience, 0.0, False, None, apart),
        )

    def on_reset(self, tag: str) -> None:
        self._leader = None

    def nothing(self, *_: object) -> None:
        """What happens to nodes concerns it no further."""

    on_deaf = on_heard = on_away = on_back = on_dead = on_leading = on_following = nothing


async def home(url: str, secret: bytes, tag: str, made: list[tuple[list[str], list[str]]]) -> Announcer:
    announcer = Announcer(made)
    sealing, options = Sealing([secret]), BusOptions(tag, secrets.token_hex(4), (POOL,), may_lead=False)
    wire = await valkey.connect(parse_url(url), first_beat(options, sealing))
    loop = asyncio.get_running_loop()
    announcer.bus = Bus(wire, sealing, loop, options, lambda: 0, announcer.nothing)
    announcer.bus.start(announcer)
    return announcer


async def run(args: argparse.Namespace) -> dict[str, float]:
    secret = args.secret.read_bytes().strip()
    made = kinds()
    homes = [await home(args.url, secret, f"home{number}", made) for number in range(2)]
    await until(lambda: any(each.matches for each in homes), "a leader proposes pairs")
    await asyncio.sleep(WARM_UP_S)
    for each in homes:
        each.waits.clear()
    before, matches, began = [cpu_s(pid) for pid in args.pids], sum(each.matches for each in homes), time.perf_counter()
    await asyncio.sleep(SECONDS)
    count, took = sum(each.matches for each in homes) - matches, time.perf_counter() - began
    leader, engine = (cpu_s(pid) - start for pid, start in zip(args.pids, before, strict=True))
    waits = sorted(wait for each in homes for wait in each.waits)
    return {
        "per_s": count / took,
        "per_cpu_s": count / leader,
        "leader_us": leader / count * 1e6,
        "engine_us": engine / count * 1e6,
        "wait_ms": waits[len(waits) // 2] * 1000,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("url")
    parser.add_argument("secret", type=Path)
    parser.add_argument("pids", type=lambda text: [int(pid) for pid in text.split(",")])
    sys.stdout.write(json.dumps(uvloop.run(run(parser.parse_args()))) + "\n")
    sys.stdout.flush()
    os._exit(0)


if __name__ == "__main__":
    main()
