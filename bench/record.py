"""What the record of reports costs: `python -m bench.record`. One thread, no network; processor time.

A chat's end and a report are timed with everything that they do; memory is what a reported address key holds.
"""

import gc
import secrets
import time
import tracemalloc

from omefree.guard.record import NO_CREDIT, SWEPT, Gone, Record, Records

PEOPLE = 20_000
KEYS = 100_000


class Person:
    """A visit from an address of its own."""

    def __init__(self) -> None:
        self.key = self.network = secrets.token_bytes(16)
        self.record: Record | None = None


RECORDS = 4  # that a chat's end or a report changes: of two visits and of their two addresses


def update_us() -> tuple[float, float]:
    """Microseconds for a chat's end, both sides of it, and for a report."""
    records, people = Records(lambda key: 1), [Person() for _ in range(PEOPLE)]
    pairs = [(people[number], people[number - 1]) for number in range(0, PEOPLE, 2)]
    for one, two in pairs:
        records.chat_ended(one, two, 30.0, 1000.0)
    began = time.process_time()
    for number, (one, two) in enumerate(pairs):
        records.chat_ended(one, two, 30.0, 1030.0 + number / 100)
    middle = time.process_time()
    for number, (one, two) in enumerate(pairs):
        records.reported(one, two, "spam", lasted_s=30.0, credit=NO_CREDIT, now=1200.0 + number / 100)
    ended = time.process_time()
    return (middle - began) * 1e6 / len(pairs), (ended - middle) * 1e6 / len(pairs)


def filled(keys: int) -> Records:
    """So many address keys, each of which was reported once."""
    records, reporter = Records(lambda key: 0), Person()
    for _ in range(keys):
        key = secrets.token_bytes(16)
        records.reported(reporter, Gone(key, key), "spam", lasted_s=5.0, credit=NO_CREDIT, now=1000.0)
        reporter.record = None
    return records


def memory_bytes() -> float:
    """Bytes that one reported key holds, the key itself included."""
    gc.collect()
    tracemalloc.start()
    before, _ = tracemalloc.get_traced_memory()
    records = filled(PEOPLE)
    gc.collect()
    after, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return (after - before) / len(records)


def sweep_ms() -> tuple[float, float]:
    """Milliseconds to look at all of them, in total and at most at once; then they are dropped, which costs more."""
    records, turns = filled(KEYS), []
    for _ in range(KEYS // SWEPT + 2):
        began = time.process_time()
        records.sweep(1001.0)
        turns.append((time.process_time() - began) * 1e3)
    assert len(records) > KEYS, "all are still to be remembered"
    return sum(turns), max(turns)


def main() -> None:
    chat, report = update_us()
    total, most = sweep_ms()
    for what, took in (("a chat's end", chat), ("a report", report)):
        print(f"{what}: {took:.1f} us, {took / RECORDS:.2f} us for each of its {RECORDS} records (goal: 5)")  # noqa: T201
    print(f"a reported address key: {memory_bytes():.0f} B (goal: 400)")  # noqa: T201
    print(f"{KEYS:,} keys swept:     {total:.1f} ms (goal: 50), {most:.2f} ms at most at once")  # noqa: T201


if __name__ == "__main__":
    main()
