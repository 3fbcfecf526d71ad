"""The rules of matching.md, one by one."""

import random

import pytest

from omefree.matching.exclusions import PARTNERS, REPORTED
from omefree.matching.lobby import CANDIDATES, STEPS, Lobby
from omefree.matching.rarity import HALF_LIFE_S
from omefree.matching.ticket import Pair, Ticket, opens_at
from tests.matching.tickets import HESITATION_S, Crowd, first, names, ticket


@pytest.fixture
def crowd() -> Crowd:
    return Crowd()


# --- compatible ---------------------------------------------------------------------------------------------------


def test_two_open_to_anyone_are_paired_at_once(crowd: Crowd) -> None:
    assert crowd.join("a") == ""
    assert crowd.join("b") == "ba"
    assert len(crowd.lobby) == 0


def test_a_pair_carries_both_tickets_and_only_the_shared_interests() -> None:
    lobby = Lobby(first, HESITATION_S)
    a, b = ticket("a", "jazz", "chess", hide=True), ticket("b", "jazz", "go")
    assert lobby.join(a, 0.0) is None
    assert lobby.join(b, 0.0) == Pair(b, a, ("jazz",))


@pytest.mark.parametrize(
    ("mine", "other", "meet"),
    [
        ({"mode": "video"}, {"mode": "video"}, True),
        ({"mode": "video"}, {"mode": "text"}, False),
        ({"seal": 1}, {"seal": 1}, True),
        ({"seal": 1}, {"seal": 2}, False),
        ({"seal": 1}, {}, False),
        ({"languages": "fr en"}, {"languages": "en de"}, True),
        ({"languages": "fr"}, {"languages": "en"}, False),
        ({"languages": "fr"}, {}, True),
    ],
)
def test_mode_seal_and_languages_must_agree(
    crowd: Crowd, mine: dict[str, str], other: dict[str, str], meet: bool
) -> None:
    for one, two, interests in ((mine, other, ()), (other, mine, ("jazz",))):
        assert crowd.join("a", *interests, **one) == ""  # type: ignore[arg-type]  # parameters by name
        assert crowd.join("b", *interests, **two) == ("ba" if meet else "")  # type: ignore[arg-type]  # the same
        crowd.lobby.leave("a")
        crowd.lobby.leave("b")


def test_to_hide_parts_nobody() -> None:
    lobby = Lobby(first, HESITATION_S)
    assert lobby.join(ticket("a", hide=True), 0.0) is None
    assert names(lobby.join(ticket("b"), 0.0)) == "ba"


def test_insisting_on_an_interest_does_not_meet_who_has_none(crowd: Crowd) -> None:
    assert crowd.join("a", "jazz", patience_s=5) == ""
    assert crowd.join("b") == ""
    assert crowd.join("c", "chess") == ""
    assert crowd.join("d", "jazz") == "da"


# --- patience -----------------------------------------------------------------------------------------------------


def test_when_patience_runs_out_two_strangers_meet(crowd: Crowd) -> None:
    crowd.join("a", "jazz", patience_s=5)
    crowd.join("b")
    assert crowd.lobby.next_wake() == 5.0
    assert crowd.wait(4.999) == []
    assert crowd.wait(0.001) == ["ab"]


def test_who_stays_after_its_patience_is_widened_and_meets_the_next(crowd: Crowd) -> None:
    crowd.join("a", "jazz", patience_s=5)
    assert crowd.wait(5) == ["a+"]
    assert crowd.wait(50) == []
    assert crowd.join("b", "chess", patience_s=0) == "ba"


def test_two_whose_patience_runs_out_together_meet_and_are_not_widened(crowd: Crowd) -> None:
    crowd.join("a", "jazz", patience_s=5)
    crowd.join("b", "chess", patience_s=5)
    assert crowd.wait(5) == ["ba"]


def test_patience_of_nothing_is_open_at_once_and_prefers_a_shared_interest(crowd: Crowd) -> None:
    crowd.join("a", "jazz")
    crowd.join("b", patience_s=0)
    assert crowd.join("c", "jazz", patience_s=0) == "ca"
    assert crowd.join("d", "jazz", patience_s=0) == "db"
    assert crowd.wait(100) == []


def test_without_end_of_patience_only_a_shared_interest_will_do(crowd: Crowd) -> None:
    crowd.join("a", "jazz", patience_s=None)
    crowd.join("b")
    assert crowd.wait(3600) == []
    assert crowd.join("c", "jazz") == "ca"


def test_patience_counts_from_the_start_of_the_search() -> None:
    lobby = Lobby(first, HESITATION_S)
    lobby.join(ticket("a", "jazz", since=100.0, patience_s=5), 103.0)
    assert lobby.next_wake() == 105.0
    lobby.join(ticket("a", "chess", since=100.0, patience_s=2), 104.0)
    assert names(lobby.join(ticket("b", since=104.0), 104.0)) == "ba"


# --- replacing, leaving -------------------------------------------------------------------------------------------


def test_a_second_ticket_takes_the_place_of_the_first(crowd: Crowd) -> None:
    crowd.join("a", "jazz", patience_s=5)
    crowd.join("a", "chess", mode="video")
    assert len(crowd.lobby) == 1
    assert crowd.join("b", "jazz") == ""
    assert crowd.wait(60) == []
    assert crowd.join("c", "chess", mode="video") == "ca"


def test_who_left_is_met_by_nobody(crowd: Crowd) -> None:
    crowd.join("a")
    left = crowd.lobby.leave("a")
    assert left is not None
    assert left.visitor == "a"
    assert crowd.lobby.leave("a") is None
    assert crowd.join("b") == ""
    assert "b" in crowd.lobby
    assert "a" not in crowd.lobby


# --- the choice ---------------------------------------------------------------------------------------------------


def test_the_rarer_shared_interest_wins(crowd: Crowd) -> None:
    for number in range(20):
        crowd.join(f"x{number}", "music")
        crowd.lobby.forget(f"x{number}")
    crowd.join("a", "music")
    crowd.join("b", "falconry")
    assert crowd.join("c", "music", "falconry") == "cb"


def test_two_shared_interests_win_over_one_of_the_same_kind(crowd: Crowd) -> None:
    crowd.join("a", "go")
    crowd.join("b", "chess")
    crowd.lobby.leave("b")
    crowd.join("b", "chess", "shogi")
    assert crowd.join("c", "go", "chess", "shogi") == "cb"


def test_shared_interests_are_told_rarest_first() -> None:
    lobby = Lobby(first, HESITATION_S)
    for number in range(9):
        lobby.join(ticket("x", "music", *(["art"] if number < 3 else [])), 0.0)
    lobby.forget("x")
    lobby.join(ticket("a", "music", "art", "falconry"), 0.0)
    found = lobby.join(ticket("b", "falconry", "music", "art"), 0.0)
    assert found is not None
    assert found.common == ("falconry", "art", "music")


def test_among_equals_the_longest_waiting(crowd: Crowd) -> None:
    for visitor, language in (("a", "aa"), ("b", "bb"), ("c", "cc")):
        crowd.join(visitor, languages=language)
        crowd.wait(1)
    assert crowd.join("d") == "da"
    assert crowd.join("e") == "eb"


def test_who_returns_has_kept_its_place(crowd: Crowd) -> None:
    crowd.join("a", languages="aa")
    crowd.wait(1)
    crowd.join("b", languages="bb")
    crowd.wait(1)
    left = crowd.lobby.leave("a")
    assert left is not None
    assert crowd.lobby.join(left, crowd.now) is None
    assert crowd.join("c") == "ca"


@pytest.mark.parametrize("chosen", [0, 1, 2])
def test_among_those_of_the_same_moment_chance_decides(chosen: int) -> None:
    asked: list[int] = []

    def choose(number: int) -> int:
        asked.append(number)
        return chosen

    crowd = Crowd(choose)
    for visitor, language in (("a", "aa"), ("b", "bb"), ("c", "cc")):
        crowd.join(visitor, languages=language)
    assert crowd.join("d") == "d" + "abc"[chosen]
    assert asked == [3]


def test_chance_counts_in_the_order_of_joining_wherever_they_were_found(crowd: Crowd) -> None:
    crowd.join("a", "chess")
    crowd.join("b", "jazz")
    assert crowd.join("c", "jazz", "chess") == "ca"


@pytest.mark.parametrize("seed", range(5))
def test_who_came_later_passes_only_by_sharing_what_the_longer_waiting_does_not(seed: int) -> None:
    chance, lobby = random.Random(seed), Lobby(random.Random(seed).randrange, HESITATION_S)
    waiting: dict[str, Ticket] = {}
    for number in range(2000):
        likes = chance.sample(range(40), k=chance.randint(0, 4))
        spoken = chance.choice(["", "fr", "en", "de", "fr en"])
        new = ticket(
            f"x{number}", *map(str, likes), since=number, languages=spoken, patience_s=chance.choice([None, 0])
        )
        waiting[new.visitor] = new
        pair = lobby.join(new, number)
        if pair is not None:
            passed = [one for one in waiting.values() if one.since < pair.b.since and meets(one, new)]
            assert all(set(pair.common) - one.interests.keys() for one in passed)
            del waiting[pair.a.visitor], waiting[pair.b.visitor]
        assert len(waiting) == len(lobby)


def meets(a: Ticket, b: Ticket) -> bool:
    both_open = opens_at(a) <= a.since and opens_at(b) <= b.since
    speak = not a.languages or not b.languages or not a.languages.isdisjoint(b.languages)
    return speak and (both_open or not a.interests.keys().isdisjoint(b.interests))


# --- no instant rematch -------------------------------------------------------------------------------------------


def test_after_next_the_same_two_wait_for_the_cooldown_and_then_meet(crowd: Crowd) -> None:
    crowd.join("a")
    assert crowd.join("b") == "ba"
    crowd.wait(500)  # the cooldown counts from the end of the chat
    crowd.next("a", "b")
    assert crowd.join("a") == ""
    assert crowd.join("b") == ""
    assert crowd.wait(59.999) == []
    assert crowd.wait(0.001) == ["ab"]


def test_who_met_twice_stays_apart_until_the_later_cooldown_ends(crowd: Crowd) -> None:
    make_known(crowd, "a", "b")
    crowd.next("a", "b")
    crowd.wait(30)
    crowd.next("a", "b")
    assert [crowd.join("a"), crowd.join("b")] == ["", ""]
    assert crowd.wait(59.999) == []
    assert crowd.wait(0.001) == ["ab"]


def test_after_next_a_third_visitor_comes_first(crowd: Crowd) -> None:
    crowd.join("a")
    crowd.join("b")
    crowd.next("a", "b")
    assert crowd.join("b") == ""
    assert crowd.join("a") == ""
    assert crowd.join("c") == "cb"  # both fit; b waits longer
    assert crowd.join("d") == "da"


def test_eight_newer_partners_push_the_oldest_out_and_who_waits_is_due_at_once(crowd: Crowd) -> None:
    newer = "12345678"
    make_known(crowd, "a", "b", *newer)
    crowd.next("a", "b")
    assert [crowd.join("a"), crowd.join("b")] == ["", ""]
    for other in newer:
        crowd.next("a", other)
    assert crowd.settle() == []  # b is out of a's list, but a is still in b's
    for other in newer[:-1]:
        crowd.next("b", other)
    assert crowd.settle() == []
    crowd.next("b", newer[-1])
    assert crowd.settle() == ["ab"]


def test_who_was_reported_is_not_met_again_while_both_sessions_last(crowd: Crowd) -> None:
    crowd.join("a")
    crowd.join("b")
    crowd.next("a", "b")
    crowd.lobby.report("a", "b")
    for _ in range(2):
        assert crowd.join("b") == ""
        assert crowd.join("a") == ""
    assert crowd.wait(24 * 3600) == []
    assert crowd.lobby.next_wake() is None


def test_a_new_session_of_who_was_reported_is_a_stranger(crowd: Crowd) -> None:
    crowd.join("a")
    crowd.join("b")
    crowd.lobby.report("a", "b")
    crowd.lobby.forget("b")
    crowd.join("a")
    assert crowd.join("b") == "ba"


def test_the_thirty_third_report_lets_the_oldest_go(crowd: Crowd) -> None:
    others = [f"x{number}" for number in range(REPORTED + 1)]
    make_known(crowd, "a", *others)
    for other in others[:-1]:
        crowd.lobby.report("a", other)
        crowd.lobby.report("a", other)
    assert [crowd.join("a"), crowd.join("x0")] == ["", ""]
    assert crowd.wait(1000) == []
    crowd.lobby.report("a", others[-1])
    assert crowd.settle() == ["ax0"]


def test_again_lifts_cooldown_and_report_for_that_pair_alone(crowd: Crowd) -> None:
    make_known(crowd, "a", "b", "c")
    crowd.next("a", "b")
    crowd.next("a", "c")
    crowd.next("b", "c")
    crowd.lobby.report("b", "a")
    assert [crowd.join("c"), crowd.join("a"), crowd.join("b")] == ["", "", ""]
    crowd.lobby.allow("a", "b")
    assert crowd.lobby.next_wake() == crowd.now
    assert crowd.settle() == ["ab"]
    assert crowd.wait(59) == []


def test_again_with_oneself_plans_nothing(crowd: Crowd) -> None:
    """Found by the state machine: a visitor freed from itself was to look again."""
    crowd.join("a")
    crowd.lobby.allow("a", "a")
    assert crowd.lobby.next_wake() == HALF_LIFE_S


def test_who_leaves_before_it_is_due_is_met_by_nobody(crowd: Crowd) -> None:
    make_known(crowd, "a", "b")
    crowd.next("a", "b")
    assert [crowd.join("a"), crowd.join("b")] == ["", ""]
    crowd.lobby.allow("a", "b")
    crowd.lobby.leave("a")
    assert crowd.settle() == []
    assert crowd.join("a") == "ab"


def test_what_comes_after_a_session_is_over_leaves_no_trace(crowd: Crowd) -> None:
    crowd.join("a")
    crowd.join("b")
    crowd.lobby.forget("b")
    crowd.next("a", "b")
    crowd.lobby.report("a", "b")
    crowd.lobby.report("b", "a")
    crowd.lobby.allow("a", "b")
    crowd.next("a", "a")
    crowd.lobby.forget("a")
    crowd.lobby.forget("nobody")
    assert crowd.lobby.is_empty()
    assert crowd.wait(HALF_LIFE_S) == []
    assert crowd.lobby.next_wake() is None


# --- the bound ----------------------------------------------------------------------------------------------------


def test_forty_exclusions_do_not_hide_the_one_who_fits(crowd: Crowd) -> None:
    others = [f"x{number}" for number in range(PARTNERS + REPORTED)]
    make_known(crowd, "a", *others)
    for other in others[:REPORTED]:
        crowd.lobby.report("a", other)
    for other in others[REPORTED:]:
        crowd.next("a", other)
    for number, other in enumerate(others):
        assert crowd.join(other, languages=a_language(number)) == ""
    crowd.wait(1)
    assert crowd.join("fit", languages="fr") == ""
    assert crowd.join("a") == "afit"


def test_nor_do_a_hundred_who_reported_the_visitor_themselves(crowd: Crowd) -> None:
    """A visitor's own lists are bounded, but not the lists that it is on."""
    others = [f"x{number}" for number in range(100)]
    make_known(crowd, "a", *others)
    for number, other in enumerate(others):
        crowd.lobby.report(other, "a")
        assert crowd.join(other, languages=a_language(number)) == ""
    crowd.wait(1)
    assert crowd.join("fit", languages="fr") == ""
    assert crowd.join("a") == "afit"


def test_the_work_of_a_decision_is_bounded_with_ten_thousand_waiting() -> None:
    """Bug class 11 of the peers. All the waiters have a common interest, and no two of them a common language."""
    lobby = Lobby(random.Random(5).randrange, HESITATION_S)
    for number in range(10_000):
        assert lobby.join(ticket(f"x{number}", "music", languages=a_language(number), since=number), number) is None
    assert lobby.examined == 0
    assert lobby.join(ticket("b", "music", languages="qqqq", since=1e4), 1e4) is None
    assert lobby.examined == 0
    assert names(lobby.join(ticket("c", "music", since=1e4), 1e4)) == "cx0"
    assert lobby.examined == CANDIDATES
    for number in range(1, 1000):
        assert names(lobby.join(ticket("c", "music", patience_s=0, since=1e4), 1e4)) == f"cx{number}"
    assert lobby.examined == 1000 * CANDIDATES


def test_the_work_is_bounded_with_ten_thousand_who_have_interests_of_their_own() -> None:
    lobby = Lobby(first, HESITATION_S)
    for number in range(10_000):
        assert lobby.join(ticket(f"x{number}", f"a{number}", f"b{number}", patience_s=60), 0.0) is None
    assert lobby.examined == 0
    for number in range(1000):
        assert names(lobby.join(ticket("c", f"b{number}"), 0.0)) == f"cx{number}"
    assert lobby.examined == 1000
    calls = 0
    while lobby:
        assert len(lobby.advance(60.0)) <= STEPS
        calls += 1
    assert calls == -(-9000 // STEPS)  # each with time between them for whatever else a loop has to do
    assert lobby.examined <= 1000 + 9000 * 4  # who looks again finds itself in its lists, and one other


def test_in_how_many_calls_the_due_is_done_changes_no_pair() -> None:
    """A timer that comes late finds everything due at once; one on time finds it bit by bit."""
    met = []
    for late in (False, True):
        crowd, chance = Crowd(), random.Random(6)
        for number in range(3 * STEPS):
            likes = [f"own {number}"] if chance.random() < 0.5 else [f"topic {number % 50}"]
            crowd.join(f"x{number}", *likes, patience_s=5 + number / 1000, languages=chance.choice(["", "fr", "en"]))
        if late:
            crowd.now += 60
        met.append([names for names in crowd.wait(60) if "+" not in names])
    assert met[0] == met[1]
    assert len(met[0]) > STEPS / 2


def make_known(crowd: Crowd, *visitors: str) -> None:
    """Let them have searched once: of others the lobby remembers nothing."""
    for visitor in visitors:
        crowd.join(visitor)
        crowd.lobby.leave(visitor)


def a_language(number: int) -> str:
    """Write a number in four letters."""
    return "".join(chr(ord("a") + number // 26**place % 26) for place in range(4)) + "z"
