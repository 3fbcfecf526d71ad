"""What moves a visitor from one state to another, as one table: a missing key is a move that is not legal. PURE.

Nothing sets a state past this table; `VisitorRecord` is its only caller. Events that change no state, such as `message`
or `ice`, are not in it. Their chat is checked before (protocol.md: shape, size, chat, quota), so that they can only be
about the chat that the visitor is in.

An illegal move by an event from the wire is answered `chat_over`. One by `matched` or `partner_gone` is a bug of ours.
Away is no state: a visitor whose link broke is still searching or chatting (rule 8).
"""

from enum import Enum
from typing import Literal, TypeAlias

from omefree.errors import IllegalMove


class State(Enum):
    """Where a visitor stands; the values are those of `resumed.state` on the wire."""

    IDLE = "idle"
    SEARCHING = "searching"
    CHATTING = "chatting"


Move: TypeAlias = Literal[
    "find",
    "leave",  # ends the search, or the chat by this visitor's own doing: `leave`, `report`, or the next `find`
    "matched",  # by the exchange, or because both asked again
    "partner_gone",  # the chat ended without this visitor's doing
]

MOVES: dict[tuple[State, Move], State] = {
    (State.IDLE, "find"): State.SEARCHING,
    (State.IDLE, "matched"): State.CHATTING,
    (State.SEARCHING, "find"): State.SEARCHING,  # keeps its place in time
    (State.SEARCHING, "leave"): State.IDLE,
    (State.SEARCHING, "matched"): State.CHATTING,
    (State.CHATTING, "leave"): State.IDLE,
    (State.CHATTING, "partner_gone"): State.IDLE,
}


def after(state: State, move: Move) -> State:
    """The next state. Raises IllegalMove if the table has none."""
    try:
        return MOVES[state, move]
    except KeyError:
        raise IllegalMove(state.value, move) from None
