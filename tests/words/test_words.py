"""What is said in one language: plurals, lists, dates, and which language it is."""

import pytest

from omefree.words.catalogue import catalogue
from omefree.words.negotiation import choose, from_environment, from_request
from omefree.words.spacing import FRENCH, set_spaces, typeset
from omefree.words.text import text
from tests.words.speak import EN, FR


@pytest.mark.parametrize(
    ("lang", "n", "said"),
    [
        ("en", 0, "0 people online"),
        ("en", 1, "1 person online"),
        ("en", 2, "2 people online"),
        ("fr", 0, "0 personne en ligne"),
        ("fr", 1, "1 personne en ligne"),
        ("fr", 2, "2 personnes en ligne"),
    ],
)
def test_plurals(lang: str, n: int, said: str) -> None:
    assert catalogue().words(lang).say("terminal.online", n=n) == said


def test_a_brace_in_what_is_filled_in_is_left_alone() -> None:
    assert EN.say("terminal.common", interests=("{n}", " ?")) == "You both like {n} and  ?."


@pytest.mark.parametrize("key", ["terminal.nothing", "terminal.common"])
def test_a_key_that_is_none_and_a_hole_that_nothing_fills_are_mistakes(key: str) -> None:
    with pytest.raises(KeyError):
        EN.say(key)


def test_lists() -> None:
    assert [EN.list(["a", "b", "c"][:n]) for n in range(4)] == ["", "a", "a and b", "a, b and c"]
    assert FR.say("terminal.common", interests=("jazz", "thé")) == "En commun\u00a0: jazz et thé."


def test_dates() -> None:
    assert EN.date("2026-11-25") == "25\u00a0November\u00a02026"
    assert FR.date("2026-11-25") == "25\u00a0novembre\u00a02026"
    assert EN.date("2026-11-01") == "1\u00a0November\u00a02026"
    assert FR.date("2026-11-01") == "1er\u00a0novembre\u00a02026"


def test_a_text_in_a_text_is_said_in_the_same_language() -> None:
    both = text("audit.and_also", first=text("audit.dumpable"), then=text("audit.no_tls"))
    told = catalogue().everywhere(both)
    assert told["en"].endswith("the connection is not encrypted (http)")
    assert told["fr"].endswith("la connexion n’est pas chiffrée (http)")


def test_a_language_knows_its_name_and_its_direction() -> None:
    assert [(words.name, words.direction) for words in (EN, FR)] == [("English", "ltr"), ("Français", "ltr")]


@pytest.mark.parametrize(
    ("asked", "accept", "lang"),
    [
        (None, "", "en"),
        (None, "fr", "fr"),
        (None, "FR-ca;q=0.8, en;q=0.7", "fr"),
        (None, "en-GB, fr;q=0.9", "en"),
        (None, "fr;q=0.5, en;q=0.9", "en"),
        (None, "de, fr;q=0.1", "fr"),
        (None, "de, es", "en"),
        (None, "fr;q=0, en", "en"),
        (None, "fr;q=0", "en"),
        (None, "*, fr;q=0.5", "fr"),
        (None, "fr;q=x, en;q=0.1", "en"),
        (None, "fr;level=1;q=1,;,,=;q", "en"),
        ("fr", "en", "fr"),
        ("en", "fr", "en"),
        ("de", "fr", "fr"),
        ("", "fr", "fr"),
    ],
)
def test_the_language_of_a_request(asked: str | None, accept: str, lang: str) -> None:
    assert from_request(asked, accept, ("en", "fr")) == lang


@pytest.mark.parametrize(
    ("wanted", "lang"),
    [("pt-br", "pt-BR"), ("pt-PT", "pt"), ("pt_BR.UTF-8", "pt-BR"), ("zh", "zh-Hant"), ("de-CH", "en")],
)
def test_a_region_that_is_spoken_comes_before_the_language_in_general(wanted: str, lang: str) -> None:
    assert choose([wanted], ("en", "pt", "pt-BR", "zh-Hant")) == lang


@pytest.mark.parametrize(
    ("asked", "environ", "lang"),
    [
        (None, {}, "en"),
        (None, {"LANG": "fr_FR.UTF-8"}, "fr"),
        (None, {"LANG": "de_DE.UTF-8"}, "en"),
        (None, {"LANG": "fr_FR.UTF-8", "LC_ALL": "C"}, "en"),
        (None, {"LANG": "en_GB", "LC_MESSAGES": "fr_CA.UTF-8"}, "fr"),
        (None, {"LANG": "fr", "LC_ALL": ""}, "fr"),
        ("fr", {"LANG": "en_GB"}, "fr"),
        ("FR-ca", {}, "fr"),
    ],
)
def test_the_language_of_a_terminal(asked: str | None, environ: dict[str, str], lang: str) -> None:
    assert from_environment(asked, environ, ("en", "fr")) == lang


def test_french_is_set_with_unbreakable_spaces() -> None:
    said = "« Ça va ? » : oui ! 33 s, 10 secondes, {n} s, 4 096 ; fin"
    assert typeset(said) == (
        "«\u202fÇa va\u202f?\u202f»\u00a0: oui\u202f! 33\u00a0s, 10\u00a0secondes, {n}\u00a0s, 4\u00a0096\u202f; fin"
    )
    assert typeset(typeset(said)) == typeset(said)


@pytest.mark.parametrize(
    ("line", "set_"),
    [
        ("# a ? b", "# a ? b"),
        ('"a ? b" = "c ? d"', '"a ? b" = "c\u202f? d"'),
        ('n = { one = "{n} s", other = "e ! f" }', 'n = { one = "{n}\u00a0s", other = "e\u202f! f" }'),
        ('  "g : h",', '  "g\u00a0: h",'),
    ],
)
def test_only_texts_are_set(line: str, set_: str) -> None:
    assert set_spaces(f"{line}\n{line}") == f"{set_}\n{set_}"


def test_the_french_file_is_set() -> None:
    assert FRENCH.read_text("utf-8") == set_spaces(FRENCH.read_text("utf-8")), "run `make contract`"
