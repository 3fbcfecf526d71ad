"""What was said and what was heard, compared: in order, exactly once, from nobody else (I4, I5). Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from tests.cluster.history import OK
from tests.cluster.lives import WENT, Ending, Hearing, Lives, Member, Saying, Violation

KILLED_S = 3.0  # what was taken for a node just before it was killed may be lost, and until others notice
BY_PARTNER = ("skipped", "left")  # the reasons of a chat that the partner has ended: all it said comes before


class Loss(NamedTuple):
    """Something was taken, and never came. `is_last`: nothing later of the same speaker and chat came either."""

    saying: Saying
    is_last: bool


class Order(NamedTuple):
    """The heard, laid over the said. `last`: where in the said the last one stands that was heard; -1: nowhere."""

    faults: list[tuple[Hearing, str]]
    last: int


def laid_over(said: Sequence[Saying], heard: Sequence[Hearing]) -> Order:
    """A client may say the same again: each that was heard is taken for the earliest that it can be."""
    words = [saying.what for saying in said]
    known, at, faults = set(words), 0, []
    for hearing in heard:
        try:
            at = words.index(hearing.what, at) + 1
        except ValueError:
            what = "doubled or out of order" if hearing.what in known else "never said by the partner"
            faults.append((hearing, what))
    return Order(faults, at - 1)


def losses(said: Sequence[Saying], heard: Sequence[Hearing], last: int) -> Iterator[Loss]:
    """What was taken and not heard."""
    came = {hearing.what for hearing in heard}
    for n, saying in enumerate(said):
        if saying.code == OK and saying.what not in came:
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
    """The violations, and how many messages were lost by a fault: with a killed node, or with a broken link."""
    found: list[Violation] = []
    excused = 0
    for way in directions(lives):
        said, heard = lives.said[way.chat, way.speaker.who], lives.heard[way.chat, way.hearer.who]
        order = laid_over(said, heard)
        found += [Violation(what, hearing.at, way.hearer.who, way.chat) for hearing, what in order.faults]
        for loss in losses(said, heard, order.last):
            if is_by_fault(lives, way, loss):
                excused += 1
            elif not (loss.is_last and ending(lives, way).reason == WENT):  # else it crossed the hearer's own end
                what = "taken, and lost" if loss.is_last else "taken, and lost in the middle"
                found.append(Violation(what, loss.saying.at, way.hearer.who, way.chat, f"of {way.speaker.who}"))
    return found, excused


def is_by_fault(lives: Lives, way: Direction, loss: Loss) -> bool:
    """Whether rule 3 of docs/protocol.md allows the loss: taken does not mean delivered."""
    at, end = loss.saying.at, ending(lives, way)
    if any(at <= back and broke <= end.at for broke, back in lives.breaks[way.hearer.who]):
        return True
    if any(at <= killed + KILLED_S and killed <= end.at for killed in kills(lives, way)):
        return True
    return loss.is_last and end.reason not in ("", WENT, *BY_PARTNER)


def ending(lives: Lives, way: Direction) -> Ending:
    """How the chat ended for the hearer; without a reason if it has not."""
    return lives.endings.get((way.chat, way.hearer.who), Ending(lives.now, ""))


def kills(lives: Lives, way: Direction) -> list[float]:
    return [at for member in (way.speaker, way.hearer) for at in lives.killed.get(member.node, ())]
