"""What a person at a terminal reads about a pause."""

from __future__ import annotations

from typing import get_args

import pytest

from omefree.client import events as client
from omefree.contract.codes import PauseReason
from omefree.contract.events import Pause
from omefree.terminal import update as own
from omefree.terminal.pauses import pause_notes
from omefree.terminal.view import note_text
from tests.terminal.test_update import CHAT, after, chatting, keys
from tests.words.speak import EN, FR

HOST = "chat.example"


def read(pause: Pause | None, until: str = "", words: object = EN) -> str:
    said = EN if words is EN else FR
    return "\n".join(note_text(line, said) for line in pause_notes(pause, until, HOST))


def test_a_pause_for_video_says_that_text_stays_open() -> None:
    told = read(Pause(retry_after_s=540, reason="nudity", open=("text",), whose="visit"), "17:05")
    assert all(
        words in told for words in ("nudity", "Video is open to you again at 17:05", "Text chats stay open", HOST)
    )
    assert "Others share" not in told


def test_a_pause_of_an_address_says_that_others_share_it() -> None:
    told = read(Pause(retry_after_s=540, reason="mixed", open=(), whose="address"), "17:05")
    assert "Others share your network address" in told
    assert "look for people again at 17:05" in told
    assert "Text chats" not in told


@pytest.mark.parametrize(("reason", "whose"), [("frozen", "server"), ("blocked", "address")])
def test_the_operator_s_doing_names_no_report(reason: PauseReason, whose: str) -> None:
    told = read(Pause(reason=reason, open=(), whose="server" if whose == "server" else "address"))
    assert "reported" not in told
    assert "Others share" not in told
    assert f"{HOST}/legal" in told


@pytest.mark.parametrize("reason", get_args(PauseReason))
def test_every_reason_has_words_and_the_way_to_the_operator(reason: PauseReason) -> None:
    for words in (EN, FR):
        told = read(Pause(retry_after_s=60, reason=reason, open=("text",), whose="address"), "08:00", words)
        assert f"{HOST}/legal" in told
        assert "{" not in told


def test_the_end_of_a_pause_is_one_line() -> None:
    assert read(None) == "You can look for people again."


def test_a_pause_ends_no_chat_and_is_told_in_it() -> None:
    pause = Pause(retry_after_s=60, reason="spam", open=(), whose="visit")
    model = chatting(own.PausedUntil(pause, "08:00"))
    assert model.stage == "chatting"
    assert "pause.spam" in keys(model)


def test_a_blocked_address_ends_all() -> None:
    blocked = client.Paused(Pause(reason="blocked", open=(), whose="address"))
    model = chatting(own.Wrote(CHAT, 0, "hi"), client.LinkLost(1.0, None), blocked)
    assert (model.stage, model.chat, model.broken) == ("blocked", None, None)
    assert "pause.blocked" in keys(model)
    assert after(blocked).stage == "blocked"
