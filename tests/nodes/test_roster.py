"""Who is there: a short silence concerns nobody, a long one ends chats, and our own trouble accuses nobody."""

import pytest

from omefree.nodes.leadership import LEADS_S, SILENT_S, Following, LeaseChange, Leases
from omefree.nodes.roster import GRACE_S, LEASE_S, Change, Roster

LOST_S = 120.0
OLD = 1000.0  # a registry


class Watching:
    """A roster that knows the nodes `a` and `b`."""

    def __init__(self) -> None:
        self.now = 100.0
        self.roster = Roster(LOST_S)
        self.beat("a", "b")

    def beat(self, *tags: str, age_s: float = OLD, boot: str = "boot") -> list[str]:
        return told(self.roster.beat(dict.fromkeys(tags, boot), age_s, self.now))

    def wait(self, seconds: float, *renewing: str) -> list[str]:
        """Beats each second, as the bus does. Those named renew their leases."""
        changes: list[str] = []
        end = self.now + seconds
        while self.now < end:
            self.now = min(end, self.now + 0.5)
            changes += self.beat(*(renewing or ("a", "b")))
            changes += told(self.roster.advance(self.now))
        return changes


def told(changes: list[Change]) -> list[str]:
    return [f"{change.tag} {change.kind}" for change in changes]


@pytest.fixture
def watching() -> Watching:
    return Watching()


def test_a_deaf_node_is_silent_at_once_away_after_the_grace_and_dead_in_the_end(
    watching: Watching,
) -> None:
    assert told(watching.roster.deaf("a", watching.now)) == ["a silent"]
    assert not watching.roster.takes("a")
    assert watching.wait(GRACE_S - 0.5, "b") == []
    assert watching.wait(0.5, "b") == ["a away"]
    assert watching.wait(LOST_S - GRACE_S - 0.5, "b") == []
    assert watching.wait(0.5, "b") == ["a dead"]
    assert "a" not in watching.roster


def test_a_short_cut_of_a_node_is_told_to_nobody(watching: Watching) -> None:
    watching.roster.deaf("a", watching.now)
    watching.wait(GRACE_S - 0.5)
    assert told(watching.roster.listens("a", watching.now)) == ["a heard"]
    assert told(watching.roster.heard("a", watching.now)) == ["a heard"]  # so that words are taken again
    assert watching.roster.takes("a")
    assert watching.wait(LOST_S) == []


def test_for_who_listens_again_nothing_is_taken_before_it_has_shown_that_it_is_the_same(watching: Watching) -> None:
    """It may be a new process under the old name."""
    watching.roster.deaf("a", watching.now)
    watching.roster.listens("a", watching.now)
    assert not watching.roster.takes("a")
    assert watching.roster.silent() == ["a"], "it is probed"
    watching.roster.heard("a", watching.now)
    assert watching.roster.takes("a")
    assert watching.roster.silent() == []


@pytest.mark.parametrize("how", ["heard", "lease"])
def test_a_node_without_a_lease_is_suspect_until_it_is_heard_or_renews_it(watching: Watching, how: str) -> None:
    assert watching.wait(0.5, "b") == ["a silent"]
    assert watching.roster.takes("a")  # it may only be slow: what is said waits in its window
    assert watching.roster.silent() == ["a"]
    assert watching.wait(GRACE_S, "b") == ["a away"]
    assert not watching.roster.takes("a")
    back = told(watching.roster.heard("a", watching.now)) if how == "heard" else watching.beat("a", "b")
    assert back == ["a heard", "a back"]


def test_a_node_that_was_heard_just_now_is_not_suspect(watching: Watching) -> None:
    watching.roster.heard("a", watching.now)
    assert watching.wait(LEASE_S - 0.5, "b") == []
    assert watching.wait(0.5, "b") == ["a silent"]


def test_a_lease_does_not_prove_that_a_deaf_node_hears(watching: Watching) -> None:
    watching.roster.deaf("a", watching.now)
    assert watching.wait(GRACE_S) == ["a away"]


def test_a_young_registry_accuses_nobody(watching: Watching) -> None:
    assert watching.beat("b", age_s=LEASE_S - 0.1) == []
    assert watching.beat("b", age_s=LEASE_S) == ["a silent"]


def test_while_we_are_cut_off_all_are_away_and_nobody_dies(watching: Watching) -> None:
    watching.roster.deaf("a", watching.now)
    watching.roster.cut(watching.now)
    assert watching.roster.takes("b")
    watching.now += GRACE_S
    assert told(watching.roster.advance(watching.now)) == ["a away", "b away"]
    assert not watching.roster.takes("b")
    for _ in range(int(LOST_S)):
        watching.now += 1.0
        assert told(watching.roster.advance(watching.now)) == []
    assert told(watching.roster.joined(watching.now)) == ["b back"]
    assert watching.wait(LOST_S - 0.5, "b") == []  # its time begins anew
    assert watching.wait(0.5, "b") == ["a dead"]


def test_a_timer_may_be_late(watching: Watching) -> None:
    watching.roster.cut(watching.now)
    watching.now += GRACE_S + 0.01
    assert told(watching.roster.advance(watching.now)) == ["a away", "b away"]


def test_a_short_cut_of_ours_is_told_to_nobody(watching: Watching) -> None:
    watching.roster.cut(watching.now)
    watching.now += GRACE_S - 0.1
    assert told(watching.roster.advance(watching.now)) == []
    assert told(watching.roster.joined(watching.now)) == []


def test_the_time_that_we_slept_is_nobodys_silence(watching: Watching) -> None:
    watching.roster.deaf("a", watching.now)
    watching.now += 30.0
    assert told(watching.roster.advance(watching.now)) == []
    assert watching.wait(GRACE_S, "b") == ["a away"]


def test_a_node_that_is_not_known_and_not_there_is_dead_in_the_end(watching: Watching) -> None:
    assert told(watching.roster.deaf("gone", watching.now)) == ["gone silent"]
    assert watching.wait(LOST_S) == ["gone away", "gone dead"]
    assert "gone" not in watching.roster


def test_new_nodes_and_new_processes_are_told(watching: Watching) -> None:
    assert watching.beat("a", "b", "c") == ["c new"]
    assert watching.beat("a", "b", "c", boot="another") == ["a reborn", "b reborn", "c reborn"]
    assert told(watching.roster.heard("d", watching.now)) == ["d new"]
    assert watching.beat("a", "b", "c", "d", boot="another") == []
    assert not watching.roster.takes("e")


def test_the_roster_wakes_when_something_is_due(watching: Watching) -> None:
    assert watching.roster.next_wake() is None
    watching.roster.deaf("a", watching.now)
    assert watching.roster.next_wake() == watching.now + GRACE_S
    since = watching.now
    watching.wait(GRACE_S, "b")
    assert watching.roster.next_wake() == since + LOST_S


def test_we_lead_until_half_a_second_before_the_lease_ends() -> None:
    leases = Leases("a")
    assert leases.beat({"text": ("a", 5), "video": ("b", 2)}, 100.0, 100.1) == [LeaseChange("text", 5)]
    assert leases.beat({"text": ("a", 5)}, 101.0, 101.1) == []
    assert (leases.leads("text", 101.0 + LEADS_S - 0.1), leases.leads("video", 101.0)) == (5, None)
    assert leases.leads("text", 101.0 + LEADS_S) is None
    assert leases.next_wake() == 101.0 + LEADS_S
    assert leases.advance(101.0 + LEADS_S) == [LeaseChange("text", None)]
    assert leases.advance(200.0) == []


def test_an_answer_that_comes_too_late_makes_no_leader() -> None:
    assert Leases("a").beat({"text": ("a", 5)}, 100.0, 100.0 + LEADS_S) == []


@pytest.mark.parametrize(("leaders", "epochs"), [({"text": ("b", 6)}, [None]), ({}, [None]), ({"text": ("a", 7)}, [7])])
def test_the_registry_names_another_or_another_epoch(
    leaders: dict[str, tuple[str, int]], epochs: list[int | None]
) -> None:
    leases = Leases("a")
    leases.beat({"text": ("a", 5)}, 100.0, 100.0)
    assert leases.beat(leaders, 101.0, 101.0) == [LeaseChange("text", epoch) for epoch in epochs]


def test_the_highest_epoch_is_followed() -> None:
    following = Following()
    assert following.is_silent(0.0)
    assert following.lead("a", 5, 100.0) == "new"
    assert following.lead("a", 5, 101.0) == "same"
    assert following.lead("b", 4, 101.0) == "old"
    assert following.lead("b", 5, 101.0) == "old"
    assert following.lead("b", 6, 101.0) == "new"
    following.saw(9)
    assert following.lead("b", 8, 101.0) == "old"
    assert (following.leader, following.seen) == ("b", 9)


def test_of_two_leaders_of_one_epoch_the_second_is_followed_when_the_first_is_silent() -> None:
    following = Following()
    following.lead("a", 5, 100.0)
    following.heard("a", 101.0)
    assert following.lead("b", 5, 101.0 + SILENT_S - 0.1) == "old"
    assert following.lead("b", 5, 101.0 + SILENT_S) == "new"
