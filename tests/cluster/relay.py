"""What was said and what was heard, compared: in order, exactly once, from nobody else (I4, I5). Pure."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from tests.cluster.history import OK
from tests.cluster.life import WENT, Ending, Hearing, Member, Saying, Violation
from tests.cluster.lives import NOTED_S, Lives

NEVER = math.inf
KILLED_S = 3.0  # what was taken for a node just before it was killed may be lost, and until others notice
CROSSES_S = 5.0  # so long, on a busy machine, something said is under way to one who ends the chat meanwhile
UNNOTICED_S = 8.0  # so long after a fault words may be taken for a node that is not reached: lease, beat and grace
NOTICED_S = 2.0  # so long a node may not know yet that a link is broken, or back


class Loss(NamedTuple):
    """Something was taken, and never came. `overtaken_at`: when something later of the same speaker and chat came."""

    saying: Saying
    overtaken_at: float = NEVER

    @property
    def is_last(self) -> bool:
        """Nothing later came."""
        return self.overtaken_at == NEVER


class Order(NamedTuple):
    """The heard, laid over the said. `came`: where in the said each stands that was heard, and when it was."""

    faults: list[tuple[Hearing, str]]
    came: list[tuple[int, float]]


def laid_over(said: Sequence[Saying], heard: Sequence[Hearing]) -> Order:
    """A client may say the same again: each that was heard is taken for the earliest that it can be."""
    words = [saying.what for saying in said]
    known, at = set(words), 0
    order = Order([], [])
    for hearing in heard:
        try:
            at = words.index(hearing.what, at) + 1
            order.came.append((at - 1, hearing.at))
        except ValueError:
            what = "doubled or out of order" if hearing.what in known else "never said by the partner"
            order.faults.append((hearing, what))
    return order


def losses(said: Sequence[Saying], heard: Sequence[Hearing], came: Sequence[tuple[int, float]]) -> Iterator[Loss]:
    """What was taken and not heard."""
    words = {hearing.what for hearing in heard}
    for n, saying in enumerate(said):
        if saying.code == OK and saying.what not in words:
            yield Loss(saying, next((at for place, at in came if place > n), NEVER))


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
        for loss in losses(said, heard, order.came):
            if is_by_fault(lives, way, loss):
                excused += 1
            elif not crosses_the_end(lives, way, loss):
                what = "taken, and lost" if loss.is_last else "taken, and lost in the middle"
                found.append(Violation(what, loss.saying.at, way.hearer.who, way.chat, f"of {way.speaker.who}"))
        for saying in said:
            if saying.code == "partner_away" and not may_be_away(lives, way, saying):
                found.append(Violation("refused as away, but it was here", saying.at, way.speaker.who, way.chat))
        found += misshown(lives, way)
    return found, excused


def misshown(lives: Lives, way: Direction) -> Iterator[Violation]:
    """What a program without a seal was given must be what came: of a chat that it has ended itself, the beginning."""
    came = [hearing.what for hearing in lives.heard[way.chat, way.hearer.who]]
    shown = lives.shown[way.chat, way.hearer.who]
    if lives.of[way.hearer.who].pool != "plain" or (ending(lives, way).reason == WENT and shown == came[: len(shown)]):
        return
    if shown != came:
        yield Violation("its program was given something else than came", lives.now, way.hearer.who, way.chat)


def is_by_fault(lives: Lives, way: Direction, loss: Loss) -> bool:
    """Whether rule 3 of docs/protocol.md allows the loss: taken does not mean delivered. A break or a killed node takes
    what is under way: nothing later has come before it.
    """
    at, end = loss.saying.at, min(ending(lives, way).at, loss.overtaken_at)
    if any(at <= back and broke <= end for broke, back in lives.breaks[way.hearer.who]):
        return True
    return any(at <= killed + KILLED_S and killed <= end for killed in kills(lives, way))


def crosses_the_end(lives: Lives, way: Direction, loss: Loss) -> bool:
    """Whether the hearer ended the chat itself while this was under way: for as long as a fault lasts, in a fault."""
    at, end = loss.saying.at, ending(lives, way)
    is_held = any(at - UNNOTICED_S <= fault <= end.at for fault in lives.faults)
    return loss.is_last and end.reason == WENT and (is_held or at >= end.at - CROSSES_S)


def may_be_away(lives: Lives, way: Direction, saying: Saying) -> bool:
    """Whether the hearer's link may have been broken for its node, or its node not reached: after a fault alone."""
    breaks = [*lives.breaks[way.hearer.who], (lives.broken.get(way.hearer.who, NEVER), NEVER)]
    is_broken = any(broke <= saying.answered_at and saying.at <= back + NOTICED_S for broke, back in breaks)
    return is_broken or any(fault <= saying.answered_at + NOTED_S for fault in lives.faults)


def ending(lives: Lives, way: Direction) -> Ending:
    """How the chat ended for the hearer; without a reason if it has not."""
    return lives.endings.get((way.chat, way.hearer.who), Ending(lives.now, ""))


def kills(lives: Lives, way: Direction) -> list[float]:
    nodes = {node for member in (way.speaker, way.hearer) for node in lives.nodes_of(member.who, member.at)}
    return [at for node in nodes for at in lives.killed.get(node, ())]
