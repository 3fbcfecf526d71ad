"""The model as rows, at any size."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as some
from msgspec.structs import replace
from prompt_toolkit.utils import get_cwidth

from omefree.client import events as client
from omefree.terminal import update as own
from omefree.terminal import view
from omefree.terminal.model import Model, TextLine, note
from omefree.terminal.update import update
from omefree.words.catalogue import Words
from tests.terminal.test_update import CHAT, EMOJI, after, chatting, matched
from tests.words.speak import EN, FR


def plain_rows(rows: list[view.Row]) -> list[str]:
    return ["".join(text for _, text in row).rstrip() for row in rows]


def history(model: Model, width: int = 60, words: Words = EN) -> list[str]:
    return plain_rows(view.Paper(words).rows(model, width))


def one_row(row: view.Row) -> str:
    return "".join(text for _, text in row)


def test_a_conversation() -> None:
    model = chatting(
        own.Wrote(CHAT, 0, "hello"),
        own.Wrote(CHAT, 1, "how are you today, stranger of mine, on the other side?"),
        client.Delivery(CHAT, 0, "delivered"),
        client.Delivery(CHAT, 1, "sent"),
        client.Text(CHAT, 0, "fine"),
        client.Text(CHAT, 1, "and\nyou?"),
        own.Wrote(CHAT, 2, "too"),
    )
    assert history(model, 40) == [
        "You’re talking with a stranger. Say",
        "hello!",
        "You       hello ✓✓",
        "          how are you today, stranger of",
        "          mine, on the other side? ✓",
        "Stranger  fine",
        "          and",
        "          you?",
        "You       too …",
    ]


def test_a_sign_that_finds_no_room_has_a_row_of_its_own() -> None:
    model = replace(after(), lines=(TextLine("a" * 30, "delivered", 0),))
    assert history(model, 40) == ["You       " + "a" * 30, "          ✓✓"]


def test_a_very_narrow_screen_puts_names_above() -> None:
    model = replace(after(), lines=(TextLine("hello there"), TextLine("hi", "sent", 0)))
    assert history(model, 20) == ["Stranger", "hello there", "You", "hi ✓"]


def test_what_a_stranger_wrote_is_made_harmless() -> None:
    evil = "\x1b]0;owned\x07\x1b[2J\x9b31m\u202ereversed\x00"
    shown = "\n".join(history(chatting(client.Text(CHAT, 0, evil))))
    assert "]0;owned[2J31m‹RLO›reversed" in shown
    assert not any(unicodedata.category(sign) in ("Cc", "Cf") for sign in shown.replace("\n", ""))


def test_what_a_server_says_is_made_harmless() -> None:
    model = after(own.Looks(), matched(common=("ja\x1bzz", "\u202etea\n")))
    assert history(model)[-1] == "You both like jazz and ‹RLO›tea ."


@pytest.mark.parametrize(
    ("events", "status"),
    [
        ([], "Enter: look for someone"),
        ([own.Looks(), (5.0, own.Tick())], "Looking for someone… 4 s"),
        ([own.Looks(), own.SearchRefused("full", 5.0), (3.0, own.Tick())], "The server is full. Asking again in 4 s"),
        ([own.Looks(), own.SearchRefused("rate_limited", 1.0)], "The server has a lot to do. Asking again in 1 s"),
        ([own.Looks(), matched()], "Making it private…"),
        ([own.Looks(), matched(), client.Sealed(CHAT, EMOJI)], "Private"),
        (
            [own.Looks(), matched(), client.Partner(CHAT, "away"), own.Tick()],
            "Their connection broke: waiting 14 s more",
        ),
        ([own.Looks(), matched(), client.Ended(CHAT, "left")], "The chat is over. Enter: next person"),
        ([own.Looks(), matched(), client.Ended(CHAT, "left"), own.Asked()], "Asked: waiting whether they ask too"),
        ([own.Looks(), (2.0, client.LinkLost(3.0, None)), (3.0, own.Tick())], "No connection. Next attempt in 2 s"),
        ([(2.0, client.LinkLost(3.0, None)), (9.0, own.Tick())], "No connection. Trying now…"),
        ([client.Outdated(())], "This program is too old for the server"),
    ],
)  # fmt: skip
def test_the_status_says_how_things_stand(events: list[tuple[float, own.TerminalEvent]], status: str) -> None:
    assert view.state(after(*events), EN) == status


def test_a_text_chat_never_says_checked() -> None:
    said = [words.say(f"terminal.status.{status}") for words in (EN, FR) for status in ("sealed", "sealing")]
    assert said == ["Private", "Making it private…", "Privé", "On passe en privé…"]


def test_above_the_input() -> None:
    typing = chatting((10.0, client.Typing(CHAT, True)))
    assert one_row(view.above_input(typing, EN, 60, 0)) == "The stranger is typing…"
    assert one_row(view.above_input(typing, EN, 60, 7)) == "↓ 7 more lines (Page Down)"
    hinted = update(typing, own.Hints(note("no_chat")), 11.0)
    assert one_row(view.above_input(hinted, EN, 60, 7)) == "Not sent: there is nobody to write to."
    escaped = update(hinted, own.Escape(), 11.0)
    assert one_row(view.above_input(escaped, EN, 60, 7)) == "Esc again to stop"
    assert one_row(view.above_input(chatting(), EN, 60, 0)) == ""


def test_the_header() -> None:
    model = update(after(), client.Online(1), 1.0)
    assert one_row(view.header(model, EN, 50)) == " OmeFree  chat.example            1 person online "
    assert one_row(view.header(model, EN, 12)) == " OmeFree  c…"
    assert "online" not in one_row(view.header(after(), EN, 50))


MODELS = [
    after(interests=("jazz", "日本")),
    after(own.Looks()),
    chatting(client.Online(1_000_000), client.Text(CHAT, 0, "日本語 " * 50 + "é" * 200), own.Wrote(CHAT, 0, "x" * 300)),
    chatting(client.Partner(CHAT, "away"), own.Escape()),
    chatting(client.Ended(CHAT, "seal_broken")),
    chatting(client.LinkLost(10.0, None)),
]


@given(some.sampled_from(MODELS), some.sampled_from([EN, FR]), some.integers(10, 220), some.integers(0, 999))
def test_everything_fits_every_width(model: Model, words: Words, width: int, below: int) -> None:
    single = [
        view.header(model, words, width), view.status(model, words, width), view.above_input(model, words, width, below)
    ]  # fmt: skip
    for row in [*view.Paper(words).rows(model, width), *single]:
        assert sum(get_cwidth(text) for _, text in row) <= width
    assert view.placeholder(model, words)


def test_the_paper_forgets_what_is_gone() -> None:
    paper = view.Paper(EN)
    paper.rows(chatting(client.Text(CHAT, 0, "secret")), 80)
    paper.rows(after(own.Looks()), 80)
    assert "secret" not in repr(vars(paper))
