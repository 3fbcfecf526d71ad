"""Reports as a weapon, and ways around a pause: what each of them brings."""

import pytest

from omefree.guard.record import LIMIT, UP, VOTE_S
from tests.chat.fake_chat import BY_TEXT, Client, FakeChat
from tests.chat.reporting import is_paused, is_reported, may_search, meets

PROVES = 25.0  # s, of a chat
HOST_OF_MANY = "2001:db8:0:{:x}::1"  # one /48, of which one customer has 65,536


def score(fake_chat: FakeChat, client: Client) -> float:
    """What the reports about a visit have come to."""
    record = fake_chat.visitor(client).record
    return 0.0 if record is None else record.score


def may_newcomers_search(fake_chat: FakeChat, address: str) -> bool:
    """Whether a newcomer from this address may search."""
    newcomer = fake_chat.arrive(address=address)
    allowed = may_search(newcomer)
    newcomer.disconnect()
    return allowed


# --- floods ---


def test_twenty_sessions_of_one_address_pause_nobody(fake_chat: FakeChat) -> None:
    target = fake_chat.arrive()
    crowd = [fake_chat.arrive(address="198.51.100.1") for _ in range(20)]
    for each in crowd:
        chat = meets(fake_chat, each, target)
        assert each.emit("report", chat, "spam") == {"ok": True}
        target.hears()
    assert may_search(target)
    assert 0 < score(fake_chat, target) <= UP, "twenty idle sessions are no crowd of reporters"


def test_one_chat_reported_a_hundred_times_is_one_report(fake_chat: FakeChat) -> None:
    target, reporter = fake_chat.arrive(), fake_chat.arrive()
    chat = meets(fake_chat, reporter, target)
    target.emit("leave")
    answers = []
    for _ in range(100):
        answers.append(reporter.emit("report", chat, "spam"))
        fake_chat.pass_time(0.6)
    assert {answer.get("code", "ok") for answer in answers} <= {"ok", "rate_limited", "chat_over"}
    assert score(fake_chat, target) <= UP
    assert fake_chat.counters.shown()["reports.spam"] == "<5"


def test_the_same_network_in_many_chats_has_one_vote_in_ten_minutes(fake_chat: FakeChat) -> None:
    target = fake_chat.arrive()
    for _ in range(8):
        is_reported(fake_chat, target, address="198.51.100.1").disconnect()
        fake_chat.pass_time(20)
    assert score(fake_chat, target) <= UP
    fake_chat.pass_time(VOTE_S)
    is_reported(fake_chat, target, address="198.51.100.1")
    assert score(fake_chat, target) > UP


def test_reports_are_rationed_by_address_too(fake_chat: FakeChat) -> None:
    """6 a minute, for each four sessions there; three at once."""
    answers = []
    for _ in range(4):
        reporter = fake_chat.arrive(address="198.51.100.1")
        chat = meets(fake_chat, reporter, fake_chat.arrive(), lasts_s=0)
        answers.append(reporter.emit("report", chat, "spam"))
    assert [answer["ok"] for answer in answers] == [True, True, True, False]
    assert answers[3]["code"] == "rate_limited"
    assert answers[3]["retry_after_s"] == pytest.approx(10)
    fake_chat.pass_time(answers[3]["retry_after_s"])
    assert reporter.emit("report", chat, "spam") == {"ok": True}


def test_a_crowd_of_forty_may_report_ten_times_as_often(fake_chat: FakeChat) -> None:
    for _ in range(39):
        fake_chat.arrive(address="198.51.100.1")
    reporter = fake_chat.arrive(address="198.51.100.1")
    for _ in range(4):
        chat = meets(fake_chat, reporter, fake_chat.arrive(), lasts_s=1)
        answer = reporter.emit("report", chat, "spam")
    assert answer["code"] == "rate_limited", "its own quota"
    others = [fake_chat.arrive(address="198.51.100.1") for _ in range(3)]
    for each in others:
        chat = meets(fake_chat, each, fake_chat.arrive(), lasts_s=1)
        assert each.emit("report", chat, "spam") == {"ok": True}


# --- reports that are none ---


def test_reports_in_the_first_second_pause_nobody(fake_chat: FakeChat) -> None:
    target = fake_chat.arrive()
    for _ in range(8):
        reporter = fake_chat.arrive()
        chat = meets(fake_chat, reporter, target, lasts_s=0.9)
        assert reporter.emit("report", chat, "spam") == {"ok": True}
        target.hears()
        fake_chat.pass_time(1)
    assert may_search(target)


def test_a_report_that_waits_does_not_make_the_chat_longer(fake_chat: FakeChat) -> None:
    target, reporter = fake_chat.arrive(), fake_chat.arrive()
    chat = meets(fake_chat, reporter, target, lasts_s=0.9)
    target.emit("leave")
    fake_chat.pass_time(30)
    assert reporter.emit("report", chat, "spam") == {"ok": True}
    assert score(fake_chat, target) == 0


def test_reports_after_60_s_or_of_another_chat_or_for_no_reason_pause_nobody(fake_chat: FakeChat) -> None:
    target = fake_chat.arrive()
    for _ in range(5):
        reporter, stranger = fake_chat.arrive(), fake_chat.arrive()
        chat = meets(fake_chat, reporter, target)
        assert stranger.emit("report", chat, "spam")["code"] == "chat_over"
        assert reporter.emit("report", "another", "spam")["code"] == "chat_over"
        assert reporter.emit("report", chat, "boring")["code"] == "bad_args"
        target.emit("leave")
        target.hears()
        fake_chat.pass_time(60.1)
        assert reporter.emit("report", chat, "spam")["code"] == "chat_over"
    assert may_search(target)
    assert score(fake_chat, target) == 0


def test_two_tabs_of_one_address_can_neither_report_nor_prove_each_other(fake_chat: FakeChat) -> None:
    one = fake_chat.arrive(address="198.51.100.1")
    for _ in range(6):
        two = fake_chat.arrive(address="198.51.100.1")
        chat = meets(fake_chat, one, two, lasts_s=PROVES)
        assert two.emit("report", chat, "spam") == {"ok": True}
        one.hears()
        two.disconnect()
    record = fake_chat.visitor(one).record
    assert record is not None
    assert (record.score, record.good) == (0.0, 0)


# --- against somebody ---


def test_four_fresh_addresses_cost_a_victim_ten_minutes_and_the_next_victim_nothing(fake_chat: FakeChat) -> None:
    victim, next_victim = fake_chat.arrive(), fake_chat.arrive()
    gang = [fake_chat.arrive() for _ in range(4)]
    paused = []
    for target in (victim, next_victim):
        for each in gang:
            chat = meets(fake_chat, each, target)
            each.emit("report", chat, "spam")
            target.hears()
            fake_chat.pass_time(10)
        answer = target.emit("find", BY_TEXT)
        paused.append(answer.get("retry_after_s", 0.0))
        target.emit("leave")
    assert 0 < paused[0] <= 600.0
    assert paused[1] == 0.0, "who reports every partner counts for less"


def test_a_mass_reporter_pauses_nobody_and_takes_nothing_from_the_reports_of_others(fake_chat: FakeChat) -> None:
    everybody = fake_chat.arrive()
    for _ in range(30):
        chat = meets(fake_chat, everybody, victim := fake_chat.arrive(), lasts_s=2)
        assert everybody.emit("report", chat, "spam") == {"ok": True}
        fake_chat.pass_time(10)
    assert score(fake_chat, victim) < UP / 5
    is_paused(fake_chat, victim)
    assert not may_search(victim)


def test_the_paused_cannot_report_out_of_spite(fake_chat: FakeChat) -> None:
    spiteful, partner = fake_chat.arrive(), fake_chat.arrive()
    is_paused(fake_chat, spiteful, *("nudity",) * 4)
    chat = meets(fake_chat, spiteful, partner)
    assert spiteful.emit("report", chat, "hate") == {"ok": True}
    assert score(fake_chat, partner) == 0
    fake_chat.pass_time(700)
    after = fake_chat.arrive()
    chat = meets(fake_chat, spiteful, after)
    spiteful.emit("report", chat, "hate")
    assert score(fake_chat, after) > 0, "once the pause is over, it counts again"


def test_whoever_is_half_way_to_a_pause_does_not_report(fake_chat: FakeChat) -> None:
    spiteful, partner = fake_chat.arrive(), fake_chat.arrive()
    for _ in range(2):
        is_reported(fake_chat, spiteful)
    assert score(fake_chat, spiteful) > LIMIT / 2
    chat = meets(fake_chat, spiteful, partner)
    spiteful.emit("report", chat, "hate")
    assert score(fake_chat, partner) == 0


# --- for each other ---


def clears(fake_chat: FakeChat, target: Client, friend: Client, lasts_s: float) -> float:
    """By how much a chat with a friend lowers the target's score."""
    before = score(fake_chat, target)
    meets(fake_chat, friend, target, lasts_s=lasts_s)
    friend.emit("leave")
    fake_chat.pass_time(61)
    for client in (target, friend):
        client.hears()
    return before - score(fake_chat, target)


def test_bots_with_short_chats_do_not_clear_each_other(fake_chat: FakeChat) -> None:
    bot, friend = fake_chat.arrive(), fake_chat.arrive()
    for _ in range(2):
        is_reported(fake_chat, bot)
    assert [clears(fake_chat, bot, friend, 8) for _ in range(5)] == [0.0] * 5


def test_who_has_proved_itself_clears_but_not_in_the_chat_that_proves_it(fake_chat: FakeChat) -> None:
    bot, friend = fake_chat.arrive(), fake_chat.arrive()
    for _ in range(2):
        is_reported(fake_chat, bot)
    assert clears(fake_chat, bot, friend, PROVES) == 0.0
    assert clears(fake_chat, bot, friend, PROVES) > 0.0
    housemate = fake_chat.arrive(address=bot.address)
    clears(fake_chat, fake_chat.arrive(), housemate, PROVES)
    assert clears(fake_chat, bot, housemate, PROVES) == 0.0, "proved, but of the same address"


def test_a_report_takes_back_what_the_end_of_its_chat_gave(fake_chat: FakeChat) -> None:
    target, friend = fake_chat.arrive(), fake_chat.arrive()
    is_reported(fake_chat, target)
    clears(fake_chat, fake_chat.arrive(), friend, PROVES)
    before = score(fake_chat, target)
    chat = meets(fake_chat, friend, target, lasts_s=PROVES)
    target.emit("leave")
    assert score(fake_chat, target) < before
    fake_chat.pass_time(30)
    friend.emit("report", chat, "spam")
    after = score(fake_chat, target)
    assert after > before + UP / 2
    record = fake_chat.visitor(target).record
    assert record is not None
    assert record.good == 0, "a chat that was reported proves nothing"


# --- around a pause ---


@pytest.mark.parametrize("leaves", ["before", "after"])
def test_flash_leave_and_reload_is_not_free(fake_chat: FakeChat, leaves: str) -> None:
    """Whether it leaves before the report or after it, what it did counts on its address."""
    for _ in range(4):
        flasher, victim = fake_chat.arrive(address="203.0.113.5"), fake_chat.arrive()
        chat = meets(fake_chat, victim, flasher, lasts_s=3)
        if leaves == "before":
            flasher.disconnect()
            fake_chat.pass_time(40)
        assert victim.emit("report", chat, "nudity") == {"ok": True}
        if leaves == "after":
            flasher.disconnect()
    fresh = fake_chat.arrive(address="203.0.113.5")
    assert fresh.greeting["paused"]["whose"] == "address"
    assert not may_search(fresh, {"mode": "video"})


def test_who_left_over_60_s_ago_cannot_be_reported_any_more(fake_chat: FakeChat) -> None:
    for _ in range(5):
        flasher, victim = fake_chat.arrive(address="203.0.113.5"), fake_chat.arrive()
        chat = meets(fake_chat, victim, flasher)
        flasher.disconnect()
        fake_chat.pass_time(60.1)
        assert victim.emit("report", chat, "nudity")["code"] == "chat_over"
    assert may_newcomers_search(fake_chat, "203.0.113.5")


def test_a_resume_from_another_address_keeps_the_visit_s_record(fake_chat: FakeChat) -> None:
    target = fake_chat.arrive()
    is_paused(fake_chat, target)
    token = target.token
    target.cut()
    back = fake_chat.arrive(resume=token)
    assert back.greeting["paused"]["whose"] == "visit"
    assert not may_search(back)
    replayed = fake_chat.arrive(resume=token, address=target.address)
    assert replayed.greeting["resumed"] is None, "a token that was used is a fresh visitor's"
    assert replayed.greeting["paused"]["whose"] == "address"


def test_twenty_64s_of_one_48_have_one_vote(fake_chat: FakeChat) -> None:
    target = fake_chat.arrive()
    for number in range(20):
        is_reported(fake_chat, target, address=HOST_OF_MANY.format(number)).disconnect()
        if number % 3 == 2:
            fake_chat.pass_time(11)
    assert score(fake_chat, target) <= UP
    assert may_search(target)


def test_an_ipv4_address_in_ipv6_clothes_is_the_same_voter(fake_chat: FakeChat) -> None:
    target = fake_chat.arrive()
    for address in ("198.51.100.1", "::ffff:198.51.100.1", "::ffff:c633:6401", "198.51.100.1"):
        is_reported(fake_chat, target, address=address).disconnect()
        fake_chat.pass_time(11)
    assert score(fake_chat, target) <= UP


def test_an_address_between_three_and_four_sessions_keeps_its_record(fake_chat: FakeChat) -> None:
    """With four it is a crowd, which reports do not count on; what was counted before stays, and so does a pause."""
    address = "203.0.113.5"
    target, *_ = (fake_chat.arrive(address=address) for _ in range(3))
    for _ in range(2):
        is_reported(fake_chat, target)
    fourth = fake_chat.arrive(address=address)
    is_paused(fake_chat, fourth)
    assert may_newcomers_search(fake_chat, address), "four reports more, and none on the address"
    fourth.disconnect()
    for _ in range(2):
        is_reported(fake_chat, target)
    assert not may_search(target)
    assert not may_newcomers_search(fake_chat, address)
    fake_chat.arrive(address=address)
    assert not may_newcomers_search(fake_chat, address), "whoever joins does not lift it"
