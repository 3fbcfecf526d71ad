import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as some

from omefree.terminal.plain import MARKS_MAX, plain, plain_line

UNSEEN = {"Cc", "Cf", "Cs"}
anything = some.text(some.characters(exclude_categories=[]))


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("hello, é 🙂 日本 שלום", "hello, é 🙂 日本 שלום"),
        ("two\nlines", "two\nlines"),
        ("two\r\nlines\rthree", "two\nlines\nthree"),
        ("a\u2028b\u2029c\u0085d", "a\nb\nc\nd"),
        ("\ttab", "    tab"),
        ("\x1b[31mred\x1b[0m", "[31mred[0m"),
        ("\x1b]0;title\x07", "]0;title"),
        ("\x9b2J", "2J"),
        ("\x90q\x9c", "q"),
        ("del\x7f nul\x00 bell\x07 back\x08", "del nul bell back"),
        ("evil\u202egnp.exe", "evil‹RLO›gnp.exe"),
        ("\u2066a\u2069", "‹LRI›a‹PDI›"),
        ("zero\u200bwidth\ufeff soft\u00adhyphen", "zerowidth softhyphen"),
        ("👨\u200d👩\u200d👧 نمی\u200cخواهم", "👨\u200d👩\u200d👧 نمی\u200cخواهم"),
        ("\ud800", ""),
        ("z" + "\u0301" * 100, "z" + "\u0301" * MARKS_MAX),
    ],
)
def test_what_is_shown(written: str, shown: str) -> None:
    assert plain(written) == shown


@given(anything)
def test_no_control_character_ever(written: str) -> None:
    for sign in plain(written):
        assert sign in "\n\u200c\u200d" or unicodedata.category(sign) not in UNSEEN
    assert "\n" not in plain_line(written)


@given(anything)
def test_doing_it_twice_does_nothing_more(written: str) -> None:
    assert plain(plain(written)) == plain(written)
