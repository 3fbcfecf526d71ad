"""A home and the leaders of its pool, item by item. Whatever a leader says, the home decides."""

from typing import Any

import pytest

from omefree.contract import nodes
from omefree.matching.lobby import Lobby
from omefree.matching.ticket import Pair, Ticket, Widened
from omefree.nodes.effects import Begin, Effect, Introduce, Refused, Send
from omefree.nodes.home import Home
from omefree.nodes.leadership import SILENT_S
from omefree.nodes.promise import PROMISE_S

POOL = "text"


def yes(chat: str) -> nodes.Yes:
    return nodes.Yes(chat, False, [], None, 2, True, 1, b"voter")


class Searching:
    """A home whose leader is the node `l`, in epoch 5, and its visitors. `sent` is what it has told others."""

    def __init__(self) -> None:
        self.now = 100.0
        self.absent: set[str] = set()
        self.lists: dict[str, tuple[tuple[str, float], ...]] = {}
        self.home = Home(("video", POOL), self, lambda: Lobby(lambda n: 0, 0.0), lambda: "local", lambda n: 0)
        self.sent: list[tuple[str, nodes.AnyItem]] = []
        self.told: list[Effect] = []
        self.hear("l", nodes.Lead(POOL, 5))

    def is_ready(self, ticket: Ticket) -> bool:
        if ticket.visitor in self.absent:
            self.do(self.home.leave(ticket.visitor, self.now))  # as the chat layer does
        return ticket.visitor not in self.absent

    def yes(self, chat: str, ticket: Ticket) -> nodes.Yes:
        return yes(chat)

    def apart(self, visitor: str) -> tuple[tuple[str, float], ...]:
        return self.lists.get(visitor, ())

    def do(self, effects: list[Effect]) -> None:
        for effect in effects:
            if isinstance(effect, Send):
                self.sent.append((effect.tag, effect.item))
            else:
                self.told.append(effect)

    def hear(self, tag: str, item: nodes.AnyItem) -> None:
        self.do(self.home.item(tag, item, self.now))

    def find(self, visitor: str, **criteria: Any) -> int:
        """Returns the number of the search that the leader was told."""
        self.do(self.home.join(Ticket(visitor, "text", since=self.now, **criteria), self.now))
        return self.number_of(visitor)

    def number_of(self, visitor: str) -> int:
        return max([item.n for _, item in self.sent if isinstance(item, nodes.Join) and item.visitor == visitor] or [0])

    def wait(self, seconds: float) -> None:
        self.now += seconds
        self.do(self.home.advance(self.now))

    def propose(self, visitor: str, n: int, chat: str = "chat", *, epoch: int = 5) -> None:
        self.hear("l", nodes.Pair(POOL, epoch, chat, True, visitor, n, "bob", "b", ["art"]))

    def last(self) -> tuple[str, nodes.AnyItem]:
        return self.sent[-1]


@pytest.fixture
def searching() -> Searching:
    return Searching()


def test_a_chat_begins_when_both_homes_have_said_yes(searching: Searching) -> None:
    n = searching.find("ann", interests={"art": "Art"})
    searching.propose("ann", n)
    assert searching.last() == ("b", yes("chat"))
    assert searching.told == []
    assert "ann" in searching.home
    searching.hear("b", yes("chat"))
    (begin,) = searching.told
    assert isinstance(begin, Begin)
    assert (begin.chat, begin.polite, begin.partner, begin.home, begin.common) == ("chat", True, "bob", "b", ("art",))
    assert begin.own.interests == {"art": "Art"}
    assert "ann" not in searching.home


def test_the_other_yes_may_come_first(searching: Searching) -> None:
    n = searching.find("ann")
    searching.hear("b", yes("chat"))
    searching.propose("ann", n)
    assert searching.last() == ("b", yes("chat"))
    assert isinstance(searching.told[0], Begin)


def test_the_yes_of_another_node_does_not_count(searching: Searching) -> None:
    n = searching.find("ann")
    searching.hear("c", yes("chat"))
    searching.propose("ann", n)
    searching.hear("c", yes("chat"))
    assert searching.told == []


@pytest.mark.parametrize("stale", ["number", "epoch", "visitor", "twice"])
def test_a_proposal_that_does_not_fit_is_refused(searching: Searching, stale: str) -> None:
    n = searching.find("ann")
    if stale == "number":
        searching.find("ann", interests={"art": "art"})
        searching.propose("ann", n)
    elif stale == "epoch":
        searching.propose("ann", n, epoch=4)
    elif stale == "visitor":
        searching.propose("zoe", n)
    else:
        searching.propose("ann", n, "first")
        searching.propose("ann", n)
    assert searching.sent.pop() == ("b", nodes.No("chat"))
    searching.hear("b", yes("chat"))
    assert searching.told == []
    assert searching.last() == ("b", nodes.No("chat"))  # who says yes to it need not wait


def test_whoever_cannot_chat_now_is_not_promised(searching: Searching) -> None:
    n = searching.find("ann")
    searching.absent.add("ann")
    searching.propose("ann", n)
    assert searching.last() == ("b", nodes.No("chat"))
    assert "ann" not in searching.home


def test_whoever_can_no_longer_chat_does_not_begin(searching: Searching) -> None:
    n = searching.find("ann")
    searching.propose("ann", n)
    searching.absent.add("ann")
    searching.hear("b", yes("chat"))
    assert searching.told == []
    assert searching.last() == ("b", nodes.No("chat"))


@pytest.mark.parametrize("how", ["no", "time", "reset", "dead"])
def test_a_promise_that_is_not_kept_ends_and_its_visitor_searches_on(searching: Searching, how: str) -> None:
    n = searching.find("ann", interests={"art": "art"})
    since = searching.now
    searching.wait(0.5)
    searching.hear("l", nodes.Lead(POOL, 5))
    searching.propose("ann", n)
    match how:
        case "no":
            searching.hear("b", nodes.No("chat"))
        case "time":
            searching.wait(PROMISE_S)
        case "reset":
            searching.do(searching.home.reset("b", searching.now))
        case _:
            searching.do(searching.home.lost("b", searching.now))
    tag, join = searching.last()
    assert isinstance(join, nodes.Join)
    assert (tag, join.n > n, join.age) == ("l", True, searching.now - since)
    assert (("b", nodes.No("chat")) in searching.sent) == (how != "no")
    searching.hear("b", yes("chat"))
    assert searching.told == []


def test_a_no_may_come_before_the_proposal(searching: Searching) -> None:
    n = searching.find("ann")
    searching.hear("b", yes("chat"))
    searching.hear("b", nodes.No("chat"))
    searching.told.clear()
    searching.propose("ann", n)
    assert searching.told == []
    assert searching.number_of("ann") > n


def test_a_no_after_the_begin_ends_the_chat(searching: Searching) -> None:
    n = searching.find("ann")
    searching.propose("ann", n)
    searching.hear("b", yes("chat"))
    searching.hear("b", nodes.No("chat"))
    assert searching.told[1:] == [Refused("b", "chat")]


def test_leaving_breaks_a_promise_or_tells_the_leader(searching: Searching) -> None:
    n = searching.find("ann")
    searching.do(searching.home.leave("ann", searching.now))
    assert searching.last() == ("l", nodes.Quit(POOL, 5, "ann", n))
    n = searching.find("ann")
    searching.propose("ann", n)
    searching.do(searching.home.leave("ann", searching.now))
    assert searching.last() == ("b", nodes.No("chat"))


def test_two_of_one_home_need_no_handshake(searching: Searching) -> None:
    a, b = searching.find("ann"), searching.find("bob", interests={"art": "ART"})
    searching.hear("l", nodes.Pair2(POOL, 5, "chat", False, "ann", a, "bob", b, []))
    (pair,) = searching.told
    assert isinstance(pair, Introduce)
    assert (pair.chat, pair.polite, pair.pair.b.interests) == ("chat", "bob", {"art": "ART"})
    assert len(searching.home) == 0


def test_if_one_of_two_searches_for_something_else_by_now_the_other_searches_on(searching: Searching) -> None:
    a, b = searching.find("ann"), searching.find("bob")
    newer = searching.find("bob", interests={"art": "art"})
    searching.hear("l", nodes.Pair2(POOL, 5, "chat", True, "ann", a, "bob", b, []))
    assert searching.told == []
    assert searching.number_of("ann") > a
    assert searching.number_of("bob") == newer


def test_a_new_leader_is_told_all_who_wait(searching: Searching) -> None:
    n = searching.find("ann")
    promised = searching.find("bob")
    searching.propose("bob", promised, "other")
    searching.sent.clear()
    searching.hear("m", nodes.Lead(POOL, 6))
    assert [(tag, type(item)) for tag, item in searching.sent] == [("m", nodes.Announce), ("m", nodes.Join)]
    searching.propose("ann", n, epoch=5)
    assert searching.last() == ("b", nodes.No("chat"))


def test_after_a_new_leader_its_counts_are_compared_from_the_beginning(searching: Searching) -> None:
    searching.find("ann")
    searching.find("bob")
    searching.do(searching.home.leave("bob", searching.now))
    searching.hear("m", nodes.Lead(POOL, 6))
    searching.sent.clear()
    for _ in range(2):
        searching.hear("m", nodes.Count(POOL, 6, 1, 0, 0))
    assert [type(item) for _, item in searching.sent] == [nodes.Announce, nodes.Join]


def test_a_leader_that_has_begun_anew_is_told_all_again(searching: Searching) -> None:
    searching.find("ann")
    searching.sent.clear()
    searching.do(searching.home.reset("b", searching.now))
    assert searching.sent == []
    searching.do(searching.home.reset("l", searching.now))
    assert [(tag, type(item)) for tag, item in searching.sent] == [("l", nodes.Announce), ("l", nodes.Join)]


def test_a_leader_of_the_past_is_told_the_higher_epoch(searching: Searching) -> None:
    searching.hear("m", nodes.Lead(POOL, 4))
    assert searching.last() == ("m", nodes.Seen(POOL, 5))
    assert searching.home.leader(POOL) == "l"


def test_without_a_word_of_the_leader_our_own_meet(searching: Searching) -> None:
    searching.find("ann")
    searching.find("bob")
    searching.wait(SILENT_S - 0.1)
    searching.hear("l", nodes.Widened(POOL, 5, "ann", 0))  # any word will do
    searching.wait(SILENT_S - 0.1)
    assert searching.told == []
    searching.wait(0.1)
    (pair,) = searching.told
    assert isinstance(pair, Introduce)
    assert {pair.pair.a.visitor, pair.pair.b.visitor} == {"ann", "bob"}


def test_whoever_is_promised_is_not_paired_with_our_own(searching: Searching) -> None:
    n = searching.find("ann")
    searching.find("bob")
    searching.find("cem")
    searching.propose("ann", n)
    searching.home.lost("l", searching.now)
    searching.wait(0.0)
    (pair,) = searching.told
    assert isinstance(pair, Introduce)
    assert {pair.pair.a.visitor, pair.pair.b.visitor} == {"bob", "cem"}
    searching.hear("b", yes("chat"))
    assert isinstance(searching.told[-1], Begin)


def test_whoever_the_leader_pairs_is_not_looked_for_in_our_own_lobby(searching: Searching) -> None:
    searching.wait(SILENT_S)
    for visitor in ("ann", "bob"):
        searching.find(visitor)
    searching.hear("l", nodes.Lead(POOL, 5))
    a, b = (searching.number_of(visitor) for visitor in ("ann", "bob"))
    searching.hear("l", nodes.Pair2(POOL, 5, "chat", True, "ann", a, "bob", b, []))
    searching.wait(0.0)
    assert [type(effect) for effect in searching.told] == [Introduce]


def test_criteria_may_change_while_our_own_meet(searching: Searching) -> None:
    searching.wait(SILENT_S)
    searching.find("ann", interests={"art": "art"})
    searching.wait(0.0)
    searching.find("ann", interests={"go": "go"})
    searching.find("bob", interests={"art": "art"})
    searching.wait(0.0)
    searching.wait(0.0)
    assert searching.told == []


def test_when_the_leader_is_back_our_own_lobby_is_empty(searching: Searching) -> None:
    searching.find("ann", interests={"art": "art"})
    searching.wait(SILENT_S)
    searching.hear("l", nodes.Lead(POOL, 5))
    searching.find("bob", interests={"art": "art"})
    searching.wait(0.0)
    assert searching.told == []
    assert [type(item) for _, item in searching.sent[-3:]] == [nodes.Announce, nodes.Join, nodes.Join]


def test_patience_runs_out_with_the_leader_and_without(searching: Searching) -> None:
    n = searching.find("ann", interests={"art": "art"}, patience_s=5.0)
    searching.hear("l", nodes.Widened(POOL, 5, "ann", n - 1))
    assert searching.told == []
    searching.hear("l", nodes.Widened(POOL, 5, "ann", n))
    assert searching.told == [Widened("ann")]
    searching.wait(SILENT_S)
    searching.wait(5.0)
    assert searching.told == [Widened("ann"), Widened("ann")]


def test_exclusions_travel_with_the_ticket_and_again_when_they_change(searching: Searching) -> None:
    n = searching.find("ann")
    searching.lists["ann"] = (("bob", float("inf")), ("cem", searching.now + 30.0))
    searching.do(searching.home.renew("ann", searching.now))
    _, join = searching.last()
    assert isinstance(join, nodes.Join)
    assert (join.n > n, join.apart) == (True, [("bob", None), ("cem", 30.0)])


def test_a_leader_that_lacks_a_ticket_is_told_all_again(searching: Searching) -> None:
    n = searching.find("ann")
    right = nodes.Count(POOL, 5, 1, 1, nodes.ticket_mark("ann", n))
    wrong = nodes.Count(POOL, 5, 1, 0, 0)
    under_way = nodes.Count(POOL, 5, 0, 0, 0)
    searching.sent.clear()
    for count in (wrong, right, wrong, under_way, under_way):
        searching.hear("l", count)
    assert searching.sent == []
    searching.hear("l", wrong)
    assert [type(item) for _, item in searching.sent] == [nodes.Announce, nodes.Join]


def test_the_pair_of_our_own_lobby_has_the_spelling_of_its_visitors(searching: Searching) -> None:
    searching.wait(SILENT_S)
    searching.find("ann", interests={"art": "Art"})
    searching.find("bob", interests={"art": "ART"})
    searching.wait(0.0)
    (pair,) = searching.told
    assert isinstance(pair, Introduce)
    assert isinstance(pair.pair, Pair)
    assert {pair.pair.a.interests["art"], pair.pair.b.interests["art"]} == {"Art", "ART"}
