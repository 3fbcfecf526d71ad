"""The pace of one kind of event: within the quota that the server told, so that the server never refuses."""

from omefree.contract.limits import Quota
from omefree.guard.quota import Bucket

BURST_SHARE = 0.5  # of the server's burst: networks deliver in bursts, and the previous chat used some
RATE_MIN_S = 0.1  # events a second, even if the server told less


class Pace:
    """`ready_at`: no event may be sent before this time."""

    __slots__ = ("_bucket", "_quota", "ready_at")

    def __init__(self, quota: Quota) -> None:
        self._bucket = Bucket()
        self._quota = Quota(max(quota.rate_s, RATE_MIN_S), max(1.0, quota.burst * BURST_SHARE))
        self.ready_at = float("-inf")

    def take(self, now: float) -> bool:
        """True if one event may be sent now; it is counted."""
        if now < self.ready_at:
            return False
        wait_s = self._bucket.take(self._quota, now)
        self.ready_at = now + wait_s
        return wait_s == 0

    def hush(self, until: float) -> None:
        """Sends nothing before the time `until`."""
        self.ready_at = max(self.ready_at, until)

    def resume(self, now: float) -> None:
        """Forgets a wait that the server asked for before a break."""
        self.ready_at = min(self.ready_at, now)
