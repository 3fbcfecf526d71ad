"""What each event does in each state of a visitor, as one table: a missing key is a move that is not legal.

What a move asks of the chat layer follows from the two states alone, whatever the event was:

- leaving SEARCHING: take the ticket out of the lobby (a match has done so already);
- leaving CHATTING: end the chat and tell the partner (unless it is the partner that ended it);
- entering SEARCHING, or `find` while in it: put a ticket into the lobby; `find` in it keeps the place in time;
- entering CHATTING: tell the visitor `matched`;
- staying, for any other event: the event's own work (relay, report, TURN credentials) and nothing else.

The check of the chat comes before the table (protocol.md: shape, size, chat, quota), so only what names the right chat
arrives here. An illegal move by an event from the wire is answered `chat_over`, for it can only be about a chat
that the visitor is not in; one by `matched` or `partner_gone` is a bug of ours. Away is no state: a visitor whose
link broke is searching or chatting still, and what it misses is its partner's and the lobby's business (rule 8).
"""

from enum import Enum
from typing import Literal, TypeAlias

from omefree.errors import IllegalMove


class State(Enum):
    """Where a visitor stands; the values are those of `resumed.state` on the wire."""

    IDLE = "idle"
    SEARCHING = "searching"
    CHATTING = "chatting"


Happening: TypeAlias = Literal[
    "find",
    "leave",
    "signal",
    "message",
    "typing",
    "report",  # names the current chat
    "report_last",  # names the last one, no more than 60 s after its end
    "again",
    "ice",
    "matched",  # by the lobby, or because both asked again
    "partner_gone",  # the chat ended without this visitor's doing
]

MOVES: dict[tuple[State, Happening], State] = {
    (State.IDLE, "find"): State.SEARCHING,
    (State.IDLE, "leave"): State.IDLE,
    (State.IDLE, "report_last"): State.IDLE,
    (State.IDLE, "again"): State.IDLE,
    (State.IDLE, "ice"): State.IDLE,
    (State.IDLE, "matched"): State.CHATTING,
    (State.SEARCHING, "find"): State.SEARCHING,
    (State.SEARCHING, "leave"): State.IDLE,
    (State.SEARCHING, "report_last"): State.SEARCHING,
    (State.SEARCHING, "again"): State.SEARCHING,
    (State.SEARCHING, "ice"): State.SEARCHING,
    (State.SEARCHING, "matched"): State.CHATTING,
    (State.CHATTING, "find"): State.SEARCHING,
    (State.CHATTING, "leave"): State.IDLE,
    (State.CHATTING, "signal"): State.CHATTING,
    (State.CHATTING, "message"): State.CHATTING,
    (State.CHATTING, "typing"): State.CHATTING,
    (State.CHATTING, "report"): State.IDLE,
    (State.CHATTING, "report_last"): State.CHATTING,
    (State.CHATTING, "ice"): State.CHATTING,
    (State.CHATTING, "partner_gone"): State.IDLE,
}


def move(state: State, happening: Happening) -> State:
    """Return the next state. Raises IllegalMove if the table has none."""
    try:
        return MOVES[state, happening]
    except KeyError:
        raise IllegalMove(state.value, happening) from None
