"""Where the load may aim: at this machine, or at a server whose operator says that it is theirs.

The name is resolved once, every address is looked at, and all connections go to one of these: neither a redirect nor a
name that resolves to another address later can lead the load elsewhere.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Any, TypeAlias
from urllib.parse import urlsplit

from msgspec import Struct

from omefree.client.address import Address, read_address
from omefree.client.websocket import unreachable
from omefree.errors import StartError

CONNECT_S = 10.0  # for each address of the name
IP_BIND_ADDRESS_NO_PORT = 24  # ip(7): the port is chosen at connect, so that one port serves many addresses

Where: TypeAlias = "tuple[Any, ...]"  # a socket address: host, port, and for IPv6 two numbers more


class Target(Struct, frozen=True):
    """`url` is as typed. `where` is the one socket address that all connections go to. `tls` is None over http."""

    url: str
    address: Address
    family: socket.AddressFamily
    where: Where
    tls: ssl.SSLContext | None

    @property
    def takes_sources(self) -> bool:
        """Whether a visitor may come from any address of 127.0.0.0/8."""
        return is_this_machine(self.where[0]) and self.family is socket.AF_INET

    async def dial(self, source: str = "") -> socket.socket:
        """A connected socket, bound to the address `source` if it is given. Raises OSError."""
        sock = socket.socket(self.family, socket.SOCK_STREAM)
        try:
            sock.setblocking(False)
            if source:
                sock.setsockopt(socket.IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1)
                sock.bind((source, 0))
            await asyncio.get_running_loop().sock_connect(sock, self.where)
        except BaseException:
            sock.close()
            raise
        return sock


async def aim(url: str, is_mine: bool) -> Target:
    """The target of a URL. Raises StartError if it is not this machine, and nobody said whose it is; ConnectError."""
    address = read_address(url)
    parts = urlsplit(address.url)
    secure = parts.scheme == "wss"
    try:
        found = await asyncio.get_running_loop().getaddrinfo(
            parts.hostname, parts.port or (443 if secure else 80), type=socket.SOCK_STREAM
        )
    except (OSError, UnicodeError) as error:
        raise unreachable(address, socket.gaierror() if isinstance(error, UnicodeError) else error) from None
    if not is_mine:
        refuse_others(address.host, [str(where[0]) for *_, where in found])
    tls = ssl.create_default_context() if secure else None
    return await first_that_listens([Target(url, address, family, where, tls) for family, _, _, _, where in found])


async def first_that_listens(targets: list[Target]) -> Target:
    """The first target that takes a connection. Raises ConnectError if none does."""
    error: OSError = OSError()
    for target in targets:
        try:
            async with asyncio.timeout(CONNECT_S):
                (await target.dial()).close()
            return target
        except OSError as why:
            error = why
    raise unreachable(targets[0].address, error)


def refuse_others(host: str, addresses: list[str]) -> None:
    """Raises StartError if one of the addresses is not this machine's loopback."""
    for each in addresses:
        if not is_this_machine(each):
            raise StartError(
                f"{host} is {each}, which is not a loopback address. A load test of somebody else's server is an "
                "attack. If it is yours: --yes-this-is-mine"
            )


def is_this_machine(address: str) -> bool:
    """Whether an address is a loopback address, also one that IPv6 writes for IPv4."""
    ip: IPv4Address | IPv6Address = ip_address(address.partition("%")[0])
    if isinstance(ip, IPv6Address) and ip.ipv4_mapped is not None:
        ip = ip.ipv4_mapped
    return ip.is_loopback
