"""The handshake: two hellos, and the keys made from them. Commitments to both are exchanged before either is shown.

Source: docs/blind-relay.md, "Handshake". P-256 and AES-256-GCM by `cryptography`; HKDF is RFC 5869.
"""

from __future__ import annotations

from hashlib import sha256
from typing import Literal, TypeAlias, get_args

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.ec import (
    ECDH,
    SECP256R1,
    EllipticCurvePrivateKey,
    EllipticCurvePublicKey,
    derive_private_key,
)
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from omefree.errors import SealError
from omefree.seal.binary import encode_base64url, lp, split
from omefree.seal.frame import Lane

Role: TypeAlias = Literal["impolite", "polite"]
Emoji: TypeAlias = tuple[int, int, int, int]  # indices into seal/emoji.py

SUITE = b"omefree-seal/1"
SCALAR_BYTES = 48  # 128 bits longer than the order, so that no scalar is likelier than another (FIPS 186-5, A.2.1)
NONCE_BYTES = 32
ENTROPY_BYTES = SCALAR_BYTES + NONCE_BYTES
POINT_BYTES = 65  # uncompressed: 4, x, y
KEY_BYTES = 32
EMOJI_BYTES = 3
ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551  # of P-256 (FIPS 186-5)
LANES: tuple[Lane, ...] = get_args(Lane)


class Offer:
    """A key pair and a hello for one chat. `commit` is told at once, `hello` only in the chat."""

    __slots__ = ("_private", "commit", "hello")

    def __init__(self, private: EllipticCurvePrivateKey, nonce: bytes) -> None:
        point = private.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        self._private = private
        self.hello = lp(SUITE, point, nonce)
        self.commit = commitment(self.hello)

    def __repr__(self) -> str:
        return f"Offer(commit={self.commit!r})"

    def shared_with(self, point: EllipticCurvePublicKey) -> bytes:
        """The x coordinate of the shared point (32 bytes)."""
        return self._private.exchange(ECDH(), point)


def make_offer(entropy: bytes) -> Offer:
    """An offer made from 80 random bytes, which are used once: the same bytes give the same offer.
    Raises SealError for another count of bytes.
    """
    if len(entropy) != ENTROPY_BYTES:
        raise SealError("an offer takes 80 random bytes")
    scalar = int.from_bytes(entropy[:SCALAR_BYTES], "big") % (ORDER - 1) + 1
    return Offer(derive_private_key(scalar, SECP256R1()), entropy[SCALAR_BYTES:])


def commitment(hello: bytes) -> str:
    """The SHA-256 of a hello in base64url. It binds its sender to the hello without showing it."""
    return encode_base64url(sha256(hello).digest())


class Keys:
    """The six keys of a chat, seen from one side, and its emoji. A lane seals each number once: no nonce twice."""

    __slots__ = ("_own", "_partner", "_sealed", "emoji")

    def __init__(self, chat: bytes, own: Role, salt: bytes, shared: bytes) -> None:
        partner: Role = "impolite" if own == "polite" else "polite"
        self._own = {lane: LaneKey(chat, own, lane, salt, shared) for lane in LANES}
        self._partner = {lane: LaneKey(chat, partner, lane, salt, shared) for lane in LANES}
        self._sealed = dict.fromkeys(LANES, -1)
        self.emoji = emoji_of(derive(salt, shared, "emoji", EMOJI_BYTES))

    def seal(self, lane: Lane, n: int, content: bytes) -> bytes:
        """A sealed body. Raises SealError unless `n` is above all numbers sealed before in this lane."""
        if n <= self._sealed[lane]:
            raise SealError("sealed already")
        self._sealed[lane] = n
        return self._own[lane].seal(n, content)

    def open(self, lane: Lane, n: int, body: bytes) -> bytes:
        """The content. Raises SealError unless the partner sealed it in this lane with this number."""
        return self._partner[lane].open(n, body)


class LaneKey:
    """The key of one sender's lane, and the additional data that binds each frame to chat, sender and lane."""

    __slots__ = ("_aead", "_data")

    def __init__(self, chat: bytes, role: Role, lane: Lane, salt: bytes, shared: bytes) -> None:
        self._aead = AESGCM(derive(salt, shared, f"{role} {lane}", KEY_BYTES))
        self._data = lp(chat, role.encode(), lane.encode())

    def seal(self, n: int, content: bytes) -> bytes:
        """The content encrypted and authenticated by AES-256-GCM."""
        return self._aead.encrypt(nonce(n), content, self._data)

    def open(self, n: int, body: bytes) -> bytes:
        """The content. Raises SealError if the body does not authenticate."""
        try:
            return self._aead.decrypt(nonce(n), body, self._data)
        except InvalidTag:
            raise SealError("it does not authenticate") from None


def nonce(n: int) -> bytes:
    """The 12-byte nonce of number `n`: 4 zero bytes, then `n` in 8 bytes."""
    return bytes(4) + n.to_bytes(8, "big")


def derive(salt: bytes, shared: bytes, name: str, length: int) -> bytes:
    """`length` bytes by HKDF-SHA-256 for one purpose, `name`."""
    info = SUITE + b" " + name.encode()
    return HKDF(SHA256(), length, salt, info).derive(shared)


def emoji_of(bits: bytes) -> Emoji:
    """24 bits as four numbers of 6 bits, the highest bits first."""
    number = int.from_bytes(bits, "big")
    return number >> 18, number >> 12 & 63, number >> 6 & 63, number & 63


def agree(offer: Offer, commit: str, hello: bytes, chat: str, polite: bool) -> Keys:
    """The keys of a chat, made from our offer and the partner's hello.

    Raises SealError if the hello is our own, is not the one that `commit` binds, or is malformed.
    """
    if hello == offer.hello:
        raise SealError("our own hello")
    if commitment(hello) != commit:
        raise SealError("not the hello that was bound")
    shared = offer.shared_with(point_of(hello))
    impolite, polite_one = (hello, offer.hello) if polite else (offer.hello, hello)
    salt = sha256(lp(chat.encode(), impolite, polite_one)).digest()
    return Keys(chat.encode(), "polite" if polite else "impolite", salt, shared)


def point_of(hello: bytes) -> EllipticCurvePublicKey:
    """The public key in a hello. Raises SealError unless it is exactly a hello of this suite."""
    fields = split(hello)
    if [len(field) for field in fields] != [len(SUITE), POINT_BYTES, NONCE_BYTES] or fields[0] != SUITE:
        raise SealError("not a hello of this suite")
    try:
        return EllipticCurvePublicKey.from_encoded_point(SECP256R1(), fields[1])
    except ValueError:  # with 65 bytes, it accepts uncompressed points only, and only points of the curve
        raise SealError("not a point of the curve") from None
