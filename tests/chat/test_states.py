"""The table of a visitor's states, against the sentences of protocol.md."""

from typing import get_args

import msgspec
import pytest

from omefree.chat.states import MOVES, Happening, State, move
from omefree.contract.events import Resumed, VisitorEvent
from omefree.errors import IllegalMove

HAPPENINGS: tuple[Happening, ...] = get_args(Happening)


def test_every_event_of_the_protocol_is_in_the_table() -> None:
    events = {event.__struct_config__.tag for event in get_args(VisitorEvent)}
    assert events == set(HAPPENINGS) - {"report_last", "matched", "partner_gone"}
    assert {happening for _, happening in MOVES} == set(HAPPENINGS)


def test_the_states_are_those_of_a_resume() -> None:
    for state in State:
        assert msgspec.convert({"state": state.value}, Resumed).state == state.value


@pytest.mark.parametrize("state", State)
def test_find_searches_and_leave_rests_whatever_the_state(state: State) -> None:
    assert move(state, "find") is State.SEARCHING
    assert move(state, "leave") is State.IDLE


@pytest.mark.parametrize("happening", ["signal", "message", "typing", "report", "partner_gone"])
def test_only_who_chats_has_a_partner(happening: Happening) -> None:
    assert (State.CHATTING, happening) in MOVES
    for state in (State.IDLE, State.SEARCHING):
        with pytest.raises(IllegalMove):
            move(state, happening)


def test_who_chats_cannot_be_matched_nor_ask_for_another() -> None:
    assert not {(State.CHATTING, "matched"), (State.CHATTING, "again")} & MOVES.keys()


def test_a_report_of_the_last_chat_and_turn_credentials_change_nothing() -> None:
    for state in State:
        assert move(state, "report_last") is move(state, "ice") is state


def test_a_chat_begins_by_a_match_only() -> None:
    begins = {happening for (state, happening), after in MOVES.items() if after is State.CHATTING is not state}
    assert begins == {"matched"}
