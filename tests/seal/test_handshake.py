"""Keys: beside tests/vectors/reference.py, which works them out by hand, and the RFC's own vectors for that."""

from hashlib import shake_256

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from omefree.errors import SealError
from omefree.seal.handshake import ENTROPY_BYTES, agree, emoji_of, make_offer
from tests.seal.relay import CHAT, offer
from tests.vectors.reference import Chat, G, N, Party, hkdf, times

LANES = ("message", "signal", "receipt")


def test_the_hand_written_hkdf_is_the_rfc_s() -> None:
    """RFC 5869, A.1 and A.3."""
    found = hkdf(bytes(range(13)), b"\x0b" * 22, bytes(range(0xF0, 0xFA)), 42)
    assert found.hex() == "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865"
    found = hkdf(b"", b"\x0b" * 22, b"", 42)
    assert found.hex() == "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8"


def test_the_hand_written_curve_is_p_256() -> None:
    """RFC 5903, 8.1: the 256-bit group's example of an exchange."""
    i = 0xC88F01F510D9AC3F70A292DAA2316DE544E9AAB8AFE84049C62A9C57862D1433
    r = 0xC6EF9C5D78AE012A011164ACB397CE2088685D8F06BF9BE0B283AB46476BEE53
    assert times(i, G)[0] == 0xDAD0B65394221CF9B051E1FECA5787D098DFE637FC90B9EF945D0C3772581180
    assert times(i, times(r, G))[0] == 0xD6840F6B42F6EDAFD13116E0E12565202FEF8E9ECE7DCE03812464D04B9442DE


@settings(max_examples=5, deadline=None)
@given(st.binary(min_size=80, max_size=80), st.binary(min_size=80, max_size=80), st.text("abc.-_1", min_size=1))
def test_keys_and_emoji_are_those_of_the_reference(one: bytes, two: bytes, chat: str) -> None:
    impolite, polite = make_offer(one), make_offer(two + b"")
    reference = Chat(chat, Party(one), Party(two))
    if impolite.hello == polite.hello:
        return
    a = agree(impolite, polite.commit, polite.hello, chat, polite=False)
    b = agree(polite, impolite.commit, impolite.hello, chat, polite=True)
    assert list(a.emoji) == list(b.emoji) == reference.emoji
    for lane in LANES:
        for n in (0, 2**64 - 1):
            assert a.seal(lane, n, b"hi") == reference.seal("impolite", lane, n, b"hi")  # type: ignore[arg-type]
            assert b.seal(lane, n, b"ho") == reference.seal("polite", lane, n, b"ho")  # type: ignore[arg-type]
            assert a.open(lane, n, reference.seal("polite", lane, n, b"ho")) == b"ho"  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("head", "scalar"),
    [(0, 1), (1, 2), (N - 2, N - 1), (N - 1, 1), (N, 2), (2**384 - 1, (2**384 - 1) % (N - 1) + 1)],
)
def test_the_scalar_is_between_1_and_the_order(head: int, scalar: int) -> None:
    entropy = head.to_bytes(48, "big") + bytes(32)
    x, _ = times(scalar, G)
    assert make_offer(entropy).hello[19:51] == x.to_bytes(32, "big")


@pytest.mark.parametrize("count", [0, 32, 79, 81])
def test_an_offer_takes_80_bytes(count: int) -> None:
    with pytest.raises(SealError):
        make_offer(bytes(count))


def test_offers_of_other_bytes_share_nothing() -> None:
    hellos = {make_offer(shake_256(bytes([number])).digest(ENTROPY_BYTES)).hello[18:] for number in range(50)}
    assert len({hello[:65] for hello in hellos}) == len({hello[67:] for hello in hellos}) == 50


def test_nothing_secret_is_shown() -> None:
    entropy = shake_256(b"a").digest(ENTROPY_BYTES)
    one = make_offer(entropy)
    keys = agree(one, offer("b").commit, offer("b").hello, CHAT, polite=False)
    assert repr(one) == f"Offer(commit={one.commit!r})"
    assert not hasattr(one, "__dict__")
    assert not hasattr(keys, "__dict__")
    assert repr(keys) == object.__repr__(keys)


def test_a_number_is_sealed_once() -> None:
    keys = agree(offer("a"), offer("b").commit, offer("b").hello, CHAT, polite=False)
    keys.seal("message", 0, b"one")
    keys.seal("signal", 0, b"one")
    keys.seal("message", 5, b"two")
    for n in (0, 3, 5):
        with pytest.raises(SealError):
            keys.seal("message", n, b"another")


def test_the_emoji_are_the_bits_in_order() -> None:
    assert emoji_of(bytes([0b000001_00, 0b0010_0000, 0b11_000100])) == (1, 2, 3, 4)
    assert emoji_of(b"\xff\xff\xff") == (63, 63, 63, 63)
