"""The table of synonyms, and what it does for visitors."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from omefree.contract import limits
from omefree.matching.interests import clean, fold, normalise
from omefree.matching.synonyms import LANGUAGES, rows


def test_every_row_has_a_word_in_each_language() -> None:
    for row in rows():
        assert len(row) == len(LANGUAGES), row
        assert all(word for words in row for word in words), row


def test_no_word_is_in_two_rows() -> None:
    seen: dict[str, str] = {}
    twice = []
    for row in rows():
        keys = {fold(clean(word)) for words in row for word in words}
        twice += [(key, row[0][0], seen[key]) for key in keys if key in seen]
        seen |= dict.fromkeys(keys, row[0][0])
    assert twice == []


def test_every_word_is_cleaned_already_its_key_stays_a_key_and_fits() -> None:
    for word in (word for row in rows() for words in row for word in words):
        key = fold(word)
        assert clean(word) == word
        assert fold(key) == key
        assert 0 < len(key) <= limits.INTEREST_CHARS


def test_there_are_the_two_hundred_commonest() -> None:
    assert len(rows()) >= 200


@pytest.mark.parametrize(
    "names",
    [
        ["music", "Musique", "música", "#MUSIK", "musica"],
        ["football", "fútbol", "Fußball", "futebol", "Calcio", "soccer"],
        ["cinema", "cinéma", "cine", "Kino", "filmes", "film"],
    ],
)
def test_people_of_different_languages_meet_and_each_sees_its_own_spelling(names: list[str]) -> None:
    keys = {key for name in names for key in normalise([name])}
    assert len(keys) == 1
    assert [list(normalise([name]).values()) for name in names] == [[clean(name)] for name in names]
    assert list(normalise(names).values()) == [names[0]]


@given(st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=32))
def test_ascii_is_read_as_everything_else_is(text: str) -> None:
    """The short way for ASCII and the long way agree: a mark that folds away takes the long one."""
    assert normalise([text + "\u200b"]) == normalise([text])
