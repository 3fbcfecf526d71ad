"""The frames that were given to the server and have no reply yet."""

from msgspec import Struct

from omefree.seal.frame import Lane, RelayEvent

UNANSWERED_MAX = 1_024  # so that a server that never replies does not fill the memory


class Sent(Struct, frozen=True):
    """What the token of an Emit stands for. `lane` None: a hello. `asks`: a receipt that asks for a resend."""

    event: RelayEvent
    lane: Lane | None
    n: int
    asks: bool = False


class Unanswered:
    """Gives each frame that is sent a token, by which its reply finds it."""

    __slots__ = ("_sent", "_token")

    def __init__(self) -> None:
        self._sent: dict[int, Sent] = {}
        self._token = 0

    def add(self, sent: Sent) -> int:
        """The token of this frame. With 1,024 waiting, the oldest is forgotten."""
        self._token += 1
        self._sent[self._token] = sent
        self._sent.pop(self._token - UNANSWERED_MAX, None)
        return self._token

    def take(self, token: int) -> Sent | None:
        """What was sent with this token; None the second time, or if it was forgotten."""
        return self._sent.pop(token, None)

    def clear(self) -> None:
        """Called after a break: replies to what was sent before it no longer count."""
        self._sent.clear()
