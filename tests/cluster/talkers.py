"""Visitors in pairs who talk from beginning to end, and move: sealed, unsealed, by WebSocket and by long-polling."""

from __future__ import annotations

from tests.cluster.checker import Verdict
from tests.cluster.crowd import Crowd, Guest, Pace
from tests.cluster.run import GUARD_S, Run
from tests.until import until

TALKS = Pace(life_s=(300.0, 300.0), every_s=0.05)
COUNT = 24
ROUND = {"a": "b", "b": "c", "c": "a"}
BACK = {"a": "c", "b": "a", "c": "b"}


class Talkers:
    """`pairs` are as they have met. `moved`: how many moves to another node were begun."""

    def __init__(self, run: Run, crowd: Crowd) -> None:
        self.run = run
        self.crowd = crowd
        self.pairs = [(crowd.guests[a], crowd.guests[b]) for a, b in run.judge.together()]
        self.moved = 0

    def move(self, guest: Guest, to: str) -> None:
        """While its link stands."""
        self.moved += guest.node != to
        guest.move(to)

    def come_back_at(self, guest: Guest, node: str) -> None:
        """Its link has broken."""
        self.moved += guest.node != node
        guest.come_back_at(node)

    async def talk(self, each: int = 5) -> None:
        """Returns when so many more texts of each have come."""
        await self.run.messages(each * len(self.crowd.guests))

    async def arrive(self) -> None:
        """Returns when all who were to move have moved, and have talked on."""
        await until(lambda: self.run.judge.moves() >= self.moved, f"{self.moved} moved", GUARD_S)
        await self.talk()

    async def end_well(self) -> Verdict:
        """The verdict: all talk with the partner that they had, and nothing was that must never be."""
        await self.talk()
        assert len(self.run.judge.together()) == len(self.pairs)
        verdict = await self.run.ends_well(self.crowd)
        assert (verdict.lost_chats, verdict.chats, verdict.halves) == (0, len(self.pairs), 0)
        return verdict

    async def end_unnoticed(self) -> None:
        """The same; and nobody has seen anything of the moves."""
        verdict = await self.end_well()
        assert (verdict.lost, verdict.aways, verdict.moves) == (0, 0, self.moved)


async def talkers(run: Run, count: int = COUNT) -> Talkers:
    """So many, of whom each has a partner, and talks."""
    crowd = await run.crowd(count, TALKS)
    await until(lambda: len(run.judge.together()) == count // 2, "all have met", GUARD_S)
    made = Talkers(run, crowd)
    await made.talk()
    return made
