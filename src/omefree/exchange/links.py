"""The streams of one node to all others: sealed batches out, items in. A turn of the loop makes one write.

A batch costs what ten items in it do, so there is at most one write in `pace_s`. What comes alone never waits for it:
only what is said so soon after the last write does, and shares the next.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Protocol

import msgspec
from msgspec import Raw

from omefree.clock import Clock, Handle, Timer
from omefree.contract.batches import (
    DATA,
    SPOKEN,
    VERSION,
    Batch,
    Heard,
    Sealable,
    decode_batch,
    encode_batch,
    encode_items,
)
from omefree.contract.nodes import AnyItem, Bye
from omefree.exchange.sealing import Sealing
from omefree.exchange.wire import ALL, Publication, Wire, channel_of
from omefree.nodes.stream import Received, Stream

_COUNTED = ("repeated", "gaps", "doubles", "strangers", "anew")  # of a stream (nodes/stream.py)


class LinksListener(Protocol):
    """Is told what comes from other nodes, from the loop alone."""

    def on_received(self, tag: str, received: Received) -> None:
        """A batch of this node's stream."""

    def on_broadcast(self, tag: str, items: Sequence[AnyItem]) -> None:
        """A batch of this node for all."""

    def on_room(self, tag: str) -> None:
        """Whether this node's stream is full or crowded may have changed."""

    def on_dropped(self, why: str) -> None:
        """A batch, or some of its items, could not be taken."""


class Links:
    """One stream for each other node, made when it is needed. `choose` returns 63 random bits, never 0. `pace_s`: the
    least time between two writes.
    """

    def __init__(
        self, tag: str, wire: Wire, sealing: Sealing, clock: Clock, choose: Callable[[], int], pace_s: float = 0.0
    ) -> None:
        self._tag = tag
        self._wire = wire
        self._sealing = sealing
        self._clock = clock
        self._choose = choose
        self._pace_s = pace_s
        self._next_at = float("-inf")  # for a write
        self._listener: LinksListener
        self._streams: dict[str, Stream] = {}
        self._held: set[str] = set()  # nodes that cannot hear us
        self._is_up = False
        self._touched: dict[str, None] = {}  # nodes for the end of this turn, in order
        self._broadcasts: list[AnyItem] = []
        self._turn: Handle | None = None
        self._timer = Timer(clock, self._wake)
        self._past: Counter[str] = Counter()  # of streams that are gone
        self.dropped: Counter[str] = Counter()  # batches and items, by why
        self.batches = 0  # sent

    def listen(self, listener: LinksListener) -> None:
        """Tells this listener from now on. Must be called once, before anything else."""
        self._listener = listener

    def close(self) -> None:
        """Sends what waits for the end of the turn, and stops."""
        self._flush()
        self._timer.cancel()
        if self._turn is not None:
            self._turn.cancel()

    def farewell(self) -> list[Publication]:
        """What tells all others that we have left."""
        return [self._for_all([Bye()])]

    # --- to others ---

    def send(self, tag: str, item: AnyItem) -> None:
        """Sends an item at the end of this turn."""
        stream = self._streams.get(tag) or self._stream(tag)
        stream.put(item)
        if tag not in self._touched:
            self._touch(tag)

    def broadcast(self, item: AnyItem) -> None:
        """Sends an item to all at the end of this turn, once. It may be lost."""
        self._broadcasts.append(item)
        self._plan()

    def probe(self, tag: str) -> None:
        """Asks a node that is held for a sign of life."""
        if self._is_up:
            self._wire.publish([self._sealed(channel_of(tag), self._stream(tag).probe())])

    def is_full(self, tag: str) -> bool:
        """Whether nothing more should be taken from visitors for this node. It does not change within a turn."""
        return tag in self._streams and self._streams[tag].is_full

    def is_crowded(self, tag: str) -> bool:
        """Whether what need not arrive should be dropped."""
        return tag in self._streams and self._streams[tag].is_crowded

    def hold(self, tag: str) -> None:
        """Sends nothing to this node until `release`: it cannot hear us."""
        self._held.add(tag)
        self._stream(tag).hold()

    def release(self, tag: str) -> None:
        """Sends to it again, also what has waited."""
        self._held.discard(tag)
        if self._is_up and tag in self._streams:
            self._streams[tag].release(self._clock.time())
            self._touch(tag)

    def connect(self) -> None:
        """The wire is up: releases all but those that are held."""
        self._is_up = True
        for tag in self._streams.keys() - self._held:
            self.release(tag)

    def disconnect(self) -> None:
        """The wire is down: holds all."""
        self._is_up = False
        for stream in self._streams.values():
            stream.hold()

    def forget(self, tag: str) -> None:
        """Drops the stream of a node, and what waits in it."""
        self._held.discard(tag)
        if stream := self._streams.pop(tag, None):
            self._past.update(_counts(stream))

    def counts(self) -> Counter[str]:
        """What the streams have counted since the start."""
        return sum((_counts(stream) for stream in self._streams.values()), self._past.copy())

    def window_bytes(self) -> int:
        """How much waits for the node for which most does."""
        return max((stream.window_bytes for stream in self._streams.values()), default=0)

    # --- from others ---

    def arrive(self, channel: str, data: bytes) -> None:
        """Takes a batch that came over this channel. Whatever is wrong with it is counted, and it is dropped."""
        opened = self._sealing.open(channel, data)
        if isinstance(opened, str):
            self._drop(opened)
            return
        try:
            decoded = decode_batch(opened)
        except msgspec.DecodeError:
            self._drop("malformed")
            return
        self._drop("unknown_item", decoded.unknown)
        self._drop("malformed", decoded.malformed)
        self._take(channel, decoded.batch, len(opened))

    def _take(self, channel: str, batch: Heard, size: int) -> None:
        if batch.version not in SPOKEN:
            self._drop("version")
        elif batch.sender == self._tag:
            self._drop("own_tag", int(channel != ALL))
        elif channel == ALL:
            self._listener.on_broadcast(batch.sender, batch.items)
        else:
            stream, now = self._stream(batch.sender), self._clock.time()
            received = stream.receive(batch, size, now)
            self._await(batch.sender, stream, now)
            self._listener.on_received(batch.sender, received)

    def _drop(self, why: str, count: int = 1) -> None:
        if count:
            self.dropped[why] += count
            self._listener.on_dropped(why)

    # --- turns and timers ---

    def _stream(self, tag: str) -> Stream:
        if tag not in self._streams:
            stream = self._streams[tag] = Stream(self._tag, self._choose)
            if not self._is_up or tag in self._held:
                stream.hold()
        return self._streams[tag]

    def _touch(self, tag: str) -> None:
        self._touched[tag] = None
        self._plan()

    def _plan(self) -> None:
        if self._turn is None:
            is_soon = self._clock.time() < self._next_at
            self._turn = (
                self._clock.call_at(self._next_at, self._flush) if is_soon else self._clock.call_soon(self._flush)
            )

    def _flush(self) -> None:
        self._turn = None
        now = self._clock.time()
        touched, self._touched = self._touched, {}
        publications = self._broadcast_batch()
        for tag in touched:
            if stream := self._streams.get(tag):
                was = stream.is_full, stream.is_crowded
                batches = stream.take(now)
                if was != (stream.is_full, stream.is_crowded):
                    self._listener.on_room(tag)
                self.batches += len(batches)
                publications += [self._sealed(channel_of(tag), batch) for batch in batches]
                self._timer.no_later_than(stream.next_wake())
        if publications:
            self._next_at = now + self._pace_s
            self._wire.publish(publications)

    def _broadcast_batch(self) -> list[Publication]:
        items, self._broadcasts = self._broadcasts, []
        if not items or not self._is_up:
            return []
        return [self._for_all(items)]

    def _for_all(self, items: list[AnyItem]) -> Publication:
        return self._sealed(ALL, Batch(VERSION, self._tag, 0, 0, 0, 0, DATA, Raw(encode_items(items))))

    def _sealed(self, channel: str, batch: Sealable) -> Publication:
        return Publication(channel, self._sealing.seal(channel, encode_batch(batch)))

    def _wake(self) -> None:
        now = self._clock.time()
        for tag, stream in self._streams.items():
            self._await(tag, stream, now)

    def _await(self, tag: str, stream: Stream, now: float) -> None:
        """Lets the stream send when it wants to: mostly an acknowledgement, later. `is_full` is judged in a turn."""
        wake = stream.next_wake()
        if stream.is_crowded or (wake is not None and wake <= now):
            self._touch(tag)
        else:
            self._timer.no_later_than(wake)


def _counts(stream: Stream) -> Counter[str]:
    return Counter({name: getattr(stream, name) for name in _COUNTED})
