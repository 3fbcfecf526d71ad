"""What a run says of itself: a table that fits a terminal, JSON, and arithmetic that can be done by hand."""

import json
from xml.etree import ElementTree

import pytest

from omefree.load import report
from omefree.load.picture import drawn
from omefree.load.results import Results, Sample
from omefree.load.schedule import Plan
from omefree.load.sizing import sizing

MB = 1_000_000


def results(*samples: Sample, before: int | None = 50 * MB) -> Results:
    """Of a test with 100 visitors."""
    found = Results("http://localhost:8000", Plan(chats=50, ramp_s=10.0, hold_s=10.0))
    found.took_s = 20.0
    found.memory_before_bytes = before
    found.samples.extend(samples)
    return found


# While they come the server has more to do; afterwards it uses half a core for 100 visitors, and 1 MB for each ten.
WATCHED = (Sample(5.0, 0.9, 55 * MB, 50), Sample(12.0, 0.4, 60 * MB, 100), Sample(18.0, 0.6, 60 * MB, 100))


def test_what_machines_it_takes_is_what_one_can_do_by_hand() -> None:
    found = sizing(results(*WATCHED))
    assert found is not None
    assert found.cpu_us == pytest.approx(5_000)  # 0.5 cores by 100
    assert found.visitor_bytes == pytest.approx(100_000)  # 10 MB by 100
    assert found.core_visitors == 140  # 0.7 by 5,000 us
    assert found.gb_visitors == 9_500  # (1,000 - 50) MB by 100 kB
    assert found.many_cores == pytest.approx(10_000 * 0.005 / 0.7)
    assert found.many_bytes == pytest.approx(50 * MB + 10_000 * 100_000)


@pytest.mark.parametrize(
    "samples",
    [
        (),
        (Sample(12.0, 0.001, 60 * MB, 100),),  # nothing to do
        (Sample(12.0, 0.5, 60 * MB, 0),),  # nobody there
        (Sample(12.0, 0.5, 40 * MB, 100),),  # less memory than before
    ],
)
def test_a_run_that_says_nothing_of_machines_says_none(samples: tuple[Sample, ...]) -> None:
    assert sizing(results(*samples)) is None
    assert "1 GB" not in report.told(results(*samples))


def test_without_a_process_there_is_no_word_of_it() -> None:
    told = results(before=None)
    assert sizing(told) is None
    assert "memory" not in report.told(told)
    assert json.loads(report.as_json(told))["process"] is None


def test_the_table_fits_a_terminal_also_with_large_numbers() -> None:
    found = results(*WATCHED)
    for seconds in (0.0000123, 0.000999, 0.00999, 0.0999, 0.99951, 12.3456):
        found.times["text"].add(seconds)
    found.times["connect"].total = 999_999
    assert max(map(len, report.told(found).splitlines())) < 80


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0.0000123, "12.3 us"),
        (0.000633, "633 us"),
        (0.0009996, "1 ms"),
        (0.0123, "12.3 ms"),
        (0.9996, "1 s"),
        (15, "15 s"),
    ],
)
def test_a_time_has_three_digits(seconds: float, said: str) -> None:
    assert report.spelled(seconds) == said


def test_errors_are_counted_by_step_and_code_the_most_frequent_first_with_a_sentence() -> None:
    found = results()
    found.errors.update({("connect", "full"): 2, ("text", "link_lost"): 30, ("seal", "new_code"): 1})
    said = report.errors(found)
    assert said.splitlines()[1] == "- text, link_lost: 30. A connection broke in the middle of a visit."
    assert "- connect, full: 2. The server is full: try again in a moment." in said
    assert said.splitlines()[-1] == "- seal, new_code: 1."
    assert json.loads(report.as_json(found))["errors"][0] == {"step": "text", "code": "link_lost", "times": 30}


def test_a_load_from_one_address_is_told_what_the_server_counts() -> None:
    found = results()
    assert "one address" not in report.told(found)
    found.errors["connect", "rate_limited"] = 1
    assert "Many visitors from one address" in report.told(found)


def test_a_load_that_is_at_its_own_limit_says_so() -> None:
    found = results()
    found.own_cores = 0.97
    assert "the times are partly its own" in report.told(found)


def test_json_has_what_the_table_has() -> None:
    found = results(*WATCHED)
    for _ in range(3):
        found.times["text"].add(0.002)
    told = json.loads(report.as_json(found))
    assert told["schema"] == 1
    assert told["plan"]["chats"] == 50
    text = told["steps"]["text"]
    assert (text["times"], text["most_ms"], text["p99_ms"]) == (3, 2.0, 2.0)
    [[upper, count]] = text["classes"]
    assert (upper >= 2.0, count) == (True, 3)
    assert told["process"]["sizing"]["core_visitors"] == 140
    assert told["process"]["samples"][1] == {"at_s": 12.0, "cores": 0.4, "memory_bytes": 60 * MB, "visitors": 100}


@pytest.mark.parametrize("samples", [(), WATCHED])
def test_the_same_results_give_the_same_picture_also_of_nothing(samples: tuple[Sample, ...]) -> None:
    found = results(*samples)
    assert drawn(found) == drawn(found)
    found.times["text"].add(0.002)
    shown = "".join(ElementTree.fromstring(drawn(found)).itertext())
    assert "text" in shown
    assert ("memory in MB" in shown) is bool(samples)
