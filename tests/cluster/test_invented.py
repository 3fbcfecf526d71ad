"""Somebody invents tokens of other nodes: each gives a newcomer, soon, and costs the others next to nothing."""

from __future__ import annotations

import asyncio
import math
import secrets
import time
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from omefree.chat.arrivals import ORPHANS
from tests.cluster.call import GUARD_S, Call
from tests.cluster.ear import ear
from tests.cluster.run import Run, running
from tests.cluster.talkers import talkers

AT_ONCE = 200
RANDOM = 24


def token_of(tag: str) -> str:
    return f"{tag}.{secrets.token_urlsafe(RANDOM)}"


MALFORMED = ("", ".", "..", "a", "a.", ".a", "a..a", "{a}.x", "a b.c", "a\n.x", "of:all.x", "é.x", "\0.x", "x" * 3000)
KINDS: dict[str, Callable[[], str]] = {
    "living": lambda: token_of("a"),
    "own": lambda: token_of("b"),
    "unknown": lambda: token_of(secrets.token_hex(4)),
    "dead": lambda: token_of("c"),
    "malformed": lambda: secrets.choice(MALFORMED),
}


async def shown(run: Run, tokens: Iterable[str]) -> float:
    """All these were shown at node b, so many at once, and gave newcomers. Returns the longest wait of one, in s."""
    door, rest, waits = run.cluster.doors["b"], iter(tokens), [0.0]

    async def show() -> None:
        for token in rest:
            began = time.monotonic()
            call = await Call(door).open(token)
            waits.append(time.monotonic() - began)
            assert call.welcome.resumed is None
            call.break_link()

    await asyncio.gather(*(show() for _ in range(AT_ONCE)))
    return max(waits)


async def invented(folder: Path, kind: str, count: int) -> None:
    async with running(folder, "abc", "valkey") as run:
        run.cluster.kill("c") if kind == "dead" else run.cluster.doors.pop("c")
        talking = await talkers(run, 16)
        async with ear(run.cluster) as said:
            began = time.monotonic()
            longest = await shown(run, (KINDS[kind]() for _ in range(count)))
            took = time.monotonic() - began
            await talking.talk()
        assert said["orphan"] <= min(count, ORPHANS.burst + ORPHANS.rate_s * math.ceil(took))
        assert longest < GUARD_S
        verdict = await talking.end_well()
        assert (verdict.lost, verdict.aways) == (0, 0)


async def test_invented_tokens_give_newcomers_and_disturb_nobody(tmp_path: Path) -> None:
    await invented(tmp_path, "dead", 300)


@pytest.mark.soak
@pytest.mark.parametrize("kind", KINDS)
async def test_ten_thousand_invented_tokens(tmp_path: Path, kind: str) -> None:
    await invented(tmp_path, kind, 10_000)
