"""A pair of visitors of two nodes, as one of the two homes has it."""

from msgspec import Struct

from omefree.contract.nodes import Yes
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
