"""How often a visitor may act: token buckets, and the refusals that end a connection (protocol.md, rule 5)."""

from omefree.contract.limits import REFUSALS_BEFORE_CLOSE, REFUSALS_WINDOW_S, Quota

_ENOUGH = 1.0 - 1e-6  # of a token: a visitor that waits exactly as told must not fail by a float's last bit


class Bucket:
    """A token bucket, full at first. It holds two floats only; its quota comes with each call."""

    __slots__ = ("stamp", "tokens")

    def __init__(self) -> None:
        self.tokens = float("inf")  # capped to the burst by the first call
        self.stamp = 0.0

    def take(self, quota: Quota, now: float) -> float:
        """Take a token. Return 0.0 if there was one, else the seconds until there is one."""
        tokens = self.tokens + (now - self.stamp) * quota.rate_s
        if tokens > quota.burst:
            tokens = quota.burst
        self.stamp = now
        if tokens >= _ENOUGH:
            self.tokens = tokens - 1.0
            return 0.0
        self.tokens = tokens
        return (1.0 - tokens) / quota.rate_s


def scaled(quota: Quota, scale: float) -> Quota:
    """Return the quota with rate and burst multiplied. The burst is at least one: below one it would grant nothing."""
    return Quota(quota.rate_s * scale, max(1.0, quota.burst * scale))


class KeyBuckets:
    """Buckets of one quota, by address key. One that is full again holds nothing: `prune` forgets it."""

    __slots__ = ("_buckets", "_full_s", "_quota")

    def __init__(self, quota: Quota) -> None:
        self._quota = quota
        self._full_s = quota.burst / quota.rate_s
        self._buckets: dict[bytes, Bucket] = {}

    def __len__(self) -> int:
        return len(self._buckets)

    def take(self, key: bytes, share: float, now: float) -> float:
        """As `Bucket.take`, with the rate multiplied by `share`: a crowd behind one address gets more."""
        bucket = self._buckets.setdefault(key, Bucket())
        return bucket.take(Quota(self._quota.rate_s * share, self._quota.burst), now)

    def prune(self, now: float) -> None:
        """Forget the keys that have not been used for as long as a bucket takes to fill."""
        for key in [key for key, bucket in self._buckets.items() if now - bucket.stamp >= self._full_s]:
            del self._buckets[key]


class Refusals:
    """The times of a visitor's last refusals: at most 20 floats, and none for the many visitors never refused."""

    __slots__ = ("times",)

    def __init__(self) -> None:
        self.times: tuple[float, ...] = ()

    def note(self, now: float) -> bool:
        """Count one refusal. Return True if it is the 20th within 10 s, so that the connection has to be closed."""
        self.times = (*self.times[1 - REFUSALS_BEFORE_CLOSE :], now)
        return len(self.times) == REFUSALS_BEFORE_CLOSE and now - self.times[0] <= REFUSALS_WINDOW_S
