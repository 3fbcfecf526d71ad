"""The partner of a chat that lives in another process of the cluster (a node). What it is told travels as items."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Set
from typing import Protocol

from msgspec import Struct, field

from omefree.chat.halves import Partner
from omefree.contract.codes import EndReason, PartnerState, ReportReason
from omefree.contract.events import Seal
from omefree.contract.moving import Heir
from omefree.contract.nodes import Again, AnyItem, Here, Relayed, Report, Say, Unagain
from omefree.guard.record import Credit, Record, Standing, Vote
from omefree.wire.socketio import EVENT_PREFIX

TYPING = EVENT_PREFIX + b'["typing"'


class Post(Protocol):
    """What carries items to other nodes (exchange/bus.py)."""

    tag: str  # of this node

    def send(self, tag: str, item: AnyItem) -> None:
        """Takes an item for a node. What one turn of the loop sends to a node leaves at its end, in order. One to this
        node itself comes in a later turn, in order.
        """

    def broadcast(self, item: AnyItem) -> None:
        """Takes an item for all other nodes. It may be lost."""

    @property
    def peers(self) -> Set[str]:
        """The other nodes that have a lease."""
        ...

    def knows(self, tag: str) -> bool:
        """Whether this is another node, or was one until a while ago."""
        ...

    @property
    def is_young(self) -> bool:
        """Whether visitors may be about whose node has died before this one began."""
        ...

    @property
    def is_cut(self) -> bool:
        """Whether nothing is heard of the other nodes, and likely will be soon."""
        ...

    @property
    def takers(self) -> Set[str]:
        """The nodes that take what visitors say. What is sent in a turn of the loop does not change this within it."""
        ...

    @property
    def crowded(self) -> Set[str]:
        """The nodes to which nothing should be sent that may be dropped."""
        ...


class Stranger(Struct, weakref=True, eq=False):
    """A visitor of another node, in however many chats it has been with visitors here."""

    id: str  # empty once its session is over
    home: str  # the tag of its node. While a visitor moves it may be this very node: its items then stay within it
    former: dict[tuple[str, bool], None] = field(default_factory=dict)  # the halves here of its chats that are over


class Strangers:
    """The visitors of other nodes whom somebody here chats with, or has chatted with a while ago."""

    __slots__ = ("_strangers",)

    def __init__(self) -> None:
        self._strangers: weakref.WeakValueDictionary[str, Stranger] = weakref.WeakValueDictionary()

    def get(self, visitor: str) -> Stranger | None:
        """The stranger of this id, if it is known."""
        return self._strangers.get(visitor)

    def at(self, visitor: str, home: str) -> Stranger:
        """The stranger of this id. One that was not known is at `home`. Without an id, it has gone."""
        if not visitor:
            return Stranger("", home)
        stranger = self._strangers.get(visitor)
        if stranger is None:
            stranger = self._strangers[visitor] = Stranger(visitor, home)
        return stranger

    def of(self, home: str) -> list[Stranger]:
        """All of a node."""
        return [stranger for stranger in list(self._strangers.values()) if stranger.home == home]

    def drop(self, stranger: Stranger) -> None:
        """Its session is over."""
        self._strangers.pop(stranger.id, None)
        stranger.id = ""


class Early(Struct):
    """What has come from the node to which a partner has moved, before its old one has said so."""

    tag: str
    is_claimed: bool = False  # it has said that the partner is there
    items: list[Relayed] = field(default_factory=list)


class Chats(Protocol):
    """Where all chats with other nodes are kept (remote_chats.py)."""

    def left(self, partner: RemotePartner, reason: EndReason, credit: Credit) -> None:
        """The visitor here has ended its chat with this partner."""

    def propose(self, partner: RemotePartner) -> None:
        """Both have asked for each other again: proposes their chat to the partner's home."""


class RemotePartner:
    """A Partner (halves.py) of another node: one object for each chat. `role` is that of the partner's half."""

    __slots__ = ("_chats", "_post", "asks", "chat", "early", "home", "is_connected", "is_reachable", "life", "role",
                 "seal", "standing", "stranger")  # fmt: skip

    key = network = b""  # known to its home alone
    record: Record | None = None

    def __init__(
        self,
        chats: Chats,
        post: Post,
        stranger: Stranger,
        chat: str,
        *,
        role: bool,
        seal: Seal | None,
        standing: Standing,
    ) -> None:
        self._chats = chats
        self._post = post
        self.stranger = stranger
        self.home = stranger.home  # of this chat: a move of the stranger counts in its turn (seats.py)
        self.chat = chat
        self.role = role
        self.seal = seal
        self.standing = standing
        self.is_connected = True  # to its home, as that has told
        self.is_reachable = True  # its home, for longer than a moment
        self.asks = False
        self.life = 0  # as its home has told (contract/moving.py: Estate)
        self.early: Early | None = None

    def moves_to(self, tag: str) -> None:
        """It is a visitor of this node from now on."""
        self.home = self.stranger.home = tag

    @property
    def id(self) -> str:
        """The session's unguessable id."""
        return self.stranger.id

    @property
    def is_away(self) -> bool:
        """Whether the visitor here has been told that its partner is away."""
        return not (self.is_connected and self.is_reachable)

    @property
    def socket(self) -> RemotePartner | None:
        """The way to the partner; None while it is away, or its node takes nothing."""
        is_there = self.is_connected and self.is_reachable and self.home in self._post.takers
        return self if is_there else None

    @property
    def elsewhere(self) -> RemotePartner:
        """It is a visitor of another node."""
        return self

    def ref(self) -> Callable[[], Partner | None]:
        """Gives the partner until its home has told that it is gone."""
        return self._if_present

    def send(self, frame: bytes) -> None:
        """Sends a frame of the visitor here. Of what may be dropped nothing is sent when the way is crowded."""
        if self.home in self._post.crowded and frame.startswith(TYPING):
            return
        self._post.send(self.home, Say(self.chat, self.role, frame))

    def partner_is(self, chat: str, state: PartnerState) -> None:
        """Tells the partner's home that the visitor here is away, or back."""
        self._post.send(self.home, Here(chat, self.role, state == "back"))

    def partner_left(self, chat: str, reason: EndReason, now: float, credit: Credit) -> None:
        """The visitor here has ended the chat. `credit` is what the partner gave to it."""
        self._chats.left(self, reason, credit)

    def ask(self, asks: bool) -> None:
        """Tells the partner's home whether the visitor here asks for it again, and could begin at once."""
        self._post.send(self.stranger.home, (Again if asks else Unagain)(self.chat, self.role))

    def bequeath(self, tokens: list[bytes]) -> None:
        """Leaves the tokens of the visitor here with the partner's home."""
        self._post.send(self.home, Heir(self.chat, self.role, tokens, b""))

    def propose(self) -> None:
        """Both have asked: proposes their chat, if that is for us to do. One of the two homes does, by the ids."""
        self._chats.propose(self)

    def report(self, reason: ReportReason, vote: Vote) -> None:
        """Sends a report of this chat to the home of its subject, also if the partner has left."""
        self._post.send(self.stranger.home, Report(self.chat, self.role, reason, vote.weight, vote.votes, vote.voter))

    def _if_present(self) -> Partner | None:
        return self if self.stranger.id else None
