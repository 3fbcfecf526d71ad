"""/safety, /terms and /legal: services for help, the arithmetic of reports, and what an operator adds."""

import json
import re
from pathlib import Path

import pytest

from omefree.errors import ConfigError
from omefree.guard import record
from omefree.http import arithmetic
from omefree.privacy.services import CHECKED, SERVICES
from omefree.settings import load
from tests.http.asgi import ask, served
from tests.http.test_pages import Outline, page
from tests.words.speak import EN, FR

LINE = "Night line | listens at night | https://help.example/chat"
LAW = (Path(__file__).parents[2] / "docs/law.md").read_text()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "index.html").write_text("<!doctype html><title>OmeFree</title>")
    return tmp_path


@pytest.mark.parametrize("words", [EN, FR])
async def test_each_service_stands_there_with_what_it_does_its_source_and_the_day(folder: Path, words: object) -> None:
    speak = EN if words is EN else FR
    said = Outline(await page(served(folder), f"/safety?lang={speak.tag}")).words
    for service in SERVICES:
        for part in (service.name, service.source, speak.say(service.what)):
            assert part in said
    assert speak.date(CHECKED) in said


def test_the_services_are_those_of_the_list_in_docs_law() -> None:
    named = re.search(r"^The list: (.+)\.$", LAW, re.M)
    assert named is not None
    assert named[1].split(", ") == [service.name for service in SERVICES]


async def test_no_number_and_no_address_of_ours_is_on_the_page_that_could_be_old(folder: Path) -> None:
    outline = Outline(await page(served(folder), "/safety"))
    assert not [link for link in outline.values("href") if not link.startswith(("./", "#"))]
    assert set(re.findall(r"\+?\d[\d ]{2,}\d", outline.words)) <= {"2022", "2023", "2025", "2026", "2017", "3018"}


async def test_an_operators_services_come_first_and_are_text(folder: Path) -> None:
    lines = (LINE, "<b>Bold</b> | {last_s} & more | https://b.example/?a=1&b='")
    outline = Outline(await page(served(folder, help_services=lines), "/safety"))
    places = [outline.words.index(said) for said in ("Night line", "<b>Bold</b>", "Named by OmeFree")]
    assert places == sorted(places)
    assert "{last_s} & more" in outline.words
    assert {"https://help.example/chat", "https://b.example/?a=1&b='"} <= set(outline.values("href"))
    told = json.loads((await ask(served(folder, help_services=(LINE,)), "/privacy.json")).body)["settings"]
    assert told["help_services"] == [
        {"name": "Night line", "what": "listens at night", "url": "https://help.example/chat"}
    ]


@pytest.mark.parametrize(
    "bad",
    [
        "Night line",
        "Night line | https://help.example",
        "Night line | at night | http://help.example",
        "Night line | at night | javascript:alert(1)",
        "Night line | at night | https://a.example | more",
        " | at night | https://a.example",
        "Night line |  | https://a.example",
        "Night line | at night | https://a b.example",
        'Night line | at night | https://a.example/"onclick',
        "Night line | at\nnight | https://a.example",
        "Night line | " + "x" * 300 + " | https://a.example",
    ],
)
def test_a_line_that_is_no_service_is_refused(bad: str) -> None:
    with pytest.raises(ConfigError, match=r"^help_services: expected name \| what for \| https://") as told:
        load({"help_services": [bad]}, {})
    assert "\n" not in str(told.value)


def test_services_come_from_a_flag_a_variable_and_a_file(tmp_path: Path) -> None:
    file = tmp_path / "omefree.toml"
    file.write_text(f"help_services = ['{LINE}, too', '{LINE}']".replace(", too", "/a,b"))
    assert load({"help_services": [LINE, LINE]}, {}).help_services == (LINE, LINE)
    assert load({}, {"OMEFREE_HELP_SERVICES": LINE}).help_services == (LINE,)
    assert load({}, {}, str(file)).help_services == (f"{LINE}/a,b", LINE)


async def test_the_arithmetic_is_told_with_the_programs_own_figures(folder: Path) -> None:
    figures = arithmetic.figures()
    for words in (EN, FR):
        said = Outline(await page(served(folder), f"/terms?lang={words.tag}")).words
        for name in ("up", "down", "limit", "people_sum", "fewer_sum", "eager_weight", "eager_up", "percent", "gone_h"):
            assert words.number(figures[name]) in said, name
        assert not re.search(r"[{}]", said)


def test_the_example_is_what_the_record_does() -> None:
    it, mine = arithmetic.figures(), record.Record()
    network = [bytes([n]) * 16 for n in range(8)]
    reports = [mine.vote(network[n], "spam", 1.0, 0.0) for n in range(int(it["people"]))]
    assert reports == [False] * int(it["fewer"]) + [True]
    mine = record.Record()
    mine.vote(network[0], "spam", 1.0, 0.0)
    for _ in range(int(it["clean"])):
        assert mine.score > 0
        mine.lower()
    assert mine.score == 0
    assert it["fewer_sum"] < it["limit"] <= it["people_sum"]


def somebody(name: bytes) -> record.Gone:
    return record.Gone(name * 20, name * 20, record.Record())


def chat(records: record.Records, by: record.Gone, about: record.Gone, *, reports: bool, now: float = 0.0) -> float:
    """A chat of the two, which the first reports or does not. The score of the other one then."""
    records.chat_ended(by, about, 5.0, now)
    if reports:
        records.reported(by, about, "spam", lasted_s=5.0, credit=record.NO_CREDIT, now=now)
    assert about.record is not None
    return about.record.score


def eager(records: record.Records) -> float:
    """The chats of the example's reporter. The score of the last one who was reported."""
    it = arithmetic.figures()
    silent = it["eager_chats"] - it["eager_given"]
    by = somebody(b"e")
    return [chat(records, by, somebody(bytes([n])), reports=n >= silent) for n in range(int(it["eager_chats"]))][-1]


def test_the_weight_of_the_example_is_the_record_s() -> None:
    it = arithmetic.figures()
    assert eager(record.Records(lambda key: 1)) == pytest.approx(it["eager_up"], abs=0.005)


def test_what_is_counted_of_an_address_halves_when_the_page_says() -> None:
    """Somebody new at the address of the example's reporter weighs what the halves of its counts make it weigh."""
    it, records = arithmetic.figures(), record.Records(lambda key: 1)
    eager(records)
    score = chat(records, somebody(b"e"), somebody(b"o"), reports=True, now=60 * it["half_life_min"])
    share = (it["eager_given"] / 2 + 1) / (it["eager_chats"] / 2 + 1 + it["more"])
    assert score == pytest.approx(it["up"] * it["share"] / share)


def test_the_pauses_are_those_of_the_record() -> None:
    mine, lasted = record.Record(), []
    for _ in range(6):
        begins = max(mine.until, 0.0)
        mine.pause(["spam"], begins)
        lasted.append((mine.until - begins) / 60)
    longest = arithmetic.figures()["longest"]
    assert lasted == [*arithmetic.pauses(), longest, longest]


def test_a_number_of_an_address_is_gone_when_the_page_says() -> None:
    mine = record.Record()
    mine.level = 5
    mine.reported_at = 0.0
    mine.pause(["spam"], 0.0)
    gone = arithmetic.figures()["gone_h"] * 3600
    assert not mine.lasts(gone)


def test_numbers_are_written_as_the_language_has_them() -> None:
    assert (EN.number(0.1076), FR.number(0.1076), FR.number(5.4), EN.number(4)) == ("0.1076", "0,1076", "5,4", "4")


async def test_legal_names_who_answers_for_safety_and_for_youth_if_the_operator_says_it(folder: Path) -> None:
    bare = Outline(await page(served(folder), "/legal")).words
    assert "Answers for safety" not in bare
    assert "Youth-protection officer" not in bare
    app = served(folder, accountable="Ada Example", youth_officer="Ben Example, ben@chat.example")
    full = Outline(await page(app, "/legal?lang=fr")).words
    assert "Ada Example" in full
    assert "Ben Example, ben@chat.example" in full
    told = json.loads((await ask(app, "/privacy.json")).body)["settings"]
    assert (told["accountable"], told["youth_officer"]) == ("Ada Example", "Ben Example, ben@chat.example")


async def test_legal_has_the_notice_of_the_take_it_down_act(folder: Path) -> None:
    for lang, said in (("en", "Nothing is stored here"), ("fr", "Rien n’est stocké ici")):
        text = Outline(await page(served(folder), f"/legal?lang={lang}")).words
        assert "TAKE IT DOWN Act" in text
        assert said in text
