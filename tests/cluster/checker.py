"""The verdict on a run: what must never be, and figures. Pure: from the history alone.

The invariants: no double match, no half pair, none meet again too soon (I1-I3); order and exactly once, nothing from
strangers or from a chat that is over (I4, I5); whoever fits meets (I7). A run ends with a calm moment, in which nothing
new is said and all that is under way has come.
"""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Iterator, Sequence
from itertools import combinations

from msgspec import Struct

from tests.cluster import relay
from tests.cluster.history import Record
from tests.cluster.life import BROKEN, Life, Violation
from tests.cluster.lives import NOTED_S, Lives

RESTART_S = 10.0  # in which a killed node may be back before its peers have called it away: the grace, and a slow start
WAITS_S = 2.0  # whoever has searched for so long has had the time to meet


class Verdict(Struct):
    """`lost`: messages that were taken and lost by a fault. `lost_chats`: chats of two that ended because of a fault.
    `halves`: chats that only one was told of. `wait_ms`: half of those who met had searched no longer. `moves`: of a
    visitor to another node. `orphans`: whose node was killed in a chat with one of another node, and who came back in
    10 s; `inherited`: those of them whose chat went on. `strangers`: who came anew from a node that drained.
    """

    violations: list[Violation]
    chats: int = 0
    across: int = 0
    messages: int = 0
    lost: int = 0
    lost_chats: int = 0
    halves: int = 0
    aways: int = 0
    wait_ms: float = 0.0
    moves: int = 0
    orphans: int = 0
    inherited: int = 0
    strangers: int = 0

    def __str__(self) -> str:
        figures = [f"{name} {getattr(self, name)}" for name in self.__struct_fields__[1:]]
        return "\n".join([", ".join(figures), *map(str, self.violations)])


class Judge:
    """Follows a history while it grows."""

    def __init__(self, records: Sequence[Record]) -> None:
        self._records = records
        self._taken = 0
        self._lives = Lives()

    def linked(self) -> int:
        """How many are connected."""
        self._follow()
        return sum(life.is_linked for life in self._lives.of.values())

    def messages(self) -> int:
        """How many have come."""
        self._follow()
        return sum(map(len, self._lives.heard.values()))

    def moves(self) -> int:
        """How often somebody has moved to another node."""
        self._follow()
        return self._lives.moves

    def together(self) -> list[tuple[int, int]]:
        """Who chat with each other now."""
        self._follow()
        whole = {chat: each for chat, each in self._lives.members.items() if len(each) == 2}
        return [
            (a.who, b.who)
            for chat, (a, b) in whole.items()
            if self._lives.of[a.who].chat == chat == self._lives.of[b.who].chat
        ]

    def chats(self, *, across: bool) -> int:
        """How many have begun; `across`: between visitors of two nodes."""
        self._follow()
        members = self._lives.members.values()
        return sum(len({member.node for member in each}) > 1 for each in members) if across else len(members)

    def is_calm(self) -> bool:
        """Whether nothing is left that time could mend."""
        self._follow()
        return not any(at_the_end(self._lives)) and not relay.check(self._lives)[0]

    def verdict(self) -> Verdict:
        """The verdict, as if the run ended here."""
        self._follow()
        lives = self._lives
        found, lost = relay.check(lives)
        whole = {chat for chat, members in lives.members.items() if len(members) == 2}
        faults = ("lost", "drained", BROKEN)
        return Verdict(
            violations=sorted(
                [*lives.violations, *found, *never_away(lives), *at_the_end(lives)], key=lambda violation: violation.at
            ),
            chats=self.chats(across=False),
            across=self.chats(across=True),
            messages=self.messages(),
            lost=lost,
            lost_chats=len({chat for (chat, _), end in lives.endings.items() if end.reason in faults} & whole),
            halves=len(lives.members.keys() - whole),
            aways=lives.aways,
            wait_ms=round(statistics.median(lives.waits or [0.0]) * 1000, 1),
            moves=lives.moves,
            orphans=lives.orphans,
            inherited=lives.inherited,
            strangers=lives.strangers,
        )

    def _follow(self) -> None:
        for record in self._records[self._taken :]:
            self._lives.take(record)
        self._taken = len(self._records)


def judge(records: Sequence[Record]) -> Verdict:
    """The verdict on a whole history."""
    return Judge(records).verdict()


def at_the_end(lives: Lives) -> Iterator[Violation]:
    """What must not be when all is calm."""
    here = [life for life in lives.of.values() if not life.has_left]
    for life in here:
        if not life.is_linked:
            yield Violation("never came back", lives.now, life.who)
        elif life.chat is not None and life.is_told_end:
            yield Violation("never told how its chat ended", lives.now, life.who, life.chat)
        elif life.chat is not None:
            yield from half_pairs(lives, life, life.chat)
        if life.later:
            yield Violation("has two links", lives.now, life.who)
        if life.going or life.said:
            yield Violation("never answered", lives.now, life.who, life.chat or "")
    yield from (Violation("two who fit wait", lives.now, a.who, more=str(b.who)) for a, b in waiting_pairs(lives, here))


def never_away(lives: Lives) -> Iterator[Violation]:
    """Chats that were `lost` though nobody was away. It is no fault if one home alone has begun the chat: the other
    visitor has just gone. Nor if the partner's node was killed, and is back before the grace is over.
    """
    for who, chat, at in lives.sudden:
        for partner in lives.members[chat]:
            nodes = lives.nodes_of(partner.who, partner.at)
            if partner.who != who and not any(was_restarted(lives, node, at) for node in nodes):
                yield Violation("lost, but never away", at, who, chat)


def was_restarted(lives: Lives, node: str, at: float) -> bool:
    """Whether the node was killed shortly before, and was back then."""
    kills = [killed for killed in lives.killed.get(node, ()) if 0 <= at - killed < RESTART_S]
    return any(killed < started < at + NOTED_S for killed in kills for started in lives.started.get(node, ()))


def half_pairs(lives: Lives, life: Life, chat: str) -> Iterator[Violation]:
    """A chat that goes on for this visitor must go on for another one, too."""
    partners = [lives.of[member.who] for member in lives.members[chat] if member.who != life.who]
    if not any(partner.chat == chat for partner in partners):
        yield Violation("half a pair", lives.now, life.who, chat)
    elif any(partner.is_linked is not life.is_partner_here for partner in partners):
        yield Violation("wrong about whether its partner is here", lives.now, life.who, chat)


def waiting_pairs(lives: Lives, here: Iterable[Life]) -> list[tuple[Life, Life]]:
    """Two who search for long enough, and could meet."""
    long = [life for life in here if life.searches_since is not None and lives.now - life.searches_since > WAITS_S]
    return [(a, b) for a, b in combinations(long, 2) if a.pool == b.pool and not (have_met(lives, a, b))]


def have_met(lives: Lives, a: Life, b: Life) -> bool:
    """Whether the two have met so lately that they must not meet again yet: with two seconds to spare."""
    sessions = ((a, (b.who, b.session)), (b, (a.who, a.session)))
    return any(who == other and lives.now - at < 63.0 for life, other in sessions for who, at in life.met)
