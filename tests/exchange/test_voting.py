"""The key under which voters are hashed: one for all nodes, and a new one each day."""

import pytest

from omefree.contract.nodes import Voting
from omefree.exchange.voting import KEY_BYTES, LIFE_S, SAY_S, VotingKey


class Voter:
    """A node's key. `shared` has all that it was told to use, the newest last."""

    def __init__(self, name: str, now: float = 0.0) -> None:
        self.made = 0
        self.name = name
        self.shared: list[bytes] = []
        self.voting = VotingKey(now, self.random, self.shared.append)

    def random(self, size: int) -> bytes:
        self.made += 1
        return f"{self.name}{self.made}".encode().ljust(size, b".")

    @property
    def key(self) -> bytes:
        return self.shared[-1]


@pytest.fixture
def a() -> Voter:
    return Voter("a")


@pytest.fixture
def b() -> Voter:
    return Voter("b")


def test_all_take_over_what_the_leader_tells(a: Voter, b: Voter) -> None:
    assert len(a.key) == KEY_BYTES
    assert a.key != b.key
    [told] = a.voting.advance(0.0, leads=True)
    b.voting.told(told, 0.0)
    assert b.key == a.key


def test_the_leader_tells_it_often_and_no_other_node_does(a: Voter, b: Voter) -> None:
    assert len(a.voting.advance(0.0, leads=True)) == 1
    assert a.voting.advance(SAY_S - 0.1, leads=True) == []
    assert len(a.voting.advance(SAY_S, leads=True)) == 1
    assert b.voting.advance(0.0, leads=False) == []
    assert b.voting.next_wake() == SAY_S


def test_a_day_after_its_birth_it_is_renewed_whoever_leads_then(a: Voter, b: Voter) -> None:
    half = LIFE_S / 2
    [told] = a.voting.advance(half, leads=True)
    b.voting.told(told, 1000.0)  # another machine's clock
    [told] = b.voting.advance(1000.0 + half - SAY_S, leads=True)
    assert told.key == a.key
    assert b.voting.advance(1000.0 + half, leads=False) == []
    assert b.key == a.key
    [told] = b.voting.advance(1000.0 + half + SAY_S, leads=True)
    assert told.key == b.key != a.key
    assert told.age == 0.0


@pytest.mark.parametrize("key", [b"", b"k" * (KEY_BYTES - 1), b"k" * (KEY_BYTES + 1)])
def test_what_is_no_key_is_not_taken(key: bytes, a: Voter) -> None:
    before = a.key
    a.voting.told(Voting(0.0, key), 0.0)
    assert a.key == before


def test_nobody_can_make_a_key_live_longer_with_a_birth_to_come(a: Voter) -> None:
    a.voting.told(Voting(-LIFE_S, b"k" * KEY_BYTES), 0.0)
    a.voting.advance(LIFE_S, leads=True)
    assert a.key != b"k" * KEY_BYTES
