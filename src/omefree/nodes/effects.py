"""What a home or a leader wants done. Whoever drives it (exchange/cluster.py) does these at once and in their order."""

from typing import TypeAlias

from msgspec import Struct

from omefree.contract.nodes import AnyItem, Yes
from omefree.matching.ticket import Pair, Ticket, Widened


class Send(Struct, frozen=True, gc=False):
    """Send this item to the node `tag`; it may be ourselves."""

    tag: str
    item: AnyItem


class Broadcast(Struct, frozen=True):
    """Send this item to all nodes, ourselves as well. It may be lost: it is repeated."""

    item: AnyItem


class Introduce(Struct, frozen=True):
    """Two visitors of this home are to talk, in the chat `chat`; `polite` is the id of one of them."""

    chat: str
    polite: str
    pair: Pair


class Begin(Struct, frozen=True):
    """The chat of a visitor of this home begins. Its partner lives at the node `home`, which said this `yes`.

    `own`: its ticket. `polite`: whether it is the polite peer.
    """

    chat: str
    polite: bool
    own: Ticket
    partner: str
    home: str
    common: tuple[str, ...]
    yes: Yes


class Refused(Struct, frozen=True):
    """The home of the partner does not have this chat. If it has begun here, it is over."""

    tag: str
    chat: str


Effect: TypeAlias = Send | Broadcast | Introduce | Begin | Refused | Widened
