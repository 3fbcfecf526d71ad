"""The leader of one pool: a lobby, fed by items. It proposes; the homes decide (promise.py).

It holds no history and nothing that is not announced again. So its end loses nothing: another begins with an empty
lobby, and the homes announce what waits.
"""

from collections import OrderedDict
from collections.abc import Callable

from msgspec import Struct

from omefree.contract import nodes
from omefree.contract.nodes import AnyItem, ticket_mark
from omefree.matching.lobby import Lobby
from omefree.matching.ticket import Pair, Ticket, Widened
from omefree.nodes.effects import Broadcast, Effect, Send
from omefree.nodes.leadership import LEAD_S
from omefree.nodes.tickets import ticket_of

COUNT_S = 1.0
TURN = 64  # tickets decided in one `advance`, about 2 ms


class _Waiting(Struct, gc=False):
    """A ticket of a home, and its `ticket_mark`. The lobby has it; if not, it is here: pending, or aside while its
    home is silent.
    """

    home: str
    n: int
    mark: int
    ticket: Ticket | None


class _Home(Struct):
    """What the leader has of one home. `seen` counts its items since it last announced all."""

    seen: int = 0
    xor: int = 0
    visitors: dict[str, None] = {}


class Leader:
    """Leads `pool` in `epoch`. Its driver calls `advance` while the lease lasts, and not after.

    `new_chat` returns an unguessable id, `choose(n)` a number from 0 to n - 1.
    """

    def __init__(
        self, pool: str, epoch: int, lobby: Lobby, new_chat: Callable[[], str], choose: Callable[[int], int]
    ) -> None:
        self.pool, self.epoch = pool, epoch
        self.pairs = 0
        self._lobby = lobby
        self._new_chat = new_chat
        self._choose = choose
        self._waiting: dict[str, _Waiting] = {}
        self._homes: dict[str, _Home] = {}
        self._pending: OrderedDict[str, None] = OrderedDict()
        self._lead_at = self._count_at = float("-inf")

    def __len__(self) -> int:
        return len(self._waiting)

    # --- what is heard ---

    def item(self, tag: str, item: AnyItem, now: float) -> None:
        """Takes an item of a home. What comes of it is said in `advance`."""
        match item:
            case nodes.Announce(self.pool, self.epoch):
                self.drop(tag)
                self._homes[tag] = _Home()
            case nodes.Join(self.pool, self.epoch):
                self._home(tag).seen += 1
                self._join(tag, item, now)
            case nodes.Quit(self.pool, self.epoch):
                self._home(tag).seen += 1
                self._quit(tag, item)
            case _:
                pass  # for the home of this node, or from before we led

    def set_aside(self, tag: str) -> None:
        """Proposes nobody of this home for now: it is silent."""
        for visitor in self._visitors(tag):
            self._pending.pop(visitor, None)
            if (ticket := self._lobby.take_out(visitor)) is not None:
                self._waiting[visitor].ticket = ticket

    def take_back(self, tag: str) -> None:
        """Proposes the visitors of this home again."""
        for visitor in self._visitors(tag):
            if self._waiting[visitor].ticket is not None:
                self._pending[visitor] = None

    def drop(self, tag: str) -> None:
        """Forgets a home: it is dead, or what it has said may be lost."""
        for visitor in self._visitors(tag):
            self._remove(visitor)
        self._homes.pop(tag, None)

    # --- time ---

    def advance(self, now: float) -> list[Effect]:
        """Decides for the tickets that have come, does what is due in the lobby, and says who leads and who waits."""
        effects: list[Effect] = []
        if now >= self._lead_at:
            self._lead_at = now + LEAD_S
            effects.append(Broadcast(nodes.Lead(self.pool, self.epoch)))
        for _ in range(min(TURN, len(self._pending))):
            effects += self._decide(self._pending.popitem(last=False)[0], now)
        for done in self._lobby.advance(now):
            effects += self._propose(done) if isinstance(done, Pair) else self._widened(done)
        if now >= self._count_at:
            self._count_at = now + COUNT_S
            effects += self._counts()
        return effects

    def next_wake(self) -> float:
        """Returns when to call `advance` next; a time in the past means at once."""
        if self._pending:
            return float("-inf")
        wake = self._lobby.next_wake()
        return min(self._lead_at, self._count_at, self._lead_at if wake is None else wake)

    def _home(self, tag: str) -> _Home:
        return self._homes.setdefault(tag, _Home())

    def _visitors(self, tag: str) -> list[str]:
        return list(self._homes[tag].visitors) if tag in self._homes else []

    def _join(self, tag: str, join: nodes.Join, now: float) -> None:
        known = self._waiting.get(join.visitor)
        if known is not None:
            if known.home == tag and known.n >= join.n:
                return
            self._remove(join.visitor)
        mark = ticket_mark(join.visitor, join.n)
        self._waiting[join.visitor] = _Waiting(tag, join.n, mark, ticket_of(join, now))
        home = self._home(tag)
        home.visitors[join.visitor] = None
        home.xor ^= mark
        self._pending[join.visitor] = None

    def _quit(self, tag: str, quit_: nodes.Quit) -> None:
        known = self._waiting.get(quit_.visitor)
        if known is not None and known.home == tag and known.n <= quit_.n:
            self._remove(quit_.visitor)

    def _decide(self, visitor: str, now: float) -> list[Effect]:
        waiting = self._waiting[visitor]
        ticket, waiting.ticket = waiting.ticket, None
        pair = self._lobby.join(ticket, now) if ticket is not None else None
        return self._propose(pair) if pair is not None else []

    def _remove(self, visitor: str) -> _Waiting:
        self._pending.pop(visitor, None)
        self._lobby.leave(visitor)
        waiting = self._waiting.pop(visitor)
        home = self._homes[waiting.home]
        del home.visitors[visitor]
        home.xor ^= waiting.mark
        return waiting

    def _propose(self, pair: Pair) -> list[Effect]:
        a, b = self._remove(pair.a.visitor), self._remove(pair.b.visitor)
        polite = self._choose(2) == 0
        chat, common = self._new_chat(), list(pair.common)
        one, two = pair.a.visitor, pair.b.visitor
        self.pairs += 1
        head = (self.pool, self.epoch, chat)
        if a.home == b.home:
            return [Send(a.home, nodes.Pair2(*head, polite, one, a.n, two, b.n, common))]
        return [
            Send(a.home, nodes.Pair(*head, polite, one, a.n, two, b.home, common)),
            Send(b.home, nodes.Pair(*head, not polite, two, b.n, one, a.home, common)),
        ]

    def _widened(self, widened: Widened) -> list[Effect]:
        waiting = self._waiting[widened.visitor]
        return [Send(waiting.home, nodes.Widened(self.pool, self.epoch, widened.visitor, waiting.n))]

    def _counts(self) -> list[Effect]:
        return [
            Send(tag, nodes.Count(self.pool, self.epoch, home.seen, len(home.visitors), home.xor))
            for tag, home in self._homes.items()
        ]
