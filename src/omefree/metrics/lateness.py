"""How late the event loop does what it planned: a busy process is late with everything."""

from omefree.clock import Clock

EVERY_S = 1.0


class Lateness:
    """A timer of EVERY_S that sums up by how much it is late, as long as the loop runs."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.seconds = 0.0
        self._plan()

    def _plan(self) -> None:
        self._due = self._clock.time() + EVERY_S
        self._clock.call_at(self._due, self._wake)

    def _wake(self) -> None:
        self.seconds += max(0.0, self._clock.time() - self._due)
        self._plan()
