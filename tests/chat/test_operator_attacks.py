"""The operator's orders at awkward moments: in a resume window, with a crowd here, with a token in hand."""

from omefree.http.gate import KEY_LIFE_S
from tests.chat.fake_chat import BY_TEXT, FakeChat
from tests.chat.reporting import is_paused, is_reported, may_search
from tests.chat.test_report_attacks import score

CLOSED = {"reason": "frozen", "open": [], "whose": "server"}


def test_whoever_is_away_is_forgiven_too(fake_chat: FakeChat) -> None:
    target = fake_chat.arrive()
    is_paused(fake_chat, target)
    target.cut()
    fake_chat.presence.operator.forgive()
    back = target.come_back()
    assert "paused" not in back.greeting
    assert may_search(back)


def test_whoever_is_paused_while_away_is_told_when_it_is_back_and_its_search_ends(fake_chat: FakeChat) -> None:
    target = fake_chat.arrive()
    for _ in range(3):
        is_reported(fake_chat, target)
    late = fake_chat.arrive()
    fake_chat.introduce(late, target)
    fake_chat.pass_time(5)
    chat = target.chat
    target.emit("find", BY_TEXT)
    target.cut()
    assert late.emit("report", chat, "spam") == {"ok": True}
    back, other = target.come_back(), fake_chat.arrive()
    assert back.greeting["paused"]["reason"] == "spam"
    other.emit("find", BY_TEXT)
    assert back.one("failed")["code"] == "paused"
    assert other.chat == ""


def test_a_freeze_of_a_thousand_ends_all_and_leaves_nothing(fake_chat: FakeChat) -> None:
    clients = [fake_chat.arrive() for _ in range(1000)]
    for number in range(0, 600, 2):
        fake_chat.introduce(clients[number], clients[number + 1])
    for each in clients[600:]:
        each.emit("find", BY_TEXT)
        each.hears()
    for each in clients[::50]:
        each.cut()
    fake_chat.presence.operator.set_state("frozen")
    assert len(fake_chat.exchange) == 0
    assert all(each.hears()[-1] == ["paused", CLOSED] for each in clients if each.is_open)
    for each in clients:
        if each.is_open:
            each.disconnect()
    fake_chat.pass_time(130)
    assert fake_chat.holds() == {}


def test_a_visit_that_outlives_the_key_s_secret_leaves_no_number(fake_chat: FakeChat) -> None:
    a, b = fake_chat.arrive(), fake_chat.arrive()
    fake_chat.pass_time(KEY_LIFE_S + 10)
    fake_chat.introduce(a, b)
    fake_chat.pass_time(30)
    a.emit("leave")
    for client in (a, b):
        client.disconnect()
    fake_chat.pass_time(10)
    assert fake_chat.holds() == {}


def test_both_report_each_other_at_once_and_both_count(fake_chat: FakeChat) -> None:
    a, b = fake_chat.pair()
    fake_chat.pass_time(5)
    a.post("report", a.chat, "spam")
    b.post("report", b.chat, "hate")
    fake_chat.clock.advance()
    assert score(fake_chat, a) > 0
    assert score(fake_chat, b) > 0
    assert fake_chat.counters.shown()["reports.counted"] == "<5"
