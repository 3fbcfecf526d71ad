"""Tickets bring the exclusions of their visitors, and take them with them."""

import pytest

from omefree.matching.lobby import Lobby
from omefree.matching.ticket import NEVER, Pair
from tests.matching.tickets import HESITATION_S, first, names, ticket

Apart = tuple[tuple[str, float], ...]


@pytest.fixture
def lobby() -> Lobby:
    return Lobby(first, HESITATION_S)


def join(lobby: Lobby, visitor: str, *apart: tuple[str, float], now: float = 0.0) -> str:
    return names(lobby.join(ticket(visitor, since=now, apart=apart), now))


@pytest.mark.parametrize("holder", ["a", "b"])
def test_two_do_not_meet_whichever_of_them_holds_the_other(lobby: Lobby, holder: str) -> None:
    lists: dict[str, Apart] = {"a": (), "b": ()}
    lists[holder] = (("b" if holder == "a" else "a", NEVER),)
    assert [join(lobby, visitor, *lists[visitor]) for visitor in "ab"] == ["", ""]
    assert lobby.advance(1e6) == []
    assert join(lobby, "c") == "ca"


def test_who_is_held_may_join_later_and_is_held_all_the_same(lobby: Lobby) -> None:
    assert join(lobby, "a", ("b", 60.0)) == ""
    assert join(lobby, "b", now=59.0) == ""
    assert lobby.next_wake() == 60.0
    assert [names(what) for what in lobby.advance(60.0)] == ["ab"]


def test_a_ticket_takes_its_exclusions_with_it(lobby: Lobby) -> None:
    join(lobby, "a", ("b", NEVER), ("c", 60.0))
    lobby.leave("a")
    assert lobby.is_empty()
    assert [join(lobby, visitor) for visitor in "ab"] == ["", "ba"]


def test_a_new_ticket_brings_a_new_list(lobby: Lobby) -> None:
    join(lobby, "a", ("b", NEVER))
    join(lobby, "a", ("c", NEVER))
    assert join(lobby, "c") == ""
    assert join(lobby, "b") == "ba"


def test_what_comes_out_names_nobody_who_was_to_be_avoided(lobby: Lobby) -> None:
    join(lobby, "a", ("x", NEVER))
    pair = lobby.join(ticket("b", apart=(("y", NEVER),)), 0.0)
    assert isinstance(pair, Pair)
    assert pair == Pair(ticket("b"), ticket("a"), ())
    assert lobby.is_empty()


def test_who_waits_is_kept_from_others_and_freed_again(lobby: Lobby) -> None:
    join(lobby, "a")
    lobby.hold("a", [("b", NEVER)])
    assert join(lobby, "b") == ""
    lobby.hold("a", [])
    assert lobby.next_wake() is not None
    assert [names(what) for what in lobby.advance(0.0)] in (["ab"], ["ba"])


def test_to_hold_for_somebody_who_does_not_wait_leaves_nothing(lobby: Lobby) -> None:
    lobby.hold("a", [("b", 60.0)])
    assert lobby.is_empty()


def test_an_id_that_is_gone_for_good_is_in_no_list(lobby: Lobby) -> None:
    join(lobby, "a", ("b", 60.0), ("c", NEVER))
    lobby.forget("b")
    assert lobby.next_wake() != 60.0
    lobby.forget("c")
    lobby.forget("a")
    assert lobby.is_empty()
