"""The signs that are compared, and the page's copy of them."""

import unicodedata
from pathlib import Path

import pytest

from omefree.seal.emoji import EMOJI, Emoji, render

PAGE = Path(__file__).parents[2] / "web/src/i18n/emoji.ts"


def test_the_page_has_the_same() -> None:
    assert PAGE.read_text() == render(), "run `make contract`"


def test_six_bits_choose_one() -> None:
    assert len(EMOJI) == 2**6


@pytest.mark.parametrize("column", Emoji._fields)
def test_no_two_are_alike(column: str) -> None:
    assert len({unicodedata.normalize("NFKD", getattr(row, column)) for row in EMOJI}) == len(EMOJI)


@pytest.mark.parametrize("row", EMOJI, ids=lambda row: row.en)
def test_each_is_one_old_code_point_and_a_short_word(row: Emoji) -> None:
    assert len(row.sign) == 1
    assert unicodedata.east_asian_width(row.sign) == "W", "shown as text without a variation selector"
    assert ord(row.sign) >= 0x1F000, "a text font may have it, in black"
    for name in (row.en, row.fr):
        assert name == name.strip().lower()
        assert " " not in name
        assert 2 <= len(name) <= 11
