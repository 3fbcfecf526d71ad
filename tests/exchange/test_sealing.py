"""The seal between nodes."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from omefree.exchange.sealing import HEAD_BYTES, Sealing, name_of

OLD, NEW, OTHER = b"o" * 32, b"n" * 32, b"x" * 32


@given(st.binary(max_size=300), st.text(max_size=20))
def test_what_one_node_seals_another_opens(plain: bytes, channel: str) -> None:
    sealed = Sealing([OLD]).seal(channel, plain)
    assert Sealing([OLD]).open(channel, sealed) == plain


def test_a_sealed_batch_does_not_show_what_it_says() -> None:
    assert b"hello" not in Sealing([OLD]).seal("a", b"hello")


def test_only_the_secret_and_the_channel_open_it() -> None:
    sealed = Sealing([OLD]).seal("a", b"hello")
    assert Sealing([OTHER]).open("a", sealed) == "undecipherable"
    assert Sealing([OLD]).open("b", sealed) == "undecipherable"


@given(st.data())
def test_no_changed_bit_goes_unnoticed(data: st.DataObject) -> None:
    sealed = bytearray(Sealing([OLD]).seal("a", b"hello"))
    sealed[data.draw(st.integers(0, len(sealed) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    assert Sealing([OLD]).open("a", bytes(sealed)) == "undecipherable"


@given(st.binary(max_size=200))
def test_garbage_is_not_opened(garbage: bytes) -> None:
    assert Sealing([OLD, NEW]).open("a", garbage) in ("unreadable", "undecipherable")


def test_what_was_heard_before_is_not_opened_again() -> None:
    sender, receiver = Sealing([OLD]), Sealing([OLD])
    first, second, third = (sender.seal("a", plain) for plain in (b"1", b"2", b"3"))
    elsewhere = sender.seal("b", b"4")
    assert receiver.open("a", first) == b"1"
    assert receiver.open("a", first) == "replayed"
    assert receiver.open("a", third) == b"3"
    assert receiver.open("a", second) == "replayed"
    assert receiver.open("b", elsewhere) == b"4"


def test_a_secret_is_changed_node_by_node() -> None:
    """Each step is one restart of each node, and at every moment all nodes open what any of them seals."""
    steps = [[OLD], [OLD, NEW], [NEW, OLD], [NEW]]
    for before, after in pairwise(steps):
        for one, other in ((before, after), (after, before)):
            assert Sealing(other).open("a", Sealing(one).seal("a", b"x")) == b"x"
    assert Sealing([NEW]).open("a", Sealing([OLD]).seal("a", b"x")) == "undecipherable"


def test_no_two_processes_share_a_key() -> None:
    one, other = Sealing([OLD]), Sealing([OLD])
    a, b = one.seal("a", bytes(40)), other.seal("a", bytes(40))
    assert a[HEAD_BYTES:] != b[HEAD_BYTES:]


def test_the_name_of_a_secret_is_the_same_everywhere_and_tells_nothing() -> None:
    assert Sealing([OLD, NEW]).names == (name_of(OLD), name_of(NEW))
    assert name_of(OLD) != name_of(NEW)
    assert len(name_of(OLD)) == 16


@pytest.mark.parametrize("size", [0, 1, HEAD_BYTES, HEAD_BYTES + 15])
def test_what_is_too_short_is_unreadable(size: int) -> None:
    assert Sealing([OLD]).open("a", bytes(size)) == "unreadable"
