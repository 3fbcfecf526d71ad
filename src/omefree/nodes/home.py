"""The searches of one node's visitors: told to the leader of their pool, or paired here while there is none.

The home alone decides about its visitors. A leader proposes. The home says `yes` and promises its visitor
(promise.py) if that still searches with this ticket (its number `n`) and was announced in that epoch. While no leader
is heard of, the same tickets are in a lobby of our own, whose pairs need nobody's word.
"""

from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from typing import Protocol

from msgspec.structs import replace

from omefree.contract import nodes
from omefree.contract.nodes import AnyItem
from omefree.matching.lobby import Lobby
from omefree.matching.ticket import Pair, Ticket, Widened
from omefree.nodes.effects import Begin, Effect, Introduce, Refused, Send
from omefree.nodes.pool import Pool, Search
from omefree.nodes.promise import Promises
from omefree.nodes.tickets import pool_of

TURN = 64  # tickets decided in one `advance` by a lobby of our own, about 2 ms
AT_ONCE = float("-inf")


class Side(Protocol):
    """What a home asks about its visitors at the moment of a proposal."""

    def is_ready(self, ticket: Ticket) -> bool:
        """Says whether this visitor can enter a chat now. If not, its search is over."""
        ...

    def yes(self, chat: str, ticket: Ticket) -> nodes.Yes:
        """Returns our word for this visitor, with what the partner's home needs to begin the chat."""
        ...

    def apart(self, visitor: str) -> tuple[tuple[str, float], ...]:
        """Returns whom this visitor must not meet, and until when, as Ticket.apart."""
        ...


class Home:
    """The searches of one node. `now` is in seconds. Pairs come from `item` and `advance` alone.

    `new_lobby` makes a lobby, `new_chat` returns an unguessable id, `choose(n)` a number from 0 to n - 1.
    """

    def __init__(
        self,
        pools: Iterable[str],
        side: Side,
        new_lobby: Callable[[], Lobby],
        new_chat: Callable[[], str],
        choose: Callable[[int], int],
    ) -> None:
        self._side = side
        self._new_lobby = new_lobby
        self._new_chat = new_chat
        self._choose = choose
        self._pools = {name: Pool(name) for name in pools}
        self._searches: dict[str, Search] = {}
        self._pending: OrderedDict[str, None] = OrderedDict()  # for a lobby of our own
        self._promises = Promises()
        self._n = 0

    def __len__(self) -> int:
        return len(self._searches)

    def __contains__(self, visitor: object) -> bool:
        return visitor in self._searches

    def leader(self, pool: str) -> str | None:
        """Returns the tag of the leader that we follow; None if our visitors are paired here."""
        return self._pools[pool].following.leader

    def seen(self, pool: str) -> int:
        """Returns the highest epoch that we have heard of."""
        return self._pools[pool].following.seen

    # --- what visitors do ---

    def join(self, ticket: Ticket, now: float) -> list[Effect]:
        """Begins a search, in place of the one that this visitor has."""
        before = self._searches.get(ticket.visitor)
        is_elsewhere = before is not None and (before.chat or pool_of(before.ticket) != pool_of(ticket))
        effects = self.leave(ticket.visitor, now) if is_elsewhere else []
        return [*effects, *self._search(ticket, now)]

    def leave(self, visitor: str, now: float) -> list[Effect]:
        """Ends a search, if there is one. A partner to whom it is promised searches on."""
        search = self._searches.pop(visitor, None)
        if search is None:
            return []
        self._pending.pop(visitor, None)
        pool = self._pool(search)
        if pool.lobby is not None:
            pool.lobby.leave(visitor)
        promised = self._promises.void(search.chat, now) if search.chat else None
        if promised is not None:
            return [Send(promised.home, nodes.No(promised.chat))]
        return [*pool.take_back(search)]

    def renew(self, visitor: str, now: float) -> list[Effect]:
        """Brings the exclusions of a waiting visitor up to date."""
        search = self._searches.get(visitor)
        return [] if search is None or search.chat else self._search(search.ticket, now)

    # --- what nodes say ---

    def item(self, tag: str, item: AnyItem, now: float) -> list[Effect]:
        """Takes an item of a node. Those that are not about searches have no effect."""
        for pool in self._pools.values():
            pool.following.heard(tag, now)
        match item:
            case nodes.Lead() | nodes.Seen() | nodes.Count():
                return self._about_pool(tag, item, now) if item.pool in self._pools else []
            case nodes.Pair():
                return self._pair(item, now)
            case nodes.Pair2():
                return self._pair_here(item, now)
            case nodes.Widened():
                search = self._searches.get(item.visitor)
                return [Widened(item.visitor)] if search is not None and search.n == item.n else []
            case nodes.Yes():
                return self._yes(tag, item, now)
            case nodes.No():
                promised = self._promises.void(item.chat, now)
                return self._search_on(promised, now) if promised is not None else [Refused(tag, item.chat)]
            case _:
                return []

    def reset(self, tag: str, now: float) -> list[Effect]:
        """A node's stream has begun anew: what was under way is lost. Its promises are void, and we announce again."""
        effects = self._break(self._promises.with_home(tag), now)
        for pool in self._pools.values():
            if pool.following.leader == tag:
                effects += self._announce(pool, now)
        return effects

    def lost(self, tag: str, now: float) -> list[Effect]:
        """A node is dead."""
        for pool in self._pools.values():
            if pool.following.leader == tag:
                pool.following.drop()
        return self._break(self._promises.with_home(tag), now)

    # --- time ---

    def advance(self, now: float) -> list[Effect]:
        """Does what is due: promises that waited too long, a leader that is silent, a lobby of our own."""
        effects = self._break(self._promises.expire(now), now)
        for pool in self._pools.values():
            if pool.lobby is None and pool.following.is_silent(now):
                self._pair_alone(pool)
        for _ in range(min(TURN, len(self._pending))):
            search = self._searches[self._pending.popitem(last=False)[0]]
            lobby = self._pool(search).lobby
            pair = lobby.join(self._full(search), now) if lobby is not None else None
            effects += self._introduce(pair) if pair is not None else ()
        for pool in self._pools.values():
            for done in pool.lobby.advance(now) if pool.lobby is not None else ():
                effects += self._introduce(done) if isinstance(done, Pair) else (done,)
        return effects

    def next_wake(self) -> float | None:
        """Returns when to call `advance` next; a time in the past means at once, None never."""
        if self._pending:
            return AT_ONCE
        wakes = [self._promises.next_wake()]
        for pool in self._pools.values():
            if pool.lobby is not None:
                wakes.append(pool.lobby.next_wake())
            else:
                wakes.append(AT_ONCE if pool.following.leader is None else pool.following.next_wake())
        return min((when for when in wakes if when is not None), default=None)

    # --- searches ---

    def _pool(self, search: Search) -> Pool:
        return self._pools[pool_of(search.ticket)]

    def _search(self, ticket: Ticket, now: float) -> list[Effect]:
        """Searches with a new number, so that a proposal for the one before is void."""
        pool, before = self._pools[pool_of(ticket)], self._searches.get(ticket.visitor)
        if before is not None:
            pool.unmark(before)
        if pool.lobby is not None:
            pool.lobby.leave(ticket.visitor)
        self._n += 1
        search = self._searches[ticket.visitor] = Search(ticket, self._n)
        if pool.following.leader is not None:
            return [pool.tell(search, self._full(search), now)]
        self._pending[ticket.visitor] = None
        return []

    def _full(self, search: Search) -> Ticket:
        """Returns the ticket with the exclusions that its visitor has now: no lobby is given others."""
        apart = self._side.apart(search.ticket.visitor)
        return replace(search.ticket, apart=apart) if apart else search.ticket

    def _search_on(self, promised: nodes.Pair, now: float) -> list[Effect]:
        """A promise is void: its visitor searches on, with the same begin of its search."""
        return self._search(self._searches[promised.visitor].ticket, now)

    def _break(self, chats: Sequence[str], now: float) -> list[Effect]:
        """Breaks the promises of these chats."""
        effects: list[Effect] = []
        for chat in chats:
            promised = self._promises.void(chat, now)
            if promised is not None:
                effects += [Send(promised.home, nodes.No(chat)), *self._search_on(promised, now)]
        return effects

    # --- leaders ---

    def _about_pool(self, tag: str, item: nodes.Lead | nodes.Seen | nodes.Count, now: float) -> list[Effect]:
        pool = self._pools[item.pool]
        if isinstance(item, nodes.Seen):
            pool.following.saw(item.epoch)
            return []
        if isinstance(item, nodes.Count):
            return self._announce(pool, now) if pool.differs(tag, item) else []
        heard = pool.following.lead(tag, item.epoch, now)
        if heard == "old":
            return [Send(tag, nodes.Seen(item.pool, pool.following.seen))]
        return self._announce(pool, now) if heard == "new" else []

    def _announce(self, pool: Pool, now: float) -> list[Effect]:
        """Tells the leader of all who wait. A lobby of our own ends."""
        effects: list[Effect] = [pool.announce()]
        for search in self._of(pool):
            search.mark = 0
            self._pending.pop(search.ticket.visitor, None)
            if not search.chat:
                effects.append(pool.tell(search, self._full(search), now))
        return effects

    def _pair_alone(self, pool: Pool) -> None:
        pool.following.drop()
        pool.lobby = self._new_lobby()
        for search in self._of(pool):
            pool.unmark(search)
            if not search.chat:
                self._pending[search.ticket.visitor] = None

    def _of(self, pool: Pool) -> list[Search]:
        return [search for search in self._searches.values() if pool_of(search.ticket) == pool.name]

    # --- proposals ---

    def _proposed(self, name: str, epoch: int, visitor: str, n: int) -> Search | None:
        """Returns the search that a leader proposes to end, if it is still this one. The leader has it no more."""
        pool, search = self._pools.get(name), self._searches.get(visitor)
        if pool is None or search is None or search.n != n or pool.following.epoch != epoch:
            return None
        return search if pool.unmark(search) else None

    def _pair(self, pair: nodes.Pair, now: float) -> list[Effect]:
        search = self._proposed(pair.pool, pair.epoch, pair.visitor, pair.n)
        if search is not None and self._promises.is_void(pair.chat):
            return self._search(search.ticket, now)
        if search is None or not self._is_ready(search):
            self._promises.void(pair.chat, now)
            return [Send(pair.home, nodes.No(pair.chat))]
        search.chat = pair.chat
        word = Send(pair.home, self._side.yes(pair.chat, search.ticket))
        early = self._promises.make(pair, now)
        return [word] if early is None else [word, self._begin(search, pair, early)]

    def _pair_here(self, pair: nodes.Pair2, now: float) -> list[Effect]:
        a = self._proposed(pair.pool, pair.epoch, pair.a, pair.na)
        b = self._proposed(pair.pool, pair.epoch, pair.b, pair.nb)
        if a is None or b is None:
            return [effect for one in (a, b) if one is not None for effect in self._search(one.ticket, now)]
        del self._searches[pair.a], self._searches[pair.b]
        polite = pair.a if pair.polite else pair.b
        return [Introduce(pair.chat, polite, Pair(a.ticket, b.ticket, tuple(pair.common)))]

    def _yes(self, tag: str, yes: nodes.Yes, now: float) -> list[Effect]:
        if self._promises.is_void(yes.chat):
            return [Send(tag, nodes.No(yes.chat))]
        pair = self._promises.yes(tag, yes, now)
        if pair is None:
            return []
        search = self._searches[pair.visitor]
        if self._is_ready(search):
            return [self._begin(search, pair, yes)]
        self._promises.void(yes.chat, now)
        return [Send(tag, nodes.No(yes.chat))]

    def _is_ready(self, search: Search) -> bool:
        """Asks whether a visitor can enter a chat. If not, its search is over; whoever was asked may have ended it."""
        is_ready = self._side.is_ready(search.ticket)
        if not is_ready and self._searches.get(search.ticket.visitor) is search:
            del self._searches[search.ticket.visitor]
        return is_ready

    def _begin(self, search: Search, pair: nodes.Pair, yes: nodes.Yes) -> Begin:
        del self._searches[pair.visitor]
        return Begin(pair.chat, pair.polite, search.ticket, pair.partner, pair.home, tuple(pair.common), yes)

    def _introduce(self, pair: Pair) -> list[Effect]:
        """Two of our own are a pair."""
        a, b = (self._searches.pop(ticket.visitor).ticket for ticket in (pair.a, pair.b))
        polite = (a, b)[self._choose(2)].visitor
        return [Introduce(self._new_chat(), polite, replace(pair, a=a, b=b))]
