"""What the bus has for the log: a word each, and seldom enough for a log."""

from collections.abc import Callable

from omefree.clock import Clock, Handle
from omefree.nodes.roster import GRACE_S

NOTICE_S = 60.0  # between two notices with the same word


class Notices:
    """Passes words on: `up` and `down` of the connection, why something was dropped, why the registry refuses."""

    def __init__(self, clock: Clock, notice: Callable[[str], None]) -> None:
        self._clock = clock
        self._notice = notice
        self._said_at: dict[str, float] = {}
        self._was_up = False  # as it was said last
        self._timer: Handle | None = None

    def close(self) -> None:
        """Says no more."""
        if self._timer is not None:
            self._timer.cancel()

    def up(self) -> None:
        """The connection is there. It is said at first, and after `down`."""
        self.close()
        if not self._was_up:
            self._was_up = True
            self._notice("up")

    def down(self) -> None:
        """The connection is lost. It is said if that lasts longer than the grace."""
        self.close()
        self._timer = self._clock.call_at(self._clock.time() + GRACE_S, self._say_down)

    def say(self, word: str) -> None:
        """Any other word: at most once every NOTICE_S."""
        now = self._clock.time()
        if now >= self._said_at.get(word, float("-inf")) + NOTICE_S:
            self._said_at[word] = now
            self._notice(word)

    def _say_down(self) -> None:
        if self._was_up:
            self._was_up = False
            self._notice("down")
