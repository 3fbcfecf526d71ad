"""One sealed chat, without I/O. Its driver carries out the outputs, and reports arrivals, replies and the time.

Source: docs/blind-relay.md. `now` is any clock of seconds that only goes forward. After every call: take `outputs()`,
and call `wake` at `wakes_at`.
"""

from collections.abc import Iterator
from typing import Literal

from omefree.contract.codes import Code
from omefree.contract.events import Limits
from omefree.contract.limits import QUOTAS
from omefree.errors import FingerprintError, SealError, TooLong
from omefree.seal.content import EVENT_OF, Description, Ready, Receipt, Sendable, decode_content, encode_content
from omefree.seal.frame import (
    EVENTS,
    HEAD_BYTES,
    HELLO,
    KINDS,
    LANES,
    Frame,
    Lane,
    RelayEvent,
    decode_frame,
    encode_frame,
)
from omefree.seal.handshake import Keys, Offer, agree
from omefree.seal.lanes import IncomingLane, OutgoingLane, ReceiptLane
from omefree.seal.media import fingerprint
from omefree.seal.outputs import Delivered, Emit, Faulted, Opened, Output, Received, SealFault
from omefree.seal.pace import Pace
from omefree.seal.unanswered import Sent, Unanswered

HELLO_EVERY_S = 2.0
READY_WITHIN_S = 10.0
RECEIPT_WITHIN_S = 0.25  # one receipt for a burst
RETRY_S = 1.0  # after a refusal that does not say how long to wait
KEPT_MAX = 64  # sealed frames that came before they may be opened
TAG_BYTES = 16
_EVENTS: tuple[RelayEvent, RelayEvent] = ("message", "signal")
_LAST_BIT_S = 1e-6  # a call at `wakes_at` must not count as too early by a float's last bit


class Channel:
    """One chat, from `matched` to its end. Both visitors are connected at first."""

    __slots__ = (
        "_away_s", "_chat", "_commit", "_fingerprint", "_hello", "_hello_at", "_incoming", "_kept", "_keys", "_limits",
        "_offer", "_outgoing", "_outputs", "_over", "_paces", "_partner_hello", "_paused_at", "_polite", "_ready_by",
        "_receipts", "_unanswered",
    )  # fmt: skip

    def __init__(self, *, chat: str, polite: bool, offer: Offer, commit: str | None, next_commit: str | None,
                 limits: Limits, now: float) -> None:  # fmt: skip
        """`commit`: the partner's commitment; without one the seal fails. `next_commit`: ours for an `again`."""
        self._chat = chat
        self._polite = polite
        self._offer: Offer | None = offer  # until the partner's hello has come
        self._commit = commit
        self._hello = encode_frame(Frame(HELLO, 0, offer.hello))
        self._partner_hello: bytes | None = None
        self._keys: Keys | None = None
        self._kept: list[Frame] = []
        self._fingerprint: str | None = None
        self._outgoing = {event: OutgoingLane() for event in _EVENTS}
        self._incoming = {event: IncomingLane() for event in _EVENTS}
        self._receipts = ReceiptLane()
        self._paces = {event: Pace(limits.quotas.get(event, QUOTAS[event])) for event in _EVENTS}
        self._limits = {"message": limits.message_bytes, "signal": limits.signal_bytes}
        self._unanswered = Unanswered()
        self._outputs: list[Output] = []
        self._over = False
        self._away_s = 0.0
        self._paused_at: float | None = None
        clock = self._clock(now)
        self._hello_at: float | None = clock
        self._ready_by: float | None = clock + READY_WITHIN_S  # None: the chat is sealed
        self._outgoing["signal"].push(encode_content(Ready(next_commit)))
        if commit is None:
            self._fault("seal_failed")
        self._go_on(clock)

    # --- called by the driver ---------------------------------------------------------------------------------------

    def send(self, content: Sendable, now: float) -> int:
        """The number of the content in its lane; -1 after the end. Raises TooLong if it can never be sent."""
        if self._over:
            return -1
        event = EVENT_OF[type(content)]
        encoded = encode_content(content)
        room_bytes = self._limits[event] * 3 // 4 - HEAD_BYTES - TAG_BYTES
        if len(encoded) > room_bytes:
            raise TooLong(len(encoded) - room_bytes)
        n = self._outgoing[event].push(encoded)
        self._go_on(self._clock(now))
        return n

    def receive(self, event: RelayEvent, data: str, now: float) -> None:
        """Takes the `data` of an event that claims to be the partner's. It never raises; a fault becomes an output."""
        if self._over:
            return
        clock = self._clock(now)
        try:
            frame = decode_frame(data)
            if EVENTS[frame.kind] != event:
                raise SealError("a frame in the wrong event")
            self._arrived(frame, clock)
        except FingerprintError:
            self._fault("seal_media")
        except SealError:
            self._fault("seal_failed" if self._ready_by is not None else "seal_broken")
        self._go_on(clock)

    def answered(
        self, token: int, code: Code | Literal["not_connected"] | None, retry_after_s: float | None, now: float
    ) -> None:
        """Takes the server's reply to an Emit. `code` None: the server took it; `not_connected`: no reply will come."""
        sent = self._unanswered.take(token)
        if sent is None or self._over:
            return
        if code is None:
            self._taken(sent)
        elif code == "chat_over":
            self.pause(now)  # `ended` is on its way
        else:
            self._refused(sent, retry_after_s or RETRY_S, self._clock(now))
        self._go_on(self._clock(now))

    def pause(self, now: float) -> None:
        """Our connection or the partner's broke: time stands still."""
        if self._paused_at is None:
            self._paused_at = now

    def resume(self, now: float) -> None:
        """Both are connected again: send a receipt, and resend everything that is not confirmed."""
        if self._paused_at is not None:
            self._away_s += now - self._paused_at
            self._paused_at = None
        clock = self._clock(now)
        self._unanswered.clear()
        for event in _EVENTS:
            self._outgoing[event].resume()
            self._paces[event].resume(clock)
        if self._ready_by is not None:
            self._hello_at = clock
        self._receipts.owe(clock, again=True)
        self._go_on(clock)

    def wake(self, now: float) -> None:
        """Does what is due; called at `wakes_at`."""
        self._go_on(self._clock(now))

    def close(self) -> None:
        """Drops keys and texts; nothing more comes out."""
        self._outputs.clear()
        self._forget()

    @property
    def wakes_at(self) -> float | None:
        """When to call `wake`, on the clock of `now`; None: no need."""
        if self._over or self._paused_at is not None:
            return None
        due = [at for at in self._times() if at is not None]
        return min(due) + self._away_s if due else None

    def outputs(self) -> list[Output]:
        """The outputs since the last call."""
        taken, self._outputs = self._outputs, []
        return taken

    # --- time -------------------------------------------------------------------------------------------------------

    def _clock(self, now: float) -> float:
        """Seconds that count: only those while both are connected."""
        return (now if self._paused_at is None else self._paused_at) - self._away_s + _LAST_BIT_S

    def _times(self) -> Iterator[float | None]:
        """All times at which something is due, on the channel's own clock."""
        signals = self._paces["signal"].ready_at
        yield self._ready_by
        if self._hello_at is not None:
            yield max(self._hello_at, signals)
        if self._receipts.due_at is not None and self._outgoing["signal"].started:
            yield max(self._receipts.due_at, signals)
        for event in _EVENTS:
            yield self._outgoing[event].resend_at
            yield self._incoming[event].ask_at
            yield self._incoming[event].gap_at
            if self._may_go(event):
                yield self._paces[event].ready_at

    def _go_on(self, clock: float) -> None:
        """Does everything that is due."""
        if self._over or self._paused_at is not None:
            return
        if self._ready_by is not None and self._ready_by <= clock:
            self._fault("seal_failed")
        elif any(lane.gap_at is not None and lane.gap_at <= clock for lane in self._incoming.values()):
            self._fault("seal_gap")
        else:
            for event in _EVENTS:
                self._outgoing[event].wake(clock)
                if self._incoming[event].asks(clock):
                    self._receipts.owe(clock, again=True)
            self._pump(clock)

    # --- out --------------------------------------------------------------------------------------------------------

    def _pump(self, clock: float) -> None:
        """Sends what waits, as far as the quotas allow."""
        signals = self._paces["signal"]
        if self._hello_at is not None and self._hello_at <= clock and signals.take(clock):
            self._hello_at = clock + HELLO_EVERY_S
            self._emit(Sent("signal", None, 0), self._hello)
        if self._keys is not None:
            self._pump_receipt(self._keys, clock)
            self._pump_lane("signal", self._keys, clock)
            self._pump_lane("message", self._keys, clock)

    def _may_go(self, event: RelayEvent) -> bool:
        """True if the lane has a frame to send. The first sealed frame is `ready`, in the signal lane."""
        first = event == "signal" or self._outgoing["signal"].started
        return self._keys is not None and first and self._outgoing[event].has_next()

    def _pump_receipt(self, keys: Keys, clock: float) -> None:
        due_at = self._receipts.due_at
        if due_at is None or due_at > clock or not self._outgoing["signal"].started:
            return
        if not self._paces["signal"].take(clock):
            return
        n, asks = self._receipts.take()
        receipt = Receipt(self._incoming["message"].next, self._incoming["signal"].next, asks)
        self._emit(Sent("signal", "receipt", n, asks), seal(keys, "receipt", n, encode_content(receipt)))

    def _pump_lane(self, event: RelayEvent, keys: Keys, clock: float) -> None:
        lane, pace = self._outgoing[event], self._paces[event]
        while self._may_go(event) and pace.take(clock):
            n, frame = lane.take(lambda n, content: seal(keys, event, n, content), clock)
            self._emit(Sent(event, event, n), frame)

    def _emit(self, sent: Sent, data: str) -> None:
        self._outputs.append(Emit(sent.event, data, self._unanswered.add(sent)))

    def _taken(self, sent: Sent) -> None:
        if sent.lane == "message" and self._outgoing["message"].taken(sent.n):
            self._outputs.append(Delivered(sent.n, "sent"))

    def _refused(self, sent: Sent, retry_after_s: float, clock: float) -> None:
        """Sends the frame again, whatever the reason: a lane may have no gap."""
        self._paces[sent.event].hush(clock + retry_after_s)
        if sent.lane is None:
            if self._hello_at is not None:
                self._hello_at = clock
        elif sent.lane == "receipt":
            self._receipts.owe(clock, again=sent.asks)
        else:
            self._outgoing[sent.lane].rewind(sent.n)

    # --- in ---------------------------------------------------------------------------------------------------------

    def _arrived(self, frame: Frame, clock: float) -> None:
        """Raises SealError if the chat cannot go on."""
        if frame.kind == HELLO:
            self._greeted(frame)
            self._take_out(clock)
        elif self._keys is None or (self._ready_by is not None and LANES[frame.kind] != "signal"):
            if len(self._kept) < KEPT_MAX:
                self._kept.append(frame)
        else:
            self._open(self._keys, LANES[frame.kind], frame, clock)

    def _greeted(self, frame: Frame) -> None:
        if frame.n != 0:
            raise SealError("a hello has no number")
        if self._offer is not None:
            self._keys = agree(self._offer, self._commit or "", frame.body, self._chat, self._polite)
            self._offer = None
            self._partner_hello = frame.body
        elif frame.body != self._partner_hello:
            raise SealError("another hello")

    def _take_out(self, clock: float) -> None:
        """Handles the frames that were kept, in the order in which they came."""
        kept, self._kept = self._kept, []
        for frame in kept:
            self._arrived(frame, clock)

    def _open(self, keys: Keys, lane: Lane, frame: Frame, clock: float) -> None:
        if lane == "receipt":
            if self._receipts.is_new(frame.n):
                receipt = decode_content(keys.open(lane, frame.n, frame.body))
                self._receipts.note(frame.n)
                if isinstance(receipt, Receipt):
                    self._confirmed(receipt, clock)
            return
        incoming = self._incoming[lane]
        self._receipts.owe(clock + RECEIPT_WITHIN_S)
        if incoming.wants(frame.n):
            opened = keys.open(lane, frame.n, frame.body)
            for n, content in incoming.accept(frame.n, opened, clock):
                self._turn(keys, lane, n, content, clock)

    def _turn(self, keys: Keys, event: RelayEvent, n: int, encoded: bytes, clock: float) -> None:
        """Handles the next content of a lane; ignores one that is malformed or in the wrong lane. Raises SealError."""
        content = decode_content(encoded)
        if event == "signal" and n == 0:
            if not isinstance(content, Ready):
                raise SealError("the first thing sealed is not `ready`")
            self._ready_by = self._hello_at = None
            self._outputs.append(Opened(keys.emoji, content.commit))
            self._take_out(clock)
        elif content is not None and not isinstance(content, Ready | Receipt) and EVENT_OF[type(content)] == event:
            if isinstance(content, Description):
                self._check_fingerprint(content)
            self._outputs.append(Received(content, n))

    def _check_fingerprint(self, description: Description) -> None:
        """Raises FingerprintError if a description has another fingerprint than those before."""
        found = fingerprint(description.sdp)
        if found != (self._fingerprint or found):
            raise FingerprintError("another fingerprint than before")
        self._fingerprint = found

    def _confirmed(self, receipt: Receipt, clock: float) -> None:
        texts = self._outgoing["message"].confirm(receipt.message, clock)
        self._outputs.extend(Delivered(n, "delivered") for n in texts)
        self._outgoing["signal"].confirm(receipt.signal, clock)
        if receipt.again:
            for lane in self._outgoing.values():
                lane.rewind()

    # --- the end ----------------------------------------------------------------------------------------------------

    def _fault(self, code: SealFault) -> None:
        self._outputs.append(Faulted(code))
        self._forget()

    def _forget(self) -> None:
        self._over = True
        self._keys = self._offer = None
        self._kept.clear()
        self._unanswered.clear()
        self._outgoing = {event: OutgoingLane() for event in _EVENTS}
        self._incoming = {event: IncomingLane() for event in _EVENTS}


def seal(keys: Keys, lane: Lane, n: int, content: bytes) -> str:
    """A content as a sealed frame."""
    return encode_frame(Frame(KINDS[lane], n, keys.seal(lane, n, content)))
