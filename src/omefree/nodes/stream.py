"""One peer's numbered stream, both ways: every item exactly once and in order, or both ends begin anew and know it.

The bus between two nodes may lose, double, delay and reorder batches, and somebody may replay old ones. Each end has a
random stream number. A batch counts only if it names both: the sender's own, and the receiver's as the sender knows it.
An end learns the other's number from an ANSWER to its own random challenge alone, never from what merely arrives: so
an old batch cannot bring an old stream back, and no number of a pair of streams is ever used twice (the idea of
RFC 5961, section 4: the challenge ACK of TCP).

An end begins anew when it has forgotten the other: after a restart, or a burial (roster.py). The other then finds a new
stream number in the answer, drops what was under way, and says so (`is_anew`).
"""

from collections import deque
from collections.abc import Callable, Sequence

from msgspec import Raw, Struct

from omefree.contract.batches import (
    AGAIN,
    ANSWER,
    ASK,
    BATCH_BYTES,
    BATCH_ITEMS,
    DATA,
    SYNC,
    VERSION,
    Batch,
    Heard,
    Sealable,
    encode_items,
)
from omefree.contract.nodes import AnyItem

WINDOW_BYTES = 1_000_000  # taken for a peer and not yet acknowledged; then its visitors count as away
WINDOW_BATCHES = 2_000
ACK_S = 0.2  # an acknowledgement waits so long for items to ride along with
ACK_SHARE = 4  # but it goes at once for a quarter of a window
RETRY_S = (0.3, 0.6, 1.2, 2.0)  # without progress; the first is more than ACK_S and a round trip
PAUSE_S = 0.05  # between two AGAIN, two ASK, and two repeats of one batch: longer than a usual round trip


class Received(Struct, frozen=True):
    """What a batch brought. `is_ours`: it is of the living stream, so the peer lives. `is_anew`: the peer has begun
    anew, and what was under way both ways is lost.
    """

    items: Sequence[AnyItem] = ()
    is_ours: bool = False
    is_anew: bool = False


_NO_ITEMS = Raw(encode_items(()))
_NOTHING = Received()
_LIVES = Received(is_ours=True)


class _Sent(Struct, gc=False):
    """A batch that is not acknowledged."""

    number: int
    items: bytes


class Stream:
    """The stream from us (`tag`) to one peer and back. `choose` returns 63 random bits, never 0.

    `put` takes items; `take` returns the batches to send now and must be called at the end of each turn in which
    something was put or received, and when `next_wake` has come. Between `hold` and `release` nothing is sent.
    """

    __slots__ = ("_ack_at", "_again_at", "_answer", "_ask_at", "_attempt", "_challenge", "_choose",
                 "_is_held", "_last_number", "_may_again_at", "_may_ask_at", "_measured", "_mine", "_queue",
                 "_queued_bytes", "_resends", "_resent", "_retry_at", "_tag", "_taken", "_theirs", "_unacked",
                 "_unacked_bytes", "_unsaid_batches", "_unsaid_bytes", "anew", "doubles", "gaps", "is_crowded",
                 "is_full", "repeated", "strangers")  # fmt: skip

    def __init__(self, tag: str, choose: Callable[[], int]) -> None:
        self._tag = tag
        self._choose = choose
        self._mine = choose()
        self._theirs = 0
        self._queue: list[AnyItem] = []  # items without a number yet
        self._measured = self._queued_bytes = 0  # how many of them have been weighed, and what they weigh
        self._unacked: deque[_Sent] = deque()
        self._unacked_bytes = 0
        self._last_number = 0
        self._taken = 0  # the last number of theirs that was taken in order
        self._unsaid_batches = self._unsaid_bytes = 0  # taken, and not acknowledged yet
        self._challenge = 0
        self._answer: tuple[int, int] | None = None  # to which stream, and its challenge
        self._resends = False
        self._resent: tuple[int, float] = (0, 0.0)  # the first number of the last repeat, and when
        self._is_held = False
        self._attempt = 0
        self._retry_at: float | None = None
        self._ack_at: float | None = None
        self._again_at: float | None = None
        self._ask_at: float | None = None
        self._may_again_at = self._may_ask_at = 0.0
        self.is_full = False  # nothing more should be taken from visitors; judged in `take`, so never within a turn
        self.is_crowded = False  # half full
        self.strangers = self.gaps = self.doubles = self.repeated = self.anew = 0  # batches; new beginnings

    @property
    def window_bytes(self) -> int:
        """Returns how much waited here at the last `take`: not sent, or not acknowledged."""
        return self._queued_bytes + self._unacked_bytes

    @property
    def is_known(self) -> bool:
        """Says whether the peer has told its stream."""
        return self._theirs != 0

    # --- to the peer ---

    def put(self, item: AnyItem) -> None:
        """Takes an item, which must not change any more. It is never refused: see `is_full`."""
        self._queue.append(item)

    def hold(self) -> None:
        """Stops sending: the peer cannot hear us."""
        self._is_held = True

    def release(self, now: float) -> None:
        """Sends again. The peer is asked what has come."""
        if self._is_held:
            self._is_held = False
            self._attempt = 0
            if self._unacked:
                self._retry_at = now

    def probe(self) -> Sealable:
        """Returns a batch that asks for a sign of life, also while we hold."""
        return self._sync() if self._theirs else self._ask()

    def take(self, now: float) -> list[Sealable]:
        """Returns all batches that are to be sent now, in this order."""
        greetings: list[Sealable] = []
        batches: list[Sealable] = []
        if not self._is_held:
            self._greet(greetings, now)
            if self._theirs:
                self._repeat(batches, now)
                self._send_queue(batches, now)
                self._acknowledge(batches, now)
        self._weigh()
        self.is_full = self.window_bytes >= WINDOW_BYTES or len(self._unacked) >= WINDOW_BATCHES
        self.is_crowded = 2 * self.window_bytes >= WINDOW_BYTES or 2 * len(self._unacked) >= WINDOW_BATCHES
        return greetings + batches

    def next_wake(self) -> float | None:
        """Returns when to call `take` next; a time in the past means at once, None never."""
        if self._is_held:
            return None
        if self._answer or (self._theirs and (self._queue or self._resends)):
            return 0.0
        if self._queue and self._ask_at is None:
            return 0.0
        wakes = (self._retry_at, self._ack_at, self._again_at, self._ask_at)
        return min((when for when in wakes if when is not None), default=None)

    def _greet(self, greetings: list[Sealable], now: float) -> None:
        if self._answer is not None:
            stream, challenge = self._answer
            self._answer = None
            greetings.append(self._bare(ANSWER, ack=challenge, their_stream=stream))
        if not self._theirs and self._queue and self._ask_at is None:
            self._ask_at = now
        if self._ask_at is not None and self._ask_at <= now:
            greetings.append(self._ask())
            self._may_ask_at = now + PAUSE_S
            self._ask_at = None if self._theirs else now + self._next_retry()

    def _repeat(self, batches: list[Sealable], now: float) -> None:
        if self._resends:
            self._resends = False
            self._retry_at = now + RETRY_S[0]
            self.repeated += len(self._unacked)
            batches += [self._batch(sent) for sent in self._unacked]
        elif self._retry_at is not None and self._retry_at <= now:
            self._retry_at = now + self._next_retry()
            batches.append(self._sync())

    def _send_queue(self, batches: list[Sealable], now: float) -> None:
        if not self._queue:
            return
        queue, self._queue = self._queue, []
        self._measured = self._queued_bytes = 0
        for items in _in_batches(queue):
            self._last_number += 1
            sent = _Sent(self._last_number, items)
            self._unacked.append(sent)
            self._unacked_bytes += len(items)
            batches.append(self._batch(sent))
        if self._retry_at is None:
            self._retry_at = now + RETRY_S[0]

    def _acknowledge(self, batches: list[Sealable], now: float) -> None:
        if self._again_at is not None and self._again_at <= now:
            self._again_at = None
            self._may_again_at = now + PAUSE_S
            batches.append(self._bare(AGAIN, ack=self._taken))
        elif self._ack_at is not None and self._ack_at <= now and not batches:
            batches.append(self._bare(DATA, ack=self._taken))
        if batches:
            self._ack_at = None
            self._unsaid_batches = self._unsaid_bytes = 0

    def _weigh(self) -> None:
        """Weighs what had to stay in the queue, each item once."""
        if len(self._queue) > self._measured:
            self._queued_bytes += sum(map(_size, self._queue[self._measured :]))
            self._measured = len(self._queue)

    def _next_retry(self) -> float:
        wait = RETRY_S[min(self._attempt, len(RETRY_S) - 1)]
        self._attempt += 1
        return wait

    def _batch(self, sent: _Sent) -> Sealable:
        return Batch(VERSION, self._tag, self._mine, sent.number, self._theirs, self._taken, DATA, Raw(sent.items))

    def _sync(self) -> Sealable:
        return self._bare(SYNC, ack=self._taken, number=self._last_number)

    def _ask(self) -> Sealable:
        self._challenge = self._challenge or self._choose()
        return self._bare(ASK, ack=self._challenge)

    def _bare(self, flag: int, ack: int, number: int = 0, their_stream: int | None = None) -> Sealable:
        theirs = self._theirs if their_stream is None else their_stream
        return Batch(VERSION, self._tag, self._mine, number, theirs, ack, flag, _NO_ITEMS)

    # --- from the peer ---

    def receive(self, batch: Heard, size: int, now: float) -> Received:
        """Takes a batch of `size` bytes that came from the peer."""
        if batch.flag == ANSWER:
            return self._answered(batch)
        is_ours = self._theirs != 0 and (batch.stream, batch.their_stream) == (self._theirs, self._mine)
        if batch.flag == ASK:
            self._answer = (batch.stream, batch.ack)
        if not is_ours:
            self._meet_stranger(batch, now)
            return _NOTHING
        if batch.flag == ASK:
            return _LIVES
        self._take_ack(batch.ack, now)
        if batch.flag == AGAIN:
            self._send_again(now)
        elif batch.flag == SYNC:
            self._answer_sync(batch.number, now)
        elif batch.number:
            return self._take_items(batch, size, now)
        return _LIVES

    def _meet_stranger(self, batch: Heard, now: float) -> None:
        """Asks for the peer's stream, unless this is an old batch of the stream that is known."""
        if batch.flag != ASK:
            self.strangers += 1
        if batch.flag != ASK or batch.stream != self._theirs:
            when = max(now, self._may_ask_at)
            self._ask_at = when if self._ask_at is None else min(self._ask_at, when)

    def _answered(self, batch: Heard) -> Received:
        if not self._challenge or (batch.ack, batch.their_stream) != (self._challenge, self._mine):
            self.strangers += 1
            return _NOTHING
        self._challenge = 0
        self._ask_at = None
        is_anew = self._theirs not in (0, batch.stream)
        if self._theirs != batch.stream:
            self._theirs = batch.stream
            self._taken = 0
            self._attempt = 0
        if is_anew:
            self._begin_anew()
        return Received(is_ours=True, is_anew=is_anew)

    def _begin_anew(self) -> None:
        self.anew += 1
        self._queue.clear()
        self._unacked.clear()
        self._measured = self._queued_bytes = self._unacked_bytes = self._last_number = 0
        self._resends = False
        self._retry_at = self._ack_at = None

    def _take_ack(self, ack: int, now: float) -> None:
        if not self._unacked or ack < self._unacked[0].number:
            return
        while self._unacked and self._unacked[0].number <= ack:
            self._unacked_bytes -= len(self._unacked.popleft().items)
        self._attempt = 0
        self._retry_at = now + RETRY_S[0] if self._unacked else None
        self._resends = self._resends and bool(self._unacked)

    def _send_again(self, now: float) -> None:
        """Repeats all that is not acknowledged, but not what was repeated a moment ago: that may be under way."""
        if self._unacked:
            first = self._unacked[0].number
            if first != self._resent[0] or now >= self._resent[1] + PAUSE_S:
                self._resent = (first, now)
                self._resends = True

    def _answer_sync(self, number: int, now: float) -> None:
        if number > self._taken:
            self._again_at = now
        else:
            self._ack_at = now

    def _take_items(self, batch: Heard, size: int, now: float) -> Received:
        if batch.number != self._taken + 1:
            if batch.number > self._taken:
                self.gaps += 1
                self._again_at = max(now, self._may_again_at)
            else:
                self.doubles += 1
            return _LIVES
        self._taken += 1
        self._unsaid_batches += 1
        self._unsaid_bytes += size
        is_much = ACK_SHARE * self._unsaid_batches >= WINDOW_BATCHES or ACK_SHARE * self._unsaid_bytes >= WINDOW_BYTES
        when = now if is_much else now + ACK_S
        self._ack_at = when if self._ack_at is None else min(self._ack_at, when)
        return Received(batch.items, is_ours=True)


def _size(item: AnyItem) -> int:
    return len(encode_items((item,)))


def _in_batches(queue: list[AnyItem]) -> list[bytes]:
    """Returns the items of each batch, within the bounds."""
    if len(queue) <= BATCH_ITEMS and len(all_ := encode_items(queue)) <= BATCH_BYTES:  # nearly always
        return [all_]
    batches: list[list[AnyItem]] = [[]]
    total = 0
    for item in queue:
        size = _size(item)
        if batches[-1] and (len(batches[-1]) == BATCH_ITEMS or total + size > BATCH_BYTES):
            batches.append([])
            total = 0
        batches[-1].append(item)
        total += size
    return [encode_items(items) for items in batches]
