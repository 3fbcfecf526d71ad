"""A visitor's address, scheme and host, from the socket or as a trusted proxy tells them."""

import ipaddress
import re
from collections.abc import Iterable
from typing import NamedTuple, TypeAlias

from msgspec.structs import replace

from omefree.engine.gate import UNIX_PEER, Head

Address: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address
Network: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network
LOCALHOST = ("127.0.0.0/8", "::1")

AUTHORITY = re.compile(rb"(?P<host>[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?P<port>:[0-9]{1,5})?")
FORWARDED, FORWARDED_FOR = b"forwarded", b"x-forwarded-for"
NAMES_VISITOR = (FORWARDED, FORWARDED_FOR)
FORWARDING = (*NAMES_VISITOR, b"x-forwarded-proto", b"x-forwarded-host", b"x-forwarded-port")
DEFAULT_PORTS = (b"80", b"443")


class Told(NamedTuple):
    """What proxies tell of a request; empty where they tell nothing. `hops` are addresses, the nearest one last."""

    hops: list[bytes]
    proto: bytes
    host: bytes
    port: bytes


class Proxies:
    """The reverse proxies that are believed. A program that reaches our UNIX socket is one, too."""

    def __init__(self, named: Iterable[str]) -> None:
        self._networks = [network for each in named for network in networks(each)]

    def client(self, head: Head) -> Address | None:
        """The visitor's address: the hop nearest to us that is not a trusted proxy. None if nobody tells one.

        Every proxy appends the address that it saw, so the list is read from its end. Whatever a visitor invents stands
        before what the first proxy wrote.
        """
        address = parse(head.peer or "")
        hops = told(head).hops if self.is_proxy(head.peer) else []
        while hops:
            hop = parse(hops.pop().decode("latin-1"))
            if hop is None:  # the proxy wrote `unknown`: its own address is as near as we come
                break
            address = hop
            if not self._trusts(address):
                break
        return address

    def outer(self, head: Head) -> Head:
        """The head as the visitor sent it to the outermost proxy: `tls` and the header `host` are what proxies tell."""
        if not self.is_proxy(head.peer):
            return head
        said = told(head)
        tls = said.proto in (b"https", b"wss") if said.proto else head.tls
        host = authority(said.host if AUTHORITY.fullmatch(said.host) else head.get(b"host") or b"", said.port)
        others = tuple(pair for pair in head.headers if pair[0] != b"host")
        return replace(head, headers=((b"host", host), *others) if host else others, tls=tls)

    def is_proxy(self, peer: str | None) -> bool:
        """Whether a connection's peer is a trusted proxy."""
        if peer == UNIX_PEER:
            return True
        return bool(self._networks) and peer is not None and self._trusts(parse(peer))

    def _trusts(self, address: Address | None) -> bool:
        return address is not None and any(address in network for network in self._networks)


def networks(text: str) -> list[Network]:
    """The networks that an address, a network or `localhost` stands for. Raises ValueError for any other text."""
    spelled = LOCALHOST if text.lower() == "localhost" else (text,)
    return [ipaddress.ip_network(each, strict=False) for each in spelled]


def told(head: Head) -> Told:
    """What the headers of proxies say. `Forwarded` (RFC 7239) is read only where there is no X-Forwarded-For.

    A proxy that writes the one hands on what a visitor has put into the other. Of several values the last one counts,
    since the proxy nearest to us wrote it.
    """
    addresses = head.get(FORWARDED_FOR)
    forwarded = head.get(FORWARDED) if addresses is None else None
    if forwarded is not None:
        elements = [pairs(element) for element in forwarded.split(b",")]
        last = elements[-1]
        hops = [element.get(b"for", b"") for element in elements]
        return Told(hops, last.get(b"proto", b"").lower(), last.get(b"host", b""), b"")
    hops = addresses.split(b",") if addresses is not None else []
    proto, host, port = (last_value(head, b"x-forwarded-" + name) for name in (b"proto", b"host", b"port"))
    return Told(hops, proto.lower(), host, port)


def pairs(element: bytes) -> dict[bytes, bytes]:
    """The parameters of one element of `Forwarded` (RFC 7239, section 4), names in lower case, without quotes.

    No value that a proxy writes has a comma or a semicolon in its quotes. One that a visitor wrote may have them: it is
    then read as something else, and it does not count anyway.
    """
    named = (part.strip().partition(b"=") for part in element.split(b";"))
    return {name.lower(): value.strip(b'"') for name, _, value in named}


def last_value(head: Head, name: bytes) -> bytes:
    """The last of a header's values; empty if there is none."""
    return (head.get(name) or b"").rpartition(b",")[2].strip()


def authority(host: bytes, port: bytes) -> bytes:
    """The host with this port, if it has none of its own. A default port is never added."""
    match = AUTHORITY.fullmatch(host)
    if match is None or match["port"] or not port.isdigit() or port in DEFAULT_PORTS:
        return host
    return host + b":" + port


def parse(text: str) -> Address | None:
    """The address in a text, None if there is none. An IPv4-mapped address becomes IPv4.

    It reads `192.0.2.1`, `192.0.2.1:80`, `2001:db8::1` and `[2001:db8::1]:80`.
    """
    text = text.strip()
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address
