"""Everything that this process keeps about one visitor."""

from __future__ import annotations

import weakref
from collections import defaultdict
from collections.abc import Callable
from typing import Protocol

from omefree.chat.frames import event_frame
from omefree.chat.halves import Evidence, Half, LastChat, Outlet
from omefree.chat.states import Move, State, after
from omefree.contract import events
from omefree.contract.codes import EndReason, PartnerState
from omefree.contract.events import Seal
from omefree.engine.gate import Admission
from omefree.errors import CloseCode, EventError
from omefree.guard.quota import Bucket, Refusals
from omefree.guard.record import Credit, Record
from omefree.matching.ticket import Ticket


class LocalOutlet(Outlet, Protocol):
    """The connection of a visitor to this process (visitor_socket.py)."""

    host: str  # the name by which the visitor reached us

    @property
    def admission(self) -> Admission:
        """What the gate has let in."""
        ...

    def close(self, code: int = CloseCode.NORMAL) -> None:
        """Ends the connection. The caller has already decided what becomes of the visitor."""


class VisitorRecord:
    """One visitor, connected or away. To its partner it is a Partner (halves.py), to the rules of reports a Party."""

    __slots__ = (
        "__weakref__", "buckets", "half", "halves", "id", "key", "last", "life", "network", "record", "refusals",
        "seal", "socket", "state", "ticket", "token", "token_before",
    )  # fmt: skip

    def __init__(self, id_: str) -> None:
        self.id = id_
        self.life = 0  # how often it was given on without its home (contract/moving.py: Estate)
        self.socket: LocalOutlet | None = None  # None while away
        self.state = State.IDLE
        self.ticket: Ticket | None = None  # while searching, also while away
        self.seal: Seal | None = None  # of the search: the lobby compares the version, the partner gets the commitment
        self.half: Half | None = None  # of its present chat
        self.last: LastChat | None = None
        self.halves: tuple[tuple[str, bool], ...] = ()  # those that partners of other processes may still report
        self.token = b""  # SHA-256 of the resume token
        self.token_before: bytes | None = None  # of the previous one, until the new one has surely arrived
        self.key = b""  # of the address of its latest connection; kept while it is away
        self.network = b""  # of the wider network around that address
        self.record: Record | None = None  # until its first chat has ended
        self.buckets: defaultdict[str, Bucket] = defaultdict(Bucket)
        self.refusals = Refusals()

    @property
    def is_away(self) -> bool:
        """Whether it is not connected: its partner has been told so."""
        return self.socket is None

    @property
    def elsewhere(self) -> None:
        """It is a visitor of this process."""
        return

    @property
    def tokens(self) -> list[bytes]:
        """The hashes of its valid tokens."""
        return [token for token in (self.token, self.token_before) if token]

    def ref(self) -> Callable[[], VisitorRecord | None]:
        """A weak reference: whoever leaves is freed at once."""
        return weakref.ref(self)

    def send(self, frame: bytes) -> None:
        """Sends a frame if the visitor is connected; nothing is kept for later (protocol.md, rule 3)."""
        if self.socket is not None:
            self.socket.send(frame)

    def partner_is(self, chat: str, state: PartnerState) -> None:
        """Tells the visitor that its partner is away, or back."""
        self.send(event_frame(events.Partner(chat, state)))

    def half_of(self, chat: str) -> Half:
        """The visitor's half of this chat. Raises EventError `chat_over` if it is not in this chat."""
        half = self.half
        if half is None or half.id != chat:
            raise EventError("chat_over")
        return half

    def last_chat(self, chat: str, window_s: float, now: float) -> LastChat:
        """The last chat. Raises EventError `chat_over` if that is not `chat`, or ended over `window_s` seconds ago."""
        last = self.last
        if last is None or last.id != chat or now - last.ended_at > window_s:
            raise EventError("chat_over")
        return last

    def search(self, ticket: Ticket, seal: Seal | None) -> None:
        """Searches with this ticket instead of the present one, if any. Raises IllegalMove during a chat."""
        self._move("find")
        self.ticket, self.seal = ticket, seal

    def stop_searching(self) -> None:
        """Ends the search; does nothing if the visitor does not search."""
        if self.state is State.SEARCHING:
            self._move("leave")
        self.ticket = self.seal = None

    def begin(self, half: Half) -> None:
        """Enters a chat. Raises IllegalMove if the visitor is in one."""
        self._move("matched")
        self.half = half
        self.ticket = self.seal = None

    def leave_chat(self, now: float, credit: Credit, heard: EndReason | None = None) -> None:
        """Ends the half at this visitor's wish; it is told `ended` only with a reason `heard`. Raises IllegalMove."""
        self._move("leave")
        self._close_half(now, credit, heard)

    def partner_left(self, chat: str, reason: EndReason, now: float, credit: Credit) -> None:
        """Ends the half because the other half has ended, and tells the visitor. Raises IllegalMove outside a chat."""
        self._move("partner_gone")
        self._close_half(now, credit, reason)

    def _close_half(self, now: float, credit: Credit, heard: EndReason | None) -> None:
        half, self.half = self.half, None
        assert half is not None, "who chats has a half"
        partner = half.partner
        evidence = Evidence(now - half.began_at, credit, partner.key, partner.network, partner.elsewhere)
        self.last = LastChat(half.id, half.polite, partner.ref(), half.mode, half.relay_only, now, heard, evidence)
        if heard is not None:
            self.send(event_frame(events.Ended(half.id, heard)))

    def _move(self, move: Move) -> None:
        self.state = after(self.state, move)
