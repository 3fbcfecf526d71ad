"""The random key under which voters are hashed: one for all nodes, in memory alone, renewed each day.

A network has one vote on whoever it reports (guard/record.py), whichever nodes its people are at. So all nodes hash
networks with one key. Each begins with a key of its own, and takes over the one that the leader of a pool tells. It is
made of nothing but chance: who knows `exchange_secret` cannot make it.
"""

from collections.abc import Callable

from omefree.contract.nodes import Voting

POOL = "text"  # whose leader tells the key
KEY_BYTES = 32
LIFE_S = 24 * 3600.0
SAY_S = 5.0  # between two times that it is told: arbitrary


class VotingKey:
    """The present key. `random(n)` gives n random bytes; `share` is told each new key."""

    def __init__(self, now: float, random: Callable[[int], bytes], share: Callable[[bytes], None]) -> None:
        self._random = random
        self._share = share
        self._say_at = now
        self._take(random(KEY_BYTES), now)

    def told(self, voting: Voting, now: float) -> None:
        """Takes over the leader's key."""
        if len(voting.key) == KEY_BYTES and voting.key != self._key:
            self._take(voting.key, now - max(0.0, voting.age))

    def advance(self, now: float, *, leads: bool) -> list[Voting]:
        """What is to be told to all now. Only the node that `leads` tells the key, and makes a new one each day."""
        if now < self._say_at:
            return []
        self._say_at = now + SAY_S
        if not leads:
            return []
        if now - self._since >= LIFE_S:
            self._take(self._random(KEY_BYTES), now)
        return [Voting(now - self._since, self._key)]

    def next_wake(self) -> float:
        """When to call `advance` next."""
        return self._say_at

    def _take(self, key: bytes, since: float) -> None:
        self._key, self._since = key, since
        self._share(key)
