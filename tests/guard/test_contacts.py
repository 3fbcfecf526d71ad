"""What is folded and what is not: the vectors that the page reads, too, and texts made to cost time."""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from omefree.guard.confusables import CONFUSABLES, UNSEEN, ZEROS
from omefree.guard.contacts import folds, holds_contact, plain, tokens

VECTORS = json.loads((Path(__file__).parents[1] / "vectors/folds.json").read_text())
TEXT_BYTES = 12_000
# Each is repeated until it fills a text: what could make a reader look back, or far ahead, again and again.
COSTLY = [
    "a", "1 ", "1", ".", "a.", "a. ", "@", "a@ ", "(", "((((dot", "( . ", "snap ", "snap is my ", "add me on snap ",
    "a b ", "_", "http ", ": ", "www ", "12-11-2020 ", "2001 ", "000 ", "un deux ", "é", "а", "\u0301", "\u200b", "ﷺ",
    "\u202ea ", " ", "\n", "٠a", "😀 ", "dot ", "\u0f71\u0f72",
]  # fmt: skip


@pytest.mark.parametrize("text", VECTORS["folded"])
def test_a_contact_is_folded(text: str) -> None:
    assert folds(text)


@pytest.mark.parametrize("text", VECTORS["open"])
def test_what_people_say_is_not(text: str) -> None:
    assert not folds(text)


def test_the_page_has_the_same_tables() -> None:
    assert VECTORS["confusables"] == CONFUSABLES
    assert VECTORS["zeros"] == list(ZEROS)
    assert VECTORS["unseen"] == [list(each) for each in UNSEEN]


@pytest.mark.parametrize(("char", "seen"), CONFUSABLES.items())
def test_a_letter_that_looks_so_is_read_so(char: str, seen: str) -> None:
    assert plain(char) == seen


@pytest.mark.parametrize("zero", ZEROS)
def test_digits_of_every_script_count(zero: int) -> None:
    assert folds(" ".join(chr(zero + digit) for digit in range(10)))


@given(some.text())
def test_any_text_is_judged(text: str) -> None:
    assert folds(text) is folds(text)


@given(some.sampled_from(VECTORS["folded"]), some.sampled_from(["\u200b", "\u200d", "\u2066", "\u202a", "\ufe0f"]))
def test_what_is_not_seen_hides_nothing(text: str, unseen: str) -> None:
    assert folds(unseen.join(text))


@pytest.mark.parametrize("text", VECTORS["folded"])
def test_other_words_around_hide_nothing(text: str) -> None:
    assert folds(f"hello you, {text}\nbye")


def steps(work: Callable[[], object]) -> int:
    """How many lines of our own were run for it."""
    count = 0

    def line(frame: FrameType, event: str, _: Any) -> Any:
        nonlocal count
        count += event == "line"
        return line if frame.f_code.co_filename.endswith("contacts.py") else None

    before = sys.gettrace()
    sys.settrace(line)
    try:
        work()
    finally:
        sys.settrace(before)
    return count


@pytest.mark.parametrize("part", COSTLY)
def test_four_times_the_text_is_four_times_the_work(part: str) -> None:
    long = part * (TEXT_BYTES // len(part.encode()))
    short = part * (TEXT_BYTES // 4 // len(part.encode()))
    assert steps(lambda: folds(long)) <= 4.5 * steps(lambda: folds(short)) + 500


class Counted(list[str]):
    """Tokens that count how many of them were handed out, also those within a slice."""

    looks = 0

    def __getitem__(self, at: Any) -> Any:
        found = super().__getitem__(at)
        self.looks += len(found) if isinstance(at, slice) else 1
        return found


def looks(text: str) -> int:
    said = Counted(tokens(text))
    holds_contact(said)
    return said.looks


@pytest.mark.parametrize("part", [part for part in COSTLY if part.isascii()])
def test_four_times_the_tokens_are_looked_at_four_times_as_often(part: str) -> None:
    long, short = (part * (size // len(part)) for size in (TEXT_BYTES, TEXT_BYTES // 4))
    assert looks(long) <= 4.5 * looks(short) + 100
