"""The reducer: what the screen knows after what happened. No clock, no screen."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as some

from omefree.client import events as client
from omefree.contract.events import Pause
from omefree.seal.content import Media, Reaction, Step
from omefree.terminal import update as own
from omefree.terminal.model import LINES_MAX, Line, Model, Note, TextLine, first, note
from omefree.terminal.update import TerminalEvent, update

CHAT = "c1"
EMOJI = (1, 2, 3, 4)


def matched(chat: str = CHAT, common: tuple[str, ...] = (), again: bool = False) -> client.Matched:
    return client.Matched(chat, "text", list(common), [], True, False, [], again)


def after(*events: tuple[float, TerminalEvent] | TerminalEvent, interests: tuple[str, ...] = ()) -> Model:
    """Each at its time, or a second after the one before."""
    model = first(Model("chat.example", 15.0, interests))
    at = 0.0
    for each in events:
        at, event = each if isinstance(each, tuple) else (at + 1, each)
        model = update(model, event, at)
    return model


def chatting(*more: tuple[float, TerminalEvent] | TerminalEvent) -> Model:
    return after(own.Looks(), matched(), client.Sealed(CHAT, EMOJI), *more)


def keys(model: Model) -> list[str]:
    return [line.key for line in model.lines if isinstance(line, Note)]


def said(model: Model) -> list[tuple[str, str]]:
    return [(line.text, line.state) for line in model.lines if isinstance(line, TextLine)]


def test_the_start_tells_the_rules() -> None:
    model = after(interests=("jazz",))
    assert {"start.adults", "start.kind", "start.agree", "start.interests"} <= set(keys(model))
    assert model.stage == "start"


def test_a_search() -> None:
    model = after(own.Looks(), client.Searching(0.0, False))
    assert model.stage == "searching"
    assert model.lines == ()
    assert model.search is not None
    assert model.search.since == 1


def test_a_search_that_widens_says_so_once() -> None:
    events: list[TerminalEvent] = [
        own.Looks(),
        client.Searching(0.0, False),
        client.Searching(5.0, True),
        client.Searching(6.0, True),
    ]
    assert keys(after(*events, interests=("jazz",))) == ["search.widened"]
    assert keys(after(*events)) == [], "who named no interest misses none"


def test_a_refusal_waits_or_ends_the_search() -> None:
    waits = after(own.Looks(), own.SearchRefused("full", 5.0))
    assert waits.search is not None
    assert (waits.search.retry_at, waits.search.refusal) == (7.0, "full")
    over = after(own.Looks(), own.SearchRefused("bad_criteria", None))
    assert (over.stage, keys(over)) == ("stopped", ["refused.bad_criteria"])


def test_a_chat_begins_empty() -> None:
    model = after(own.Looks(), matched(common=("jazz", "tea")))
    assert model.stage == "chatting"
    assert keys(model) == ["hello", "common"]
    assert keys(after(own.Looks(), matched(again=True))) == ["hello.again"]


def test_texts_and_what_becomes_of_them() -> None:
    model = chatting(own.Wrote(CHAT, 0, "hi"), own.Wrote(CHAT, 1, "you?"), client.Text(CHAT, 0, "yes"))
    assert said(model) == [("hi", "waiting"), ("you?", "waiting"), ("yes", "theirs")]
    for event in (
        client.Delivery(CHAT, 0, "sent"),
        client.Delivery(CHAT, 0, "delivered"),
        client.Delivery(CHAT, 0, "sent"),
    ):
        model = update(model, event, 9.0)
    assert said(model)[0] == ("hi", "delivered"), "and it never goes back"
    assert said(model)[1] == ("you?", "waiting")


def test_reactions_in_a_row_take_one_line() -> None:
    model = chatting(*[client.Heard(CHAT, Reaction(sign)) for sign in (0, 0, 3)])
    assert model.lines[-1] == note("reaction", sign="👏")
    assert keys(model).count("reaction") == 1
    model = update(update(model, client.Text(CHAT, 0, "hi"), 9.0), client.Heard(CHAT, Reaction(1)), 9.0)
    assert keys(model).count("reaction") == 2
    assert update(model, client.Heard("another", Reaction(1)), 9.0).lines == model.lines


def test_a_partner_who_would_like_to_speak_is_told_of_once_a_chat() -> None:
    contents = Media(True, True), Step(0), Step(1), Step(2), Step(0), Step(2)
    heard = [client.Heard(CHAT, content) for content in contents]
    assert keys(chatting(*heard[:2])).count("speak") == 0
    assert keys(chatting(*heard)).count("speak") == 1
    assert keys(chatting(client.Heard("another", Step(2)))).count("speak") == 0
    assert keys(chatting(*heard, own.Looks(), matched(), client.Heard(CHAT, Step(1)))).count("speak") == 1


def test_what_never_went_is_told_at_the_end() -> None:
    events: list[TerminalEvent] = [own.Wrote(CHAT, 0, "a"), client.Delivery(CHAT, 0, "sent"), own.Wrote(CHAT, 1, "b")]
    for end in (client.Ended(CHAT, "lost"), own.Stopped(), own.Reported(), client.Outdated(())):
        assert said(chatting(*events, end)) == [("a", "sent"), ("b", "failed")]


def test_the_ends() -> None:
    left = chatting(client.Ended(CHAT, "left"))
    assert (left.stage, left.chat, keys(left)[-2:]) == ("over", None, ["ended.left", "ended.next"])
    fault = chatting(client.Ended(CHAT, "seal_broken"))
    assert keys(fault)[-2:] == ["ended.seal_broken", "ended.enter"]
    assert [line.style for line in fault.lines if isinstance(line, Note)][-2] == "warning"


def test_typing_expires() -> None:
    model = chatting((10.0, client.Typing(CHAT, True)))
    assert model.chat is not None
    assert model.chat.typing_until == 15.0
    assert update(model, own.Tick(), 14.9).chat == model.chat
    expiring: list[TerminalEvent] = [own.Tick(), client.Online(3)]
    for event in expiring:
        later = update(model, event, 15.0).chat
        assert later is not None
        assert later.typing_until is None
    ending: list[TerminalEvent] = [client.Typing(CHAT, False), client.Text(CHAT, 0, "hi"), client.Partner(CHAT, "away")]
    for event in ending:
        now = update(model, event, 11.0).chat
        assert now is not None
        assert now.typing_until is None


def test_a_partner_who_is_away_is_waited_for() -> None:
    away = chatting((10.0, client.Partner(CHAT, "away")))
    assert away.chat is not None
    assert away.chat.away_until == 25.0
    back = update(away, client.Partner(CHAT, "back"), 12.0).chat
    assert back is not None
    assert back.away_until is None


def test_escape_asks_and_forgets() -> None:
    model = chatting((10.0, own.Escape()))
    assert model.confirm_until == 14.0
    assert update(model, own.Tick(), 13.9).confirm_until == 14.0
    assert update(model, own.Tick(), 14.0).confirm_until is None
    assert update(model, own.Hints(None), 11.0).confirm_until is None, "who types goes on talking"
    assert after(own.Escape()).confirm_until is None, "there is nobody to leave"


def test_our_own_link() -> None:
    model = chatting(client.Online(5), (10.0, client.LinkLost(2.5, None)))
    assert model.broken is not None
    assert (model.broken.retry_at, model.online) == (12.5, None)
    assert update(model, client.LinkBack(), 13.0).broken is None


def test_again() -> None:
    asked = chatting(client.Ended(CHAT, "left"), own.Asked())
    assert asked.asked
    assert keys(asked)[-1] == "again.asked"
    assert not update(asked, own.Looks(), 9.0).asked
    assert keys(chatting(client.Ended(CHAT, "left"), own.Asked("chat_over")))[-1] == "again.chat_over"


def test_an_outdated_program_is_told() -> None:
    model = chatting(client.Outdated((2,)))
    assert (model.stage, keys(model)[-1]) == ("outdated", "outdated")


def test_nothing_of_a_chat_outlives_the_next_search() -> None:
    model = chatting(own.Wrote(CHAT, 0, "secret"), client.Text(CHAT, 0, "mine, too"), own.Looks())
    assert "secret" not in repr(model)
    assert "mine, too" not in repr(model)


def test_a_very_long_chat_keeps_its_end() -> None:
    model = chatting(*[client.Text(CHAT, n, str(n)) for n in range(LINES_MAX + 10)])
    assert len(model.lines) == LINES_MAX
    assert said(model)[-1] == (str(LINES_MAX + 9), "theirs")


OF_A_CHAT: list[TerminalEvent] = [
    client.Sealed(CHAT, EMOJI), client.Text(CHAT, 0, "late"), client.Delivery(CHAT, 0, "delivered"),
    client.Typing(CHAT, True), client.Partner(CHAT, "away"), client.Ended(CHAT, "left"), own.Wrote(CHAT, 0, "late"),
]  # fmt: skip


def test_what_is_of_another_chat_changes_nothing() -> None:
    model = after(own.Looks(), matched("c2"))
    for event in OF_A_CHAT:
        assert update(model, event, model.now) == model


ALL: list[TerminalEvent] = [
    *OF_A_CHAT, own.Looks(), own.SearchRefused("full", 1.0), own.SearchRefused("bad_criteria", None), own.Stopped(),
    own.Asked(), own.Asked("none"), own.Reported(), own.Says(()), own.Hints(None), own.Escape(), own.Tick(),
    client.Online(1), client.Searching(1.0, True), matched(), matched("c2"), client.LinkLost(1.0, "full"),
    client.LinkBack(), client.Outdated(()), client.Failed("internal", "", None), own.Agreed(), own.Shows(),
    client.Paused(None), client.Paused(Pause(reason="blocked", open=(), whose="address")), own.PausedUntil(None, ""),
    client.Text(CHAT, 1, "t.me/anna"), own.PausedUntil(Pause(reason="spam", open=(), whose="visit"), "08:00"),
]  # fmt: skip


@given(some.lists(some.sampled_from(ALL), max_size=30))
def test_any_order_leaves_a_model_that_makes_sense(events: list[TerminalEvent]) -> None:
    model = after(*events)
    assert (model.chat is not None) == (model.stage == "chatting")
    assert (model.search is not None) == (model.stage == "searching")
    assert model.confirm_until is None or model.chat is not None
    lines: tuple[Line, ...] = model.lines
    if model.stage != "chatting":
        assert not any(isinstance(line, TextLine) and line.state == "waiting" for line in lines)
