"""What /metrics says of a chat: what is listed, in fives where it is about people, and nothing else."""

from collections.abc import Mapping
from typing import Any

import pytest

from omefree import __version__
from omefree.clock import Handle
from omefree.engine.gate import Head
from omefree.errors import RequestRefused
from omefree.logs import log
from omefree.metrics.exposition import Listed, text
from omefree.metrics.lateness import Lateness
from omefree.metrics.reading import Parts, Values, read
from omefree.privacy.inventory import DATA
from omefree.privacy.measurable import METRICS, SERIES
from tests.chat.fake_chat import BY_TEXT, FakeChat
from tests.privacy.planted import quiet

PROCESS = {metric.name for metric in METRICS if metric.name.startswith("process_")}
OURS = {metric.name for metric in METRICS} - PROCESS


class LateClock:
    """A clock whose calls are made when a test says so."""

    def __init__(self) -> None:
        self.now = 0.0
        self.due = 0.0
        self.call: Any = None

    def time(self) -> float:
        return self.now

    def call_at(self, when: float, callback: Any, /, *args: Any) -> Handle:
        self.due, self.call = when, callback
        return None  # type: ignore[return-value]

    def call_soon(self, callback: Any, /, *args: Any) -> Handle:
        raise AssertionError

    def run(self, late_s: float) -> None:
        self.now = self.due + late_s
        self.call()


def parts_of(chat: FakeChat) -> Parts:
    return Parts(chat.presence, chat.engine, chat.gate, Lateness(LateClock()))


def told(values: Mapping[str, Values]) -> dict[str, float]:
    """The text's numbers, by series."""
    lines = [line for line in text(Listed(lambda: values)).decode().splitlines() if not line.startswith("#")]
    return {series: float(value) for series, _, value in (line.rpartition(" ") for line in lines)}


@pytest.fixture
def chat() -> FakeChat:
    """Nine pairs, of which four have ended by a report; one visitor searches, and of one the connection broke."""
    chat = FakeChat(quota_scale=1000)
    for number in range(9):
        reporter, _ = chat.pair()
        if number < 4:
            assert reporter.emit("report", reporter.chat, "spam") == {"ok": True}
    assert chat.arrive().emit("find", BY_TEXT) == {"ok": True}
    chat.arrive().cut()
    return chat


def test_every_listed_metric_is_read_and_no_other(chat: FakeChat) -> None:
    """A metric without a row is not told (below), and here it fails."""
    assert set(read(parts_of(chat))) == OURS


def test_the_text_has_every_listed_series_and_no_other(chat: FakeChat) -> None:
    """Those of the process too: the library may learn new ones."""
    assert set(told(read(parts_of(chat)))) == SERIES


def test_what_is_not_listed_is_not_told(chat: FakeChat) -> None:
    values = {**read(parts_of(chat)), "omefree_addresses": {"127.0.0.1": 1.0}}
    values["omefree_reports_total"] = {"spam": 10, "127.0.0.1": 10}
    values["omefree_info"] = {__version__: 1, "127.0.0.1": 1}
    assert set(told(values)) == SERIES
    assert told(values)['omefree_reports_total{reason="spam"}'] == 10


def test_nothing_that_people_do_is_told_more_exactly_than_in_fives(chat: FakeChat) -> None:
    about_people = [metric for metric in METRICS if metric.datum and metric.datum != "online"]
    assert {metric.name for metric in about_people} == {
        "omefree_visitors",
        "omefree_visitors_away",
        "omefree_chats_total",
        "omefree_search_seconds",
        "omefree_reports_total",
        "omefree_pauses_total",
        "omefree_refused_total",
        "omefree_moves_total",
    }
    exact = {
        metric.name: dict.fromkeys(metric.values or ("",), count)
        for metric, count in zip(about_people, (4, 6, 9, 11, 1, 3, 14, 13), strict=True)
    }
    found = told(exact)
    series = {series for metric in about_people for series in metric.series()}
    assert {found[each] for each in series} == {0, 5, 10}


def test_what_a_metric_tells_is_in_the_inventory() -> None:
    about = {metric.datum for metric in METRICS} - {None}
    assert about <= {datum.id for datum in DATA}
    assert {datum.id for datum in DATA if datum.loggable} == {"online"}, "what everybody is told is exact, nothing else"


def test_a_label_has_values_that_were_written_down_before_anybody_came() -> None:
    for metric in METRICS:
        assert bool(metric.label) == bool(metric.values)
    assert {metric.label for metric in METRICS} == {
        *("", "version", "state", "le", "reason", "code", "event", "pool", "kind", "way"),
    }


def test_the_values_are_true(chat: FakeChat) -> None:
    values = read(parts_of(chat))
    assert values["omefree_visitors_online"] == {"": 19}
    assert values["omefree_visitors_away"] == {"": 1}
    assert values["omefree_connections"] == {"": 20}
    assert values["omefree_connections_max"] == {"": 50_000}
    assert values["omefree_visitors"] == {"idle": 9, "searching": 1, "chatting": 10}
    assert values["omefree_chats_total"] == {"": 9}
    assert values["omefree_reports_total"]["spam"] == 4
    assert values["omefree_refused_total"] == {}


def test_how_long_those_who_met_had_searched() -> None:
    chat = FakeChat()
    first, second = chat.arrive(), chat.arrive()
    first.emit("find", BY_TEXT)
    chat.pass_time(8)
    second.emit("find", BY_TEXT)
    within = read(parts_of(chat))["omefree_search_seconds"]
    assert (within["0.5"], within["5"], within["10"], within["+Inf"]) == (1, 1, 2, 2)


def test_two_who_meet_again_have_not_searched() -> None:
    chat = FakeChat()
    a, b = chat.pair()
    a.emit("leave")
    for client in (a, b):
        assert client.emit("again", client.chat) == {"ok": True}
    values = read(parts_of(chat))
    assert values["omefree_chats_total"] == {"": 2}
    assert values["omefree_search_seconds"]["+Inf"] == 2


def test_whom_the_gate_refuses_is_counted_by_the_reason(chat: FakeChat) -> None:
    stranger = Head(
        "GET", "/", ((b"host", b"chat.example"), (b"origin", b"https://evil.example")), "10.9.9.9", tls=True
    )
    for _ in range(6):
        with pytest.raises(RequestRefused):
            chat.engine.check(stranger)
    assert read(parts_of(chat))["omefree_refused_total"] == {"origin": 6}
    assert told(read(parts_of(chat)))['omefree_refused_total{code="origin"}'] == 5


def test_each_line_of_the_log_is_counted_by_its_event(chat: FakeChat) -> None:
    with quiet():
        before = dict(read(parts_of(chat))["omefree_log_lines_total"])
        log.info("control_obeyed", state="open")
        log.error("127.0.0.1 has an address as its event")
        lines = read(parts_of(chat))["omefree_log_lines_total"]
    new = {event: count - before.get(event, 0) for event, count in lines.items() if count != before.get(event, 0)}
    assert new == {"control_obeyed": 1, "unlisted": 1}


def test_lateness_is_the_sum_of_what_its_timer_was_late() -> None:
    clock = LateClock()
    lateness = Lateness(clock)
    for late_s in (0.0, 0.25, -0.005, 2.0):
        clock.run(late_s)
    assert lateness.seconds == 2.25
    assert clock.due == clock.now + 1.0
