"""How fast one event may go out: within the quota that the server told, so that it never refuses."""

from omefree.contract.limits import Quota
from omefree.guard.quota import Bucket

BURST_SHARE = 0.5  # of the server's burst: a network delivers late what was sent evenly, and a chat before took some
RATE_MIN_S = 0.1  # whatever the server told


class Pace:
    """`ready_at`: before this, nothing goes out."""

    __slots__ = ("_bucket", "_quota", "ready_at")

    def __init__(self, quota: Quota) -> None:
        self._bucket = Bucket()
        self._quota = Quota(max(quota.rate_s, RATE_MIN_S), max(1.0, quota.burst * BURST_SHARE))
        self.ready_at = float("-inf")

    def take(self, now: float) -> bool:
        """True if one may go out now, and is counted."""
        if now < self.ready_at:
            return False
        wait_s = self._bucket.take(self._quota, now)
        self.ready_at = now + wait_s
        return wait_s == 0

    def hush(self, until: float) -> None:
        self.ready_at = max(self.ready_at, until)

    def resume(self, now: float) -> None:
        """What the server refused before a break counts no more."""
        self.ready_at = min(self.ready_at, now)
