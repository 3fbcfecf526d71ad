"""What nodes say to each other about a token that was shown: which of them has its visitor, and who gets it."""

from __future__ import annotations

from omefree.chat.arrivals import Arrivals
from omefree.chat.departures import Departures
from omefree.chat.presence import Presence
from omefree.chat.remote import Post
from omefree.chat.seating import Seating
from omefree.chat.seats import Seats
from omefree.contract.moving import Estate, Nothing, Orphan, Take

HOPS = 4  # a token's way from node to node; more is a circle


class Tokens:
    """Answers others, and hears their answers."""

    def __init__(
        self,
        post: Post,
        presence: Presence,
        seats: Seats,
        seating: Seating,
        departures: Departures,
        arrivals: Arrivals,
    ) -> None:
        self._post = post
        self._presence = presence
        self._seats = seats
        self._seating = seating
        self._departures = departures
        self._arrivals = arrivals

    def item(self, tag: str, item: Take | Nothing | Estate | Orphan) -> None:
        """Obeys an item of the node `tag`."""
        match item:
            case Take():
                self.take(item)
            case Nothing():
                self._arrivals.nothing(item)
            case Estate():  # else it comes from a node that was slow: who waits asks where the visitor lives
                if not self._departures.has_gone_on(item.visitor, item.life):
                    self._arrivals.estate(tag, item)
            case Orphan():
                if item.to == self._post.tag or not self._gives(Take(item.token, item.to)):
                    self._seating.orphaned(item)

    def take(self, take: Take) -> None:
        """A token was shown at another node: its visitor is here, has moved from here, or is not known."""
        if take.to == self._post.tag:
            if (arriving := self._arrivals.is_here(take.token)) is not None:
                self._seating.here(arriving)  # our own question has come round to us
            return
        moved_to = self._departures.where(take.token)
        if self._gives(take):
            return
        if moved_to is not None and take.hops < HOPS:
            self._post.send(moved_to, Take(take.token, take.to, take.hops + 1))
        else:
            self._post.send(take.to, Nothing(take.token, self._post.is_young))

    def _gives(self, take: Take) -> bool:
        """Gives away the visitor of this token, if it is here. So does a node that others do not know yet, or not any
        more, when they ask all (`orphan`).
        """
        visitor = self._presence.find(take.token)
        half = visitor.half if visitor is not None else None
        seat = self._seats.get((half.id, half.polite)) if half is not None else None
        if seat is not None and seat.gate is not None:
            seat.gate.takes.append(take)
        elif visitor is not None:
            self._departures.give(visitor, take)
        return visitor is not None
