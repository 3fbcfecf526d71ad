"""What a request asks of which host: its target and its Host header (RFC 9112, section 3)."""

import re
from collections.abc import Sequence

Header = tuple[bytes, bytes]

# RFC 3986, section 3.2.2: a name, an IPv4 address or an address in brackets; then a port.
HOST = re.compile(rb"([A-Za-z0-9._~!$&'()*+,;=%-]+|\[[0-9A-Fa-fv:.]+\])(:[0-9]*)?")
ABSOLUTE = re.compile(rb"(?i:https?)://([^/?#]*)([^#]*)")


def origin_form(target: bytes, headers: Sequence[Header], version: str) -> tuple[bytes, Sequence[Header]]:
    """The path with its query, and the headers with one `host` for what was asked.

    A target in absolute form names the host, and then the header does not count (section 3.2.2). HTTP/1.1 needs a host,
    and nobody may send two (section 3.2). Raises ValueError if a target or a host is none.
    """
    hosts = [value for name, value in headers if name == b"host"]
    if len(hosts) > 1 or (not hosts and version != "1.0"):
        raise ValueError
    if not target.startswith(b"/"):
        named, target = absolute(target)
        hosts, headers = [named], [(b"host", named), *((name, value) for name, value in headers if name != b"host")]
    if hosts and not HOST.fullmatch(hosts[0]):
        raise ValueError
    return target, headers


def absolute(target: bytes) -> tuple[bytes, bytes]:
    """The host and the path of a target in absolute form. Raises ValueError for any other form."""
    match = ABSOLUTE.fullmatch(target)
    if match is None:
        raise ValueError
    host, path = match.groups()
    return host, path if path.startswith(b"/") else b"/" + path


def below(root: bytes, target: bytes) -> bytes:
    """The target as seen from `root`, such as `/chat`; unchanged if a proxy has taken the root away already."""
    return target.removeprefix(root) if target.startswith(root + b"/") else target
