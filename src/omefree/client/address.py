"""Turns what people type as a server's address into the URL of its WebSocket."""

from __future__ import annotations

import re
from ipaddress import ip_address
from urllib.parse import SplitResult, urlsplit

from msgspec import Struct

from omefree.errors import ConnectError
from omefree.wire.hosts import is_localhost

PATH = "/socket.io/?EIO=4&transport=websocket"  # docs/protocol.md
PLAIN_PATH = re.compile(r"[A-Za-z0-9._~!$&'()*+,;=:@%/-]*")  # RFC 3986, section 3.3
SECURE = {"https": True, "wss": True, "http": False, "ws": False}


class Address(Struct, frozen=True):
    """`url` is the WebSocket's. `host` is the server as people know it: with its port, if that is unusual, and with the
    path below which a proxy serves it, if there is one.
    """

    url: str
    host: str


def read_address(typed: str) -> Address:
    """The address that was typed: `https://host`, `ws://host:port`, `host`, `host:port`, `[::1]:8000` or `::1`.

    Of a path, what is before its last slash counts: the address of any page of a server is good, too. Without a scheme
    it is http for this machine, https for any other. Raises ConnectError `address` if it is none of these.
    """
    try:
        if not typed.isprintable():  # urlsplit would silently drop newlines
            raise ValueError
        return _address(_split(typed.strip()))
    except ValueError:  # also UnicodeError, which a host name can raise
        raise ConnectError("address", f"{typed!r} is not a server's address: try https://chat.example") from None


def _split(typed: str) -> SplitResult:
    scheme, separator, rest = typed.partition("://")
    if separator:
        return urlsplit(f"{scheme.lower()}://{rest}")
    bare = urlsplit(f"//[{typed}]" if _is_ip6(typed) else f"//{typed}")
    return bare._replace(scheme="http" if is_local(bare.hostname or "") else "https")


def _address(parts: SplitResult) -> Address:
    """Raises ValueError if it is no address of a server."""
    if parts.scheme not in SECURE or not parts.hostname or "@" in parts.netloc:
        raise ValueError
    host = _host(parts.hostname)
    secure = SECURE[parts.scheme]
    port = parts.port  # raises ValueError if it is no number up to 65,535
    where = (host if port in (None, 443 if secure else 80) else f"{host}:{port}") + _folder(parts.path)
    return Address(f"{'wss' if secure else 'ws'}://{where}{PATH}", where)


def _folder(path: str) -> str:
    """The path up to its last slash, without that. Raises ValueError if no URL has such a path."""
    if not PLAIN_PATH.fullmatch(path):
        raise ValueError
    return path.rpartition("/")[0].removesuffix("/socket.io")  # of the WebSocket's own address, too


def _host(name: str) -> str:
    """The host as a URL spells it. Raises ValueError."""
    if _is_ip6(name):
        return f"[{name}]"
    if any(sign <= " " or sign in '\\^`{|}"<>%' for sign in name):
        raise ValueError
    return name if name.isascii() else name.encode("idna").decode()


def _is_ip6(name: str) -> bool:
    try:
        return ip_address(name).version == 6
    except ValueError:
        return False


def is_local(host: str) -> bool:
    """True if the host is this machine, which needs no https."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return is_localhost(host)
