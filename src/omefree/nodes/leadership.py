"""Who leads a pool: the leases of ours, and whom a home follows.

A lease is for liveness alone. Two leaders at once can waste proposals and make no double match: see promise.py. An
epoch saves their round trips: a home follows the highest that it has heard of, and says so to a leader of the past.
"""

from collections.abc import Mapping
from typing import Literal, TypeAlias

from msgspec import Struct

LEADS_S = 2.5  # after the request that renewed its lease was sent; less than the registry's lease of 3 s
LEAD_S = 0.5  # a leader says so as often as this
SILENT_S = 1.5  # after this without a word of its leader, a home pairs its own visitors

Heard: TypeAlias = Literal["new", "same", "old"]


class LeaseChange(Struct, frozen=True):
    """We lead a pool in this epoch from now on; or no longer, if `epoch` is None."""

    pool: str
    epoch: int | None


class Leases:
    """The pools that we lead. `tag` is ours."""

    def __init__(self, tag: str) -> None:
        self._tag = tag
        self._held: dict[str, tuple[int, float]] = {}  # by pool: epoch, until when

    def beat(self, leaders: Mapping[str, tuple[str, int]], sent_at: float, now: float) -> list[LeaseChange]:
        """Takes the registry's answer: of each pool the leader's tag and epoch. `sent_at`: when it was asked."""
        changes = self.advance(now)
        until = sent_at + LEADS_S
        for pool, (tag, epoch) in leaders.items():
            known = self._held.get(pool, (None, 0.0))[0]
            if tag != self._tag or until <= now:
                changes += self._end(pool)
                continue
            self._held[pool] = (epoch, until)
            if known != epoch:
                changes.append(LeaseChange(pool, epoch))
        return changes + [change for pool in list(self._held) if pool not in leaders for change in self._end(pool)]

    def leads(self, pool: str, now: float) -> int | None:
        """Returns our epoch, if we lead this pool now."""
        epoch, until = self._held.get(pool, (None, 0.0))
        return epoch if now < until else None

    def advance(self, now: float) -> list[LeaseChange]:
        """Ends the leases that were not renewed in time."""
        over = [pool for pool, (_, until) in self._held.items() if until <= now]
        return [change for pool in over for change in self._end(pool)]

    def next_wake(self) -> float | None:
        """Returns when to call `advance` next; None never."""
        return min((until for _, until in self._held.values()), default=None)

    def _end(self, pool: str) -> list[LeaseChange]:
        return [LeaseChange(pool, None)] if self._held.pop(pool, None) else []


class Following:
    """The leader that a home follows in one pool, and the highest epoch that it has heard of (`seen`)."""

    def __init__(self) -> None:
        self.leader: str | None = None
        self.epoch = 0  # of the leader
        self.seen = 0
        self._heard_at = 0.0

    def lead(self, tag: str, epoch: int, now: float) -> Heard:
        """Takes that a node says it leads. `new`: it is followed from now on. `old`: it is to be told `seen`.

        Two nodes with one epoch, after a registry has lost its data: the second is followed once the first is silent.
        """
        if epoch < self.seen or (epoch == self.seen and self.leader not in (None, tag) and not self.is_silent(now)):
            return "old"
        is_same = (self.leader, self.epoch) == (tag, epoch)
        self.leader, self.epoch, self.seen, self._heard_at = tag, epoch, epoch, now
        return "same" if is_same else "new"

    def saw(self, epoch: int) -> None:
        """Takes that a higher epoch exists: another home has said so."""
        self.seen = max(self.seen, epoch)

    def heard(self, tag: str, now: float) -> None:
        """Takes any word of a node: if it is the leader, it is not silent."""
        if tag == self.leader:
            self._heard_at = now

    def is_silent(self, now: float) -> bool:
        """Says whether there is no leader, or none that was heard of lately."""
        return self.leader is None or now >= self._heard_at + SILENT_S

    def drop(self) -> None:
        """Follows nobody until the next `lead`."""
        self.leader = None

    def next_wake(self) -> float | None:
        """Returns when the leader will be silent; None without one."""
        return None if self.leader is None else self._heard_at + SILENT_S
