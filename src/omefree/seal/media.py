"""The fingerprint in a session description: it names the certificate that the call must use (RFC 8122, section 5)."""

import re

from omefree.errors import FingerprintError

_LINE = "a=fingerprint:"
_SHA_256 = re.compile(r"sha-256 [0-9a-f]{2}(:[0-9a-f]{2}){31}")


def fingerprint(sdp: str) -> str:
    """The fingerprint in lower case, with the name of its hash. Each medium may repeat it.
    Raises FingerprintError unless there is exactly one, and it is SHA-256.
    """
    lines = [line.lower() for line in re.split(r"\r\n|\r|\n", sdp)]
    found = {line.removeprefix(_LINE) for line in lines if line.startswith(_LINE)}
    if len(found) != 1 or not _SHA_256.fullmatch(one := found.pop()):
        raise FingerprintError("not exactly one SHA-256 fingerprint")
    return one
