"""The simulation: the same seed, the same crowd, the same table; and an optimum that is one."""

import random
import subprocess
import sys
from itertools import combinations
from pathlib import Path
from xml.etree import ElementTree

import pytest

from omefree.cli import run
from omefree.config import Config
from omefree.matching.ticket import Ticket
from omefree.simulate import command, optimum, report
from omefree.simulate.crowd import Scene, arrivals
from omefree.simulate.picture import drawn
from omefree.simulate.run import HESITATION_S, Outcome, optima, scorer, simulate

SMALL = Scene(rate_s=5.0, duration_s=60.0)


def test_the_same_seed_gives_the_same_table_and_another_one_another() -> None:
    table = command.compare(SMALL, command.POLICIES)
    assert table == command.compare(SMALL, command.POLICIES)
    assert arrivals(SMALL) != arrivals(Scene(rate_s=5.0, duration_s=60.0, seed=2))


@pytest.mark.parametrize(
    "policy",
    ["ours", "ours 0", "first come", "chance", "batch 0.05", "batch 4.5", "patient 5", "falling 9", "rolling 5"],
)
def test_no_policy_does_better_than_the_optimum_and_each_introduces_nearly_everybody(policy: str) -> None:
    crowd = arrivals(SMALL)
    score = scorer(crowd)
    outcome = simulate(policy, SMALL, crowd, score, lambda: None)
    most, highest = optima(SMALL, crowd, score)
    assert outcome.left <= len(crowd) * 0.05
    assert outcome.sharing <= 1.0
    assert highest.score >= most.score
    assert most.sharing >= highest.sharing
    if not policy.startswith(
        ("first", "batch")
    ):  # they pair with a shared interest only while both are patient, or by luck
        assert outcome.sharing <= most.sharing + 0.02


def test_to_hesitate_makes_better_pairs_and_keeps_nobody_without_interests_waiting() -> None:
    assert Config().hesitation_s == HESITATION_S
    scene = Scene(duration_s=120.0)
    crowd = arrivals(scene)
    score = scorer(crowd)
    long, ours, at_once = (simulate(name, scene, crowd, score, lambda: None) for name in ("ours 5", "ours", "ours 0"))
    assert long.score > 1.1 * ours.score > 1.1 * at_once.score
    for outcome in (long, ours):
        assert outcome.p99_s is not None
        assert outcome.p99_s <= scene.patience_s + 0.5


@pytest.mark.parametrize("name", ["patient 5", "falling 9", "rolling 5"])
def test_no_policy_that_hesitates_outlasts_patience(name: str) -> None:
    scene = Scene(duration_s=120.0)
    outcome = simulate(name, scene, arrivals(scene), lambda a, b: 1.0, lambda: None)
    assert outcome.p99_s is not None
    assert outcome.p99_s <= scene.patience_s + 0.5


@pytest.mark.parametrize("seed", range(10))
def test_the_optimum_is_what_trying_everything_finds(seed: int) -> None:
    chance = random.Random(seed)
    edges = [(a, b, float(chance.randint(1, 20))) for a, b in combinations(range(6), 2) if chance.random() < 0.6]
    worth = {(a, b): weight for a, b, weight in edges}
    found = sum(worth[min(pair), max(pair)] for pair in optimum.matching(6, edges))
    tried = [
        sum(weight for _, _, weight in some)
        for size in range(4)
        for some in combinations(edges, size)
        if len({end for a, b, _ in some for end in (a, b)}) == 2 * size
    ]
    assert found == max(tried)


def test_only_those_whose_waits_overlap_are_in_the_optimum() -> None:
    tickets = [
        Ticket(name, "text", {"jazz": "jazz"}, since=since) for name, since in (("a", 0.0), ("b", 5.5), ("c", 9.0))
    ]
    assert optimum.best(tickets, 5.0, lambda a, b: 1.0) in ([(1, 2)], [(2, 1)])


def test_the_command_prints_a_table_and_writes_it_and_the_picture(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(report, "LOADS", (1.0, 5.0))
    monkeypatch.setattr(report, "ARRIVALS_MIN", 50)
    table, picture = tmp_path / "table.md", tmp_path / "picture.svg"
    assert (
        run(["simulate", "--duration", "30", "--policy", "ours", "--report", str(table), "--picture", str(picture)])
        == 0
    )
    assert "| ours " in table.read_text()
    assert max(map(len, table.read_text().splitlines())) < 80
    assert table.read_text() in capsys.readouterr().out
    shown = "".join(ElementTree.fromstring(picture.read_text()).itertext())
    assert all(text in shown for text in ("arrivals a second", "waiting time in seconds", "mean wait", "patience 5 s"))


@pytest.mark.parametrize("wait_s", [None, 0.0, 0.5])
def test_the_same_outcomes_give_the_same_picture_also_where_nobody_waited(wait_s: float | None) -> None:
    outcome = Outcome("ours", 1.0, 1.0, wait_s, wait_s)
    once, again = (drawn([1.0, 10.0], [(outcome, outcome)] * 2, 5.0) for _ in range(2))
    assert once == again
    assert "99 in 100 wait no longer" in once


@pytest.mark.parametrize("name", ["nearest", "batch", "batch 0", "falling 0", "batch x", "batch -1", "chance 2"])
def test_a_policy_that_is_none_is_said_in_one_line(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["simulate", "--policy", name]) == 2
    assert capsys.readouterr().err.startswith("omefree: no policy is called")


@pytest.mark.parametrize(
    ("package", "asked", "said"),
    [
        ("rustworkx", ["--policy", "optimum"], "the optimum and batches need rustworkx"),
        ("matplotlib", ["--policy", "ours", "--picture", "never.svg"], "the picture needs matplotlib"),
    ],
)
def test_without_an_optional_package_one_line_says_what_to_install(package: str, asked: list[str], said: str) -> None:
    code = f"import sys; sys.modules[{package!r}] = None; from omefree.cli import run; sys.exit(run(sys.argv[1:]))"
    simulate_it = [sys.executable, "-c", code, "simulate", "--duration", "10"]
    refused = subprocess.run([*simulate_it, *asked], capture_output=True, text=True, check=False)
    assert (refused.returncode, refused.stdout) == (2, "")
    assert refused.stderr == f"omefree: {said}: pip install 'omefree[simulate]'\n"
    assert subprocess.run([*simulate_it, "--policy", "ours"], capture_output=True, check=False).returncode == 0
