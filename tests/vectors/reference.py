"""Works out the keys of a chat from the documents alone, to compare with those of `omefree.seal`.

Sources: docs/blind-relay.md, RFC 5869 (HKDF), FIPS 186-5 and SEC 1 (P-256). It is slow and not constant in time: for
tests only.
"""

import hmac
import struct
from base64 import urlsafe_b64encode
from hashlib import sha256

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

P = 2**256 - 2**224 + 2**192 + 2**96 - 1
B = 0x5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B
N = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
G = (
    0x6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296,
    0x4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5,
)
Point = tuple[int, int]


def add(one: Point | None, two: Point | None) -> Point | None:
    """On the curve y² = x³ - 3x + B; None is the point at infinity."""
    if one is None or two is None:
        return one or two
    (x1, y1), (x2, y2) = one, two
    if x1 == x2 and (y1 + y2) % P == 0:
        return None
    over, under = (3 * x1 * x1 - 3, 2 * y1) if one == two else (y2 - y1, x2 - x1)
    slope = over * pow(under, -1, P)
    x = (slope * slope - x1 - x2) % P
    return x, (slope * (x1 - x) - y1) % P


def times(scalar: int, point: Point) -> Point:
    total: Point | None = None
    step: Point | None = point
    while scalar:
        if scalar & 1:
            total = add(total, step)
        step = add(step, step)
        scalar >>= 1
    assert total is not None
    return total


def hkdf(salt: bytes, ikm: bytes, info: bytes, length: int) -> bytes:
    """RFC 5869: extract (2.2), then expand (2.3)."""
    key = hmac.digest(salt, ikm, "sha256")
    block = output = b""
    counter = 0
    while len(output) < length:
        counter += 1
        block = hmac.digest(key, block + info + bytes([counter]), "sha256")
        output += block
    return output[:length]


def lp(*fields: bytes) -> bytes:
    return b"".join(struct.pack(">H", len(field)) + field for field in fields)


def b64url(data: bytes) -> str:
    return urlsafe_b64encode(data).decode().rstrip("=")


class Party:
    """One of the two in a chat, made from 80 bytes: 48 for the scalar (FIPS 186-5, A.2.1), 32 for the hello's nonce."""

    def __init__(self, entropy: bytes) -> None:
        self.entropy = entropy
        self.scalar = int.from_bytes(entropy[:48], "big") % (N - 1) + 1
        x, y = times(self.scalar, G)
        self.x, self.y = x.to_bytes(32, "big"), y.to_bytes(32, "big")
        self.hello = lp(b"omefree-seal/1", b"\x04" + self.x + self.y, entropy[48:])
        self.commit = b64url(sha256(self.hello).digest())

    def shared_with(self, other: "Party") -> bytes:
        point = int.from_bytes(other.x, "big"), int.from_bytes(other.y, "big")
        return times(self.scalar, point)[0].to_bytes(32, "big")


class Chat:
    """The transcript of a handshake, the six keys by `<role> <lane>`, and the emoji."""

    def __init__(self, chat: str, impolite: Party, polite: Party) -> None:
        self.chat = chat
        self.shared = impolite.shared_with(polite)
        self.transcript = sha256(lp(chat.encode(), impolite.hello, polite.hello)).digest()
        names = [f"{role} {lane}" for role in ("impolite", "polite") for lane in ("message", "signal", "receipt")]
        self.keys = {name: self._derive(name, 32) for name in names}
        bits = "".join(f"{byte:08b}" for byte in self._derive("emoji", 3))
        self.emoji = [int(bits[at : at + 6], 2) for at in range(0, 24, 6)]

    def _derive(self, name: str, length: int) -> bytes:
        return hkdf(self.transcript, self.shared, b"omefree-seal/1 " + name.encode(), length)

    def seal(self, role: str, lane: str, n: int, content: bytes) -> bytes:
        """A sealed body."""
        data = lp(self.chat.encode(), role.encode(), lane.encode())
        return AESGCM(self.keys[f"{role} {lane}"]).encrypt(struct.pack(">IQ", 0, n), content, data)


def frame(kind: int, n: int, body: bytes, version: int = 1) -> str:
    return b64url(struct.pack(">BBQ", version, kind, n) + lp(body))
