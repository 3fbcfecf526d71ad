"""A stranger's link in the terminal: folded, and shown by /show, or by itself once there is some trust."""

from __future__ import annotations

import pytest

from omefree.client import events as client
from omefree.seal.content import EVENT_OF, Candidate, Description, Media, Sendable
from omefree.seal.content import Text as TextContent
from omefree.terminal import update as own
from omefree.terminal.model import TRUST_S, Model, TextLine
from omefree.terminal.update import update
from omefree.terminal.view import line_rows
from tests.terminal.test_update import CHAT, after, chatting, matched
from tests.words.speak import EN, FR

LINK = "see example.com"


def folded(model: Model) -> list[bool]:
    return [line.folded for line in model.lines if isinstance(line, TextLine)]


def test_a_link_is_folded_at_first_and_other_words_are_not() -> None:
    assert folded(chatting(client.Text(CHAT, 0, LINK), client.Text(CHAT, 1, "hello"))) == [True, False]


def test_it_opens_once_we_have_written_and_ten_seconds_have_passed() -> None:
    """The chat begins at 2."""
    wrote = chatting((4.0, client.Text(CHAT, 0, LINK)), (5.0, own.Wrote(CHAT, 0, "hi")))
    assert folded(update(wrote, own.Tick(), 2 + TRUST_S - 0.1)) == [True, False]
    assert folded(update(wrote, own.Tick(), 2 + TRUST_S)) == [False, False]
    silent = chatting((4.0, client.Text(CHAT, 0, LINK)))
    assert folded(update(silent, own.Tick(), 60.0)) == [True]
    assert folded(update(silent, own.Wrote(CHAT, 0, "hi"), 60.0)) == [False, False]


def test_a_link_that_comes_later_is_shown() -> None:
    assert folded(chatting((5.0, own.Wrote(CHAT, 0, "hi")), (12.0, client.Text(CHAT, 0, LINK)))) == [False, False]


def test_show_opens_what_is_folded_now_and_nothing_folds_it_again() -> None:
    model = chatting((4.0, client.Text(CHAT, 0, LINK)), (5.0, own.Shows()), (6.0, own.Tick()))
    assert folded(model) == [False]
    assert folded(update(model, client.Text(CHAT, 1, LINK), 7.0)) == [False, True], "the next one is folded, too"


def test_show_works_after_the_end() -> None:
    assert folded(chatting(client.Text(CHAT, 0, LINK), client.Ended(CHAT, "left"), own.Shows())) == [False]


def test_a_new_chat_begins_without_trust() -> None:
    old = (own.Wrote(CHAT, 0, "hi"), (30.0, own.Looks()), (31.0, matched("c2")), (32.0, client.Text("c2", 0, LINK)))
    assert folded(chatting(*old)) == [True]


@pytest.mark.parametrize("width", [20, 80])
def test_the_row_says_how_to_see_it_and_holds_nothing_of_it(width: int) -> None:
    for words, command in ((EN, "/show"), (FR, "/montrer")):
        rows = line_rows(TextLine("\x1b[2J example.com", folded=True), True, words, width)
        shown = " ".join(text for row in rows for _, text in row)
        assert command in shown
        assert "example" not in shown


def test_contents_for_a_call_change_nothing() -> None:
    """What a partner's program sends for a call is not for us."""
    before = after(own.Looks(), matched())
    others: list[Sendable] = [Media(mic=True, cam=True), Description("offer", ""), Candidate("")]
    for content in others:
        assert update(before, client.Heard(CHAT, content), before.now) == before
    assert TextContent in EVENT_OF
