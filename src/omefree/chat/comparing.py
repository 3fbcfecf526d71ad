"""After a fault two nodes tell each other which chats they have (`have`), and each sets right what does not fit."""

from __future__ import annotations

from typing import Protocol

from omefree.chat.departures import Departures
from omefree.chat.remote import Post
from omefree.chat.seats import WAIT_S, Seat, Seats
from omefree.clock import Clock
from omefree.contract import moving, nodes

HAVE = 500  # chats in one `have`: about 20 KB


class Tell(Protocol):
    """Notes what is known of a partner (remote_chats.py)."""

    def __call__(self, seat: Seat, is_connected: bool | None = None, is_reachable: bool | None = None) -> None:
        """None: as before."""


class Comparing:
    """Compares the chats of this node with those of another. `window_s`: how long a visitor in a chat may be away."""

    def __init__(
        self, clock: Clock, post: Post, seats: Seats, departures: Departures, tell: Tell, window_s: float
    ) -> None:
        self._clock = clock
        self._post = post
        self._seats = seats
        self._departures = departures
        self._tell = tell
        self._began_at = clock.time()
        self._succeeds_until = self._began_at + window_s

    def compare(self, tag: str) -> None:
        """Tells a node which chats its visitors have with visitors here."""
        now, seats = self._clock.time(), self._seats.with_home(tag)
        for seat in seats:
            if seat.given is not None:  # to a process that took the place of another: it may have been lost
                self._post.send(tag, seat.given)
        for at in range(0, len(seats), HAVE):
            some = seats[at : at + HAVE]
            chats = [(it.partner.chat, it.partner.role, it.visitor.socket is not None) for it in some]
            ages = [now - it.visitor.half.began_at if it.visitor.half is not None else 0.0 for it in some]
            self._post.send(tag, nodes.Have(chats, ages))

    def have(self, tag: str, item: nodes.Have) -> None:
        """A node tells which chats its visitors have with visitors that it believes to be here."""
        for (chat, role, here), age in zip(item.chats, item.ages or [0.0] * len(item.chats), strict=False):
            seat, moved = self._seats.get((chat, role)), self._departures.moved((chat, role))
            if seat is not None and seat.partner.home == tag:
                self._tell(seat, is_connected=here, is_reachable=True)
                self._say_here(tag, seat)
            elif moved is not None:
                self._post.send(tag, moving.Moves(moved.visitor, moved.to, chat, not role, []))
            elif seat is None and age > self._clock.time() - self._began_at:
                self._succeed(tag, chat, role)
            elif seat is None:
                self._post.send(tag, nodes.Over(chat, not role, "lost"))
            else:  # a ghost of its partner; or the partner's new home, and its old one has not said so yet
                self._clock.call_at(self._clock.time() + WAIT_S, self._lay_ghost, tag, seat)

    def _lay_ghost(self, tag: str, seat: Seat) -> None:
        if self._seats.get(seat.half) is not seat:
            self._post.send(tag, nodes.Over(seat.partner.chat, seat.partner.role, "lost"))
        elif seat.partner.home != tag:
            self._seats.haunts(seat, tag)
        else:
            self._say_here(tag, seat)

    def _say_here(self, tag: str, seat: Seat) -> None:
        self._post.send(tag, nodes.Here(seat.partner.chat, seat.partner.role, seat.visitor.socket is not None))

    def _succeed(self, tag: str, chat: str, role: bool) -> None:
        """A chat of the process that was here before, under the same tag. Its visitor may come back (`orphan`)."""
        self._post.send(tag, nodes.Here(chat, not role, here=False))
        self._clock.call_at(self._succeeds_until, self.have, tag, nodes.Have([(chat, role, False)], [0.0]))
