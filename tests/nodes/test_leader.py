"""The leader of a pool: it proposes who fits, once, and holds nothing that its homes do not announce again."""

import pytest

from omefree.contract import nodes
from omefree.contract.nodes import ticket_mark
from omefree.matching.lobby import Lobby
from omefree.matching.ticket import Ticket
from omefree.nodes.effects import Broadcast, Effect, Send
from omefree.nodes.leader import COUNT_S, Leader
from omefree.nodes.leadership import LEAD_S
from omefree.nodes.tickets import join_of, ticket_of

POOL, EPOCH = "text", 5


class Leading:
    def __init__(self) -> None:
        self.now = 100.0
        self.leader = Leader(POOL, EPOCH, Lobby(lambda n: 0, 0.0), lambda: "chat", lambda n: 0)
        self.advance()

    def join(self, home: str, visitor: str, n: int = 1, epoch: int = EPOCH, apart: str = "") -> None:
        lists = tuple((other, float("inf")) for other in apart.split())
        self.leader.item(home, join_of(Ticket(visitor, "text", apart=lists), n, epoch, self.now), self.now)

    def quit(self, home: str, visitor: str, n: int = 1) -> None:
        self.leader.item(home, nodes.Quit(POOL, EPOCH, visitor, n), self.now)

    def advance(self, seconds: float = 0.0) -> list[Effect]:
        self.now += seconds
        return self.leader.advance(self.now)

    def proposals(self) -> list[tuple[str, nodes.AnyItem]]:
        effects = [effect for effect in self.advance() if isinstance(effect, Send)]
        return [(it.tag, it.item) for it in effects if isinstance(it.item, nodes.Pair | nodes.Pair2)]

    def counts(self) -> dict[str, nodes.Count]:
        effects = [effect for effect in self.advance(COUNT_S) if isinstance(effect, Send)]
        return {effect.tag: effect.item for effect in effects if isinstance(effect.item, nodes.Count)}


@pytest.fixture
def leading() -> Leading:
    return Leading()


def test_both_homes_get_the_same_proposal_and_one_of_the_two_is_polite(leading: Leading) -> None:
    leading.join("a", "ann", 3)
    leading.join("b", "bob", 4)
    assert sorted(leading.proposals()) == [
        ("a", nodes.Pair(POOL, EPOCH, "chat", False, "ann", 3, "bob", "b", [])),
        ("b", nodes.Pair(POOL, EPOCH, "chat", True, "bob", 4, "ann", "a", [])),
    ]
    assert len(leading.leader) == 0


def test_two_of_one_home_are_one_proposal(leading: Leading) -> None:
    leading.join("a", "ann", 3)
    leading.join("a", "bob", 4)
    assert leading.proposals() == [("a", nodes.Pair2(POOL, EPOCH, "chat", True, "bob", 4, "ann", 3, []))]


def test_what_is_of_another_epoch_concerns_nobody(leading: Leading) -> None:
    leading.join("a", "ann")
    leading.join("b", "bob", epoch=EPOCH - 1)
    assert leading.proposals() == []


def test_exclusions_come_with_the_ticket(leading: Leading) -> None:
    leading.join("a", "ann", apart="bob")
    leading.join("b", "bob")
    assert leading.proposals() == []
    leading.join("a", "ann", 2)
    assert len(leading.proposals()) == 2


def test_an_older_join_or_quit_does_not_undo_a_newer_one(leading: Leading) -> None:
    leading.join("a", "ann", 2)
    leading.quit("a", "ann", 1)
    leading.join("a", "ann", 1)
    leading.join("b", "bob")
    ((_, pair), _) = sorted(leading.proposals())
    assert isinstance(pair, nodes.Pair)
    assert pair.n == 2


def test_only_its_home_can_take_a_ticket_back(leading: Leading) -> None:
    leading.join("a", "ann")
    leading.quit("c", "ann", 9)
    leading.join("b", "bob")
    assert len(leading.proposals()) == 2


def test_who_quits_is_not_proposed(leading: Leading) -> None:
    leading.join("a", "ann")
    leading.quit("a", "ann")
    leading.join("b", "bob")
    assert leading.proposals() == []


def test_a_silent_home_is_set_aside_and_taken_back(leading: Leading) -> None:
    leading.join("a", "ann")
    leading.proposals()
    leading.leader.set_aside("a")
    leading.join("b", "bob")
    assert leading.proposals() == []
    leading.leader.take_back("a")
    assert len(leading.proposals()) == 2


def test_whoever_is_set_aside_keeps_its_exclusions(leading: Leading) -> None:
    leading.join("a", "ann", apart="bob")
    leading.proposals()
    for _ in range(2):
        leading.leader.set_aside("a")
        leading.leader.take_back("a")
        leading.leader.take_back("a")
    leading.join("b", "bob")
    assert leading.proposals() == []
    leading.join("c", "cem")
    assert len(leading.proposals()) == 2


def test_whoever_is_set_aside_before_it_is_decided_waits(leading: Leading) -> None:
    leading.join("a", "ann")
    leading.leader.set_aside("a")
    leading.join("b", "bob")
    assert leading.proposals() == []
    assert len(leading.leader) == 2


def test_a_home_that_announces_again_or_is_dead_leaves_no_ghosts(leading: Leading) -> None:
    leading.join("a", "ann")
    leading.leader.item("a", nodes.Announce(POOL, EPOCH), leading.now)
    leading.join("b", "bob")
    leading.leader.drop("b")
    leading.join("c", "cem")
    assert leading.proposals() == []
    assert len(leading.leader) == 1


def test_a_home_can_compare_what_the_leader_has_of_it(leading: Leading) -> None:
    leading.leader.item("a", nodes.Announce(POOL, EPOCH), leading.now)
    for n, visitor in enumerate(("ann", "amy", "ada"), 1):
        leading.join("a", visitor, n, apart="ann amy ada")
    leading.quit("a", "ada", 3)
    leading.join("a", "ann", 4, apart="ann amy ada")
    mark = ticket_mark("amy", 2) ^ ticket_mark("ann", 4)
    assert leading.counts() == {"a": nodes.Count(POOL, EPOCH, 5, 2, mark)}
    leading.join("b", "bob")
    assert len(leading.proposals()) == 2
    assert leading.counts()["a"].tickets == 1
    leading.leader.item("a", nodes.Announce(POOL, EPOCH), leading.now)
    assert leading.counts()["a"] == nodes.Count(POOL, EPOCH, 0, 0, 0)


def test_it_says_so_at_once_and_often(leading: Leading) -> None:
    lead = Broadcast(nodes.Lead(POOL, EPOCH))
    fresh = Leader(POOL, EPOCH, Lobby(lambda n: 0, 0.0), lambda: "chat", lambda n: 0)
    assert lead in fresh.advance(leading.now)
    assert lead not in fresh.advance(leading.now)
    assert lead in fresh.advance(leading.now + LEAD_S)


def test_a_ticket_comes_as_it_went_and_its_times_as_ages() -> None:
    lists = (("bob", 130.0), ("cem", float("inf")))
    ticket = Ticket("ann", "video", {"art": "Art"}, frozenset({"fr"}), 5.0, 95.0, True, 1, lists)
    there = ticket_of(join_of(ticket, 1, EPOCH, 100.0), 1000.0)
    assert there == Ticket("ann", "video", {"art": "art"}, frozenset({"fr"}), 5.0, 995.0, True, 1,
                           (("bob", 1030.0), ("cem", float("inf"))))  # fmt: skip
