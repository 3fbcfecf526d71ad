"""The handshake: two hellos, each bound by a commitment before either is shown, and the keys they give.

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
Emoji: TypeAlias = tuple[int, int, int, int]  # rows of seal/emoji.py

SUITE = b"omefree-seal/1"
SCALAR_BYTES = 48  # 128 bits more than the order has, so that no scalar is likelier than another (FIPS 186-5, A.2.1)
NONCE_BYTES = 32
ENTROPY_BYTES = SCALAR_BYTES + NONCE_BYTES
POINT_BYTES = 65  # uncompressed: 4, x, y
KEY_BYTES = 32
EMOJI_BYTES = 3
ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551  # of P-256 (FIPS 186-5)
LANES: tuple[Lane, ...] = get_args(Lane)


class Offer:
    """A key pair and a hello, for one chat. What is to be told of it: `commit` at once, `hello` in the chat."""

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
    """`entropy`: 80 random bytes, for this one offer. The same give the same. Raises SealError for another count."""
    if len(entropy) != ENTROPY_BYTES:
        raise SealError("an offer takes 80 random bytes")
    scalar = int.from_bytes(entropy[:SCALAR_BYTES], "big") % (ORDER - 1) + 1
    return Offer(derive_private_key(scalar, SECP256R1()), entropy[SCALAR_BYTES:])


def commitment(hello: bytes) -> str:
    return encode_base64url(sha256(hello).digest())


class Keys:
    """The six keys of a chat, seen from one side, and its emoji. A number of a lane is sealed once: no nonce twice."""

    __slots__ = ("_own", "_partner", "_sealed", "emoji")

    def __init__(self, chat: bytes, own: Role, salt: bytes, shared: bytes) -> None:
        partner: Role = "impolite" if own == "polite" else "polite"
        self._own = {lane: LaneKey(chat, own, lane, salt, shared) for lane in LANES}
        self._partner = {lane: LaneKey(chat, partner, lane, salt, shared) for lane in LANES}
        self._sealed = dict.fromkeys(LANES, -1)
        self.emoji = emoji_of(derive(salt, shared, "emoji", EMOJI_BYTES))

    def seal(self, lane: Lane, n: int, content: bytes) -> bytes:
        """A sealed body. Numbers of a lane go up: raises SealError for one that is not above all before it."""
        if n <= self._sealed[lane]:
            raise SealError("sealed already")
        self._sealed[lane] = n
        return self._own[lane].seal(n, content)

    def open(self, lane: Lane, n: int, body: bytes) -> bytes:
        """The content that the partner sealed. Raises SealError unless it is just that, of this lane and number."""
        return self._partner[lane].open(n, body)


class LaneKey:
    """The key of one sender's lane, and what its data are bound to."""

    __slots__ = ("_aead", "_data")

    def __init__(self, chat: bytes, role: Role, lane: Lane, salt: bytes, shared: bytes) -> None:
        self._aead = AESGCM(derive(salt, shared, f"{role} {lane}", KEY_BYTES))
        self._data = lp(chat, role.encode(), lane.encode())

    def seal(self, n: int, content: bytes) -> bytes:
        return self._aead.encrypt(nonce(n), content, self._data)

    def open(self, n: int, body: bytes) -> bytes:
        try:
            return self._aead.decrypt(nonce(n), body, self._data)
        except InvalidTag:
            raise SealError("it does not authenticate") from None


def nonce(n: int) -> bytes:
    return bytes(4) + n.to_bytes(8, "big")


def derive(salt: bytes, shared: bytes, name: str, length: int) -> bytes:
    info = SUITE + b" " + name.encode()
    return HKDF(SHA256(), length, salt, info).derive(shared)


def emoji_of(bits: bytes) -> Emoji:
    """24 bits as four numbers of 6, the highest bits first."""
    number = int.from_bytes(bits, "big")
    return number >> 18, number >> 12 & 63, number >> 6 & 63, number & 63


def agree(offer: Offer, commit: str, hello: bytes, chat: str, polite: bool) -> Keys:
    """The keys of a chat, from our offer and the partner's hello.

    Raises SealError if the hello is our own, not the one that `commit` bound, or malformed.
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
    """The public key in a hello. Raises SealError for what is not exactly a hello of this suite."""
    fields = split(hello)
    if [len(field) for field in fields] != [len(SUITE), POINT_BYTES, NONCE_BYTES] or fields[0] != SUITE:
        raise SealError("not a hello of this suite")
    try:
        return EllipticCurvePublicKey.from_encoded_point(SECP256R1(), fields[1])
    except ValueError:  # of 65 bytes it takes an uncompressed point only, and checks that the curve has it
        raise SealError("not a point of the curve") from None
