"""A pair of visitors of two nodes, as one of the two homes has it, and the interface of the chats that it begins."""

from typing import Protocol

from msgspec import Struct

from omefree.contract.nodes import AnyItem, Say, Yes
from omefree.matching.ticket import Ticket


class Meeting(Struct, frozen=True):
    """A pair of which one visitor is here, with the ticket `own`; the other, `partner`, is at the node `home`.

    `yes` is what that node has said of it. `polite`: whether the visitor here is the polite peer.
    """

    chat: str
    polite: bool
    own: Ticket
    partner: str
    home: str
    common: tuple[str, ...]
    yes: Yes


class RemoteListener(Protocol):
    """The chats of this node with others (chat/remote_chats.py). They are asked and told from the loop alone."""

    def is_ready(self, ticket: Ticket) -> bool:
        """Whether the visitor of a ticket can enter a chat now."""

    def yes(self, chat: str, ticket: Ticket) -> Yes:
        """What the partner's home needs of a visitor here that is promised to a chat."""

    def begin(self, meeting: Meeting) -> None:
        """Both homes have said yes."""

    def refused(self, tag: str, chat: str) -> None:
        """The other home does not have this chat."""

    def say(self, tag: str, item: Say) -> None:
        """What a visitor of another node says to one here."""

    def item(self, tag: str, item: AnyItem) -> None:
        """Another item about a chat."""

    def gone(self, tag: str, visitor: str) -> bool:
        """The session of a visitor of another node is over. Returns whether it is that node's to say so."""

    def deaf(self, tag: str) -> None:
        """A node hears nothing at the moment."""

    def away(self, tag: str) -> None:
        """A node is not reached for longer than a moment."""

    def back(self, tag: str) -> None:
        """It is reached again."""

    def compare(self, tag: str) -> None:
        """A node has begun anew: what was under way is lost."""

    def dead(self, tag: str) -> list[str]:
        """None of a node's visitors can come back. Returns those known here."""
