"""The signs that are compared, and the page's copy of them."""

import unicodedata
from pathlib import Path

import pytest

from omefree.seal.emoji import EMOJI, typescript
from omefree.words.catalogue import catalogue

PAGE = Path(__file__).parents[2] / "web/src/seal/emoji.ts"


def test_the_page_has_the_same() -> None:
    assert PAGE.read_text() == typescript(), "run `make contract`"


def test_six_bits_choose_one() -> None:
    assert len(EMOJI) == 2**6


def test_no_two_are_alike() -> None:
    assert len(set(EMOJI)) == len(EMOJI)


@pytest.mark.parametrize("sign", EMOJI)
def test_each_is_one_old_code_point(sign: str) -> None:
    assert len(sign) == 1
    assert unicodedata.east_asian_width(sign) == "W", "shown as text without a variation selector"
    assert ord(sign) >= 0x1F000, "a text font may have it, in black"


@pytest.mark.parametrize("lang", catalogue().languages)
def test_each_has_a_name_of_its_own_in_each_language(lang: str) -> None:
    names = [catalogue().words(lang).say(f"emoji.{sign}") for sign in EMOJI]
    assert len({unicodedata.normalize("NFKD", name) for name in names}) == len(EMOJI)


@pytest.mark.parametrize("lang", ["en", "fr"])
def test_each_name_is_a_short_word(lang: str) -> None:
    for sign in EMOJI:
        name = catalogue().words(lang).say(f"emoji.{sign}")
        assert name == name.strip().lower()
        assert " " not in name
        assert 2 <= len(name) <= 11
