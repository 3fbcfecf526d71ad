"""The random key under which voters are hashed: one for all nodes, in memory alone, renewed each day.

A network has one vote on whoever it reports (guard/record.py), whichever nodes its people are at. So all nodes hash
networks with one key. Each begins with a key of its own and takes over whichever is the greater of two, by generation
and then by its bytes. So all soon have the same. It is made of nothing but chance: who knows `exchange_secret` cannot
make it.
"""

from collections.abc import Callable

from omefree.contract.nodes import Voting

KEY_BYTES = 32
LIFE_S = 24 * 3600.0
SAY_S = 5.0  # between two times that the leader tells it: arbitrary


class VotingKey:
    """The present key. `random(n)` gives n random bytes; `share` is told each new key."""

    def __init__(self, now: float, random: Callable[[int], bytes], share: Callable[[bytes], None]) -> None:
        self._random = random
        self._share = share
        self._say_at = now
        self._take(0, random(KEY_BYTES), now)

    def heard(self, voting: Voting, now: float) -> None:
        """Takes over the key of another node, if it is the greater one."""
        if len(voting.key) == KEY_BYTES and (voting.generation, voting.key) > (self._generation, self._key):
            self._take(voting.generation, voting.key, now - max(0.0, voting.age))

    def advance(self, now: float, *, leads: bool) -> list[Voting]:
        """What is to be told to all now. One node alone `leads`: it tells the key, and makes a new one each day."""
        if now < self._say_at:
            return []
        self._say_at = now + SAY_S
        if not leads:
            return []
        if now - self._since >= LIFE_S:
            self._take(self._generation + 1, self._random(KEY_BYTES), now)
        return [Voting(self._generation, now - self._since, self._key)]

    def next_wake(self) -> float:
        """When to call `advance` next."""
        return self._say_at

    def _take(self, generation: int, key: bytes, since: float) -> None:
        self._generation, self._key, self._since = generation, key, since
        self._share(key)
