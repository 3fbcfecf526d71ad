"""tests/vectors/lanes.json: lanes and a clock, step by step. web/src/seal/lanes.test.ts runs the same file."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from omefree.seal.lanes import IncomingLane, OutgoingLane, ReceiptLane

Step = dict[str, Any]
Run = Callable[[Any, Step], object]
SCENARIOS = json.loads((Path(__file__).parents[1] / "vectors/lanes.json").read_text())["scenarios"]


def span(numbers: list[int] | range) -> list[int]:
    """Numbers that follow each other: the first and the one past the last; [] for none."""
    assert list(numbers) == list(range(numbers[0], numbers[0] + len(numbers))) if numbers else True
    return [numbers[0], numbers[-1] + 1] if numbers else []


def frame(n: int, content: bytes) -> str:
    return f"{n} {content.decode()}"


def send(lane: OutgoingLane, step: Step) -> list[int]:
    """All that may go."""
    numbers = []
    while lane.has_next():
        n, sent = lane.take(frame, step["at"])
        assert sent == f"{n} content {n}", "the same each time"
        numbers.append(n)
    return span(numbers)


def push(lane: OutgoingLane, step: Step) -> list[int]:
    first = step["gives"][0]
    return span([lane.push(f"content {first + index}".encode()) for index in range(step["count"])])


def accept(lane: IncomingLane, step: Step) -> list[int]:
    given: list[int] = []
    first: int = step["n"]
    last: int = step.get("down_to", first)
    for n in range(first, last - 1, -1):
        assert given == [] and lane.wants(n)
        given = [number for number, _content in lane.accept(n, b"", step["at"])]
    return span(given)


OUTGOING: dict[str, Run] = {
    "push": push,
    "send": send,
    "confirm": lambda lane, step: span(lane.confirm(step["until"], step["at"])),
    "refuse": lambda lane, step: lane.rewind(step["n"]),
    "taken": lambda lane, step: lane.taken(step["n"]),
    "resume": lambda lane, _step: lane.resume(),
    "wake": lambda lane, step: lane.wake(step["at"]),
}
INCOMING: dict[str, Run] = {
    "wants": lambda lane, step: lane.wants(step["n"]),
    "accept": accept,
    "asks": lambda lane, step: lane.asks(step["at"]),
}
RECEIPT: dict[str, Run] = {
    "owe": lambda lane, step: lane.owe(step["due"], again=step["again"]),
    "take": lambda lane, _step: list(lane.take()),
    "is_new": lambda lane, step: lane.is_new(step["n"]),
    "note": lambda lane, step: lane.note(step["n"]),
}
LANES: dict[str, tuple[Callable[[], object], dict[str, Run]]] = {
    "outgoing": (OutgoingLane, OUTGOING),
    "incoming": (IncomingLane, INCOMING),
    "receipt": (ReceiptLane, RECEIPT),
}
LOOKED_AT = ("resend_at", "ask_at", "gap_at", "due_at", "next")


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario["name"])
def test_a_scenario(scenario: Step) -> None:
    new, runs = LANES[scenario["lane"]]
    lane = new()
    for step in scenario["steps"]:
        assert runs[step["do"]](lane, step) == step.get("gives"), step
        expected = {name: step[name] for name in LOOKED_AT if name in step}
        assert {name: getattr(lane, name) for name in expected} == expected, step
