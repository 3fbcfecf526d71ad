"""Who meets whom: everybody each other once, under a topic of their own, from an address of their own."""

from ipaddress import ip_address, ip_network
from itertools import combinations

import pytest

from omefree.contract.limits import INTEREST_CHARS
from omefree.load.schedule import PARTY, ROUNDS, Plan, polls, source, topic


def test_each_meets_each_other_one_once_and_nobody_is_left_out() -> None:
    assert sorted(pair for pairs in ROUNDS for pair in pairs) == sorted(combinations(range(PARTY), 2))
    for pairs in ROUNDS:
        assert sorted(person for pair in pairs for person in pair) == list(range(PARTY))


def test_no_two_pairs_have_the_same_topic_and_each_is_short_enough() -> None:
    topics = [
        topic("0123456789ab", visit, turn, pair[0])
        for visit in range(50)
        for turn, pairs in enumerate(ROUNDS)
        for pair in pairs
    ]
    assert len(set(topics)) == len(topics) == 300
    assert len(topic("0123456789ab", 10**7, 2, 3)) <= INTEREST_CHARS


@pytest.mark.parametrize(("chats", "visitors"), [(1, 4), (2, 4), (3, 8), (50, 100)])
def test_an_odd_number_of_chats_is_rounded_up(chats: int, visitors: int) -> None:
    assert Plan(chats=chats).visitors == visitors


def test_parties_come_evenly_along_the_ramp() -> None:
    plan = Plan(chats=8, ramp_s=20.0)
    assert [plan.begins_s(party) for party in range(plan.parties)] == [0.0, 5.0, 10.0, 15.0]


@pytest.mark.parametrize("share", [0.0, 0.05, 0.5, 0.9, 1.0])
def test_the_share_that_polls_is_spread_evenly(share: float) -> None:
    chosen = [polls(number, share) for number in range(1000)]
    for start in range(0, 1000, 100):
        assert abs(sum(chosen[start : start + 100]) - 100 * share) <= 1


def test_each_visitor_has_an_address_of_its_own_which_is_not_one_that_others_use() -> None:
    numbers = [*range(70_000), 10**6, 10**7, 10**9]
    found = [source(number) for number in numbers]
    assert len(set(found)) == len(found)
    assert all(ip_address(each) in ip_network("127.0.0.0/8") for each in found)
    assert not any(each.startswith("127.0.") or each.endswith((".0", ".255")) for each in found)
