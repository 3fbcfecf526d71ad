"""What the operator has ordered for everybody here: whether chats may begin, and of which mode."""

from omefree.contract.codes import Mode
from omefree.contract.events import Pause
from omefree.guard.control import ServerState

PAUSES: dict[ServerState, Pause | None] = {
    "open": None,
    "text-only": Pause(reason="frozen", open=("text",), whose="server"),
    "frozen": Pause(reason="frozen", open=(), whose="server"),
}
BLOCKED = Pause(reason="blocked", open=(), whose="address")


class ServerOrders:
    """The state of the server. Nothing in it is a visitor's."""

    __slots__ = ("state",)

    def __init__(self) -> None:
        self.state: ServerState = "open"

    @property
    def pause(self) -> Pause | None:
        """What everybody is told of the state; None if the server is open."""
        return PAUSES[self.state]

    def pause_for(self, mode: Mode) -> Pause | None:
        """Why nobody may search in this mode; None if they may."""
        pause = self.pause
        return None if pause is None or mode in pause.open else pause
