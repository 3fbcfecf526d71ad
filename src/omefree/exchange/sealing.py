"""The seal between nodes: whoever carries a batch can neither read it, change it, play it again nor move it.

AES-256-GCM. Each process seals under a key of its own, HKDF-SHA-256(secret, its random salt, INFO), with a counter as
the nonce. So a nonce never comes twice under a key, however many batches a cluster sends in a year. The channel is the
associated data.

    sealed = salt (16 bytes) | counter (8 bytes, big-endian) | ciphertext with tag
"""

import secrets as chance
from collections.abc import Callable, Sequence
from typing import Literal, TypeAlias

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

INFO = b"omefree nodes 1"
NAME_INFO = b"omefree nodes 1 name"
SALT_BYTES = 16
HEAD_BYTES = SALT_BYTES + 8
TAG_BYTES = 16
KEY_BYTES = 32
NAME_BYTES = 8
SENDERS_MAX = 4_096  # keys that are kept, one for each process that was heard: the oldest is dropped

Unopened: TypeAlias = Literal["unreadable", "undecipherable", "replayed"]
"""Why a batch was not opened: too short; not sealed with our secrets or for this channel; opened here before."""


def name_of(secret: bytes) -> str:
    """A name of the secret that tells nothing about it, by which nodes see whether they have the same one."""
    return _derive(secret, b"", NAME_INFO, NAME_BYTES).hex()


class Sender:
    """A process that we hear: its key, and the last counter that came over each channel."""

    __slots__ = ("key", "last")

    def __init__(self, key: AESGCM) -> None:
        self.key = key
        self.last: dict[str, int] = {}


class Sealing:
    """Seals with the first secret. Opens what any of them has sealed: so a secret can be changed."""

    def __init__(self, secrets: Sequence[bytes], random: Callable[[int], bytes] = chance.token_bytes) -> None:
        self._secrets = tuple(secrets)
        self._salt = random(SALT_BYTES)
        self._key = _key(self._secrets[0], self._salt)
        self._counter = 0
        self._senders: dict[bytes, Sender] = {}
        self.names = tuple(name_of(secret) for secret in self._secrets)

    def seal(self, channel: str, plain: bytes) -> bytes:
        """Seals one batch for this channel."""
        self._counter += 1
        counter = self._counter.to_bytes(8, "big")
        return self._salt + counter + self._key.encrypt(_nonce(counter), plain, channel.encode())

    def open(self, channel: str, sealed: bytes) -> bytes | Unopened:
        """The batch, or why there is none. Of one process and channel, only what is newer than the last one opens."""
        if len(sealed) < HEAD_BYTES + TAG_BYTES:
            return "unreadable"
        salt, counter = sealed[:SALT_BYTES], sealed[SALT_BYTES:HEAD_BYTES]
        known = self._senders.get(salt)
        for sender in [known] if known else self._strangers(salt):
            plain = _decrypt(sender.key, counter, sealed[HEAD_BYTES:], channel)
            if plain is not None:
                return self._accept(salt, sender, channel, int.from_bytes(counter, "big"), plain)
        return "undecipherable"

    def _strangers(self, salt: bytes) -> list[Sender]:
        return [Sender(_key(secret, salt)) for secret in self._secrets]

    def _accept(self, salt: bytes, sender: Sender, channel: str, counter: int, plain: bytes) -> bytes | Unopened:
        if salt not in self._senders:
            if len(self._senders) >= SENDERS_MAX:
                del self._senders[next(iter(self._senders))]
            self._senders[salt] = sender
        if counter <= sender.last.get(channel, 0):
            return "replayed"
        sender.last[channel] = counter
        return plain


def _derive(secret: bytes, salt: bytes, info: bytes, length: int) -> bytes:
    return HKDF(SHA256(), length, salt, info).derive(secret)


def _key(secret: bytes, salt: bytes) -> AESGCM:
    return AESGCM(_derive(secret, salt, INFO, KEY_BYTES))


def _nonce(counter: bytes) -> bytes:
    return counter.rjust(12, b"\0")


def _decrypt(key: AESGCM, counter: bytes, sealed: bytes, channel: str) -> bytes | None:
    try:
        return key.decrypt(_nonce(counter), sealed, channel.encode())
    except InvalidTag:
        return None
