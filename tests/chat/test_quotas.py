"""Rule 5: every quota of the table, from burst to refill, and the end of those who do not heed."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.chat.fake_chat import BY_TEXT, Client, FakeChat, Reply, is_well

Act = Callable[[Client], Reply]


def message(a: Client) -> Reply:
    return a.emit("message", a.chat, "x")


def signal(a: Client) -> Reply:
    return a.emit("signal", a.chat, "x")


def typing(a: Client) -> Reply:
    return a.emit("typing", a.chat, True)


def ice(a: Client) -> Reply:
    return a.emit("ice")


def find(a: Client) -> Reply:
    return a.emit("find", {"mode": "video"})


def report(a: Client) -> Reply:
    return a.emit("report", a.chat, "spam")


def again(a: Client) -> Reply:
    return a.emit("again", a.chat)


def unknown(a: Client) -> Reply:
    answer = a.emit("nonsense")
    return {"ok": True} if answer["code"] == "unknown_event" else answer


TABLE: list[tuple[Act, int, float]] = [  # what, burst, seconds for one more
    (message, 40, 0.1),
    (signal, 300, 0.02),
    (typing, 10, 0.2),
    (find, 10, 1.0),
    (ice, 3, 10.0),
    (unknown, 10, 10.0),
]
AFTER: list[tuple[Act, int, float]] = [(report, 3, 10.0), (again, 3, 10.0)]


def assert_quota(fake_chat: FakeChat, a: Client, act: Act, burst: int, wait_s: float) -> None:
    for _ in range(burst):
        assert act(a)["ok"] is True
    refusal = act(a)
    assert refusal.pop("message")
    assert refusal == {"ok": False, "code": "rate_limited", "retry_after_s": wait_s}
    fake_chat.pass_time(wait_s / 2)
    assert act(a)["retry_after_s"] == pytest.approx(wait_s / 2)
    fake_chat.pass_time(wait_s / 2)
    assert act(a)["ok"] is True  # just as long as told
    assert act(a)["code"] == "rate_limited"
    fake_chat.pass_time(burst * wait_s)
    for _ in range(burst):
        assert act(a)["ok"] is True
    assert act(a)["code"] == "rate_limited"


@pytest.mark.parametrize(("act", "burst", "wait_s"), TABLE)
def test_a_quota_grants_its_burst_and_then_its_rate(fake_chat: FakeChat, act: Act, burst: int, wait_s: float) -> None:
    a, _ = fake_chat.pair()
    fake_chat.pass_time(1)  # the find that led here is forgotten
    assert_quota(fake_chat, a, act, burst, wait_s)


@pytest.mark.parametrize(("act", "burst", "wait_s"), AFTER)
def test_a_quota_of_what_follows_a_chat(fake_chat: FakeChat, act: Act, burst: int, wait_s: float) -> None:
    a, _ = fake_chat.pair()
    a.emit("leave")
    assert_quota(fake_chat, a, act, burst, wait_s)


def test_wrong_arguments_and_unknown_events_share_a_quota(fake_chat: FakeChat) -> None:
    a = fake_chat.arrive()
    for _ in range(5):
        assert a.emit("message", 5)["code"] == "bad_args"
        assert a.emit("nonsense")["code"] == "unknown_event"
    assert a.emit("find", {"mode": 5})["code"] == "rate_limited"


def test_criteria_that_are_refused_for_what_they_say_cost_a_find(fake_chat: FakeChat) -> None:
    """To normalise hostile interests takes the server 10 ms: it does so no more often than for a search."""
    a = fake_chat.arrive()
    for _ in range(10):
        assert a.emit("find", {"mode": "text", "interests": ["x" * 33]})["code"] == "bad_criteria"
    assert a.emit("find", {"mode": "text", "interests": ["x" * 33]})["code"] == "rate_limited"


def test_each_event_has_a_quota_of_its_own(fake_chat: FakeChat) -> None:
    a, b = fake_chat.pair()
    while typing(a)["ok"]:
        pass
    assert message(a)["ok"]
    assert signal(a)["ok"]
    assert is_well(a, b)


def test_each_visitor_has_quotas_of_its_own(fake_chat: FakeChat) -> None:
    a, b = fake_chat.pair()
    while typing(a)["ok"]:
        pass
    assert typing(b)["ok"]


def test_a_refused_event_does_nothing(fake_chat: FakeChat) -> None:
    a, b = fake_chat.pair()
    while message(a)["ok"]:
        pass
    b.hears()
    message(a)
    assert b.hears() == []


def test_a_refused_find_does_not_end_the_chat(fake_chat: FakeChat) -> None:
    a = fake_chat.arrive()
    while find(a)["ok"]:
        pass
    b = fake_chat.arrive()
    b.emit("find", {"mode": "video"})
    assert find(a)["code"] == "rate_limited"
    assert is_well(a, b)


def test_without_an_acknowledgement_the_refusal_comes_as_failed(fake_chat: FakeChat) -> None:
    a, _ = fake_chat.pair()
    while typing(a)["ok"]:
        pass
    a.hears()
    a.tell("typing", a.chat, True)
    failed = a.one("failed")
    assert failed.pop("message")
    assert failed == {"event": "typing", "chat": a.chat, "code": "rate_limited", "retry_after_s": 0.2}


def test_quotas_outlive_the_link(fake_chat: FakeChat) -> None:
    a, b = fake_chat.pair()
    while typing(a)["ok"]:
        pass
    a.cut()
    a = a.come_back()
    assert typing(a)["code"] == "rate_limited"
    assert is_well(a, b)


def test_quota_scale_multiplies_burst_and_rate() -> None:
    fake_chat = FakeChat(quota_scale=3)
    a, _ = fake_chat.pair()
    for _ in range(120):
        assert message(a)["ok"]
    refusal = message(a)
    assert refusal["retry_after_s"] == 0.034  # 1/30 s, rounded up
    fake_chat.pass_time(refusal["retry_after_s"])
    assert message(a)["ok"]


# --- those who do not heed ---


def refused(a: Client, times: int) -> None:
    while typing(a)["ok"]:
        pass
    for _ in range(times - 1):
        assert typing(a)["code"] == "rate_limited"


def test_19_refusals_are_forgiven(fake_chat: FakeChat) -> None:
    a, b = fake_chat.pair()
    refused(a, 19)
    assert is_well(a, b)


@pytest.mark.parametrize("acknowledged", [True, False])
def test_the_20th_refusal_within_10_s_closes_the_connection(fake_chat: FakeChat, acknowledged: bool) -> None:
    a, b = fake_chat.pair()
    refused(a, 19)
    a.hears()
    b.hears()
    a.emit("typing", a.chat, True) if acknowledged else a.tell("typing", a.chat, True)
    failed: dict[str, Any] = a.one("failed")
    assert (failed["event"], failed["code"], failed["closes"]) == ("typing", "rate_limited", True)
    assert not a.is_open
    assert a.network.close_code == 1008
    assert b.hears() == [["partner", b.chat, "away"]]


def test_refusals_of_any_kind_count_together(fake_chat: FakeChat) -> None:
    a = fake_chat.arrive()
    while unknown(a)["ok"]:
        pass
    while find(a)["ok"]:
        pass
    for _ in range(17):
        find(a)
    assert a.is_open
    unknown(a)
    assert not a.is_open


def test_20_refusals_in_more_than_10_s_are_forgiven(fake_chat: FakeChat) -> None:
    a = fake_chat.arrive()
    while unknown(a)["ok"]:
        pass
    for _ in range(18):
        unknown(a)
    fake_chat.pass_time(10.01)
    assert unknown(a)["ok"]
    assert unknown(a)["code"] == "rate_limited"
    assert a.is_open


def test_other_errors_close_nothing(fake_chat: FakeChat) -> None:
    a, b = fake_chat.pair()
    for _ in range(100):
        a.emit("message", "another", "x")
        a.emit("find", {**BY_TEXT, "from": "another"})
    assert is_well(a, b)


def test_a_flood_of_what_is_refused_is_closed(fake_chat: FakeChat) -> None:
    a, _ = fake_chat.pair()
    for _ in range(300 + 19):
        assert a.emit("message", a.chat, "x" * 16_385)["code"] == "too_big"
    assert a.is_open
    a.emit("message", a.chat, "x" * 16_385)
    assert not a.is_open


def test_turn_credentials_outside_a_chat_are_for_a_few_tests_an_hour() -> None:
    fake_chat = FakeChat(has_turn=True)
    a = fake_chat.arrive()
    granted = 0
    for _ in range(60):
        granted += bool(a.emit("ice")["ok"])
        fake_chat.pass_time(60)
    assert 3 <= granted <= 7
