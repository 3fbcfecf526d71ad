"""What was said and what was heard, compared: in order, exactly once, from nobody else (I4, I5). Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from tests.cluster.lives import Ending, Hearing, Lives, Member, Saying, Violation

KILLED_S = 3.0  # what was taken for a node just before it was killed may be lost, and until others notice
BY_PARTNER = ("skipped", "left")  # the reasons of a chat that the partner has ended: all it said comes before


class Loss(NamedTuple):
    """Something was taken, and never came. `is_last`: nothing later of the same speaker and chat came either."""

    saying: Saying
    is_last: bool


def order_faults(said: Sequence[Saying], heard: Sequence[Hearing]) -> Iterator[tuple[Hearing, str]]:
    """What of the heard does not fit the order of the said."""
    at = 0
    words = [saying.what for saying in said]
    known = set(words)
    for hearing in heard:
        try:
            at = words.index(hearing.what, at) + 1
        except ValueError:
            yield hearing, "doubled or out of order" if hearing.what in known else "never said by the partner"


def losses(said: Sequence[Saying], heard: Sequence[Hearing]) -> Iterator[Loss]:
    """What was taken and not heard."""
    came = {hearing.what for hearing in heard}
    last = max((n for n, saying in enumerate(said) if saying.what in came), default=-1)
    for n, saying in enumerate(said):
        if saying.code == "" and saying.what not in came:
            yield Loss(saying, n > last)


class Direction(NamedTuple):
    """From one member of a chat to the other."""

    chat: str
    speaker: Member
    hearer: Member


def directions(lives: Lives) -> Iterator[Direction]:
    for chat, members in lives.members.items():
        if len(members) == 2:
            a, b = members
            yield Direction(chat, a, b)
            yield Direction(chat, b, a)


def check(lives: Lives) -> tuple[list[Violation], int]:
    """The violations, and how many messages were lost with a node that was killed or with a broken link."""
    found: list[Violation] = []
    excused = 0
    for way in directions(lives):
        said, heard = lives.said[way.chat, way.speaker.who], lives.heard[way.chat, way.hearer.who]
        found += [Violation(what, hearing.at, way.hearer.who, way.chat) for hearing, what in order_faults(said, heard)]
        for loss in losses(said, heard):
            if is_excused(lives, way, loss):
                excused += 1
            else:
                what = "taken, and lost" if loss.is_last else "taken, and lost in the middle"
                found.append(Violation(what, loss.saying.at, way.hearer.who, way.chat, f"of {way.speaker.who}"))
    return found, excused


def is_excused(lives: Lives, way: Direction, loss: Loss) -> bool:
    """Whether rule 3 of docs/protocol.md allows the loss: taken does not mean delivered."""
    at = loss.saying.at
    ending = lives.endings.get((way.chat, way.hearer.who), Ending(lives.now, ""))
    if any(at <= back and broke <= ending.at for broke, back in lives.breaks[way.hearer.who]):
        return True
    if any(at <= killed + KILLED_S and killed <= ending.at for killed in kills(lives, way)):
        return True
    return loss.is_last and ending.reason not in ("", *BY_PARTNER)


def kills(lives: Lives, way: Direction) -> list[float]:
    return [at for member in (way.speaker, way.hearer) for at in lives.killed.get(member.node, ())]
