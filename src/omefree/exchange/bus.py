"""The bus of one node: items to the other nodes and from them, each exactly once and in order, and who they are.

Everything here is judged by `clock`; the wire alone speaks to the engine.
"""

import logging
import secrets
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from typing import Protocol

from msgspec import Struct, structs

from omefree.clock import Clock, Timer
from omefree.contract.batches import VERSION
from omefree.contract.nodes import AnyItem, Bye
from omefree.exchange.links import Links
from omefree.exchange.notices import Notices
from omefree.exchange.sealing import Sealing
from omefree.exchange.wire import BARRED, BEAT_S, Answer, Beat, Leader, Refusal, Wire, tag_of
from omefree.nodes.leadership import LeaseChange, Leases
from omefree.nodes.roster import GRACE_S, Change, Roster
from omefree.nodes.stream import Received

CUT_S = 20.0  # an engine that starts again, or a failover, is over by then

_log = logging.getLogger(__name__)


class BusListener(Protocol):
    """Is told what the bus brings, from the loop alone. If it raises, only the exception's class is logged."""

    def on_item(self, tag: str, item: AnyItem) -> None:
        """An item of this node, or one that we sent to ourselves."""

    def on_deaf(self, tag: str) -> None:
        """This node hears nothing at the moment. Nothing more is to be sent to it."""

    def on_heard(self, tag: str) -> None:
        """It hears again."""

    def on_away(self, tag: str) -> None:
        """It, or the way to it, has been gone for longer than the grace."""

    def on_back(self, tag: str) -> None:
        """It is there again after `on_away`."""

    def on_dead(self, tag: str) -> None:
        """It has been away for so long that its visitors cannot come back to it."""

    def on_reset(self, tag: str) -> None:
        """It has begun anew, and what was under way both ways is lost: say what stands."""

    def on_leading(self, pool: str, epoch: int) -> None:
        """We lead this pool in this epoch from now on."""

    def on_following(self, pool: str) -> None:
        """We no longer lead this pool. Told before any item that comes after our lease."""


class BusOptions(Struct, frozen=True):
    """Who we are, how long a node may be away, and how often we write (links.py)."""

    tag: str
    boot: str
    pools: tuple[str, ...]
    may_lead: bool = True
    lost_s: float = 120.0  # the resume window in a chat
    pace_s: float = 0.0


class Figures(Struct, frozen=True):
    """What the bus has done since the start, for metrics. `dropped` are batches and items, by why."""

    dropped: Mapping[str, int]
    streams: Mapping[str, int]  # repeated, gaps, doubles, strangers, anew (nodes/stream.py)
    batches: int
    window_bytes: int  # now, of the node for which most waits
    cuts: int  # of the connection to the engine


def first_beat(options: BusOptions, sealing: Sealing) -> Beat:
    """The beat with which a node takes its lease, before it has a bus."""
    seen = dict.fromkeys(options.pools, 0)
    return Beat(options.tag, options.boot, VERSION, sealing.names, options.may_lead, 0, seen)


class Bus:
    """Sends and hears over a wire. `online` says how many visitors are here; `notice` gets a word for the log."""

    def __init__(
        self,
        wire: Wire,
        sealing: Sealing,
        clock: Clock,
        options: BusOptions,
        online: Callable[[], int],
        notice: Callable[[str], None],
    ) -> None:
        self._wire = wire
        self._clock = clock
        self._options = options
        self._online = online
        self._notices = Notices(clock, notice)
        self._listener: BusListener
        self._links = Links(options.tag, wire, sealing, clock, _choose, options.pace_s)
        self._links.listen(self)
        self._roster = Roster(options.lost_s)
        self._leases = Leases(options.tag)
        self._beat = first_beat(options, sealing)
        self._seen = dict(self._beat.seen)
        self._beats: deque[tuple[float, int]] = deque()  # without an answer: when, and how many visitors it told
        self._answer = Answer({}, 0, {}, 0.0)
        self._elsewhere = 0  # visitors
        self._refusal: Refusal | None = None
        self._is_up = False
        self._cut_at = float("inf")  # since when, if we are cut off
        self._is_full = False  # the wire
        self._has_said_bye = False
        self._cuts = 0
        self.tag = options.tag
        self.takers = {options.tag}  # nodes that take what visitors say: no `send` changes it within its turn
        self.crowded: set[str] = set()  # nodes to which nothing should be sent that need not arrive
        self._beat_timer = Timer(clock, self._beat_now)
        self._timer = Timer(clock, self._do_due)
        self._old_at = clock.time() + options.lost_s

    # --- for the node ---

    def start(self, listener: BusListener) -> None:
        """Joins the other nodes, and tells this listener from now on."""
        self._listener = listener
        self._wire.listen(self)

    def close(self) -> None:
        """Sends what is waiting, gives back the lease, and stops."""
        self._links.close()
        self._notices.close()
        self._timer.cancel()
        self._beat_timer.cancel()
        self._wire.close(self._links.farewell())

    def begin_to_leave(self) -> None:
        """Lets others lead what we lead, at once, and tells all that nobody is to move to us. All else goes on."""
        self._beat = structs.replace(self._beat, leaves=True)
        self._beat_now()

    def send(self, tag: str, item: AnyItem) -> None:
        """Sends an item at the end of this turn of the loop. One to ourselves comes back in a later turn."""
        if tag == self._options.tag:
            self._clock.call_soon(self._deliver, tag, (item,))
        else:
            self._links.send(tag, item)

    def broadcast(self, item: AnyItem) -> None:
        """Sends an item to every other node at the end of this turn, once. It may be lost."""
        self._links.broadcast(item)

    def see(self, pool: str, epoch: int) -> None:
        """Notes an epoch of this pool. Whoever leads next gets a higher one than any that was seen."""
        if pool in self._seen:
            self._seen[pool] = max(self._seen[pool], epoch)

    def leads(self, pool: str) -> int | None:
        """The epoch in which we lead this pool now, if we do."""
        return self._leases.leads(pool, self._clock.time())

    def knows(self, tag: str) -> bool:
        """Whether this is another node, or was one until a while ago."""
        return tag in self._roster

    @property
    def is_young(self) -> bool:
        """Whether visitors may be about whose node has died before we came."""
        return self._clock.time() < self._old_at

    @property
    def is_cut(self) -> bool:
        """Whether nothing is heard of the others, for no longer than it usually takes until they are heard again."""
        return not self._is_up and self._clock.time() < self._cut_at + CUT_S

    @property
    def online(self) -> int:
        """How many visitors are at all nodes that can be reached: ours alone if we are cut off beyond the grace."""
        return self._online() + (0 if self._is_alone() else self._elsewhere)

    @property
    def peers(self) -> Set[str]:
        """The tags of the other nodes that have a lease: none if we are cut off beyond the grace."""
        return set() if self._is_alone() else self._answer.nodes.keys() - {self._options.tag}

    @property
    def refuges(self) -> Set[str] | None:
        """The nodes to which our visitors can move: those that hear us and stay. None if we cannot know, or not yet."""
        stay = {tag for tag in self.peers - self._answer.leaving if not self._roster.is_silent(tag)}
        is_answered = not self._beat.leaves or self._options.tag in self._answer.leaving
        return None if self._is_alone() or not (stay or is_answered) else stay

    @property
    def leaders(self) -> Mapping[str, Leader]:
        """Who leads which pool, as the registry last said."""
        return self._answer.leaders

    @property
    def degraded(self) -> str:
        """Why this node is on its own, or nearly so, in a word; empty if all is well."""
        if not self._is_up and self._refusal not in BARRED:
            return "down"
        return self._refusal or ("slow" if self._is_full else "")

    def figures(self) -> Figures:
        """What was done since the start."""
        links = self._links
        return Figures(dict(links.dropped), links.counts(), links.batches, links.window_bytes(), self._cuts)

    # --- what the wire tells ---

    def on_up(self) -> None:
        """Sends what has waited, and beats."""
        self._is_up = True
        self._cut_at = float("inf")
        self._notices.up()
        self._links.connect()
        self._apply(self._roster.joined(self._clock.time()))
        self._beat_now()

    def on_down(self) -> None:
        """Holds everything back until the wire is up again."""
        self._is_up = False
        self._cut_at = self._clock.time()
        self._cuts += 1
        self._notices.down()
        self._beats.clear()
        self._links.disconnect()
        self._roster.cut(self._clock.time())
        self.on_full(is_full=False)
        self._arm()

    def on_full(self, *, is_full: bool) -> None:
        """Takes nothing more of visitors until the engine has caught up."""
        self._is_full = is_full
        for tag in self._roster:
            self.on_room(tag)

    def on_arrival(self, channel: str, data: bytes) -> None:
        """Takes a batch. One of a sibling (siblings.py) comes also while we are cut off: in vain beyond the grace."""
        if not self._is_alone() and self._refusal not in BARRED:
            self._links.arrive(channel, data)

    def on_listeners(self, channel: str, count: int) -> None:
        """If nobody listens to a node's channel, it is deaf, and we know it before its lease ends."""
        tag = tag_of(channel)
        if count == 0:
            self._apply(self._roster.deaf(tag, self._clock.time()))
            self.on_room(tag)
        elif self._roster.is_silent(tag):
            self._apply(self._roster.listens(tag, self._clock.time()))
            self.on_room(tag)

    def on_answer(self, answer: Answer) -> None:
        """Takes over who is there, and who leads."""
        if not self._beats:
            return
        sent_at, told = self._beats.popleft()
        self._refusal = None
        self._answer = answer
        self._elsewhere = max(0, answer.online - told)
        now = self._clock.time()
        others = {tag: boot for tag, boot in answer.nodes.items() if tag != self._options.tag}
        self._apply(self._roster.beat(others, answer.age_s, now))
        for pool, leader in answer.leaders.items():
            self.see(pool, leader.epoch)
        self._change(self._leases.beat(answer.leaders, sent_at, now))
        if self._options.tag in answer.leaving and not self._has_said_bye:
            self._has_said_bye = True
            self.broadcast(Bye())  # whoever leads now learns it at once, and not by its next beat
        self._arm()

    def on_refusal(self, refusal: Refusal) -> None:
        """Goes on with what is known. Our lease will end."""
        if self._beats:
            self._beats.popleft()
        self._refusal = refusal
        self._notices.say(refusal)

    # --- what the links tell ---

    def on_received(self, tag: str, received: Received) -> None:
        """Delivers the items of a batch. One of the living stream is a sign of life."""
        self._advance()
        if received.is_ours:
            self._heard(tag)
        if received.is_anew:
            self._tell(self._listener.on_reset, tag)
        self._deliver(tag, received.items)

    def on_broadcast(self, tag: str, items: Sequence[AnyItem]) -> None:
        """Delivers the items of a broadcast. When a node leaves, somebody else leads what it led: we ask who."""
        self._advance()
        self._heard(tag)
        if Bye() in items:
            self._beat_now()
        self._deliver(tag, [item for item in items if type(item) is not Bye])

    def _heard(self, tag: str) -> None:
        self._apply(self._roster.heard(tag, self._clock.time()))
        if tag not in self.takers:
            self.on_room(tag)

    def on_room(self, tag: str) -> None:
        """Notes whether a node takes what visitors say, and whether that is much already."""
        takes = self._roster.takes(tag) and not (self._is_full or self._links.is_full(tag))
        (self.takers.add if takes else self.takers.discard)(tag)
        (self.crowded.add if self._is_full or self._links.is_crowded(tag) else self.crowded.discard)(tag)

    def on_dropped(self, why: str) -> None:
        """Says it in the log."""
        self._notices.say(why)

    # --- time and changes ---

    def _is_alone(self) -> bool:
        return self._clock.time() >= self._cut_at + GRACE_S

    def _beat_now(self) -> None:
        now = self._clock.time()
        self._beat_timer.cancel()
        self._beat_timer.no_later_than(now + BEAT_S)
        for tag in self._roster.silent():
            self._links.probe(tag)
        if self._is_up:
            online = self._online()
            self._beats.append((now, online))
            self._wire.beat(structs.replace(self._beat, online=online, seen=dict(self._seen)))

    def _advance(self) -> None:
        """Does what is due: a loop that was stopped for a while reads its sockets before its timers."""
        if self._clock.time() >= self._timer.when:
            self._do_due()

    def _do_due(self) -> None:
        now = self._clock.time()
        self._timer.cancel()
        self._change(self._leases.advance(now))
        self._apply(self._roster.advance(now))
        self._arm()

    def _arm(self) -> None:
        """Plans the next `_do_due`. To come earlier does no harm."""
        for wake in (self._roster.next_wake(), self._leases.next_wake()):
            self._timer.no_later_than(wake)

    def _apply(self, changes: Sequence[Change]) -> None:
        for change in changes:
            self.on_room(change.tag)
        for change in changes:
            match change.kind:
                case "silent":
                    self._links.hold(change.tag)
                    self._tell(self._listener.on_deaf, change.tag)
                case "heard":
                    self._links.release(change.tag)
                    self._links.probe(change.tag)
                    self._tell(self._listener.on_heard, change.tag)
                case "reborn":
                    self._links.probe(change.tag)
                case "away":
                    self._tell(self._listener.on_away, change.tag)
                case "back":
                    self._tell(self._listener.on_back, change.tag)
                case "dead":
                    self._links.forget(change.tag)
                    self.crowded.discard(change.tag)
                    self._tell(self._listener.on_dead, change.tag)
                case "new":
                    pass
            self._arm()

    def _change(self, changes: Iterable[LeaseChange]) -> None:
        for pool, epoch in ((change.pool, change.epoch) for change in changes):
            if epoch is None:
                # In a new epoch: all who wait must be announced.
                self.see(pool, self._seen.get(pool, 0) + 1)
                self._tell(self._listener.on_following, pool)
            else:
                self._tell(self._listener.on_leading, pool, epoch)

    def _deliver(self, tag: str, items: Sequence[AnyItem]) -> None:
        """Tells the listener each item. One visitor's trouble must not stop what all others send."""
        on_item = self._listener.on_item
        for item in items:
            try:
                on_item(tag, item)
            except Exception as error:
                _report(error)

    def _tell(self, told: Callable[..., None], *about: object) -> None:
        """Tells the listener what has become of a node. Its trouble must not stop the bus, either."""
        try:
            told(*about)
        except Exception as error:
            _report(error)


def _report(error: Exception) -> None:
    _log.error("the bus goes on after %s", type(error).__name__)


def _choose() -> int:
    """A number for a stream: 63 random bits, never 0."""
    return secrets.randbits(63) or 1
