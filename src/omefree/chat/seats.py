"""The halves here of chats with partners of other nodes, and the order of what comes for them while either side moves.

The partner moves: what its new home says waits (`Early`) until its old home has said that it moves, which it says after
all that came before. The visitor here has moved in: what comes straight waits (`Gate`) until its old home has passed on
the `mark` that the partner's home has sent down the old way. So both sides hear everything once and in order.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from msgspec import Struct, field

from omefree.chat.afterwards import OwnHalf
from omefree.chat.remote import Early, Post, RemotePartner
from omefree.chat.visitor import VisitorRecord
from omefree.clock import Clock
from omefree.contract import moving, nodes
from omefree.contract.nodes import Relayed

WAIT_S = 1.0  # for an old home that says nothing: it may have died just then
GHOST = "elsewhere"  # why a half is over at a node that was slow, so that its visitor was given on without it
EARLY = 2_000  # items: nobody says as much in WAIT_S


class Gate(Struct, eq=False):
    """Of a visitor that has moved here from the node `source`."""

    source: str
    waiting: list[tuple[str, Relayed]] = field(default_factory=list)
    takes: list[moving.Take] = field(default_factory=list)  # it moves on: once the gate is open


class Seat(Struct, eq=False):
    """One half. `tokens` and `frame`: what the partner's home has left with us, in case that it dies (`heir`). `given`:
    what we have given of it then, until we hear of its new home.
    """

    half: OwnHalf
    visitor: VisitorRecord
    partner: RemotePartner
    gate: Gate | None = None
    tokens: tuple[bytes, ...] = ()
    frame: bytes = b""
    given: moving.Estate | None = None


Obey: TypeAlias = Callable[[Seat, str, Relayed], None]
Stray: TypeAlias = Callable[[str, OwnHalf, Relayed], None]
Take: TypeAlias = Callable[[moving.Take], None]


class Seats:
    """All halves here. `obey` gets what is in order for one of them, `stray` what is for none, `take` what waited."""

    def __init__(self, clock: Clock, post: Post, obey: Obey, stray: Stray, take: Take) -> None:
        self._clock = clock
        self._post = post
        self._obey = obey
        self._stray = stray
        self._take = take
        self._seats: dict[OwnHalf, Seat] = {}
        self._heirs: dict[bytes, Seat] = {}

    def __len__(self) -> int:
        return len(self._seats)

    def get(self, half: OwnHalf) -> Seat | None:
        """The seat of this half, if it is here."""
        return self._seats.get(half)

    def with_home(self, tag: str) -> list[Seat]:
        """The halves here whose partners are visitors of that node."""
        return [seat for seat in self._seats.values() if seat.partner.home == tag]

    def put(self, seat: Seat) -> None:
        """A half is here from now on."""
        self._seats[seat.half] = seat
        if seat.gate is not None:
            self._clock.call_at(self._clock.time() + WAIT_S, self._open, seat, seat.gate)

    def pop(self, half: OwnHalf) -> Seat | None:
        """This half is no longer here."""
        seat = self._seats.pop(half, None)
        if seat is not None:
            self._disinherit(seat)
            self.open(seat)
        return seat

    # --- in order ---

    def come(self, origin: str, item: Relayed, via: str = "") -> None:
        """Takes what the node `origin` says to a half; `via` the node that passes it on."""
        half = half_of(item)
        seat = self._seats.get(half)
        if seat is None:
            self._stray(origin, half, item)
        elif seat.gate is not None and via != seat.gate.source:
            seat.gate.waiting.append((origin, item))
        elif isinstance(item, moving.Moved) and item.life < seat.partner.life:
            self.haunts(seat, origin)
        elif origin != seat.partner.home:
            self._come_early(seat, origin, item)
        else:
            seat.given = None
            self.settle(seat)
            self._obey(seat, origin, item)

    def settle(self, seat: Seat) -> None:
        """Obeys what has come early, if it has come from where the partner is now."""
        early = seat.partner.early
        if early is not None and early.tag == seat.partner.home:
            seat.partner.early = None
            for item in early.items:
                self.come(early.tag, item)

    def open(self, seat: Seat) -> None:
        """What is older has come: obeys what has waited for it."""
        gate, seat.gate = seat.gate, None
        if gate is not None:
            for origin, item in gate.waiting:
                self.come(origin, item)
            for take in gate.takes:
                self._take(take)

    def _open(self, seat: Seat, gate: Gate) -> None:
        if seat.gate is gate:
            self.open(seat)

    def _come_early(self, seat: Seat, origin: str, item: Relayed) -> None:
        partner = seat.partner
        if isinstance(item, moving.Moves) and item.to == partner.home:
            return  # known already
        early = partner.early
        if early is None or early.tag != origin:
            early = partner.early = Early(origin)
            self._clock.call_at(self._clock.time() + WAIT_S, self._judge, seat, early)
        if len(early.items) < EARLY:
            early.items.append(item)
        early.is_claimed |= isinstance(item, moving.Moved)
        if early.is_claimed and partner.home not in self._post.takers:
            self._judge(seat, early)

    def _judge(self, seat: Seat, early: Early) -> None:
        """The old home has said nothing: the new one is believed if it has said that it is one."""
        partner = seat.partner
        if partner.early is not early:
            return
        if early.is_claimed or partner.home == early.tag:
            partner.moves_to(early.tag)
            self.settle(seat)
        else:
            partner.early = None
            self.haunts(seat, early.tag)

    def haunts(self, seat: Seat, tag: str) -> None:
        """The partner is not at the node `tag`: whoever is there in an earlier life is a ghost."""
        partner = seat.partner
        self._post.send(tag, nodes.Over(partner.chat, partner.role, GHOST, partner.life))

    # --- heirs ---

    def inherit(self, seat: Seat, tokens: list[bytes], frame: bytes, life: int) -> None:
        """What would be needed without the partner's home. An empty frame, an earlier life: as before."""
        self._disinherit(seat)
        seat.partner.life = max(seat.partner.life, life)
        seat.tokens = tuple(tokens)
        seat.frame = frame or seat.frame
        for token in seat.tokens:
            self._heirs[token] = seat

    def heir(self, token: bytes) -> Seat | None:
        """The half here whose partner has this token."""
        return self._heirs.get(token)

    def _disinherit(self, seat: Seat) -> None:
        for token in seat.tokens:
            if self._heirs.get(token) is seat:
                del self._heirs[token]


def half_of(item: Relayed) -> OwnHalf:
    """The half that an item is for. Not of `gone`, which is for none."""
    if isinstance(item, nodes.Reunite):
        return item.old, item.role
    assert not isinstance(item, nodes.Gone)
    return item.chat, item.role
