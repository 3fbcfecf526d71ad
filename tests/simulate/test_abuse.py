"""The simulation of abuse: it runs the server's own rule, tells whom each rule hinders, and fails for a missed goal."""

import subprocess
import sys
from math import inf
from pathlib import Path
from xml.etree import ElementTree

import pytest
from msgspec.structs import replace

from omefree.cli import run
from omefree.guard import record
from omefree.guard.quota import Bucket
from omefree.simulate.abuse import command, report
from omefree.simulate.abuse.goals import Figures, Spread, all_goals, figures
from omefree.simulate.abuse.people import Person
from omefree.simulate.abuse.picture import TITLE, drawn
from omefree.simulate.abuse.rules import CHATROULETTE, NONE, OMEGLE_LOL, OURS, PUBLISHED, RULES, Rule
from omefree.simulate.abuse.run import Tally, evening
from omefree.simulate.abuse.world import SCENARIOS, Scenario, World, prompted

TINY = prompted(World(honest=60, crowd=40, bots=0.2, bots_an_address=1, flashers=2))
HOURS = 0.5
SEED = 1


def hindered(pair: tuple[int, int]) -> float:
    there, refused = pair
    return refused / there


def test_our_rule_stops_bots_and_flashers_and_spares_the_honest_where_a_published_one_bans_the_crowd() -> None:
    none, ours, published = (evening(TINY, rule, HOURS, SEED) for rule in (NONE, OURS, CHATROULETTE))
    assert ours.met_bots < 0.5 * none.met_bots
    met, met_without = (
        sum(evening(TINY, rule, HOURS, seed).met_flashers for seed in (1, 2, 3)) for rule in (OURS, NONE)
    )
    assert met < 0.3 * met_without
    assert all(seconds < 300 for seconds, _ in ours.flashers)
    assert hindered(ours.honest) < 0.02
    assert hindered(published.honest) > 0.2
    assert hindered(published.crowd) > 0.5
    assert (hindered(none.honest), none.flashers) == (0, [(inf, inf)] * 2)


def test_it_is_the_servers_own_rule_that_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    assert evening(TINY, OURS, HOURS, SEED) != evening(TINY, NONE, HOURS, SEED)
    monkeypatch.setattr(record, "LIMIT", inf)
    assert evening(TINY, OURS, HOURS, SEED) == evening(TINY, NONE, HOURS, SEED)


def test_who_is_refused_from_the_first_search_on_is_hindered_too() -> None:
    none, banned_for_a_day = (evening(TINY, rule, HOURS, SEED) for rule in (NONE, OMEGLE_LOL))
    assert banned_for_a_day.crowd[0] > 0.8 * none.crowd[0]
    assert hindered(banned_for_a_day.crowd) > 0.6


def test_bots_that_rotate_addresses_are_a_limit() -> None:
    world = replace(TINY, rotating=True)
    staying, rotating, none = (
        evening(TINY, OURS, HOURS, SEED),
        *(evening(world, rule, HOURS, SEED) for rule in (OURS, NONE)),
    )
    assert rotating.met_bots > 0.9 * none.met_bots > staying.met_bots


def test_a_reload_helps_a_flasher_in_a_crowd_but_not_at_an_address_of_its_own() -> None:
    alone, among = (evening(replace(TINY, flashers_in_crowd=among), OURS, HOURS, SEED) for among in (False, True))
    assert among.met_flashers > 2 * alone.met_flashers


def test_the_same_seed_gives_the_same_evening_and_another_one_another() -> None:
    assert evening(TINY, OURS, HOURS, SEED) == evening(TINY, OURS, HOURS, SEED)
    assert evening(TINY, OURS, HOURS, SEED) != evening(TINY, OURS, HOURS, SEED + 1)


@pytest.mark.parametrize(
    "world",
    [
        replace(TINY, rotating=True),
        replace(TINY, bots_an_address=7, flashers_in_crowd=True),
        replace(TINY, report_bot=0.5, report_flasher=0.0, report_false=0.1, report_disliked=0.2),
    ],
)
def test_without_a_rule_neither_reports_nor_addresses_change_an_evening(world: World) -> None:
    assert evening(world, NONE, HOURS, SEED) == evening(world.without_rules(), NONE, HOURS, SEED)


def person(key: bytes) -> Person:
    return Person("honest", key, key, 0.0, inf, False, Bucket())


@pytest.mark.parametrize(("name", "reporters", "banned_s"), [(OMEGLE_LOL, b"aaa", 86_400), (CHATROULETTE, b"abc", 600)])
def test_a_published_rule_bans_an_address_after_three_reports(name: str, reporters: bytes, banned_s: float) -> None:
    rule: Rule = RULES[name](lambda key: 1)
    target = person(b"target")
    for number, each in enumerate(reporters):
        assert rule.refused_s(target, number) == 0
        rule.chat_ended(person(bytes([each])), target, ("other", None), 9.0, number)
    assert rule.refused_s(person(b"target"), 2) == banned_s
    assert rule.refused_s(target, 2 + banned_s) == 0


def test_in_one_published_rule_an_address_has_one_vote_and_old_votes_count_for_nothing() -> None:
    rule: Rule = RULES[CHATROULETTE](lambda key: 1)
    target = person(b"target")
    for now, by in ((0, b"a"), (1, b"a"), (2, b"b"), (302, b"c")):
        rule.chat_ended(target, person(by), (None, "other"), 9.0, now)
    assert rule.refused_s(target, 302) == 0


TALLY = Tally((100, 1), (50, 1), (10, 0), met=1000, met_bots=10, met_flashers=2, flashers=[(90.0, 20), (inf, inf)])
BEFORE = Tally((100, 0), (50, 0), (10, 0), met=1000, met_bots=100, met_flashers=20, flashers=[(inf, inf), (inf, inf)])


def test_figures_are_shares_of_what_there_was_without_a_rule() -> None:
    worse = replace(TALLY, honest=(100, 3), met_bots=30)
    found = figures([TALLY, worse], [BEFORE, BEFORE])
    assert found.honest == Spread(0.02, 0.03)
    assert (found.bots, found.exposures) == pytest.approx((0.2, 0.1))
    assert (found.bad_before, found.bad) == pytest.approx((0.12, 0.022))


def test_a_flasher_that_is_never_paused_counts_as_never_in_the_median() -> None:
    assert figures([TALLY], [BEFORE]).pause_s == inf
    assert (figures([replace(TALLY, flashers=[(9.0, 1), (90.0, 20), (inf, inf)])], [BEFORE])).pause_s == 90


def missed(scenario: Scenario, found: Figures) -> list[str]:
    return [goal.text for goal in all_goals([(scenario, found)]) if not goal.met]


NOBODY = Spread(0.0, 0.0)
GOOD = Figures(NOBODY, NOBODY, NOBODY, bots=0.1, exposures=0.1, pause_s=9, pause_chats=9, bad_before=0.4, bad=0.1)


@pytest.mark.parametrize(
    ("change", "goal"),
    [
        ({"honest": Spread(0.0051, 0.01)}, "honest hindered"),
        ({"crowd": Spread(0.0101, 0.02)}, "crowd hindered"),
        ({"disliked": Spread(0.0201, 0.03)}, "disliked hindered"),
        ({"bots": 0.21}, "bots' chats"),
        ({"exposures": 0.16}, "exposures"),
        ({"pause_s": 151.0}, "flasher's first pause"),
        ({"pause_chats": 31.0}, "flasher's chats before it"),
    ],
)
def test_each_goal_can_be_missed(change: dict[str, object], goal: str) -> None:
    scenario = Scenario("data centres", "")
    assert missed(scenario, GOOD) == []
    assert missed(scenario, replace(GOOD, **change)) == [goal]


def test_ten_mass_reporters_may_hinder_hardly_more_people_than_one() -> None:
    found = [
        (each, GOOD if each.name != "10 reporters" else replace(GOOD, honest=Spread(0.002, 0.1))) for each in SCENARIOS
    ]
    assert [goal.text for goal in all_goals(found) if not goal.met] == ["more than in data centres"]


def test_the_limits_and_the_small_night_have_no_goal_that_they_cannot_meet() -> None:
    by_name = {scenario.name: scenario for scenario in SCENARIOS}
    assert missed(by_name["small night"], replace(GOOD, honest=Spread(1.0, 1.0), bots=1.0, exposures=1.0)) == []
    assert missed(by_name["rotating"], replace(GOOD, bots=1.0)) == []
    assert missed(by_name["crowd flashers"], replace(GOOD, exposures=2.0, pause_s=inf)) == []


@pytest.fixture
def tiny(monkeypatch: pytest.MonkeyPatch) -> None:
    easy = Scenario("tiny", "a few people", TINY, honest=1.0, bots=1.0, flashers=False)
    hard = Scenario("hard", "a goal that nothing meets", TINY, bots=0.0, flashers=False)
    monkeypatch.setattr(command, "SCENARIOS", (easy, hard))


ASKED = ["simulate", "abuse", "--hours", str(HOURS), "--seeds", "1"]


@pytest.mark.usefixtures("tiny")
def test_the_command_prints_the_tables_and_writes_them_and_the_picture(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table, picture = tmp_path / "table.md", tmp_path / "picture.svg"
    asked = [*ASKED, "--scenario", "tiny", "--check", "--report", str(table), "--picture", str(picture)]
    assert run(asked) == 0
    told = capsys.readouterr()
    assert table.read_text() == told.out
    assert "Missed: 0 of 4 goals." in told.out
    assert all(f"| {rule} " in told.out.replace("  ", "") for rule in (OURS, *PUBLISHED))
    assert max(map(len, told.out.splitlines())) < 80
    shown = "".join(ElementTree.fromstring(picture.read_text()).itertext())
    assert all(text in shown for text in (TITLE, "tiny", "were refused a search", "ours: reports per chat"))


@pytest.mark.usefixtures("tiny")
@pytest.mark.parametrize(("checked", "code"), [(["--check"], 1), ([], 0)])
def test_a_missed_goal_is_exit_code_1_if_it_is_checked(
    checked: list[str], code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run([*ASKED, "--scenario", "hard", *checked]) == code
    assert "MISSED" in capsys.readouterr().out


def test_a_flasher_that_is_never_paused_is_told_as_never() -> None:
    assert "never" in report.stopped([(SCENARIOS[0], replace(GOOD, pause_s=inf))])


def test_the_same_figures_give_the_same_picture() -> None:
    found = [(each, dict.fromkeys((OURS, *PUBLISHED), GOOD)) for each in SCENARIOS]
    assert drawn(found) == drawn(found)


def test_a_scenario_that_is_none_is_said_in_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["simulate", "abuse", "--scenario", "away"]) == 2
    assert capsys.readouterr().err.startswith("omefree: no scenario is called 'away': data centres, home,")


def test_without_matplotlib_one_line_says_what_to_install() -> None:
    code = "import sys; sys.modules['matplotlib'] = None; from omefree.cli import run; sys.exit(run(sys.argv[1:]))"
    asked = [sys.executable, "-c", code, "simulate", "abuse", "--picture", "never.svg"]
    refused = subprocess.run(asked, capture_output=True, text=True, check=False)
    assert (refused.returncode, refused.stdout) == (2, "")
    assert refused.stderr == "omefree: the picture needs matplotlib: pip install 'omefree[simulate]'\n"
