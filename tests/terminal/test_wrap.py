import pytest
from hypothesis import given
from hypothesis import strategies as some
from prompt_toolkit.utils import get_cwidth

from omefree.terminal.plain import plain
from omefree.terminal.wrap import cut, two_ends, wrap

texts = some.text(some.characters(exclude_categories=["Cs", "Co", "Cn"])).map(plain)


@pytest.mark.parametrize(
    ("text", "width", "rows"),
    [
        ("", 10, [""]),
        ("hello there", 20, ["hello there"]),
        ("hello there", 8, ["hello", "there"]),
        ("hello  there", 6, ["hello ", "there"]),
        ("one\n\ntwo", 10, ["one", "", "two"]),
        ("abcdefghij", 4, ["abcd", "efgh", "ij"]),
        ("ab cdefghij", 4, ["ab c", "defg", "hij"]),
        ("日本語です", 4, ["日本", "語で", "す"]),
        ("e\u0301e\u0301e\u0301", 2, ["e\u0301e\u0301", "e\u0301"]),
        ("ça va\u202f? oui", 6, ["ça", "va\u202f?", "oui"]),
    ],
)
def test_rows(text: str, width: int, rows: list[str]) -> None:
    assert [row.rstrip() if row.strip() else row for row in wrap(text, width)] == [row.rstrip() for row in rows]


@given(texts, some.integers(2, 60))
def test_no_row_is_too_wide_unless_one_sign_is(text: str, width: int) -> None:
    for row in wrap(text, width):
        assert get_cwidth(row) <= width or "\u200d" in row


@given(texts, some.integers(2, 60))
def test_nothing_is_lost(text: str, width: int) -> None:
    assert "".join(wrap(text, width)).replace(" ", "") == text.replace("\n", "").replace(" ", "")


@given(texts, texts, some.integers(0, 80))
def test_one_row_fits(left: str, right: str, width: int) -> None:
    left, right = left.replace("\n", ""), right.replace("\n", "")
    assert get_cwidth(cut(left, width)) <= width
    assert get_cwidth(two_ends(left, right, width)) <= width


def test_what_does_not_fit_is_told() -> None:
    assert cut("hello there", 6) == "hello…"
    assert two_ends("left", "right", 20) == "left           right"
    assert two_ends("left", "right", 10) == "left"
