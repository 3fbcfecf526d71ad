"""Asks STUN and TURN servers, as a visitor's browser would, and as somebody would who means ill."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Iterable
from ipaddress import ip_address
from itertools import islice

from omefree.contract.events import IceServer
from omefree.doctor.allocation import Allocation, Credentials, allocated, ask_stun, is_own
from omefree.doctor.relay import StunFacts, TurnFacts
from omefree.errors import TurnRefused
from omefree.net.peers import PROBED
from omefree.net.urls import IceUrl, read_ice_url

STUN_S = 4.0  # four tries; whoever needs longer is of no use to a call
TURN_S = 10.0  # for all that is done at one URL, some ten round trips
URLS_MAX = 16  # more, no browser asks with patience, and a stranger's server could name thousands
NO_FAMILY = 440  # RFC 8656, section 19: the relay has no address of this family


async def look(servers: Iterable[IceServer], answer_s: float = TURN_S) -> tuple[list[StunFacts], list[TurnFacts]]:
    """Asks every server that visitors are told of, all at the same time, each URL once.

    `answer_s`: how long to wait at each URL, in seconds.
    """
    every = ((url, server) for server in servers for url in filter(None, map(read_ice_url, server.urls)))
    named = dict(islice(every, URLS_MAX))
    stun = [ask(url, min(STUN_S, answer_s)) for url in named if not url.turn]
    turn = [
        allocate(url, (its.username or "", its.credential or ""), answer_s) for url, its in named.items() if url.turn
    ]
    told_stun, told_turn = await asyncio.gather(asyncio.gather(*stun), asyncio.gather(*turn))
    return told_stun, told_turn


async def address_of(url: IceUrl) -> str:
    """The first address of the URL's host. Raises OSError."""
    loop = asyncio.get_running_loop()
    return str((await loop.getaddrinfo(url.host, url.port, type=socket.SOCK_DGRAM))[0][4][0])


async def ask(url: IceUrl, answer_s: float) -> StunFacts:
    """Asks a STUN server."""
    try:
        where = await address_of(url)
        answer = await ask_stun(where, url.port, answer_s)
    except OSError as error:  # a TimeoutError is an OSError
        return StunFacts(url, fault=why(error))
    return StunFacts(url, where, answer.mapped, answer.source, is_own(where))


def why(error: OSError) -> str:
    """The cause of a failure in words; empty if it is silence."""
    if type(error) is OSError and error.errno is None:  # asyncio's, if several addresses fail
        return "none of its addresses takes the connection"
    return "" if isinstance(error, TimeoutError) else (error.strerror or type(error).__name__).lower()


async def allocate(url: IceUrl, credentials: Credentials, answer_s: float) -> TurnFacts:
    """Asks for a place at the relay, lets data pass, and tries what must be refused."""
    try:
        where = await address_of(url)
        tls = ssl.create_default_context() if url.secure else None
        async with asyncio.timeout(answer_s), allocated(url, credentials, tls) as place:
            return TurnFacts(
                url,
                where,
                place.relayed[0],
                carries=await carries(url, credentials, tls, place),
                open=await is_open(url, tls),
                granted=await granted(url, credentials, tls, place),
            )
    except TurnRefused as error:
        return TurnFacts(url, code=error.code)
    except OSError as error:
        return TurnFacts(url, fault=why(error) or "silence")


async def carries(url: IceUrl, credentials: Credentials, tls: ssl.SSLContext | None, place: Allocation) -> bool:
    """Whether data passes between two places."""
    try:
        async with asyncio.timeout(STUN_S), allocated(url, credentials, tls) as other:
            return await place.carries_to(other)
    except TimeoutError:
        return False


async def is_open(url: IceUrl, tls: ssl.SSLContext | None) -> bool:
    """Whether the relay gives a place to whoever comes, without credentials."""
    try:
        async with asyncio.timeout(STUN_S), allocated(url, None, tls):
            return True
    except (TurnRefused, TimeoutError):
        return False


async def granted(
    url: IceUrl, credentials: Credentials, tls: ssl.SSLContext | None, place: Allocation
) -> tuple[str, ...]:
    """The peers in private networks that the relay would carry to. Nothing is sent to them. Raises TurnRefused."""
    found = await permitted(place, 4)
    try:
        async with allocated(url, credentials, tls, ipv6=True) as by_ipv6:
            found += await permitted(by_ipv6, 6)
    except TurnRefused as error:
        if error.code != NO_FAMILY:
            raise
    return tuple(found)


async def permitted(place: Allocation, version: int) -> list[str]:
    """The probed addresses of one IP version that the relay permits. Raises TurnRefused."""
    tried = [peer for peer in PROBED if ip_address(peer).version == version]
    permits = await asyncio.gather(*map(place.permits, tried))
    return [peer for peer, does in zip(tried, permits, strict=True) if does]
