"""What is held of a visitor: nothing else about it exists in this process."""

from __future__ import annotations

import weakref
from collections import defaultdict
from typing import Protocol

from omefree.chat.frames import event_frame
from omefree.chat.halves import Half, LastChat, Outlet
from omefree.chat.states import Move, State, after
from omefree.contract import events
from omefree.contract.codes import EndReason
from omefree.contract.events import Seal
from omefree.errors import EventError
from omefree.guard.quota import Bucket, Refusals
from omefree.matching.ticket import Ticket


class LocalOutlet(Outlet, Protocol):
    """The link of a visitor that is connected to this process (visitor_socket.py)."""

    host: str  # the name that the visitor reached us by

    def close(self) -> None:
        """Ends the link; what becomes of the visitor has been decided before."""


class VisitorRecord:
    """One visitor, with or without a link. It is a Partner (halves.py) to whom it talks with."""

    __slots__ = (
        "__weakref__", "buckets", "half", "id", "last", "refusals", "seal", "socket", "state", "ticket", "token",
        "token_before",
    )  # fmt: skip

    def __init__(self, id_: str) -> None:
        self.id = id_
        self.socket: LocalOutlet | None = None  # None while away
        self.state = State.IDLE
        self.ticket: Ticket | None = None  # while searching, also while away
        self.seal: Seal | None = None  # of the ticket: the lobby compares versions, the partner gets the commitment
        self.half: Half | None = None  # of the chat that it is in
        self.last: LastChat | None = None
        self.token = b""  # SHA-256 of the resume token
        self.token_before: bytes | None = None  # the one before, until the new one is known to have arrived
        self.buckets: defaultdict[str, Bucket] = defaultdict(Bucket)
        self.refusals = Refusals()

    def send(self, frame: bytes) -> None:
        """Sends a frame if the visitor is here; nothing is kept for later (protocol.md, rule 3)."""
        if self.socket is not None:
            self.socket.send(frame)

    def half_of(self, chat: str) -> Half:
        """Its half of this chat. Raises EventError `chat_over` if it is not in it."""
        half = self.half
        if half is None or half.id != chat:
            raise EventError("chat_over")
        return half

    def last_chat(self, chat: str, window_s: float, now: float) -> LastChat:
        """The last chat, if it is that one and has ended in this time. Raises EventError `chat_over` if not."""
        last = self.last
        if last is None or last.id != chat or now - last.ended_at > window_s:
            raise EventError("chat_over")
        return last

    def search(self, ticket: Ticket, seal: Seal | None) -> None:
        """Searches with this ticket, in the place of the one that it has. Raises IllegalMove in a chat."""
        self._move("find")
        self.ticket, self.seal = ticket, seal

    def stop_searching(self) -> None:
        """Does nothing if it does not search."""
        if self.state is State.SEARCHING:
            self._move("leave")
        self.ticket = self.seal = None

    def begin(self, half: Half) -> None:
        """Enters a chat. Raises IllegalMove if it is in one."""
        self._move("matched")
        self.half = half
        self.ticket = self.seal = None

    def leave_chat(self, now: float, heard: EndReason | None = None) -> None:
        """Ends its half by its own doing; `heard`: why, if it is to be told all the same. Raises IllegalMove."""
        self._move("leave")
        self._close_half(now, heard)

    def partner_left(self, chat: str, reason: EndReason, now: float) -> None:
        """The other half has ended. Raises IllegalMove if the visitor is in no chat."""
        self._move("partner_gone")
        self._close_half(now, reason)

    def _close_half(self, now: float, heard: EndReason | None) -> None:
        half, self.half = self.half, None
        assert half is not None, "who chats has a half"
        self.last = LastChat(half.id, weakref.ref(half.partner), half.mode, half.relay_only, now, heard)
        if heard is not None:
            self.send(event_frame(events.Ended(half.id, heard)))

    def _move(self, move: Move) -> None:
        self.state = after(self.state, move)
