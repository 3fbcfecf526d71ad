"""Lanes: numbered contents one way, in order and exactly once (docs/blind-relay.md, "Lanes").

They know nothing of keys or the relay: the channel seals, opens, and sends. All times are seconds of its clock.
"""

from collections.abc import Callable
from typing import TypeAlias

from msgspec import Struct

HELD_MAX = 64  # numbers beyond the next one that a receiver holds, and so what a sender has under way at most
RESEND_S = 3.0  # after nothing was confirmed; then doubled: a relay that swallows all is not hammered
RESEND_MAX_S = 24.0
ASK_EVERY_S = 2.0
GAP_S = 10.0  # three resendings fit in

Sealer: TypeAlias = Callable[[int, bytes], str]


class Item(Struct):
    """A content until it is sealed, from then on the one frame that is ever sent of it."""

    content: bytes
    frame: str = ""
    taken: bool = False  # by the server, which is not yet the partner's word


class OutgoingLane:
    """`base` is the first that the partner has not confirmed, `cursor` the next to send, `sent` the next never sent."""

    __slots__ = ("_base", "_cursor", "_items", "_patience_s", "_sent", "resend_at")

    def __init__(self) -> None:
        self._items: dict[int, Item] = {}
        self._base = self._cursor = self._sent = 0
        self._patience_s = RESEND_S
        self.resend_at: float | None = None

    @property
    def started(self) -> bool:
        return self._sent > 0

    def push(self, content: bytes) -> int:
        """Its number."""
        n = self._base + len(self._items)
        self._items[n] = Item(content)
        return n

    def has_next(self) -> bool:
        return self._cursor in self._items and self._cursor < self._base + HELD_MAX

    def take(self, seal: Sealer, now: float) -> tuple[int, str]:
        """The number and the frame to send next, if `has_next`. Each is sealed once, and then sent as it is."""
        n = self._cursor
        item = self._items[n]
        if not item.frame:
            item.frame, item.content = seal(n, item.content), b""
        self._cursor = n + 1
        self._sent = max(self._sent, n + 1)
        if self.resend_at is None:
            self.resend_at = now + self._patience_s
        return n, item.frame

    def taken(self, n: int) -> bool:
        """The server has it. True if that is news."""
        item = self._items.get(n)
        if item is None or item.taken:
            return False
        item.taken = True
        return True

    def confirm(self, until: int, now: float) -> range:
        """The partner has everything below `until`: those that it had not before. Of what was never sent, nothing."""
        if not self._base < until <= self._sent:
            return range(0)
        confirmed = range(self._base, until)
        for n in confirmed:
            del self._items[n]
        self._base = until
        self._cursor = max(self._cursor, until)
        self._patience_s = RESEND_S
        self.resend_at = now + RESEND_S if until < self._sent else None
        return confirmed

    def rewind(self, n: int = 0) -> None:
        """Send again from `n` on, or from the first that is not confirmed."""
        self._cursor = max(self._base, min(self._cursor, n))

    def resume(self) -> None:
        """After a break nobody knows what arrived."""
        self.rewind()
        self._patience_s = RESEND_S
        self.resend_at = None

    def wake(self, now: float) -> None:
        if self.resend_at is not None and self.resend_at <= now:
            self.rewind()
            self._patience_s = min(2 * self._patience_s, RESEND_MAX_S)
            self.resend_at = now + self._patience_s


class IncomingLane:
    """`next` is the number expected. `ask_at`: when to ask for it, `gap_at`: when it has been missing for too long."""

    __slots__ = ("_held", "ask_at", "gap_at", "next")

    def __init__(self) -> None:
        self._held: dict[int, bytes] = {}
        self.next = 0
        self.ask_at: float | None = None
        self.gap_at: float | None = None

    def wants(self, n: int) -> bool:
        """Neither had before nor too far away."""
        return self.next <= n <= self.next + HELD_MAX and n not in self._held

    def accept(self, n: int, content: bytes, now: float) -> list[tuple[int, bytes]]:
        """Take one that the lane `wants`: those whose turn it is now, in order."""
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
        """True if it is time to ask for what is missing."""
        if self.ask_at is None or self.ask_at > now:
            return False
        self.ask_at = now + ASK_EVERY_S
        return True


class ReceiptLane:
    """Receipts both ways: gaps are allowed, and the newest says all. `due_at`: when one is to go out."""

    __slots__ = ("_newest", "_number", "again", "due_at")

    def __init__(self) -> None:
        self._number = 0
        self._newest = -1
        self.again = False
        self.due_at: float | None = None

    def owe(self, at: float, *, again: bool = False) -> None:
        """One must go out, at `at` or before; with `again` it asks."""
        self.due_at = at if self.due_at is None else min(self.due_at, at)
        self.again |= again

    def take(self) -> tuple[int, bool]:
        """The number of the next receipt, and whether it asks; nothing is owed any more."""
        n, again = self._number, self.again
        self._number += 1
        self.due_at, self.again = None, False
        return n, again

    def is_new(self, n: int) -> bool:
        return n > self._newest

    def note(self, n: int) -> None:
        self._newest = n
