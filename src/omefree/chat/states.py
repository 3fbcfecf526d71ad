"""One table of all moves between the states of a visitor. A missing key is an illegal move. PURE.

No code sets a state past this table; `VisitorRecord` is its only caller. Events that change no state, such as `message`
or `ice`, are not in it. Their chat is checked first (protocol.md: shape, size, chat, quota), so they can only be about
the visitor's present chat.

A client's event that would be an illegal move is refused with `chat_over`. An illegal `matched` or `partner_gone` is a
bug of ours. Away is no state: a visitor with a broken connection is still searching or chatting (rule 8).
"""

from enum import Enum
from typing import Literal, TypeAlias

from omefree.errors import IllegalMove


class State(Enum):
    """The state of a visitor. The values are those of `resumed.state` in the protocol."""

    IDLE = "idle"
    SEARCHING = "searching"
    CHATTING = "chatting"


Move: TypeAlias = Literal[
    "find",
    "leave",  # this visitor ends its search or its chat: by `leave`, by `report`, or by the next `find`
    "matched",  # the exchange has introduced it, or both have asked again
    "partner_gone",  # the other half of the chat has ended
]

MOVES: dict[tuple[State, Move], State] = {
    (State.IDLE, "find"): State.SEARCHING,
    (State.IDLE, "matched"): State.CHATTING,
    (State.SEARCHING, "find"): State.SEARCHING,  # the new ticket keeps the start of the search
    (State.SEARCHING, "leave"): State.IDLE,
    (State.SEARCHING, "matched"): State.CHATTING,
    (State.CHATTING, "leave"): State.IDLE,
    (State.CHATTING, "partner_gone"): State.IDLE,
}


def after(state: State, move: Move) -> State:
    """The state after a move. Raises IllegalMove if the table has none."""
    try:
        return MOVES[state, move]
    except KeyError:
        raise IllegalMove(state.value, move) from None
