"""What visitors type, made comparable."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from omefree.errors import CriteriaError
from omefree.matching.interests import RAW_ENTRIES, clean, fold, languages, normalise

# Letters of many scripts, and all that makes them hard: marks, controls, white space, emoji parts, half pairs.
TRICKY = (
    "aAéİıßﬁςΆ#＃パハﾊﾟйи\t 👩💻❤☠1☕🏽🇫Ⓜ™ﷺ\u0301\u0308\u200d\ufe0f\u20e3"
    "\u202e\u200b\u00ad\u2028\u3000\u3164\u1160\ud800\U000e0067"
)
TEXT = st.text(max_size=40) | st.text(TRICKY, max_size=20) | st.text(st.characters(), max_size=10)


def keys(*raw: str) -> list[str]:
    return list(normalise(list(raw)))


@pytest.mark.parametrize(
    ("these", "are_one"),
    [
        (["Cinema", "cinéma", "#CINÉMA", "cine\u0301ma", "  cinema\t", "＃ＣＩＮＥＭＡ", "ci\u200bnema"], "cinema"),
        (["Straße", "STRASSE", "strasse"], "strasse"),
        (["İstanbul", "ISTANBUL", "istanbul"], "istanbul"),
        (["Όπερα", "ΟΠΕΡΑ", "οπερα"], "οπερα"),
        (["roses  trémières", "Roses\u00a0Tremieres", "roses\n\ntremieres", "##roses tremieres"], "roses tremieres"),
        (["ﬁnale", "finale", "Finale\u202e"], "finale"),
        (["ハ\u309a", "パ", "ﾊﾟ"], "パ"),
        (["❤️", "❤"], "❤"),
        (["C#", "c#"], "c#"),
    ],
)
def test_equal_interests_meet_and_the_first_spelling_is_shown(these: list[str], are_one: str) -> None:
    assert normalise(these) == {are_one: clean(these[0])}


@pytest.mark.parametrize(
    ("one", "other"),
    [("パ", "ハ"), ("й", "и"), ("ё", "е"), ("c", "c#"), ("l", "ł"), ("हिन्दी", "हनद"), ("👩‍💻", "👩💻"), ("👍🏽", "👍")],
)
def test_different_interests_stay_apart(one: str, other: str) -> None:
    assert len(keys(one, other)) == 2


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("  #Ciné\u202eMa ", "CinéMa"),
        ("a\u200db", "ab"),
        ("a\ufe0f", "a"),
        ("abc\u2066d\u2069", "abcd"),
        ("👩\u200d💻", "👩\u200d💻"),
        ("🏳\ufe0f\u200d🌈", "🏳\ufe0f\u200d🌈"),
        ("❤\ufe0f", "❤\ufe0f"),
        ("1\ufe0f\u20e3", "1\ufe0f\u20e3"),
        ("🇫🇷", "🇫🇷"),
        ("👩\u200d\u200d💻\u200d", "👩\u200d💻"),
        ("a\x00\x1b[31m", "a[31m"),
        ("x\ud800", "x"),
    ],
)
def test_the_spelling_loses_what_cannot_be_seen_and_keeps_its_emoji(typed: str, shown: str) -> None:
    assert list(normalise([typed]).values()) == [shown]


@pytest.mark.parametrize(
    "nothing", ["", "   ", "#", "##  #", "\u200b\u202e\x00", "\u3164", "\u2800", "\u0301", "\ufe0f"]
)
def test_what_shows_nothing_is_dropped(nothing: str) -> None:
    assert normalise([nothing, "jazz"]) == {"jazz": "jazz"}


def test_ten_interests_after_merging_are_allowed_and_eleven_are_not() -> None:
    ten = [f"topic {number}" for number in range(10)]
    assert len(normalise([*ten, "TOPIC 1", "#topic 2", ""])) == 10
    with pytest.raises(CriteriaError) as refused:
        normalise([*ten, "one more"])
    assert (refused.value.code, refused.value.field) == ("bad_criteria", "interests")


@pytest.mark.parametrize("fits", ["x" * 32, "x" + "\u0301" * 127, " " * 96 + "x" * 32, "\u200b" * 96 + "x" * 32])
def test_lengths_are_counted_in_code_points_after_normalising(fits: str) -> None:
    assert len(fits) in (32, 128)
    assert len(normalise([fits])) == 1


@pytest.mark.parametrize("long", ["x" * 33, " " * 129, "x" + "\u0301" * 128, "ﷺ" * 2, "ß" * 17])
def test_what_is_too_long_is_refused(long: str) -> None:
    with pytest.raises(CriteriaError):
        normalise([long])


def test_a_list_too_long_to_read_is_refused() -> None:
    assert normalise(["a"] * RAW_ENTRIES) == {"a": "a"}
    with pytest.raises(CriteriaError):
        normalise(["a"] * (RAW_ENTRIES + 1))


@given(TEXT)
@example("#\ufe0f\u20e3")
@example("#\ufe0f0")
@example("#\ufe0f#\u200d#x")
@example("a \u200d b \u200d")
@example("1\ufe0f\u200d😀")
def test_keys_and_spellings_are_fixed_points(text: str) -> None:
    try:
        once = normalise([text])
    except CriteriaError:
        return
    assert normalise(list(once)).keys() == once.keys()
    assert normalise(list(once.values())) == once
    for key, spelling in once.items():
        assert key
        assert (fold(key), clean(key), clean(spelling)) == (key, key, spelling)
        (key + spelling).encode()  # no half of a surrogate pair: it could not be sent


@given(st.lists(TEXT, max_size=14))
def test_any_list_is_read_or_refused(raw: list[str]) -> None:
    try:
        found = normalise(raw)
    except CriteriaError as refused:
        assert refused.field == "interests"
    else:
        assert len(found) <= 10
        assert all(0 < len(key) <= 32 for key in found)


@given(st.text(max_size=128))
def test_a_hash_and_what_cannot_be_seen_around_it_change_nothing(text: str) -> None:
    assert fold(clean("#" + text)) == fold(clean(text)) == fold(clean(" " + text + "\u200b"))


@pytest.mark.parametrize(
    ("raw", "primary"),
    [
        ([], set()),
        (["fr-CA"], {"fr"}),
        (["FR", "fr-FR", "fr"], {"fr"}),
        (["zh-Hant-TW", "gsw", "en-US-x-twain"], {"zh", "gsw", "en"}),
        (["aa", "bb", "cc", "dd", "ee", "AA-bb"], {"aa", "bb", "cc", "dd", "ee"}),
    ],
)
def test_languages_are_primary_subtags(raw: list[str], primary: set[str]) -> None:
    assert languages(raw) == primary


@pytest.mark.parametrize(
    "raw", [[""], ["f"], ["français"], ["fr_CA"], ["fr-"], ["x-fr"], ["fr\n"], ["12"], ["*"], ["abcdefghi"], ["ſo"]]
)
def test_what_is_no_language_tag_is_refused(raw: list[str]) -> None:
    with pytest.raises(CriteriaError) as refused:
        languages(raw)
    assert refused.value.field == "languages"


def test_six_languages_are_refused() -> None:
    with pytest.raises(CriteriaError):
        languages(["aa", "bb", "cc", "dd", "ee", "ff"])


@given(st.lists(st.text(max_size=12), max_size=8))
def test_any_list_of_languages_is_read_or_refused(raw: list[str]) -> None:
    try:
        found = languages(raw)
    except CriteriaError:
        return
    assert languages(sorted(found)) == found
