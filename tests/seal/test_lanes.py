"""Lanes without a channel: what the protocol's own tests could reach only in long ways."""

import pytest

from omefree.seal.lanes import HELD_MAX, IncomingLane, OutgoingLane, ReceiptLane


def sealed(n: int, content: bytes) -> str:
    return f"{n}:{content.decode()}"


def filled(count: int) -> OutgoingLane:
    lane = OutgoingLane()
    assert [lane.push(b"x") for _ in range(count)] == [*range(count)]
    return lane


def drain(lane: OutgoingLane, now: float = 0.0) -> list[int]:
    numbers = []
    while lane.has_next():
        numbers.append(lane.take(sealed, now)[0])
    return numbers


def test_no_more_are_under_way_than_the_partner_holds() -> None:
    lane = filled(200)
    assert drain(lane) == [*range(HELD_MAX)]
    assert lane.confirm(10, 1.0) == range(10)
    assert drain(lane) == [*range(HELD_MAX, HELD_MAX + 10)]


def test_it_is_sealed_once() -> None:
    lane = filled(1)
    calls: list[int] = []

    def seal(n: int, content: bytes) -> str:
        calls.append(n)
        return f"{n} {content.decode()} {len(calls)}"

    frames = []
    for _ in range(3):
        frames.append(lane.take(seal, 0.0))
        lane.rewind()
    assert frames == [(0, "0 x 1")] * 3


@pytest.mark.parametrize("until", [-1, 0, 4, 2**53])
def test_a_receipt_of_nothing_new_or_of_what_was_never_sent(until: int) -> None:
    lane = filled(5)
    for _ in range(3):
        lane.take(sealed, 0.0)
    assert lane.confirm(until, 1.0) == range(0)
    assert lane.confirm(3, 1.0) == range(3)
    assert lane.confirm(3, 1.0) == range(0)


def test_resending_waits_longer_each_time_until_something_is_confirmed() -> None:
    lane = filled(3)
    drain(lane)
    times = []
    now = 0.0
    for _ in range(6):
        assert lane.resend_at is not None
        now = lane.resend_at
        times.append(now)
        lane.wake(now)
        assert drain(lane, now) == [0, 1, 2]
    assert times == [3, 9, 21, 45, 69, 93]
    lane.confirm(1, now)
    assert lane.resend_at == now + 3
    lane.wake(now + 3)
    assert lane.resend_at == now + 9
    lane.confirm(3, now)
    assert lane.resend_at is None


def test_after_a_break_it_begins_with_the_first_unconfirmed() -> None:
    lane = filled(4)
    drain(lane)
    lane.confirm(1, 0.0)
    lane.wake(3.0)
    lane.resume()
    assert lane.resend_at is None
    assert drain(lane, 10.0) == [1, 2, 3]
    assert lane.resend_at == 13.0


def test_taken_is_news_once() -> None:
    lane = filled(2)
    drain(lane)
    assert [lane.taken(0), lane.taken(0), lane.taken(7)] == [True, False, False]
    lane.confirm(2, 0.0)
    assert not lane.taken(1)


def test_a_refusal_of_what_is_confirmed_changes_nothing() -> None:
    lane = filled(3)
    drain(lane)
    lane.confirm(2, 0.0)
    lane.rewind(0)
    assert drain(lane) == [2]


def test_what_is_held_comes_in_order() -> None:
    lane = IncomingLane()
    assert lane.accept(2, b"c", 0.0) == []
    assert lane.accept(1, b"b", 0.0) == []
    assert [lane.wants(n) for n in (0, 1, 2, 3)] == [True, False, False, True]
    assert lane.accept(0, b"a", 0.0) == [(0, b"a"), (1, b"b"), (2, b"c")]
    assert not any(lane.wants(n) for n in (0, 1, 2))
    assert [lane.wants(3 + HELD_MAX), lane.wants(4 + HELD_MAX)] == [True, False]


def test_each_missing_number_is_asked_for_at_once_then_every_two_seconds_and_has_its_own_ten() -> None:
    lane = IncomingLane()
    lane.accept(1, b"", 5.0)
    assert (lane.gap_at, lane.ask_at) == (15.0, 5.0)
    assert [lane.asks(5.0), lane.asks(6.9), lane.asks(7.0)] == [True, False, True]
    lane.accept(3, b"", 8.0)
    assert (lane.gap_at, lane.ask_at) == (15.0, 9.0)
    lane.accept(0, b"", 8.5)
    assert (lane.gap_at, lane.ask_at) == (18.5, 8.5)
    lane.accept(2, b"", 8.6)
    assert lane.gap_at is None
    assert not lane.asks(100.0)


def test_one_receipt_for_all_that_is_owed() -> None:
    lane = ReceiptLane()
    lane.owe(5.0)
    lane.owe(3.0, again=True)
    lane.owe(4.0)
    assert lane.due_at == 3.0
    assert lane.take() == (0, True)
    assert lane.due_at is None
    lane.owe(9.0)
    assert lane.take() == (1, False)
