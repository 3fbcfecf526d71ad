"""Who comes when, from which address, by which transport, and meets whom.

Four visitors make a party. They come together, and each meets the other three in turn: `find`, `next`, `next`, and then
they leave. Each pair has a topic that nobody else has, so nobody meets a visitor who is no part of the load.
"""

from typing import TypeAlias

from msgspec import Struct

from omefree.contract.codes import Mode

PARTY = 4  # visitors: the fewest that can say `next` twice, as nobody meets the same one again within a minute
CHATS_OF_PARTY = PARTY // 2

Pair: TypeAlias = tuple[int, int]

ROUNDS: tuple[tuple[Pair, Pair], ...] = (((0, 1), (2, 3)), ((0, 2), (1, 3)), ((0, 3), (1, 2)))

_HOSTS = 254  # of the last number of an address: .0 and .255 are left out
_SECOND = 254  # 127.0.x.x is left to others


class Plan(Struct, frozen=True, kw_only=True):
    """A load test.

    `chats` go on at once, and begin evenly over `ramp_s` seconds; then all of them go on for `hold_s`. In each chat
    `texts` are said by turns, with `pause_s` between them. `polling` is the share of visitors by long-polling.
    """

    chats: int = 50
    ramp_s: float = 10.0
    hold_s: float = 30.0
    texts: int = 6
    pause_s: float = 1.0
    mode: Mode = "video"
    polling: float = 0.1

    @property
    def parties(self) -> int:
        """How many parties there are at once. An odd number of chats is rounded up."""
        return -(-self.chats // CHATS_OF_PARTY)

    @property
    def visitors(self) -> int:
        """How many visitors there are at once."""
        return PARTY * self.parties

    @property
    def total_s(self) -> float:
        """How long the test takes, without the last goodbyes."""
        return self.ramp_s + self.hold_s

    def begins_s(self, party: int) -> float:
        """When a party comes for the first time, in seconds from the beginning."""
        return self.ramp_s * party / self.parties


def topic(run: str, visit: int, turn: int, pair: int) -> str:
    """The interest of one pair in one round. `run` is random, so that two runs do not meet each other."""
    return f"{run}-{visit}-{turn}-{pair}"


def polls(number: int, share: float) -> bool:
    """Whether a visitor uses long-polling: evenly spread, so many of any row of visitors."""
    return int((number + 1) * share) > int(number * share)


def source(number: int) -> str:
    """The loopback address that a visitor comes from: one for each of 16 million, then from the beginning again."""
    rest, last = divmod(number, _HOSTS)
    rest, third = divmod(rest, 256)
    return f"127.{1 + rest % _SECOND}.{third}.{1 + last}"
