"""Measures the lobby and writes bench/LOBBY.md.

It takes CPU time, and medians of short blocks, because others may use the machine, too.
"""

import asyncio
import gc
import os
import platform
import random
import resource
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from itertools import accumulate
from pathlib import Path
from statistics import median
from time import monotonic, process_time

from msgspec import structs

from omefree.config import Config
from omefree.exchange.memory import MemoryExchange
from omefree.matching.exclusions import Exclusions
from omefree.matching.interests import normalise
from omefree.matching.lobby import Lobby
from omefree.matching.local import LocalLobby
from omefree.matching.ticket import Ticket

REPORT = Path(__file__).with_name("LOBBY.md")
SIZES = (100, 10_000, 1_000_000)
BLOCK = 50  # operations timed together: the clock itself costs a third of a microsecond
BLOCKS = 400
TOPICS = 500
ZIPF = list(accumulate(1 / rank for rank in range(1, TOPICS + 1)))
ARRIVALS = 200_000
RATE_S = 1000  # arrivals a second of the lobby's clock, so that patience runs out while it works
PATIENCE_S = 5.0
HESITATION_S = Config().hesitation_s
STORM = 20_000
SAMPLE = 100_000  # tickets whose memory is measured

HEADER = """# What the lobby costs

Written by `make bench`: do not edit. Python {python}, {cpus} CPUs ({machine}), CPU time on one of them.

| measure | goal | measured |
|---|---|---|
"""


def own_interests(number: int) -> Ticket:
    """A ticket whose three interests nobody else has."""
    interests = {f"{letter}{number}": f"{letter}{number}" for letter in "abc"}
    return Ticket(f"visitor {number:014}", "text", interests, patience_s=PATIENCE_S, since=number / 1e6)


def zipf(chance: random.Random, number: int, since: float) -> Ticket:
    """A ticket of the simulation's kind: three in ten have no interests, the others one to five of 500."""
    count = 0 if chance.random() < 0.3 else chance.randint(1, 5)
    topics = set(chance.choices(range(TOPICS), cum_weights=ZIPF, k=count))
    return Ticket(
        f"visitor {number}", "text", {f"topic {topic}": "" for topic in topics}, patience_s=PATIENCE_S, since=since
    )


def filled(size: int) -> LocalLobby:
    lobby = LocalLobby(Lobby(random.Random(1).randrange, HESITATION_S), Exclusions())
    for number in range(size):
        lobby.join(own_interests(number), number / 1e6)
    return lobby


def median_us(step: Callable[[Ticket], object], tickets: Sequence[Ticket]) -> float:
    """The median over the blocks of the microseconds that one step takes."""
    spans = []
    for start in range(0, len(tickets), BLOCK):
        begun = process_time()
        for ticket in tickets[start : start + BLOCK]:
            step(ticket)
        spans.append((process_time() - begun) / BLOCK * 1e6)
    return median(spans)


def decisions() -> Iterator[tuple[str, str, str]]:
    measured = []
    for size in SIZES:
        lobby = filled(size)
        now = size / 1e6

        def waits(ticket: Ticket, lobby: LocalLobby = lobby, now: float = now) -> None:
            lobby.join(ticket, now)
            lobby.leave(ticket.visitor)

        spent = median_us(waits, [own_interests(size + number) for number in range(BLOCK * BLOCKS)])
        yield f"insert, search, remove with {size:,} waiting", "< 20 µs", f"{spent:.1f} µs"
        measured.append(spent)
        del lobby, waits
        gc.collect()
    yield "- the slowest of these over the fastest", "< 2", f"{max(measured) / min(measured):.2f}"


def arrivals() -> Iterator[tuple[str, str, str]]:
    chance = random.Random(2)
    tickets = [zipf(chance, number, number / RATE_S) for number in range(ARRIVALS)]
    lobby = LocalLobby(Lobby(chance.randrange, HESITATION_S), Exclusions())

    def arrive(ticket: Ticket) -> None:
        while (wake := lobby.next_wake()) is not None and wake <= ticket.since:
            lobby.advance(ticket.since)
        lobby.join(ticket, ticket.since)

    spent = median_us(arrive, tickets)
    yield f"arrivals a second, Zipf interests, {len(lobby)} waiting", "> 50,000", f"{1e6 / spent:,.0f}"


def words() -> Iterator[tuple[str, str, str]]:
    for kind, raw in (("English", ["Jazz", "rock climbing", "#chess"]), ("French", ["Cinéma", "échecs", "opéra"])):
        spans = []
        for _ in range(BLOCKS):
            begun = process_time()
            for _ in range(BLOCK):
                normalise(raw)
            spans.append((process_time() - begun) / BLOCK * 1e6)
        yield f"three {kind} interests made comparable", "", f"{median(spans):.1f} µs"


def resident_bytes() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()


def bytes_per_ticket() -> float:
    """Of a fresh process: all that a waiting ticket holds, its own strings and the visitor's place in the lists too."""
    filled(1)
    gc.collect()
    before = resident_bytes()
    lobby = filled(SAMPLE)
    gc.collect()
    return (resident_bytes() - before) / len(lobby)


def memory() -> Iterator[tuple[str, str, str]]:
    command = "from bench.lobby import bytes_per_ticket; print(bytes_per_ticket())"
    found = subprocess.run([sys.executable, "-c", command], check=True, capture_output=True, text=True).stdout
    yield "memory per waiting ticket, all included", "< 1,500 bytes", f"{float(found):,.0f} bytes"


class Storm:
    """Arrivals on a real loop within a second, as fast as the loop takes them, and the longest time it was away."""

    lasts_s = 1.0

    def __init__(self) -> None:
        self.chance = random.Random(3)
        self.last_due = 0.0  # when the last patience ends
        self.last_pair = 0.0
        self.worst_s = 0.0
        self.left = 0

    async def run(self) -> "Storm":
        loop = asyncio.get_running_loop()
        exchange = MemoryExchange(LocalLobby(Lobby(self.chance.randrange, HESITATION_S), Exclusions()), loop)
        exchange.listen(self)
        watch = asyncio.create_task(self.watch())
        begun = loop.time()
        for number in range(STORM):
            await asyncio.sleep(max(begun + number / STORM - loop.time(), 0))
            exchange.join(self.ticket(number, begun))
        self.last_due = begun + self.lasts_s + PATIENCE_S
        await asyncio.sleep(begun + 1 + PATIENCE_S + 2 - loop.time())
        watch.cancel()
        self.left = len(exchange)
        exchange.close()
        return self

    def ticket(self, number: int, begun: float) -> Ticket:
        return zipf(self.chance, number, begun + number / STORM)

    def on_widened(self, visitor: str) -> None:
        """Waits on."""

    def on_introduction(self, _: object) -> None:
        self.last_pair = monotonic()

    async def watch(self) -> None:
        last = process_time()
        while True:
            await asyncio.sleep(0)
            now = process_time()
            self.worst_s = max(self.worst_s, now - last)
            last = now


class Instant(Storm):
    """Visitors that share no interest, and one moment at which everybody's patience ends."""

    lasts_s = 0.0

    def ticket(self, number: int, begun: float) -> Ticket:
        return structs.replace(own_interests(number), since=begun)


def storms() -> Iterator[tuple[str, str, str]]:
    for what, storm in (("Zipf interests", Storm()), ("nothing in common, patience ends for all at once", Instant())):
        gc.collect()
        done = asyncio.run(storm.run())
        yield f"{STORM:,} arrivals in a second, {what}: left unpaired", "0", f"{done.left}"
        yield "- the last pair after the last patience ends", "< 2 s", f"{max(done.last_pair - done.last_due, 0):.2f} s"
        yield "- the longest stall of the loop, CPU time", "< 50 ms", f"{done.worst_s * 1e3:.0f} ms"


def main() -> None:
    rows = []
    for measure in (decisions, arrivals, memory, words, storms):
        for row in measure():
            rows.append(f"| {' | '.join(row)} |")
            sys.stdout.write(rows[-1] + "\n")
    header = HEADER.format(python=platform.python_version(), cpus=os.cpu_count(), machine=platform.machine())
    REPORT.write_text(header + "\n".join(rows) + "\n")


if __name__ == "__main__":
    main()
