import re
from typing import get_args

import pytest

from omefree.client.events import Reason
from omefree.contract.codes import EndReason, ReportReason
from omefree.errors import ConnectReason
from omefree.seal.channel import SealFault
from omefree.terminal.commands import COMMANDS, REASON_NAMES, fold
from omefree.terminal.program import AGAIN_TOLD, HELP
from omefree.terminal.words import LANGS, TABLES, Lang, Words, choose_lang

assert Reason


def holes(text: str | tuple[str, str]) -> set[str]:
    return set(re.findall(r"\{(\w+)\}", text if isinstance(text, str) else " ".join(text)))


def test_both_tables_say_the_same_things() -> None:
    en, fr = TABLES["en"], TABLES["fr"]
    assert en.keys() == fr.keys()
    for key, text in en.items():
        assert holes(text) == holes(fr[key]), key
        assert isinstance(text, tuple) == isinstance(fr[key], tuple), key


@pytest.mark.parametrize("lang", LANGS)
def test_there_are_words_for_everything(lang: Lang) -> None:
    words = Words(lang)
    for reason in (*get_args(EndReason), *get_args(SealFault), "broken", "reported", "next", "enter"):
        assert words.has(f"ended.{reason}")
    for reason in get_args(ConnectReason):
        assert words.has(f"connect.{reason}")
    for code in (*AGAIN_TOLD, "none", "asked"):
        assert words.has(f"again.{code}")
    assert all(words.has(f"help.{line}") for line in HELP)
    assert set(REASON_NAMES[lang].values()) == set(get_args(ReportReason))


@pytest.mark.parametrize("lang", LANGS)
def test_every_command_that_is_told_exists(lang: Lang) -> None:
    known = COMMANDS["en"] | COMMANDS[lang]
    for text in TABLES[lang].values():
        for command in re.findall(r"(?<![\w/])/(\w+)", text if isinstance(text, str) else " ".join(text)):
            assert fold(command) in known, text


def test_french_is_set_with_narrow_spaces() -> None:
    french = Words("fr")
    assert french.say("hello").endswith("bonjour\u202f!")
    assert "Inconnu\u00a0:" not in french.say("stranger")
    assert french.say("common", interests=("jazz", "thé")) == "Vous aimez tous les deux\u00a0: jazz et thé."
    for text in map(french.say, (key for key, text in TABLES["fr"].items() if not holes(text))):
        assert not re.search(r" [?!;»:]|« ", text), text


@pytest.mark.parametrize(
    ("lang", "n", "text"),
    [
        ("en", 0, "0 people online"),
        ("en", 1, "1 person online"),
        ("en", 2, "2 people online"),
        ("fr", 0, "0 personne en ligne"),
        ("fr", 1, "1 personne en ligne"),
        ("fr", 2, "2 personnes en ligne"),
    ],
)
def test_plurals(lang: Lang, n: int, text: str) -> None:
    assert Words(lang).say("online", n=n) == text


def test_a_brace_in_what_is_filled_in_is_left_alone() -> None:
    assert Words("en").say("common", interests=("{n}", " ?")) == "You both like {n} and  ?."


def test_lists() -> None:
    assert [Words("en").list(["a", "b", "c"][:n]) for n in range(4)] == ["", "a", "a and b", "a, b and c"]


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
def test_the_language_is_the_terminal_s(asked: str | None, environ: dict[str, str], lang: str) -> None:
    assert choose_lang(asked, environ) == lang
