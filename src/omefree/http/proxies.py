"""A visitor's address and scheme, from the socket or from a trusted proxy."""

import ipaddress
from collections.abc import Iterable
from typing import TypeAlias

from omefree.engine.gate import Head

Address: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address
Network: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network
LOCALHOST = ("127.0.0.0/8", "::1")


class Proxies:
    """The reverse proxies whose X-Forwarded-For and X-Forwarded-Proto are believed."""

    def __init__(self, named: Iterable[str]) -> None:
        self._networks = [network for each in named for network in networks(each)]

    def client(self, head: Head) -> Address | None:
        """The visitor's address: the hop nearest to us that is not a trusted proxy. None if there is none (a UNIX
        socket).

        Every proxy appends the address that it saw, so the list is read from its end. Whatever a visitor invents stands
        before what the first proxy wrote.
        """
        address = parse(head.peer or "")
        hops = (head.get(b"x-forwarded-for") or b"").decode("latin-1").split(",")
        while self.trusts(address) and hops:
            hop = parse(hops.pop())
            if hop is None:  # the proxy wrote `unknown`: its own address is as near as we come
                break
            address = hop
        return address

    def secure(self, head: Head) -> bool:
        """Whether the visitor uses TLS, to us or to a trusted proxy."""
        told = head.get(b"x-forwarded-proto")
        if told is not None and self.trusts(parse(head.peer or "")):
            return told.rsplit(b",", 1)[-1].strip().lower() in (b"https", b"wss")
        return head.tls

    def trusts(self, address: Address | None) -> bool:
        """Whether the address is one of the trusted proxies."""
        return address is not None and any(address in network for network in self._networks)


def networks(text: str) -> list[Network]:
    """The networks that an address, a network or `localhost` stands for. Raises ValueError for any other text."""
    spelled = LOCALHOST if text.lower() == "localhost" else (text,)
    return [ipaddress.ip_network(each, strict=False) for each in spelled]


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
