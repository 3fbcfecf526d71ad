"""The exchange of many processes: drives what nodes/ decides, with a clock, the bus, and the chats of this node.

bus -> item -> Home (this node's searches) and Leader (of a pool that we lead) -> effects -> bus, listener, chats
"""

from __future__ import annotations

import logging
import secrets
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sized

from omefree.clock import Clock, Handle, Timer
from omefree.contract import nodes
from omefree.contract.nodes import AnyItem, Say
from omefree.exchange.acquaintances import Acquaintances, Ties
from omefree.exchange.bus import Bus
from omefree.exchange.interface import ExchangeListener
from omefree.exchange.introduction import Introduction, introduce, new_chat
from omefree.exchange.meeting import Meeting, RemoteListener
from omefree.exchange.voting import POOL as VOTING_POOL
from omefree.exchange.voting import VotingKey
from omefree.matching.lobby import Lobby
from omefree.matching.ticket import Pair, Ticket, Widened
from omefree.nodes.effects import Begin, Broadcast, Effect, Introduce, Refused, Send
from omefree.nodes.home import Home
from omefree.nodes.leader import Leader

POOLS = ("video", "text")
_RETRY_S = 1.0  # pause after an exception: a bug of ours must not make the loop spin

_log = logging.getLogger(__name__)


class Cluster:
    """An Exchange (interface.py) for the visitors of this node, and a BusListener.

    `share` gets the key of voters. `led` is told the epoch in which this node leads a pool, and None at the end.
    """

    def __init__(
        self,
        tag: str,
        bus: Bus,
        clock: Clock,
        new_lobby: Callable[[], Lobby],
        share: Callable[[bytes], None] = lambda key: None,
        led: Callable[[str, int | None], None] = lambda pool, epoch: None,
        pools: Iterable[str] = POOLS,
        choose: Callable[[int], int] = secrets.randbelow,
    ) -> None:
        self._tag = tag
        self._bus = bus
        self._clock = clock
        self._new_lobby = new_lobby
        self._led = led
        self._choose = choose
        self._listener: ExchangeListener
        self._chats: RemoteListener
        self._known = Acquaintances()
        self._home = Home(pools, self, new_lobby, new_chat, choose)
        self._leaders: dict[str, Leader] = {}
        self._voting = VotingKey(clock.time(), secrets.token_bytes, share)
        self._untold: deque[Effect] = deque()  # what is decided and not yet done; empty between two turns
        self._turn: Handle | None = None
        self._timer = Timer(clock, self._plan)
        self._is_closed = False

    def listen(self, listener: ExchangeListener) -> None:
        """Sets the one listener, which is called from the loop alone."""
        self._listener = listener

    def start(self, chats: RemoteListener) -> None:
        """Joins the other nodes. Must be called once, after `listen`."""
        self._chats = chats
        self._bus.start(self)
        self._plan()

    def close(self) -> None:
        """Leaves the other nodes, and stops."""
        self._is_closed = True
        self._timer.cancel()
        if self._turn is not None:
            self._turn.cancel()
        self._bus.close()

    @property
    def leads(self) -> Mapping[str, int]:
        """The pools that we lead now, with our epoch in each."""
        return {leader.pool: leader.epoch for leader in self._leading()}

    @property
    def pairs(self) -> int:
        """How many pairs our present leaderships have proposed."""
        return sum(leader.pairs for leader in self._leaders.values())

    def is_empty(self) -> bool:
        """Whether nothing is held of any visitor."""
        held: list[Sized] = [self._home, self._known, self._untold, *self._leaders.values()]
        return not any(map(len, held))

    # --- for the chats ---

    def __len__(self) -> int:
        return len(self._home) + sum(len(_visitors(effect)) for effect in self._untold)

    def __contains__(self, visitor: object) -> bool:
        return visitor in self._home or any(visitor in _visitors(effect) for effect in self._untold)

    def join(self, ticket: Ticket) -> None:
        """Tells the leader of the pool, or puts the ticket into a lobby of our own if there is none."""
        self._take_back(ticket.visitor)
        self._known.welcome(ticket.visitor)
        self._do(self._home.join(ticket, self._clock.time()))

    def leave(self, visitor: str) -> None:
        """Takes the visitor out of its search, of a promise to a partner, and of a pair that has not been told yet."""
        self._take_back(visitor)
        self._do(self._home.leave(visitor, self._clock.time()))

    def met(self, a: str, b: str) -> None:
        """Keeps `a`, a visitor here, and `b` apart for the cooldown. At the home of `b` the same is done."""
        self._known.met(a, b, self._clock.time())
        self._renew(a, b)

    def report(self, a: str, b: str) -> None:
        """Keeps `a`, a visitor here, from `b`. Its next ticket tells the leader so; a waiting one is told anew."""
        self._known.report(a, b)
        self._renew(a)

    def reunite(self, a: Ticket, b: Ticket) -> Introduction:
        """Makes a pair of two visitors here at once. It has no common interests."""
        for ticket in (a, b):
            self.leave(ticket.visitor)
        self._known.allow(a.visitor, b.visitor)
        return introduce(Pair(a, b, ()))

    def meets(self, visitor: str, partner: str, tag: str) -> None:
        """A visitor here enters a chat with one of the node `tag`: nothing keeps the two apart any more."""
        self._known.meets(visitor, partner, tag)

    def forget(self, visitor: str) -> None:
        """Ends the visitor's search and drops its id, here and at the nodes where it may be held."""
        self.leave(visitor)
        self._strike(visitor)
        for tag in self._known.leave(visitor):
            self._bus.send(tag, nodes.Gone([visitor]))

    def give_up(self, visitor: str, to: str) -> Ties:
        """A visitor here moves to the node `to`. Its search ends here, and so does what is held of it."""
        self.leave(visitor)
        ties = self._known.give_up(visitor, to)
        self._plan()
        return ties

    def take_over(self, visitor: str, ties: Ties, source: str) -> None:
        """A visitor has moved here from the node `source`."""
        self._known.take_over(visitor, ties, source, self._clock.time())
        self._plan()

    def moves(self, visitor: str, to: str, holds: list[str]) -> None:
        """A visitor of another node moves to the node `to`, and with it the ids that it holds."""
        self._known.moves(visitor, to, holds)

    def gone(self, tag: str, visitor: str) -> None:
        """The node `tag` says that the session of its visitor is over."""
        if self._chats.gone(tag, visitor):
            self._strike(visitor)

    # --- Side (nodes/home.py) ---

    def is_ready(self, ticket: Ticket) -> bool:
        """Whether the visitor of a ticket can enter a chat now."""
        return self._chats.is_ready(ticket)

    def yes(self, chat: str, ticket: Ticket) -> nodes.Yes:
        """Our word for a visitor here."""
        return self._chats.yes(chat, ticket)

    def apart(self, visitor: str) -> tuple[tuple[str, float], ...]:
        """Whom the visitor must not meet, and until when."""
        return self._known.of(visitor)

    # --- BusListener ---

    def on_item(self, tag: str, item: AnyItem) -> None:
        """Gives an item to whom it concerns. What visitors say takes the shortest way."""
        if type(item) is Say:
            self._chats.say(tag, item)
            return
        now = self._clock.time()
        match item:
            case nodes.Join() | nodes.Quit() | nodes.Announce():
                if (leader := self._leaders.get(item.pool)) is not None:
                    leader.item(tag, item, now)
                    self._plan()
                return
            case nodes.Voting():
                if tag == self._home.leader(VOTING_POOL):
                    self._voting.told(item, now)
            case _:
                if isinstance(item, nodes.Lead | nodes.Seen):
                    self._bus.see(item.pool, item.epoch)
                self._chats.item(tag, item)
        self._do(self._home.item(tag, item, now))

    def on_deaf(self, tag: str) -> None:
        """Proposes nobody of this node for now."""
        for leader in self._leaders.values():
            leader.set_aside(tag)
        self._chats.deaf(tag)

    def on_heard(self, tag: str) -> None:
        """Proposes its visitors again."""
        for leader in self._leaders.values():
            leader.take_back(tag)
        self._plan()

    def on_away(self, tag: str) -> None:
        """Its visitors are away."""
        self._chats.away(tag)

    def on_back(self, tag: str) -> None:
        """They are back, and what the two nodes have is compared."""
        self._chats.back(tag)

    def on_dead(self, tag: str) -> None:
        """Its visitors are lost."""
        for leader in self._leaders.values():
            leader.drop(tag)
        for visitor in self._chats.dead(tag):
            self._strike(visitor)
        self._known.dead(tag)
        self._do(self._home.lost(tag, self._clock.time()))

    def on_reset(self, tag: str) -> None:
        """Says again what stands: who searches, and which chats there are."""
        for leader in self._leaders.values():
            leader.drop(tag)
        self._do(self._home.reset(tag, self._clock.time()))
        self._chats.compare(tag)

    def on_leading(self, pool: str, epoch: int) -> None:
        """Leads a pool, with an empty lobby: the homes announce who waits."""
        self._leaders[pool] = Leader(pool, epoch, self._new_lobby(), new_chat, self._choose)
        self._led(pool, epoch)
        self._plan()

    def on_following(self, pool: str) -> None:
        """Throws the lobby away."""
        if self._leaders.pop(pool, None) is not None:
            self._led(pool, None)

    # --- turns and effects ---

    def _renew(self, *visitors: str) -> None:
        for visitor in visitors:
            self._do(self._home.renew(visitor, self._clock.time()))

    def _strike(self, visitor: str) -> None:
        """Drops the id of a session that is over. A leader has it with the tickets of those who hold it."""
        self._renew(*self._known.strike(visitor))

    def _leading(self) -> list[Leader]:
        """The leaderships whose lease holds at this moment."""
        return [leader for pool, leader in self._leaders.items() if self._bus.leads(pool) == leader.epoch]

    def _plan(self) -> None:
        if self._turn is None and not self._is_closed:
            self._turn = self._clock.call_soon(self._take_turn)

    def _take_turn(self) -> None:
        """Does what is due, and plans the next turn."""
        fine = self._guard(self._advance)
        self._turn = None
        if not self._is_closed:
            self._arm(0.0 if fine else _RETRY_S)

    def _advance(self) -> None:
        now = self._clock.time()
        self._known.advance(now)
        self._do(self._home.advance(now))
        for leader in self._leading():
            self._do(leader.advance(now))
        for item in self._voting.advance(now, leads=VOTING_POOL in self._leaders):
            self._bus.broadcast(item)

    def _arm(self, delay_s: float) -> None:
        """Makes the timer run no later than what is due next. To run earlier does no harm."""
        now = self._clock.time()
        wakes = [self._home.next_wake(), self._known.next_wake(), self._voting.next_wake()]
        wakes += [leader.next_wake() for leader in self._leading()]
        wake = min(when for when in wakes if when is not None)
        if wake <= now and not delay_s:
            self._plan()
        else:
            self._timer.no_later_than(max(wake, now + delay_s))

    def _do(self, effects: list[Effect]) -> None:
        """Does these effects, in order, after those that are being done."""
        is_first = not self._untold
        self._untold.extend(effects)
        if is_first:
            while self._untold:
                effect = self._untold.popleft()
                if isinstance(effect, Send):  # nearly all
                    self._bus.send(effect.tag, effect.item)
                else:
                    self._guard(self._effect, effect)
        self._plan()

    def _effect(self, effect: Broadcast | Introduce | Begin | Widened | Refused) -> None:
        match effect:
            case Broadcast(item):
                self._bus.broadcast(item)
                self._bus.send(self._tag, item)
            case Introduce(chat, polite, pair):
                self._listener.on_introduction(Introduction(chat, polite, pair))
            case Begin(chat, polite, own, partner, home, common, yes):
                self._chats.begin(Meeting(chat, polite, own, partner, home, common, yes))
            case Widened(visitor):
                self._listener.on_widened(visitor)
            case Refused(tag, chat):
                self._chats.refused(tag, chat)

    def _take_back(self, visitor: str) -> None:
        """Undoes what was decided of a visitor but not yet told. A partner that loses its pair by this searches on."""
        for effect in self._untold:
            if visitor in _visitors(effect) or effect == Widened(visitor):
                self._untold.remove(effect)
                if isinstance(effect, Introduce):
                    pair = effect.pair
                    self._do(self._home.join(pair.b if pair.a.visitor == visitor else pair.a, self._clock.time()))
                return

    def _guard(self, work: Callable[..., None], *args: object) -> bool:
        """Calls `work` and logs what it raises: one visitor's trouble must not stop all matching. True: no error."""
        try:
            work(*args)
        except Exception as error:
            _log.error("matching goes on after %s", type(error).__name__)
            return False
        return True


def _visitors(effect: Effect) -> tuple[str, ...]:
    """The visitors of this node that an effect takes out of their searches."""
    match effect:
        case Introduce(pair=pair):
            return (pair.a.visitor, pair.b.visitor)
        case _:
            return ()
