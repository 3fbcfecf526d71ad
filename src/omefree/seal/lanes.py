"""Lanes: numbered contents in one direction, each exactly once and in order (docs/blind-relay.md, "Lanes").

A lane knows nothing of keys or of the relay: the channel seals, opens and sends. Times are seconds of its clock.
"""

from collections.abc import Callable
from typing import TypeAlias

from msgspec import Struct

HELD_MAX = 64  # numbers after the next one that a receiver holds: so many frames a sender may have under way
RESEND_S = 3.0  # without a confirmation; doubled each time, to spare a relay that drops everything
RESEND_MAX_S = 24.0
ASK_EVERY_S = 2.0
GAP_S = 10.0  # time for three resends

Sealer: TypeAlias = Callable[[int, bytes], str]


class Item(Struct):
    """A content until it is sealed; from then on the only frame that is ever sent for it."""

    content: bytes
    frame: str = ""
    taken: bool = False  # by the server; the partner has not confirmed it yet


class OutgoingLane:
    """Contents to send. `_base`: the first number not confirmed by the partner; `_cursor`: the next number to send;
    `_sent`: the first number never sent. `resend_at`: when to resend; None: nothing to resend.
    """

    __slots__ = ("_base", "_cursor", "_items", "_resend_after_s", "_sent", "resend_at")

    def __init__(self) -> None:
        self._items: dict[int, Item] = {}
        self._base = self._cursor = self._sent = 0
        self._resend_after_s = RESEND_S
        self.resend_at: float | None = None

    @property
    def started(self) -> bool:
        """True once the first frame of the lane has been sent."""
        return self._sent > 0

    def push(self, content: bytes) -> int:
        """Adds a content; the result is its number."""
        n = self._base + len(self._items)
        self._items[n] = Item(content)
        return n

    def has_next(self) -> bool:
        """True if a frame waits, and the partner can hold it."""
        return self._cursor in self._items and self._cursor < self._base + HELD_MAX

    def take(self, seal: Sealer, now: float) -> tuple[int, str]:
        """The next number and its frame, if `has_next`. A content is sealed once; its frame is resent unchanged."""
        n = self._cursor
        item = self._items[n]
        if not item.frame:
            item.frame, item.content = seal(n, item.content), b""
        self._cursor = n + 1
        self._sent = max(self._sent, n + 1)
        if self.resend_at is None:
            self.resend_at = now + self._resend_after_s
        return n, item.frame

    def taken(self, n: int) -> bool:
        """Notes that the server has frame `n`. True if that is news."""
        item = self._items.get(n)
        if item is None or item.taken:
            return False
        item.taken = True
        return True

    def confirm(self, until: int, now: float) -> range:
        """Notes that the partner has all numbers below `until`; the result is those that are newly confirmed.
        A receipt may name a number that was never sent; it is ignored.
        """
        if not self._base < until <= self._sent:
            return range(0)
        confirmed = range(self._base, until)
        for n in confirmed:
            del self._items[n]
        self._base = until
        self._cursor = max(self._cursor, until)
        self._resend_after_s = RESEND_S
        self.resend_at = now + RESEND_S if until < self._sent else None
        return confirmed

    def rewind(self, n: int = 0) -> None:
        """Sends again from number `n` on, but from no number that is confirmed."""
        self._cursor = max(self._base, min(self._cursor, n))

    def resume(self) -> None:
        """Sends again all that is not confirmed: after a break nobody knows what arrived."""
        self.rewind()
        self._resend_after_s = RESEND_S
        self.resend_at = None

    def wake(self, now: float) -> None:
        """Resends if that is due."""
        if self.resend_at is not None and self.resend_at <= now:
            self.rewind()
            self._resend_after_s = min(2 * self._resend_after_s, RESEND_MAX_S)
            self.resend_at = now + self._resend_after_s


class IncomingLane:
    """`next` is the number expected. `ask_at`: when to ask for it; `gap_at`: when it has been missing for too long."""

    __slots__ = ("_held", "ask_at", "gap_at", "next")

    def __init__(self) -> None:
        self._held: dict[int, bytes] = {}
        self.next = 0
        self.ask_at: float | None = None
        self.gap_at: float | None = None

    def wants(self, n: int) -> bool:
        """True if number `n` is new and not too far ahead."""
        return self.next <= n <= self.next + HELD_MAX and n not in self._held

    def accept(self, n: int, content: bytes, now: float) -> list[tuple[int, bytes]]:
        """Takes a content that the lane `wants`; the result is all contents whose turn has come, in order."""
        self._held[n] = content
        due = []
        while self.next in self._held:
            due.append((self.next, self._held.pop(self.next)))
            self.next += 1
        if not self._held:
            self.ask_at = self.gap_at = None
        elif due or self.gap_at is None:  # another number is missing than before
            self.ask_at, self.gap_at = now, now + GAP_S
        return due

    def asks(self, now: float) -> bool:
        """True if it is time to ask for the missing number; the next time is set."""
        if self.ask_at is None or self.ask_at > now:
            return False
        self.ask_at = now + ASK_EVERY_S
        return True


class ReceiptLane:
    """Receipts in both directions. Gaps are allowed, as the newest receipt says all. `due_at`: when to send one."""

    __slots__ = ("_newest", "_number", "again", "due_at")

    def __init__(self) -> None:
        self._number = 0
        self._newest = -1
        self.again = False
        self.due_at: float | None = None

    def owe(self, at: float, *, again: bool = False) -> None:
        """Plans a receipt at `at` or earlier. With `again` it asks the partner to resend."""
        self.due_at = at if self.due_at is None else min(self.due_at, at)
        self.again |= again

    def take(self) -> tuple[int, bool]:
        """The number of the receipt to send now, and whether it asks; no receipt is due any more."""
        n, again = self._number, self.again
        self._number += 1
        self.due_at, self.again = None, False
        return n, again

    def is_new(self, n: int) -> bool:
        """True if receipt `n` is newer than all that came."""
        return n > self._newest

    def note(self, n: int) -> None:
        """Notes that receipt `n` came and was authentic."""
        self._newest = n
