"""Who shares an interest, and waits a moment for who shares more (matching.md, "Hesitation")."""

import pytest

from omefree.matching.lobby import CROWD
from tests.matching.tickets import HESITATION_S, Crowd

MOMENT_S = 4.516  # 45 of 60 arrivals like music, 15 chess: until then 3/8 bit are to be expected, after it less


def busy(hesitation_s: float = HESITATION_S, arrivals: int = 60, likes: str = "mmmc") -> Crowd:
    """A lobby in which music is common and chess is not: as if for half a minute two had come each second."""
    crowd = Crowd(hesitation_s=hesitation_s)
    for number in range(arrivals):
        crowd.join("before", {"m": "music", "c": "chess", "f": "film"}[likes[number % len(likes)]])
        crowd.lobby.forget("before")
    return crowd


def test_two_who_share_little_wait_while_more_is_to_be_expected() -> None:
    crowd = busy()
    assert crowd.join("a", "music", "chess", patience_s=5) == ""
    assert crowd.join("b", "music", patience_s=5) == ""
    assert crowd.wait(MOMENT_S - 0.01) == []
    assert crowd.wait(0.02) == ["ba"]


def test_who_comes_meanwhile_and_shares_more_is_met_at_once() -> None:
    crowd = busy()
    crowd.join("a", "music", "chess", patience_s=5)
    crowd.join("b", "music", patience_s=5)
    crowd.wait(1)
    assert crowd.join("c", "chess", patience_s=5) == "ca"
    assert crowd.wait(100) == ["b+"]


def test_two_who_can_expect_nothing_better_do_not_wait() -> None:
    crowd = busy()
    assert crowd.join("a", "music", "chess", patience_s=5) == ""
    assert crowd.join("b", "music", "chess", patience_s=5) == "ba"


def test_in_a_quiet_lobby_nobody_waits_for_whom_nobody_can_expect() -> None:
    crowd = Crowd()
    assert crowd.join("a", "music", "chess", patience_s=5) == ""
    assert crowd.join("b", "music", "film", patience_s=5) == "ba"


def test_without_hesitation_the_first_who_fits_is_met_at_once() -> None:
    crowd = busy(hesitation_s=0)
    crowd.join("a", "music", "chess", patience_s=5)
    assert crowd.join("b", "music", patience_s=5) == "ba"


@pytest.mark.parametrize("patience_s", [5, 60, None])
def test_it_lasts_no_longer_than_patience_nor_than_is_set(patience_s: float | None) -> None:
    crowd = busy(arrivals=20_000)  # so many that something better may come at any moment
    crowd.join("a", "music", "chess", patience_s=patience_s)
    crowd.wait(2)
    assert crowd.join("b", "music", patience_s=60) == ""
    assert crowd.wait(2.9) == []
    assert crowd.wait(0.1) in (["ab"], ["ba"])


def test_who_asks_for_anyone_meets_at_once_and_so_does_whom_it_fits() -> None:
    crowd = busy()
    crowd.join("a", "music", "chess", patience_s=5)
    assert crowd.join("b", "music", patience_s=0) == "ba"
    crowd.join("a", "music", "chess", patience_s=5)
    crowd.join("b", "music", patience_s=5)
    assert crowd.join("b", "music", patience_s=0) == "ba"


def test_two_without_interests_never_wait() -> None:
    crowd = busy()
    assert crowd.join("a") == ""
    assert crowd.join("b") == "ba"


def test_who_has_waited_long_is_not_left_for_a_better_one_who_hesitates() -> None:
    crowd = busy(likes="mmmmmmfffc")
    crowd.join("long", "music", patience_s=60)
    crowd.wait(HESITATION_S)
    assert crowd.join("short", "film", patience_s=60) == ""
    assert crowd.join("b", "film", "chess", patience_s=60) == ""  # the two share film, and hesitate
    assert crowd.join("b", "music", "film", "chess", patience_s=60) == "blong"


def test_in_a_crowd_nobody_hesitates() -> None:
    crowd = busy()
    for number in range(CROWD - 2):
        crowd.join(f"own {number}", f"own {number}", patience_s=5)
    crowd.join("a", "music", "chess", patience_s=5)
    assert crowd.join("b", "music", patience_s=5) == ""
    assert crowd.join("c", "music", patience_s=5) == "ca"


def test_a_match_that_leaves_leaves_no_look_behind() -> None:
    crowd = busy()
    crowd.join("a", "music", "chess", patience_s=5)
    crowd.join("b", "music", patience_s=5)
    crowd.lobby.forget("a")
    assert crowd.wait(4.9) == []
    assert crowd.wait(0.1) == ["b+"]
    crowd.lobby.forget("b")
    assert crowd.lobby.is_empty()


def test_whose_own_hesitation_ends_takes_who_still_hesitates_for_another() -> None:
    crowd = busy(likes="mmmmmmfffc")
    crowd.join("a", "music", patience_s=60)
    crowd.wait(4)
    assert crowd.join("c", "film", patience_s=5) == ""
    assert crowd.join("b", "music", "film", "chess", patience_s=5) == ""
    assert crowd.wait(0.9) == []
    assert crowd.wait(0.2) == ["ab"]


def test_who_looks_again_before_its_time_has_one_plan_only() -> None:
    crowd = busy()
    for visitor in "ab":
        crowd.join(visitor)
        crowd.lobby.leave(visitor)
    crowd.next("a", "b")
    crowd.wait(58)
    crowd.join("a", "music", "chess", patience_s=30)
    crowd.join("b", "music", patience_s=30)
    assert crowd.wait(2) == []  # they may meet again, and hesitate
    crowd.lobby.leave("a")
    assert crowd.wait(100) == ["b+"]
