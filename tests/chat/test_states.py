"""The table of a visitor's states, against the sentences of protocol.md."""

import msgspec
import pytest

from omefree.chat.states import MOVES, Move, State, after
from omefree.contract.events import Resumed
from omefree.errors import IllegalMove


def test_the_states_are_those_of_a_resume() -> None:
    for state in State:
        assert msgspec.convert({"state": state.value}, Resumed).state == state.value


@pytest.mark.parametrize("state", [State.IDLE, State.SEARCHING])
def test_a_free_visitor_can_search_and_be_matched(state: State) -> None:
    assert after(state, "find") is State.SEARCHING
    assert after(state, "matched") is State.CHATTING


@pytest.mark.parametrize("move", ["find", "matched"])
def test_a_chat_has_to_end_before_another_search_or_chat_begins(move: Move) -> None:
    with pytest.raises(IllegalMove):
        after(State.CHATTING, move)


@pytest.mark.parametrize("state", [State.IDLE, State.SEARCHING])
def test_only_a_chat_has_a_partner_to_lose(state: State) -> None:
    with pytest.raises(IllegalMove):
        after(state, "partner_gone")


def test_a_chat_begins_by_a_match_only_and_ends_idle() -> None:
    begins = {move for (state, move), then in MOVES.items() if then is State.CHATTING is not state}
    ends = {then for (state, _), then in MOVES.items() if state is State.CHATTING}
    assert (begins, ends) == ({"matched"}, {State.IDLE})
