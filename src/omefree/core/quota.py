"""How often a visitor may do what: token buckets, and the refusals that end a connection (protocol.md, rule 5)."""

from collections import deque

from omefree.contract.limits import QUOTAS, REFUSALS_BEFORE_CLOSE, REFUSALS_WINDOW_S, Quota, QuotaName

_ROUNDING = 1e-6  # of a token: who waits exactly as long as told is not refused for a float's last bit


class Bucket:
    """A token bucket, full at first. Two floats; its quota comes with each call, so that a bucket costs little."""

    __slots__ = ("stamp", "tokens")

    def __init__(self) -> None:
        self.tokens = float("inf")  # capped to the burst by the first call
        self.stamp = 0.0

    def take(self, quota: Quota, now: float, scale: float = 1.0) -> float:
        """Take a token: 0.0 if granted, else the seconds until one is there. `scale` multiplies rate and burst."""
        rate = quota.rate_s * scale
        tokens = self.tokens + (now - self.stamp) * rate
        burst = max(1.0, quota.burst * scale)  # below one nothing would ever be granted
        if tokens > burst:
            tokens = burst
        self.stamp = now
        if tokens >= 1.0 - _ROUNDING:
            self.tokens = tokens - 1.0
            return 0.0
        self.tokens = tokens
        return (1.0 - tokens) / rate


class Buckets:
    """The buckets of one visitor, each made when it is first used."""

    __slots__ = ("_made",)

    def __init__(self) -> None:
        self._made: dict[QuotaName, Bucket] = {}

    def take(self, name: QuotaName, now: float, scale: float = 1.0) -> float:
        """Take a token of the quota with this name (protocol.md, rule 5): 0.0 if granted, else the seconds to wait."""
        bucket = self._made.get(name)
        if bucket is None:
            bucket = self._made[name] = Bucket()
        return bucket.take(QUOTAS[name], now, scale)


class Refusals:
    """The times of a visitor's last refusals: at most 20 floats."""

    __slots__ = ("_times",)

    def __init__(self) -> None:
        self._times: deque[float] = deque(maxlen=REFUSALS_BEFORE_CLOSE)

    def note(self, now: float) -> bool:
        """Count one refusal; True if it is the 20th within 10 s, so that the connection is to be closed."""
        self._times.append(now)
        return len(self._times) == REFUSALS_BEFORE_CLOSE and now - self._times[0] <= REFUSALS_WINDOW_S
