"""Length prefixes and base64url (docs/blind-relay.md, "Bytes")."""

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode

from omefree.errors import SealError

LP_MAX_BYTES = 0xFFFF  # a length has 16 bits
_LENGTH_BYTES = 2
_BASE64URL = re.compile(r"[A-Za-z0-9_-]*")


def lp(*fields: bytes) -> bytes:
    """The fields, each after its length in 16 bits. Raises SealError for a field over 65,535 bytes."""
    if any(len(field) > LP_MAX_BYTES for field in fields):
        raise SealError("a field is too long")
    return b"".join(len(field).to_bytes(_LENGTH_BYTES, "big") + field for field in fields)


def split(data: bytes) -> list[bytes]:
    """The fields that `lp` joined. Raises SealError if the last one is cut off."""
    fields = []
    at = 0
    while at < len(data):
        start = at + _LENGTH_BYTES
        end = start + int.from_bytes(data[at:start], "big")
        if start > len(data) or end > len(data):
            raise SealError("a field is cut off")
        fields.append(data[start:end])
        at = end
    return fields


def encode_base64url(data: bytes) -> str:
    """Base64url without padding (RFC 4648, section 5)."""
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def decode_base64url(text: str) -> bytes:
    """The bytes. Raises SealError unless `text` is the only spelling of them: no padding, unused bits zero."""
    if not _BASE64URL.fullmatch(text) or len(text) % 4 == 1:
        raise SealError("not base64url")
    data = urlsafe_b64decode(text + "=" * (-len(text) % 4))
    if encode_base64url(data) != text:
        raise SealError("not base64url")
    return data
