"""Visitors who come here with a token of another node: their seat is asked for there, and meanwhile they wait.

asked: `take` to the node that the token names --ASK_S, or it is gone--> orphaned: `orphan` to all --ASK_S--> a visitor
anew. A broadcast costs all nodes a little, so there are at most ORPHANS of them, and none for a token that names
nobody.
"""

from __future__ import annotations

import re
from typing import Protocol

from omefree.chat.departures import KEPT_S
from omefree.chat.fading import Expiring
from omefree.chat.presence import digest, no_room
from omefree.chat.remote import Post
from omefree.clock import Clock, Handle
from omefree.contract import moving
from omefree.contract.codes import MESSAGES
from omefree.contract.limits import Quota
from omefree.engine.alarms import Alarms
from omefree.engine.gate import Denial
from omefree.engine.session import CloseReason
from omefree.engine.sockets import Arrival, Socket
from omefree.guard.quota import Bucket

ASK_S = 1.5  # for an answer: longer than a gate is closed (seats.py); a client waits longer than both together
ORPHANS = Quota(2_000.0, 2_000.0)  # a second, and at once
LATER = Denial(503, "full", MESSAGES["full"], ASK_S)
TAG = re.compile(r"[a-z0-9]{1,8}(-[0-9]{1,9})?")  # as `node` in config.py; with --workers a number follows


class Arriving(Arrival):
    """One who waits to be let in. `token`: the SHA-256 of what was shown; `home`: the node that it names."""

    __slots__ = ("handle", "home", "is_orphaned", "socket", "token")

    def __init__(self, socket: Socket, token: bytes, home: str) -> None:
        super().__init__()
        self.socket = socket
        self.token = token
        self.home = home
        self.is_orphaned = False
        self.handle: Handle | None = None


class Seats(Protocol):
    """The visitors of this node (presence.py), and their chats with those of others (remote_chats.py)."""

    def where(self, token: bytes) -> str | None:
        """The node to which the visitor of this token has moved from here, if it has."""

    def orphaned(self, item: moving.Orphan) -> None:
        """Sees whether a partner here is left of the visitor of this token."""

    def fresh(self, arriving: Arriving) -> None:
        """Lets in a new visitor, or refuses it."""

    def seat(self, source: str, told: moving.Estate, arriving: Arriving | None, *, is_given_up: bool) -> None:
        """Takes over a visitor from the node `source`. Nobody may wait for it any more: it was let in with another
        answer, or as a new visitor (`is_given_up`).
        """


class Arrivals:
    """All who wait."""

    def __init__(self, clock: Clock, alarms: Alarms, post: Post, seats: Seats) -> None:
        self._clock = clock
        self._post = post
        self._seats = seats
        self._arriving: dict[bytes, Arriving] = {}
        self._given_up: Expiring[bytes, None] = Expiring(alarms, KEPT_S)  # an answer may still come
        self._orphans = Bucket()

    def __len__(self) -> int:
        return len(self._arriving)

    def seek(self, socket: Socket, token: str) -> Arriving | None:
        """Asks for the visitor of a token that is not one of ours. None if there can be none.

        Raises NamespaceRefused if nobody can be asked just now: whoever comes keeps what it has, and tries again.
        """
        asked, home = digest(token), token.rpartition(".")[0]
        moved_to = self._seats.where(asked)
        if self._post.is_cut and TAG.fullmatch(home):
            raise no_room(LATER)
        if moved_to is None and not self._may_live(home):
            return None
        arriving = Arriving(socket, asked, moved_to or home)
        before = self.is_here(asked)
        self._arriving[asked] = arriving
        if before is not None:  # what it has asked for comes to whoever shows the token last
            arriving.home, arriving.is_orphaned = before.home, before.is_orphaned
            before.socket.session.close(CloseReason.SERVER)
            self._wait(arriving)
            return arriving
        is_known = self._post.knows(arriving.home)
        if is_known:  # if it hears us only later, it keeps no ghost
            self._post.send(arriving.home, moving.Take(asked, self._post.tag))
        if is_known and arriving.home in self._post.takers:
            self._wait(arriving)
        else:
            arriving.handle = self._clock.call_soon(self._orphan, arriving)
        return arriving

    def deaf(self, tag: str) -> None:
        """A node hears nothing: nobody need wait for it."""
        for arriving in list(self._arriving.values()):
            if arriving.home == tag and not arriving.is_orphaned:
                self._orphan(arriving)

    def nothing(self, item: moving.Nothing) -> None:
        """The node that was asked does not know the token. A young one may have taken the place of another."""
        arriving = self._arriving.get(item.token)
        if arriving is not None and not arriving.is_orphaned:
            (self._orphan if item.young else self._give_up)(arriving)

    def estate(self, tag: str, item: moving.Estate) -> None:
        """The visitor is ours."""
        arriving = self.is_here(item.token)
        is_given_up = arriving is None and item.token in self._given_up
        self._seats.seat(tag, item, arriving, is_given_up=is_given_up)

    def is_here(self, token: bytes) -> Arriving | None:
        """Whoever shows this token here, if it does: it need not wait any longer."""
        arriving = self._arriving.pop(token, None)
        self._stop(arriving)
        return arriving

    def _may_live(self, home: str) -> bool:
        """Whether a token can be one of a visitor that somebody knows."""
        if not TAG.fullmatch(home):
            return False
        return self._post.is_young or (home != self._post.tag and self._post.knows(home))

    def _orphan(self, arriving: Arriving) -> None:
        self._stop(arriving)
        wait_s = self._orphans.take(ORPHANS, self._clock.time())
        if wait_s > ASK_S:
            self._give_up(arriving)
        elif wait_s:
            arriving.handle = self._clock.call_at(self._clock.time() + wait_s, self._orphan, arriving)
        else:
            arriving.is_orphaned = True
            item = moving.Orphan(arriving.token, arriving.home, self._post.tag)
            self._post.broadcast(item)
            self._wait(arriving)
            self._seats.orphaned(item)

    def _wait(self, arriving: Arriving) -> None:
        proceed = self._give_up if arriving.is_orphaned else self._orphan
        arriving.handle = self._clock.call_at(self._clock.time() + ASK_S, proceed, arriving)

    def _stop(self, arriving: Arriving | None) -> None:
        if arriving is not None and arriving.handle is not None:
            arriving.handle.cancel()
            arriving.handle = None

    def _give_up(self, arriving: Arriving) -> None:
        self._stop(arriving)
        if self._arriving.get(arriving.token) is arriving:
            del self._arriving[arriving.token]
            if arriving.gone_for is None:
                self._given_up.put(arriving.token, None, self._clock.time())
                self._seats.fresh(arriving)
